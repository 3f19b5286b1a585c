// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaim_cause.c: who may have taken a page of the guest's. The kernel does not
 * tell, and whoever it was may have gone: these are the traces they leave.
 */
#include "reclaim.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define PATH_LEN 320U

/* virtio/window.c names it. */
#define WINDOW_LINK "/memfd:lkvm-pvm-window (deleted)"

/* The name of process @pid, "?" when it has gone. */
static const char *name_of(const struct reclaim_suspects *s, long pid,
			   char *name, size_t size)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/%ld/comm", pid);
	if (host_read(s->proc, path, name, size) <= 0)
		(void)snprintf(name, size, "?");
	name[strcspn(name, "\n")] = '\0';
	return name;
}

static long tracer_of(const struct reclaim_suspects *s)
{
	char path[32], status[2048];
	const char *line;

	(void)snprintf(path, sizeof(path), "/%d/status", (int)s->pid);
	if (host_read(s->proc, path, status, sizeof(status)) <= 0)
		return 0;
	line = strstr(status, "\nTracerPid:");
	return line ? strtol(line + strlen("\nTracerPid:"), NULL, 10) : 0;
}

static bool is_inode(const struct reclaim_suspects *s, const char *pid,
		     const char *fd, uint64_t inode)
{
	char path[PATH_LEN], info[512];
	const char *line;

	if (!inode)
		return true;
	(void)snprintf(path, sizeof(path), "/%.10s/fdinfo/%.10s", pid, fd);
	if (host_read(s->proc, path, info, sizeof(info)) <= 0)
		return false;
	line = strstr(info, "\nino:");
	return line && strtoull(line + strlen("\nino:"), NULL, 10) == inode;
}

/* Whether process @pid has @file open, of @inode (0: any). */
static bool has_open(const struct reclaim_suspects *s, const char *pid,
		     const char *file, uint64_t inode)
{
	char dir[PATH_LEN], target[64];
	struct dirent *e;
	bool found = false;
	ssize_t n;
	DIR *d;

	(void)snprintf(dir, sizeof(dir), "%.200s/%.10s/fd", s->proc, pid);
	d = opendir(dir);
	/* cppcheck-suppress readdirCalled */
	while (d && !found && (e = readdir(d))) {
		n = readlinkat(dirfd(d), e->d_name, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		found = !strcmp(target, file) &&
			is_inode(s, pid, e->d_name, inode);
	}
	if (d)
		closedir(d);
	return found;
}

/* Another process that has it open; 0: none that we may see. */
static long holder_of(const struct reclaim_suspects *s, const char *file,
		      uint64_t inode)
{
	DIR *d = opendir(s->proc);
	struct dirent *e;
	long found = 0;

	/* cppcheck-suppress readdirCalled */
	while (d && !found && (e = readdir(d))) {
		long pid = strtol(e->d_name, NULL, 10);

		if (pid > 0 && pid != s->pid &&
		    has_open(s, e->d_name, file, inode))
			found = pid;
	}
	if (d)
		closedir(d);
	return found;
}

static void put_helper(const struct reclaim_suspects *s, char *text,
		       size_t size)
{
	long pid = s->window ? holder_of(s, WINDOW_LINK, s->window) : 0;
	char name[32];

	if (pid)
		(void)snprintf(
			text, size,
			"a helper: %s (process %ld) has the window's file open, and may have read or written that instead of its mapping [its descriptors]",
			name_of(s, pid, name, sizeof(name)), pid);
	else if (s->has_helper)
		(void)snprintf(
			text, size,
			"a helper: a program that serves a device read or wrote the window's file instead of its mapping [the page is in the window]");
}

/* Of a page in the window: false when nobody of ours reaches it. */
static bool suspect_devices(const struct reclaim_suspects *s, char *text,
			    size_t size)
{
	size_t len;

	text[0] = '\0';
	put_helper(s, text, size);
	len = strlen(text);
	if (s->direct && len < size)
		(void)snprintf(
			text + len, size - len,
			"%sthe device of a disk, past the CPU: %.80s has the option direct, and the guest took the page back [the page is in the window]",
			len ? "; or " : "", s->direct);
	return text[0];
}

static const char *unknown(const struct reclaim_suspects *s)
{
	if (s->is_dumpable)
		return "unknown; with --debug any debugger of the same user may have looked (no device and no helper reaches RAM)";
	return "unknown; /proc/PID/mem, process_vm_readv or a debugger of root's: nothing of lkvm-pvm's own reaches it";
}

void reclaim_cause(const struct reclaim_suspects *s, enum reclaim_place place,
		   char *text, size_t size)
{
	char name[32], mem[64];
	long pid = tracer_of(s);

	if (s->is_asked) {
		(void)snprintf(text, size,
			       "lkvm-pvm debug reclaim was told to take it");
		return;
	}
	if (pid) {
		(void)snprintf(
			text, size,
			"a debugger: %s (process %ld) traces lkvm-pvm [/proc/self/status]",
			name_of(s, pid, name, sizeof(name)), pid);
		return;
	}
	(void)snprintf(mem, sizeof(mem), "/proc/%d/mem", (int)s->pid);
	pid = holder_of(s, mem, 0);
	if (pid) {
		(void)snprintf(
			text, size,
			"a reader of memory: %s (process %ld) has /proc/%d/mem open [its descriptors]",
			name_of(s, pid, name, sizeof(name)), pid, (int)s->pid);
		return;
	}
	if (place != RECLAIM_WINDOW || !suspect_devices(s, text, size))
		(void)snprintf(text, size, "%s", unknown(s));
}
