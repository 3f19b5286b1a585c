/* SPDX-License-Identifier: GPL-2.0-only */
/* How much CPU time cgroups leave to this process. */
#ifndef TESTBED_QUOTA_H
#define TESTBED_QUOTA_H

/*
 * Whole CPUs that the quotas of this process's cgroup, and of those above it, come
 * to, of either version of cgroups: 1 at least, LONG_MAX without a quota. @root is
 * put before each path: "" but in tests.
 */
long quota_cpus(const char *root);

#endif
