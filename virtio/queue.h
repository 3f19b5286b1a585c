/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * queue.h: what breaks a ring, for queue.c, chain.c and devices that keep no
 * chain but a place in one.
 */
#ifndef LKVM_PVM_VIRTIO_QUEUE_H
#define LKVM_PVM_VIRTIO_QUEUE_H

#include "virtqueue.h"

/* Notes what broke the queue, unless something did before; -EINVAL. */
int vq_fail(struct virtqueue *q, enum vq_fault fault, gpa_t gpa, uint64_t len);
/* The same with an address of ours in the window. */
int vq_fail_at(struct virtqueue *q, enum vq_fault fault, const void *hva,
	       uint64_t len);

/*
 * Fills @c in from the chain that begins at @c->head, which is < q->num. 0, or
 * -EINVAL with q->error set.
 */
int __must_check vq_walk(struct virtqueue *q, struct vq_chain *c);

#endif
