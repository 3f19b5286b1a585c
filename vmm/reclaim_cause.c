// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaim_cause.c: who may have taken a page of the guest's. The kernel does not
 * tell, and whoever it was may have gone: these are the traces they leave.
 */
#include "reclaim.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define PATH_LEN 320U

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

/* Whether a descriptor in @dir is our memory. */
static bool has_our_memory(const char *dir, const char *mem)
{
	char path[PATH_LEN], target[64];
	struct dirent *e;
	bool found = false;
	DIR *d = opendir(dir);
	ssize_t n;

	/* cppcheck-suppress readdirCalled */
	while (d && !found && (e = readdir(d))) {
		if (snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >=
		    (int)sizeof(path))
			continue;
		n = readlink(path, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		found = !strcmp(target, mem);
	}
	if (d)
		closedir(d);
	return found;
}

/* Who has /proc/PID/mem of ours open; 0: nobody that we may see. */
static long reader_of(const struct reclaim_suspects *s)
{
	char mem[64], dir[PATH_LEN];
	DIR *d = opendir(s->proc);
	struct dirent *e;
	long found = 0;

	(void)snprintf(mem, sizeof(mem), "/proc/%d/mem", (int)s->pid);
	/* cppcheck-suppress readdirCalled */
	while (d && !found && (e = readdir(d))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (snprintf(dir, sizeof(dir), "%s/%s/fd", s->proc, e->d_name) <
			    (int)sizeof(dir) &&
		    has_our_memory(dir, mem))
			found = strtol(e->d_name, NULL, 10);
	}
	if (d)
		closedir(d);
	return found;
}

static const char *words_for(const struct reclaim_suspects *s,
			     enum reclaim_place place)
{
	if (place == RECLAIM_WINDOW && s->has_helper)
		return "a program that serves a device read or wrote the window's file instead of its mapping; or a debugger (where the page is)";
	if (place == RECLAIM_WINDOW && s->has_direct)
		return "a disk with the option direct: the host's disk copied to a page the guest had taken back (where the page is)";
	if (s->is_dumpable)
		return "unknown; with --debug any debugger of the same user may have looked (no device and no helper reaches RAM)";
	return "unknown; /proc/PID/mem, process_vm_readv or a debugger of root's: nothing of lkvm-pvm's own reaches it";
}

void reclaim_cause(const struct reclaim_suspects *s, enum reclaim_place place,
		   char *text, size_t size)
{
	char name[32];
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
	pid = reader_of(s);
	if (pid) {
		(void)snprintf(
			text, size,
			"a reader of memory: %s (process %ld) has /proc/%d/mem open [its descriptors]",
			name_of(s, pid, name, sizeof(name)), pid, (int)s->pid);
		return;
	}
	(void)snprintf(text, size, "%s", words_for(s, place));
}
