// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhost_user.c: the front end's messages of the vhost-user protocol (QEMU's
 * docs/interop/vhost-user.rst).
 *
 * A message is a header of 12 bytes and a payload; what goes out may carry one
 * file descriptor, what comes in must not. One request is under way at a time,
 * so the next bytes of the back end are its answer, and anything else than an
 * answer of exactly the kind and length asked for ends the conversation: where
 * the next message begins would be a guess.
 */
#include "vhost_user.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

enum request {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	GET_VRING_BASE = 11,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	SET_VRING_ERR = 14,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	GET_QUEUE_NUM = 17,
	SET_VRING_ENABLE = 18,
	GET_CONFIG = 24,
};

#define FLAG_VERSION	0x1U
#define FLAG_VERSION_OF 0x3U
#define FLAG_REPLY	0x4U
#define FLAG_NEED_REPLY 0x8U

struct header {
	uint32_t request, flags, size;
};

struct vring_state {
	uint32_t index, num;
};

struct vring_addr {
	uint32_t index, flags;
	uint64_t desc, used, avail, log;
};

struct mem_table {
	uint32_t nr, padding;
	uint64_t gpa, size, user, offset; /* of the one region */
};

struct config_payload {
	uint32_t offset, size, flags;
	uint8_t bytes[VHOST_USER_CONFIG_MAX];
};

/* As many as a message can bring; no answer brings any. */
#define MAX_FDS 253U

static_assert(sizeof(struct header) == 12 && sizeof(struct mem_table) == 40 &&
		      sizeof(struct vring_addr) == 40,
	      "as the protocol has them");

void vhost_user_deadline(struct vhost_user *u, unsigned int ms)
{
	u->deadline_ms = clock_ms() + ms;
}

/* The conversation is over. Returns @err. */
static int give_up(struct vhost_user *u, int err, const char *why)
{
	u->broken = true;
	u->why = why;
	return err;
}

static int hung_up(struct vhost_user *u)
{
	return give_up(u, -ENOTCONN, "it closed the connection");
}

/* Until @events are there. 0 or -errno. */
static int wait_for(struct vhost_user *u, short events)
{
	struct pollfd p = { .fd = u->fd, .events = events };
	int64_t left;
	int n;

	do {
		left = u->deadline_ms - clock_ms();
		if (left < 0)
			left = 0;
		n = poll(&p, 1, (int)left);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return give_up(u, -errno, "poll failed");
	if (n)
		return 0;
	u->timed_out = true;
	return give_up(u, -ETIMEDOUT, "it does not answer");
}

/* --- sending ---------------------------------------------------------------- */

/* The fd is that of the first byte. Bytes sent, or -errno. */
static ssize_t send_some(const struct vhost_user *u, const void *p, size_t len,
			 int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)p, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *c;

		m.msg_control = control.buf;
		m.msg_controllen = sizeof(control.buf);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do {
		n = sendmsg(u->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int send_all(struct vhost_user *u, const void *p, size_t len, int fd)
{
	const uint8_t *at = p;
	ssize_t n;
	int err;

	while (len > 0) {
		n = send_some(u, at, len, fd);
		if (n == -EAGAIN) {
			err = wait_for(u, POLLOUT);
			if (err)
				return err;
			continue;
		}
		if (n < 0)
			return n == -EPIPE || n == -ECONNRESET
				       ? hung_up(u)
				       : give_up(u, (int)n,
						 "it cannot be written to");
		at += n;
		len -= (size_t)n;
		fd = -1;
	}
	return 0;
}

static int send_message(struct vhost_user *u, enum request request,
			uint32_t flags, const void *payload, uint32_t size,
			int fd)
{
	const struct header h = { request, FLAG_VERSION | flags, size };
	uint8_t m[sizeof(h) + sizeof(struct config_payload)];

	if (u->broken || u->fd < 0)
		return -ENOTCONN;
	assert(size <= sizeof(struct config_payload));
	memcpy(m, &h, sizeof(h));
	if (size)
		memcpy(m + sizeof(h), payload, size);
	return send_all(u, m, sizeof(h) + size, fd);
}

/* --- receiving -------------------------------------------------------------- */

/* Closes what came along; whether there was any. */
static bool close_fds(struct msghdr *m)
{
	bool any = m->msg_flags & MSG_CTRUNC;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < nr; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			close(fd);
			any = true;
		}
	}
	return any;
}

/* Bytes that came, or -errno. */
static ssize_t receive_some(struct vhost_user *u, void *p, size_t len)
{
	union {
		char buf[CMSG_SPACE(MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { p, len };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t n;

	do {
		n = recvmsg(u->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (close_fds(&m))
		return give_up(u, -EPROTO, "it sent file descriptors");
	return n;
}

static int receive_all(struct vhost_user *u, void *p, size_t len)
{
	uint8_t *at = p;
	ssize_t n;
	int err;

	while (len > 0) {
		n = receive_some(u, at, len);
		if (n == -EAGAIN) {
			err = wait_for(u, POLLIN);
			if (err)
				return err;
			continue;
		}
		if (n == 0 || n == -ECONNRESET)
			return hung_up(u);
		if (n < 0)
			return u->broken ? (int)n
					 : give_up(u, (int)n,
						   "it cannot be read from");
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Exactly the answer to @request, of @size bytes. */
static int receive_reply(struct vhost_user *u, enum request request,
			 void *payload, uint32_t size)
{
	struct header h;
	int err = receive_all(u, &h, sizeof(h));

	if (err)
		return err;
	if (h.request != (uint32_t)request)
		return give_up(u, -EPROTO, "it answers another request");
	if ((h.flags & FLAG_VERSION_OF) != FLAG_VERSION ||
	    !(h.flags & FLAG_REPLY))
		return give_up(u, -EPROTO, "what it sends is no answer");
	if (request == GET_CONFIG && h.size == 0) {
		u->why = "it gives no configuration";
		return -EIO;
	}
	if (h.size != size)
		return give_up(u, -EPROTO, "its answer has a wrong length");
	return receive_all(u, payload, size);
}

/* --- requests ---------------------------------------------------------------- */

/* A message that is answered when both sides can do that. */
static int set(struct vhost_user *u, enum request request, const void *payload,
	       uint32_t size, int fd)
{
	bool acked = vhost_user_has(u, VHOST_USER_P_REPLY_ACK);
	uint64_t failed = 0;
	int err = send_message(u, request, acked ? FLAG_NEED_REPLY : 0, payload,
			       size, fd);

	if (err || !acked)
		return err;
	err = receive_reply(u, request, &failed, sizeof(failed));
	if (!err && failed) {
		u->why = "it refused a request";
		return -EIO;
	}
	return err;
}

static int set_u64(struct vhost_user *u, enum request request, uint64_t value)
{
	return set(u, request, &value, sizeof(value), -1);
}

static int set_state(struct vhost_user *u, enum request request,
		     unsigned int index, uint32_t num)
{
	const struct vring_state s = { index, num };

	return set(u, request, &s, sizeof(s), -1);
}

/* Bits 0 to 7 are the queue; bit 8 would say that there is no fd. */
static int set_fd(struct vhost_user *u, enum request request,
		  unsigned int index, int fd)
{
	const uint64_t value = index;

	return set(u, request, &value, sizeof(value), fd);
}

static int get_u64(struct vhost_user *u, enum request request, uint64_t *value)
{
	int err = send_message(u, request, 0, NULL, 0, -1);

	return err ? err : receive_reply(u, request, value, sizeof(*value));
}

/* --- the functions ----------------------------------------------------------- */

static int agree_on_protocol(struct vhost_user *u)
{
	const uint64_t known = 1ULL << VHOST_USER_P_MQ |
			       1ULL << VHOST_USER_P_REPLY_ACK |
			       1ULL << VHOST_USER_P_CONFIG;
	uint64_t offered, agreed;
	int err;

	if (!((u->offered >> VHOST_USER_F_PROTOCOL_FEATURES) & 1))
		return 0;
	err = get_u64(u, GET_PROTOCOL_FEATURES, &offered);
	if (err)
		return err;
	agreed = offered & known;
	err = set_u64(u, SET_PROTOCOL_FEATURES, agreed);
	if (err)
		return err;
	u->protocol = agreed;
	return vhost_user_has(u, VHOST_USER_P_MQ)
		       ? get_u64(u, GET_QUEUE_NUM, &u->max_queues)
		       : 0;
}

int vhost_user_open(struct vhost_user *u, int fd, unsigned int ms)
{
	int err;

	*u = (struct vhost_user){ .fd = fd, .max_queues = UINT64_MAX };
	vhost_user_deadline(u, ms);
	err = get_u64(u, GET_FEATURES, &u->offered);
	if (!err)
		err = agree_on_protocol(u);
	if (!err)
		err = set(u, SET_OWNER, NULL, 0, -1);
	if (err)
		vhost_user_close(u);
	return err;
}

void vhost_user_close(struct vhost_user *u)
{
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
	u->broken = true;
}

int vhost_user_set_features(struct vhost_user *u, uint64_t features)
{
	return set_u64(u, SET_FEATURES,
		       features | (u->offered &
				   1ULL << VHOST_USER_F_PROTOCOL_FEATURES));
}

int vhost_user_set_memory(struct vhost_user *u, const struct window *w)
{
	/* "User" addresses are what SET_VRING_ADDR means; ours stay ours. */
	const struct mem_table t = {
		.nr = 1, .gpa = w->gpa, .size = w->len, .user = w->gpa
	};

	return set(u, SET_MEM_TABLE, &t, sizeof(t), w->fd);
}

int vhost_user_start_vring(struct vhost_user *u,
			   const struct vhost_user_vring *v)
{
	const struct vring_addr a = {
		.index = v->index,
		.desc = v->desc,
		.used = v->used,
		.avail = v->avail,
	};
	int err = set_state(u, SET_VRING_NUM, v->index, v->num);

	if (!err)
		err = set_state(u, SET_VRING_BASE, v->index, v->base);
	if (!err)
		err = set(u, SET_VRING_ADDR, &a, sizeof(a), -1);
	if (!err)
		err = set_fd(u, SET_VRING_ERR, v->index, v->err);
	if (!err)
		err = set_fd(u, SET_VRING_CALL, v->index, v->call);
	if (!err)
		err = set_fd(u, SET_VRING_KICK, v->index, v->kick);
	/* Without protocol features the kick's fd has started it. */
	if (!err && (u->offered >> VHOST_USER_F_PROTOCOL_FEATURES) & 1)
		err = set_state(u, SET_VRING_ENABLE, v->index, 1);
	return err;
}

int vhost_user_stop_vring(struct vhost_user *u, unsigned int index,
			  uint16_t *base)
{
	struct vring_state s = { index, 0 };
	int err = send_message(u, GET_VRING_BASE, 0, &s, sizeof(s), -1);

	if (!err)
		err = receive_reply(u, GET_VRING_BASE, &s, sizeof(s));
	if (err)
		return err;
	if (s.index != index)
		return give_up(u, -EPROTO, "it answers for another queue");
	*base = (uint16_t)s.num;
	return 0;
}

int vhost_user_get_config(struct vhost_user *u, uint32_t offset, void *buf,
			  uint32_t len)
{
	const uint32_t head = offsetof(struct config_payload, bytes);
	struct config_payload c = { offset, len, 0, { 0 } };
	int err;

	assert(len <= sizeof(c.bytes));
	err = send_message(u, GET_CONFIG, 0, &c, head + len, -1);
	if (!err)
		err = receive_reply(u, GET_CONFIG, &c, head + len);
	if (!err && (c.offset != offset || c.size != len))
		err = give_up(u, -EPROTO, "it answers for other bytes");
	if (!err)
		memcpy(buf, c.bytes, len);
	return err;
}

bool vhost_user_is_gone(const struct vhost_user *u)
{
	uint8_t byte;
	ssize_t n;

	if (u->fd < 0 || u->broken)
		return true;
	n = recv(u->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n >= 0 || (errno != EAGAIN && errno != EINTR);
}
