/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.h: what the host can give: free memory, the cgroup's limit,
 * RLIMIT_MEMLOCK. Read from /proc and /sys at each call; portable.
 *
 * The *_at() forms read below @root instead of "/", for tests.
 */
#ifndef LKVM_PVM_HOST_H
#define LKVM_PVM_HOST_H

#include <sched.h>

#include "base.h"

/*
 * Bytes that can still be pinned: the smaller of MemAvailable and, up the
 * hierarchy of this process's cgroup (v2), each memory.max less what is used
 * there and cannot be reclaimed. *what names the one that binds. 0, or -errno
 * when MemAvailable cannot be read; without cgroups it alone counts.
 */
int __must_check host_memory_available(uint64_t *bytes, const char **what);
int __must_check host_memory_available_at(const char *root, uint64_t *bytes,
					  const char **what);

/* RLIMIT_MEMLOCK and what counts against it, in bytes. */
struct host_memlock {
	uint64_t soft, hard; /* UINT64_MAX: unlimited */
	uint64_t locked;     /* VmLck of this process */
	uint64_t resident;   /* its VmRSS; 0: not known */
	bool exempt;	     /* CAP_IPC_LOCK: no limit applies */
};

/*
 * RLIMIT_MEMLOCK, what is charged to it, and whether it binds: not with
 * CAP_IPC_LOCK, which counts in the initial user namespace only (pinning for
 * a pVM asks capable(), not ns_capable()). 0 or -errno.
 */
int __must_check host_memlock(struct host_memlock *m);
int __must_check host_memlock_at(const char *root, struct host_memlock *m);
/* Raises the soft limit to @bytes, at most the hard one. 0 or -errno. */
int host_memlock_raise(uint64_t bytes);

/*
 * What a pVM of @mem bytes will have charged to RLIMIT_MEMLOCK at most: each
 * page of them it ever touches, and some slack.
 */
#define HOST_MEMLOCK_SLACK KIB(64)

static inline uint64_t host_memlock_need(uint64_t mem)
{
	return mem + HOST_MEMLOCK_SLACK;
}

/*
 * Memory a pVM of @mem bytes takes when it has touched all of them: these, and what EL2 and
 * the host keep to account for it.
 */
static inline uint64_t host_memory_need(uint64_t mem)
{
	return mem + mem / 128;
}

/*
 * The first of @nr CPU sets that is not empty but has no CPU this process may
 * run on (online, and in its cpuset), or -1.
 */
int __must_check host_unusable_cpus(const cpu_set_t *sets, unsigned int nr);

/*
 * Reads the file @root/@path into @text, at most @size - 1 bytes, with a
 * final NUL. Its length, or -errno.
 */
int __must_check host_read(const char *root, const char *path, char *text,
			   size_t size);

/* "512 MiB", "1.5 GiB", "12 KiB": into @text (32 bytes do). Returns @text. */
const char *host_size_text(uint64_t bytes, char *text, size_t size);

#endif
