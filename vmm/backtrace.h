/* SPDX-License-Identifier: GPL-2.0-only */
/* backtrace.h: where the threads of this process are. */
#ifndef LKVM_PVM_BACKTRACE_H
#define LKVM_PVM_BACKTRACE_H

#include <jansson.h>

/*
 * Of each thread its number, name, what it waits for and in which functions, as
 * far as that is known: {"threads":[...]}. @proc is "/proc/self". NULL: no
 * memory. It asks the kernel and reads stacks: no thread is stopped or called.
 */
json_t *backtrace_json(const char *proc);

#endif
