// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_vhost_user.c: any answers of a vhost-user back end. Whatever it says, a
 * call succeeds with what it said or fails with a reason, the conversation is
 * over at the first nonsense, and no descriptor of its stays open.
 *
 * Input: a byte, how many descriptors come along; then what it says, before it
 * hangs up.
 *
 * Floor: virtio/vhost_user.c 82
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../virtio/vhost_user.h"

#define MAX_FDS 3U

static int lowest_free(void)
{
	int fd = dup(0);

	CHECK(fd >= 0);
	close(fd);
	return fd;
}

static void say(int to, unsigned int nr_fds, const void *p, size_t len)
{
	union {
		char buf[CMSG_SPACE(MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)p, len };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nr_fds) {
		struct cmsghdr *c;

		h.msg_control = &control;
		h.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
	}
	CHECK(sendmsg(to, &h, 0) == (ssize_t)len);
	CHECK(!shutdown(to, SHUT_WR));
}

/* What a call may return, and what that means for the next. */
static void check(const struct vhost_user *u, int err, bool was_over)
{
	CHECK(err == 0 || err == -ENOTCONN || err == -EPROTO || err == -EIO);
	CHECK(err == 0 || u->why);
	CHECK(!was_over || err == -ENOTCONN);
	CHECK(u->broken == (err != 0 && err != -EIO) || was_over);
}

static void converse(struct vhost_user *u, const struct window *w)
{
	const struct vhost_user_vring r = { .index = 1, .num = 8 };
	uint8_t config[60];
	uint16_t base;

	for (unsigned int i = 0; i < 6; i++) {
		bool over = u->broken;
		int err;

		if (i == 0)
			err = vhost_user_set_features(u, u->offered);
		else if (i == 1)
			err = vhost_user_set_memory(u, w);
		else if (i == 2 || i == 4)
			err = vhost_user_start_vring(u, &r);
		else if (i == 3)
			err = vhost_user_stop_vring(u, 1, &base);
		else
			err = vhost_user_get_config(u, 0, config,
						    sizeof(config));
		check(u, err, over);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct window w = { .fd = 0, .len = MIB(2) };
	const int before = lowest_free();
	struct vhost_user u;
	int sv[2];

	if (size < 2 || size > 4096)
		return 0;
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	CHECK(!fcntl(sv[0], F_SETFL, O_NONBLOCK));
	say(sv[1], data[0] & 0x80 ? data[0] % (MAX_FDS + 1) : 0, data + 1,
	    size - 1);
	if (vhost_user_open(&u, sv[0], 1000) == 0)
		converse(&u, &w);
	vhost_user_close(&u);
	CHECK(vhost_user_is_gone(&u));
	close(sv[1]);
	CHECK(lowest_free() == before);
	return 0;
}
