/* SPDX-License-Identifier: GPL-2.0-only */
/* backend.h: devices of a VM that another process serves, by vhost-user. */
#ifndef LKVM_PVM_BACKEND_H
#define LKVM_PVM_BACKEND_H

#include "vhost_peer.h"
#include "virtio_vhost_user.h"

struct vm;

struct backend {
	struct vhost_peer peer;
	struct virtio_vhost_user *device;
};

/*
 * That of the configuration's vhost_users[@at]. 0, or -errno, reason logged;
 * close then too.
 */
int __must_check backend_open(struct backend *b, struct vm *vm,
			      unsigned int at);
/*
 * The passt of nets[@number]; -ENOTSUP: that is no passt, or one without
 * vhost-user, or none is wanted.
 */
int __must_check backend_open_passt(struct backend *b, struct vm *vm,
				    unsigned int number);
/* Idempotent on zeroed memory. The device's transport is gone. */
void backend_close(struct backend *b);

#endif
