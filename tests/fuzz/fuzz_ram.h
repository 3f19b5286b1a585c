/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_ram.h: guest RAM for the loader's fuzzers, with nothing behind it, and
 * a kernel file to put the fuzzer's bytes in.
 */
#ifndef LKVM_PVM_TESTS_FUZZ_RAM_H
#define LKVM_PVM_TESTS_FUZZ_RAM_H

#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader.h"

#define FUZZ_RAM_BASE 0x80000000ULL
#define FUZZ_RAM_MAX  MIB(8)

/*
 * @len bytes of zeros that end where an unmapped page begins. One mapping for
 * the life of the process.
 */
static inline void fuzz_ram(struct ram_view *ram, uint64_t len)
{
	static uint8_t *map;

	if (!map) {
		void *p = mmap(NULL, FUZZ_RAM_MAX + KIB(64), PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			       0);

		CHECK(p != MAP_FAILED &&
		      mprotect(p, FUZZ_RAM_MAX, PROT_READ | PROT_WRITE) == 0);
		map = p;
	}
	CHECK(madvise(map, FUZZ_RAM_MAX, MADV_DONTNEED) == 0);
	ram->range = (struct gpa_range){ FUZZ_RAM_BASE, len };
	ram->hva = map + FUZZ_RAM_MAX - len;
}

/* A file with @bytes in it; its path is the same all the time. */
static inline const char *fuzz_file(const void *bytes, size_t len)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("kernel", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	CHECK(ftruncate(fd, (off_t)len) == 0 &&
	      pwrite(fd, bytes, len, 0) == (ssize_t)len);
	return path;
}

/* What holds for every placement, whatever was loaded. */
static inline void fuzz_check_placement(const struct ram_view *ram,
					const struct loader_placement *p)
{
	const struct gpa_range r[] = { p->firmware, p->kernel, p->dtb,
				       p->initrd };

	for (size_t i = 0; i < ARRAY_SIZE(r); i++) {
		if (r[i].len == 0)
			continue;
		CHECK(r[i].gpa >= ram->range.gpa);
		CHECK(r[i].len <= ram->range.len);
		CHECK(r[i].gpa - ram->range.gpa <= ram->range.len - r[i].len);
		for (size_t j = 0; j < i; j++)
			CHECK(r[j].len == 0 ||
			      r[i].gpa >= r[j].gpa + r[j].len ||
			      r[j].gpa >= r[i].gpa + r[i].len);
	}
	CHECK(p->kernel_loaded <= p->kernel.len);
	CHECK(is_aligned(p->dtb.gpa, MIB(2)));
}

#endif
