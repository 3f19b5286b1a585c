/* SPDX-License-Identifier: GPL-2.0-only */
/* input.h: one file the guest boots from, opened and known to be readable. */
#ifndef LKVM_PVM_LOADER_INPUT_H
#define LKVM_PVM_LOADER_INPUT_H

#include "base.h"

/* More than any guest's RAM: sums of what passes need no overflow checks. */
#define INPUT_MAX (1ULL << 50)

struct input {
	const char *what; /* "kernel", "initrd", "firmware" */
	const char *path; /* borrowed */
	int fd;
	uint64_t size; /* bytes when it was opened: 1 to INPUT_MAX */
};

/*
 * Opens @path: a regular file with something in it. Logs and returns -errno
 * otherwise (-EINVAL for an empty file or what is not a file, -EFBIG).
 */
int __must_check input_open(struct input *in, const char *what,
			    const char *path);

/* Idempotent on what input_open() left behind, and on zeroed memory. */
void input_close(struct input *in);

/*
 * Reads exactly @len bytes at @off, the larger with several threads. Logs once
 * and returns -EINVAL when the file has become shorter, -errno when reading
 * fails; @buf then holds anything.
 */
int __must_check input_read(const struct input *in, uint64_t off, void *buf,
			    size_t len);

#endif
