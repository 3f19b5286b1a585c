// SPDX-License-Identifier: GPL-2.0-only
/*
 * flight_trace.c: counts the guest's page faults, from the tracepoint
 * kvm_guest_fault, in RAM and in the window.
 *
 * How this works: the trace is read as it is written, by trace_pipe, which hands
 * out each line once.
 */
#include "flight_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX	   "record"
#define MAX_READS  1024U /* at a time: others want to be looked at, too */
#define BUFFER_KIB 256U	 /* a CPU: some 4000 faults between two looks */

int flight_trace_begin(struct flight_trace *t, const char *tracefs,
		       const struct machine *m)
{
	gpa_t from = m->ram.gpa;
	char path[160];
	int ret;

	memset(t, 0, sizeof(*t));
	t->pipe = -1;
	if (m->window.len && m->window.gpa < from)
		from = m->window.gpa;
	ret = fault_trace_keep(&t->trace, tracefs, SUFFIX, BUFFER_KIB, from);
	if (ret)
		return ret;
	(void)snprintf(path, sizeof(path), "%s/trace_pipe", t->trace.dir);
	t->pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (t->pipe >= 0)
		return 0;
	ret = -errno;
	fault_trace_drop(&t->trace);
	return ret;
}

static bool is_in(const struct gpa_range *r, gpa_t gpa)
{
	return gpa - r->gpa < r->len;
}

void flight_trace_count(struct flight_trace *t, const struct machine *m)
{
	char *end = memrchr(t->text, '\n', t->len);
	const char *at = t->text;
	struct fault_record r;

	if (!end) {
		if (t->len == sizeof(t->text) - 1)
			t->len = 0; /* none of a trace's */
		return;
	}
	*end = '\0';
	while (fault_next(&at, &r)) {
		t->ram += is_in(&m->ram, r.ipa);
		t->window += is_in(&m->window, r.ipa);
	}
	for (at = t->text; (at = strstr(at, "[LOST ")); at++)
		t->lost += strtoull(at + 6, NULL, 10);
	t->len -= (size_t)(end + 1 - t->text);
	memmove(t->text, end + 1, t->len);
}

void flight_trace_take(struct flight_trace *t, const struct machine *m)
{
	ssize_t n;

	if (t->pipe < 0)
		return;
	for (unsigned int i = 0; i < MAX_READS; i++) {
		n = read(t->pipe, t->text + t->len,
			 sizeof(t->text) - 1 - t->len);
		if (n <= 0)
			break;
		t->len += (size_t)n;
		t->text[t->len] = '\0';
		flight_trace_count(t, m);
	}
}

void flight_trace_end(struct flight_trace *t, const struct machine *m)
{
	flight_trace_take(t, m);
	if (t->pipe >= 0)
		close(t->pipe);
	t->pipe = -1;
	fault_trace_drop(&t->trace);
}
