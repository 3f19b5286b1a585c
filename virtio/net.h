/* SPDX-License-Identifier: GPL-2.0-only */
/* net.h: what the files of the network card share. */
#ifndef LKVM_PVM_NET_H
#define LKVM_PVM_NET_H

#include <linux/virtio_net.h>

#include "rings.h"
#include "virtio_net.h"

/* Frames of one wake-up; then others have their turn. */
#define NET_BATCH 64U

/* Buffers waiting for frames, and their pieces: two longest chains. */
#define NET_RX_BUFS VIRTIO_NET_RX_SIZE
#define NET_RX_IOV  (2 * VQ_MAX_IOV)

struct net_rx_buf {
	uint16_t head;
	uint16_t nr_iov;
	uint32_t len;
};

/*
 * One receive and one send queue, and the file they meet at. Receive buffers
 * are popped ahead of the frames and kept in order: bufs[first_buf ..
 * nr_bufs), their pieces iov[first_iov .. nr_iov), @room bytes in all.
 */
struct net_pair {
	struct virtio_net *net;
	unsigned int index;
	struct watch io;
	bool watched;
	bool rx_on; /* there is room: frames are waited for */
	bool tx_on; /* a frame could not be sent: wait until it can */

	unsigned int first_buf, nr_bufs;
	unsigned int first_iov, nr_iov;
	uint64_t room;
	/* A frame that waits for room: its length with the header, or 0. */
	uint32_t spilled;
	struct virtio_net_hdr_mrg_rxbuf spilled_header;
	uint8_t *spill; /* NETDEV_MAX_FRAME bytes */
	struct net_rx_buf bufs[NET_RX_BUFS];
	struct iovec iov[NET_RX_IOV];
};

struct virtio_net {
	struct virtio_dev dev;
	struct netdev *netdev;
	struct virtio_net_config config;
	unsigned int nr_pairs;	/* of the netdev */
	unsigned int nr_active; /* of them, used by the driver */
	bool merge;		/* frames may take several buffers */
	bool dead;		/* the netdev is: said once */
	bool far;		/* a back end has the queues of all pairs */
	bool minds_control;	/* far: the loop watches queue 2 for us */
	struct virtio_rings rings;
	struct watch link;     /* far: tells when the netdev dies */
	uint32_t need;	       /* room for the longest frame with its header */
	struct vq_chain chain; /* the one in work */
	struct iovec vec[NET_RX_IOV + 2]; /* of the frame in work */
	uint8_t *spills;		  /* of all pairs */
	struct net_pair pairs[NETDEV_MAX_PAIRS];
};

/*
 * Queues: receive 0, send 0, receive 1, ...; control is the last of those that
 * the driver knows of (virtio 1.3 §5.1.2): without MQ there is one pair.
 */
static inline unsigned int net_rx_queue(const struct net_pair *p)
{
	return 2 * p->index;
}

static inline unsigned int net_tx_queue(const struct net_pair *p)
{
	return 2 * p->index + 1;
}

static inline unsigned int net_control_queue(const struct virtio_net *v)
{
	return virtio_has(&v->dev, VIRTIO_NET_F_MQ) ? 2 * v->nr_pairs : 2;
}

static inline struct virtio_net *net_of(struct virtio_dev *d)
{
	return container_of(d, struct virtio_net, dev);
}

/* net.c; lock held */
/* Waits for what rx_on and tx_on say, and for nothing else. */
void net_watch(struct net_pair *p);
/* The netdev is gone: no link any more. */
void net_died(struct virtio_net *v);
/* Whether frames come and go on this pair. */
bool net_pair_runs(const struct net_pair *p);

/* net_rx.c, net_tx.c; lock held */
void net_rx_forget(struct net_pair *p); /* buffers are the driver's again */
void net_rx_kick(struct net_pair *p);
void net_rx_ready(struct net_pair *p); /* frames are there */
void net_tx_kick(struct net_pair *p);

/* net_control.c */
void net_control_kick(struct virtio_net *v);

#endif
