/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vq_held.h: the buffers of a queue that its device holds: the driver has made
 * them available, and the device has not given them back.
 *
 * Who looks changes nothing: neither the queue, nor the window, nor what the
 * device hears of its driver. What is found is what the ring says at this moment,
 * whoever wrote it: a guest may lie about its own memory.
 */
#ifndef LKVM_PVM_VQ_HELD_H
#define LKVM_PVM_VQ_HELD_H

#include "virtqueue.h"

/*
 * Pieces of a queue's buffers, and descriptors read to find them: those of 256
 * entries are 256, and more only with indirect tables.
 */
#define VQ_HELD_MAX 16384U

/* Who serves the queue, and so what the ring alone tells of its buffers. */
enum vq_server {
	VQ_WE,	      /* struct virtqueue knows */
	VQ_IN_ORDER,  /* somebody who gives back in the order of offers */
	VQ_ANY_ORDER, /* ... or not: what is missing is known in number only */
	VQ_NOBODY,    /* until the driver resets it: nothing is known */
};

struct vq_piece {
	gpa_t gpa; /* all of it is in the window */
	uint32_t len;
	uint16_t buffer; /* of all held: 0 is the oldest, as far as is known */
	bool write;	 /* the device may write it; or else it may read it */
};

struct vq_held {
	bool is_counted;	 /* or nothing is known, but why */
	unsigned int nr;	 /* buffers */
	unsigned int nr_unknown; /* of them; they have no piece */
	const char *why;	 /* not all is known; NULL: all is */
	unsigned int nr_pieces;
	struct vq_piece pieces[VQ_HELD_MAX];

	/* While it is looked. */
	struct virtqueue q; /* a copy, for all that goes wrong */
	struct vq_chain chain;
	unsigned int nr_read; /* descriptors, or as good as that */
	const char *whys[VQ_MAX_SIZE];
};

/*
 * Looks at @q, which is ready; the device's lock is held. Of a queue that somebody
 * else serves @h has the buffers held from the beginning of the look to its end.
 * Bounded by the queue's size and VQ_HELD_MAX.
 */
void vq_held_look(const struct virtqueue *q, enum vq_server by,
		  struct vq_held *h);

#endif
