// SPDX-License-Identifier: GPL-2.0-only
// A vhost-user back end that reads the guest's memory as a file.
#include <err.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * usage: filepeer SOCKET
 *
 * Serves no request. At every kick of a queue it reads all of the window by
 * read(2), where one that does its work would use a mapping.
 */
enum {
	GET_FEATURES = 1,
	SET_MEM_TABLE = 5,
	GET_VRING_BASE = 11,
	SET_VRING_KICK = 12
};

#define VIRTIO_F_VERSION_1 (1ULL << 32)
#define FLAG_REPLY	   4U

struct message {
	uint32_t request, flags, size;
	union {
		uint64_t u64;
		struct {
			uint32_t index, num;
		} state;
		uint8_t bytes[512];
	} payload;
} __attribute__((packed));

/* One message with at most one descriptor; 0: they hung up. */
static int receive(int fd, struct message *m, int *passed)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { m, 12 };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };
	const struct cmsghdr *c;

	*passed = -1;
	if (recvmsg(fd, &h, MSG_WAITALL) != 12)
		return 0;
	c = CMSG_FIRSTHDR(&h);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(passed, CMSG_DATA(c), sizeof(*passed));
	if (m->size > sizeof(m->payload))
		errx(1, "a message of %u bytes", m->size);
	return !m->size ||
	       recv(fd, &m->payload, m->size, MSG_WAITALL) == (ssize_t)m->size;
}

static void reply(int fd, struct message *m, uint32_t size)
{
	m->flags |= FLAG_REPLY;
	m->size = size;
	if (write(fd, m, 12 + size) != (ssize_t)(12 + size))
		err(1, "answer");
}

static void answer(int fd, struct message *m)
{
	if (m->request == GET_FEATURES) {
		m->payload.u64 = VIRTIO_F_VERSION_1;
		reply(fd, m, sizeof(m->payload.u64));
	} else if (m->request == GET_VRING_BASE) {
		m->payload.state.num = 0;
		reply(fd, m, sizeof(m->payload.state));
	}
}

static void read_all(int window)
{
	static char buf[65536];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(window, buf, sizeof(buf), at)) > 0)
		at += n;
	printf("read %lld bytes\n", (long long)at);
	fflush(stdout);
}

static void serve(int fd)
{
	int window = -1, kick = -1, passed;
	struct message m;
	uint64_t count;

	for (;;) {
		struct pollfd p[] = { { .fd = fd, .events = POLLIN },
				      { .fd = kick, .events = POLLIN } };

		if (poll(p, 2, -1) < 0)
			err(1, "poll");
		if (p[1].revents && read(kick, &count, sizeof(count)) > 0)
			read_all(window);
		if (!p[0].revents)
			continue;
		if (!receive(fd, &m, &passed))
			return;
		if (m.request == SET_MEM_TABLE)
			window = passed;
		else if (m.request == SET_VRING_KICK)
			kick = passed;
		answer(fd, &m);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (argc != 2 || strlen(argv[1]) >= sizeof(a.sun_path))
		errx(2, "usage: filepeer SOCKET");
	memcpy(a.sun_path, argv[1], strlen(argv[1]) + 1);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 1))
		err(1, "%s", argv[1]);
	fd = accept(fd, NULL, NULL);
	if (fd < 0)
		err(1, "accept");
	serve(fd);
	return 0;
}
