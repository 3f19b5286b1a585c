// SPDX-License-Identifier: GPL-2.0-only
/*
 * netstream.c: a network card's packets go through a stream socket, each behind
 * its length.
 *
 * A stream has no way to take half a frame back. So what the socket did not
 * take at once is copied out of the window and sent from our memory later, and
 * what comes in is read ahead, many frames at a time, and copied into the
 * window by the accessors.
 */
#include "netstream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "window.h"

#define MIN_FRAME 14U

/* --- sending ---------------------------------------------------------------- */

/* Nobody takes what is sent, though somebody may send still. */
static int gone(struct netstream *s)
{
	s->is_deaf = true;
	return -ENOTCONN;
}

int netstream_flush(struct netdev *n, unsigned int pair)
{
	struct netstream *s = n->own;

	while (s->out_start < s->out_end) {
		ssize_t ret = send(n->fd[pair], s->out + s->out_start,
				   s->out_end - s->out_start,
				   MSG_NOSIGNAL | MSG_DONTWAIT);

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0)
			return errno == EAGAIN ? -EAGAIN : gone(s);
		s->out_start += (size_t)ret;
	}
	s->out_start = s->out_end = 0;
	return 0;
}

/*
 * What is left of a frame behind its first @sent bytes. The length is promised:
 * zeros stand for a page that the guest took back.
 */
static void keep_rest(struct netstream *s, const struct iovec *iov,
		      unsigned int nr, size_t sent)
{
	for (unsigned int i = 0; i < nr; i++) {
		const uint8_t *base = iov[i].iov_base;
		size_t len = iov[i].iov_len;

		if (sent >= len) {
			sent -= len;
			continue;
		}
		len -= sent;
		if (window_read(s->out + s->out_end, base + sent, len))
			memset(s->out + s->out_end, 0, len);
		s->out_end += len;
		sent = 0;
	}
}

int netstream_send(struct netdev *n, unsigned int pair, struct iovec *iov,
		   unsigned int nr)
{
	const struct virtio_net_hdr *h = iov[0].iov_base;
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = nr };
	struct netstream *s = n->own;
	uint32_t prefix;
	size_t len = 0;
	ssize_t ret;
	int err = netstream_flush(n, pair);

	if (err)
		return err;
	for (unsigned int i = 1; i < nr; i++)
		len += iov[i].iov_len;
	/* Such a frame needs work that was not offered. */
	if (h->gso_type != VIRTIO_NET_HDR_GSO_NONE || len > NETDEV_MAX_FRAME ||
	    h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		return -EINVAL;
	prefix = htonl((uint32_t)len);
	iov[0] = (struct iovec){ &prefix, sizeof(prefix) };
	do {
		ret = sendmsg(n->fd[pair], &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return errno == EPIPE || errno == ECONNRESET ? gone(s) : -errno;
	if ((size_t)ret == len + sizeof(prefix))
		return 0;
	keep_rest(s, iov, nr, (size_t)ret);
	return 1;
}

/* --- receiving -------------------------------------------------------------- */

/* 1: a whole frame of *@len bytes is at s->in_start; 0: not yet. */
static int whole_frame(const struct netstream *s, uint32_t *len)
{
	size_t there = s->in_end - s->in_start;

	if (there < sizeof(*len))
		return 0;
	memcpy(len, s->in + s->in_start, sizeof(*len));
	*len = ntohl(*len);
	if (*len < MIN_FRAME || *len > NETDEV_MAX_FRAME)
		return -ENOTCONN; /* whoever that is, it is not passt */
	return there - sizeof(*len) >= *len;
}

/* Reads as much as there is room. 0 or -errno as receive. */
static int read_ahead(struct netstream *s, int fd)
{
	ssize_t ret;

	memmove(s->in, s->in + s->in_start, s->in_end - s->in_start);
	s->in_end -= s->in_start;
	s->in_start = 0;
	do {
		ret = recv(fd, s->in + s->in_end, sizeof(s->in) - s->in_end,
			   MSG_DONTWAIT);
	} while (ret < 0 && errno == EINTR);
	if (ret <= 0)
		return ret < 0 && errno == EAGAIN ? -EAGAIN : -ENOTCONN;
	s->in_end += (size_t)ret;
	return 0;
}

static int next_frame(struct netstream *s, int fd, uint32_t *len)
{
	int ret;

	while ((ret = whole_frame(s, len)) == 0) {
		ret = read_ahead(s, fd);
		if (ret)
			return ret;
	}
	return ret < 0 ? ret : 0;
}

ssize_t netstream_receive(struct netdev *n, unsigned int pair,
			  const struct iovec *iov, unsigned int nr)
{
	struct netstream *s = n->own;
	const uint8_t *from;
	uint32_t len, left;
	int ret = next_frame(s, n->fd[pair], &len);

	if (ret)
		return ret;
	from = s->in + s->in_start + sizeof(len);
	s->in_start += sizeof(len) + len;
	memset(iov[0].iov_base, 0, iov[0].iov_len);
	left = len;
	for (unsigned int i = 1; i < nr && left > 0; i++) {
		size_t part = iov[i].iov_len < left ? iov[i].iov_len : left;

		if (window_write(iov[i].iov_base, from, part))
			return -EFAULT;
		from += part;
		left -= (uint32_t)part;
	}
	return (ssize_t)(NETDEV_HEADER + len - left);
}

/* --- life ------------------------------------------------------------------- */

int netstream_start(struct netdev *n, uint64_t features)
{
	struct netstream *s = n->own;
	uint32_t len;
	int ret = 0;

	(void)features;
	/* A flood need not be read to its end. */
	for (unsigned int i = 0; !ret && i < 4096; i++) {
		ret = next_frame(s, n->fd[0], &len);
		if (!ret)
			s->in_start += sizeof(len) + len;
	}
	return ret == -ENOTCONN || s->is_deaf ? -ENOTCONN : 0;
}

void netstream_reopen(struct netdev *n, int fd)
{
	struct netstream *s = n->own;

	if (n->fd[0] >= 0)
		close(n->fd[0]);
	n->fd[0] = fd;
	s->in_start = s->in_end = 0;
	s->out_start = s->out_end = 0;
	s->is_deaf = false;
}
