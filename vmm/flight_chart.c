// SPDX-License-Identifier: GPL-2.0-only
/*
 * flight_chart.c: a chart of values over time.
 *
 * How this works: what is drawn is an SVG of 1000 by 100 units, stretched to
 * whatever room there is; words are HTML beside it, placed by per cent. So the
 * letters are of the same size on a telephone and on a desk.
 */
#include "flight_html.h"

#define WIDTH  1000.0
#define HEIGHT 100.0
#define TICKS  4.0

/* 1, 2 or 5 times a power of ten, @v or a little more. */
static double round_up(double v)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double ten = 1e-3;

	while (ten * 10 < v && ten < 1e18)
		ten *= 10;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (steps[i] * ten >= v)
			return steps[i] * ten;
	return v;
}

static void choose_unit(struct chart *c)
{
	static const struct {
		double scale;
		const char *bytes, *rate;
	} units[] = {
		{ 1024.0 * 1024 * 1024, "GiB", "GiB/s" },
		{ 1024.0 * 1024, "MiB", "MiB/s" },
		{ 1024.0, "KiB", "KiB/s" },
		{ 1, "bytes", "bytes/s" },
	};
	unsigned int i = 0;

	c->scale = 1;
	c->unit_name = "per second";
	if (c->unit == CHART_PER_S)
		return;
	while (i + 1 < ARRAY_SIZE(units) && c->most < units[i].scale)
		i++;
	c->scale = units[i].scale;
	c->unit_name = c->unit == CHART_BYTES ? units[i].bytes : units[i].rate;
}

/* "12", "1.5k": short, at the left. */
static void put_value(FILE *out, double v)
{
	if (v >= 1e9)
		fprintf(out, "%gG", v / 1e9);
	else if (v >= 1e6)
		fprintf(out, "%gM", v / 1e6);
	else if (v >= 1e4)
		fprintf(out, "%gk", v / 1e3);
	else
		fprintf(out, "%g", v);
}

void chart_begin(FILE *out, struct chart *c)
{
	choose_unit(c);
	c->step = round_up((c->most > 0 ? c->most / c->scale : 1) / TICKS);
	c->nr_ticks = 1;
	while (c->nr_ticks * c->step * c->scale < c->most && c->nr_ticks < 10)
		c->nr_ticks++;
	c->top = c->nr_ticks * c->step;
	fprintf(out,
		"<figure><figcaption>%s, <b>%s</b></figcaption>\n"
		"<div class=\"plot\"><div class=\"y\">",
		c->title, c->unit_name);
	for (unsigned int i = 0; i <= c->nr_ticks; i++) {
		fprintf(out, "<span style=\"bottom:%.1f%%\">",
			100.0 * i / c->nr_ticks);
		put_value(out, i * c->step);
		fputs("</span>", out);
	}
	fprintf(out,
		"</div>\n<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s\">",
		c->about);
	for (unsigned int i = 1; i <= c->nr_ticks; i++)
		fprintf(out, "<path class=\"grid\" d=\"M0 %.1fH1000\"/>",
			HEIGHT - HEIGHT * i / c->nr_ticks);
	fputc('\n', out);
}

static double height(const struct chart *c, double v)
{
	double part = v / c->scale / c->top;

	return HEIGHT - HEIGHT * (part < 0 ? 0 : part > 1 ? 1 : part);
}

void chart_area(FILE *out, const struct chart *c, const char *colour,
		const double v[static CHART_STEPS])
{
	double last = HEIGHT, y;

	fprintf(out, "<path class=\"%s\" d=\"M0 100", colour);
	for (unsigned int i = 0; i < CHART_STEPS; i++) {
		y = height(c, v[i]);
		if (y - last < 0.05 && last - y < 0.05)
			continue;
		fprintf(out, "H%.1fV%.1f", WIDTH * i / CHART_STEPS, y);
		last = y;
	}
	fputs("H1000V100Z\"/>\n", out);
}

void chart_level(FILE *out, const struct chart *c, const char *colour, double v)
{
	fprintf(out, "<path class=\"line %s\" d=\"M0 %.1fH1000\"/>\n", colour,
		height(c, v));
}

void chart_line(FILE *out, const struct chart *c, const char *colour,
		const double v[static CHART_STEPS])
{
	fprintf(out, "<path class=\"line %s\" d=\"M0 %.1f", colour,
		height(c, v[0]));
	for (unsigned int i = 1; i < CHART_STEPS; i++)
		if (v[i] < v[i - 1] || v[i] > v[i - 1])
			fprintf(out, "H%.1fV%.1f", WIDTH * i / CHART_STEPS,
				height(c, v[i]));
	fputs("H1000\"/>\n", out);
}

void chart_mark(FILE *out, const struct chart *c, double t, const char *kind,
		const char *text)
{
	double x = c->length > 0 ? WIDTH * t / c->length : 0;

	fprintf(out, "<path class=\"mark %s\" d=\"M%.1f 0V100\"><title>", kind,
		x < 0		? 0
		: x > WIDTH - 1 ? WIDTH - 1
				: x);
	html_text(out, text);
	fputs("</title></path>\n", out);
}

void chart_end(FILE *out, const struct chart *c)
{
	fputs("</svg>\n", out);
	chart_times(out, c->length);
	fputs("</div></figure>\n", out);
}

/* --- time -------------------------------------------------------------------- */

struct chart_time chart_time(double length)
{
	static const struct {
		double least; /* of the length it is for */
		struct chart_time unit;
	} units[] = {
		{ 3 * 86400.0, { .unit = 86400, .name = "d" } },
		{ 3 * 3600.0, { .unit = 3600, .name = "h" } },
		{ 180.0, { .unit = 60, .name = "min" } },
		{ 0.5, { .unit = 1, .name = "s" } },
		{ 0, { .unit = 1e-3, .name = "ms" } },
	};
	struct chart_time t;
	unsigned int i = 0;

	while (i + 1 < ARRAY_SIZE(units) && length < units[i].least)
		i++;
	t = units[i].unit;
	t.step = t.unit * round_up(length / t.unit / 5);
	return t;
}

void chart_times(FILE *out, double length)
{
	struct chart_time t = chart_time(length);

	fputs("<div class=\"x\">", out);
	for (unsigned int i = 0; length > 0 && i * t.step <= length; i++) {
		double part = 100 * i * t.step / length;

		/* The last one does not hang over. */
		fprintf(out,
			"<span class=\"%s\" style=\"left:%.1f%%\">%g %s</span>",
			i == 0	    ? "first"
			: part > 93 ? "last"
				    : "mid",
			part, i * t.step / t.unit, t.name);
	}
	fputs("</div>", out);
}
