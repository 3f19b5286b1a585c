// SPDX-License-Identifier: GPL-2.0-only
/* outputs.c: the files a run leaves behind, from first to last. */
#include "outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "flight.h"
#include "log.h"

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
	int ret;

	if (mkdir(dir, 0777) && errno != EEXIST) {
		ret = -errno;
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
	return ret ? ret : in_dir(&o->dtb_path, dir, "guest.dtb");
}

static int open_verdict(struct outputs *o, unsigned int i, const char *option,
			const char *path)
{
	if (!path)
		return 0;
	o->verdicts[i].path = path;
	o->verdicts[i].fd = verdict_open(option, path);
	return o->verdicts[i].fd < 0 ? o->verdicts[i].fd : 0;
}

static int open_sink(struct sink **out, const char *option, const char *path)
{
	return path ? sink_open(out, option, path) : 0;
}

/* Both of them begin with the same line. */
static int open_records(struct outputs *o, const struct config *cfg)
{
	int ret = open_sink(&o->events.records[0], "--record", cfg->record);

	if (!ret)
		ret = open_sink(&o->events.records[1], "--artifacts",
				o->record_path);
	if (!ret && events_has_record(&o->events))
		flight_head(&o->events, cfg);
	return ret;
}

int outputs_open(struct outputs *o, const struct config *cfg)
{
	int ret;

	memset(o, 0, sizeof(*o));
	o->verdicts[0].fd = o->verdicts[1].fd = -1;
	ret = expect_init(&o->expect, cfg);
	if (!ret && cfg->artifacts)
		ret = make_dir(o, cfg->artifacts);
	if (!ret)
		ret = open_verdict(o, 0, "--verdict", cfg->verdict);
	if (!ret)
		ret = open_verdict(o, 1, "--artifacts", o->verdict_path);
	if (!ret)
		ret = open_sink(&o->events.sinks[0], "--events", cfg->events);
	if (!ret)
		ret = open_sink(&o->events.sinks[1], "--artifacts",
				o->events_path);
	if (!ret)
		ret = open_records(o, cfg);
	if (!ret)
		ret = open_sink(&o->logs[0], "--console-log", cfg->console_log);
	if (!ret)
		ret = open_sink(&o->logs[1], "--artifacts", o->console_path);
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

void outputs_close(struct outputs *o, const struct verdict *v)
{
	char reason[768];

	__atomic_store_n(&o->events.is_ending, true, __ATOMIC_RELAXED);
	events_tell(&o->events, "exit",
		    "\"code\":%d,\"origin\":\"%s\",\"reason\":%s", v->code,
		    v->origin, json_quote(reason, sizeof(reason), v->reason));
	close_sinks(o->events.sinks);
	close_sinks(o->events.records);
	close_sinks(o->logs);
	expect_fini(&o->expect);
	for (unsigned int i = 0; i < OUTPUTS_TWICE; i++)
		if (o->verdicts[i].fd >= 0)
			(void)verdict_write(o->verdicts[i].fd,
					    o->verdicts[i].path, v);
	free(o->console_path);
	free(o->events_path);
	free(o->verdict_path);
	free(o->dtb_path);
	free(o->record_path);
}

void outputs_failed(struct verdict *v, const char *origin)
{
	*v = (struct verdict){ .code = EXIT_HOST, .origin = origin };
	log_last_error(v->reason, sizeof(v->reason));
}

void outputs_refuse(const struct config *cfg, const char *why)
{
	struct verdict v = { .code = EXIT_HOST, .origin = "user" };
	int fd;

	if (!cfg->verdict)
		return;
	(void)snprintf(v.reason, sizeof(v.reason), "%s", why);
	fd = verdict_open("--verdict", cfg->verdict);
	if (fd >= 0)
		(void)verdict_write(fd, cfg->verdict, &v);
}
