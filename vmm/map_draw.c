// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_draw.c: draws the map of a VM's memory: a table, a picture of one cell for
 * so many pages that it fits a screen, and where the devices' queues are.
 */
#include "client.h"

#include <errno.h>
#include <string.h>

#include "host.h"
#include "map_cells.h"
#include "text.h"

/* A picture that may be as long as it likes. */
#define MAX_LINES 32U
/* What is there besides the pictures, and a picture of fewer lines is none. */
#define OTHER_LINES 11U
#define MIN_LINES   4U

/* A name that the VM says; the column is as wide as @shown has room. */
static const char *show(const json_t *o, const char *key, char *shown,
			size_t size)
{
	return text_copy(shown, size, client_string(o, key));
}

static void print_row(FILE *out, const struct map_region *g)
{
	char name[9];

	fprintf(out, "%-8s 0x%010llx 0x%010llx %9llu %9llu %9llu %9llu\n",
		text_copy(name, sizeof(name), g->name),
		(unsigned long long)g->gpa,
		(unsigned long long)(g->gpa + g->nr_pages * g->page - 1),
		(unsigned long long)g->nr_pages,
		(unsigned long long)g->count[MAP_UNTOUCHED],
		(unsigned long long)g->count[MAP_PRIVATE],
		(unsigned long long)map_readable(g));
}

/* --- the picture ------------------------------------------------------------ */

struct pen {
	FILE *out;
	bool colour;
};

static const char *colour_of(char letter)
{
	switch (letter) {
	case '#':
		return "\033[34m";
	case 'o':
		return "\033[32m";
	case '%':
		return "\033[33m";
	case 'q':
		return "\033[35m";
	case 'b':
		return "\033[95m";
	case 's':
		return "\033[36m";
	case 'x':
		return "\033[31m";
	default:
		return "\033[2m";
	}
}

static void draw_cell(void *ctx, uint64_t nr, uint64_t gpa,
		      const struct map_cell *c)
{
	const struct pen *pen = ctx;
	char letter = map_cell_letter(c);

	if (nr % MAP_COLUMNS == 0)
		fprintf(pen->out, "%s0x%010llx ", nr ? "\n" : "",
			(unsigned long long)gpa);
	if (pen->colour)
		fprintf(pen->out, "%s%c\033[m", colour_of(letter), letter);
	else
		fputc(letter, pen->out);
}

/* --- the queues ------------------------------------------------------------- */

static void print_ring(FILE *out, const json_t *ring)
{
	const json_t *held = json_object_get(ring, "buffers");
	char device[13];
	uint64_t gpa, len;

	fprintf(out, "%-12s %5lld %5lld ",
		show(ring, "device", device, sizeof(device)),
		(long long)client_integer(ring, "queue") % 100000,
		(long long)client_integer(ring, "size") % 100000);
	if (json_is_integer(held))
		fprintf(out, "%5lld",
			(long long)json_integer_value(held) % 100000);
	else
		fputs("    ?", out);
	for (unsigned int p = 0; p < MAP_PARTS; p++)
		if (map_ring_part(ring, p, &gpa, &len))
			fprintf(out, " 0x%08llx+%-4llu",
				(unsigned long long)gpa,
				(unsigned long long)len);
	fputc('\n', out);
}

static void print_rings(FILE *out, const json_t *map)
{
	const json_t *all = json_object_get(map, "rings");

	if (!json_array_size(all))
		return;
	fprintf(out, "\n%-12s %5s %5s %5s %-15s %-15s %s\n", "device", "queue",
		"size", "holds", "descriptors", "available", "used");
	for (size_t i = 0; i < json_array_size(all) && i < MAP_MAX_RINGS; i++)
		print_ring(out, json_array_get(all, i));
}

/* --- the buffers they hold -------------------------------------------------- */

static void print_held(FILE *out, const struct map_held *h)
{
	char device[13];

	fprintf(out, "%-12s %7llu%c",
		text_copy(device, sizeof(device), h->device),
		(unsigned long long)(h->nr % 10000000),
		h->is_complete ? ' ' : '+');
	for (unsigned int d = 0; d < ARRAY_SIZE(h->bytes); d++)
		fprintf(out, " %18llu %9llu",
			(unsigned long long)(h->bytes[d] % 1000000000000000000),
			(unsigned long long)(h->pages[d] % 1000000000));
	fputc('\n', out);
}

/* Where not all is known: of which queue, and why; no wider than a screen. */
static void print_unknown(FILE *out, const json_t *ring)
{
	char device[13], why[64], nr[24] = "", line[81];

	if (!json_object_get(ring, "why"))
		return;
	if (json_is_integer(json_object_get(ring, "buffers")))
		(void)snprintf(nr, sizeof(nr), "%lld ",
			       (long long)client_integer(ring, "unknown"));
	(void)snprintf(line, sizeof(line), "%s queue %lld: %sunknown, %s",
		       show(ring, "device", device, sizeof(device)),
		       (long long)client_integer(ring, "queue"), nr,
		       show(ring, "why", why, sizeof(why)));
	fprintf(out, "%s\n", line);
}

static void print_buffers(FILE *out, const json_t *map)
{
	const json_t *rings = json_object_get(map, "rings");
	struct map_held h;

	if (map_held_read(&h, map, 0))
		return;
	fprintf(out, "\n%-12s %7s  %18s %9s %18s %9s\n", "device", "buffers",
		"bytes to it", "pages", "bytes from it", "pages");
	for (size_t i = 0; !map_held_read(&h, map, i); i++)
		print_held(out, &h);
	for (size_t i = 0; i < json_array_size(rings) && i < MAP_MAX_RINGS; i++)
		print_unknown(out, json_array_get(rings, i));
}

/* Lines of the two tables. */
static size_t lines_of_tables(const json_t *map)
{
	const json_t *all = json_object_get(map, "rings");
	size_t rings = json_array_size(all), n = rings ? 2 + rings : 0;
	size_t devices = json_array_size(json_object_get(map, "buffers"));

	for (size_t i = 0; i < rings; i++)
		n += json_object_get(json_array_get(all, i), "why") != NULL;
	return n + (devices ? 2 + devices : 0);
}

/* --- who had what ----------------------------------------------------------- */

static void print_given(FILE *out, const json_t *map)
{
	const json_t *all = json_object_get(map, "donations");
	uint64_t count[MAP_STATES] = { 0 };
	struct map_region g;
	char source[64];

	for (size_t i = 0; !map_region_read(&g, map, i); i++)
		for (size_t s = 0; s < MAP_STATES; s++)
			count[s] += g.count[s];
	if (json_array_size(all))
		fprintf(out,
			"of the readable: %llu h the host's still, %llu s shared or lost, %llu x lost\n",
			(unsigned long long)count[MAP_HOSTS],
			(unsigned long long)count[MAP_GIVEN],
			(unsigned long long)count[MAP_LOST]);
	fprintf(out, "told apart by: %s\n",
		show(map, "source_given", source, sizeof(source)));
}

/* --- all of it -------------------------------------------------------------- */

static unsigned int lines_for(const json_t *map, unsigned int rows)
{
	size_t nr = json_array_size(json_object_get(map, "regions"));
	size_t other = OTHER_LINES + lines_of_tables(map) + 3 * nr;

	if (!rows || !nr || nr > 16)
		return MAX_LINES;
	if (rows < other + MIN_LINES * nr)
		return MIN_LINES;
	rows = (unsigned int)((rows - other) / nr);
	return rows < MAX_LINES ? rows : MAX_LINES;
}

int client_draw_map(FILE *out, const json_t *map,
		    const struct client_map_style *style)
{
	struct pen pen = { .out = out, .colour = style->colour };
	struct map_region g;
	char text[32];
	uint64_t n;
	int ret = map_check(map);

	if (ret)
		return ret;
	fprintf(out, "%-8s %-12s %-12s %9s %9s %9s %9s\n", "region", "from",
		"to", "pages", "untouched", "private", "readable");
	for (size_t i = 0; !map_region_read(&g, map, i); i++)
		print_row(out, &g);
	n = map_pages_per_cell(map, lines_for(map, style->rows));
	for (size_t i = 0; !map_region_read(&g, map, i); i++) {
		fprintf(out, "\n%s\n", text_copy(text, sizeof(text), g.name));
		map_each_cell(&g, n, draw_cell, &pen);
		fputc('\n', out);
	}
	print_rings(out, map);
	print_buffers(out, map);
	fprintf(out,
		"\n%llu pages a cell, %s:  . no page there  # the guest's own  o readable\n"
		"%% the last two  q readable, a device's queue  b readable, a buffer it holds\n"
		"readable is shared, or still the host's\n",
		(unsigned long long)n,
		host_size_text(n * g.page, text, sizeof(text)));
	print_given(out, map);
	fprintf(out, "looked for %.1f ms",
		(double)client_integer(map, "spent_us") / 1000);
	if (style->every_ms)
		fprintf(out, ", again after %.1f s: %.1f %% of a CPU",
			style->every_ms / 1000.0,
			(double)client_integer(map, "spent_us") * 100 /
				((double)client_integer(map, "spent_us") +
				 style->every_ms * 1000.0));
	fputc('\n', out);
	return 0;
}
