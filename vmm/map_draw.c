// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_draw.c: draws the map of a VM's memory: a table, and a picture of one
 * cell for so many pages that it fits a screen.
 */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define COLUMNS	  64U
#define MAX_LINES 32U

enum {
	UNTOUCHED,
	PRIVATE,
	READABLE,
	NR_STATES
};

struct cell {
	bool has[NR_STATES];
};

struct region {
	const char *name, *runs;
	uint64_t gpa, nr_pages;
	uint64_t count[NR_STATES];
};

/* The next run of @at: false at the end, or when it is none. */
static bool next_run(const char **at, uint64_t *n, int *state)
{
	static const char letters[] = "upr";
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

/* false: that is none, or its runs are not of its size. */
static bool read_region(struct region *g, const json_t *o, uint64_t page)
{
	uint64_t n, sum = 0;
	const char *at;
	int state;

	memset(g, 0, sizeof(*g));
	g->name = client_string(o, "name");
	g->runs = client_string(o, "runs");
	g->gpa = (uint64_t)client_integer(o, "gpa");
	g->nr_pages = (uint64_t)client_integer(o, "len") / page;
	for (at = g->runs; next_run(&at, &n, &state);) {
		if (add_ovf(sum, n, &sum) || sum > g->nr_pages)
			return false;
		g->count[state] += n;
	}
	return !*at && sum == g->nr_pages && sum > 0;
}

static void print_row(FILE *out, const struct region *g, uint64_t page)
{
	fprintf(out, "%-8.8s 0x%010llx 0x%010llx %9llu %9llu %9llu %9llu\n",
		g->name, (unsigned long long)g->gpa,
		(unsigned long long)(g->gpa + g->nr_pages * page - 1),
		(unsigned long long)g->nr_pages,
		(unsigned long long)g->count[UNTOUCHED],
		(unsigned long long)g->count[PRIVATE],
		(unsigned long long)g->count[READABLE]);
}

static char letter_of(const struct cell *c)
{
	if (c->has[PRIVATE] && c->has[READABLE])
		return '%';
	if (c->has[PRIVATE])
		return '#';
	return c->has[READABLE] ? 'o' : '.';
}

static void put_cell(FILE *out, char letter, bool colour)
{
	const char *code = letter == '#'   ? "\033[34m"
			   : letter == 'o' ? "\033[32m"
			   : letter == '%' ? "\033[33m"
					   : "\033[2m";

	if (colour)
		fprintf(out, "%s%c\033[m", code, letter);
	else
		fputc(letter, out);
}

static void begin_line(FILE *out, uint64_t gpa, bool is_first)
{
	fprintf(out, "%s0x%010llx ", is_first ? "" : "\n",
		(unsigned long long)gpa);
}

/* The cells of a region, in order; a run may be of many, a cell of many runs. */
static void draw_region(FILE *out, const struct region *g, uint64_t page,
			uint64_t per_cell, bool colour)
{
	struct cell c = { { false } };
	uint64_t n, filled = 0, cell = 0, done = 0;
	const char *at = g->runs;
	int state;

	while (next_run(&at, &n, &state)) {
		while (n) {
			uint64_t part = per_cell - filled;

			part = part < n ? part : n;
			c.has[state] = true;
			filled += part;
			done += part;
			n -= part;
			if (filled < per_cell && done < g->nr_pages)
				continue;
			if (cell % COLUMNS == 0)
				begin_line(out, g->gpa + (done - filled) * page,
					   cell == 0);
			put_cell(out, letter_of(&c), colour);
			memset(&c, 0, sizeof(c));
			filled = 0;
			cell++;
		}
	}
	fputc('\n', out);
}

static uint64_t pages_per_cell(uint64_t nr_pages)
{
	uint64_t n = 1;

	while (nr_pages / n > (uint64_t)COLUMNS * MAX_LINES)
		n *= 2;
	return n;
}

int client_draw_map(FILE *out, const json_t *map, bool colour)
{
	const json_t *all = json_object_get(map, "regions");
	uint64_t page = (uint64_t)client_integer(map, "page"), most = 0, n;
	size_t nr = json_array_size(all);
	struct region g;
	char text[32];

	if (page == 0 || page > MIB(1) || nr == 0)
		return -EPROTO;
	fprintf(out, "%-8s %-12s %-12s %9s %9s %9s %9s\n", "region", "from",
		"to", "pages", "untouched", "private", "readable");
	for (size_t i = 0; i < nr; i++) {
		if (!read_region(&g, json_array_get(all, i), page))
			return -EPROTO;
		most = g.nr_pages > most ? g.nr_pages : most;
		print_row(out, &g, page);
	}
	n = pages_per_cell(most);
	for (size_t i = 0; i < nr; i++) {
		if (!read_region(&g, json_array_get(all, i), page))
			return -EPROTO;
		fprintf(out, "\n%.16s\n", g.name);
		draw_region(out, &g, page, n, colour);
	}
	fprintf(out,
		"\n%llu pages a cell, %s:  . no page there  # the guest's own  o readable\n"
		"%% the last two; readable is shared, or still the host's; looked for %.1f ms\n",
		(unsigned long long)n,
		host_size_text(n * page, text, sizeof(text)),
		(double)client_integer(map, "spent_us") / 1000);
	return 0;
}
