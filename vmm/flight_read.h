/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flight_read.h: what a record (flight.h) tells, read for `lkvm-pvm report`. A
 * record may come from anybody, and has words of the guest's in it: every text
 * here is UTF-8 without control characters, every list is bounded.
 */
#ifndef LKVM_PVM_FLIGHT_READ_H
#define LKVM_PVM_FLIGHT_READ_H

#include "base.h"

#define FLIGHT_FILE_MAX MIB(64)
#define FLIGHT_POINTS	4096U /* of a series; of more every other is dropped */
#define FLIGHT_EVENTS	2000U
#define FLIGHT_DEVICES	40U
#define FLIGHT_VCPUS	512U
#define FLIGHT_TEXT	256U
#define FLIGHT_WHY	256U

struct flight_point {
	double t, v; /* seconds since the record began */
};

/* In order of time. A counter's never falls. */
struct flight_series {
	struct flight_point *points; /* owned */
	unsigned int nr, size;
	unsigned int every, skipped; /* one point of so many stays */
	bool is_provisional;	     /* the last one does not */
};

enum flight_metric {
	FLIGHT_LOCKED,	 /* bytes */
	FLIGHT_LIMIT,	 /* bytes; no points: none */
	FLIGHT_LIMITED,	 /* vCPUs that wait at it */
	FLIGHT_OWN,	 /* pages of the window that are the guest's own */
	FLIGHT_READABLE, /* ... and that it shares */
	/* counters from here on */
	FLIGHT_CONSOLE,	   /* bytes */
	FLIGHT_RAM_FAULTS, /* no points: there was no trace */
	FLIGHT_WINDOW_FAULTS,
	FLIGHT_LOST_FAULTS,
	FLIGHT_EXITS,
	FLIGHT_MMIO_USER,
	FLIGHT_MMIO_KERNEL,
	FLIGHT_SIGNALS,
	FLIGHT_WFI,
	FLIGHT_WFE,
	FLIGHT_HVC,
	FLIGHT_NR_METRICS
};
#define FLIGHT_FIRST_EXIT FLIGHT_EXITS
#define FLIGHT_NR_EXITS	  (FLIGHT_NR_METRICS - FLIGHT_FIRST_EXIT)

enum flight_device_count {
	FLIGHT_REQUESTS,
	FLIGHT_BYTES,
	FLIGHT_KICKS,
	FLIGHT_INTERRUPTS,
	FLIGHT_OUTSIDE,
	FLIGHT_DROPPED,
	FLIGHT_SEGMENT,
	FLIGHT_IN_FLIGHT,
	FLIGHT_NR_COUNTS
};

struct flight_device {
	char name[32];
	uint64_t last[FLIGHT_NR_COUNTS];
	bool partial;
	struct flight_series requests, bytes;
};

struct flight_event {
	double t;
	char name[24];
	char text[FLIGHT_TEXT]; /* its members, "vcpu 0" */
	unsigned int life;	/* 1, 2, ... */
};

struct flight_region {
	char name[16]; /* "": none */
	uint64_t gpa, len, cell, page;
	unsigned int nr_cells;
	char cells[2048]; /* letters of `map`, or '?' */
	bool has_total;
	uint64_t untouched, own, readable, unknown; /* pages */
};
#define FLIGHT_REGIONS 2U

struct flight {
	/* The head, and what the VM is. */
	char version[32], host[80], machine[40], kernel[FLIGHT_TEXT];
	char params[FLIGHT_TEXT], name[80];
	int64_t time; /* seconds since 1970 */
	bool has_vm, protected_vm;
	uint64_t mem, window, nr_vcpus, page;

	double length; /* seconds */
	bool is_cut;   /* the last line is not whole */
	bool has_exit;
	int64_t code;
	char origin[16], reason[FLIGHT_TEXT];
	unsigned int nr_lives, nr_violations, nr_reclaimed, nr_lines;

	struct flight_series metrics[FLIGHT_NR_METRICS];
	struct flight_device devices[FLIGHT_DEVICES];
	unsigned int nr_devices;
	uint64_t (*vcpus)[FLIGHT_NR_EXITS]; /* owned; FLIGHT_VCPUS of them */
	unsigned int nr_vcpu_counts;	    /* ... that were told */
	struct flight_event *events;	    /* owned; the first FLIGHT_EVENTS */
	unsigned int nr_events, nr_more_events;
	struct flight_region regions[FLIGHT_REGIONS];

	/* While it is read; of the last two samples. */
	double first_ns, last_time, sample_at, sample_before;
};

/*
 * Reads @text of @len bytes. 0; or -EPROTO, -ENOMEM, with a line in @why
 * (FLIGHT_WHY bytes) that goes on from the file's name. flight_fini() either way.
 */
int __must_check flight_read(struct flight *f, const char *text, size_t len,
			     char *why);
void flight_fini(struct flight *f);

/* The value at @t, straight between points; 0 before the first. */
double flight_at(const struct flight_series *s, double t);
/* The last value of @s at @t, as steps. */
double flight_step(const struct flight_series *s, double t);
double flight_last(const struct flight_series *s);
double flight_most(const struct flight_series *s);

#endif
