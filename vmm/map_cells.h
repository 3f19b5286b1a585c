/* SPDX-License-Identifier: GPL-2.0-only */
/* map_cells.h: the answer to `map`, taken apart for those who draw it. */
#ifndef LKVM_PVM_MAP_CELLS_H
#define LKVM_PVM_MAP_CELLS_H

#include <jansson.h>

#include "base.h"

#define MAP_COLUMNS 64U /* cells of a line */

enum {
	MAP_UNTOUCHED,
	MAP_PRIVATE,
	MAP_READABLE,
	MAP_HOSTS, /* readable, and the guest never had it */
	MAP_GIVEN, /* readable, and it had: it shares it, or lost it */
	MAP_LOST,  /* it was taken from it by force */
	MAP_STATES
};

struct map_cell {
	bool has[MAP_STATES];
	bool has_ring;	 /* part of a queue lies there */
	bool has_buffer; /* ... or of a buffer that a device holds */
};

/* More than a VM can have are somebody's joke. */
#define MAP_MAX_RINGS 1024U

/* The largest picture, and so the most cells of a region. */
#define MAP_LINES 64U

struct map_region {
	const char *name, *runs; /* borrowed */
	uint64_t gpa, page, nr_pages;
	uint64_t count[MAP_STATES];
	const json_t *map; /* borrowed */
};

/* What a device holds of its driver's buffers. */
struct map_held {
	const char *device, *runs; /* borrowed */
	uint64_t gpa, page;
	uint64_t nr; /* buffers */
	bool is_complete;
	/* To the device and from it. */
	uint64_t bytes[2], pages[2];
};

/* Region @i of @map: 0, -ENOENT: no more of them; -EPROTO: that is none. */
int __must_check map_region_read(struct map_region *g, const json_t *map,
				 size_t i);

/* The same of device @i of those whose driver uses them. */
int __must_check map_held_read(struct map_held *h, const json_t *map, size_t i);

/* All of @map is what the two above understand: 0 or -EPROTO. */
int __must_check map_check(const json_t *map);

/* Pages a cell, so that no region of @map has more than @lines lines, which are at
 * most MAP_LINES. */
uint64_t map_pages_per_cell(const json_t *map, unsigned int lines);

/* Calls @draw with each cell of @g in order, and the address it begins with. */
void map_each_cell(const struct map_region *g, uint64_t per_cell,
		   void (*draw)(void *ctx, uint64_t nr, uint64_t gpa,
				const struct map_cell *c),
		   void *ctx);

/* One letter for what is in it: ". # o h s x % q b". */
char map_cell_letter(const struct map_cell *c);

/* Pages of @g that the host can read, whatever else is known of them. */
uint64_t map_readable(const struct map_region *g);

/* Part @part of queue @ring: where it is; false: that is none. */
enum {
	MAP_DESC,
	MAP_AVAIL,
	MAP_USED,
	MAP_PARTS
};
bool map_ring_part(const json_t *ring, unsigned int part, uint64_t *gpa,
		   uint64_t *len);

#endif
