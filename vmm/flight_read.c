// SPDX-License-Identifier: GPL-2.0-only
/* flight_read.c: reads a record, which may be anybody's. */
#include "flight_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "text.h"
#include "flight.h"
#include "flight_series.h"

/* A line of ours has EVENTS_LINE bytes at most; others are none of ours. */
#define LINE_MAX_BYTES (4UL * EVENTS_LINE)

/* --- values ------------------------------------------------------------------ */

static uint64_t number(const json_t *o, const char *key)
{
	const json_t *n = json_object_get(o, key);

	return json_is_integer(n) && json_integer_value(n) > 0
		       ? (uint64_t)json_integer_value(n)
		       : 0;
}

static void take_text(char *out, size_t size, const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	text_copy(out, size, text ? text : "");
}

/* A counter never falls: what says so is not believed. */
static int add_count(struct flight_series *s, double t, const json_t *o,
		     const char *key)
{
	double v = (double)number(o, key), last = flight_last(s);

	return flight_series_add(s, t, v > last ? v : last);
}

/* --- lines ------------------------------------------------------------------- */

static int take_head(struct flight *f, const json_t *o, double t)
{
	(void)t;
	take_text(f->version, sizeof(f->version), o, "version");
	take_text(f->host, sizeof(f->host), o, "host");
	take_text(f->machine, sizeof(f->machine), o, "machine");
	take_text(f->kernel, sizeof(f->kernel), o, "kernel");
	take_text(f->params, sizeof(f->params), o, "params");
	f->time = (int64_t)number(o, "time");
	return 0;
}

static int take_machine(struct flight *f, const json_t *o, double t)
{
	(void)t;
	take_text(f->name, sizeof(f->name), o, "name");
	f->window = number(o, "window");
	f->page = number(o, "page") ? number(o, "page") : KIB(4);
	return 0;
}

static const char *const metric_keys[FLIGHT_NR_METRICS] = {
	[FLIGHT_LOCKED] = "locked",
	[FLIGHT_LIMIT] = "limit",
	[FLIGHT_LIMITED] = "limited",
	[FLIGHT_OWN] = "private",
	[FLIGHT_READABLE] = "readable",
	[FLIGHT_CONSOLE] = "console",
	[FLIGHT_RAM_FAULTS] = "ram_faults",
	[FLIGHT_WINDOW_FAULTS] = "window_faults",
	[FLIGHT_LOST_FAULTS] = "lost_faults",
	[FLIGHT_EXITS] = "exits",
	[FLIGHT_MMIO_USER] = "mmio_user",
	[FLIGHT_MMIO_KERNEL] = "mmio_kernel",
	[FLIGHT_SIGNALS] = "signals",
	[FLIGHT_WFI] = "wfi",
	[FLIGHT_WFE] = "wfe",
	[FLIGHT_HVC] = "hvc",
};

static int take_metrics(struct flight *f, const json_t *o, double t,
			unsigned int from, unsigned int to)
{
	int ret = 0;

	for (unsigned int m = from; !ret && m < to; m++) {
		struct flight_series *s = &f->metrics[m];

		if (!json_object_get(o, metric_keys[m]))
			continue;
		if (m >= FLIGHT_CONSOLE)
			ret = add_count(s, t, o, metric_keys[m]);
		else
			ret = flight_series_add(
				s, t, (double)number(o, metric_keys[m]));
	}
	return ret;
}

static int take_sample(struct flight *f, const json_t *o, double t)
{
	int ret = take_metrics(f, o, t, FLIGHT_LOCKED, FLIGHT_OWN);

	f->sample_before = f->sample_at;
	f->sample_at = t;
	return ret ? ret
		   : take_metrics(f, o, t, FLIGHT_CONSOLE, FLIGHT_NR_METRICS);
}

static int take_window(struct flight *f, const json_t *o, double t)
{
	return take_metrics(f, o, t, FLIGHT_OWN, FLIGHT_CONSOLE);
}

static int take_vcpu(struct flight *f, const json_t *o, double t)
{
	uint64_t i = number(o, "vcpu");

	(void)t;
	if (i >= FLIGHT_VCPUS)
		return 0;
	for (unsigned int m = FLIGHT_FIRST_EXIT; m < FLIGHT_NR_METRICS; m++)
		f->vcpus[i][m - FLIGHT_FIRST_EXIT] = number(o, metric_keys[m]);
	if (i >= f->nr_vcpu_counts)
		f->nr_vcpu_counts = (unsigned int)i + 1;
	return 0;
}

static struct flight_device *find_device(struct flight *f, const char *name)
{
	for (unsigned int i = 0; i < f->nr_devices; i++)
		if (!strcmp(f->devices[i].name, name))
			return &f->devices[i];
	if (f->nr_devices == FLIGHT_DEVICES)
		return NULL;
	memcpy(f->devices[f->nr_devices].name, name,
	       sizeof(f->devices[0].name));
	return &f->devices[f->nr_devices++];
}

/* What is told when it has changed had not at the sample before. */
static int hold(const struct flight *f, struct flight_series *s)
{
	if (!s->nr || s->points[s->nr - 1].t >= f->sample_before)
		return 0;
	return flight_series_add(s, f->sample_before, flight_last(s));
}

static int take_device(struct flight *f, const json_t *o, double t)
{
	static const char *const keys[FLIGHT_NR_COUNTS] = {
		[FLIGHT_REQUESTS] = "requests",
		[FLIGHT_BYTES] = "bytes",
		[FLIGHT_KICKS] = "kicks",
		[FLIGHT_INTERRUPTS] = "interrupts",
		[FLIGHT_OUTSIDE] = "outside",
		[FLIGHT_DROPPED] = "dropped",
		[FLIGHT_SEGMENT] = "max_segment",
		[FLIGHT_IN_FLIGHT] = "max_in_flight",
	};
	char name[sizeof(f->devices[0].name)] = "";
	struct flight_device *d;

	take_text(name, sizeof(name), o, "device");
	d = find_device(f, name);
	if (!d)
		return 0;
	for (unsigned int i = 0; i < FLIGHT_NR_COUNTS; i++)
		d->last[i] = number(o, keys[i]);
	d->partial = json_is_true(json_object_get(o, "partial"));
	if (hold(f, &d->requests) || hold(f, &d->bytes))
		return -1;
	return add_count(&d->requests, t, o, keys[FLIGHT_REQUESTS]) ||
			       add_count(&d->bytes, t, o, keys[FLIGHT_BYTES])
		       ? -1
		       : 0;
}

static struct flight_region *find_region(struct flight *f, const json_t *o)
{
	char name[sizeof(f->regions[0].name)] = "";

	take_text(name, sizeof(name), o, "region");
	for (unsigned int i = 0; name[0] && i < FLIGHT_REGIONS; i++) {
		struct flight_region *r = &f->regions[i];

		if (!r->name[0])
			memcpy(r->name, name, sizeof(r->name));
		if (!strcmp(r->name, name))
			return r;
	}
	return NULL;
}

static int take_map(struct flight *f, const json_t *o, double t)
{
	const char *cells = json_string_value(json_object_get(o, "cells"));
	struct flight_region *r = find_region(f, o);

	(void)t;
	if (!r || !cells)
		return 0;
	r->gpa = number(o, "gpa");
	r->len = number(o, "len");
	r->cell = number(o, "cell");
	while (*cells && r->nr_cells < sizeof(r->cells)) {
		bool known = strchr(".#o%", *cells) != NULL;

		r->cells[r->nr_cells] = '?';
		if (known)
			r->cells[r->nr_cells] = *cells;
		r->nr_cells++;
		cells++;
	}
	return 0;
}

static int take_map_total(struct flight *f, const json_t *o, double t)
{
	struct flight_region *r = find_region(f, o);

	(void)t;
	if (!r)
		return 0;
	r->has_total = true;
	r->page = number(o, "page");
	r->untouched = number(o, "untouched");
	r->own = number(o, "private");
	r->readable = number(o, "readable");
	r->unknown = number(o, "unknown");
	return 0;
}

/* --- events ------------------------------------------------------------------ */

/* "device blk0, queue 1": the members that are its own. */
static void describe(struct flight_event *e, const json_t *o)
{
	const json_t *v;
	const char *key;
	char value[32];

	for (void *i = json_object_iter((json_t *)(uintptr_t)o); i;
	     i = json_object_iter_next((json_t *)(uintptr_t)o, i)) {
		key = json_object_iter_key(i);
		v = json_object_iter_value(i);
		if (!strcmp(key, "v") || !strcmp(key, "ns") ||
		    !strcmp(key, "event"))
			continue;
		if (json_is_integer(v))
			(void)snprintf(value, sizeof(value), "%lld",
				       (long long)json_integer_value(v));
		else
			(void)snprintf(value, sizeof(value), "%s",
				       json_is_true(v)	  ? "yes"
				       : json_is_false(v) ? "no"
							  : "?");
		if (e->text[0])
			text_add(e->text, sizeof(e->text), ", ");
		text_add(e->text, sizeof(e->text), key);
		text_add(e->text, sizeof(e->text), " ");
		text_add(e->text, sizeof(e->text),
			 json_is_string(v) ? json_string_value(v) : value);
	}
}

static void take_known(struct flight *f, const json_t *o, const char *name)
{
	if (!strcmp(name, "created")) {
		f->has_vm = true;
		f->protected_vm = json_is_true(json_object_get(o, "protected"));
		f->mem = number(o, "mem");
		f->nr_vcpus = number(o, "vcpus");
	} else if (!strcmp(name, "loaded")) {
		f->nr_lives++;
	} else if (!strcmp(name, "violation")) {
		f->nr_violations++;
	} else if (!strcmp(name, "reclaimed")) {
		f->nr_reclaimed++;
	} else if (!strcmp(name, "exit")) {
		f->has_exit = true;
		f->code = (int64_t)number(o, "code");
		take_text(f->origin, sizeof(f->origin), o, "origin");
		take_text(f->reason, sizeof(f->reason), o, "reason");
	}
}

static int take_event(struct flight *f, const json_t *o, double t)
{
	struct flight_event *e = &f->events[f->nr_events];
	const char *name = json_string_value(json_object_get(o, "event"));

	take_known(f, o, name ? name : "");
	if (f->nr_events == FLIGHT_EVENTS) {
		f->nr_more_events++;
		return 0;
	}
	f->nr_events++;
	memset(e, 0, sizeof(*e));
	e->t = t;
	e->life = f->nr_lives ? f->nr_lives : 1;
	text_copy(e->name, sizeof(e->name), name ? name : "?");
	describe(e, o);
	return 0;
}

/* --- the whole of it --------------------------------------------------------- */

static const struct {
	const char *event;
	int (*take)(struct flight *f, const json_t *o, double t);
} kinds[] = {
	{ FLIGHT_HEAD, take_head }, { "machine", take_machine },
	{ "sample", take_sample },  { "window", take_window },
	{ "vcpu", take_vcpu },	    { "device", take_device },
	{ "map", take_map },	    { "map-total", take_map_total },
};

static int take(struct flight *f, const json_t *o)
{
	const char *event = json_string_value(json_object_get(o, "event"));
	double ns = (double)number(o, "ns"), t;

	if (f->nr_lines == 1)
		f->first_ns = ns;
	t = ns > f->first_ns ? (ns - f->first_ns) / 1e9 : 0;
	if (t > f->length)
		f->length = t;
	for (size_t i = 0; event && i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(event, kinds[i].event) != 0)
			continue;
		/* One thread writes them: earlier ones are none of ours. */
		if (t > f->last_time)
			f->last_time = t;
		return kinds[i].take(f, o, f->last_time) ? -ENOMEM : 0;
	}
	return take_event(f, o, t) ? -ENOMEM : 0;
}

/* Whether the first line is that of a record we can read. */
static int check_head(const json_t *o, char *why)
{
	const json_t *version = json_object_get(o, "v"),
		     *format = json_object_get(o, "format");
	const char *event = json_string_value(json_object_get(o, "event"));

	if (!json_is_integer(version) || !event) {
		(void)snprintf(why, FLIGHT_WHY,
			       "is no record; run --record makes one");
	} else if (strcmp(event, FLIGHT_HEAD) != 0) {
		(void)snprintf(
			why, FLIGHT_WHY,
			"has events alone, as --events writes them; give what run --record wrote");
	} else if (json_integer_value(version) != EVENTS_VERSION ||
		   json_integer_value(format) != FLIGHT_FORMAT) {
		(void)snprintf(
			why, FLIGHT_WHY,
			"is of format %lld.%lld, and lkvm-pvm %s knows %d.%d; read it with the version that wrote it",
			(long long)json_integer_value(version),
			(long long)json_integer_value(format), VERSION,
			EVENTS_VERSION, FLIGHT_FORMAT);
	} else {
		return 0;
	}
	return -EPROTO;
}

static int read_line(struct flight *f, const char *line, size_t len, char *why)
{
	json_t *o =
		len <= LINE_MAX_BYTES
			? json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL)
			: NULL;
	int ret = 0;

	f->nr_lines++;
	if (f->nr_lines == 1) {
		ret = check_head(o, why);
	} else if (!json_is_object(o)) {
		(void)snprintf(why, FLIGHT_WHY,
			       "is damaged: line %u is none of a record's",
			       f->nr_lines);
		ret = -EPROTO;
	}
	if (!ret) {
		ret = take(f, o);
		if (ret)
			(void)snprintf(why, FLIGHT_WHY, "out of memory");
	}
	json_decref(o);
	return ret;
}

int flight_read(struct flight *f, const char *text, size_t len, char *why)
{
	int ret = 0;

	memset(f, 0, sizeof(*f));
	f->vcpus = calloc(FLIGHT_VCPUS, sizeof(*f->vcpus));
	/* One more than there are: where the next would be. */
	f->events = calloc(FLIGHT_EVENTS + 1, sizeof(*f->events));
	if (!f->vcpus || !f->events) {
		(void)snprintf(why, FLIGHT_WHY, "out of memory");
		return -ENOMEM;
	}
	while (!ret && len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		if (!end) {
			f->is_cut = true;
			break;
		}
		ret = read_line(f, text, n, why);
		text += n + 1;
		len -= n + 1;
	}
	if (!ret && !f->nr_lines) {
		(void)snprintf(why, FLIGHT_WHY,
			       f->is_cut ? "has no whole line; is it a record?"
					 : "is empty");
		ret = -EPROTO;
	}
	return ret;
}

void flight_fini(struct flight *f)
{
	for (unsigned int m = 0; m < FLIGHT_NR_METRICS; m++)
		free(f->metrics[m].points);
	for (unsigned int i = 0; i < f->nr_devices; i++) {
		free(f->devices[i].requests.points);
		free(f->devices[i].bytes.points);
	}
	free(f->vcpus);
	free(f->events);
	memset(f, 0, sizeof(*f));
}
