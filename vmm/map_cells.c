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
#define MAX_DEVICES 64U
#define MAX_PART    UINT64_C(9999) /* of a ring; of 256 entries 4096 */
#define MAX_PAGES   UINT64_C(999999999)
#define MAX_GPA	    (UINT64_C(1) << 40)

static const char page_letters[] = "uprhsx";
static const char held_letters[] = "ntfb"; /* none, to, from, both */

/*
 * The next run of @at: its pages, and the place of its letter among @letters.
 * False at the end, or when it is none.
 */
static bool next_run(const char **at, const char *letters, uint64_t *n,
		     int *state)
{
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
	g->map = map;
	if (g->gpa > MAX_GPA || g->nr_pages > MAX_PAGES)
		return -EPROTO;
	for (at = g->runs; next_run(&at, page_letters, &n, &state);) {
		if (add_ovf(sum, n, &sum) || sum > g->nr_pages)
			return -EPROTO;
		g->count[state] += n;
	}
	return !*at && sum == g->nr_pages && sum > 0 ? 0 : -EPROTO;
}

static const json_t *device_of(const json_t *map, size_t i)
{
	return json_array_get(json_object_get(map, "buffers"), i);
}

int map_held_read(struct map_held *h, const json_t *map, size_t i)
{
	const json_t *o = device_of(map, i);
	uint64_t n, sum = 0;
	const char *at;
	int direction;

	memset(h, 0, sizeof(*h));
	if (!o || i >= MAX_DEVICES)
		return -ENOENT;
	h->device = client_string(o, "device");
	h->nr = (uint64_t)client_integer(o, "buffers");
	h->is_complete = json_is_true(json_object_get(o, "complete"));
	h->bytes[0] = (uint64_t)client_integer(o, "to_bytes");
	h->pages[0] = (uint64_t)client_integer(o, "to_pages");
	h->bytes[1] = (uint64_t)client_integer(o, "from_bytes");
	h->pages[1] = (uint64_t)client_integer(o, "from_pages");
	h->gpa = (uint64_t)client_integer(o, "gpa");
	h->page = (uint64_t)client_integer(map, "page");
	h->runs = client_string(o, "runs");
	for (at = h->runs; next_run(&at, held_letters, &n, &direction);)
		if (n == 0 || add_ovf(sum, n, &sum) || sum > MAX_PAGES)
			return -EPROTO;
	return *at || h->gpa > MAX_GPA ? -EPROTO : 0;
}

int map_check(const json_t *map)
{
	struct map_region g;
	struct map_held h;
	int ret;

	for (size_t i = 0; !(ret = map_region_read(&g, map, i)); i++)
		;
	if (ret != -ENOENT)
		return ret;
	for (size_t i = 0; !(ret = map_held_read(&h, map, i)); i++)
		;
	return ret == -ENOENT ? 0 : ret;
}

uint64_t map_pages_per_cell(const json_t *map, unsigned int lines)
{
	uint64_t most = 0, n = 1;
	struct map_region g;

	for (size_t i = 0; !map_region_read(&g, map, i); i++)
		most = g.nr_pages > most ? g.nr_pages : most;
	while ((most + n - 1) / n > (uint64_t)MAP_COLUMNS * lines)
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
	return *gpa <= UINT32_MAX && *len > 0 && *len <= MAX_PART;
}

static bool has_ring(const json_t *rings, uint64_t from, uint64_t to)
{
	uint64_t gpa, len;

	for (size_t i = 0; i < json_array_size(rings) && i < MAP_MAX_RINGS; i++)
		for (unsigned int p = 0; p < MAP_PARTS; p++)
			if (map_ring_part(json_array_get(rings, i), p, &gpa,
					  &len) &&
			    gpa < to && gpa + len > from)
				return true;
	return false;
}

/* --- buffers ---------------------------------------------------------------- */

/* A bit for each cell of a region. */
struct cells {
	uint64_t bits[MAP_COLUMNS * MAP_LINES / 64];
};

/* The cells of @g in which pages [@from, @from + @n) of @h lie. */
static void mark(struct cells *c, const struct map_region *g, uint64_t per_cell,
		 uint64_t gpa, uint64_t n)
{
	uint64_t begin = gpa < g->gpa ? g->gpa : gpa;
	uint64_t end = gpa + n * g->page;
	uint64_t bytes = per_cell * g->page;

	if (end > g->gpa + g->nr_pages * g->page)
		end = g->gpa + g->nr_pages * g->page;
	if (begin >= end)
		return;
	for (uint64_t i = (begin - g->gpa) / bytes;
	     i <= (end - 1 - g->gpa) / bytes && i / 64 < ARRAY_SIZE(c->bits);
	     i++)
		c->bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static void mark_buffers(struct cells *c, const struct map_region *g,
			 uint64_t per_cell)
{
	struct map_held h;

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; !map_held_read(&h, g->map, i); i++) {
		uint64_t n, gpa = h.gpa;
		int direction;

		while (next_run(&h.runs, held_letters, &n, &direction)) {
			if (direction)
				mark(c, g, per_cell, gpa, n);
			gpa += n * h.page;
		}
	}
}

static bool has_buffer(const struct cells *c, uint64_t cell)
{
	return cell / 64 < ARRAY_SIZE(c->bits) &&
	       c->bits[cell / 64] >> (cell % 64) & 1;
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
	if (c->has_buffer)
		return 'b';
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
	const json_t *rings = json_object_get(g->map, "rings");
	uint64_t n, filled = 0, cell = 0, done = 0;
	struct map_cell c = { .has_ring = false };
	const char *at = g->runs;
	struct cells buffers;
	int state;

	mark_buffers(&buffers, g, per_cell);
	while (next_run(&at, page_letters, &n, &state)) {
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
				has_ring(rings, gpa, gpa + filled * g->page);
			c.has_buffer = has_buffer(&buffers, cell);
			draw(ctx, cell, gpa, &c);
			memset(&c, 0, sizeof(c));
			filled = 0;
			cell++;
		}
	}
}
