// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_scan.c: looks at all pages of a running VM, in a thread of its own.
 *
 * How this works: the control socket's clients ask again and again. The first
 * one starts the thread, the next ones learn how far it is, and who asks when
 * it is done takes the result: for each region one text of runs, "512u3p1r",
 * so many pages that are untouched, private, readable.
 */
#include "vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "log.h"

#define REGIONS	 2U
#define TEXT_MAX MIB(4) /* a guest may share every other page */

struct map_region {
	const char *name;
	struct gpa_range range;
	char *runs; /* owned */
	size_t len, size;
};

struct map_scan {
	struct vm *vm;
	pthread_t thread;
	struct map_region regions[REGIONS];
	uint64_t nr_pages, nr_done; /* done: atomic */
	bool cancel, finished;	    /* atomic */
	int err;
	uint64_t spent_us;
};

static int add_run(struct map_region *g, uint64_t n, uint8_t state)
{
	static const char letters[] = { [PVM_PAGE_UNTOUCHED] = 'u',
					[PVM_PAGE_PRIVATE] = 'p',
					[PVM_PAGE_READABLE] = 'r' };
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

static int scan_region(struct map_scan *s, struct map_region *g)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), run = 0;
	uint64_t left = g->range.len / page;
	uint8_t states[PVM_MAP_MAX], state = PVM_PAGE_UNTOUCHED;
	gpa_t gpa = g->range.gpa;
	int ret = 0;

	while (!ret && left && !__atomic_load_n(&s->cancel, __ATOMIC_RELAXED)) {
		unsigned int n =
			left < PVM_MAP_MAX ? (unsigned int)left : PVM_MAP_MAX;

		ret = pvm_map_pages(s->vm->pvm, gpa, n, states);
		for (unsigned int i = 0; !ret && i < n; i++) {
			if (states[i] != state) {
				ret = add_run(g, run, state);
				state = states[i];
				run = 0;
			}
			run++;
		}
		gpa += n * page;
		left -= n;
		__atomic_add_fetch(&s->nr_done, n, __ATOMIC_RELAXED);
	}
	return ret ? ret : add_run(g, run, state);
}

static void *scan_thread(void *arg)
{
	struct map_scan *s = arg;
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned int i = 0; !s->err && i < REGIONS; i++)
		s->err = scan_region(s, &s->regions[i]);
	clock_gettime(CLOCK_MONOTONIC, &to);
	s->spent_us = (uint64_t)((to.tv_sec - from.tv_sec) * 1000000 +
				 (to.tv_nsec - from.tv_nsec) / 1000);
	__atomic_store_n(&s->finished, true, __ATOMIC_RELEASE);
	return NULL;
}

static int start(struct vm *vm)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct map_scan *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return -ENOMEM;
	s->vm = vm;
	s->regions[0] = (struct map_region){ .name = "window",
					     .range = vm->machine.window };
	s->regions[1] =
		(struct map_region){ .name = "RAM", .range = vm->machine.ram };
	for (unsigned int i = 0; i < REGIONS; i++)
		s->nr_pages += s->regions[i].range.len / page;
	ret = -pthread_create(&s->thread, NULL, scan_thread, s);
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
	for (unsigned int i = 0; i < REGIONS; i++)
		free(s->regions[i].runs);
	free(s);
	vm->map = NULL;
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

static json_t *result_json(const struct map_scan *s)
{
	if (s->err)
		return json_pack("{s:s}", "error",
				 s->err == -E2BIG
					 ? "the map has too many pieces"
					 : errno_text(s->err));
	return json_pack("{s:i, s:b, s:I, s:s, s:s, s:o}", "page",
			 (int)sysconf(_SC_PAGESIZE), "protected",
			 (int)s->vm->cfg->protected_vm, "spent_us",
			 (json_int_t)s->spent_us, "source_untouched",
			 "mincore(2)", "source_private",
			 "write(2) of a byte to a pipe: EFAULT", "regions",
			 regions_json(s));
}

json_t *map_scan_answer(struct vm *vm)
{
	struct map_scan *s = vm->map;
	int ret = s ? 0 : start(vm);
	json_t *o;

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
	return o;
}
