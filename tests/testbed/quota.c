// SPDX-License-Identifier: GPL-2.0-only
// How much CPU time cgroups leave to this process.
#include "quota.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MOUNT "/sys/fs/cgroup"

// Two numbers, in one file or in one each; false: there is no quota.
static bool read_quota(const char *dir, bool is_v1, long long *quota,
		       long long *period)
{
	static const char *const names[] = { "cpu.cfs_quota_us",
					     "cpu.cfs_period_us" };
	long long *const numbers[] = { quota, period };
	char path[1024];
	int nr = 0;
	FILE *f;

	for (int i = 0; i < (is_v1 ? 2 : 1); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir,
			 is_v1 ? names[i] : "cpu.max");
		f = fopen(path, "re");
		if (!f)
			return false;
		// Version 2 says "max" when there is none, version 1 says -1.
		if (is_v1)
			nr += fscanf(f, "%lld", numbers[i]) == 1;
		else
			nr = fscanf(f, "%lld %lld", quota, period);
		fclose(f);
	}
	return nr == 2 && *quota > 0 && *period > 0;
}

static long least(long a, long b)
{
	return a < b ? a : b;
}

// Of the cgroup at @path below @mount and those above it.
static long cpus_of(const char *mount, char *path, bool is_v1)
{
	long long quota = 0, period = 0;
	long cpus = LONG_MAX;
	char dir[768], *slash;

	for (;;) {
		snprintf(dir, sizeof(dir), "%s%s", mount, path);
		if (read_quota(dir, is_v1, &quota, &period))
			cpus = least(cpus, quota / period > 1
						   ? (long)(quota / period)
						   : 1);
		slash = strrchr(path, '/');
		if (!slash)
			return cpus;
		*slash = '\0';
	}
}

static bool has_cpu(const char *controllers)
{
	for (const char *c = controllers; *c; c += strspn(c, ",")) {
		size_t len = strcspn(c, ",");

		if (len == 3 && !strncmp(c, "cpu", 3))
			return true;
		c += len;
	}
	return false;
}

long quota_cpus(const char *root)
{
	char line[600], mount[256], *controllers, *path;
	long cpus = LONG_MAX;
	bool is_v1;
	FILE *f;

	snprintf(line, sizeof(line), "%s/proc/self/cgroup", root);
	f = fopen(line, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		controllers = strchr(line, ':');
		path = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		is_v1 = controllers[1];
		if (is_v1 && !has_cpu(controllers + 1))
			continue;
		snprintf(mount, sizeof(mount), "%s" MOUNT "%s", root,
			 is_v1 ? "/cpu" : "");
		cpus = least(cpus, cpus_of(mount, path, is_v1));
	}
	if (f)
		fclose(f);
	return cpus;
}
