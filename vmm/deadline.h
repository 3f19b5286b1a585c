/* SPDX-License-Identifier: GPL-2.0-only */
/* deadline.h: when a VM's time is over (--timeout, --boot-timeout). */
#ifndef LKVM_PVM_DEADLINE_H
#define LKVM_PVM_DEADLINE_H

#include "base.h"

struct vm;

/* Milliseconds of CLOCK_MONOTONIC, as are the @now_ms below. */
struct deadline {
	int64_t end_ms, boot_end_ms; /* 0: never */
	int64_t call_ns;	     /* see teardown.h */
	int64_t back_ms, asked_ms;   /* its teardown, and when that was asked */
};

/* A life begins: --timeout is of all of them, --boot-timeout of each. */
void deadline_begin(struct vm *vm, int64_t now_ms);

/* Ends a VM whose time is over. Loop's thread. */
void deadline_look(struct vm *vm, int64_t now_ms);

/* In how many milliseconds to look again, at least 1; 0: there is no limit. */
int64_t deadline_next(struct vm *vm, int64_t now_ms);

#endif
