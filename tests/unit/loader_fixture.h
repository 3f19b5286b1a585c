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

#include "loader.h"

#include "kernel_files.h"

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

#endif
