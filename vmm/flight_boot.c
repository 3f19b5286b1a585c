// SPDX-License-Identifier: GPL-2.0-only
/* flight_boot.c: what came when, until the guest was up. */
#include "flight_html.h"

#include <stdlib.h>
#include <string.h>

#define STEPS 24U

struct step {
	const struct flight_event *e;
	const char *colour; /* of the time that led to it */
};

/* Who was at work until then; NULL: it is no step of a boot. */
static const char *colour_of(const struct flight_event *e)
{
	static const struct {
		const char *event, *colour;
	} all[] = {
		{ "created", "g" },	 { "loaded", "g" },
		{ "vcpu-start", "g" },	 { "first-output", "a" },
		{ "device-ready", "a" }, { "init-reached", "a" },
		{ "panic", "e" },	 { "reset", "a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(e->name, all[i].event))
			return all[i].colour;
	return NULL;
}

static bool is_known(const struct step *all, unsigned int nr,
		     const struct flight_event *e)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(all[i].e->name, e->name) &&
		    (strcmp(e->name, "device-ready") != 0 ||
		     !strcmp(all[i].e->text, e->text)))
			return true;
	return false;
}

/* Of the first life, each once, in order of time. */
static unsigned int find_steps(const struct flight *f, struct step all[STEPS])
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < f->nr_events && nr < STEPS; i++) {
		const struct flight_event *e = &f->events[i];
		struct step s = { .e = e, .colour = colour_of(e) };
		unsigned int at = nr;

		if (e->life > 1)
			break;
		if (!s.colour || is_known(all, nr, e))
			continue;
		for (; at > 0 && all[at - 1].e->t > e->t; at--)
			all[at] = all[at - 1];
		all[at] = s;
		nr++;
		if (!strcmp(e->name, "init-reached"))
			break;
	}
	return nr;
}

static void put_name(FILE *out, const struct flight_event *e)
{
	static const struct {
		const char *event, *words;
	} all[] = {
		{ "created", "host is asked, files are open" },
		{ "loaded", "images are in memory" },
		{ "vcpu-start", "VM is made, guest begins" },
		{ "first-output", "first output: " },
		{ "device-ready", "driver is ready: " },
		{ "init-reached", "its first program starts" },
		{ "panic", "it panics" },
		{ "reset", "it asks for a reset" },
	};
	const char *what = strchr(e->text, ' ');

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (strcmp(e->name, all[i].event) != 0)
			continue;
		html_text(out, all[i].words);
		if (all[i].words[strlen(all[i].words) - 1] == ' ')
			html_text(out, what ? what + 1 : "?");
	}
}

static void put_step(FILE *out, const struct step *s, double from, double whole)
{
	double at = 1000 * from / whole,
	       width = 1000 * (s->e->t - from) / whole;
	char text[32];

	fputs("<span class=\"what\">", out);
	put_name(out, s->e);
	fprintf(out, "</span><span class=\"at\">%s</span>",
		html_time(s->e->t, text));
	fprintf(out,
		"<svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%.2f s after the one before\"><rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" height=\"10\"/></svg>\n",
		s->e->t - from, s->colour, at > 997 ? 997 : at,
		width < 3 ? 3 : width);
}

void page_boot(FILE *out, const struct flight *f)
{
	struct step all[STEPS];
	unsigned int nr = find_steps(f, all);
	double whole = nr ? all[nr - 1].e->t : 0, from = 0;

	if (whole <= 0)
		return;
	fputs("<section><h2>Boot</h2>\n<p class=\"about\">"
	      "When each step was reached; its bar begins at the step before.",
	      out);
	if (f->nr_lives > 1)
		fputs(" Of the first life.", out);
	fputs("</p>\n<p class=\"about keys\"><span><i class=\"key g\"></i>lkvm-pvm and the host at work</span> "
	      "<span><i class=\"key a\"></i>the guest</span></p>\n<div class=\"steps\">\n",
	      out);
	for (unsigned int i = 0; i < nr; i++) {
		put_step(out, &all[i], from, whole);
		from = all[i].e->t;
	}
	chart_times(out, whole);
	fputs("</div></section>\n", out);
}
