// SPDX-License-Identifier: GPL-2.0-only
// Finds the e2e tests and reads what their heads ask for.
#include "test_list.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIMEOUT_S 120
#define LONGER		  8U /* a timeout with LONG=1, times that */

static void read_key(struct test *t, const char *line)
{
	char key[16], value[32];
	unsigned long n;

	if (sscanf(line, "# %15[a-z]: %31s", key, value) != 2)
		return;
	n = strtoul(value, NULL, 10);
	if (!strcmp(key, "host"))
		snprintf(t->host, sizeof(t->host), "%s", value);
	else if (!strcmp(key, "smp"))
		t->smp = (unsigned int)n;
	else if (!strcmp(key, "mem"))
		t->mem_mib = (unsigned int)n;
	else if (!strcmp(key, "timeout"))
		t->timeout_s = (unsigned int)n;
}

static int read_head(struct test *t, const char *dir, const char *file,
		     const struct options *opt)
{
	char line[256];
	FILE *f;

	*t = (struct test){
		.host = "default",
		.smp = opt->smp,
		.mem_mib = opt->mem_mib,
		.timeout_s = DEFAULT_TIMEOUT_S,
	};
	snprintf(t->name, sizeof(t->name), "%.*s", (int)strlen(file) - 3, file);
	snprintf(t->path, sizeof(t->path), "%s/%s", dir, file);
	f = fopen(t->path, "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f) && line[0] == '#')
		read_key(t, line);
	fclose(f);
	t->timeout_s *= opt->patience * (opt->is_long ? LONGER : 1);
	return 0;
}

static bool is_wanted(const char *file, int argc, char **globs)
{
	char name[64];
	size_t len = strlen(file);
	int i;

	if (len < 4 || len >= sizeof(name) ||
	    strcmp(file + len - 3, ".sh") != 0 || !strcmp(file, "lib.sh"))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)len - 3, file);
	for (i = 0; i < argc; i++)
		if (!fnmatch(globs[i], name, 0))
			return true;
	return argc == 0;
}

int test_compare_hosts(const struct test *a, const struct test *b)
{
	int by_host = strcmp(a->host, b->host);

	/* The default host first: its failures say most. */
	if (by_host && !strcmp(a->host, "default"))
		return -1;
	if (by_host && !strcmp(b->host, "default"))
		return 1;
	if (by_host)
		return by_host;
	if (a->smp != b->smp)
		return a->smp < b->smp ? -1 : 1;
	if (a->mem_mib != b->mem_mib)
		return a->mem_mib < b->mem_mib ? -1 : 1;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct test *ta = a, *tb = b;
	int by_host = test_compare_hosts(ta, tb);

	return by_host ? by_host : strcmp(ta->name, tb->name);
}

int test_list_find(struct test_list *l, const char *dir, int argc, char **globs,
		   const struct options *opt)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	int err = 0;

	if (!d)
		return -errno;
	while (!err && (e = readdir(d))) {
		struct test *more;

		if (!is_wanted(e->d_name, argc, globs))
			continue;
		more = realloc(l->tests, (l->nr + 1) * sizeof(*more));
		if (!more) {
			err = -ENOMEM;
			break;
		}
		l->tests = more;
		err = read_head(&more[l->nr++], dir, e->d_name, opt);
	}
	closedir(d);
	if (l->nr)
		qsort(l->tests, l->nr, sizeof(*l->tests), compare);
	return err;
}
