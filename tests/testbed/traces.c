// SPDX-License-Identifier: GPL-2.0-only
// What a job may leave behind in the emulated host, and its removal.
#include "traces.h"

#include <ctype.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Folders <pid>-<fd>; pid 1 is the agent, which holds one of its own. */
long traces_vms(void)
{
	DIR *d = opendir("/sys/kernel/debug/kvm");
	const struct dirent *e;
	long n = 0;

	if (!d)
		return 0;
	while ((e = readdir(d)))
		n += e->d_type == DT_DIR && isdigit(e->d_name[0]) &&
		     strncmp(e->d_name, "1-", 2) != 0;
	closedir(d);
	return n;
}

/* Each CPU counts for itself for a while; reading this adds it all up. */
static void refresh_counters(void)
{
	FILE *f = fopen("/proc/sys/vm/stat_refresh", "re");

	if (!f)
		return;
	(void)fgetc(f);
	fclose(f);
}

long traces_pinned(void)
{
	long acquired = -1, released = -1;
	char line[128];
	FILE *f;

	refresh_counters();
	f = fopen("/proc/vmstat", "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		const char *space = strchr(line, ' ');

		if (!strncmp(line, "nr_foll_pin_acquired ", 21))
			acquired = strtol(space, NULL, 10);
		else if (!strncmp(line, "nr_foll_pin_released ", 21))
			released = strtol(space, NULL, 10);
	}
	fclose(f);
	return acquired < 0 || released < 0 ? -1 : acquired - released;
}

/* Reads pid's name and parent; false for a zombie or one that is gone. */
static bool process_info(long pid, char *name, size_t size, long *parent)
{
	char path[64], line[512], *open, *close, state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	open = strchr(line, '(');
	close = strrchr(line, ')');
	if (!open || !close || strlen(close) < 5)
		return false;
	*close = '\0';
	snprintf(name, size, "%s", open + 1);
	state = close[2];
	*parent = strtol(close + 4, NULL, 10);
	return state != 'Z';
}

unsigned int traces_processes(char *names, size_t size)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	unsigned int n = 0;
	size_t len = 0;

	names[0] = '\0';
	if (!d)
		return 0;
	while ((e = readdir(d))) {
		long pid = strtol(e->d_name, NULL, 10), parent;
		char name[64];

		if (pid <= 2 || !process_info(pid, name, sizeof(name), &parent))
			continue;
		if (parent == 2)
			continue; /* a kernel thread */
		n++;
		if (len < size)
			len += (size_t)snprintf(names + len, size - len,
						"%s%s(%ld)", n > 1 ? " " : "",
						name, pid);
	}
	closedir(d);
	return n;
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	(void)remove(path);
	return 0;
}

void traces_remove(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

bool traces_is_harm(const char *line)
{
	static const char *const signs[] = {
		"WARNING: ",	  "BUG: ",
		"kernel BUG at",  "Oops",
		"Internal error", "Unable to handle kernel",
		"rcu: INFO",	  "blocked for more than",
	};
	size_t i;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strstr(line, signs[i]))
			return true;
	return false;
}
