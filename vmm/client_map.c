// SPDX-License-Identifier: GPL-2.0-only
/* client_map.c: the verb map. */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "exitcode.h"
#include "log.h"
#include "verbs.h"

#define LOOK_MS 20

/* On a terminal, as long as it takes; overwritten by what follows. */
static void tell_progress(const json_t *o)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%lld of %lld pages\033[K\r",
			(long long)client_integer(o, "done"),
			(long long)client_integer(o, "pages"));
}

/* The map, owned by the caller; or NULL, logged. */
static json_t *ask_map(struct client *c)
{
	const struct control_request r = { .verb = CONTROL_MAP };
	json_t *o = NULL;
	int code, ret = client_ask(c, &r, &o);

	while (!ret && json_object_get(o, "done")) {
		tell_progress(o);
		json_decref(o);
		(void)poll(NULL, 0, LOOK_MS);
		ret = client_ask(c, &r, &o);
	}
	if (isatty(STDERR_FILENO))
		fputs("\033[K", stderr);
	if (!ret && !client_ended(c, o, &code))
		return o;
	json_decref(o);
	return NULL;
}

static bool has_colour(void)
{
	const char *term = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe) */

	return isatty(STDOUT_FILENO) && term && term[0] &&
	       !getenv("NO_COLOR"); /* NOLINT(concurrency-mt-unsafe) */
}

int cmd_map(const struct verb *v, int argc, char **argv)
{
	struct client_options o;
	struct client c;
	int ret = client_parse(v, argc, argv, &o);
	json_t *map;

	if (ret)
		return ret < 0 ? EXIT_HOST : 0;
	if (client_find(&c, v->name, o.name))
		return EXIT_HOST;
	map = ask_map(&c);
	if (map && o.json) {
		(void)json_object_del(map, "v");
		(void)json_object_del(map, "ok");
		ret = json_dumpf(map, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (map) {
		ret = client_draw_map(stdout, map, has_colour());
		if (ret)
			log_err("%s: answered what this lkvm-pvm does not understand; is it of another version?",
				o.name);
	}
	ret = map && !ret ? 0 : EXIT_HOST;
	json_decref(map);
	client_close(&c);
	return ret;
}
