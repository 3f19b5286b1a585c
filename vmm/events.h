/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.h: what happens to a VM, one JSON object a line (--events). The schema
 * is the manual's; EVENTS_VERSION changes when a reader of an older one could
 * misunderstand it.
 */
#ifndef LKVM_PVM_EVENTS_H
#define LKVM_PVM_EVENTS_H

#include "sink.h"

#define EVENTS_VERSION 1
#define EVENTS_SINKS   2U
#define EVENTS_LINE    1024U /* bytes at most */

struct events {
	struct sink *sinks[EVENTS_SINKS]; /* NULL: none */
};

/*
 * Tells of @event, with the members @fmt makes: "\"vcpu\":%u".
 * Members that do not fit the line are left out. Never waits; any thread, any
 * lock. @e may be NULL.
 */
void events_tell(struct events *e, const char *event, const char *fmt, ...)
	__printf(3, 4);

/*
 * @text as a JSON string, with its quotes, in @buf of @size bytes: cut where it
 * does not fit, bytes that are no UTF-8 replaced. Returns @buf.
 */
const char *json_quote(char *buf, size_t size, const char *text);

/* Bytes of the UTF-8 character at @text, a string's NUL too; 0: it is none. */
size_t utf8_len(const char *text);

#endif
