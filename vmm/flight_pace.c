// SPDX-License-Identifier: GPL-2.0-only
/* flight_pace.c: how often the flight recorder takes a sample. */
#include "flight.h"

#define FIRST_MS      50U
#define FIRST_SAMPLES 256U
#define MORE_SAMPLES  128U
#define LONGEST_MS    86400000U

/* A sample costs some reads of each vCPU's counters. */
void flight_pace_init(struct flight_pace *p, unsigned int nr_vcpus)
{
	p->interval_ms = FIRST_MS * (1 + (uint64_t)nr_vcpus / 8);
	p->left = FIRST_SAMPLES;
}

uint64_t flight_pace_next(struct flight_pace *p)
{
	if (p->left == 0) {
		p->left = MORE_SAMPLES;
		p->interval_ms *= 2;
		if (p->interval_ms > LONGEST_MS)
			p->interval_ms = LONGEST_MS;
	}
	p->left--;
	return p->interval_ms;
}
