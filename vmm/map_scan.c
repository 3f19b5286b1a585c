// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_scan.c: looks at all pages of a running VM, in a thread of its own.
 *
 * How this works: the control socket's clients ask again and again. The first
 * one starts the thread, the next ones learn how far it is, and who asks when
 * it is done takes the result (of one life of the guest: after a reset it is begun
 * anew): for each region one text of runs, "512u3p1r",
 * so many pages that are untouched, private, readable; where a trace tells, in
 * place of r: h the host's still, s was the guest's, x lost.
 */
#include "vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "control.h"
#include "log.h"
#include "thread.h"

#define REGIONS	 2U
#define TEXT_MAX MIB(4) /* a guest may share every other page */
/* Donations that are told one by one. */
#define TOLD_MAX 16384U
/* How many lives in a row may end before all of their pages are looked at. */
#define LOST_MAX 4U
/* How long a guest that has ended is looked at. */
#define KEEP_NS 5000000000

/* What a trace of the guest's faults adds to enum pvm_page. */
enum {
	PAGE_HOSTS = PVM_PAGE_READABLE + 1, /* readable, never the guest's */
	PAGE_GIVEN, /* readable, was the guest's: shared, or lost */
	PAGE_LOST,  /* the guest met it so, or the user had it taken */
};

struct map_region {
	const char *name;
	struct gpa_range range;
	uint8_t *states;	/* owned; one a page */
	struct donation *given; /* owned; NULL: no trace */
	char *runs;		/* owned */
	size_t len, size;
};

struct map_scan {
	struct vm *vm;
	pthread_t thread;
	struct map_region regions[REGIONS];
	uint64_t page, nr_pages, nr_done; /* done: atomic */
	bool cancel, finished;		  /* atomic */
	int64_t end_ns;			  /* of CLOCK_MONOTONIC; 0: never */
	int err;
	bool is_complete;	    /* the trace */
	uint64_t from_us, spent_us; /* of CLOCK_MONOTONIC */
	json_t *rings, *buffers;    /* owned; NULL: not looked at yet */
};

/* --- the thread ------------------------------------------------------------- */

static int add_run(struct map_region *g, uint64_t n, uint8_t state)
{
	static const char letters[] = {
		[PVM_PAGE_UNTOUCHED] = 'u', [PVM_PAGE_PRIVATE] = 'p',
		[PVM_PAGE_READABLE] = 'r',  [PAGE_HOSTS] = 'h',
		[PAGE_GIVEN] = 's',	    [PAGE_LOST] = 'x',
	};
	size_t size = g->size ? 2 * g->size : 4096;
	char *more;

	if (n == 0)
		return 0;
	if (g->size - g->len < 24) {
		if (size > TEXT_MAX)
			return -E2BIG;
		more = realloc(g->runs, size);
		if (!more)
			return -ENOMEM;
		g->runs = more;
		g->size = size;
	}
	g->len += (size_t)snprintf(g->runs + g->len, g->size - g->len, "%llu%c",
				   (unsigned long long)n, letters[state]);
	return 0;
}

static int add_runs(const struct map_scan *s, struct map_region *g)
{
	uint64_t nr = g->range.len / s->page, run = 0;
	int ret = 0;

	for (uint64_t i = 0; !ret && i < nr; i++) {
		run++;
		if (i + 1 < nr && g->states[i + 1] == g->states[i])
			continue;
		ret = add_run(g, run, g->states[i]);
		run = 0;
	}
	return ret;
}

static int look(struct map_scan *s, struct map_region *g)
{
	uint64_t nr = g->range.len / s->page, at = 0;
	int ret = 0;

	g->states = calloc(nr ? nr : 1, 1);
	if (!g->states)
		return -ENOMEM;
	while (!ret && at < nr &&
	       !__atomic_load_n(&s->cancel, __ATOMIC_RELAXED)) {
		unsigned int n = nr - at < PVM_MAP_MAX ? (unsigned int)(nr - at)
						       : PVM_MAP_MAX;

		if (s->end_ns && clock_ns() > s->end_ns)
			return -ETIME;
		ret = pvm_map_pages(s->vm->pvm, g->range.gpa + at * s->page, n,
				    g->states + at);
		at += n;
		__atomic_add_fetch(&s->nr_done, n, __ATOMIC_RELAXED);
	}
	return ret;
}

/*
 * What the trace, read after the look, says of pages that can be read. One that
 * was given to the guest since the look began may have been read before.
 */
static void tell_apart(struct map_scan *s, struct map_region *g,
		       const char *trace)
{
	uint64_t nr = g->range.len / s->page;
	bool complete = false;

	g->given = trace ? calloc(nr ? nr : 1, sizeof(*g->given)) : NULL;
	if (g->given)
		complete = donations_parse(trace, &g->range, s->page, g->given);
	s->is_complete &= complete;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t us = g->given ? g->given[i].us : 0;

		if (g->states[i] != PVM_PAGE_READABLE)
			continue;
		if (reclaim_is_lost(&s->vm->reclaim,
				    g->range.gpa + i * s->page))
			g->states[i] = PAGE_LOST;
		else if (us && us <= s->from_us)
			g->states[i] = PAGE_GIVEN;
		else if (!us && complete)
			g->states[i] = PAGE_HOSTS;
	}
}

static void *scan_thread(void *arg)
{
	struct map_scan *s = arg;
	char *trace;

	s->from_us = (uint64_t)clock_ns() / 1000;
	for (unsigned int i = 0; !s->err && i < REGIONS; i++)
		s->err = look(s, &s->regions[i]);
	if (!s->err && !s->rings)
		s->err = map_rings_look(s->vm, &s->rings, &s->buffers);
	trace = donations_text(&s->vm->donations);
	s->is_complete = trace != NULL;
	for (unsigned int i = 0; !s->err && i < REGIONS; i++) {
		if (s->vm->cfg->protected_vm)
			tell_apart(s, &s->regions[i], trace);
		s->err = add_runs(s, &s->regions[i]);
	}
	free(trace);
	s->spent_us = (uint64_t)clock_ns() / 1000 - s->from_us;
	__atomic_store_n(&s->finished, true, __ATOMIC_RELEASE);
	return NULL;
}

/* --- those who ask ---------------------------------------------------------- */

static struct map_scan *make(struct vm *vm)
{
	struct map_scan *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->page = (uint64_t)sysconf(_SC_PAGESIZE);
	s->vm = vm;
	s->regions[0] = (struct map_region){ .name = "window",
					     .range = vm->machine.window };
	s->regions[1] =
		(struct map_region){ .name = "RAM", .range = vm->machine.ram };
	for (unsigned int i = 0; i < REGIONS; i++)
		s->nr_pages += s->regions[i].range.len / s->page;
	return s;
}

static void destroy(struct map_scan *s)
{
	for (unsigned int i = 0; i < REGIONS; i++) {
		free(s->regions[i].states);
		free(s->regions[i].given);
		free(s->regions[i].runs);
	}
	json_decref(s->rings);
	json_decref(s->buffers);
	free(s);
}

static int start(struct vm *vm)
{
	struct map_scan *s = make(vm);
	int ret;

	if (!s)
		return -ENOMEM;
	ret = thread_start(&s->thread, "map", scan_thread, s);
	if (ret)
		free(s);
	else
		vm->map = s;
	return ret;
}

void map_scan_end(struct vm *vm)
{
	struct map_scan *s = vm->map;

	if (!s)
		return;
	__atomic_store_n(&s->cancel, true, __ATOMIC_RELAXED);
	pthread_join(s->thread, NULL);
	destroy(s);
	vm->map = NULL;
}

void map_scan_lose(struct vm *vm)
{
	if (!vm->map)
		return;
	map_scan_end(vm);
	vm->nr_maps_lost++;
}

static json_t *regions_json(const struct map_scan *s)
{
	json_t *all = json_array();

	for (unsigned int i = 0; i < REGIONS; i++) {
		const struct map_region *g = &s->regions[i];

		if (g->range.len &&
		    json_array_append_new(
			    all,
			    json_pack("{s:s, s:I, s:I, s:s}", "name", g->name,
				      "gpa", (json_int_t)g->range.gpa, "len",
				      (json_int_t)g->range.len, "runs",
				      g->runs ? g->runs : "")))
			break;
	}
	return all;
}

/* [guest address, microseconds of CLOCK_MONOTONIC, PC] */
static json_t *donation_json(gpa_t gpa, const struct donation *d)
{
	json_t *pc = json_sprintf("0x%llx", (unsigned long long)d->pc);

	return json_pack("[I, I, o]", (json_int_t)gpa, (json_int_t)d->us, pc);
}

static json_t *donations_json(const struct map_scan *s)
{
	json_t *all = json_array();

	for (unsigned int i = 0; i < REGIONS; i++) {
		const struct map_region *g = &s->regions[i];
		gpa_t gpa = g->range.gpa;

		for (uint64_t p = 0; g->given && p < g->range.len / s->page;
		     p++, gpa += s->page)
			if (g->given[p].us && json_array_size(all) < TOLD_MAX)
				(void)!json_array_append_new(
					all, donation_json(gpa, &g->given[p]));
	}
	return all;
}

static const char *trace_source(const struct map_scan *s)
{
	int err = s->vm->donations.err;

	if (!s->vm->cfg->protected_vm)
		return "none: an ordinary VM's pages stay the host's";
	if (!s->vm->cfg->debug)
		return "none: the VM was started without --debug";
	if (err == -EACCES || err == -EPERM)
		return "none: tracefs is not for this user";
	if (err)
		return "none: no tracefs, or no kvm_guest_fault in it";
	return s->is_complete
		       ? "tracefs: kvm_guest_fault, since the guest began"
		       : "tracefs: kvm_guest_fault, but the trace lost some";
}

static json_t *result_json(const struct map_scan *s)
{
	json_t *o;

	if (s->err)
		return json_pack("{s:s}", "error",
				 s->err == -E2BIG
					 ? "the map has too many pieces"
					 : errno_text(s->err));
	o = json_pack("{s:i, s:b, s:I, s:s, s:s, s:s}", "page", (int)s->page,
		      "protected", (int)s->vm->cfg->protected_vm, "spent_us",
		      (json_int_t)s->spent_us, "source_untouched", "mincore(2)",
		      "source_private", "write(2) of a byte to a pipe: EFAULT",
		      "source_given", trace_source(s));
	if (!o || json_object_set_new(o, "regions", regions_json(s)) ||
	    json_object_set(o, "rings", s->rings) ||
	    json_object_set(o, "buffers", s->buffers) ||
	    json_object_set_new(o, "donations", donations_json(s))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

json_t *map_scan_answer(struct vm *vm)
{
	struct map_scan *s = vm->map;
	json_t *o;
	int ret;

	if (!s && vm->nr_maps_lost >= LOST_MAX) {
		vm->nr_maps_lost = 0;
		return json_pack(
			"{s:s}", "error",
			"the guest is reset, again and again, before all its pages are looked at");
	}
	ret = s ? 0 : start(vm);
	if (ret)
		return json_pack("{s:s}", "error", errno_text(ret));
	s = vm->map;
	if (!__atomic_load_n(&s->finished, __ATOMIC_ACQUIRE))
		return json_pack("{s:I, s:I}", "pages", (json_int_t)s->nr_pages,
				 "done",
				 (json_int_t)__atomic_load_n(&s->nr_done,
							     __ATOMIC_RELAXED));
	o = result_json(s);
	map_scan_end(vm);
	vm->nr_maps_lost = 0;
	return o;
}

void map_scan_forget(struct vm *vm)
{
	json_decref(vm->last_rings);
	json_decref(vm->last_buffers);
	vm->last_rings = vm->last_buffers = NULL;
}

void map_scan_remember(struct vm *vm)
{
	const bool again =
		vm->verdict.reset && vm->cfg->on_reset == RESET_RESTART;

	map_scan_forget(vm);
	if (!again && vm->outputs && vm->outputs->map_path &&
	    map_rings_look(vm, &vm->last_rings, &vm->last_buffers))
		log_warn("--artifacts: too little memory for a map");
}

void map_scan_keep(struct vm *vm, const char *path)
{
	struct map_scan *s = make(vm);
	json_t *o = NULL;
	int ret = -ENOMEM;

	if (s) {
		s->end_ns = clock_ns() + KEEP_NS;
		s->rings = json_incref(vm->last_rings);
		s->buffers = json_incref(vm->last_buffers);
		(void)scan_thread(s);
		ret = s->err;
	}
	if (!ret)
		o = result_json(s);
	if (!ret)
		ret = o ? client_write_svg(path, o,
					   vm->control
						   ? control_name(vm->control)
						   : "a guest")
			: -ENOMEM;
	if (ret)
		log_warn("--artifacts: no map of the guest's memory in %s: %s",
			 path, errno_text(ret));
	json_decref(o);
	if (s)
		destroy(s);
}
