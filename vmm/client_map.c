// SPDX-License-Identifier: GPL-2.0-only
/* client_map.c: the verb map. */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "exitcode.h"
#include "log.h"
#include "text.h"
#include "verbs.h"

#define LOOK_MS 20
/* --watch: between two looks, and so that they take a tenth of a CPU at most. */
#define WATCH_MS    1000U
#define WATCH_SHARE 10U
#define HOUR_MS	    3600000U

/* On a terminal, as long as it takes; overwritten by what follows. */
static void tell_progress(const json_t *o)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%lld of %lld pages\033[K\r",
			(long long)client_integer(o, "done"),
			(long long)client_integer(o, "pages"));
}

/*
 * The map, owned by the caller; or NULL, logged. *@ended: the VM has, and is why
 * there is none.
 */
static json_t *ask_map(struct client *c, bool is_told, bool *ended)
{
	const struct control_request r = { .verb = CONTROL_MAP };
	json_t *o = NULL;
	int code, ret = client_ask(c, &r, &o);

	while (!ret && json_object_get(o, "done")) {
		if (is_told)
			tell_progress(o);
		json_decref(o);
		(void)poll(NULL, 0, LOOK_MS);
		ret = client_ask(c, &r, &o);
	}
	if (is_told && isatty(STDERR_FILENO))
		fputs("\033[K", stderr);
	*ended = !ret && client_ended(c, o, &code);
	if (!ret && !*ended)
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

static void print_json(json_t *map, size_t flags)
{
	(void)json_object_del(map, "v");
	(void)json_object_del(map, "ok");
	(void)json_dumpf(map, stdout, flags);
	putchar('\n');
}

/* --- a file ----------------------------------------------------------------- */

static int write_svg(const json_t *map, const struct client_options *o)
{
	int err = client_write_svg(o->svg, map, o->name);

	if (err && err != -EPROTO) {
		log_err("map: --svg %s: %s", o->svg, errno_text(err));
		err = -EIO;
	}
	return err;
}

/* --- again and again -------------------------------------------------------- */

/* The lines of @text over those of before, in one piece: nothing flickers. */
static void redraw(const char *text, unsigned int rows)
{
	char *out = NULL;
	const char *line = text;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	if (!f)
		return;
	fputs("\033[H", f);
	for (unsigned int i = 1; *line && i < rows; i++) {
		size_t len = strcspn(line, "\n");

		fprintf(f, "%.*s\033[K\r\n", (int)len, line);
		line += len + (line[len] != '\0');
	}
	fputs("\033[J", f);
	if (!text_close(f, &out)) {
		(void)fwrite(out, 1, size, stdout);
		(void)fflush(stdout);
	}
	free(out);
}

/* 0 or -EPROTO. */
static int show_once(const json_t *map, unsigned int every_ms)
{
	struct client_map_style style = { .colour = has_colour(),
					  .every_ms = every_ms };
	struct winsize w = { .ws_row = 0 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int ret;

	if (!f)
		return -ENOMEM;
	if (every_ms && isatty(STDOUT_FILENO) &&
	    !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w))
		style.rows = w.ws_row;
	ret = client_draw_map(f, map, &style);
	if (text_close(f, &text) && !ret)
		ret = -ENOMEM;
	if (!ret && style.rows) {
		redraw(text, style.rows);
	} else if (!ret) {
		fputs(text, stdout);
		if (every_ms)
			putchar('\n');
		(void)fflush(stdout);
	}
	free(text);
	return ret;
}

/*
 * Rests, and hears when the VM ends meanwhile: *@ended. It hangs up on who says
 * nothing for long: then it is called again.
 */
static int rest(struct client *c, const char *name, unsigned int ms,
		bool *ended)
{
	json_t *o = NULL;
	int code, ret = client_receive(c, (int)ms, &o);

	*ended = !ret && client_ended(c, o, &code);
	json_decref(o);
	if (ret != -EPIPE)
		return ret == -ETIMEDOUT ? 0 : ret;
	client_close(c);
	return client_find(c, "map", name);
}

/* Until the VM has ended (0), nobody reads on, or the user ends us. */
static int watch(struct client *c, const struct client_options *o, json_t *map)
{
	uint64_t rest_ms;
	bool ended = false;
	int ret = 0;

	while (map && !ret && !ferror(stdout)) {
		rest_ms = (uint64_t)client_integer(map, "spent_us") / 1000 *
			  (WATCH_SHARE - 1);
		rest_ms = rest_ms < WATCH_MS  ? WATCH_MS
			  : rest_ms > HOUR_MS ? HOUR_MS
					      : rest_ms;
		if (o->json) {
			print_json(map, JSON_COMPACT);
			(void)fflush(stdout);
		} else {
			ret = show_once(map, (unsigned int)rest_ms);
		}
		json_decref(map);
		map = NULL;
		if (!ret)
			ret = rest(c, o->name, (unsigned int)rest_ms, &ended);
		if (!ret && !ended)
			map = ask_map(c, false, &ended);
	}
	json_decref(map);
	return ret ? ret : ended ? 0 : -EIO;
}

int cmd_map(const struct verb *v, int argc, char **argv)
{
	struct client_options o;
	struct client c;
	int ret = client_parse(v, argc, argv, &o);
	bool ended;
	json_t *map;

	if (ret)
		return ret < 0 ? EXIT_HOST : 0;
	if (client_find(&c, v->name, o.name))
		return EXIT_HOST;
	map = ask_map(&c, true, &ended);
	ret = map ? 0 : -EIO;
	if (map && o.watch) {
		ret = watch(&c, &o, map);
		map = NULL;
	} else if (map && o.svg) {
		ret = write_svg(map, &o);
	} else if (map && o.json) {
		print_json(map, JSON_INDENT(2));
	} else if (map) {
		ret = show_once(map, 0);
	}
	if (ret == -EPROTO)
		log_err("%s: answered what this lkvm-pvm does not understand; is it of another version?",
			o.name);
	json_decref(map);
	client_close(&c);
	return ret ? EXIT_HOST : 0;
}
