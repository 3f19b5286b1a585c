// SPDX-License-Identifier: GPL-2.0-only
/* vsock_unix.c: unix sockets as the host's ends of a guest's connections. */
#include "vsock_unix.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "unix_socket.h"

#define BACKLOG 128

/* "CONNECT " and ten digits, a line's end of one or two characters. */
#define HELLO	  "CONNECT "
#define HELLO_MAX (sizeof(HELLO) - 1 + 10 + 2)

/* Descriptors for everything else: files, eventfds, vCPUs, helpers. */
#define RESERVE 256U

/* --- the two kinds of paths ------------------------------------------------- */

/* PATH_PORT; false: too long for a socket. */
static bool path_of_port(struct sockaddr_un *a, const char *path, uint32_t port)
{
	int n = snprintf(a->sun_path, sizeof(a->sun_path), "%s_%u", path, port);

	return n > 0 && (size_t)n < sizeof(a->sun_path);
}

int vsock_unix_open(struct vsock_unix *u, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int err;

	*u = (struct vsock_unix){ .path = path, .listener = -1 };
	if (!path)
		return 0;
	if (!path_of_port(&a, path, UINT32_MAX)) {
		log_err("vsock: %s: the path has %zu characters at most: those "
			"of the guest's connections have a port behind it",
			path, sizeof(a.sun_path) - sizeof("_4294967295"));
		return -ENAMETOOLONG;
	}
	err = unix_listen("vsock", path, BACKLOG, &u->listener);
	if (!err)
		(void)lstat(path, &u->made);
	return err;
}

static void close_own_end(struct vsock_unix *u)
{
	if (u->has_own && u->own_end >= 0)
		close(u->own_end);
	u->own_end = -1;
}

void vsock_unix_close(struct vsock_unix *u)
{
	close_own_end(u);
	if (u->listener < 0)
		return;
	unix_unlisten(u->path, &u->made);
	close(u->listener);
	u->listener = -1;
}

void vsock_unix_hand_over(struct vsock_unix *u, uint32_t port, int fd)
{
	close_own_end(u);
	u->has_own = true;
	u->own_port = port;
	u->own_end = fd;
}

unsigned int vsock_unix_limit(unsigned int most)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return 0;
	if (r.rlim_cur < most + RESERVE && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max < most + RESERVE ? r.rlim_max
							 : most + RESERVE;
		if (setrlimit(RLIMIT_NOFILE, &r) ||
		    getrlimit(RLIMIT_NOFILE, &r))
			return 0;
	}
	if (r.rlim_cur >= most + RESERVE)
		return most;
	return r.rlim_cur > RESERVE ? (unsigned int)r.rlim_cur - RESERVE : 0;
}

/* --- connections ------------------------------------------------------------ */

int vsock_unix_accept(const struct vsock_unix *u)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int fd = accept4(u->listener, (struct sockaddr *)&from, &len,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		return fd;
	return errno == ECONNABORTED || errno == EINTR ? -EAGAIN : -errno;
}

int vsock_unix_connect(struct vsock_unix *u, uint32_t port)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = u->own_end;

	if (u->has_own && port == u->own_port) {
		u->own_end = -1;
		return fd < 0 ? -ECONNREFUSED : fd;
	}
	if (!u->path)
		return -ECONNREFUSED;
	return path_of_port(&a, u->path, port) ? unix_connect(a.sun_path)
					       : -ENAMETOOLONG;
}

/* @line is zero-terminated, its line feed cut off. */
static bool parse_hello(const char *line, uint32_t *port)
{
	size_t nr_digits;
	uint64_t v = 0;

	if (strncasecmp(line, HELLO, sizeof(HELLO) - 1) != 0)
		return false;
	line += sizeof(HELLO) - 1;
	nr_digits = strspn(line, "0123456789");
	for (size_t i = 0; i < nr_digits && i < 11; i++)
		v = v * 10 + (uint64_t)(line[i] - '0');
	/* The last one is VMADDR_PORT_ANY: nobody's. */
	if (nr_digits == 0 || nr_digits > 10 || v >= UINT32_MAX)
		return false;
	line += nr_digits;
	*port = (uint32_t)v;
	return *line == '\0' || !strcmp(line, "\r");
}

int vsock_unix_hello(int fd, uint32_t *port)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };
	/* Asked first: all that came before its end is there then. */
	const bool is_all = poll(&p, 1, 0) > 0;
	char line[HELLO_MAX + 1] = "";
	ssize_t n = recv(fd, line, HELLO_MAX, MSG_PEEK);
	const char *end;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPROTO;
	end = memchr(line, '\n', (size_t)n);
	if (!end)
		return n == 0 || is_all || (size_t)n == HELLO_MAX ? -EPROTO
								  : -EAGAIN;
	/* What is behind the line is the guest's. */
	n = recv(fd, line, (size_t)(end - line) + 1, 0);
	if (n < 1 || line[n - 1] != '\n')
		return -EPROTO;
	line[n - 1] = '\0';
	return parse_hello(line, port) ? 0 : -EPROTO;
}

void vsock_unix_welcome(int fd, uint32_t port)
{
	char line[16];
	int n = snprintf(line, sizeof(line), "OK %u\n", port);

	/* The first that this socket carries: there is room, or nobody. */
	if (send(fd, line, (size_t)n, MSG_NOSIGNAL) < 0)
		return;
}

ssize_t vsock_unix_send(int fd, struct iovec *iov, unsigned int nr)
{
	const struct msghdr m = { .msg_iov = iov, .msg_iovlen = nr };
	ssize_t n;

	do {
		n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	return errno == ECONNRESET || errno == ENOTCONN ? -EPIPE : -errno;
}

ssize_t vsock_unix_receive(int fd, struct iovec *iov, unsigned int nr)
{
	ssize_t n;

	do {
		n = readv(fd, iov, (int)nr);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

bool vsock_unix_hung_up(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR);
}
