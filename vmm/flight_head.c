// SPDX-License-Identifier: GPL-2.0-only
/* flight_head.c: the first line of a record: what was run, where and when. */
#include "flight.h"

#include <string.h>
#include <sys/utsname.h>
#include <time.h>

/* Of what the user typed; a bug report is not to tell of more than that. */
#define TEXT 200U

static const char *file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

void flight_head(struct events *e, const struct config *cfg)
{
	const char *image = cfg->kernel ? cfg->kernel : cfg->firmware;
	char kernel[TEXT], params[TEXT];
	struct utsname host;

	if (uname(&host))
		memset(&host, 0, sizeof(host));
	events_record(
		e, FLIGHT_HEAD,
		"\"format\":%d,\"version\":\"%s\",\"time\":%lld,\"host\":\"%.64s\",\"machine\":\"%.32s\",\"kernel\":%s,\"params\":%s",
		FLIGHT_FORMAT, VERSION, (long long)time(NULL), host.release,
		host.machine,
		json_quote(kernel, sizeof(kernel), file_name(image)),
		json_quote(params, sizeof(params),
			   cfg->params ? cfg->params : ""));
}
