// SPDX-License-Identifier: GPL-2.0-only
/*
 * net_tx.c: frames from the guest (virtio 1.3 §5.1.6.2): the header out of the
 * window once, the rest straight from there to the netdev.
 */
#include "net.h"

#include <errno.h>
#include <string.h>

#define MIN_FRAME 14U /* an Ethernet header */

/* The frame in v->chain as v->vec; the number of its pieces, 0: none to send,
 * -EINVAL: the queue is broken. */
static int prepare(struct virtio_net *v, struct virtqueue *vq,
		   struct virtio_net_hdr_mrg_rxbuf *h)
{
	const struct vq_chain *c = &v->chain;
	uint32_t len;
	int n;

	if (c->read_len < sizeof(*h) || c->nr_write > 0) {
		vq_break(vq, VQ_BAD_CHAIN, c);
		return -EINVAL;
	}
	if (vq_chain_read(c, 0, h, sizeof(*h))) {
		vq_break(vq, VQ_REVOKED, c);
		return -EINVAL;
	}
	h->num_buffers = 0;
	len = c->read_len - (uint32_t)sizeof(*h);
	if (len < MIN_FRAME || len > NETDEV_MAX_FRAME)
		return 0;
	v->vec[0] = (struct iovec){ h, sizeof(*h) };
	n = vq_chain_readable(c, sizeof(*h), len, v->vec + 1);
	return n < 0 ? 0 : n + 1;
}

/* 0: done with the chain; -EAGAIN; -EINVAL: the queue is broken. */
static int send_one(struct net_pair *p, struct virtqueue *vq)
{
	struct virtio_net *v = p->net;
	struct virtio_net_hdr_mrg_rxbuf h;
	int n = prepare(v, vq, &h);
	int err = -EINVAL;

	if (n < 0)
		return n;
	if (n > 0 && !v->dead)
		err = v->netdev->class->send(v->netdev, p->index, v->vec,
					     (unsigned int)n);
	if (err == -EAGAIN)
		return err;
	p->tx_on = err > 0; /* a rest is to be flushed */
	if (err == -ENOTCONN)
		net_died(v);
	if (err < 0)
		vq_count_dropped(vq);
	return vq_push(vq, v->chain.head, 0);
}

/* Whether the netdev is through with what it took; or else is waited for. */
static bool flush(struct net_pair *p)
{
	struct netdev *n = p->net->netdev;
	int err = 0;

	if (n->class->flush && !p->net->dead)
		err = n->class->flush(n, p->index);
	p->tx_on = err == -EAGAIN;
	if (err == -ENOTCONN)
		net_died(p->net);
	net_watch(p);
	return !p->tx_on;
}

void net_tx_kick(struct net_pair *p)
{
	struct virtio_net *v = p->net;
	unsigned int q = net_tx_queue(p), nr = 0;
	struct virtqueue *vq = &v->dev.queues[q].vq;
	int ret = 0;

	if (!flush(p))
		return;
	vq_kicks_off(vq);
	while (nr < NET_BATCH) {
		ret = vq_pop(vq, &v->chain);
		if (ret == 0)
			ret = vq_kicks_on(vq) ?: -ENODATA;
		else if (ret > 0 && !(ret = send_one(p, vq)))
			ret = 1;
		if (ret < 0)
			break;
		nr++;
	}
	if (ret == -EAGAIN) {
		vq_unpop(vq, &v->chain);
		p->tx_on = true;
	} else if (ret > 0) {
		/* Others have their turn before a guest that floods. */
		virtio_kick_again(&v->dev, q);
	}
	net_watch(p);
	if (ret == -EINVAL)
		virtio_dev_broken(&v->dev, q);
	else
		virtio_publish(&v->dev, q);
}
