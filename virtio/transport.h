/* SPDX-License-Identifier: GPL-2.0-only */
/* transport.h: what both transports do the same way. */
#ifndef LKVM_PVM_VIRTIO_TRANSPORT_H
#define LKVM_PVM_VIRTIO_TRANSPORT_H

#include "virtio.h"

enum queue_part {
	QUEUE_DESC,
	QUEUE_AVAIL,
	QUEUE_USED,
};

/*
 * Size and halves of the addresses of queue @q, which exists, as the driver
 * wrote them; without effect once it is enabled. Each takes the device's lock.
 */
void transport_set_size(struct virtio_dev *d, unsigned int q, uint64_t size);
void transport_set_address(struct virtio_dev *d, unsigned int q,
			   enum queue_part part, bool high, uint32_t half);

#endif
