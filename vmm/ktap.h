/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ktap.h: results of tests in what a guest prints: KTAP, the kernel's, and TAP,
 * with subtests by indentation or, as kselftest's, behind "# ". Any bytes come
 * here; what is kept of them is bounded.
 */
#ifndef LKVM_PVM_KTAP_H
#define LKVM_PVM_KTAP_H

#include "base.h"

#define KTAP_LINE  1024U      /* bytes; of a longer line the rest is ignored */
#define KTAP_DEPTH 16U	      /* deeper subtests count as these */
#define KTAP_TESTS 65536U     /* more are counted and not kept */
#define KTAP_TEXT  (8U << 20) /* bytes of names and reasons, likewise */
#define KTAP_NOTES 2048U      /* bytes of "# ..." in front of a result */
#define KTAP_NONE  UINT32_MAX

enum ktap_outcome {
	KTAP_PASSED,
	KTAP_FAILED,
	KTAP_SKIPPED,
	KTAP_EXPECTED, /* failed, or passed, as TODO or XFAIL say */
};

struct ktap_test {
	char *name;   /* owned; never empty */
	char *reason; /* owned: behind its directive; NULL: none */
	char *notes;  /* owned: of a test that failed; NULL: none */
	enum ktap_outcome outcome;
	unsigned int depth;
	uint32_t parent; /* the test it is a part of, or KTAP_NONE */
	bool has_parts;
};

/* What is said once, by each test without parts. */
struct ktap_totals {
	uint32_t passed, failed, skipped, expected;
	uint32_t missing; /* planned, and nothing said of them */
};

struct ktap_level {
	uint64_t planned; /* 0: not said */
	uint64_t seen;
	uint32_t first; /* the first test here whose parent is not known yet */
	bool any_failed;
};

struct ktap {
	char line[KTAP_LINE + 1];
	size_t len;

	bool seen; /* a line with a version: this is KTAP */
	bool bailed;
	char notes[KTAP_NOTES];
	size_t notes_len;
	unsigned int indents[KTAP_DEPTH], nr_indents; /* blanks, by depth */
	unsigned int hashes; /* depth of "# " subtests that began */

	struct ktap_test *tests; /* owned */
	uint32_t nr, room;
	uint32_t not_kept;
	size_t text;
	struct ktap_level levels[KTAP_DEPTH];
	struct ktap_totals totals;
	char first_failed[160]; /* its name, or "" */
};

void ktap_init(struct ktap *k);
void ktap_fini(struct ktap *k);
void ktap_hear(struct ktap *k, const uint8_t *bytes, size_t len);

/* There is nothing more to come: what was planned and did not come is missing. */
void ktap_end(struct ktap *k);

/* Whether anything failed or is missing. After ktap_end(). */
bool ktap_failed(const struct ktap *k);

/* "3 of 41 tests failed (first: NAME), 2 skipped" in @buf, printable. */
const char *ktap_say(const struct ktap *k, char *buf, size_t size);

#endif
