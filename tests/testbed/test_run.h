/* SPDX-License-Identifier: GPL-2.0-only */
/* One emulated host and the tests that are run in it. */
#ifndef TESTBED_TEST_RUN_H
#define TESTBED_TEST_RUN_H

#include "test_list.h"

enum verdict {
	STOPPED, /* or not run */
	PASSED,
	FAILED,
	SKIPPED
};

/* All zero but the first members, which its owner sets. */
struct test_run {
	const struct options *opt;
	unsigned int nr;  /* of the hosts that there are */
	int stop_fd;	  /* of stop_signals() */
	int stdout_lock;  /* a file; lockf(3) by who prints */
	struct machine m; /* .fd -1 */

	struct machine_config cfg;
	const struct test *booted_for; /* NULL: no host runs */
	int log_fd;
	size_t log_len;
	char last[160]; /* the last line it wrote */
	size_t last_len;
	bool last_ended;
	char reason[600]; /* of the last verdict, or "" */
};

/* Runs @t, number @nr, and prints how it went. */
enum verdict test_run(struct test_run *r, const struct test *t,
		      unsigned int nr);

void test_run_stop_host(struct test_run *r);

#endif
