/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * donations.h: when each page of a VM was given to its guest, and by which of the
 * guest's instructions: from a trace of its faults since it began.
 */
#ifndef LKVM_PVM_DONATIONS_H
#define LKVM_PVM_DONATIONS_H

#include "machine.h"
#include "reclaim.h"

struct donation {
	uint64_t us; /* of CLOCK_MONOTONIC; 0: none */
	uint64_t pc; /* the guest's */
};

/* What is known of a life's donations. */
struct donations {
	struct fault_trace trace;
	int err; /* of its beginning; 0: it is there */
};

/*
 * A life begins, or ends; the trace of a --debug VM of @nr_pages from @from on,
 * where tracefs can be written. end is idempotent on zeroed memory.
 */
void donations_begin(struct donations *d, gpa_t from, uint64_t nr_pages);
void donations_end(struct donations *d);

/*
 * The trace so far, the caller's; NULL: there is none. Any thread, beside a
 * running VM.
 */
char *donations_text(const struct donations *d);

/*
 * The first fault on each page of @r in such a text, into @all: an entry a page
 * of @page bytes, zeroed by the caller. True when the text has them all.
 */
bool donations_parse(const char *text, const struct gpa_range *r, uint64_t page,
		     struct donation *all);

#endif
