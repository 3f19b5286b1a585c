// SPDX-License-Identifier: GPL-2.0-only
/*
 * vsock_rx.c: packets to the guest.
 *
 * How this works: a connection that owes a packet or may have something to read
 * waits in a queue for its turn. Each turn is what it owes and at most so much
 * data; then it goes to the end of the queue. The driver's buffers are popped
 * ahead, and one readv(2) fills as many as there are and the guest's credit
 * allows, each behind the room of a header that is stored when it is known how
 * much came. With no buffer left all wait, and the programs of the host with
 * them.
 */
#include "vsock.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_vsock.h>
#include <string.h>

#define HEADER ((uint32_t)sizeof(struct vsock_header))
#define BOTH   (VIRTIO_VSOCK_SHUTDOWN_RCV | VIRTIO_VSOCK_SHUTDOWN_SEND)

void vsock_rx_forget(struct virtio_vsock *v)
{
	v->first_buf = v->nr_bufs = 0;
	v->first_iov = v->nr_iov = 0;
}

/* --- buffers ---------------------------------------------------------------- */

static void close_gaps(struct virtio_vsock *v)
{
	memmove(v->bufs, v->bufs + v->first_buf,
		(v->nr_bufs - v->first_buf) * sizeof(*v->bufs));
	v->nr_bufs -= v->first_buf;
	v->first_buf = 0;
	memmove(v->iov, v->iov + v->first_iov,
		(v->nr_iov - v->first_iov) * sizeof(*v->iov));
	v->nr_iov -= v->first_iov;
	v->first_iov = 0;
}

static int keep(struct virtio_vsock *v, const struct vq_chain *c)
{
	if (c->nr_read > 0 || c->write_len <= HEADER) {
		vq_break(vsock_vq(v, VSOCK_RX), VQ_BAD_CHAIN, c);
		return -EINVAL;
	}
	v->bufs[v->nr_bufs++] = (struct vsock_buf){
		.head = c->head,
		.nr_iov = c->nr_write,
		.len = c->write_len,
	};
	memcpy(v->iov + v->nr_iov, c->iov, c->nr_write * sizeof(*c->iov));
	v->nr_iov += c->nr_write;
	return 0;
}

/* One more buffer. 1; 0: none there, or no room for it; -EINVAL: broken. */
static int collect(struct virtio_vsock *v)
{
	int ret;

	if (v->nr_bufs == VSOCK_BUFS || v->nr_iov + VQ_MAX_IOV > VSOCK_IOV)
		close_gaps(v);
	if (v->nr_bufs == VSOCK_BUFS || v->nr_iov + VQ_MAX_IOV > VSOCK_IOV)
		return 0;
	ret = vq_pop(vsock_vq(v, VSOCK_RX), &v->chain);
	if (ret > 0)
		ret = keep(v, &v->chain) ?: 1;
	return ret;
}

/* At least one buffer. 1; 0: the next kick will tell; -EINVAL: broken. */
static int need_buffer(struct virtio_vsock *v)
{
	struct virtqueue *vq = vsock_vq(v, VSOCK_RX);
	int ret = v->first_buf < v->nr_bufs;

	if (!vq->ready)
		return 0;
	while (ret == 0) {
		ret = collect(v);
		if (ret == 0) {
			ret = vq_kicks_on(vq);
			if (ret <= 0)
				break;
			ret = 0;
		}
	}
	return ret;
}

/* --- packets ---------------------------------------------------------------- */

/* The first buffer goes back with header @h and as much data as that says. */
static int give(struct virtio_vsock *v, const struct vsock_header *h)
{
	const struct vsock_buf *b = &v->bufs[v->first_buf];
	struct vq_chain *c = &v->chain;

	/* As it was popped. */
	c->head = b->head;
	c->nr_read = 0;
	c->read_len = 0;
	c->nr_write = b->nr_iov;
	c->write_len = b->len;
	memcpy(c->iov, v->iov + v->first_iov, b->nr_iov * sizeof(*c->iov));
	if (vq_chain_write(c, 0, h, sizeof(*h))) {
		vq_break(vsock_vq(v, VSOCK_RX), VQ_REVOKED, c);
		return -EINVAL;
	}
	v->first_buf++;
	v->first_iov += b->nr_iov;
	return vq_push(vsock_vq(v, VSOCK_RX), c->head,
		       HEADER + le32_get(h->len));
}

/* A packet of @c but for its length; what it says of credit is told with it. */
static struct vsock_header header_of(struct conn *c, uint16_t op,
				     uint32_t flags)
{
	c->owed &= (uint8_t)~OWE_CREDIT;
	c->alloc_told = c->alloc;
	c->fwd_told = c->fwd;
	return (struct vsock_header){
		.src_cid = { VSOCK_HOST_CID },
		.dst_cid = { c->v->cid },
		.src_port = { c->host_port },
		.dst_port = { c->guest_port },
		.type = { VIRTIO_VSOCK_TYPE_STREAM },
		.op = { op },
		.flags = { flags },
		.buf_alloc = { c->alloc },
		.fwd_cnt = { c->fwd },
	};
}

/* As need_buffer(); 1: it is sent. */
static int send_packet(struct conn *c, uint16_t op, uint32_t flags)
{
	struct vsock_header h;
	int ret = need_buffer(c->v);

	if (ret <= 0)
		return ret;
	h = header_of(c, op, flags);
	return give(c->v, &h) ?: 1;
}

static int send_reply(struct virtio_vsock *v)
{
	const struct vsock_reply *r = &v->replies[v->first_reply];
	const struct vsock_header h = {
		.src_cid = { r->cid },
		.dst_cid = { v->cid },
		.src_port = { r->host_port },
		.dst_port = { r->guest_port },
		.type = { r->type },
		.op = { VIRTIO_VSOCK_OP_RST },
	};
	int ret = need_buffer(v);

	if (ret <= 0)
		return ret;
	v->first_reply = (v->first_reply + 1) % VSOCK_REPLIES;
	v->nr_replies--;
	return give(v, &h) ?: 1;
}

/* --- data ------------------------------------------------------------------- */

/* Room for at most @want bytes behind headers, as v->vec: the pieces. */
static unsigned int list_room(struct virtio_vsock *v, uint32_t want)
{
	unsigned int at = v->first_iov, n = 0;

	for (unsigned int b = v->first_buf; b < v->nr_bufs && want > 0; b++) {
		size_t skip = HEADER;

		for (unsigned int i = 0; i < v->bufs[b].nr_iov; i++, at++) {
			struct iovec piece = v->iov[at];

			if (skip >= piece.iov_len) {
				skip -= piece.iov_len;
				continue;
			}
			if (want == 0)
				continue;
			piece.iov_base = (uint8_t *)piece.iov_base + skip;
			piece.iov_len -= skip;
			skip = 0;
			if (piece.iov_len > want)
				piece.iov_len = want;
			want -= (uint32_t)piece.iov_len;
			v->vec[n++] = piece;
		}
	}
	return n;
}

/* Buffers for @want bytes, as far as there are any. As need_buffer(). */
static int make_room(struct virtio_vsock *v, uint32_t *want)
{
	uint64_t room = 0;
	int ret = need_buffer(v);

	if (ret <= 0)
		return ret;
	for (unsigned int b = v->first_buf; b < v->nr_bufs; b++)
		room += v->bufs[b].len - HEADER;
	while (room < *want) {
		ret = collect(v);
		if (ret < 0)
			return ret;
		if (ret == 0)
			break;
		room += v->bufs[v->nr_bufs - 1].len - HEADER;
	}
	if (*want > room)
		*want = (uint32_t)room;
	return 1;
}

/* @len bytes lie behind the headers' places. */
static int give_data(struct conn *c, uint32_t len)
{
	struct virtio_vsock *v = c->v;
	int ret = 0;

	c->sent += len;
	while (!ret && len > 0) {
		struct vsock_header h = header_of(c, VIRTIO_VSOCK_OP_RW, 0);
		uint32_t n = v->bufs[v->first_buf].len - HEADER;

		h.len.raw = n < len ? n : len;
		len -= h.len.raw;
		ret = give(v, &h);
	}
	return ret;
}

static void host_finished(struct conn *c)
{
	c->no_input = true;
	c->readable = false;
	if (vsock_unix_hung_up(c->io.fd)) {
		conn_left(c);
		return;
	}
	c->host_ended |= VIRTIO_VSOCK_SHUTDOWN_SEND;
	conn_owe(c, OWE_SHUTDOWN);
	conn_watch(c);
}

/* What readv(2) did: 1 or -EINVAL. */
static int take_read(struct conn *c, uint32_t want, ssize_t n)
{
	struct virtio_vsock *v = c->v;

	if (n > 0) {
		c->readable = n == want;
		return give_data(c, (uint32_t)n) ?: 1;
	}
	if (n == -EAGAIN) {
		c->readable = false;
		return 1;
	}
	if (n == -EFAULT) {
		/* The bytes are still there: it would never end. */
		v->chain.nr_read = 0;
		v->chain.read_len = 0;
		v->chain.nr_write = 1;
		v->chain.write_len = v->bufs[v->first_buf].len;
		v->chain.iov[0] = v->iov[v->first_iov];
		vq_break(vsock_vq(v, VSOCK_RX), VQ_REVOKED, &v->chain);
		return -EINVAL;
	}
	host_finished(c);
	return 1;
}

/* One turn of data: as need_buffer(); 1: done, or it has to wait for credit. */
static int send_data(struct conn *c, uint32_t *sent)
{
	uint32_t want = conn_credit(c), before = c->sent;
	unsigned int nr;
	int ret;

	if (want == 0) {
		if (!c->has_asked)
			conn_owe(c, OWE_ASK);
		c->has_asked = true;
		return 1;
	}
	if (want > VSOCK_TURN)
		want = VSOCK_TURN;
	ret = make_room(c->v, &want);
	if (ret <= 0)
		return ret;
	nr = list_room(c->v, want);
	ret = take_read(c, want, vsock_unix_receive(c->io.fd, c->v->vec, nr));
	*sent = c->sent - before;
	return ret;
}

/* --- turns ------------------------------------------------------------------ */

static const struct {
	uint8_t owed;
	uint16_t op;
} packets[] = {
	{ OWE_REQUEST, VIRTIO_VSOCK_OP_REQUEST },
	{ OWE_RESPONSE, VIRTIO_VSOCK_OP_RESPONSE },
	{ OWE_CREDIT, VIRTIO_VSOCK_OP_CREDIT_UPDATE },
	{ OWE_ASK, VIRTIO_VSOCK_OP_CREDIT_REQUEST },
};

static int send_owed(struct conn *c)
{
	int ret = 1;

	for (unsigned int i = 0; ret > 0 && i < ARRAY_SIZE(packets); i++) {
		if (!(c->owed & packets[i].owed))
			continue;
		ret = send_packet(c, packets[i].op, 0);
		if (ret > 0)
			c->owed &= (uint8_t)~packets[i].owed;
	}
	return ret;
}

static int send_end(struct conn *c)
{
	int ret = send_packet(c, VIRTIO_VSOCK_OP_SHUTDOWN, c->host_ended);

	if (ret <= 0)
		return ret;
	c->owed &= (uint8_t)~OWE_SHUTDOWN;
	if (c->host_ended == BOTH) {
		conn_hang_up(c);
		c->state = CONN_CLOSING;
	}
	return ret;
}

/* One turn of @c, bytes of data in @sent. 1: is over; 0: for want of a buffer
 * it is not; -EINVAL: the queue is broken. */
static int take_turn(struct conn *c, uint32_t *sent)
{
	int ret;

	if (c->owed & OWE_RST) {
		ret = send_packet(c, VIRTIO_VSOCK_OP_RST, 0);
		if (ret > 0)
			conn_end(c);
		return ret;
	}
	ret = send_owed(c);
	if (ret > 0 && c->state == CONN_OPEN && c->readable) {
		ret = send_data(c, sent);
		if (ret > 0)
			ret = send_owed(c);
	}
	if (ret > 0 && c->owed & OWE_SHUTDOWN)
		ret = send_end(c);
	return ret;
}

/* Its turn is not over: it is the next, too. */
static void wait_on(struct conn *c)
{
	if (c->is_waiting)
		TAILQ_REMOVE(&c->v->turns, c, turn);
	TAILQ_INSERT_HEAD(&c->v->turns, c, turn);
	c->is_waiting = true;
}

/* Until nobody waits, there is no buffer, or it was enough. */
static int take_turns(struct virtio_vsock *v)
{
	uint32_t sum = 0;
	unsigned int nr = 0;
	struct conn *c;
	int ret = 1;

	while (ret > 0 && v->nr_replies > 0)
		ret = send_reply(v);
	while (ret > 0 && (c = TAILQ_FIRST(&v->turns)) != NULL) {
		uint32_t sent = 0;

		if (sum > VSOCK_TURNS || nr++ > VSOCK_BUFS) {
			virtio_kick_again(&v->dev, VSOCK_RX);
			break;
		}
		TAILQ_REMOVE(&v->turns, c, turn);
		c->is_waiting = false;
		ret = take_turn(c, &sent);
		sum += sent;
		if (ret == 0) {
			wait_on(c);
		} else if (c->state == CONN_OPEN) {
			if (!c->readable)
				conn_watch(c);
			else if (conn_credit(c) > 0 || !c->has_asked)
				conn_wait(c);
		}
	}
	return ret;
}

void vsock_rx_run(struct virtio_vsock *v)
{
	struct virtqueue *vq = vsock_vq(v, VSOCK_RX);
	int ret = vsock_runs(v) ? take_turns(v) : 0;

	if (ret < 0)
		virtio_dev_broken(&v->dev, VSOCK_RX);
	else if (vq->ready && vsock_runs(v))
		virtio_publish(&v->dev, VSOCK_RX);
	if (v->dev.status & VIRTIO_CONFIG_S_NEEDS_RESET) {
		vsock_end_all(v);
	} else if (v->tx_waits && v->nr_replies < VSOCK_REPLIES) {
		v->tx_waits = false;
		virtio_kick_again(&v->dev, VSOCK_TX);
	}
}
