/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loader_fixture.h: kernels and other files made for a test, some RAM to load
 * them into, and what the loader said.
 */
#ifndef LKVM_PVM_TESTS_LOADER_FIXTURE_H
#define LKVM_PVM_TESTS_LOADER_FIXTURE_H

#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "loader.h"

#define RAM_BASE 0x80000000ULL

struct fixture {
	char dir[32];
	char *path[16]; /* owned */
	unsigned int nr_paths;
	int err_fd, saved_err;
	char said[1024];

	struct loader_inputs in;
	struct ram_view ram;
	struct loader_placement out;
};

static inline void fixture_init(struct fixture *f, uint64_t ram_size)
{
	void *hva;

	memset(f, 0, sizeof(*f));
	strcpy(f->dir, "/tmp/loader.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f->dir));
	hva = mmap(NULL, ram_size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(hva, MAP_FAILED);
	f->ram.hva = hva;
	f->ram.range = (struct gpa_range){ RAM_BASE, ram_size };
	f->in.dtb_room = KIB(64);
	f->in.host_page_size = 4096;
}

static inline void fixture_fini(struct fixture *f)
{
	for (unsigned int i = 0; i < f->nr_paths; i++) {
		unlink(f->path[i]);
		free(f->path[i]);
	}
	rmdir(f->dir);
	munmap(f->ram.hva, f->ram.range.len);
}

/* @name in the test's folder; the string lives as long as @f. */
static inline const char *fixture_path(struct fixture *f, const char *name)
{
	char *path;

	ck_assert_int_gt(asprintf(&path, "%s/%s", f->dir, name), 0);
	for (unsigned int i = 0; i < f->nr_paths; i++) {
		if (strcmp(f->path[i], path) == 0) {
			free(path);
			return f->path[i];
		}
	}
	ck_assert_uint_lt(f->nr_paths, ARRAY_SIZE(f->path));
	f->path[f->nr_paths++] = path;
	return path;
}

static inline const char *fixture_file(struct fixture *f, const char *name,
				       const void *bytes, size_t len)
{
	const char *path = fixture_path(f, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	return path;
}

/* A file of @size bytes, nearly all of them a hole. */
static inline const char *fixture_sparse(struct fixture *f, const char *name,
					 const void *bytes, size_t len,
					 uint64_t size)
{
	const char *path = fixture_file(f, name, bytes, len);

	ck_assert_int_eq(truncate(path, (off_t)size), 0);
	return path;
}

static inline void capture_begin(struct fixture *f)
{
	f->err_fd = memfd_create("stderr", MFD_CLOEXEC);
	ck_assert_int_ge(f->err_fd, 0);
	f->saved_err = dup(STDERR_FILENO);
	dup2(f->err_fd, STDERR_FILENO);
}

/* What was logged is in f->said. */
static inline void capture_end(struct fixture *f)
{
	ssize_t n;

	dup2(f->saved_err, STDERR_FILENO);
	close(f->saved_err);
	n = pread(f->err_fd, f->said, sizeof(f->said) - 1, 0);
	ck_assert_int_ge(n, 0);
	f->said[n] = '\0';
	close(f->err_fd);
}

static inline int fixture_load(struct fixture *f)
{
	int ret;

	capture_begin(f);
	ret = loader_load(&f->in, &f->ram, &f->out);
	capture_end(f);
	return ret;
}

#define ck_said(f, text)                                                       \
	ck_assert_msg(strstr((f)->said, text), "not said: %s; but: %s", text,  \
		      (f)->said)

/* Refused with @err, and in one line that has @text in it. */
#define ck_refused(f, err, text)                                               \
	do {                                                                   \
		ck_assert_int_eq(fixture_load(f), err);                        \
		ck_said(f, text);                                              \
		ck_assert_ptr_eq(strchr((f)->said, '\n'),                      \
				 (f)->said + strlen((f)->said) - 1);           \
	} while (0)

/* Loaded, and nothing said. */
#define ck_loads(f)                                                            \
	do {                                                                   \
		int ret_ = fixture_load(f);                                    \
		ck_assert_msg(ret_ == 0, "%d: %s", ret_, (f)->said);           \
		ck_assert_str_eq((f)->said, "");                               \
	} while (0)

static inline void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static inline void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

/* An arm64 Image of @len bytes, noise behind its header. */
static inline void make_image(uint8_t *image, size_t len, uint64_t text_offset,
			      uint64_t image_size, uint64_t flags)
{
	uint32_t noise = 1;

	for (size_t i = 64; i < len; i++) {
		noise = noise * 1664525 + 1013904223;
		image[i] = noise >> 24 & 0x1f;
	}
	memset(image, 0, 64);
	put32(image, 0x14000010); /* b . + 64 */
	put64(image + 8, text_offset);
	put64(image + 16, image_size);
	put64(image + 24, flags);
	memcpy(image + 56, "ARM\x64", 4);
}

/* Compresses into @out of @room bytes; returns the length. */
static inline size_t make_gzip(const void *in, size_t len, void *out,
			       size_t room)
{
	z_stream z = { 0 };

	ck_assert_int_eq(
		deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
		Z_OK);
	z.next_in = (Bytef *)(uintptr_t)in;
	z.avail_in = (unsigned int)len;
	z.next_out = out;
	z.avail_out = (unsigned int)room;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static inline size_t make_zstd(const void *in, size_t len, void *out,
			       size_t room)
{
	size_t n = ZSTD_compress(out, room, in, len, 3);

	ck_assert(!ZSTD_isError(n));
	return n;
}

/* An EFI zboot kernel around @payload; returns its length. */
static inline size_t make_zboot(const void *payload, size_t len,
				const char *type, uint8_t *out, size_t room)
{
	const uint32_t off = 0x400, tail = 600;

	ck_assert_uint_le(off + len + tail, room);
	memset(out, 0, off + len + tail);
	memcpy(out, "MZ\0\0zimg", 8);
	put32(out + 8, off);
	put32(out + 12, (uint32_t)len);
	strncpy((char *)out + 24, type, 32);
	put32(out + 0x38, 0x818223cd);
	put32(out + 0x3c, 0x40);
	memcpy(out + 0x40, "PE\0\0\x64\xaa", 6);
	memcpy(out + off, payload, len);
	return off + len + tail;
}

#endif
