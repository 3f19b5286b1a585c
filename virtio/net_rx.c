// SPDX-License-Identifier: GPL-2.0-only
/*
 * net_rx.c: frames for the guest (virtio 1.3 §5.1.6.3, §5.1.6.4).
 *
 * How this works: the driver's buffers are popped ahead, until there is room
 * for the longest frame, and the netdev puts the next frame straight into
 * them. Its header comes into our own memory first and is stored last, by an
 * accessor: a tap that reads into a page which was taken back says nothing,
 * this store does.
 *
 * With less room the frame goes to memory of ours (spill), since nobody says
 * before how long it is, and is copied when its buffers are there. While no
 * buffers are there at all the netdev is not watched.
 */
#include "net.h"

#include <errno.h>
#include <string.h>

#include "queue.h"

static struct virtqueue *queue_of(struct net_pair *p)
{
	return &p->net->dev.queues[net_rx_queue(p)].vq;
}

void net_rx_forget(struct net_pair *p)
{
	p->first_buf = p->nr_bufs = 0;
	p->first_iov = p->nr_iov = 0;
	p->room = 0;
	p->spilled = 0;
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

static bool is_full(const struct net_pair *p)
{
	return p->nr_bufs == NET_RX_BUFS || p->nr_iov + VQ_MAX_IOV > NET_RX_IOV;
}

/* Pops what the driver offers, as far as we can keep it. 0 or -EINVAL. */
static int collect(struct net_pair *p)
{
	struct virtqueue *vq = queue_of(p);
	int ret = 0;

	close_gaps(p);
	while (!ret && !is_full(p)) {
		ret = vq_pop(vq, &p->net->chain);
		if (ret <= 0)
			return ret;
		ret = keep(p, vq, &p->net->chain);
	}
	return ret;
}

/* @want bytes of room. 1; 0: the next kick will tell; -EINVAL: broken. */
static int make_room(struct net_pair *p, uint64_t want)
{
	int ret;

	while (p->room < want) {
		ret = collect(p);
		if (ret < 0)
			return ret;
		if (p->room >= want)
			break;
		if (is_full(p))
			return 0;
		ret = vq_kicks_on(queue_of(p));
		if (ret <= 0)
			return ret;
	}
	return 1;
}

/* A driver that offers half of what it can, and still there is no room. */
static bool can_never_fit(struct net_pair *p)
{
	return p->nr_iov - p->first_iov > queue_of(p)->num / 2U;
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

/* @len bytes to the buffers kept, from @offset of them on. */
static int store(struct net_pair *p, uint64_t offset, const void *from,
		 size_t len)
{
	const uint8_t *src = from;

	for (unsigned int i = p->first_iov; len > 0; i++) {
		uint8_t *base = p->iov[i].iov_base;
		size_t n = p->iov[i].iov_len;

		if (offset >= n) {
			offset -= n;
			continue;
		}
		n = n - offset < len ? n - offset : len;
		if (window_write(base + offset, src, n))
			return vq_fail_at(queue_of(p), VQ_REVOKED,
					  base + offset, n);
		src += n;
		len -= n;
		offset = 0;
	}
	return 0;
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
	ret = store(p, 0, h, sizeof(*h));
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

static void drop(struct net_pair *p)
{
	p->spilled = 0;
	vq_count_dropped(queue_of(p));
}

/* The frame in p->spill. 1: done with it; 0: for want of room not yet. */
static int give_spilled(struct net_pair *p)
{
	const uint64_t len = p->spilled;
	int ret = make_room(p, len);

	if (ret == 0 && can_never_fit(p)) {
		drop(p);
		return 1;
	}
	if (ret <= 0)
		return ret;
	p->spilled = 0;
	ret = store(p, NETDEV_HEADER, p->spill, len - NETDEV_HEADER);
	if (!ret)
		ret = give(p, &p->spilled_header, len);
	return ret ? ret : 1;
}

/* Straight into the driver's buffers, in which there is room. */
static int receive_direct(struct net_pair *p)
{
	struct virtio_net *v = p->net;
	struct virtio_net_hdr_mrg_rxbuf h = { .num_buffers = 0 };
	uint64_t room;
	unsigned int n = list_room(p, &room);
	ssize_t len;
	int ret;

	v->vec[0] = (struct iovec){ &h, sizeof(h) };
	v->vec[n++] = (struct iovec){ p->spill, NETDEV_MAX_FRAME };
	len = v->netdev->class->receive(v->netdev, p->index, v->vec, n);
	/* The store is where it shows; or the guest was quick. */
	if (len == -EFAULT) {
		ret = store(p, 0, &h, sizeof(h));
		return ret ? ret : 1;
	}
	if (len < 0)
		return (int)len;
	if ((uint64_t)len > room + sizeof(h)) {
		drop(p);
		return 1;
	}
	ret = give(p, &h, (uint64_t)len);
	return ret ? ret : 1;
}

static int receive_spilled(struct net_pair *p)
{
	struct virtio_net *v = p->net;
	ssize_t len;

	v->vec[0] =
		(struct iovec){ &p->spilled_header, sizeof(p->spilled_header) };
	v->vec[1] = (struct iovec){ p->spill, NETDEV_MAX_FRAME };
	len = v->netdev->class->receive(v->netdev, p->index, v->vec, 2);
	if (len < 0)
		return (int)len;
	p->spilled = (uint32_t)len;
	return give_spilled(p);
}

/*
 * One frame. 1: done; 0: it is the driver's turn; -EAGAIN: the host's; -EINVAL:
 * the queue is broken; -ENOTCONN: the netdev is dead.
 */
static int receive_one(struct net_pair *p)
{
	int ret;

	if (p->spilled)
		return give_spilled(p);
	if (p->room < p->net->need) {
		ret = collect(p);
		if (ret >= 0 && !p->room)
			ret = make_room(p, 1);
		if (ret < 0 || !p->room)
			return ret;
	}
	ret = !p->net->merge || p->room >= p->net->need ? receive_direct(p)
							: receive_spilled(p);
	/* Down, or short of memory: the next one may do. */
	return ret == -EIO || ret == -ENOMEM || ret == -ENOBUFS ? 1 : ret;
}

void net_rx_ready(struct net_pair *p)
{
	struct virtio_net *v = p->net;
	unsigned int q = net_rx_queue(p);
	int ret = 1;

	for (unsigned int i = 0; i < NET_BATCH && ret > 0; i++)
		ret = receive_one(p);
	p->rx_on = ret == 1 || ret == -EAGAIN;
	if (ret == 1 && v->netdev->class->reads_ahead)
		virtio_kick_again(&v->dev, q);
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
	if (!p->net->dead && p->index < p->net->nr_active)
		net_rx_ready(p);
}
