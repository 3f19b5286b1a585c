// SPDX-License-Identifier: GPL-2.0-only
/* transport.c: what both transports do the same way. */
#include "transport.h"

void transport_set_size(struct virtio_dev *d, unsigned int q, uint64_t size)
{
	struct virtqueue *vq = &d->queues[q].vq;

	pthread_mutex_lock(&d->lock);
	/* A size it cannot have: the driver finds the old one. */
	if (!vq->ready && size <= vq->max_size && size >= 2 &&
	    (size & (size - 1)) == 0)
		vq->size = (uint16_t)size;
	pthread_mutex_unlock(&d->lock);
}

void transport_set_address(struct virtio_dev *d, unsigned int q,
			   enum queue_part part, bool high, uint32_t half)
{
	struct virtqueue *vq = &d->queues[q].vq;
	gpa_t *const parts[] = {
		[QUEUE_DESC] = &vq->desc_gpa,
		[QUEUE_AVAIL] = &vq->avail_gpa,
		[QUEUE_USED] = &vq->used_gpa,
	};
	unsigned int shift = high ? 32 : 0;
	gpa_t *gpa = parts[part];

	pthread_mutex_lock(&d->lock);
	if (!vq->ready)
		*gpa = (*gpa & ~(0xffffffffULL << shift)) | (gpa_t)half
								    << shift;
	pthread_mutex_unlock(&d->lock);
}
