/* SPDX-License-Identifier: GPL-2.0-only */
/* One program run by the agent in the emulated host, and what it left. */
#ifndef TESTBED_JOB_H
#define TESTBED_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire.h"

#define JOB_MAX_ARGS 64

/* How many of these the host has; a job must not change them. */
struct job_traces {
	long vms;    /* directories of /sys/kernel/debug/kvm */
	long pinned; /* pages pinned for good, /proc/vmstat; -1 unknown */
};

struct job {
	pid_t pid; /* 0: none runs */
	bool is_test;
	bool timed_out;
	int in, out, err;	       /* our ends; -1 when closed or none */
	int kmsg;		       /* /dev/kmsg from the job's start on */
	char dir[64];		       /* its TMPDIR, removed at the end */
	int64_t start_ms, deadline_ms; /* monotonic; deadline 0: none */
	int status;		       /* of waitpid(), once pid is 0 again */
	struct job_traces before;

	/* Bytes for its stdin that did not fit yet. */
	bool in_ends; /* stdin is closed after them */
	size_t held_pos, held_len;
	char held[WIRE_MAX];
};

/*
 * Starts what a RUN frame asks for:
 *   arg=     repeatedly: the program and its arguments
 *   env=     repeatedly: "K=V"
 *   mode=    test (stdin empty, one output, watched for what it leaves),
 *            pipe (three pipes), tty (a terminal of rows= × cols=)
 *   timeout= milliseconds, 0 for none
 * Returns 0 or -errno; the job's fds are non-blocking.
 */
int job_start(struct job *job, const struct wire_frame *request);

/* Bytes for stdin, held back while it is full. */
void job_input(struct job *job, const char *data, size_t len);
void job_flush_input(struct job *job);
/* stdin ends once what is held is written; a terminal gets its EOF key. */
void job_input_end(struct job *job);
void job_winch(struct job *job, const struct wire_frame *frame);

/* Passes on what it wrote so far; false once that stream has ended. */
bool job_output(int *fd, int port, enum wire_type type);

/* The deadline passed: says what was running, then kills everything. */
void job_expire(struct job *job, int port);

/*
 * After the program's own end: waits a moment for what it started, kills the
 * rest, sends all output, kernel messages, consoles (*.log in TMPDIR, after a
 * failure) and the EXIT frame: status= timeout= ms= left= harm=.
 */
void job_finish(struct job *job, int port);

#endif
