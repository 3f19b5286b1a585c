// SPDX-License-Identifier: GPL-2.0-only
/*
 * flight_map.c: the states of a VM's pages for its record: how many of the
 * window's while it runs, and a picture of all of them at its end.
 */
#include "flight.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "vm.h"

#define LONGEST_NS 1000000000 /* the map at the end */

struct look {
	struct vm *vm;
	const bool *stop; /* atomic; NULL: never */
	int64_t end_ns;	  /* of CLOCK_MONOTONIC; 0: never */
};

/* A region's picture while it is made. */
struct picture {
	char cells[FLIGHT_LINE_CELLS + 1];
	unsigned int nr, at; /* in this line; in lines before */
	struct flight_pages in_cell, all;
};

char flight_cell(const struct flight_pages *p)
{
	if (p->unknown)
		return '?';
	if (p->own)
		return p->readable ? '%' : '#';
	return p->readable ? 'o' : '.';
}

static void count(struct flight_pages *p, uint8_t state)
{
	p->untouched += state == PVM_PAGE_UNTOUCHED;
	p->own += state == PVM_PAGE_PRIVATE;
	p->readable += state == PVM_PAGE_READABLE;
}

/* 0; -ETIME or -ECANCELED, with no look; or another -errno. */
static int look(const struct look *l, gpa_t gpa, unsigned int nr,
		uint8_t *states)
{
	if (l->stop && __atomic_load_n(l->stop, __ATOMIC_RELAXED))
		return -ECANCELED;
	if (l->end_ns && clock_ns() > l->end_ns)
		return -ETIME;
	return pvm_map_pages(l->vm->pvm, gpa, nr, states);
}

int flight_window(struct vm *vm, struct flight_pages *p, const bool *stop)
{
	const struct look l = { .vm = vm, .stop = stop };
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const struct gpa_range *w = &vm->machine.window;
	uint8_t states[PVM_MAP_MAX];
	int ret = 0;

	memset(p, 0, sizeof(*p));
	for (uint64_t at = 0; !ret && at < w->len; at += PVM_MAP_MAX * page) {
		uint64_t left = (w->len - at) / page;
		unsigned int nr =
			left < PVM_MAP_MAX ? (unsigned int)left : PVM_MAP_MAX;

		ret = look(&l, w->gpa + at, nr, states);
		for (unsigned int i = 0; !ret && i < nr; i++)
			count(p, states[i]);
	}
	return ret;
}

/* --- the map at the end ------------------------------------------------------ */

static void put_line(struct vm *vm, struct picture *p, const char *region,
		     const struct gpa_range *r, uint64_t cell)
{
	if (p->nr == 0)
		return;
	p->cells[p->nr] = '\0';
	events_record(
		&vm->outputs->events, "map",
		"\"region\":\"%s\",\"gpa\":%llu,\"len\":%llu,\"cell\":%llu,\"at\":%u,\"cells\":\"%s\"",
		region, (unsigned long long)r->gpa, (unsigned long long)r->len,
		(unsigned long long)cell, p->at, p->cells);
	p->at += p->nr;
	p->nr = 0;
}

static void end_cell(struct vm *vm, struct picture *p, const char *region,
		     const struct gpa_range *r, uint64_t cell)
{
	p->cells[p->nr++] = flight_cell(&p->in_cell);
	p->all.untouched += p->in_cell.untouched;
	p->all.own += p->in_cell.own;
	p->all.readable += p->in_cell.readable;
	p->all.unknown += p->in_cell.unknown;
	memset(&p->in_cell, 0, sizeof(p->in_cell));
	if (p->nr == FLIGHT_LINE_CELLS)
		put_line(vm, p, region, r, cell);
}

static void map_region(const struct look *l, const char *region,
		       const struct gpa_range *r)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), per_cell = 1, n = 0;
	uint8_t states[PVM_MAP_MAX];
	struct picture p = { .nr = 0 };
	int64_t from = clock_ns();

	while (r->len / page / per_cell > FLIGHT_CELLS)
		per_cell *= 2;
	while (n < r->len / page) {
		uint64_t left = r->len / page - n;
		unsigned int nr =
			left < PVM_MAP_MAX ? (unsigned int)left : PVM_MAP_MAX;
		int ret = look(l, r->gpa + n * page, nr, states);

		for (unsigned int i = 0; i < nr; i++) {
			if (ret)
				p.in_cell.unknown++;
			else
				count(&p.in_cell, states[i]);
			if (++n % per_cell == 0 || n == r->len / page)
				end_cell(l->vm, &p, region, r, per_cell * page);
		}
	}
	put_line(l->vm, &p, region, r, per_cell * page);
	events_record(
		&l->vm->outputs->events, "map-total",
		"\"region\":\"%s\",\"page\":%llu,\"untouched\":%llu,\"private\":%llu,\"readable\":%llu,\"unknown\":%llu,\"us\":%lld",
		region, (unsigned long long)page,
		(unsigned long long)p.all.untouched,
		(unsigned long long)p.all.own,
		(unsigned long long)p.all.readable,
		(unsigned long long)p.all.unknown,
		(long long)(clock_ns() - from) / 1000);
}

void flight_map(struct vm *vm)
{
	const struct look l = { .vm = vm, .end_ns = clock_ns() + LONGEST_NS };

	if (vm->machine.window.len)
		map_region(&l, "window", &vm->machine.window);
	map_region(&l, "RAM", &vm->machine.ram);
}
