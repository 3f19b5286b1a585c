/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flight.h: the flight recorder. A record (--record) is JSON, a line each: the
 * events of --events, and between them samples of counters, which all grow from
 * 0 over all lives of the VM. The schema is the manual's (RECORDS).
 */
#ifndef LKVM_PVM_FLIGHT_H
#define LKVM_PVM_FLIGHT_H

#include "base.h"
#include "config.h"
#include "events.h"

#define FLIGHT_HEAD   "record"
#define FLIGHT_FORMAT 1

/* Of the final map: a letter a cell, so many lines of so many. */
#define FLIGHT_CELLS	  2048U
#define FLIGHT_LINE_CELLS 512U

/* flight_head.c: the first line. */
void flight_head(struct events *e, const struct config *cfg);

/* --- how often (flight_pace.c) ---------------------------------------------- */

/*
 * Often at first, then ever more seldom, so that a record is as fine as a
 * picture of the whole run can show, however long that is: 128 samples at least
 * in the last half of it, and some 3000 in a year.
 */
struct flight_pace {
	uint64_t interval_ms;
	unsigned int left; /* samples until it doubles */
};

void flight_pace_init(struct flight_pace *p, unsigned int nr_vcpus);
/* Milliseconds to the next sample; at most a day. */
uint64_t flight_pace_next(struct flight_pace *p);

/* --- pages (flight_map.c) --------------------------------------------------- */

struct flight_pages {
	uint64_t untouched, own, readable, unknown;
};

/* The letter of a cell that has such pages, as `map` draws them. */
char flight_cell(const struct flight_pages *p);

struct vm;

/* How many pages of the window are in which state; looks at each. 0 or -errno. */
int __must_check flight_window(struct vm *vm, struct flight_pages *p,
			       const bool *stop);
/* The map at the end, for 1 s at most; no vCPU runs. */
void flight_map(struct vm *vm);

/* --- the recorder (recorder.c), main thread --------------------------------- */

/* A life of the VM: between these it exists. Nothing happens without --record. */
void recorder_begin(struct vm *vm);
/* @last: there is no other life, and so there will be a map. */
void recorder_end(struct vm *vm, bool last);
/* Frees; ends what goes on. */
void recorder_fini(struct vm *vm);

#endif
