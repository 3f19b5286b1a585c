// SPDX-License-Identifier: GPL-2.0-only
/* host.c: memory and limits of the host, read from /proc and /sys. */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CAP_IPC_LOCK_BIT 14
#define MAX_PATH	 1024U /* of a cgroup; longer ones are not looked at */

int host_read(const char *root, const char *path, char *text, size_t size)
{
	char full[MAX_PATH];
	size_t len = 0;
	ssize_t n;
	int fd, err = 0;

	text[0] = '\0';
	if (snprintf(full, sizeof(full), "%s%s", root, path) >=
	    (int)sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (len < size - 1) {
		n = read(fd, text + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	text[len] = '\0';
	return err ? err : (int)len;
}

/* The number after @key at the start of a line of @text; false: no such. */
static bool find_number(const char *text, const char *key, int base,
			uint64_t *out)
{
	size_t len = strlen(key);
	const char *line;
	char *end;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) != 0)
			continue;
		errno = 0;
		*out = strtoull(line + len, &end, base);
		return end != line + len && !errno;
	}
	return false;
}

/* What @dir, a cgroup below /sys/fs/cgroup, still has room for. Its buffers
 * stay out of the caller's frame. */
__attribute__((noinline)) static uint64_t cgroup_room(const char *root,
						      const char *dir)
{
	char path[MAX_PATH], text[2048];
	uint64_t max, used = 0, file;

	snprintf(path, sizeof(path), "%s/memory.max", dir);
	/* "max", and the root cgroup has none at all. */
	if (host_read(root, path, text, sizeof(text)) < 0 ||
	    !find_number(text, "", 10, &max))
		return UINT64_MAX;
	snprintf(path, sizeof(path), "%s/memory.current", dir);
	if (host_read(root, path, text, sizeof(text)) < 0 ||
	    !find_number(text, "", 10, &used))
		used = 0;
	snprintf(path, sizeof(path), "%s/memory.stat", dir);
	if (host_read(root, path, text, sizeof(text)) >= 0) {
		if (find_number(text, "inactive_file ", 10, &file))
			used -= file < used ? file : used;
		if (find_number(text, "active_file ", 10, &file))
			used -= file < used ? file : used;
	}
	return max > used ? max - used : 0;
}

/* Where cgroup v2 is mounted: alone, or beside v1's controllers. */
static const char *cgroup_mount(const char *root)
{
	static const char *const mounts[] = { "/sys/fs/cgroup",
					      "/sys/fs/cgroup/unified" };
	char path[64], text[256];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		snprintf(path, sizeof(path), "%s/cgroup.controllers",
			 mounts[i]);
		if (host_read(root, path, text, sizeof(text)) >= 0)
			return mounts[i];
	}
	return NULL;
}

static uint64_t cgroups_room(const char *root)
{
	const char *mount = cgroup_mount(root), *self;
	uint64_t room = UINT64_MAX, here;
	char text[MAX_PATH], dir[MAX_PATH - 32];
	char *slash;
	size_t top;
	int n;

	if (!mount ||
	    host_read(root, "/proc/self/cgroup", text, sizeof(text)) < 0)
		return UINT64_MAX;
	self = strstr(text, "0::/");
	/* "/..": this process is outside of what its namespace shows. */
	if (!self || (self != text && self[-1] != '\n') ||
	    !strncmp(self + 3, "/..", 3))
		return UINT64_MAX;
	n = snprintf(dir, sizeof(dir), "%s%.*s", mount,
		     (int)strcspn(self + 3, "\n"), self + 3);
	if (n < 0 || (size_t)n >= sizeof(dir))
		return UINT64_MAX;
	top = strlen(mount);
	for (;;) {
		here = cgroup_room(root, dir);
		if (here < room)
			room = here;
		slash = strrchr(dir, '/');
		if (!slash || (size_t)(slash - dir) < top)
			return room;
		*slash = '\0';
	}
}

int host_memory_available_at(const char *root, uint64_t *bytes,
			     const char **what)
{
	char text[512];
	uint64_t kib, room;
	int n = host_read(root, "/proc/meminfo", text, sizeof(text));

	if (n < 0)
		return n;
	if (!find_number(text, "MemAvailable:", 10, &kib) ||
	    kib > UINT64_MAX >> 10)
		return -ENODATA;
	*bytes = kib << 10;
	*what = "MemAvailable";
	room = cgroups_room(root);
	if (room < *bytes) {
		*bytes = room;
		*what = "the cgroup's memory.max";
	}
	return 0;
}

int host_memory_available(uint64_t *bytes, const char **what)
{
	return host_memory_available_at("", bytes, what);
}

/* Root of a container has the bit, too; its user namespace is a small one. */
static bool in_initial_user_ns(const char *root)
{
	char text[256], *c = text;
	uint64_t inside, outside, count;

	if (host_read(root, "/proc/self/uid_map", text, sizeof(text)) < 0)
		return true; /* a kernel without user namespaces */
	inside = strtoull(c, &c, 10);
	outside = strtoull(c, &c, 10);
	count = strtoull(c, &c, 10);
	return inside == 0 && outside == 0 && count == UINT32_MAX;
}

int host_memlock_at(const char *root, struct host_memlock *m)
{
	uint64_t caps = 0, kib = 0;
	struct rlimit limit;
	char text[3072];
	int n;

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return -errno;
	m->soft = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
	m->hard = limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
	n = host_read(root, "/proc/self/status", text, sizeof(text));
	if (n < 0)
		return n;
	m->locked = 0;
	if (find_number(text, "VmLck:", 10, &kib) && kib < UINT64_MAX >> 10)
		m->locked = kib << 10;
	m->resident = 0;
	if (find_number(text, "VmRSS:", 10, &kib) && kib < UINT64_MAX >> 10)
		m->resident = kib << 10;
	m->exempt = find_number(text, "CapEff:", 16, &caps) &&
		    (caps >> CAP_IPC_LOCK_BIT & 1) && in_initial_user_ns(root);
	return 0;
}

int host_memlock(struct host_memlock *m)
{
	return host_memlock_at("", m);
}

int host_unusable_cpus(const cpu_set_t *sets, unsigned int nr)
{
	cpu_set_t usable, both;
	unsigned int i;

	if (sched_getaffinity(0, sizeof(usable), &usable))
		return -1; /* more CPUs than fit: the kernel will say */
	for (i = 0; i < nr; i++) {
		CPU_AND(&both, &sets[i], &usable);
		if (CPU_COUNT(&sets[i]) && !CPU_COUNT(&both))
			return (int)i;
	}
	return -1;
}

const char *host_size_text(uint64_t bytes, char *text, size_t size)
{
	if (bytes < MIB(1))
		snprintf(text, size, "%llu KiB",
			 (unsigned long long)(bytes >> 10));
	else if (bytes < GIB(4) || bytes % GIB(1) == 0)
		snprintf(text, size, "%llu %s",
			 (unsigned long long)(bytes < GIB(4) ? bytes >> 20
							     : bytes >> 30),
			 bytes < GIB(4) ? "MiB" : "GiB");
	else
		snprintf(text, size, "%.1f GiB",
			 (double)bytes / (double)GIB(1));
	return text;
}

int host_memlock_raise(uint64_t bytes)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return -errno;
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= bytes)
		return 0;
	limit.rlim_cur =
		limit.rlim_max == RLIM_INFINITY || bytes < limit.rlim_max
			? bytes
			: limit.rlim_max;
	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0;
}
