/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink.h: a file, pipe or descriptor of the user's that gets text as it comes
 * up: events, the console's log. Giving it text never waits: a thread of its own
 * writes. What finds no room, because a reader does not read, is lost, and so is
 * everything after an error: one line each says so.
 */
#ifndef LKVM_PVM_SINK_H
#define LKVM_PVM_SINK_H

#include "base.h"

#define SINK_ROOM KIB(128) /* of text that was not written yet */

struct sink;

/*
 * Opens @target for @option ("--events", for log lines): a file, which is
 * emptied, "-" for standard output, "fd:N" for a descriptor we were given. Both
 * are borrowed. 0, or -errno with the reason logged.
 */
int __must_check sink_open(struct sink **out, const char *option,
			   const char *target);

/* All of @text, or nothing when there is no room. Any thread, any lock. */
void sink_write(struct sink *s, const char *text, size_t len);

/*
 * Writes what is left, for 2 s at most when nobody reads it. NULL is fine.
 */
void sink_close(struct sink *s);

#endif
