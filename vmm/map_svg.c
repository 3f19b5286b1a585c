// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_svg.c: the map of a VM's memory as one SVG picture: no script, nothing from
 * elsewhere, and text from the VM only as text. Each kind of cell has a mark of its
 * own, for those who see no colours, and on paper.
 */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "map_cells.h"
#include "text.h"

#define CELL  11U /* and a pixel between two */
#define LEFT  110U
#define WIDTH (LEFT + MAP_COLUMNS * CELL + 20)
#define LINE  18U

struct canvas {
	FILE *out;
	unsigned int y; /* of what comes next */
};

struct kind {
	char letter;
	const char *fill, *mark, *text; /* mark: a path in a cell; NULL: none */
};

static const struct kind kinds[] = {
	{ '.', "#e4e4e4", NULL, "no page there" },
	{ '#', "#1d4680", NULL, "the guest's own" },
	{ 'o', "#6fc287", NULL, "readable: shared, or still the host's" },
	{ 'h', "#b9dfc4", "M4 5h2",
	  "readable: the host's still, the guest never had it" },
	{ 's', "#58b5b5", "M1 9L9 1",
	  "readable, was the guest's: shared, or lost" },
	{ 'x', "#c0392b", "M1 1L9 9M1 9L9 1", "taken from the guest by force" },
	{ '%', "#d9912b", "M0 10L10 0V10z",
	  "the guest's own, and readable ones, in one cell" },
	{ 'q', "#c79ad6", "M2 2h6v6h-6z", "readable, with a device's queue" },
	{ 'b', "#f2d35e", "M2 3.5h6M2 6.5h6",
	  "readable, with a buffer that a device holds" },
};

static const struct kind *kind_of(char letter)
{
	for (size_t i = 1; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].letter == letter)
			return &kinds[i];
	return &kinds[0];
}

/* Whatever the VM calls it: printable ASCII, and no markup. */
static void put_text(FILE *out, const char *text)
{
	for (const char *c = text; *c && c - text < 64; c++) {
		if (*c == '<')
			fputs("&lt;", out);
		else if (*c == '>')
			fputs("&gt;", out);
		else if (*c == '&')
			fputs("&amp;", out);
		else if (*c == '"')
			fputs("&quot;", out);
		else
			fputc(*c < ' ' || *c > '~' ? '?' : *c, out);
	}
}

static void begin_text(struct canvas *v, unsigned int x, const char *class)
{
	fprintf(v->out, "<text x=\"%u\" y=\"%u\" class=\"%s\">", x, v->y,
		class);
}

static void put_cell(FILE *out, unsigned int x, unsigned int y,
		     const struct kind *k)
{
	fprintf(out,
		"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"%s\"/>",
		x, y, CELL - 1, CELL - 1, k->fill);
	if (k->mark)
		fprintf(out, "<path transform=\"translate(%u %u)\" d=\"%s\"/>",
			x, y, k->mark);
}

static void draw_cell(void *ctx, uint64_t nr, uint64_t gpa,
		      const struct map_cell *c)
{
	const struct kind *k = kind_of(map_cell_letter(c));
	unsigned int x = LEFT + (unsigned int)(nr % MAP_COLUMNS) * CELL;
	struct canvas *v = ctx;

	if (x == LEFT) {
		v->y += nr ? CELL : 0;
		fprintf(v->out,
			"<text x=\"%u\" y=\"%u\" class=\"a\">0x%010llx</text>\n",
			LEFT - 8, v->y + CELL - 2, (unsigned long long)gpa);
	}
	fprintf(v->out, "<g><title>0x%llx: %s</title>", (unsigned long long)gpa,
		k->text);
	put_cell(v->out, x, v->y, k);
	fputs("</g>\n", v->out);
}

static void draw_region(struct canvas *v, const struct map_region *g,
			uint64_t per_cell)
{
	v->y += 2 * LINE;
	begin_text(v, LEFT, "h");
	put_text(v->out, g->name);
	fprintf(v->out,
		": %llu pages, %llu untouched, %llu private, %llu readable</text>\n",
		(unsigned long long)g->nr_pages,
		(unsigned long long)g->count[MAP_UNTOUCHED],
		(unsigned long long)g->count[MAP_PRIVATE],
		(unsigned long long)map_readable(g));
	v->y += CELL - 3;
	map_each_cell(g, per_cell, draw_cell, v);
	v->y += CELL;
}

static void begin_line(struct canvas *v)
{
	v->y += LINE;
	begin_text(v, LEFT, "t");
}

static void draw_heading(struct canvas *v, const char *text)
{
	v->y += 2 * LINE;
	begin_text(v, LEFT, "h");
	fprintf(v->out, "%s</text>\n", text);
}

static void draw_ring(struct canvas *v, const json_t *ring)
{
	static const char *const names[MAP_PARTS] = { "descriptors",
						      "available", "used" };
	uint64_t gpa, len;

	begin_line(v);
	put_text(v->out, client_string(ring, "device"));
	fprintf(v->out,
		" queue %lld:", (long long)client_integer(ring, "queue"));
	for (unsigned int p = 0; p < MAP_PARTS; p++)
		if (map_ring_part(ring, p, &gpa, &len))
			fprintf(v->out, " %s 0x%llx+%llu", names[p],
				(unsigned long long)gpa,
				(unsigned long long)len);
	fputs("</text>\n", v->out);
}

static void draw_rings(struct canvas *v, const json_t *map)
{
	const json_t *rings = json_object_get(map, "rings");
	size_t nr = json_array_size(rings);

	if (!nr)
		return;
	draw_heading(v, "Queues of devices");
	for (size_t i = 0; i < nr && i < MAP_MAX_RINGS; i++)
		draw_ring(v, json_array_get(rings, i));
}

static void draw_held(struct canvas *v, const struct map_held *h)
{
	static const char *const ways[] = { "to", "from" };

	begin_line(v);
	put_text(v->out, h->device);
	fprintf(v->out, ": %s%llu buffers", h->is_complete ? "" : "at least ",
		(unsigned long long)h->nr);
	for (unsigned int d = 0; d < ARRAY_SIZE(ways); d++)
		fprintf(v->out, ", %llu bytes %s it on %llu pages",
			(unsigned long long)h->bytes[d], ways[d],
			(unsigned long long)h->pages[d]);
	fputs("</text>\n", v->out);
}

static void draw_unknown(struct canvas *v, const json_t *ring)
{
	if (!json_object_get(ring, "why"))
		return;
	begin_line(v);
	put_text(v->out, client_string(ring, "device"));
	fprintf(v->out,
		" queue %lld: ", (long long)client_integer(ring, "queue"));
	if (json_is_integer(json_object_get(ring, "buffers")))
		fprintf(v->out, "%lld ",
			(long long)client_integer(ring, "unknown"));
	fputs("unknown, ", v->out);
	put_text(v->out, client_string(ring, "why"));
	fputs("</text>\n", v->out);
}

static void draw_buffers(struct canvas *v, const json_t *map)
{
	const json_t *rings = json_object_get(map, "rings");
	struct map_held h;

	if (map_held_read(&h, map, 0))
		return;
	draw_heading(v, "Buffers that devices hold");
	for (size_t i = 0; !map_held_read(&h, map, i); i++)
		draw_held(v, &h);
	for (size_t i = 0; i < json_array_size(rings) && i < MAP_MAX_RINGS; i++)
		draw_unknown(v, json_array_get(rings, i));
}

static void draw_legend(struct canvas *v, const json_t *map, uint64_t n,
			uint64_t page)
{
	char text[32];

	v->y += LINE;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		v->y += LINE;
		put_cell(v->out, LEFT, v->y - CELL, &kinds[i]);
		begin_text(v, LEFT + 2 * CELL, "t");
		fprintf(v->out, "%s</text>\n", kinds[i].text);
	}
	begin_line(v);
	fprintf(v->out,
		"A cell is %llu pages, %s. Sources: ", (unsigned long long)n,
		host_size_text(n * page, text, sizeof(text)));
	put_text(v->out, client_string(map, "source_untouched"));
	fputs("; ", v->out);
	put_text(v->out, client_string(map, "source_private"));
	fputs("</text>\n", v->out);
	begin_line(v);
	fputs("Told apart by: ", v->out);
	put_text(v->out, client_string(map, "source_given"));
	fputs("</text>\n", v->out);
}

/* All but the frame, whose height is v->y then. */
static void draw_all(struct canvas *v, const json_t *map, const char *name)
{
	uint64_t n = map_pages_per_cell(map, MAP_LINES);
	struct map_region g;

	begin_text(v, LEFT, "h");
	fputs("Memory of ", v->out);
	put_text(v->out, name);
	fprintf(v->out, ", %s VM</text>\n",
		json_is_true(json_object_get(map, "protected"))
			? "a protected"
			: "an ordinary");
	for (size_t i = 0; !map_region_read(&g, map, i); i++)
		draw_region(v, &g, n);
	draw_rings(v, map);
	draw_buffers(v, map);
	draw_legend(v, map, n, (uint64_t)client_integer(map, "page"));
	v->y += LINE;
}

/* No wider than its reader's screen. */
static void begin_picture(FILE *out, unsigned int height, const char *name)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" role=\"img\" style=\"max-width:100%%;height:auto\">\n"
		"<style>text{font-family:sans-serif;fill:#222}.h{font-size:14px;font-weight:bold}.t{font-size:12px}.a{font-size:10px;font-family:monospace;text-anchor:end}path{fill:none;stroke:#000}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<title>Memory of ",
		WIDTH, height, WIDTH, height);
	put_text(out, name);
	fputs("</title>\n", out);
}

int client_svg_map(FILE *out, const json_t *map, const char *name)
{
	struct canvas v = { .y = 2 * LINE };
	int ret = map_check(map);
	char *body = NULL;
	size_t size;

	if (ret)
		return ret;
	v.out = open_memstream(&body, &size);
	if (!v.out)
		return -ENOMEM;
	draw_all(&v, map, name);
	if (text_close(v.out, &body)) {
		free(body);
		return -ENOMEM;
	}
	begin_picture(out, v.y, name);
	fputs(body, out);
	fputs("</svg>\n", out);
	free(body);
	return 0;
}

int client_write_svg(const char *path, const json_t *map, const char *name)
{
	FILE *f = fopen(path, "we");
	int err = f ? 0 : -errno;
	bool failed;

	if (!err)
		err = client_svg_map(f, map, name);
	if (f) {
		failed = ferror(f) != 0;
		if (fclose(f) && !err)
			err = -errno;
		if (failed && !err)
			err = -EIO;
	}
	return err;
}
