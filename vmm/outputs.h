/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outputs.h: where a run leaves word of itself: events, a record, a
 * verdict, the console's log, the service manager. They are there before the VM
 * is, and end after it.
 */
#ifndef LKVM_PVM_OUTPUTS_H
#define LKVM_PVM_OUTPUTS_H

#include "config.h"
#include "events.h"
#include "expect.h"
#include "ktap.h"
#include "notify.h"
#include "verdict.h"

#define OUTPUTS_TWICE 2U /* by an option of its own, and in --artifacts */

struct outputs {
	struct events events;
	struct expect expect;
	struct sink *logs[OUTPUTS_TWICE]; /* of the console */
	struct notify notify; /* the service manager; not of vCPUs */
	const struct config *cfg;
	bool wants_ktap;
	pthread_mutex_t lock;
	struct ktap ktap GUARDED_BY(lock);
	int junit; /* a descriptor; -1: none */
	struct {
		int fd; /* -1: none */
		const char *path;
	} verdicts[OUTPUTS_TWICE];
	/* Owned: in --artifacts, or NULL. */
	char *console_path, *events_path, *verdict_path, *dtb_path;
	char *record_path, *map_path;
};

/* Opens what @cfg asks for; 0, or -errno with the reason logged. */
int __must_check outputs_open(struct outputs *o, const struct config *cfg);

/*
 * The last words: the event "exit", the verdict. Closes everything, also what
 * an open() that failed left behind. Results or a verdict that cannot be written
 * are no success: @v is the host's failure then, if it was one.
 */
void outputs_close(struct outputs *o, struct verdict *v);

/* What is looked through for results of tests; any thread. */
void outputs_hear(struct outputs *o, const uint8_t *bytes, size_t len);

/* All was heard: what the results of tests make of @v. */
void outputs_judge(struct outputs *o, struct verdict *v);

/*
 * The verdict of a run that did not get as far as a VM: what was logged as an
 * error last is its reason.
 */
void outputs_failed(struct verdict *v, const char *origin);

/*
 * For a run that is refused: the same last words, by the options that were
 * understood. Nobody finds those of an earlier run.
 */
void outputs_refuse(const struct config *cfg, const char *origin,
		    const char *why);

#endif
