// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_cells.c: the answer to `map`, regions of runs of pages, as cells for so
 * many pages that they fit a picture.
 */
#include "map_cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

/* More than a VM can have are somebody's joke. */
#define MAX_RINGS 1024U

/* The next run of @at: false at the end, or when it is none. */
static bool next_run(const char **at, uint64_t *n, int *state)
{
	static const char letters[] = "uprhsx";
	const char *letter;
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*n = strtoull(*at, &end, 10);
	letter = *end ? strchr(letters, *end) : NULL;
	if (errno || !letter)
		return false;
	*state = (int)(letter - letters);
	*at = end + 1;
	return true;
}

int map_region_read(struct map_region *g, const json_t *map, size_t i)
{
	const json_t *all = json_object_get(map, "regions");
	const json_t *o = json_array_get(all, i);
	uint64_t n, sum = 0;
	const char *at;
	int state;

	memset(g, 0, sizeof(*g));
	g->page = (uint64_t)client_integer(map, "page");
	if (g->page == 0 || g->page > MIB(1) || !json_array_size(all))
		return -EPROTO;
	if (!o)
		return -ENOENT;
	g->name = client_string(o, "name");
	g->runs = client_string(o, "runs");
	g->gpa = (uint64_t)client_integer(o, "gpa");
	g->nr_pages = (uint64_t)client_integer(o, "len") / g->page;
	g->rings = json_object_get(map, "rings");
	for (at = g->runs; next_run(&at, &n, &state);) {
		if (add_ovf(sum, n, &sum) || sum > g->nr_pages)
			return -EPROTO;
		g->count[state] += n;
	}
	return !*at && sum == g->nr_pages && sum > 0 ? 0 : -EPROTO;
}

uint64_t map_pages_per_cell(const json_t *map, unsigned int lines)
{
	uint64_t most = 0, n = 1;
	struct map_region g;

	for (size_t i = 0; !map_region_read(&g, map, i); i++)
		most = g.nr_pages > most ? g.nr_pages : most;
	while (most / n > (uint64_t)MAP_COLUMNS * lines)
		n *= 2;
	return n;
}

/* --- rings ------------------------------------------------------------------ */

bool map_ring_part(const json_t *ring, unsigned int part, uint64_t *gpa,
		   uint64_t *len)
{
	static const char *const names[MAP_PARTS] = { "desc", "avail", "used" };
	const json_t *o = json_object_get(ring, names[part]);

	*gpa = (uint64_t)client_integer(o, "gpa");
	*len = (uint64_t)client_integer(o, "len");
	return *len > 0 && *len <= MIB(1);
}

static bool has_ring(const json_t *rings, uint64_t from, uint64_t to)
{
	uint64_t gpa, len;

	for (size_t i = 0; i < json_array_size(rings) && i < MAX_RINGS; i++)
		for (unsigned int p = 0; p < MAP_PARTS; p++)
			if (map_ring_part(json_array_get(rings, i), p, &gpa,
					  &len) &&
			    gpa < to && gpa + len > from)
				return true;
	return false;
}

/* --- cells ------------------------------------------------------------------ */

uint64_t map_readable(const struct map_region *g)
{
	return g->count[MAP_READABLE] + g->count[MAP_HOSTS] +
	       g->count[MAP_GIVEN] + g->count[MAP_LOST];
}

char map_cell_letter(const struct map_cell *c)
{
	bool readable =
		c->has[MAP_READABLE] || c->has[MAP_HOSTS] || c->has[MAP_GIVEN];

	if (c->has[MAP_LOST])
		return 'x';
	if (c->has[MAP_PRIVATE])
		return readable ? '%' : '#';
	if (c->has_ring)
		return 'q';
	if (c->has[MAP_READABLE] || (c->has[MAP_HOSTS] && c->has[MAP_GIVEN]))
		return 'o';
	if (c->has[MAP_HOSTS])
		return 'h';
	return c->has[MAP_GIVEN] ? 's' : '.';
}

/* A run may be of many cells, a cell of many runs. */
void map_each_cell(const struct map_region *g, uint64_t per_cell,
		   void (*draw)(void *ctx, uint64_t nr, uint64_t gpa,
				const struct map_cell *c),
		   void *ctx)
{
	uint64_t n, filled = 0, cell = 0, done = 0;
	struct map_cell c = { .has_ring = false };
	const char *at = g->runs;
	int state;

	while (next_run(&at, &n, &state)) {
		while (n) {
			uint64_t part = per_cell - filled, gpa;

			part = part < n ? part : n;
			c.has[state] = true;
			filled += part;
			done += part;
			n -= part;
			if (filled < per_cell && done < g->nr_pages)
				continue;
			gpa = g->gpa + (done - filled) * g->page;
			c.has_ring =
				has_ring(g->rings, gpa, gpa + filled * g->page);
			draw(ctx, cell, gpa, &c);
			memset(&c, 0, sizeof(c));
			filled = 0;
			cell++;
		}
	}
}
