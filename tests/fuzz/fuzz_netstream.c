// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_netstream.c: any bytes on the stream socket of a network card, in any
 * pieces, against a model that reads them as a whole: the same frames come out,
 * and the same length ends it.
 *
 * Input: a byte that says how large the pieces are, then the stream.
 *
 * Floor: devices/netstream.c 40
 */
#include "fuzz.h"

#include <errno.h>
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct netstream *s;
	struct netdev n = { .own = s };
	struct model m;
	size_t piece, sent = 0;
	int sv[2];

	if (!s) {
		s = calloc(1, sizeof(*s));
		CHECK(s);
		n.own = s;
	}
	if (size < 2)
		return 0;
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv));
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
		if (!take_all(&n, &m))
			break;
	}
	close(sv[0]);
	close(sv[1]);
	return 0;
}
