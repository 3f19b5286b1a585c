// SPDX-License-Identifier: GPL-2.0-only
/*
 * net_rx.c: frames for the guest (virtio 1.3 §5.1.6.3, §5.1.6.4).
 *
 * How this works: the driver's buffers are popped ahead, until there is room
 * for the longest frame, and the netdev puts the next frame straight into
 * them. Its header comes into our own memory first and is stored last, by an
 * accessor: a tap that reads into a page which was taken back says nothing,
 * this store does. What finds no room goes to v->spill and the frame is
 * dropped. While no buffers are there the netdev is not watched.
 */
#include "net.h"

#include <errno.h>
#include <string.h>

static struct virtqueue *queue_of(struct net_pair *p)
{
	return &p->net->dev.queues[net_rx_queue(p)].vq;
}

void net_rx_forget(struct net_pair *p)
{
	p->first_buf = p->nr_bufs = 0;
	p->first_iov = p->nr_iov = 0;
	p->room = 0;
	p->rx_on = false;
}

/* --- buffers ---------------------------------------------------------------- */

static void close_gaps(struct net_pair *p)
{
	memmove(p->bufs, p->bufs + p->first_buf,
		(p->nr_bufs - p->first_buf) * sizeof(*p->bufs));
	p->nr_bufs -= p->first_buf;
	p->first_buf = 0;
	memmove(p->iov, p->iov + p->first_iov,
		(p->nr_iov - p->first_iov) * sizeof(*p->iov));
	p->nr_iov -= p->first_iov;
	p->first_iov = 0;
}

static int keep(struct net_pair *p, struct virtqueue *vq,
		const struct vq_chain *c)
{
	if (c->nr_read > 0 || c->write_len < NETDEV_HEADER) {
		vq_break(vq, VQ_BAD_CHAIN, c);
		return -EINVAL;
	}
	p->bufs[p->nr_bufs++] = (struct net_rx_buf){
		.head = c->head,
		.nr_iov = c->nr_write,
		.len = c->write_len,
	};
	memcpy(p->iov + p->nr_iov, c->iov, c->nr_write * sizeof(*c->iov));
	p->nr_iov += c->nr_write;
	p->room += c->write_len;
	return 0;
}

/* Pops what the driver offers, as far as we can keep it. 0 or -EINVAL. */
static int collect(struct net_pair *p)
{
	struct virtqueue *vq = queue_of(p);
	int ret = 0;

	close_gaps(p);
	while (!ret && p->nr_bufs < NET_RX_BUFS &&
	       p->nr_iov + VQ_MAX_IOV <= NET_RX_IOV) {
		ret = vq_pop(vq, &p->net->chain);
		if (ret <= 0)
			return ret;
		ret = keep(p, vq, &p->net->chain);
	}
	return ret;
}

/*
 * Room for any frame. A driver with a small queue of small buffers may never
 * have it: half of what it can offer must do then.
 */
static bool has_room(struct net_pair *p)
{
	unsigned int nr = p->nr_bufs - p->first_buf;

	if (!p->net->merge)
		return nr > 0;
	return p->room >= p->net->need ||
	       p->nr_iov - p->first_iov > queue_of(p)->num / 2U;
}

/* 1: there is room; 0: the next kick will tell; -EINVAL: broken. */
static int make_room(struct net_pair *p)
{
	int ret = 0;

	if (has_room(p))
		return 1;
	/* Bounded: half a queue of buffers is room. */
	do {
		ret = collect(p);
		if (ret < 0)
			return ret;
		if (has_room(p))
			return 1;
		ret = vq_kicks_on(queue_of(p));
	} while (ret > 0);
	return ret;
}

/* --- frames ----------------------------------------------------------------- */

/* The first @nr pieces, without the header's room, into v->vec from 1 on. */
static unsigned int list_room(struct net_pair *p, uint64_t *room)
{
	struct virtio_net *v = p->net;
	unsigned int nr = p->nr_iov, n = 1;
	size_t skip = NETDEV_HEADER;

	if (!v->merge)
		nr = p->first_iov + p->bufs[p->first_buf].nr_iov;
	*room = 0;
	for (unsigned int i = p->first_iov; i < nr && *room < v->need; i++) {
		struct iovec piece = p->iov[i];

		if (skip >= piece.iov_len) {
			skip -= piece.iov_len;
			continue;
		}
		piece.iov_base = (uint8_t *)piece.iov_base + skip;
		piece.iov_len -= skip;
		skip = 0;
		*room += piece.iov_len;
		v->vec[n++] = piece;
	}
	return n;
}

/* Into the first bytes of the first buffer. */
static int store_header(struct net_pair *p,
			const struct virtio_net_hdr_mrg_rxbuf *h)
{
	const struct net_rx_buf *b = &p->bufs[p->first_buf];
	struct vq_chain *c = &p->net->chain;

	c->nr_read = 0;
	c->nr_write = b->nr_iov;
	c->read_len = 0;
	c->write_len = b->len;
	memcpy(c->iov, p->iov + p->first_iov, b->nr_iov * sizeof(*c->iov));
	if (!vq_chain_write(c, 0, h, sizeof(*h)))
		return 0;
	vq_break(queue_of(p), VQ_REVOKED, c);
	return -EINVAL;
}

/* How many buffers @len bytes, the header included, take. */
static unsigned int count_bufs(const struct net_pair *p, uint64_t len)
{
	unsigned int i = p->first_buf;

	for (uint64_t sum = 0; sum < len; i++)
		sum += p->bufs[i].len;
	return i - p->first_buf;
}

static int give(struct net_pair *p, struct virtio_net_hdr_mrg_rxbuf *h,
		uint64_t len)
{
	unsigned int nr = count_bufs(p, len);
	int ret;

	h->num_buffers = (uint16_t)nr;
	ret = store_header(p, h);
	while (!ret && nr-- > 0) {
		const struct net_rx_buf *b = &p->bufs[p->first_buf++];
		uint32_t used = len < b->len ? (uint32_t)len : b->len;

		len -= used;
		p->first_iov += b->nr_iov;
		p->room -= b->len;
		ret = vq_push(queue_of(p), b->head, used);
	}
	return ret;
}

/* One frame. 0; -EAGAIN: none is there; other -errno as receive, -EINVAL. */
static int receive_one(struct net_pair *p)
{
	struct virtio_net *v = p->net;
	struct virtio_net_hdr_mrg_rxbuf h = { .num_buffers = 0 };
	uint64_t room;
	unsigned int n = list_room(p, &room);
	ssize_t len;

	v->vec[0] = (struct iovec){ &h, sizeof(h) };
	v->vec[n++] = (struct iovec){ v->spill, NETDEV_MAX_FRAME };
	len = v->netdev->class->receive(v->netdev, p->index, v->vec, n);
	if (len == -EFAULT) {
		/* The store is where it shows; or the guest is quick. */
		return store_header(p, &h);
	}
	if (len < 0)
		return (int)len;
	if ((uint64_t)len > room + sizeof(h)) {
		__atomic_store_n(&v->rx_dropped, v->rx_dropped + 1,
				 __ATOMIC_RELAXED);
		return 0;
	}
	return give(p, &h, (uint64_t)len);
}

void net_rx_ready(struct net_pair *p)
{
	struct virtio_net *v = p->net;
	unsigned int q = net_rx_queue(p);
	int ret = 1;

	for (unsigned int i = 0; i < NET_BATCH && ret > 0; i++) {
		ret = make_room(p);
		if (ret <= 0)
			break;
		ret = receive_one(p);
		/* Down, or short of memory: the next one may do. */
		if (ret != -EAGAIN && ret != -EINVAL && ret != -ENOTCONN)
			ret = 1;
	}
	/* Out of buffers is the driver's turn, out of frames the host's. */
	p->rx_on = ret == 1 || ret == -EAGAIN;
	if (ret == -ENOTCONN)
		net_died(v);
	net_watch(p);
	if (ret == -EINVAL)
		virtio_dev_broken(&v->dev, q);
	else
		virtio_publish(&v->dev, q);
}

void net_rx_kick(struct net_pair *p)
{
	int ret;

	if (p->rx_on || p->net->dead || p->index >= p->net->nr_active)
		return;
	ret = make_room(p);
	p->rx_on = ret > 0;
	net_watch(p);
	if (ret < 0)
		virtio_dev_broken(&p->net->dev, net_rx_queue(p));
}
