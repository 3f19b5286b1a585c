// SPDX-License-Identifier: GPL-2.0-only
/*
 * memlock.c: RLIMIT_MEMLOCK as KVM applies it: every donated page is charged
 * to this process' VmLck; capable(CAP_IPC_LOCK) is exempt, which a
 * capability inside a user namespace is not (mm/util.c:account_locked_vm).
 */
#include "pvm.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static uint64_t from_rlim(rlim_t v)
{
	return v == RLIM_INFINITY ? UINT64_MAX : (uint64_t)v;
}

/* Whether this process is in the first user namespace: all ids map to
 * themselves. */
static bool in_first_userns(void)
{
	unsigned long inside = 1, outside = 1, count = 0;
	FILE *f = fopen("/proc/self/uid_map", "re");

	if (!f)
		return true; /* a kernel without user namespaces */
	if (fscanf(f, "%lu %lu %lu", &inside, &outside, &count) != 3)
		count = 0;
	(void)fclose(f);
	return inside == 0 && outside == 0 && count == UINT32_MAX;
}

static int read_status(struct pvm_memlock *m)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long caps = 0;
	char line[256];

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "VmLck:", 6))
			m->locked = strtoull(line + 6, NULL, 10) << 10;
		else if (!strncmp(line, "CapEff:", 7))
			caps = strtoull(line + 7, NULL, 16);
	}
	(void)fclose(f);
	m->exempt = (caps >> CAP_IPC_LOCK & 1) && in_first_userns();
	return 0;
}

int pvm_memlock_get(struct pvm_memlock *m)
{
	struct rlimit r;

	memset(m, 0, sizeof(*m));
	if (getrlimit(RLIMIT_MEMLOCK, &r))
		return -errno;
	m->soft = from_rlim(r.rlim_cur);
	m->hard = from_rlim(r.rlim_max);
	return read_status(m);
}

int pvm_memlock_raise(uint64_t bytes)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_MEMLOCK, &r))
		return -errno;
	if (from_rlim(r.rlim_cur) >= bytes)
		return 0;
	r.rlim_cur = bytes < from_rlim(r.rlim_max) ? bytes : r.rlim_max;
	return setrlimit(RLIMIT_MEMLOCK, &r) ? -errno : 0;
}
