/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selftest.h: the conformance suite for the host's pKVM. pvm/ has the checks
 * (pvm/selftest_*.c), vmm/ the verb that runs and prints them; neither knows
 * how the other does it.
 *
 * A check is a function that drives a small pVM step by step and ends with a
 * verdict. Each runs in a process of its own, so it may crash, hang, fork or
 * be poisoned.
 */
#ifndef LKVM_PVM_SELFTEST_H
#define LKVM_PVM_SELFTEST_H

#include <stdio.h>

#include "base.h"

/* struct selftest_check.flags */
#define SELFTEST_ROOT	     1U /* needs root */
#define SELFTEST_SLOW	     2U /* runs with --slow only */
#define SELFTEST_DESTRUCTIVE 4U /* disturbs other VMs; with --destructive */
/* What --leave-out leaves out is protection: it boots an ordinary VM. */
#define SELFTEST_UNPROTECT 8U

struct pvm_host;
struct selftest; /* a running check's: pvm/selftest_vm.h */

struct selftest_check {
	const char *name;    /* "area.what_holds", unique */
	const char *promise; /* one sentence of the document, or our words */
	const char *source;  /* the document, or "observed" */
	const char *decides; /* file:function of the kernel */
	const char *seen;    /* the first kernel it was seen on: "7.3" */
	/* What --leave-out leaves out, so that the check must fail; NULL:
	 * there is nothing to leave out. */
	const char *provocation;
	unsigned int flags;
	void (*run)(struct selftest *t);
};

struct selftest_area {
	const struct selftest_check *checks;
	unsigned int nr;
};

enum selftest_verdict {
	SELFTEST_PASS,
	SELFTEST_FAIL,
	SELFTEST_SKIP,
	SELFTEST_DIFFERS, /* failed, on another kernel than it was seen on */
	SELFTEST_TIMEOUT,
	SELFTEST_VERDICTS, /* how many there are */
};

struct selftest_result {
	enum selftest_verdict verdict;
	char seen[240]; /* one line; empty when it passed */
	unsigned int ms;
};

/* How a check runs: --leave-out, and --no-quirks. */
struct selftest_mode {
	bool leave_out;
	bool no_quirks;
};

struct selftest_suite {
	const struct selftest_area *const *areas;
	unsigned int nr_areas;
	void (*probe)(struct pvm_host *h, bool create); /* pvm_probe() */
	/*
	 * Runs @c in this process and does not return: the verdict goes to
	 * standard output as selftest_parse() reads it.
	 */
	void (*run)(const struct selftest_check *c,
		    const struct selftest_mode *mode);
};

/* The suite of this build. arm64 only. pvm/selftest.c */
extern const struct selftest_suite pvm_selftest;

/* What a report says about where it was made. */
struct selftest_host {
	char release[65], version[65]; /* uname */
	char machine[128];	       /* its name, "" when unknown */
	char cpus[160];		       /* "2 x 0x411fd083, ...": MIDR_EL1 */
	uint64_t memory;	       /* bytes; 0 when unknown */
	const char *mode;	       /* nVHE, hVHE, ... */
	unsigned int ipa_bits;
	bool its, ptrauth;
	uint64_t page_size;
	uint64_t memlock; /* soft limit, UINT64_MAX: none */
	bool memlock_exempt, root;
};

/* What is printed of a suite; results[i] is checks[i]'s. vmm/selftest_print.c
 */
struct selftest_print {
	FILE *out;
	bool verbose; /* what was promised, also of what passed */
	unsigned int nr, count[SELFTEST_VERDICTS];
};

const char *selftest_verdict_name(enum selftest_verdict v);
/* Control characters and "#" would end a KTAP field: replaced in @text. */
void selftest_sanitize(char *text);
/* Is @release (of uname) of the series @seen ("7.3": 7.3, 7.3.4, 7.3-rc1)? */
bool selftest_same_kernel(const char *release, const char *seen);
/*
 * What a check's process said: one line "pass", or "fail" or "skip", a space
 * and why. False when @text does not begin with such a line; @r is untouched
 * then.
 */
bool selftest_parse(struct selftest_result *r, const char *text);

void selftest_print_start(struct selftest_print *p,
			  const struct selftest_host *h, unsigned int planned);
void selftest_print_result(struct selftest_print *p,
			   const struct selftest_check *c,
			   const struct selftest_result *r);
void selftest_print_totals(const struct selftest_print *p);
/* 0 or -ENOMEM. */
int selftest_print_json(FILE *out, const struct selftest_host *h,
			const struct selftest_check *const *checks,
			const struct selftest_result *results, unsigned int nr);
void selftest_print_list(FILE *out, const struct selftest_check *const *checks,
			 unsigned int nr);
int selftest_print_list_json(FILE *out,
			     const struct selftest_check *const *checks,
			     unsigned int nr);

/* vmm/selftest_child.c: @c in a process of its own, ended after @seconds. */
void selftest_spawn(const struct selftest_check *c,
		    const struct selftest_mode *mode, unsigned int seconds,
		    struct selftest_result *r);

#endif
