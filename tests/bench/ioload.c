// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioload.c: reads a disk inside a guest, past its page cache, in phases that the
 * console announces: "PHASE name BEGIN", "PHASE name END requests microseconds".
 * It rests after either line, for who counts outside.
 *
 * usage: ioload DEVICE MILLISECONDS [DEPTH KIB]     that one phase, at random
 */
#include <fcntl.h>
#include <liburing.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH 32U
#define MAX_BLOCK (1U << 20)
#define REST_US	  400000

struct phase {
	const char *name;
	unsigned int depth, block;
	int random;
};

static const struct phase phases[] = {
	{ "warm", 1, MAX_BLOCK, 0 },
	{ "rand4k-qd1", 1, 4096, 1 },
	{ "rand4k-qd32", 32, 4096, 1 },
	{ "seq1m", 1, MAX_BLOCK, 0 },
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t next_offset(const struct phase *p, uint64_t size, uint64_t *at)
{
	if (p->random)
		return (uint64_t)random() % (size / p->block) * p->block;
	*at = *at + p->block > size ? 0 : *at;
	*at += p->block;
	return *at - p->block;
}

static unsigned long run(const struct phase *p, int fd, uint64_t size,
			 uint64_t ms, char *buf)
{
	uint64_t end = now_us() + ms * 1000, at = 0;
	unsigned long done = 0;
	unsigned int flying = 0;
	struct io_uring ring;

	if (io_uring_queue_init(MAX_DEPTH, &ring, 0))
		return 0;
	while (now_us() < end || flying) {
		struct io_uring_cqe *cqe;
		unsigned int head, seen = 0;

		while (now_us() < end && flying < p->depth) {
			struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

			io_uring_prep_read(sqe, fd, buf, p->block,
					   next_offset(p, size, &at));
			flying++;
		}
		io_uring_submit_and_wait(&ring, flying ? 1 : 0);
		io_uring_for_each_cqe(&ring, head, cqe)
		{
			seen++;
			if (cqe->res == (int)p->block)
				done++;
		}
		io_uring_cq_advance(&ring, seen);
		flying -= seen;
	}
	io_uring_queue_exit(&ring);
	return done;
}

static void announce(const struct phase *p, int fd, uint64_t size, uint64_t ms,
		     char *buf)
{
	unsigned long n;
	uint64_t start;

	printf("PHASE %s BEGIN\n", p->name);
	(void)fflush(stdout);
	usleep(REST_US);
	start = now_us();
	n = run(p, fd, size, ms, buf);
	start = now_us() - start;
	printf("PHASE %s END %lu %llu\n", p->name, n,
	       (unsigned long long)start);
	(void)fflush(stdout);
	usleep(REST_US);
}

int main(int argc, char **argv)
{
	struct phase one = { "load", 0, 0, 1 };
	uint64_t size = 0, ms;
	char *buf = NULL;
	int fd;

	if (argc != 3 && argc != 5)
		return 2;
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) || size < MAX_BLOCK ||
	    posix_memalign((void **)&buf, 2 * MAX_BLOCK, 2 * MAX_BLOCK)) {
		perror(argv[1]);
		return 1;
	}
	/* A huge page, if there is one: pieces as long as the disk takes. */
	memset(buf, 1, 2 * MAX_BLOCK);
	ms = strtoul(argv[2], NULL, 10);
	if (argc == 5) {
		one.depth = (unsigned int)strtoul(argv[3], NULL, 10);
		one.block = (unsigned int)strtoul(argv[4], NULL, 10) << 10;
		if (!one.depth || one.depth > MAX_DEPTH || !one.block ||
		    one.block > MAX_BLOCK)
			return 2;
		announce(&one, fd, size, ms, buf);
		return 0;
	}
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		announce(&phases[i], fd, size, ms, buf);
	return 0;
}
