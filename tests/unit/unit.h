/* SPDX-License-Identifier: GPL-2.0-only */
/* unit.h: what every unit test program shares. */
#ifndef LKVM_PVM_TESTS_UNIT_H
#define LKVM_PVM_TESTS_UNIT_H

#include <check.h>
#include <time.h>

#include "base.h"

/* Runs @s and returns the program's exit code. */
int unit_main(Suite *s);

static inline int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
