/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * seed.h: what the programs that make a fuzzer's seed corpus share. A program
 * seed_X.c beside fuzz_X.c implements seed_write_all(); it is run once per
 * build with the folder to fill.
 */
#ifndef LKVM_PVM_TESTS_SEED_H
#define LKVM_PVM_TESTS_SEED_H

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"

/* Writes one seed into the current folder. */
static inline void seed_write(const char *name, const void *bytes, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) < 0) {
		perror(name);
		exit(1);
	}
}

/* A record of fuzz_net.c and of fuzz_vsock.c, whose words they name. */
struct seed_step {
	uint8_t what, queue;
	uint16_t words[3];
	uint32_t where, len;
};
static_assert(sizeof(struct seed_step) == 16, "as it is in a seed");

/* A seed of one byte and @nr steps, 16 at most. */
static inline void seed_write_steps(const char *name, uint8_t first,
				    const struct seed_step *s, size_t nr)
{
	uint8_t seed[1 + 16 * sizeof(*s)] = { first };

	memcpy(seed + 1, s, nr * sizeof(*s));
	seed_write(name, seed, 1 + nr * sizeof(*s));
}

/* Writes all seeds with seed_write(). */
static void seed_write_all(void);

int main(int argc, char **argv)
{
	if (argc != 2 || chdir(argv[1]) < 0) {
		fprintf(stderr, "usage: %s DIR\n", argv[0]);
		return 2;
	}
	seed_write_all();
	return 0;
}

#endif
