// SPDX-License-Identifier: GPL-2.0-only
/* client_verbs.c: list, stat, wait: the verbs that look at running VMs. */
#include "client.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "exitcode.h"
#include "host.h"
#include "log.h"
#include "verbs.h"

/* --- all that run ----------------------------------------------------------- */

struct list {
	const struct control_request *ask;
	const char *dir;
	int dir_fd;
	json_t *found; /* array of what VMs said of themselves */
};

/* Somebody who was killed: nobody listens any more. */
static void remove_stale(const struct list *l, const char *name)
{
	char file[CONTROL_NAME_MAX + 8];
	struct client c;

	if (control_dir_lock(l->dir_fd))
		return;
	/* Its name may have been taken meanwhile. */
	if (client_connect(&c, l->dir, name) == -ECONNREFUSED) {
		(void)snprintf(file, sizeof(file), "%s.sock", name);
		(void)unlinkat(l->dir_fd, file, 0);
	}
	client_close(&c);
	control_dir_unlock(l->dir_fd);
}

static int list_one(void *ctx, const char *name)
{
	struct list *l = ctx;
	struct client c;
	json_t *o = NULL;
	int err = client_connect(&c, l->dir, name);

	if (err == -ECONNREFUSED)
		remove_stale(l, name);
	if (err == -ECONNREFUSED || err == -ENOENT)
		return 0;
	if (!err)
		err = client_send(&c, l->ask);
	if (!err)
		err = client_receive(&c, CLIENT_LIST_MS, &o);
	client_close(&c);
	if (err == -EPIPE || json_object_get(o, "code")) {
		json_decref(o);
		return 0; /* it has just ended */
	}
	if (err || !json_is_string(json_object_get(o, "name"))) {
		json_decref(o);
		o = json_pack("{s:s, s:s, s:n, s:n, s:n, s:n, s:n, s:n, s:n}",
			      "name", name, "state", "no answer", "pid",
			      "version", "protected", "mem", "vcpus",
			      "uptime_ms", "restarts");
	}
	(void)json_object_del(o, "v");
	(void)json_object_del(o, "ok");
	return json_array_append_new(l->found, o) ? -ENOMEM : 0;
}

/* Those of one directory, into @found; 0 or -errno, logged. */
static int gather_in(json_t *found, const struct control_request *ask,
		     unsigned int at)
{
	char dir[CONTROL_PATH_MAX];
	struct list l = { .ask = ask, .dir = dir, .found = found };
	int ret;

	l.dir_fd = client_open_dir(at, dir);
	if (l.dir_fd < 0)
		return l.dir_fd == -ENOENT ? 0 : l.dir_fd;
	ret = control_dir_each(l.dir_fd, list_one, &l);
	close(l.dir_fd);
	if (ret)
		log_err("%s: %s", dir, errno_text(ret));
	return ret;
}

/* What all VMs say of themselves: an array, or NULL, logged. */
static json_t *gather(const struct control_request *ask)
{
	json_t *found = json_array();
	int ret = 0;

	for (unsigned int i = 0; !ret && i < CLIENT_NR_DIRS; i++)
		ret = gather_in(found, ask, i);
	if (!ret)
		return found;
	json_decref(found);
	return NULL;
}

static int print_json(const json_t *o)
{
	int ret = json_dumpf(o, stdout, JSON_INDENT(2));

	putchar('\n');
	return ret;
}

/* --- list ------------------------------------------------------------------- */

static void print_row(const json_t *o)
{
	char uptime[32], size[32];

	printf("%-24s %-9s", client_string(o, "name"),
	       client_string(o, "state"));
	if (json_is_integer(json_object_get(o, "pid")))
		printf(" %8lld %5lld %10s %12s",
		       (long long)client_integer(o, "pid"),
		       (long long)client_integer(o, "vcpus"),
		       host_size_text((uint64_t)client_integer(o, "mem"), size,
				      sizeof(size)),
		       client_uptime(client_integer(o, "uptime_ms"), uptime,
				     sizeof(uptime)));
	putchar('\n');
}

static void print_list(const json_t *found)
{
	if (json_array_size(found))
		printf("%-24s %-9s %8s %5s %10s %12s\n", "NAME", "STATE", "PID",
		       "VCPUS", "MEM", "UPTIME");
	for (size_t i = 0; i < json_array_size(found); i++)
		print_row(json_array_get(found, i));
}

int cmd_list(const struct verb *v, int argc, char **argv)
{
	const struct control_request r = { .verb = CONTROL_LIST };
	struct client_options o;
	int ret = client_parse(v, argc, argv, &o);
	json_t *found;

	if (ret)
		return ret < 0 ? EXIT_HOST : 0;
	found = gather(&r);
	if (found && o.json)
		ret = print_json(found);
	else if (found)
		print_list(found);
	json_decref(found);
	return found && !ret ? 0 : EXIT_HOST;
}

/* --- stat ------------------------------------------------------------------- */

static json_t *stat_one(const struct verb *v, const char *name,
			const struct control_request *r)
{
	json_t *answer, *all = NULL;
	struct client c;
	int code;

	if (client_find(&c, v->name, name))
		return NULL;
	if (!client_ask(&c, r, &answer) && !client_ended(&c, answer, &code)) {
		(void)json_object_del(answer, "v");
		(void)json_object_del(answer, "ok");
		all = json_pack("[O]", answer);
	}
	json_decref(answer);
	client_close(&c);
	return all;
}

int cmd_stat(const struct verb *v, int argc, char **argv)
{
	struct control_request r = { .verb = CONTROL_STAT };
	struct client_options o;
	int ret = client_parse(v, argc, argv, &o);
	json_t *all;

	if (ret)
		return ret < 0 ? EXIT_HOST : 0;
	r.pss = o.pss;
	all = o.name ? stat_one(v, o.name, &r) : gather(&r);
	if (all && o.json)
		ret = print_json(o.name ? json_array_get(all, 0) : all);
	else if (all && o.prometheus)
		client_print_prometheus(stdout, all);
	for (size_t i = 0; !o.json && !o.prometheus && i < json_array_size(all);
	     i++) {
		if (i)
			putchar('\n');
		client_print_stat(stdout, json_array_get(all, i));
	}
	json_decref(all);
	return all && !ret ? 0 : EXIT_HOST;
}

/* --- wait ------------------------------------------------------------------- */

int cmd_wait(const struct verb *v, int argc, char **argv)
{
	const struct control_request r = { .verb = CONTROL_WAIT };
	struct client_options o;
	struct client c;
	json_t *answer = NULL;
	int code = EXIT_HOST, ret = client_parse(v, argc, argv, &o);

	if (ret)
		return ret < 0 ? EXIT_HOST : 0;
	if (client_find(&c, v->name, o.name))
		return EXIT_HOST;
	ret = client_send(&c, &r);
	if (!ret)
		ret = client_receive(&c, o.has_timeout ? o.timeout_ms : -1,
				     &answer);
	if (ret == -ETIMEDOUT) {
		log_err("wait: '%s' still runs after %g s", o.name,
			o.timeout_ms / 1000.0);
		code = EXIT_TIMEOUT;
	} else if (ret) {
		log_err("wait: '%s' ended without a word (killed?)", o.name);
	} else if (!client_ended(&c, answer, &code)) {
		log_err("%s: %.255s", c.name, client_string(answer, "error"));
	}
	json_decref(answer);
	client_close(&c);
	return code;
}
