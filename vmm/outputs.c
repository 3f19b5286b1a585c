// SPDX-License-Identifier: GPL-2.0-only
/* outputs.c: the files of --events and --verdict, from first to last. */
#include "outputs.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

int outputs_open(struct outputs *o, const struct config *cfg)
{
	memset(o, 0, sizeof(*o));
	o->verdict_fd = -1;
	if (cfg->verdict) {
		o->verdict_path = cfg->verdict;
		o->verdict_fd = verdict_open("--verdict", cfg->verdict);
		if (o->verdict_fd < 0)
			return o->verdict_fd;
	}
	return cfg->events
		       ? sink_open(&o->events.sinks[0], "--events", cfg->events)
		       : 0;
}

void outputs_close(struct outputs *o, const struct verdict *v)
{
	char reason[768];

	events_tell(&o->events, "exit",
		    "\"code\":%d,\"origin\":\"%s\",\"reason\":%s", v->code,
		    v->origin, json_quote(reason, sizeof(reason), v->reason));
	for (unsigned int i = 0; i < EVENTS_SINKS; i++) {
		sink_close(o->events.sinks[i]);
		o->events.sinks[i] = NULL;
	}
	if (o->verdict_fd >= 0)
		(void)verdict_write(o->verdict_fd, o->verdict_path, v);
	o->verdict_fd = -1;
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
