/* SPDX-License-Identifier: GPL-2.0-only */
/* teardown.h: how long it takes to give a guest's memory back. */
#ifndef LKVM_PVM_TEARDOWN_H
#define LKVM_PVM_TEARDOWN_H

#include "base.h"

struct vm;

/* What an empty system call takes here, in nanoseconds. */
int64_t teardown_measure_call(void);

/* What it would take now, by that. */
int64_t teardown_ms(const struct vm *vm, int64_t call_ns);

#endif
