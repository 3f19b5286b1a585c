// SPDX-License-Identifier: GPL-2.0-only
/* flight_plots.c: a record's counters over time, and their figures. */
#include "flight_html.h"

#include <string.h>

#define MAX_MARKS   64U
#define MAX_DEVICES 12U /* with a picture; all are in the table */

static void put_marks(FILE *out, const struct flight *f, const struct chart *c)
{
	static const char *const bad[] = { "violation", "reclaimed", "panic",
					   "memlock" };
	unsigned int nr = 0;

	for (unsigned int i = 0; i < f->nr_events && nr < MAX_MARKS; i++) {
		const struct flight_event *e = &f->events[i];
		const char *kind = !strcmp(e->name, "init-reached") ||
						   !strcmp(e->name, "reset")
					   ? ""
					   : NULL;
		char text[FLIGHT_TEXT + 80], when[32];

		for (size_t k = 0; k < ARRAY_SIZE(bad); k++)
			if (!strcmp(e->name, bad[k]))
				kind = "bad";
		if (!kind)
			continue;
		(void)snprintf(text, sizeof(text), "%s at %s: %s", e->name,
			       html_time(e->t, when), e->text);
		chart_mark(out, c, e->t, kind, text);
		nr++;
	}
}

static double time_of(const struct flight *f, unsigned int i)
{
	return f->length * i / CHART_STEPS;
}

/* Averages per second of a counter; the most of them. */
static double rates(const struct flight *f, const struct flight_series *s,
		    double v[static CHART_STEPS])
{
	double most = 0, step = f->length / CHART_STEPS;

	for (unsigned int i = 0; i < CHART_STEPS; i++) {
		double n = flight_at(s, time_of(f, i + 1)) -
			   flight_at(s, time_of(f, i));

		v[i] = step > 0 && n > 0 ? n / step : 0;
		if (v[i] > most)
			most = v[i];
	}
	return most;
}

static void steps(const struct flight *f, const struct flight_series *s,
		  double factor, double v[static CHART_STEPS])
{
	for (unsigned int i = 0; i < CHART_STEPS; i++)
		v[i] = factor * flight_step(s, time_of(f, i + 1));
}

/* When @v was reached. */
static double when(const struct flight_series *s, double v)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (s->points[i].v >= v)
			return s->points[i].t;
	return 0;
}

/* A level that is drawn must leave room for what is below it. */
static bool is_near(double level, double most)
{
	return level > 0 && level <= 2.5 * most;
}

static void begin(FILE *out, const char *title, const char *about)
{
	fprintf(out,
		"<section><h2>%s</h2>\n<p class=\"about\">%s</p>\n<div class=\"split\">\n",
		title, about);
}

static void end(FILE *out)
{
	fputs("</table></div></section>\n", out);
}

static void put_key(FILE *out, const char *colour, const char *what)
{
	fprintf(out, "<i class=\"key %s\"></i>%s", colour, what);
}

/* Into a table; as the dashed line that it is, when it is drawn. */
static void put_level(FILE *out, const char *colour, const char *what, double v,
		      bool is_drawn)
{
	char text[32];

	fputs("<tr><th>", out);
	if (is_drawn)
		fprintf(out, "<i class=\"key dash %s\"></i>", colour);
	fprintf(out, "%s</th><td>%s</td></tr>\n", what, html_bytes(v, text));
}

/* --- memory ------------------------------------------------------------------ */

static void put_faults(FILE *out, const struct flight *f, enum flight_metric m)
{
	char text[32];

	if (f->metrics[m].nr)
		html_row(out, "page faults",
			 html_count(flight_last(&f->metrics[m]), text));
}

/* The limit may be raised while the VM runs; 0: there is none. */
static double least_limit(const struct flight *f)
{
	const struct flight_series *s = &f->metrics[FLIGHT_LIMIT];
	double least = flight_last(s);

	for (unsigned int i = 0; i < s->nr; i++)
		if (s->points[i].v < least)
			least = s->points[i].v;
	return least;
}

static void memory_table(FILE *out, const struct flight *f)
{
	const struct flight_series *s = &f->metrics[FLIGHT_LOCKED];
	double most = flight_most(s),
	       limit = flight_last(&f->metrics[FLIGHT_LIMIT]);
	char a[32];

	fputs("<table class=\"facts\">\n", out);
	html_row(out, "most", html_bytes(most, a));
	html_row(out, "reached after", html_time(when(s, most), a));
	html_row(out, "half of it", html_time(when(s, most / 2), a));
	html_row(out, "at the end", html_bytes(flight_last(s), a));
	put_level(out, "f", "guest memory (-m)", (double)f->mem,
		  is_near((double)f->mem, most));
	if (f->metrics[FLIGHT_LIMIT].nr)
		put_level(out, "e", "limit", limit,
			  is_near(least_limit(f), most));
	else
		html_row(out, "limit", "none applies");
	put_faults(out, f, FLIGHT_RAM_FAULTS);
	if (flight_most(&f->metrics[FLIGHT_LIMITED]) > 0)
		html_row(out, "at the limit", "the guest was held there");
}

void page_memory(FILE *out, const struct flight *f)
{
	const struct flight_series *s = &f->metrics[FLIGHT_LOCKED];
	double v[CHART_STEPS], limit = flight_last(&f->metrics[FLIGHT_LIMIT]);
	struct chart c = { .title = "Locked memory",
			   .about = "locked memory over time",
			   .unit = CHART_BYTES,
			   .length = f->length,
			   .most = flight_most(s) };
	double used = c.most;

	if (!s->nr)
		return;
	begin(out, "Memory given to the guest",
	      "Pages of a protected guest are its own from the first touch until the VM ends; each is locked memory of lkvm-pvm (VmLck).");
	if (is_near((double)f->mem, used) && (double)f->mem > used)
		c.most = (double)f->mem;
	if (is_near(limit, used) && limit > c.most)
		c.most = limit;
	chart_begin(out, &c);
	steps(f, s, 1, v);
	chart_area(out, &c, "a", v);
	if (is_near((double)f->mem, used))
		chart_level(out, &c, "f", (double)f->mem);
	if (is_near(least_limit(f), used)) {
		steps(f, &f->metrics[FLIGHT_LIMIT], 1, v);
		/* It was there before the first sample. */
		for (unsigned int i = CHART_STEPS - 1; i-- > 0;)
			v[i] = v[i] > 0 ? v[i] : v[i + 1];
		chart_line(out, &c, "e", v);
	}
	put_marks(out, f, &c);
	chart_end(out, &c);
	memory_table(out, f);
	end(out);
}

/* --- the window -------------------------------------------------------------- */

void page_window(FILE *out, const struct flight *f)
{
	const struct flight_series *own = &f->metrics[FLIGHT_OWN],
				   *shared = &f->metrics[FLIGHT_READABLE];
	double a[CHART_STEPS], b[CHART_STEPS], page = (double)f->page, most;
	struct chart c = { .title = "Pages of the window that are there",
			   .about = "use of the window over time",
			   .unit = CHART_BYTES,
			   .length = f->length };
	char text[32];

	if (!shared->nr)
		return;
	c.most = most = page * (flight_most(own) + flight_most(shared));
	begin(out, "Shared with devices: the window",
	      "The only guest memory that devices reach. The guest shares it page by page; a page that it takes back is its own again.");
	if (is_near((double)f->window, most) && (double)f->window > most)
		c.most = (double)f->window;
	chart_begin(out, &c);
	steps(f, shared, page, a);
	steps(f, own, page, b);
	for (unsigned int i = 0; i < CHART_STEPS; i++)
		a[i] += b[i];
	chart_area(out, &c, "c", a);
	chart_area(out, &c, "a", b);
	if (is_near((double)f->window, most))
		chart_level(out, &c, "f", (double)f->window);
	put_marks(out, f, &c);
	chart_end(out, &c);
	fputs("<table class=\"facts\">\n<tr><th>", out);
	put_key(out, "c", "shared</th><td>");
	fprintf(out, "%s</td></tr>\n<tr><th>",
		html_bytes(page * flight_last(shared), text));
	put_key(out, "a", "the guest&#39;s own</th><td>");
	fprintf(out, "%s</td></tr>\n",
		html_bytes(page * flight_last(own), text));
	put_level(out, "f", "size of the window", (double)f->window,
		  is_near((double)f->window, most));
	put_faults(out, f, FLIGHT_WINDOW_FAULTS);
	end(out);
}

/* --- exits ------------------------------------------------------------------- */

#define KINDS 7U

static const struct {
	const char *name, *colour;
	enum flight_metric metrics[2]; /* EXITS: the rest; the same: one */
} kinds[KINDS] = {
	{ "others", "f", { FLIGHT_EXITS, FLIGHT_EXITS } },
	{ "page fault", "g", { FLIGHT_RAM_FAULTS, FLIGHT_WINDOW_FAULTS } },
	{ "it waits (WFI, WFE)", "a", { FLIGHT_WFI, FLIGHT_WFE } },
	{ "device, in the kernel",
	  "c",
	  { FLIGHT_MMIO_KERNEL, FLIGHT_MMIO_KERNEL } },
	{ "device, in lkvm-pvm", "b", { FLIGHT_MMIO_USER, FLIGHT_MMIO_USER } },
	{ "hypercall", "d", { FLIGHT_HVC, FLIGHT_HVC } },
	{ "signal", "e", { FLIGHT_SIGNALS, FLIGHT_SIGNALS } },
};

static double sum_known(unsigned int kind, const double n[FLIGHT_NR_METRICS])
{
	double sum = n[kinds[kind].metrics[0]];

	if (kinds[kind].metrics[1] != kinds[kind].metrics[0])
		sum += n[kinds[kind].metrics[1]];
	return sum;
}

/* Of a kind, by values of its metrics; what the others leave for the first. */
static double sum_kind(unsigned int kind, const double n[FLIGHT_NR_METRICS])
{
	double sum = sum_known(kind, n);

	for (unsigned int k = 1; kind == 0 && k < KINDS; k++)
		sum -= sum_known(k, n);
	return sum > 0 ? sum : 0;
}

static void exits_at(const struct flight *f, double t,
		     double n[FLIGHT_NR_METRICS])
{
	for (unsigned int m = 0; m < FLIGHT_NR_METRICS; m++)
		n[m] = flight_at(&f->metrics[m], t);
}

/* Of all kinds up to @kind, per second; the most of them. */
static double stack(const struct flight *f, unsigned int kind,
		    double v[static CHART_STEPS])
{
	double from[FLIGHT_NR_METRICS], to[FLIGHT_NR_METRICS], most = 0;
	double step = f->length / CHART_STEPS;

	exits_at(f, 0, from);
	for (unsigned int i = 0; i < CHART_STEPS; i++) {
		double sum = 0;

		exits_at(f, time_of(f, i + 1), to);
		for (unsigned int m = 0; m < FLIGHT_NR_METRICS; m++)
			from[m] = to[m] > from[m] ? to[m] - from[m] : 0;
		for (unsigned int k = 0; k <= kind; k++)
			sum += sum_kind(k, from);
		v[i] = step > 0 ? sum / step : 0;
		most = v[i] > most ? v[i] : most;
		memcpy(from, to, sizeof(from));
	}
	return most;
}

static void exits_table(FILE *out, const struct flight *f)
{
	double n[FLIGHT_NR_METRICS], all;
	char text[32];

	for (unsigned int m = 0; m < FLIGHT_NR_METRICS; m++)
		n[m] = flight_last(&f->metrics[m]);
	all = n[FLIGHT_EXITS];
	fputs("<table class=\"num\"><thead><tr><th>kind</th><th>exits</th><th>%</th></tr></thead>\n",
	      out);
	for (unsigned int k = KINDS; k-- > 0;) {
		double sum = sum_kind(k, n);

		if (!f->metrics[kinds[k].metrics[0]].nr)
			continue; /* not counted there */
		fputs("<tr><td>", out);
		put_key(out, kinds[k].colour, kinds[k].name);
		fprintf(out, "</td><td>%s</td><td>%.1f</td></tr>\n",
			html_count(sum, text), all > 0 ? 100 * sum / all : 0);
	}
	fprintf(out, "<tr><td>all</td><td>%s</td><td></td></tr>\n",
		html_count(all, text));
}

static void vcpu_table(FILE *out, const struct flight *f)
{
	static const enum flight_metric order[] = {
		FLIGHT_EXITS, FLIGHT_MMIO_USER, FLIGHT_MMIO_KERNEL, FLIGHT_WFI,
		FLIGHT_WFE,   FLIGHT_HVC,	FLIGHT_SIGNALS
	};
	static const char *const names[] = { "vCPU",	  "exits",
					     "MMIO here", "MMIO in kernel",
					     "WFI",	  "WFE",
					     "HVC",	  "signals" };
	double n[ARRAY_SIZE(order)];
	char first[16];

	fputs("<h3>By vCPU</h3>\n", out);
	html_table(out, names, ARRAY_SIZE(names));
	for (unsigned int i = 0; i < f->nr_vcpu_counts; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(order); k++)
			n[k] = (double)f
				       ->vcpus[i][order[k] - FLIGHT_FIRST_EXIT];
		(void)snprintf(first, sizeof(first), "%u", i);
		html_cells(out, names, first, n, ARRAY_SIZE(n));
	}
	fputs("</table>\n", out);
}

static void about_others(FILE *out, const struct flight *f)
{
	double lost = flight_last(&f->metrics[FLIGHT_LOST_FAULTS]);
	char text[32];

	fputs(f->metrics[FLIGHT_RAM_FAULTS].nr
		      ? "<p class=\"about\">Others are interrupts and reads of registers, for the most part; page faults were counted by tracefs"
		      : "<p class=\"about\">Others are page faults, interrupts and reads of registers, for the most part; where tracefs can be used, which takes root, page faults are counted",
	      out);
	if (lost > 0)
		fprintf(out, ", which lost %s of them", html_count(lost, text));
	fputs(".</p>\n", out);
}

void page_exits(FILE *out, const struct flight *f)
{
	double v[CHART_STEPS];
	struct chart c = { .title = "Exits",
			   .about = "exits per second over time, by kind",
			   .unit = CHART_PER_S,
			   .length = f->length };

	if (!flight_last(&f->metrics[FLIGHT_EXITS]))
		return;
	c.most = stack(f, KINDS - 1, v);
	begin(out, "Exits from the guest",
	      "How often a vCPU left the guest for the host, by KVM's counters, all vCPUs together.");
	chart_begin(out, &c);
	for (unsigned int k = KINDS; k-- > 0;) {
		(void)stack(f, k, v);
		chart_area(out, &c, kinds[k].colour, v);
	}
	put_marks(out, f, &c);
	chart_end(out, &c);
	exits_table(out, f);
	fputs("</table></div>\n", out);
	about_others(out, f);
	if (f->nr_vcpu_counts)
		vcpu_table(out, f);
	fputs("</section>\n", out);
}

/* --- devices ----------------------------------------------------------------- */

static void put_rate(FILE *out, const struct flight *f, const char *title,
		     enum chart_unit unit, const struct flight_series *s)
{
	double v[CHART_STEPS];
	struct chart c = { .title = title,
			   .about = title,
			   .unit = unit,
			   .length = f->length,
			   .most = rates(f, s, v) };

	chart_begin(out, &c);
	chart_area(out, &c, unit == CHART_PER_S ? "b" : "a", v);
	put_marks(out, f, &c);
	chart_end(out, &c);
}

static void device_table(FILE *out, const struct flight *f)
{
	static const char *const names[] = { "device",	      "requests",
					     "bytes",	      "kicks",
					     "interrupts",    "outside",
					     "dropped",	      "largest buffer",
					     "most in flight" };
	double n[FLIGHT_NR_COUNTS];
	bool partial = false;
	char first[40];

	if (!f->nr_devices)
		return;
	fputs("<h3>All of them</h3>\n", out);
	html_table(out, names, ARRAY_SIZE(names));
	for (unsigned int i = 0; i < f->nr_devices; i++) {
		const struct flight_device *d = &f->devices[i];

		for (unsigned int k = 0; k < FLIGHT_NR_COUNTS; k++)
			n[k] = (double)d->last[k];
		partial |= d->partial;
		(void)snprintf(first, sizeof(first), "%s%s", d->name,
			       d->partial ? " *" : "");
		html_cells(out, names, first, n, ARRAY_SIZE(n));
	}
	fputs("</table>\n<p class=\"about\">Buffers and bytes in bytes; outside: addresses that were not in the window.",
	      out);
	if (partial)
		fputs(" * The kernel or another process serves it; what that moves is not counted.",
		      out);
	fputs("</p>\n", out);
}

void page_devices(FILE *out, const struct flight *f)
{
	const struct flight_series *console = &f->metrics[FLIGHT_CONSOLE];
	unsigned int nr = 0;

	if (!f->nr_devices && !flight_last(console))
		return;
	fputs("<section><h2>Devices</h2>\n<p class=\"about\">Requests that lkvm-pvm answered, and the bytes of their buffers.</p>\n",
	      out);
	for (unsigned int i = 0; i < f->nr_devices && nr < MAX_DEVICES; i++) {
		const struct flight_device *d = &f->devices[i];

		if (!flight_last(&d->requests))
			continue;
		nr++;
		fputs("<h3>", out);
		html_text(out, d->name);
		fputs("</h3>\n<div class=\"split twin\">\n", out);
		put_rate(out, f, "Requests", CHART_PER_S, &d->requests);
		put_rate(out, f, "Data", CHART_BYTES_PER_S, &d->bytes);
		fputs("</div>\n", out);
	}
	if (flight_last(console)) {
		fputs("<h3>console</h3>\n<div class=\"split twin\">\n", out);
		put_rate(out, f, "What the guest printed", CHART_BYTES_PER_S,
			 console);
		fputs("</div>\n", out);
	}
	device_table(out, f);
	fputs("</section>\n", out);
}
