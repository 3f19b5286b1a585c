// SPDX-License-Identifier: GPL-2.0-only
/* test_host.c: properties of host.c, on a /proc and /sys of our own. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

static char root[] = "/tmp/lkvm-pvm-host-XXXXXX";

/* Writes @text to @path below the root, with the folders it needs. */
static void put(const char *path, const char *text)
{
	char full[256], *c;
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (c = full + strlen(root) + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		ck_assert(mkdir(full, 0700) == 0 || errno == EEXIST);
		*c = '/';
	}
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void setup(void)
{
	strcpy(root + strlen(root) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	put("/proc/meminfo", "MemTotal:       16000000 kB\n"
			     "MemFree:         1000000 kB\n"
			     "MemAvailable:    8388608 kB\n");
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}

static uint64_t available(const char *expected)
{
	const char *what = NULL;
	uint64_t bytes = 0;

	ck_assert_int_eq(host_memory_available_at(root, &bytes, &what), 0);
	ck_assert_str_eq(what, expected);
	return bytes;
}

START_TEST(without_cgroups_memavailable_counts)
{
	ck_assert_uint_eq(available("MemAvailable"), GIB(8));
}
END_TEST

START_TEST(without_meminfo_there_is_an_error)
{
	const char *what;
	uint64_t bytes;

	put("/proc/meminfo", "MemTotal: 1 kB\n");
	ck_assert_int_eq(host_memory_available_at(root, &bytes, &what),
			 -ENODATA);
	ck_assert_int_eq(
		host_memory_available_at("/nonexistent", &bytes, &what),
		-ENOENT);
}
END_TEST

static void put_cgroup(const char *self)
{
	char text[128];

	snprintf(text, sizeof(text), "1:name=systemd:/x\n0::%s\n", self);
	put("/proc/self/cgroup", text);
	put("/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
}

START_TEST(max_means_no_limit)
{
	put_cgroup("/a/b");
	put("/sys/fs/cgroup/a/b/memory.max", "max\n");
	put("/sys/fs/cgroup/a/b/memory.current", "999999999999\n");
	ck_assert_uint_eq(available("MemAvailable"), GIB(8));
}
END_TEST

START_TEST(the_tightest_cgroup_up_the_hierarchy_binds)
{
	put_cgroup("/a/b");
	put("/sys/fs/cgroup/a/b/memory.max", "4294967296\n");
	put("/sys/fs/cgroup/a/b/memory.current", "0\n");
	put("/sys/fs/cgroup/a/memory.max", "1073741824\n");
	put("/sys/fs/cgroup/a/memory.current", "73741824\n");
	ck_assert_uint_eq(available("the cgroup's memory.max"), 1000000000);
}
END_TEST

START_TEST(page_cache_of_the_cgroup_is_room)
{
	put_cgroup("/a");
	put("/sys/fs/cgroup/a/memory.max", "1000\n");
	put("/sys/fs/cgroup/a/memory.current", "900\n");
	put("/sys/fs/cgroup/a/memory.stat",
	    "anon 300\nfile 600\ninactive_file 400\nactive_file 200\n");
	ck_assert_uint_eq(available("the cgroup's memory.max"), 700);
}
END_TEST

START_TEST(a_full_cgroup_has_no_room)
{
	put_cgroup("/a");
	put("/sys/fs/cgroup/a/memory.max", "1000\n");
	put("/sys/fs/cgroup/a/memory.current", "1001\n");
	ck_assert_uint_eq(available("the cgroup's memory.max"), 0);
}
END_TEST

START_TEST(the_namespace_root_itself_is_looked_at)
{
	put_cgroup("/");
	put("/sys/fs/cgroup/memory.max", "4096\n");
	put("/sys/fs/cgroup/memory.current", "0\n");
	ck_assert_uint_eq(available("the cgroup's memory.max"), 4096);
}
END_TEST

START_TEST(a_cgroup_outside_the_namespace_is_left_alone)
{
	put_cgroup("/../x");
	put("/sys/fs/cgroup/memory.max", "4096\n");
	ck_assert_uint_eq(available("MemAvailable"), GIB(8));
}
END_TEST

START_TEST(a_hybrid_hierarchy_is_found)
{
	put("/proc/self/cgroup", "0::/a\n");
	put("/sys/fs/cgroup/unified/cgroup.controllers", "memory\n");
	put("/sys/fs/cgroup/unified/a/memory.max", "8192\n");
	ck_assert_uint_eq(available("the cgroup's memory.max"), 8192);
}
END_TEST

static struct host_memlock memlock(const char *status, const char *uid_map)
{
	struct host_memlock m;

	put("/proc/self/status", status);
	if (uid_map)
		put("/proc/self/uid_map", uid_map);
	ck_assert_int_eq(host_memlock_at(root, &m), 0);
	return m;
}

START_TEST(cap_ipc_lock_exempts_in_the_initial_user_namespace)
{
	static const char with[] = "CapEff:\t000001ffffffffff\n";
	static const char without[] = "CapEff:\t000001ffffffbfff\n";
	static const char initial[] = "         0          0 4294967295\n";
	static const char container[] = "         0     100000      65536\n";

	ck_assert(memlock(with, NULL).exempt);
	ck_assert(memlock(with, initial).exempt);
	ck_assert(!memlock(without, initial).exempt);
	ck_assert(!memlock(with, container).exempt);
	ck_assert(!memlock(with, "").exempt);
}
END_TEST

START_TEST(vmlck_is_what_is_charged)
{
	ck_assert_uint_eq(memlock("VmLck:\t    1234 kB\n", NULL).locked,
			  KIB(1234));
	ck_assert_uint_eq(memlock("", NULL).locked, 0);
}
END_TEST

START_TEST(vmrss_is_what_is_resident)
{
	static const char status[] = "VmHWM:\t 9 kB\nVmRSS:\t    56 kB\n";

	ck_assert_uint_eq(memlock(status, NULL).resident, KIB(56));
	ck_assert_uint_eq(memlock("", NULL).resident, 0);
}
END_TEST

START_TEST(sizes_read_well)
{
	char text[32];

	ck_assert_str_eq(host_size_text(KIB(64), text, 32), "64 KiB");
	ck_assert_str_eq(host_size_text(MIB(512), text, 32), "512 MiB");
	ck_assert_str_eq(host_size_text(MIB(1536), text, 32), "1536 MiB");
	ck_assert_str_eq(host_size_text(GIB(8), text, 32), "8 GiB");
	ck_assert_str_eq(host_size_text(GIB(8) + MIB(512), text, 32),
			 "8.5 GiB");
}
END_TEST

START_TEST(cpus_that_are_not_there_are_found)
{
	cpu_set_t sets[3], usable;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(usable), &usable), 0);
	CPU_ZERO(&sets[0]); /* anywhere */
	sets[1] = usable;
	CPU_ZERO(&sets[2]);
	ck_assert_int_eq(host_unusable_cpus(sets, 3), -1);
	/* Beside usable ones they do not matter. */
	CPU_SET(CPU_SETSIZE - 1, &sets[1]);
	ck_assert_int_eq(host_unusable_cpus(sets, 3), -1);
	if (CPU_ISSET(CPU_SETSIZE - 1, &usable))
		return; /* such a machine! */
	CPU_SET(CPU_SETSIZE - 1, &sets[2]);
	ck_assert_int_eq(host_unusable_cpus(sets, 3), 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host");
	TCase *tc = tcase_create("host");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_cgroups_memavailable_counts);
	tcase_add_test(tc, without_meminfo_there_is_an_error);
	tcase_add_test(tc, max_means_no_limit);
	tcase_add_test(tc, the_tightest_cgroup_up_the_hierarchy_binds);
	tcase_add_test(tc, page_cache_of_the_cgroup_is_room);
	tcase_add_test(tc, a_full_cgroup_has_no_room);
	tcase_add_test(tc, the_namespace_root_itself_is_looked_at);
	tcase_add_test(tc, a_cgroup_outside_the_namespace_is_left_alone);
	tcase_add_test(tc, a_hybrid_hierarchy_is_found);
	tcase_add_test(tc, cap_ipc_lock_exempts_in_the_initial_user_namespace);
	tcase_add_test(tc, vmlck_is_what_is_charged);
	tcase_add_test(tc, vmrss_is_what_is_resident);
	tcase_add_test(tc, sizes_read_well);
	tcase_add_test(tc, cpus_that_are_not_there_are_found);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
