/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rings.h: the queues of a device that somebody else serves (ring_backend.h).
 * A class's start, stop, queue_start and queue_stop call what has their name
 * here. The kick eventfds of these queues are no business of the loop's: their
 * bits are set in virtio_dev_init.foreign, or the class has no kick().
 */
#ifndef LKVM_PVM_VIRTIO_RINGS_H
#define LKVM_PVM_VIRTIO_RINGS_H

#include "ring_backend.h"
#include "virtio.h"

struct virtio_rings {
	struct virtio_dev *dev;
	struct loop *loop;
	struct ring_backend *backend;
	unsigned int nr; /* queues 0 to nr - 1 may be the back end's */
	/*
	 * And are, in this run: nr, unless the class says less before start:
	 * the driver decides how many queues there are.
	 */
	unsigned int nr_given;
	struct virtio_rings_queue {
		struct virtio_rings *rings;
		struct watch err;
		bool started;
		bool has_base; /* since it was stopped: its next_avail counts */
	} queues[VIRTIO_MAX_QUEUES];
	struct vq_chain chain; /* when a broken queue is looked at */
};

/*
 * After virtio_dev_init(): makes and watches err eventfds and takes the
 * features of the ring that @backend lacks out of what is offered. 0 or -errno.
 * fini comes after virtio_dev_fini(), also when init failed; idempotent on
 * zeroed memory.
 */
int __must_check virtio_rings_init(struct virtio_rings *r,
				   struct virtio_dev *dev,
				   struct ring_backend *backend,
				   unsigned int nr);
void virtio_rings_fini(struct virtio_rings *r);

/* --- device's lock held ----------------------------------------------------- */

/* Hands over features, window and the queues that are ready. 0 or -errno. */
int __must_check virtio_rings_start(struct virtio_rings *r);
void virtio_rings_stop(struct virtio_rings *r);
/* One queue, between start and stop. */
int __must_check virtio_rings_queue_start(struct virtio_rings *r,
					  unsigned int q);
void virtio_rings_queue_stop(struct virtio_rings *r, unsigned int q);

#endif
