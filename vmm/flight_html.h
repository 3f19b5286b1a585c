/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flight_html.h: a record as one HTML page, which needs nothing else: no
 * network, no script. Well-formed as XML, too. Errors show in ferror().
 */
#ifndef LKVM_PVM_FLIGHT_HTML_H
#define LKVM_PVM_FLIGHT_HTML_H

#include <stdio.h>

#include "flight_read.h"

/* flight_page.c */
void flight_page(FILE *out, const struct flight *f);

/* --- text (flight_html.c) ---------------------------------------------------- */

/* Escaped for text and for attributes in quotes. */
void html_text(FILE *out, const char *text);
/* <th>@name</th><td>@value</td> in a row. */
void html_row(FILE *out, const char *name, const char *value);
/*
 * A table of numbers, its columns @names: the beginning, and a line of it, whose
 * first cell is @first and the others @n, one less than there are names. In a
 * narrow window each line becomes a list, with the names in it.
 */
void html_table(FILE *out, const char *const *names, size_t nr);
void html_cells(FILE *out, const char *const *names, const char *first,
		const double *n, size_t nr);
void html_head(FILE *out, const char *title);
void html_foot(FILE *out, const struct flight *f);

/* Into @buf of 32 bytes, which is returned. */
const char *html_count(double n, char *buf); /* "12,345" */
const char *html_bytes(double n, char *buf); /* "12.3 MiB" */
const char *html_time(double s, char *buf);  /* "1.234 s", "2 h 03 min" */

/* --- charts (flight_chart.c) ------------------------------------------------- */

#define CHART_STEPS 160U /* over the whole width */

enum chart_unit {
	CHART_BYTES,
	CHART_BYTES_PER_S,
	CHART_PER_S,
};

struct chart {
	const char *title, *about; /* about: for who does not see it */
	enum chart_unit unit;
	double length; /* seconds */
	double most;   /* of all values */
	/* Set by chart_begin(). */
	double top, step, scale;
	unsigned int nr_ticks;
	const char *unit_name;
};

/* A step for each of the CHART_STEPS, from the left. */
void chart_begin(FILE *out, struct chart *c);
void chart_area(FILE *out, const struct chart *c, const char *colour,
		const double v[static CHART_STEPS]);
/* A line across at @v. */
void chart_level(FILE *out, const struct chart *c, const char *colour,
		 double v);
/* The same of what changes. */
void chart_line(FILE *out, const struct chart *c, const char *colour,
		const double v[static CHART_STEPS]);
/* Something happened at @t. */
void chart_mark(FILE *out, const struct chart *c, double t, const char *kind,
		const char *text);
void chart_end(FILE *out, const struct chart *c);

/* The times at the bottom: a step that is good to read, and how it is said. */
struct chart_time {
	double step, unit; /* seconds */
	const char *name;  /* of the unit */
};
struct chart_time chart_time(double length);
void chart_times(FILE *out, double length);

/* --- sections ---------------------------------------------------------------- */

void page_boot(FILE *out, const struct flight *f);   /* flight_boot.c */
void page_memory(FILE *out, const struct flight *f); /* flight_plots.c */
void page_window(FILE *out, const struct flight *f);
void page_exits(FILE *out, const struct flight *f);
void page_devices(FILE *out, const struct flight *f);
void page_map(FILE *out, const struct flight *f); /* flight_picture.c */

#endif
