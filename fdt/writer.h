/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writer.h: libfdt's sequential writing with the error kept in one place:
 * after the first failure every call does nothing, and dt_finish() tells.
 */
#ifndef LKVM_PVM_FDT_WRITER_H
#define LKVM_PVM_FDT_WRITER_H

#include "base.h"
#include "machine.h"

struct dt_writer {
	void *buf;
	int err; /* libfdt's, 0 while all is well */
};

/* Starts a tree in @size bytes at @buf, with an empty reserve map. */
void dt_start(struct dt_writer *w, void *buf, size_t size);
/* Length of the tree in bytes, or -ENOSPC, or -EINVAL for misuse. */
int __must_check dt_finish(struct dt_writer *w);

/* Node "name", or "name@unit" with the unit in hexadecimal. */
void dt_begin(struct dt_writer *w, const char *name);
void dt_begin_at(struct dt_writer *w, const char *name, uint64_t unit);
void dt_end(struct dt_writer *w);

/* Properties: none, bytes, a string, cells, one 64-bit number. */
void dt_flag(struct dt_writer *w, const char *name);
void dt_bytes(struct dt_writer *w, const char *name, const void *bytes,
	      size_t len);
void dt_string(struct dt_writer *w, const char *name, const char *value);
void dt_u32(struct dt_writer *w, const char *name, uint32_t value);
void dt_u64(struct dt_writer *w, const char *name, uint64_t value);
void dt_cells(struct dt_writer *w, const char *name, const uint32_t *cells,
	      size_t nr);

/* Address and size, two cells each. */
void dt_ranges(struct dt_writer *w, const char *name,
	       const struct gpa_range *ranges, size_t nr);

/* A 64-bit number as two cells of a list. */
#define DT_CELLS64(v) (uint32_t)((uint64_t)(v) >> 32), (uint32_t)(v)

#endif
