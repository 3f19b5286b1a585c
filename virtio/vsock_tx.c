// SPDX-License-Identifier: GPL-2.0-only
/*
 * vsock_tx.c: packets from the guest: each by its operation (virtio 1.3
 * §5.10.6), data straight from the window into the host's socket. What a slow
 * reader's socket does not take is copied out of the window and held, up to
 * what the guest was promised: the queue is everybody's and never waits for
 * one.
 */
#include "vsock.h"

#include <errno.h>
#include <linux/virtio_vsock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "dev.h"

#define BOTH (VIRTIO_VSOCK_SHUTDOWN_RCV | VIRTIO_VSOCK_SHUTDOWN_SEND)

/* --- credit ----------------------------------------------------------------- */

uint32_t conn_credit(const struct conn *c)
{
	const uint32_t used = c->sent - c->peer_fwd;

	/* A guest that says it got more than that gets nothing. */
	return used < c->peer_alloc ? c->peer_alloc - used : 0;
}

static void take_credit(struct conn *c, const struct vsock_header *h)
{
	c->peer_alloc = le32_get(h->buf_alloc);
	c->peer_fwd = le32_get(h->fwd_cnt);
	if (conn_credit(c) == 0)
		return;
	c->has_asked = false;
	if (c->readable)
		conn_wait(c);
}

/* More of it, unless that is needed for the first of other connections. */
static void raise_promise(struct conn *c)
{
	struct virtio_vsock *v = c->v;
	const uint32_t more = VSOCK_CREDIT_FULL - VSOCK_CREDIT_FIRST;
	const uint64_t kept = (v->limit - v->nr_conns) * VSOCK_CREDIT_FIRST;

	if (c->held || c->alloc != VSOCK_CREDIT_FIRST ||
	    v->promised + kept + more > VSOCK_CREDIT_SUM)
		return;
	c->alloc += more;
	v->promised += more;
}

/* @n bytes went on to the host; the guest hears of it when it matters. */
static void forwarded(struct conn *c, uint32_t n)
{
	c->fwd += n;
	raise_promise(c);
	if (c->state == CONN_OPEN &&
	    (c->alloc != c->alloc_told ||
	     c->fwd - c->fwd_told >= c->alloc_told / 2))
		conn_owe(c, OWE_CREDIT);
}

/* --- to the host ------------------------------------------------------------ */

/* Nobody reads there any more. */
static void host_is_deaf(struct conn *c)
{
	c->v->held -= c->held_len;
	c->fwd += c->held_len;
	free(c->held);
	c->held = NULL;
	c->held_len = 0;
	if (c->state != CONN_OPEN) {
		conn_free(c);
		return;
	}
	c->host_ended |= VIRTIO_VSOCK_SHUTDOWN_RCV;
	conn_owe(c, OWE_SHUTDOWN);
	conn_watch(c);
}

/* All that the guest sent has gone on. */
static void drained(struct conn *c)
{
	free(c->held);
	c->held = NULL;
	if (c->state == CONN_DRAINING) {
		conn_free(c);
		return;
	}
	if (c->guest_ended & VIRTIO_VSOCK_SHUTDOWN_SEND)
		(void)shutdown(c->io.fd, SHUT_WR);
	conn_watch(c);
}

void conn_drain(struct conn *c)
{
	const uint32_t first = c->held_len < c->held_size - c->held_at
				       ? c->held_len
				       : c->held_size - c->held_at;
	struct iovec iov[2] = { { c->held + c->held_at, first },
				{ c->held, c->held_len - first } };
	ssize_t n = vsock_unix_send(c->io.fd, iov, iov[1].iov_len ? 2 : 1);

	if (n == -EPIPE) {
		host_is_deaf(c);
	} else if (n > 0) {
		c->held_at = (c->held_at + (uint32_t)n) % c->held_size;
		c->held_len -= (uint32_t)n;
		c->v->held -= (uint64_t)n;
		forwarded(c, (uint32_t)n);
		if (c->held_len == 0)
			drained(c);
	}
}

/* The chain's @len bytes from @offset on; there is room, for we promised it.
 * 0, or -errno. */
static int hold(struct conn *c, uint32_t offset, uint32_t len)
{
	uint32_t end, first;
	int err;

	if (!c->held) {
		c->held = malloc(c->alloc);
		if (!c->held)
			return -ENOMEM;
		c->held_size = c->alloc;
		c->held_at = c->held_len = 0;
	}
	end = (c->held_at + c->held_len) % c->held_size;
	first = len < c->held_size - end ? len : c->held_size - end;
	err = vq_chain_read(&c->v->chain, offset, c->held + end, first);
	if (!err)
		err = vq_chain_read(&c->v->chain, offset + first, c->held,
				    len - first);
	c->held_len += len;
	c->v->held += len;
	return err;
}

/* Data: how many bytes the host's socket took, or -errno. */
static ssize_t send_data(struct conn *c, uint32_t offset, uint32_t len)
{
	struct virtio_vsock *v = c->v;
	int nr = vq_chain_readable(&v->chain, offset, len, v->vec);
	ssize_t n;

	if (nr < 0)
		return nr;
	n = vsock_unix_send(c->io.fd, v->vec, (unsigned int)nr);
	return n == -EAGAIN || n == -ENOBUFS || n == -ENOMEM ? 0 : n;
}

static void take_data(struct conn *c, uint32_t len)
{
	uint32_t offset = sizeof(struct vsock_header);
	ssize_t n = 0;
	int err = 0;

	if (len > c->alloc - (c->got - c->fwd) ||
	    c->guest_ended & VIRTIO_VSOCK_SHUTDOWN_SEND) {
		if (!c->v->said_liar)
			virtio_blame(&c->v->dev,
				     "the guest's driver sends more than there "
				     "is room for; that connection is reset");
		c->v->said_liar = true;
		conn_reset(c);
		return;
	}
	c->got += len;
	if (c->host_ended & VIRTIO_VSOCK_SHUTDOWN_RCV || len == 0) {
		forwarded(c, len);
		return;
	}
	if (!c->held)
		n = send_data(c, offset, len);
	if (n == -EPIPE) {
		c->fwd += len;
		host_is_deaf(c);
		return;
	}
	if (n >= 0 && (uint32_t)n < len)
		err = hold(c, offset + (uint32_t)n, len - (uint32_t)n);
	if (n < 0 || err) {
		conn_reset(c); /* a page taken back: a hole in the stream */
		return;
	}
	if (c->held)
		conn_watch(c);
	forwarded(c, (uint32_t)n);
}

/* --- operations ------------------------------------------------------------- */

/* RST to a packet of no connection. There is room: see vsock_tx_run(). */
static void reply_reset(struct virtio_vsock *v, const struct vsock_header *h)
{
	unsigned int i = (v->first_reply + v->nr_replies) % VSOCK_REPLIES;

	if (le16_get(h->op) == VIRTIO_VSOCK_OP_RST)
		return;
	v->replies[i] = (struct vsock_reply){
		.cid = le64_get(h->dst_cid),
		.host_port = le32_get(h->dst_port),
		.guest_port = le32_get(h->src_port),
		.type = le16_get(h->type),
	};
	v->nr_replies++;
}

static void guest_connects(struct virtio_vsock *v, const struct vsock_header *h)
{
	int fd = conn_room(v)
			 ? vsock_unix_connect(&v->ends, le32_get(h->dst_port))
			 : -EMFILE;
	struct conn *c = fd < 0 ? NULL : conn_make(v, fd, CONN_OPEN);

	if (!c) {
		reply_reset(v, h);
		return;
	}
	conn_enter(c, le32_get(h->dst_port), le32_get(h->src_port));
	take_credit(c, h);
	conn_owe(c, OWE_RESPONSE);
}

static void guest_accepts(struct conn *c)
{
	c->state = CONN_OPEN;
	/* Whoever left without it may still have said something. */
	vsock_unix_welcome(c->io.fd, c->host_port);
	conn_watch(c);
}

static void guest_ends(struct conn *c, uint32_t flags)
{
	const uint8_t before = c->guest_ended;
	uint8_t now;

	c->guest_ended |= (uint8_t)(flags & BOTH);
	now = c->guest_ended & (uint8_t)~before;
	if (now & VIRTIO_VSOCK_SHUTDOWN_RCV && c->io.fd >= 0) {
		c->no_input = true;
		c->readable = false;
		(void)shutdown(c->io.fd, SHUT_RD);
	}
	if (now & VIRTIO_VSOCK_SHUTDOWN_SEND && c->io.fd >= 0 && !c->held)
		(void)shutdown(c->io.fd, SHUT_WR);
	if (c->guest_ended == BOTH)
		conn_owe(c, OWE_RST);
	if (c->io.fd >= 0)
		conn_watch(c);
}

static void open_packet(struct conn *c, const struct vsock_header *h)
{
	take_credit(c, h);
	switch (le16_get(h->op)) {
	case VIRTIO_VSOCK_OP_RW:
		take_data(c, le32_get(h->len));
		break;
	case VIRTIO_VSOCK_OP_CREDIT_UPDATE:
		break;
	case VIRTIO_VSOCK_OP_CREDIT_REQUEST:
		conn_owe(c, OWE_CREDIT);
		break;
	case VIRTIO_VSOCK_OP_SHUTDOWN:
		guest_ends(c, le32_get(h->flags));
		break;
	default:
		conn_reset(c);
	}
}

/* A packet of connection @c, which is in the table. */
static void conn_packet(struct conn *c, const struct vsock_header *h)
{
	const uint16_t op = le16_get(h->op);

	if (op == VIRTIO_VSOCK_OP_RST) {
		conn_free(c);
	} else if (c->state == CONN_OPEN) {
		open_packet(c, h);
	} else if (c->state == CONN_ASKED) {
		if (op == VIRTIO_VSOCK_OP_RESPONSE &&
		    !(c->owed & OWE_REQUEST)) {
			take_credit(c, h);
			guest_accepts(c);
		} else {
			conn_reset(c);
		}
	} else if (c->state == CONN_CLOSING) {
		/* Data that was on its way is nobody's any more. */
		if (op == VIRTIO_VSOCK_OP_SHUTDOWN)
			guest_ends(c, le32_get(h->flags));
		else if (op == VIRTIO_VSOCK_OP_REQUEST)
			conn_reset(c);
	}
}

static void take_packet(struct virtio_vsock *v, const struct vsock_header *h)
{
	struct conn *c;

	if (le64_get(h->src_cid) != v->cid) {
		vq_count_dropped(vsock_vq(v, VSOCK_TX));
		return;
	}
	if (le64_get(h->dst_cid) != VSOCK_HOST_CID ||
	    le16_get(h->type) != VIRTIO_VSOCK_TYPE_STREAM) {
		reply_reset(v, h);
		return;
	}
	c = conn_find(v, le32_get(h->dst_port), le32_get(h->src_port));
	if (c)
		conn_packet(c, h);
	else if (le16_get(h->op) == VIRTIO_VSOCK_OP_REQUEST)
		guest_connects(v, h);
	else
		reply_reset(v, h);
}

/* --- the queue -------------------------------------------------------------- */

/* The packet in v->chain: 1, or -EINVAL: the queue is broken. */
static int take_chain(struct virtio_vsock *v, struct virtqueue *vq)
{
	const struct vq_chain *c = &v->chain;
	const uint16_t head = c->head;
	struct vsock_header h;

	if (c->nr_write > 0 || c->read_len < sizeof(h)) {
		vq_break(vq, VQ_BAD_CHAIN, c);
		return -EINVAL;
	}
	if (vq_chain_read(c, 0, &h, sizeof(h))) {
		vq_break(vq, VQ_REVOKED, c);
		return -EINVAL;
	}
	if (le32_get(h.len) > c->read_len - sizeof(h)) {
		vq_break(vq, VQ_BAD_CHAIN, c);
		return -EINVAL;
	}
	take_packet(v, &h);
	return vq_push(vq, head, 0) ?: 1;
}

/* 1: there may be more; 0: the next kick will tell; -EINVAL: broken. */
static int take_chains(struct virtio_vsock *v, struct virtqueue *vq)
{
	int ret = 1;

	for (unsigned int i = 0; ret > 0 && i < VSOCK_TX_BATCH; i++) {
		/* One packet is one reply at most. */
		if (v->nr_replies == VSOCK_REPLIES) {
			v->tx_waits = true;
			return 0;
		}
		ret = vq_pop(vq, &v->chain);
		if (ret == 0)
			ret = vq_kicks_on(vq);
		else if (ret > 0)
			ret = take_chain(v, vq);
	}
	return ret;
}

void vsock_tx_run(struct virtio_vsock *v)
{
	struct virtqueue *vq = vsock_vq(v, VSOCK_TX);
	int ret;

	if (!vq->ready)
		return;
	vq_kicks_off(vq);
	ret = take_chains(v, vq);
	if (ret < 0)
		virtio_dev_broken(&v->dev, VSOCK_TX);
	else
		virtio_publish(&v->dev, VSOCK_TX);
	if (ret > 0)
		virtio_kick_again(&v->dev, VSOCK_TX);
	vsock_rx_run(v);
}
