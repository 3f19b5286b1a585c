// SPDX-License-Identifier: GPL-2.0-only
/*
 * net_control.c: the card's control queue (virtio 1.3 §5.1.6.5). The one
 * command it knows says how many pairs of queues the driver uses.
 */
#include "net.h"

#include <errno.h>

#include "queue.h"

static void use_pairs(struct virtio_net *v, unsigned int nr)
{
	v->nr_active = nr;
	for (unsigned int i = 0; !v->far && i < v->nr_pairs; i++) {
		struct net_pair *p = &v->pairs[i];

		if (i >= nr) {
			p->rx_on = false;
			net_watch(p);
		} else if (v->dev.queues[net_rx_queue(p)].vq.ready) {
			net_rx_kick(p);
		}
	}
}

static uint8_t set_pairs(struct virtio_net *v)
{
	le16 nr;

	if (!virtio_has(&v->dev, VIRTIO_NET_F_MQ) ||
	    vq_chain_read(&v->chain, sizeof(struct virtio_net_ctrl_hdr), &nr,
			  sizeof(nr)) ||
	    le16_get(nr) < 1 || le16_get(nr) > v->nr_pairs)
		return VIRTIO_NET_ERR;
	/* Each change makes the host's other users of network devices wait. */
	if (le16_get(nr) == v->nr_active)
		return VIRTIO_NET_OK;
	if (v->netdev->class->set_pairs(v->netdev, le16_get(nr)))
		return VIRTIO_NET_ERR;
	use_pairs(v, le16_get(nr));
	return VIRTIO_NET_OK;
}

/* 1: answered; -EINVAL: the queue is broken. */
static int serve(struct virtio_net *v, struct virtqueue *vq)
{
	/* set_pairs() has other chains in hand. */
	const uint16_t head = v->chain.head;
	struct virtio_net_ctrl_hdr h;
	uint8_t ack = VIRTIO_NET_ERR;
	void *where;
	int ret;

	if (v->chain.read_len < sizeof(h) || v->chain.write_len < 1) {
		vq_break(vq, VQ_BAD_CHAIN, &v->chain);
		return -EINVAL;
	}
	where = v->chain.iov[v->chain.nr_read].iov_base;
	if (vq_chain_read(&v->chain, 0, &h, sizeof(h))) {
		vq_break(vq, VQ_REVOKED, &v->chain);
		return -EINVAL;
	}
	if (h.class == VIRTIO_NET_CTRL_MQ &&
	    h.cmd == VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET)
		ack = set_pairs(v);
	if (window_write(where, &ack, 1))
		return vq_fail_at(vq, VQ_REVOKED, where, 1);
	ret = vq_push(vq, head, 1);
	return ret ? ret : 1;
}

void net_control_kick(struct virtio_net *v)
{
	unsigned int q = net_control_queue(v);
	struct virtqueue *vq = &v->dev.queues[q].vq;
	int ret = 1;

	for (unsigned int i = 0; i < NET_BATCH && ret > 0; i++) {
		ret = vq_pop(vq, &v->chain);
		if (ret == 0)
			ret = vq_kicks_on(vq);
		else if (ret > 0)
			ret = serve(v, vq);
	}
	if (ret > 0)
		virtio_kick_again(&v->dev, q);
	if (ret < 0)
		virtio_dev_broken(&v->dev, q);
	else
		virtio_publish(&v->dev, q);
}
