// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_netstream.c: any bytes on the stream socket of a network card, in any
 * pieces, against a model that reads them as a whole: the same frames come out,
 * and the same length ends it. Then frames of the input go the other way, into a
 * socket that takes little: they arrive whole and in order.
 *
 * Input: a byte that says how large the pieces are, then the stream.
 *
 * Floor: devices/netstream.c 90
 */
#include "fuzz.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../devices/netstream.h"

#define ROOM 300U

struct model {
	const uint8_t *at;
	size_t len;
};

/* Takes the next frame: its length; 0: not all of it is there; -1: none. */
static long next(struct model *m, const uint8_t **frame)
{
	uint32_t len;

	if (m->len < 4)
		return 0;
	len = (uint32_t)m->at[0] << 24 | (uint32_t)m->at[1] << 16 |
	      (uint32_t)m->at[2] << 8 | m->at[3];
	if (len < 14 || len > NETDEV_MAX_FRAME)
		return -1;
	if (m->len < 4 + (size_t)len)
		return 0;
	*frame = m->at + 4;
	m->at += 4 + (size_t)len;
	m->len -= 4 + (size_t)len;
	return (long)len;
}

/* Everything that is whole by now; false when the stream is at its end. */
static bool take_all(struct netdev *n, struct model *m)
{
	static uint8_t buf[ROOM];
	uint8_t header[NETDEV_HEADER];
	struct iovec iov[] = { { header, sizeof(header) },
			       { buf, ROOM / 3 },
			       { buf + ROOM / 3, ROOM - ROOM / 3 } };
	const uint8_t *frame = NULL;

	for (;;) {
		long want = next(m, &frame);
		ssize_t got = netstream_receive(n, 0, iov, 3);

		if (want <= 0) {
			CHECK(got == (want < 0 ? -ENOTCONN : -EAGAIN));
			return want == 0;
		}
		if (want > (long)ROOM)
			want = ROOM;
		CHECK(got == want + (long)NETDEV_HEADER);
		CHECK(!memcmp(buf, frame, (size_t)want));
	}
}

/* --- the other way ---------------------------------------------------------- */

#define MAX_SENT KIB(256)

struct reader {
	int fd;
	size_t sent, seen;
	uint8_t bytes[MAX_SENT]; /* what has to arrive */
};

static void expect(struct reader *r, const uint8_t *bytes, size_t len)
{
	CHECK(len <= MAX_SENT - r->sent);
	memcpy(r->bytes + r->sent, bytes, len);
	r->sent += len;
}

static void read_some(struct reader *r)
{
	static uint8_t buf[1000];
	ssize_t n = recv(r->fd, buf, sizeof(buf), 0);

	CHECK(n > 0 && (size_t)n <= r->sent - r->seen);
	CHECK(!memcmp(buf, r->bytes + r->seen, (size_t)n));
	r->seen += (size_t)n;
}

/* One frame; the header says whether it is one that a stream can carry. */
static void send_frame(struct netdev *n, struct reader *r, const uint8_t *data,
		       size_t len)
{
	struct virtio_net_hdr h = { .gso_type = len && data[0] == 0xff };
	const uint8_t prefix[] = { 0, (uint8_t)(len >> 16), (uint8_t)(len >> 8),
				   (uint8_t)len };
	static uint8_t copy[KIB(64)];
	int ret;

	memcpy(copy, data, len);
	do {
		struct iovec iov[] = { { &h, sizeof(h) },
				       { copy, len / 2 },
				       { copy + len / 2, len - len / 2 } };

		ret = netstream_send(n, 0, iov, 3);
		if (ret == -EAGAIN)
			read_some(r);
	} while (ret == -EAGAIN);
	CHECK(ret == 0 || ret == 1 || (ret == -EINVAL && h.gso_type));
	if (ret < 0)
		return;
	expect(r, prefix, sizeof(prefix));
	expect(r, data, len);
}

static void send_all(struct netdev *n, int peer, const uint8_t *data,
		     size_t size, size_t piece)
{
	static struct reader r;

	r.fd = peer;
	r.sent = r.seen = 0;
	if (piece < 64)
		piece = 64;
	for (size_t at = 0; at < size; at += piece)
		send_frame(n, &r, data + at,
			   size - at < piece ? size - at : piece);
	while (netstream_flush(n, 0) == -EAGAIN)
		read_some(&r);
	while (r.seen < r.sent)
		read_some(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct netstream *s;
	struct netdev n = { .own = s };
	struct model m;
	size_t piece, sent = 0;
	const int little = 4096;
	bool is_whole;
	int sv[2];

	if (!s) {
		s = calloc(1, sizeof(*s));
		CHECK(s);
		n.own = s;
	}
	if (size < 2 || size > KIB(64))
		return 0;
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv));
	CHECK(!setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &little,
			  sizeof(little)));
	n.fd[0] = -1;
	netstream_reopen(&n, sv[0]);
	piece = 1 + (size_t)data[0] * (data[0] < 128 ? 1 : 64);
	m = (struct model){ ++data, 0 };
	size--;
	while (sent < size) {
		size_t len = size - sent < piece ? size - sent : piece;

		CHECK(write(sv[1], data + sent, len) == (ssize_t)len);
		sent += len;
		m.len += len;
		is_whole = take_all(&n, &m);
		if (!is_whole)
			break;
	}
	send_all(&n, sv[1], data, size, piece);
	/* A new life does not get what was for the last one. */
	if (is_whole && m.len == 0)
		CHECK(write(sv[1], data, size < 4096 ? size : 4096) > 0);
	CHECK(!is_whole || netstream_start(&n, 0) != -EAGAIN);
	netstream_reopen(&n, -1);
	close(sv[1]);
	return 0;
}
