// SPDX-License-Identifier: GPL-2.0-only
// stdin to a unix socket and the socket to stdout, until the socket ends.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * usage: sockcat PATH
 *
 * The end of stdin ends the sending alone. Exit code: 0 at the socket's end, 1
 * when it fails, 2 when nobody listens.
 */
static int put_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* 1: some bytes went over; 0: the end; -1: an error. */
static int pass(int from, int to)
{
	static char buf[16384];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n <= 0)
		return (int)n;
	return put_all(to, buf, (size_t)n) ? -1 : 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN },
			       { .fd = STDIN_FILENO, .events = POLLIN } };

	if (argc != 2 || strlen(argv[1]) >= sizeof(a.sun_path)) {
		fprintf(stderr, "usage: sockcat PATH\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	memcpy(a.sun_path, argv[1], strlen(argv[1]) + 1);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		perror(argv[1]);
		return 2;
	}
	while (poll(p, 2, -1) >= 0) {
		int ret = 1;

		if (p[0].revents)
			ret = pass(fd, STDOUT_FILENO);
		if (ret <= 0)
			return ret < 0;
		if (p[1].fd >= 0 && p[1].revents &&
		    pass(STDIN_FILENO, fd) <= 0) {
			p[1].fd = -1;
			shutdown(fd, SHUT_WR);
		}
	}
	return 1;
}
