// SPDX-License-Identifier: GPL-2.0-only
/* writer.c: libfdt's sequential writing with the error kept in one place. */
#include "writer.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <libfdt.h>

#define MAX_RANGES 2U

/* The first error stays. */
static void latch(struct dt_writer *w, int err)
{
	if (!w->err && err)
		w->err = err;
}

void dt_start(struct dt_writer *w, void *buf, size_t size)
{
	w->buf = buf;
	w->err = 0;
	latch(w, fdt_create(buf, size > INT_MAX ? INT_MAX : (int)size));
	if (!w->err)
		latch(w, fdt_finish_reservemap(buf));
}

int dt_finish(struct dt_writer *w)
{
	if (!w->err)
		latch(w, fdt_finish(w->buf));
	if (w->err == -FDT_ERR_NOSPACE)
		return -ENOSPC;
	if (w->err)
		return -EINVAL;
	return (int)fdt_totalsize(w->buf);
}

void dt_begin(struct dt_writer *w, const char *name)
{
	if (!w->err)
		latch(w, fdt_begin_node(w->buf, name));
}

void dt_begin_at(struct dt_writer *w, const char *name, uint64_t unit)
{
	char full[64];
	int n = snprintf(full, sizeof(full), "%s@%" PRIx64, name, unit);

	assert(n > 0 && (size_t)n < sizeof(full));
	dt_begin(w, full);
}

void dt_end(struct dt_writer *w)
{
	if (!w->err)
		latch(w, fdt_end_node(w->buf));
}

void dt_bytes(struct dt_writer *w, const char *name, const void *bytes,
	      size_t len)
{
	if (len > INT_MAX)
		latch(w, -FDT_ERR_NOSPACE);
	if (!w->err)
		latch(w, fdt_property(w->buf, name, bytes, (int)len));
}

void dt_flag(struct dt_writer *w, const char *name)
{
	dt_bytes(w, name, NULL, 0);
}

void dt_string(struct dt_writer *w, const char *name, const char *value)
{
	dt_bytes(w, name, value, strlen(value) + 1);
}

void dt_u32(struct dt_writer *w, const char *name, uint32_t value)
{
	dt_cells(w, name, &value, 1);
}

void dt_u64(struct dt_writer *w, const char *name, uint64_t value)
{
	const uint32_t cells[] = { DT_CELLS64(value) };

	dt_cells(w, name, cells, ARRAY_SIZE(cells));
}

void dt_cells(struct dt_writer *w, const char *name, const uint32_t *cells,
	      size_t nr)
{
	void *to;

	if (!w->err)
		latch(w, fdt_property_placeholder(w->buf, name,
						  (int)(nr * sizeof(fdt32_t)),
						  &to));
	if (w->err)
		return;
	for (size_t i = 0; i < nr; i++)
		fdt32_st((uint8_t *)to + i * sizeof(fdt32_t), cells[i]);
}

void dt_ranges(struct dt_writer *w, const char *name,
	       const struct gpa_range *ranges, size_t nr)
{
	uint32_t cells[4 * MAX_RANGES];

	assert(nr <= MAX_RANGES);
	for (size_t i = 0; i < nr; i++) {
		const uint32_t one[] = { DT_CELLS64(ranges[i].gpa),
					 DT_CELLS64(ranges[i].len) };

		memcpy(&cells[4 * i], one, sizeof(one));
	}
	dt_cells(w, name, cells, 4 * nr);
}
