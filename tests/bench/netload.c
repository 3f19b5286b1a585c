// SPDX-License-Identifier: GPL-2.0-only
/*
 * netload.c: TCP between a guest and its host, for benchmarks.
 *
 * usage: netload serve PORT          for ever, any number of connections
 *        netload ADDRESS PORT MS     each phase for MS milliseconds
 *
 * Prints "PHASE name BEGIN" and "PHASE name END n us": bytes that arrived, or
 * requests that were answered. The first byte of a connection says what is to be
 * done with it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK	(1U << 17)
#define REST_US 300000U

enum what {
	TAKE = 't', /* what comes; its length is the answer */
	GIVE = 'g', /* until nobody wants more */
	ECHO = 'e',
};

static const struct phase {
	const char *name;
	enum what what;
} phases[] = {
	{ "warm", GIVE },
	{ "tcp-request", ECHO },
	{ "tcp-to-host", TAKE },
	{ "tcp-to-guest", GIVE },
};

static char chunk[CHUNK];

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void no_delay(int fd)
{
	int one = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* --- the host's end ---------------------------------------------------------- */

static void take(int fd)
{
	uint64_t total = 0;
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		total += (uint64_t)n;
	(void)!write(fd, &total, sizeof(total));
}

static void serve_one(int fd)
{
	char what;

	no_delay(fd);
	if (read(fd, &what, 1) != 1)
		return;
	if (what == TAKE)
		take(fd);
	while (what == GIVE && write(fd, chunk, sizeof(chunk)) > 0)
		;
	while (what == ECHO && read(fd, chunk, 1) == 1 &&
	       write(fd, chunk, 1) == 1)
		;
}

static int serve(uint16_t port)
{
	const struct sockaddr_in any = { .sin_family = AF_INET,
					 .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_STREAM, 0), one = 1, fd;

	(void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (s < 0 || bind(s, (const void *)&any, sizeof(any)) || listen(s, 8)) {
		perror("netload");
		return 1;
	}
	while ((fd = accept(s, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			serve_one(fd);
			_exit(0);
		}
		close(fd);
	}
	return 1;
}

/* --- the guest's end --------------------------------------------------------- */

/* Bytes that arrived there. */
static uint64_t give(int fd, uint64_t end)
{
	uint64_t total = 0;

	while (now_us() < end)
		if (write(fd, chunk, sizeof(chunk)) <= 0)
			break;
	(void)shutdown(fd, SHUT_WR);
	if (read(fd, &total, sizeof(total)) != sizeof(total))
		return 0;
	return total;
}

static uint64_t run(int fd, enum what what, uint64_t end)
{
	uint64_t total = 0;
	ssize_t n;

	if (what == TAKE)
		return give(fd, end);
	while (now_us() < end) {
		if (what == ECHO && write(fd, "x", 1) != 1)
			break;
		n = read(fd, chunk, what == ECHO ? 1 : sizeof(chunk));
		if (n <= 0)
			break;
		total += (uint64_t)n;
	}
	return total;
}

static int connect_to(const char *address, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port) };
	int fd;

	inet_pton(AF_INET, address, &a.sin_addr);
	for (unsigned int i = 0; i < 50; i++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd >= 0 && !connect(fd, (const void *)&a, sizeof(a)))
			return fd;
		close(fd);
		usleep(100000);
	}
	perror(address);
	exit(1);
}

int main(int argc, char **argv)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	if (argc == 3)
		return serve((uint16_t)atoi(argv[2]));
	if (argc != 4)
		return 2;
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		const struct phase *p = &phases[i];
		int fd = connect_to(argv[1], (uint16_t)atoi(argv[2]));
		uint64_t n, start;
		char what = (char)p->what;

		no_delay(fd);
		printf("PHASE %s BEGIN\n", p->name);
		(void)fflush(stdout);
		usleep(REST_US);
		(void)!write(fd, &what, 1);
		start = now_us();
		n = run(fd, p->what,
			start + strtoull(argv[3], NULL, 10) * 1000);
		start = now_us() - start;
		close(fd);
		printf("PHASE %s END %llu %llu\n", p->name,
		       (unsigned long long)n, (unsigned long long)start);
		(void)fflush(stdout);
		usleep(REST_US);
	}
	return 0;
}
