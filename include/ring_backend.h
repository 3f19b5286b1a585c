/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_backend.h: who serves a device's rings when we do not: the kernel
 * (vhost) or another process (vhost-user).
 *
 * virtio/rings.c is between it and the device's class: it hands over queues
 * that vq_start() has checked, watches their err eventfds and sees to it that
 * a reset, or a queue that is broken, takes them back. What a back end may
 * touch is the window, which is its whole memory table.
 *
 * Called with the device's lock held, by one thread at a time. Addresses are of
 * our address space, between w->hva and w->hva + w->len.
 */
#ifndef LKVM_PVM_RING_BACKEND_H
#define LKVM_PVM_RING_BACKEND_H

#include "base.h"
#include "window.h"

/* One queue as it is handed over; what it points to stays until queue_stop(). */
struct ring_queue {
	uint16_t num;	   /* entries */
	uint16_t base;	   /* of the next chain in the avail ring */
	const void *desc;  /* address of our mapping of the window; ... */
	const void *avail; /* ... the three are inside it, and aligned */
	void *used;
	int kick, call; /* eventfds: driver to back end, and back */
	int err;	/* eventfd: signalled when the queue cannot go on */
};

struct ring_backend;

/* Each: 0 or -errno, nothing logged. */
struct ring_backend_class {
	/*
	 * Calls follow that belong together: a start, a stop, or one queue's.
	 * Somebody waits for all of them: time that is given to a back end is
	 * for them together. NULL: it needs none.
	 */
	void (*begin)(struct ring_backend *b);
	/*
	 * What device and driver agreed on, as far as the back end offered it;
	 * VIRTIO_F_ACCESS_PLATFORM, which would mean an IOTLB, is taken out.
	 * Before the first queue starts; anew after every reset.
	 */
	int (*set_features)(struct ring_backend *b, uint64_t features);
	/* The memory table: @w and nothing else. Follows set_features(). */
	int (*set_window)(struct ring_backend *b, const struct window *w);
	/* From now on, also when it fails, until queue_stop(). */
	int (*queue_start)(struct ring_backend *b, unsigned int q,
			   const struct ring_queue *r);
	/*
	 * Takes the queue back: when it returns nothing touches its rings or
	 * what they name. @base: of the chain that would be next. -errno: it
	 * is not known any more.
	 */
	int (*queue_stop)(struct ring_backend *b, unsigned int q,
			  uint16_t *base);
	/*
	 * A queue signalled err: all are taken back, the line is written and
	 * the device asks for a reset. NULL: that is all there is to do.
	 */
	void (*gave_up)(struct ring_backend *b);
};

struct ring_backend {
	const struct ring_backend_class *class;
	uint64_t features; /* it can do, those of the ring included */
	bool in_order;	   /* it gives buffers back in the order of offers */
};

#endif
