/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.h: what happens to a VM, one JSON object a line (--events). The schema
 * is the manual's; EVENTS_VERSION changes when a reader of an older one could
 * misunderstand it. The same lines, and samples between them, are a record of
 * --record (flight.h).
 */
#ifndef LKVM_PVM_EVENTS_H
#define LKVM_PVM_EVENTS_H

#include "sink.h"

#define EVENTS_VERSION 1
#define EVENTS_SINKS   2U
#define EVENTS_LINE    1024U /* bytes at most */

/*
 * A record is of RECORD_MAX bytes at most. Samples leave room for events, and
 * these for what is said at the end.
 */
#define RECORD_SAMPLES MIB(8)
#define RECORD_EVENTS  MIB(15)
#define RECORD_MAX     MIB(16)

struct events {
	struct sink *sinks[EVENTS_SINKS];   /* NULL: none */
	struct sink *records[EVENTS_SINKS]; /* get the samples, too */
	uint64_t recorded; /* bytes of a record so far; atomic */
	bool is_full;	   /* ... which was said; atomic */
	bool is_ending; /* what comes now has the room to RECORD_MAX; atomic */
};

/*
 * Tells of @event, with the members @fmt makes: "\"vcpu\":%u".
 * Members that do not fit the line are left out. Never waits; any thread, any
 * lock. @e may be NULL.
 */
void events_tell(struct events *e, const char *event, const char *fmt, ...)
	__printf(3, 4);

/* The same of samples, for records alone. */
void events_record(struct events *e, const char *event, const char *fmt, ...)
	__printf(3, 4);

static inline bool events_has_record(const struct events *e)
{
	return e->records[0] || e->records[1];
}

/*
 * @text as a JSON string, with its quotes, in @buf of @size bytes: cut where it
 * does not fit, bytes that are no UTF-8 replaced. Returns @buf.
 */
const char *json_quote(char *buf, size_t size, const char *text);

#endif
