/* SPDX-License-Identifier: GPL-2.0-only */
/* The e2e tests there are, and which host each needs. */
#ifndef TESTBED_TEST_LIST_H
#define TESTBED_TEST_LIST_H

#include "runner.h"

/*
 * A test is a script; "# key: value" in its head says what it needs:
 * host (a kind of host), smp, mem (MiB), timeout (seconds).
 */
struct test {
	char name[64];
	char path[256];
	char host[32];
	unsigned int smp, mem_mib, timeout_s;
};

struct test_list {
	struct test *tests; /* free() it; those of one kind of host together */
	unsigned int nr;
};

/* The scripts in @dir whose name fits one of the globs; 0 or -errno. */
int test_list_find(struct test_list *l, const char *dir, int argc, char **globs,
		   const struct options *opt);

/* 0: one host serves both. */
int test_compare_hosts(const struct test *a, const struct test *b);

#endif
