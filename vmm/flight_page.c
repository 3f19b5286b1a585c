// SPDX-License-Identifier: GPL-2.0-only
/* flight_page.c: a record as a page, top to bottom. */
#include "flight_html.h"

#include <string.h>
#include <time.h>

/* Of the events, so many from the beginning, and from the end. */
#define FIRST_EVENTS 200U
#define LAST_EVENTS  100U

/* --- how it ended, and what is odd ------------------------------------------- */

static void note(FILE *out, bool is_so, const char *text)
{
	if (!is_so)
		return;
	fputs("<li>", out);
	html_text(out, text);
	fputs("</li>\n", out);
}

static void put_notes(FILE *out, const struct flight *f)
{
	bool was_held = flight_most(&f->metrics[FLIGHT_LIMITED]) > 0;
	char text[160];

	note(out, !f->has_exit,
	     "The record has no end: lkvm-pvm was killed, or could not write it (a full disk?). What was written until then is here.");
	note(out, f->is_cut, "Its last line is not whole, and left out.");
	(void)snprintf(
		text, sizeof(text),
		"The guest broke the rules of sharing or of virtio: see the events, %u of which say so.",
		f->nr_violations);
	note(out, f->nr_violations > 0, text);
	(void)snprintf(
		text, sizeof(text),
		"The guest touched pages that the host had taken by force: see the events, %u of which say so.",
		f->nr_reclaimed);
	note(out, f->nr_reclaimed > 0, text);
	note(out, was_held,
	     "The guest was held at the limit of locked memory.");
	note(out, f->nr_violations > 0 || f->nr_reclaimed > 0 || was_held,
	     "Red dotted lines in the pictures are where that was.");
	(void)snprintf(text, sizeof(text), "The guest had %u lives.",
		       f->nr_lives);
	note(out, f->nr_lives > 1, text);
	note(out, !f->metrics[FLIGHT_EXITS].nr,
	     "There are no samples in it: the VM ended before the first.");
	for (unsigned int i = 0; i < f->nr_devices; i++) {
		const struct flight_device *d = &f->devices[i];

		(void)snprintf(
			text, sizeof(text),
			"%s was given %llu addresses outside the window.",
			d->name, (unsigned long long)d->last[FLIGHT_OUTSIDE]);
		note(out, d->last[FLIGHT_OUTSIDE] > 0, text);
	}
}

static void put_verdict(FILE *out, const struct flight *f)
{
	bool good = f->has_exit && f->code == 0;

	fprintf(out, "<section class=\"verdict%s\"><b>", good ? "" : " bad");
	if (f->has_exit) {
		html_text(out, f->origin);
		fputs(": ", out);
		html_text(out, f->reason);
		fprintf(out, "</b> &#160; exit code %lld\n",
			(long long)f->code);
	} else {
		fputs("No verdict</b>\n", out);
	}
	fputs("<ul>", out);
	put_notes(out, f);
	fputs("</ul></section>\n", out);
}

/* --- what it was ------------------------------------------------------------- */

static void put_title(FILE *out, const struct flight *f)
{
	char text[64] = "", length[32];
	time_t at = (time_t)f->time;
	struct tm tm;

	if (f->time && gmtime_r(&at, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC, ",
			       &tm);
	fputs("<header><h1>Flight record of ", out);
	html_text(out, f->name[0] ? f->name : "a VM");
	fprintf(out, "</h1>\n<p>%s%s long</p></header>\n", text,
		html_time(f->length, length));
}

static void put_facts(FILE *out, const struct flight *f)
{
	char text[160], a[32];

	fputs("<section><h2>What was run</h2>\n<div class=\"split twin\">\n<table class=\"facts\">\n",
	      out);
	html_row(out, "guest",
		 !f->has_vm	   ? "there never was a VM"
		 : f->protected_vm ? "protected VM"
				   : "ordinary VM, not protected");
	(void)snprintf(text, sizeof(text), "%llu",
		       (unsigned long long)f->nr_vcpus);
	html_row(out, "vCPUs", text);
	html_row(out, "memory", html_bytes((double)f->mem, a));
	(void)snprintf(text, sizeof(text), "%s",
		       f->window ? html_bytes((double)f->window, a) : "none");
	html_row(out, "of it the window", text);
	fputs("</table>\n<table class=\"facts\">\n", out);
	html_row(out, "kernel", f->kernel[0] ? f->kernel : "none");
	html_row(out, "command line", f->params[0] ? f->params : "the default");
	(void)snprintf(text, sizeof(text), "Linux %s, %s", f->host, f->machine);
	html_row(out, "host", text);
	html_row(out, "lkvm-pvm", f->version);
	fputs("</table></div></section>\n", out);
}

/* --- events ------------------------------------------------------------------ */

static bool is_bad(const char *name)
{
	return !strcmp(name, "violation") || !strcmp(name, "reclaimed") ||
	       !strcmp(name, "panic") || !strcmp(name, "memlock");
}

static void put_event(FILE *out, const struct flight_event *e)
{
	fprintf(out, "<tr%s><td>%.3f</td><td>",
		is_bad(e->name) ? " class=\"bad\"" : "", e->t);
	html_text(out, e->name);
	fputs("</td><td>", out);
	html_text(out, e->text);
	fputs("</td></tr>\n", out);
}

static void put_events(FILE *out, const struct flight *f)
{
	unsigned int left_out = 0;

	if (!f->nr_events)
		return;
	fputs("<section><h2>Events</h2>\n<table class=\"words\"><thead><tr><th>seconds</th><th>event</th><th></th></tr></thead>\n",
	      out);
	for (unsigned int i = 0; i < f->nr_events; i++) {
		if (i >= FIRST_EVENTS && i + LAST_EVENTS < f->nr_events)
			left_out++;
		else
			put_event(out, &f->events[i]);
	}
	fputs("</table>\n", out);
	if (left_out || f->nr_more_events)
		fprintf(out,
			"<p class=\"about\">Not shown: %u between the first %u and these, and %u after them.</p>\n",
			left_out, FIRST_EVENTS, f->nr_more_events);
	fputs("</section>\n", out);
}

void flight_page(FILE *out, const struct flight *f)
{
	char title[120];

	(void)snprintf(title, sizeof(title), "Flight record of %s",
		       f->name[0] ? f->name : "a VM");
	html_head(out, title);
	put_title(out, f);
	put_verdict(out, f);
	put_facts(out, f);
	page_boot(out, f);
	page_memory(out, f);
	page_window(out, f);
	page_exits(out, f);
	page_devices(out, f);
	page_map(out, f);
	put_events(out, f);
	html_foot(out, f);
}
