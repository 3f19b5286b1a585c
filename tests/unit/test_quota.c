// SPDX-License-Identifier: GPL-2.0-only
// How many CPUs cgroups leave to the testbed.
#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../testbed/quota.h"

static char root[64];

static void setup(void)
{
	strcpy(root, "/tmp/lkvm-pvm-quota-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}

static void file(const char *path, const char *text)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "f='%s/%s'; mkdir -p \"${f%%/*}\"; printf '%%b' '%s' >\"$f\"",
		 root, path, text);
	ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}

START_TEST(without_a_quota_there_is_no_limit)
{
	ck_assert_int_eq(quota_cpus(root), LONG_MAX);
	file("proc/self/cgroup", "0::/a/b\\n");
	ck_assert_int_eq(quota_cpus(root), LONG_MAX);
	file("sys/fs/cgroup/a/b/cpu.max", "max 100000\\n");
	ck_assert_int_eq(quota_cpus(root), LONG_MAX);
	file("proc/self/cgroup", "nonsense\\n\\n1:cpu\\n");
	ck_assert_int_eq(quota_cpus(root), LONG_MAX);
}
END_TEST

START_TEST(the_smallest_quota_on_the_way_up_counts)
{
	file("proc/self/cgroup", "0::/a/b\\n");
	file("sys/fs/cgroup/a/b/cpu.max", "850000 100000\\n");
	ck_assert_int_eq(quota_cpus(root), 8);
	file("sys/fs/cgroup/a/cpu.max", "290000 100000\\n");
	ck_assert_int_eq(quota_cpus(root), 2);
	/* A container sees its own as the root's. */
	file("sys/fs/cgroup/cpu.max", "20000 100000\\n");
	ck_assert_int_eq(quota_cpus(root), 1);
}
END_TEST

START_TEST(version_1_has_its_own_files)
{
	file("proc/self/cgroup", "5:cpuset:/c\\n4:cpuacct,cpu:/d\\n0::/\\n");
	file("sys/fs/cgroup/cpu/d/cpu.cfs_quota_us", "-1\\n");
	file("sys/fs/cgroup/cpu/d/cpu.cfs_period_us", "100000\\n");
	ck_assert_int_eq(quota_cpus(root), LONG_MAX);
	file("sys/fs/cgroup/cpu/d/cpu.cfs_quota_us", "400000\\n");
	ck_assert_int_eq(quota_cpus(root), 4);
	file("proc/self/cgroup", "5:cpuset:/d\\n");
	ck_assert_int_eq(quota_cpus(root), LONG_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("quota");
	TCase *tc = tcase_create("quota");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_a_quota_there_is_no_limit);
	tcase_add_test(tc, the_smallest_quota_on_the_way_up_counts);
	tcase_add_test(tc, version_1_has_its_own_files);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
