// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_svg.c: the map of a VM's memory as one SVG picture: no script, nothing from
 * elsewhere, and text from the VM only as text.
 */
#include "client.h"

#include <errno.h>
#include <string.h>

#include "host.h"
#include "map_cells.h"

#define CELL	  11U /* and a pixel between two */
#define LEFT	  110U
#define WIDTH	  (LEFT + MAP_COLUMNS * CELL + 20)
#define LINE	  18U
#define MAX_LINES 64U

struct canvas {
	FILE *out;
	unsigned int y; /* of what comes next */
};

struct kind {
	char letter;
	const char *fill, *text;
};

static const struct kind kinds[] = {
	{ '.', "#e4e4e4", "no page there" },
	{ '#', "#2b5c9e", "the guest's own" },
	{ 'o', "#3f9c5a", "readable: shared, or still the host's" },
	{ 'h', "#a8d5b5",
	  "readable: the host's still, the guest never had it" },
	{ 's', "#2f9c9c", "readable, was the guest's: shared, or lost" },
	{ 'x', "#c0392b", "taken from the guest by force" },
	{ '%', "#d9912b", "the guest's own, and readable ones, in one cell" },
	{ 'q', "#8a3fa0", "readable, with a device's queue" },
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
	fprintf(v->out,
		"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"%s\"><title>0x%llx: %s</title></rect>\n",
		x, v->y, CELL - 1, CELL - 1, k->fill, (unsigned long long)gpa,
		k->text);
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

static void draw_rings(struct canvas *v, const json_t *rings)
{
	static const char *const names[MAP_PARTS] = { "descriptors",
						      "available", "used" };
	uint64_t gpa, len;

	if (!json_array_size(rings))
		return;
	v->y += 2 * LINE;
	begin_text(v, LEFT, "h");
	fputs("Queues of devices</text>\n", v->out);
	for (size_t i = 0; i < json_array_size(rings); i++) {
		const json_t *o = json_array_get(rings, i);

		v->y += LINE;
		begin_text(v, LEFT, "t");
		put_text(v->out, client_string(o, "device"));
		fprintf(v->out,
			" queue %lld:", (long long)client_integer(o, "queue"));
		for (unsigned int p = 0; p < MAP_PARTS; p++)
			if (map_ring_part(o, p, &gpa, &len))
				fprintf(v->out, " %s 0x%llx+%llu", names[p],
					(unsigned long long)gpa,
					(unsigned long long)len);
		fputs("</text>\n", v->out);
	}
}

static void draw_legend(struct canvas *v, const json_t *map, uint64_t n,
			uint64_t page)
{
	char text[32];

	v->y += LINE;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		v->y += LINE;
		fprintf(v->out,
			"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"%s\"/>",
			LEFT, v->y - CELL, CELL - 1, CELL - 1, kinds[i].fill);
		begin_text(v, LEFT + 2 * CELL, "t");
		fprintf(v->out, "%s</text>\n", kinds[i].text);
	}
	v->y += LINE;
	begin_text(v, LEFT, "t");
	fprintf(v->out,
		"A cell is %llu pages, %s. Sources: ", (unsigned long long)n,
		host_size_text(n * page, text, sizeof(text)));
	put_text(v->out, client_string(map, "source_untouched"));
	fputs("; ", v->out);
	put_text(v->out, client_string(map, "source_private"));
	fputs("</text>\n", v->out);
	v->y += LINE;
	begin_text(v, LEFT, "t");
	fputs("Told apart by: ", v->out);
	put_text(v->out, client_string(map, "source_given"));
	fputs("</text>\n", v->out);
}

/* Lines of pixels it will have: known before the first is drawn. */
static unsigned int height_of(const json_t *map, uint64_t n)
{
	size_t rings = json_array_size(json_object_get(map, "rings"));
	unsigned int y = 3 * LINE;
	struct map_region g;
	uint64_t cells;

	for (size_t i = 0; !map_region_read(&g, map, i); i++) {
		cells = (g.nr_pages + n - 1) / n;
		y += 2 * LINE + CELL - 3 +
		     (unsigned int)((cells + MAP_COLUMNS - 1) / MAP_COLUMNS) *
			     CELL;
	}
	if (rings)
		y += (unsigned int)(3 + rings) * LINE;
	return y + (4 + (unsigned int)ARRAY_SIZE(kinds)) * LINE;
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

int client_svg_map(FILE *out, const json_t *map, const char *name)
{
	uint64_t n = map_pages_per_cell(map, MAX_LINES);
	struct canvas v = { .out = out, .y = 2 * LINE };
	unsigned int height = height_of(map, n);
	struct map_region g;
	int ret;

	for (size_t i = 0; !(ret = map_region_read(&g, map, i)); i++)
		;
	if (ret != -ENOENT)
		return ret;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" role=\"img\">\n"
		"<style>text{font-family:sans-serif;fill:#222}.h{font-size:14px;font-weight:bold}.t{font-size:12px}.a{font-size:10px;font-family:monospace;text-anchor:end}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<title>",
		WIDTH, height, WIDTH, height);
	fputs("Memory of ", out);
	put_text(out, name);
	fputs("</title>\n", out);
	begin_text(&v, LEFT, "h");
	fputs("Memory of ", out);
	put_text(out, name);
	fprintf(out, ", %s VM</text>\n",
		json_is_true(json_object_get(map, "protected"))
			? "a protected"
			: "an ordinary");
	for (size_t i = 0; !map_region_read(&g, map, i); i++)
		draw_region(&v, &g, n);
	draw_rings(&v, g.rings ? g.rings : json_object_get(map, "rings"));
	draw_legend(&v, map, n, (uint64_t)client_integer(map, "page"));
	fputs("</svg>\n", out);
	return 0;
}
