// SPDX-License-Identifier: GPL-2.0-only
/* verdict.c: the file of --verdict. */
#include "verdict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "events.h"
#include "log.h"
#include "output_file.h"

static void tests_text(char *to, size_t size, const struct ktap_totals *t)
{
	(void)snprintf(to, size,
		       ",\"tests\":{\"passed\":%u,\"failed\":%u,"
		       "\"skipped\":%u,\"expected\":%u,\"missing\":%u}",
		       t->passed, t->failed, t->skipped, t->expected,
		       t->missing);
}

int verdict_write(int fd, const char *path, const struct verdict *v)
{
	char text[1200], reason[768], tests[160] = "", channel[40] = "";
	int ret, len;

	if (v->has_tests)
		tests_text(tests, sizeof(tests), &v->tests);
	if (v->channel)
		(void)snprintf(channel, sizeof(channel), ",\"channel\":\"%s\"",
			       v->channel);
	len = snprintf(
		text, sizeof(text),
		"{\"v\":%d,\"code\":%d,\"origin\":\"%s\",\"reason\":%s%s%s%s}\n",
		VERDICT_VERSION, v->code, v->origin,
		json_quote(reason, sizeof(reason), v->reason),
		v->ran ? ",\"ran\":true" : "", tests, channel);
	ret = output_write(fd, text, (size_t)len);
	if (close(fd) && !ret)
		ret = -errno;
	if (ret)
		log_err("the verdict cannot be written to %s: %s", path,
			errno_text(ret));
	return ret;
}

int verdict_bisect(const struct verdict *v)
{
	if (v->ran) /* killed by a signal, and what git has other ideas of */
		return v->code > EXIT_HOST ? 1 : v->code;
	if (v->code == EXIT_HOST && !strcmp(v->origin, "vmm"))
		return EXIT_HOST; /* this kernel cannot run it */
	return v->code >= EXIT_HOST ? EXIT_BISECT_STOP : v->code;
}
