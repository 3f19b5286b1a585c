/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * junit.h: the file of --junit: a test case for each line of KTAP, or one for
 * the whole run when there is none.
 */
#ifndef LKVM_PVM_JUNIT_H
#define LKVM_PVM_JUNIT_H

#include <stdio.h>

#include "ktap.h"
#include "verdict.h"

/*
 * Writes it to @f; ferror() tells of failures. @k: ended, what was heard. @name:
 * what ran; @ms: for how long. Whatever the guest printed, it is well-formed.
 */
void junit_print(FILE *f, const struct ktap *k, const struct verdict *v,
		 const char *name, uint64_t ms);

/* The same into @fd, and closes it; -errno, logged, when it could not. */
int junit_write(int fd, const char *path, const struct ktap *k,
		const struct verdict *v, const char *name, uint64_t ms);

#endif
