// SPDX-License-Identifier: GPL-2.0-only
// Both ends of connections between guest and host, for tests of --vsock.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h> /* wants sys/socket.h before it */

/*
 * usage: vsock listen|connect WHERE flow SEND RECEIVE
 *                                   told SEND RECEIVE
 *                                   after SEND RECEIVE
 *                                   echo
 *                                   many N
 *        vsock refused WHERE
 *
 * WHERE is vsock:CID:PORT, unix:PATH, or unix:PATH:PORT (CONNECT PORT is said
 * first). flow sends so many bytes of a pattern and ends its sending, while it
 * receives so many and then the end; told says when the first have come; after
 * sends when it has received them all.
 * echo serves any number of connections for ever. many opens N, says a word on
 * each and wants it back, then closes them. connect waits until there is
 * somebody. Exit code: 0, or 1 with a line that says what went wrong.
 */
#define PATIENCE_S	60
#define LONG_PATIENCE_S 1200
#define CHUNK		(1 << 17)
#define MOST		4096

static void die(const char *what)
{
	fprintf(stderr, "vsock: %s: %s\n", what, strerror(errno));
	exit(1);
}

struct where {
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		struct sockaddr_vm vm;
	};
	socklen_t len;
	const char *hello; /* a port, or NULL */
};

static void parse_where(struct where *w, char *text)
{
	char *colon;

	memset(w, 0, sizeof(*w));
	if (!strncmp(text, "vsock:", 6)) {
		w->vm.svm_family = AF_VSOCK;
		w->vm.svm_cid = (unsigned int)strtoul(text + 6, &colon, 0);
		w->vm.svm_port = (unsigned int)strtoul(colon + 1, NULL, 0);
		w->len = sizeof(w->vm);
		return;
	}
	text += 5;
	colon = strchr(text, ':');
	if (colon) {
		*colon = '\0';
		w->hello = colon + 1;
	}
	w->un.sun_family = AF_UNIX;
	snprintf(w->un.sun_path, sizeof(w->un.sun_path), "%s", text);
	w->len = sizeof(w->un);
}

/* "OK PORT\n", or the end: nobody listens there. */
static int say_hello(int fd, const char *port)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "CONNECT %s\n", port);

	if (write(fd, line, (size_t)n) != n)
		return -1;
	for (n = 0; n < (int)sizeof(line); n++) {
		if (read(fd, line + n, 1) != 1)
			return -1;
		if (line[n] == '\n')
			return strncmp(line, "OK ", 3);
	}
	return -1;
}

static int try_connect(const struct where *w)
{
	int fd = socket(w->any.sa_family, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	if (!connect(fd, &w->any, w->len) &&
	    (!w->hello || !say_hello(fd, w->hello)))
		return fd;
	close(fd);
	return -1;
}

static int connect_to(const struct where *w)
{
	const struct timespec pause = { .tv_nsec = 100000000L };
	/* Behind gibibytes it comes late. */
	const int tries = (getenv("LONG") ? LONG_PATIENCE_S : PATIENCE_S) * 10;

	for (int i = 0; i < tries; i++) {
		int fd = try_connect(w);

		if (fd >= 0)
			return fd;
		nanosleep(&pause, NULL);
	}
	die("nobody listens");
	return -1;
}

static int listen_at(const struct where *w)
{
	int fd = socket(w->any.sa_family, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, &w->any, w->len) || listen(fd, MOST))
		die("listen");
	return fd;
}

/* --- flow ------------------------------------------------------------------- */

struct flow {
	int fd;
	uint64_t to_send, to_receive, sent, received;
	int must_wait; /* until all is received */
	int must_tell; /* of the first that is */
};

static uint64_t out[CHUNK / 8], in[CHUNK / 8], expected[CHUNK / 8];

/* Word n of the stream is n times an odd number. */
static void fill(uint64_t *p, uint64_t first)
{
	for (uint64_t i = 0; i < CHUNK / 8; i++)
		p[i] = (first + i) * 0x9e3779b97f4a7c15ULL;
}

static void send_some(struct flow *f)
{
	const uint64_t at = f->sent % CHUNK;
	uint64_t len = CHUNK - at;
	ssize_t n;

	if (at == 0)
		fill(out, f->sent / 8);
	if (len > f->to_send - f->sent)
		len = f->to_send - f->sent;
	n = send(f->fd, (char *)out + at, len, MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN)
		die("send");
	f->sent += n > 0 ? (uint64_t)n : 0;
	if (f->sent == f->to_send && shutdown(f->fd, SHUT_WR))
		die("shutdown");
}

/* 0 at the end. */
static int receive_some(struct flow *f)
{
	const uint64_t at = f->received % CHUNK;
	ssize_t n = recv(f->fd, (char *)in + at, CHUNK - at, MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN)
		die("recv");
	if (n > 0 && f->received == 0 && f->must_tell)
		fputs("vsock: it flows\n", stderr);
	f->received += n > 0 ? (uint64_t)n : 0;
	if (n == 0 || (n > 0 && f->received % CHUNK == 0)) {
		uint64_t len = n ? CHUNK : at;

		fill(expected, (f->received - len) / 8);
		if (memcmp(in, expected, len)) {
			fprintf(stderr, "vsock: other bytes before %llu\n",
				(unsigned long long)f->received);
			exit(1);
		}
	}
	return n != 0;
}

static void flow(struct flow *f)
{
	struct pollfd p = { .fd = f->fd };
	int open_in = 1;

	while (open_in || f->sent < f->to_send) {
		int may_send =
			f->sent < f->to_send && !(f->must_wait && open_in);

		p.events = (short)((open_in ? POLLIN : 0) |
				   (may_send ? POLLOUT : 0));
		if (poll(&p, 1, PATIENCE_S * 1000) <= 0)
			die("nothing happens");
		if (may_send && p.revents & (POLLOUT | POLLERR))
			send_some(f);
		if (open_in && p.revents & (POLLIN | POLLHUP | POLLERR))
			open_in = receive_some(f);
	}
	if (f->received != f->to_receive) {
		fprintf(stderr, "vsock: %llu bytes instead of %llu\n",
			(unsigned long long)f->received,
			(unsigned long long)f->to_receive);
		exit(1);
	}
	close(f->fd);
}

/* --- many connections ------------------------------------------------------- */

static struct pollfd fds[MOST + 1];

static void echo_one(struct pollfd *p)
{
	char buf[2048];
	ssize_t n = read(p->fd, buf, sizeof(buf));

	if (n > 0 && write(p->fd, buf, (size_t)n) == n)
		return;
	close(p->fd);
	p->fd = -1;
}

static void echo(int listener)
{
	nfds_t nr = 1;

	fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (;;) {
		nfds_t kept = 1;

		if (poll(fds, nr, -1) < 0)
			die("poll");
		for (nfds_t i = 1; i < nr; i++) {
			if (fds[i].revents)
				echo_one(&fds[i]);
			if (fds[i].fd >= 0)
				fds[kept++] = fds[i];
		}
		nr = kept;
		if (fds[0].revents && nr <= MOST) {
			int fd = accept(listener, NULL, NULL);

			if (fd >= 0)
				fds[nr++] = (struct pollfd){ .fd = fd,
							     .events = POLLIN };
		}
	}
}

static void many(const struct where *w, int nr)
{
	char word[32], back[32];

	for (int i = 0; i < nr && i < MOST; i++)
		fds[i].fd = connect_to(w);
	for (int i = 0; i < nr; i++) {
		int n = snprintf(word, sizeof(word), "this is %d", i);

		if (write(fds[i].fd, word, (size_t)n) != n)
			die("write");
	}
	for (int i = 0; i < nr; i++) {
		int n = snprintf(word, sizeof(word), "this is %d", i);

		if (recv(fds[i].fd, back, (size_t)n, MSG_WAITALL) != n ||
		    memcmp(word, back, (size_t)n) != 0)
			die("echo");
	}
	for (int i = 0; i < nr; i++)
		close(fds[i].fd);
	printf("%d connections\n", nr);
}

int main(int argc, char **argv)
{
	const struct rlimit most = { MOST + 64, MOST + 64 };
	struct where w;
	struct flow f = { .fd = -1 };
	int listens, listener = -1;

	if (argc < 4 && (argc < 3 || strcmp(argv[1], "refused") != 0)) {
		fprintf(stderr, "usage: vsock listen|connect WHERE WHAT\n");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	(void)setrlimit(RLIMIT_NOFILE, &most);
	listens = !strcmp(argv[1], "listen");
	parse_where(&w, argv[2]);
	if (!strcmp(argv[1], "refused"))
		return try_connect(&w) >= 0;
	if (listens)
		listener = listen_at(&w);
	if (!strcmp(argv[3], "echo")) {
		echo(listener);
	} else if (!strcmp(argv[3], "many") && argc == 5) {
		many(&w, atoi(argv[4]));
	} else if (argc == 6) {
		f.fd = listens ? accept(listener, NULL, NULL) : connect_to(&w);
		if (f.fd < 0)
			die("accept");
		f.to_send = strtoull(argv[4], NULL, 0);
		f.to_receive = strtoull(argv[5], NULL, 0);
		f.must_wait = !strcmp(argv[3], "after");
		f.must_tell = !strcmp(argv[3], "told");
		if (f.to_send == 0 && shutdown(f.fd, SHUT_WR))
			die("shutdown");
		flow(&f);
	}
	return 0;
}
