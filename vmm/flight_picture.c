// SPDX-License-Identifier: GPL-2.0-only
/* flight_picture.c: the map of all pages at the end, as a picture. */
#include "flight_html.h"

#include <string.h>

#define COLUMNS	 64U
#define LABELLED 4U /* every so many lines */

static const struct {
	char letter;
	const char *colour, *name;
} states[] = {
	{ '#', "a", "the guest's own" },
	{ '%', "d", "some own, some readable" },
	{ 'o', "c", "readable: shared, or still the host's" },
	{ '.', "n", "no page there" },
	{ '?', "e", "no time to look" },
};

static size_t state_of(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (states[i].letter == letter)
			return i;
	return ARRAY_SIZE(states) - 1;
}

/* Of a cell's first byte; a record may say anything: it may wrap. */
static uint64_t address(const struct flight_region *r, unsigned int cell)
{
	return r->gpa + cell * r->cell;
}

/* Cells of a line that are alike, as one rectangle. */
static void put_run(FILE *out, const struct flight_region *r, unsigned int from,
		    unsigned int to)
{
	size_t state = state_of(r->cells[from]);

	if (r->cells[from] == '.')
		return;
	fprintf(out,
		"<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"1\"><title>0x%llx to 0x%llx: ",
		states[state].colour, from % COLUMNS, from / COLUMNS, to - from,
		(unsigned long long)address(r, from),
		(unsigned long long)address(r, to) - 1);
	html_text(out, states[state].name);
	fputs("</title></rect>\n", out);
}

static void put_cells(FILE *out, const struct flight_region *r)
{
	unsigned int from = 0;

	for (unsigned int i = 1; i <= r->nr_cells; i++) {
		if (i < r->nr_cells && i % COLUMNS &&
		    r->cells[i] == r->cells[from])
			continue;
		put_run(out, r, from, i);
		from = i;
	}
}

static void put_region(FILE *out, const struct flight_region *r)
{
	unsigned int lines = (r->nr_cells + COLUMNS - 1) / COLUMNS;
	char a[32], b[32];

	fputs("<h3>", out);
	html_text(out, r->name);
	fprintf(out,
		"</h3>\n<p class=\"about\">%s from 0x%llx on; a cell is %s, a line %u of them.</p>\n",
		html_bytes((double)r->len, a), (unsigned long long)r->gpa,
		html_bytes((double)r->cell, b), COLUMNS);
	fprintf(out,
		"<div class=\"map\" style=\"height:%upx\"><div class=\"y\">",
		lines * 10);
	for (unsigned int i = 0; i < lines; i += LABELLED)
		fprintf(out, "<span style=\"top:%.2f%%\">0x%llx</span>",
			100.0 * i / lines,
			(unsigned long long)address(r, i * COLUMNS));
	fprintf(out,
		"</div>\n<svg viewBox=\"0 0 %u %u\" preserveAspectRatio=\"none\" shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"map of the pages\">\n",
		COLUMNS, lines);
	put_cells(out, r);
	fputs("</svg></div>\n", out);
}

static void put_totals(FILE *out, const struct flight *f)
{
	static const char *const names[] = { "pages",	      "own",
					     "readable",      "not there",
					     "not looked at", "bytes each" };

	html_table(out, names, ARRAY_SIZE(names));
	for (unsigned int i = 0; i < FLIGHT_REGIONS; i++) {
		const struct flight_region *r = &f->regions[i];
		const double n[] = { (double)r->own, (double)r->readable,
				     (double)r->untouched, (double)r->unknown,
				     (double)r->page };

		if (r->has_total)
			html_cells(out, names, r->name, n, ARRAY_SIZE(n));
	}
	fputs("</table>\n", out);
}

void page_map(FILE *out, const struct flight *f)
{
	if (!f->regions[0].nr_cells && !f->regions[1].nr_cells)
		return;
	fputs("<section><h2>Pages at the end</h2>\n<p class=\"about keys\">",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		fprintf(out, "<span><i class=\"key %s\"></i>",
			states[i].colour);
		html_text(out, states[i].name);
		fputs("</span> ", out);
	}
	fputs("</p>\n", out);
	for (unsigned int i = 0; i < FLIGHT_REGIONS; i++)
		if (f->regions[i].nr_cells)
			put_region(out, &f->regions[i]);
	put_totals(out, f);
	fputs("</section>\n", out);
}
