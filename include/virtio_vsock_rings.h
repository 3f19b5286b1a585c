/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio_vsock_rings.h: a socket device (virtio 1.3 §5.10) whose receive and
 * send queue a back end serves; the event queue stays quiet, since a VM that
 * does not migrate has no events.
 */
#ifndef LKVM_PVM_VIRTIO_VSOCK_RINGS_H
#define LKVM_PVM_VIRTIO_VSOCK_RINGS_H

#include "ring_backend.h"
#include "virtio.h"

struct virtio_vsock_rings_init {
	struct ring_backend *backend; /* closed by the caller, after destroy */
	const uint32_t *cid;	      /* the guest's, as it is now; borrowed */
	unsigned int number;
	const struct window *window;
	struct loop *loop;
};

struct virtio_vsock_rings;

/* 0, or -errno, reason logged. */
int __must_check
virtio_vsock_rings_create(struct virtio_vsock_rings **out,
			  const struct virtio_vsock_rings_init *i);
void virtio_vsock_rings_destroy(struct virtio_vsock_rings *v); /* or NULL */

/* For the transport; lives as long as @v. */
struct virtio_dev *virtio_vsock_rings_dev(struct virtio_vsock_rings *v);

#endif
