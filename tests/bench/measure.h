/* SPDX-License-Identifier: GPL-2.0-only */
/* measure.h: one run of a program, watched from outside. */
#ifndef LKVM_PVM_TESTS_MEASURE_H
#define LKVM_PVM_TESTS_MEASURE_H

#include <stdbool.h>

#define MIB_OF(n) ((unsigned long long)(n) << 20)

struct sample {
	double ms;     /* start to marker, or to exit without a marker */
	double end_ms; /* start to exit */
	double exits, user_exits; /* KVM's statistics at the marker */
	double lck_kib;		  /* VmLck at the marker */
	double pss_kib;	 /* at the marker, mappings of ram_bytes left out */
	int status;	 /* wait status */
	char tail[2048]; /* the last output */
};

/*
 * Runs @argv with stdin at its end and stdout and stderr in a pipe, in memory
 * that has no code of earlier programs in it; samples when @marker (NULL: none)
 * appears, then lets it end (120 s at most).
 * @ram_bytes: a mapping of at least this size is the guest's RAM. False when it
 * failed or never printed the marker.
 */
bool measure_until(const char *const *argv, const char *marker,
		   unsigned long long ram_bytes, struct sample *s);

/* Runs @argv to its end: the exits of all VMs meanwhile, by their tracepoint. */
double measure_exits(const char *const *argv, struct sample *s);

#endif
