/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vhost.h: rings served by the host's kernel. Its worker copies between window
 * and packets by the user's mapping: a page that the guest took back is -EFAULT
 * there, and harms nobody.
 */
#ifndef LKVM_PVM_VHOST_H
#define LKVM_PVM_VHOST_H

#include "netdev.h"
#include "ring_backend.h"

/* --- vhost_net.c ------------------------------------------------------------ */

/* Queues: receive 0, send 0, receive 1, ... of the card, a device a pair. */
struct vhost_net {
	struct ring_backend backend;
	const struct netdev *netdev;
	unsigned int nr_pairs; /* devices that are open */
	int fd[NETDEV_MAX_PAIRS];
};

/*
 * Opens a device for each pair of @n, a tap that stays open as long. 0, or
 * -errno and one line: an error with its remedy when @wanted, else for
 * debugging. close is idempotent on zeroed memory.
 */
int __must_check vhost_net_open(struct vhost_net *v, const struct netdev *n,
				bool wanted);
void vhost_net_close(struct vhost_net *v);

/* --- vhost_vsock.c ---------------------------------------------------------- */

/* Queues: receive, send. The event queue is the device's. */
struct vhost_vsock {
	struct ring_backend backend;
	bool is_open; /* cid is ours, whatever fd is */
	bool keeps;   /* its cid was asked for; another would not do */
	bool running;
	bool has[2]; /* queues it was given */
	int fd;	     /* -1: could not be opened again */
	uint32_t cid;
};

/*
 * Takes guest address @cid, or with 0 one that is free: v->cid. 0, or -errno
 * with one line logged. Whenever the guest resets its device the connections
 * of before end, and the address is taken anew: should somebody have been
 * faster, v->cid is another one. close is idempotent on zeroed memory.
 */
int __must_check vhost_vsock_open(struct vhost_vsock *v, uint32_t cid);
void vhost_vsock_close(struct vhost_vsock *v);

#endif
