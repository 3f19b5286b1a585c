/* SPDX-License-Identifier: GPL-2.0-only */
/* disk_fixture.h: image files for tests of the disk back end. */
#ifndef LKVM_PVM_TESTS_DISK_FIXTURE_H
#define LKVM_PVM_TESTS_DISK_FIXTURE_H

#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"
#include "disk.h"

/* The byte at @offset of a fresh image: tells blocks and sectors apart. */
static inline uint8_t image_byte(uint64_t offset)
{
	return (uint8_t)(offset / 512 * 7 + offset % 251 + 1);
}

/* A file of @size bytes below @dir; its name in @path. */
static inline void image_make(char *path, const char *dir, uint64_t size)
{
	uint8_t block[512];
	int fd;

	(void)sprintf(path, "%s/lkvm-disk-XXXXXX", dir);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	for (uint64_t at = 0; at < size; at += sizeof(block)) {
		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = image_byte(at + i);
		ck_assert_int_eq(write(fd, block, sizeof(block)),
				 sizeof(block));
	}
	close(fd);
}

/* @len bytes at @offset of the file as another program sees them. */
static inline void image_read(const char *path, void *buf, size_t len,
			      uint64_t offset)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, buf, len, (off_t)offset), (ssize_t)len);
	close(fd);
}

#endif
