/* SPDX-License-Identifier: GPL-2.0-only */
/* vsock.h: from --vsock to a socket device, whoever connects it. */
#ifndef LKVM_PVM_VSOCK_H
#define LKVM_PVM_VSOCK_H

#include "config.h"
#include "loop.h"
#include "vhost.h"
#include "virtio_vsock.h"
#include "virtio_vsock_rings.h"

struct vsock {
	struct virtio_vsock *own; /* we do; NULL: not */
	struct vhost_vsock vhost;
	struct virtio_vsock_rings *rings; /* the kernel does; NULL: not */
	struct virtio_dev *dev;		  /* either's */
};

/* @v is zeroed. 0, or -errno with the reason logged; close is idempotent. */
int __must_check vsock_open(struct vsock *v, const struct config_vsock *c,
			    const struct window *w, struct loop *loop);
void vsock_close(struct vsock *v);

#endif
