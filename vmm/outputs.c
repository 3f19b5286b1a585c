// SPDX-License-Identifier: GPL-2.0-only
/* outputs.c: the files a run leaves behind, from first to last. */
#include "outputs.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "directory.h"
#include "flight.h"
#include "junit.h"
#include "log.h"
#include "output_file.h"

_Static_assert(EVENTS_SINKS == OUTPUTS_TWICE && EXPECT_SINKS == OUTPUTS_TWICE,
	       "each of them twice");

static int in_dir(char **out, const char *dir, const char *name)
{
	if (asprintf(out, "%s/%s", dir, name) >= 0)
		return 0;
	*out = NULL;
	log_err("out of memory");
	return -ENOMEM;
}

static int make_dir(struct outputs *o, const char *dir)
{
	int ret = directory_make(dir, 0777);

	if (ret) {
		log_err("--artifacts %s: %s", dir, errno_text(ret));
		return ret;
	}
	ret = in_dir(&o->console_path, dir, "console.log");
	if (!ret)
		ret = in_dir(&o->events_path, dir, "events.jsonl");
	if (!ret)
		ret = in_dir(&o->verdict_path, dir, "verdict.json");
	if (!ret)
		ret = in_dir(&o->record_path, dir, "record.jsonl");
	if (!ret)
		ret = in_dir(&o->dtb_path, dir, "guest.dtb");
	if (!ret)
		ret = in_dir(&o->map_path, dir, "map.svg");
	if (ret)
		return ret;
	/* They come later, if at all: nobody finds those of an earlier run. */
	(void)unlink(o->console_path);
	(void)unlink(o->events_path);
	(void)unlink(o->record_path);
	(void)unlink(o->dtb_path);
	(void)unlink(o->map_path);
	return 0;
}

static int open_verdict(struct outputs *o, unsigned int i, const char *option,
			const char *path)
{
	if (!path)
		return 0;
	o->verdicts[i].path = path;
	o->verdicts[i].fd = output_open(option, path);
	return o->verdicts[i].fd < 0 ? o->verdicts[i].fd : 0;
}

static int open_sink(struct sink **out, const char *option, const char *path)
{
	return path ? sink_open(out, option, path) : 0;
}

static bool wants_ktap(const struct config *cfg)
{
	if (cfg->ktap != KTAP_AUTO)
		return cfg->ktap == KTAP_ON;
	return cfg->junit || cfg->exec.nr_args > 0;
}

static int open_junit(struct outputs *o, const char *path)
{
	if (!path)
		return 0;
	o->junit = output_open("--junit", path);
	return o->junit < 0 ? o->junit : 0;
}

static int open_artifacts(struct outputs *o, const char *dir)
{
	static const char option[] = "--artifacts";
	int ret = make_dir(o, dir);

	if (!ret)
		ret = open_verdict(o, 1, option, o->verdict_path);
	if (!ret)
		ret = open_sink(&o->events.sinks[1], option, o->events_path);
	if (!ret)
		ret = open_sink(&o->events.records[1], option, o->record_path);
	if (!ret)
		ret = open_sink(&o->logs[1], option, o->console_path);
	return ret;
}

/* @path; NULL when --artifacts has that file, as @kept, so it is written already. */
static const char *unless_kept(const char *path, const char *kept)
{
	struct stat a, b;

	if (path && kept && !stat(path, &a) && !stat(kept, &b) &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return NULL;
	return path;
}

/* The error of the first that failed. */
static int first(int ret, int next)
{
	return ret ? ret : next;
}

/* The others, too, when one fails: they tell of it. */
static int open_all(struct outputs *o, const struct config *cfg)
{
	int ret = cfg->artifacts ? open_artifacts(o, cfg->artifacts) : 0;

	ret = first(ret,
		    open_verdict(o, 0, "--verdict",
				 unless_kept(cfg->verdict, o->verdict_path)));
	ret = first(ret, open_junit(o, cfg->junit));
	ret = first(ret, open_sink(&o->events.sinks[0], "--events",
				   unless_kept(cfg->events, o->events_path)));
	ret = first(ret, open_sink(&o->events.records[0], "--record",
				   unless_kept(cfg->record, o->record_path)));
	ret = first(ret,
		    open_sink(&o->logs[0], "--console-log",
			      unless_kept(cfg->console_log, o->console_path)));
	if (events_has_record(&o->events))
		flight_head(&o->events, cfg);
	return ret;
}

int outputs_open(struct outputs *o, const struct config *cfg)
{
	int ret;

	memset(o, 0, sizeof(*o));
	o->verdicts[0].fd = o->verdicts[1].fd = o->junit = -1;
	o->cfg = cfg;
	notify_open(&o->notify);
	o->wants_ktap = wants_ktap(cfg);
	pthread_mutex_init(&o->lock, NULL);
	ktap_init(&o->ktap);
	ret = first(expect_init(&o->expect, cfg), open_all(o, cfg));
	memcpy(o->expect.logs, o->logs, sizeof(o->logs));
	return ret;
}

static void close_sinks(struct sink **sinks)
{
	for (unsigned int i = 0; i < OUTPUTS_TWICE; i++) {
		sink_close(sinks[i]);
		sinks[i] = NULL;
	}
}

/* "sh -c ./run-tests", or the kernel's file: what it was that ran. */
static void name_of(const struct config *cfg, char *name, size_t size)
{
	const struct config_exec *e = &cfg->exec;
	size_t at = 0;

	(void)snprintf(name, size, "%s",
		       e->on	     ? "shell"
		       : cfg->kernel ? cfg->kernel
				     : "firmware");
	for (unsigned int i = 0; i < e->nr_args && at + 1 < size; i++)
		at += (size_t)snprintf(name + at, size - at, "%s%.150s",
				       i ? " " : "", e->args[i]);
}

/* What was asked for is not there, as the last line logged says. */
static void lose(struct verdict *v)
{
	if (v->code != EXIT_GUEST_OFF)
		return;
	v->code = EXIT_HOST;
	v->origin = "host";
	v->ran = false;
	log_last_error(v->reason, sizeof(v->reason));
}

static void write_junit(struct outputs *o, struct verdict *v)
{
	char name[200];
	int64_t ns;

	if (o->junit < 0)
		return;
	ns = clock_ns() - o->expect.began_ns;
	name_of(o->cfg, name, sizeof(name));
	ktap_end(&o->ktap);
	if (junit_write(o->junit, o->cfg->junit, &o->ktap, v, name,
			(uint64_t)ns / 1000000))
		lose(v);
	o->junit = -1;
}

static void close_verdicts(struct outputs *o, struct verdict *v)
{
	for (unsigned int i = 0; i < OUTPUTS_TWICE; i++)
		if (o->verdicts[i].fd >= 0 &&
		    verdict_write(o->verdicts[i].fd, o->verdicts[i].path, v))
			lose(v);
}

static void free_paths(struct outputs *o)
{
	free(o->console_path);
	free(o->events_path);
	free(o->verdict_path);
	free(o->dtb_path);
	free(o->record_path);
	free(o->map_path);
}

void outputs_close(struct outputs *o, struct verdict *v)
{
	char reason[768];

	write_junit(o, v);
	notify_tell(&o->notify, NULL, "%s: %s", v->origin, v->reason);
	notify_close(&o->notify);
	__atomic_store_n(&o->events.is_ending, true, __ATOMIC_RELAXED);
	events_tell(&o->events, "exit",
		    "\"code\":%d,\"origin\":\"%s\",\"reason\":%s", v->code,
		    v->origin, json_quote(reason, sizeof(reason), v->reason));
	close_sinks(o->events.sinks);
	close_sinks(o->events.records);
	close_sinks(o->logs);
	ktap_fini(&o->ktap);
	pthread_mutex_destroy(&o->lock);
	expect_fini(&o->expect);
	close_verdicts(o, v);
	free_paths(o);
}

void outputs_hear(struct outputs *o, const uint8_t *bytes, size_t len)
{
	if (!o->wants_ktap)
		return;
	pthread_mutex_lock(&o->lock);
	ktap_hear(&o->ktap, bytes, len);
	pthread_mutex_unlock(&o->lock);
}

void outputs_judge(struct outputs *o, struct verdict *v)
{
	struct ktap *k = &o->ktap;
	char text[240];
	size_t len;

	pthread_mutex_lock(&o->lock);
	if (k->seen) {
		ktap_end(k);
		v->has_tests = true;
		v->tests = k->totals;
		if (v->code == EXIT_GUEST_OFF && ktap_failed(k))
			v->code = EXIT_TESTS_FAILED;
		len = strlen(v->reason);
		(void)snprintf(v->reason + len, sizeof(v->reason) - len, "; %s",
			       ktap_say(k, text, sizeof(text)));
	}
	pthread_mutex_unlock(&o->lock);
}

void outputs_failed(struct verdict *v, const char *origin)
{
	*v = (struct verdict){ .code = EXIT_HOST, .origin = origin };
	log_last_error(v->reason, sizeof(v->reason));
}

void outputs_refuse(const struct config *cfg, const char *origin,
		    const char *why)
{
	struct verdict v = { .code = EXIT_HOST, .origin = origin };
	struct outputs *o = calloc(1, sizeof(*o));

	if (!o)
		return;
	/* Who reads them may have left; that is not how this ends. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)snprintf(v.reason, sizeof(v.reason), "%s", why);
	(void)!outputs_open(o, cfg);
	outputs_close(o, &v);
	free(o);
}
