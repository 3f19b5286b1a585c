/* SPDX-License-Identifier: GPL-2.0-only */
/* clock.h: CLOCK_MONOTONIC as a number: what timeouts and events count by. */
#ifndef LKVM_PVM_CLOCK_H
#define LKVM_PVM_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

/* @ms from now: what pthread_cond_clockwait() is told. */
static inline struct timespec clock_after_ms(long ms)
{
	const int64_t ns = clock_ns() + ms * 1000000LL;

	return (struct timespec){ .tv_sec = ns / 1000000000,
				  .tv_nsec = ns % 1000000000 };
}

#endif
