// SPDX-License-Identifier: GPL-2.0-only
/*
 * donations.c: when each page of a VM was given to its guest.
 *
 * How this works: the guest's first touch of a page is a fault that KVM handles,
 * and tells in the tracepoint kvm_guest_fault. A trace of our own, of our threads
 * alone, collects these from before the first vCPU runs. Of a page that the host
 * can read it says whether the guest ever had it: without a fault it is the
 * host's still, and with one the guest shares it, or lost it.
 */
#include "donations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"
/* Text of the trace; a fault is some 130 bytes of it. */
#define MAX_TEXT MIB(64)
/* Bytes of a fault in the trace's buffers, and what all of these may have. */
#define RECORD	64U
#define MAX_KIB KIB(64)

void donations_begin(struct donations *d, gpa_t from, uint64_t nr_pages)
{
	uint64_t cpus = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t kib = nr_pages * RECORD / 1024 + 64;

	/* All of them may be on one CPU. */
	if (kib > MAX_KIB / cpus)
		kib = MAX_KIB / cpus;
	d->err = fault_trace_keep(&d->trace, TRACEFS, "map", (unsigned int)kib,
				  from);
}

void donations_end(struct donations *d)
{
	fault_trace_drop(&d->trace);
	d->err = -ENODATA;
}

/* "# entries-in-buffer/entries-written: 100/100   #P:2" */
static bool has_all(const char *text)
{
	static const char name[] = "entries-in-buffer/entries-written: ";
	const char *at = strstr(text, name);
	unsigned long long there;
	char *slash;

	if (!at)
		return false;
	there = strtoull(at + sizeof(name) - 1, &slash, 10);
	return *slash == '/' && strtoull(slash + 1, NULL, 10) == there;
}

bool donations_parse(const char *text, const struct gpa_range *r, uint64_t page,
		     struct donation *all)
{
	bool complete = has_all(text);
	struct fault_record f;

	while (fault_next(&text, &f)) {
		struct donation *one;

		if (f.ipa - r->gpa >= r->len)
			continue;
		one = &all[(f.ipa - r->gpa) / page];
		if (one->us && one->us <= f.us)
			continue;
		one->us = f.us ? f.us : 1;
		one->pc = f.pc;
	}
	return complete;
}

char *donations_text(const struct donations *d)
{
	return d->err ? NULL : fault_trace_text(&d->trace, MAX_TEXT);
}
