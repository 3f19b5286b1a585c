/* SPDX-License-Identifier: GPL-2.0-only */
/* flight_trace.h: the guest's page faults, counted as the kernel traces them. */
#ifndef LKVM_PVM_FLIGHT_TRACE_H
#define LKVM_PVM_FLIGHT_TRACE_H

#include "machine.h"
#include "reclaim.h"

struct flight_trace {
	struct fault_trace trace;
	int pipe; /* trace_pipe; -1: none */
	char text[2048 + 1];
	size_t len; /* of a line that is not whole yet */
	/* Faults so far, and what the trace had no room for. */
	uint64_t ram, window, lost;
};

/*
 * From here on, of threads that this one makes. 0, or -errno: tracefs cannot be
 * used, which takes root. @m says what RAM is.
 */
int __must_check flight_trace_begin(struct flight_trace *t, const char *tracefs,
				    const struct machine *m);
/* What was traced meanwhile; never waits. */
void flight_trace_take(struct flight_trace *t, const struct machine *m);
/* Takes the last of it. Idempotent. */
void flight_trace_end(struct flight_trace *t, const struct machine *m);

/* Counts what is in the lines of @t->text, and keeps the rest. */
void flight_trace_count(struct flight_trace *t, const struct machine *m);

#endif
