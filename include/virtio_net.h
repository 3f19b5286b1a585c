/* SPDX-License-Identifier: GPL-2.0-only */
/* virtio_net.h: a network card (virtio 1.3 §5.1) in front of a netdev. */
#ifndef LKVM_PVM_VIRTIO_NET_H
#define LKVM_PVM_VIRTIO_NET_H

#include "netdev.h"
#include "ring_backend.h"
#include "virtio.h"

#define VIRTIO_NET_MAC_LEN 6U
/*
 * Entries of a queue: what the window has to hold. Linux receives into buffers
 * of up to 4 KiB, and a frame it sends may be one entry and 64 KiB.
 */
#define VIRTIO_NET_RX_SIZE 128U
#define VIRTIO_NET_TX_SIZE 32U

struct virtio_net_init {
	struct netdev *netdev; /* open; the caller closes it, after destroy */
	/* Who moves the frames between netdev and queues; NULL: we do. */
	struct ring_backend *backend;
	uint8_t mac[VIRTIO_NET_MAC_LEN];
	unsigned int number;
	const struct window *window;
	struct loop *loop;
};

struct virtio_net;

/* 0, or -errno, reason logged. */
int __must_check virtio_net_create(struct virtio_net **out,
				   const struct virtio_net_init *i);
void virtio_net_destroy(struct virtio_net *v); /* NULL is fine */

/* For the transport; lives as long as @v. */
struct virtio_dev *virtio_net_dev(struct virtio_net *v);

#endif
