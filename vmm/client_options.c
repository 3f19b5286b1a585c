// SPDX-License-Identifier: GPL-2.0-only
/* client_options.c: the options of the verbs that ask a running VM. */
#include "client.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "verbs.h"

#define MAX_SECONDS 86400U

static int set_name(struct opt_parse *p, const char *value)
{
	struct client_options *o = p->target;

	if (o->name)
		return opt_fail(p, "%s: one VM at a time", p->verb);
	if (!control_name_ok(value))
		return opt_fail(p,
				"%s: '%.64s' is no name of a VM; "
				"'lkvm-pvm list' shows them",
				p->verb, value);
	o->name = value;
	return 0;
}

/* NAME, what to do, and with what. */
static int set_debug_word(struct opt_parse *p, const char *value)
{
	struct client_options *o = p->target;

	if (!o->name)
		return set_name(p, value);
	if (o->argument)
		return opt_fail(p, "%s: '%.64s' is one word too many", p->verb,
				value);
	if (!o->action)
		o->action = value;
	else
		o->argument = value;
	return 0;
}

static int set_json(struct opt_parse *p, const char *value)
{
	struct client_options *o = p->target;

	o->json = !strcmp(value, "on");
	return 0;
}

static int set_watch(struct opt_parse *p, const char *value)
{
	struct client_options *o = p->target;

	o->watch = !strcmp(value, "on");
	return 0;
}

static int set_svg(struct opt_parse *p, const char *value)
{
	struct client_options *o = p->target;

	return opt_set_file(p, value, &o->svg);
}

static int set_prometheus(struct opt_parse *p, const char *value)
{
	struct client_options *o = p->target;

	o->prometheus = !strcmp(value, "on");
	return 0;
}

static int set_pss(struct opt_parse *p, const char *value)
{
	struct client_options *o = p->target;

	o->pss = !strcmp(value, "on");
	return 0;
}

static int set_timeout(struct opt_parse *p, const char *value)
{
	struct client_options *o = p->target;
	uint64_t n;

	if (parse_seconds(value, &n) || n > MAX_SECONDS * UINT64_C(1000))
		return opt_bad_value(p, value,
				     "give seconds up to %u, 90 or 0.5 for "
				     "example",
				     MAX_SECONDS);
	o->timeout_ms = (int)n;
	o->has_timeout = true;
	return 0;
}

static int set_force(struct opt_parse *p, const char *value)
{
	struct client_options *o = p->target;

	o->force = !strcmp(value, "on");
	return 0;
}

static int set_sysrq(struct opt_parse *p, const char *value)
{
	struct client_options *o = p->target;

	if (!control_is_sysrq(value))
		return opt_bad_value(
			p, value,
			"a letter or digit; 'h' lists them, in the guest's log");
	o->sysrq = value[0];
	return 0;
}

/* clang-format off */
#define NAME								\
	{ .name = "name", .letter = 'n', .arg = OPT_VALUE,		\
	  .arg_name = "NAME", .set = set_name,				\
	  .help = "the VM, as kvmtool has it; it may be an argument" }
#define JSON								\
	{ .name = "json", .arg = OPT_SWITCH, .set = set_json,		\
	  .help = "print JSON" }

static const struct opt_spec list_specs[] = {
	JSON,
};
static const struct opt_spec stat_specs[] = {
	NAME,
	JSON,
	{ .name = "prometheus", .arg = OPT_SWITCH, .set = set_prometheus,
	  .help = "print the text that Prometheus scrapes" },
	{ .name = "pss", .arg = OPT_SWITCH, .set = set_pss,
	  .help = "its Pss, too: the kernel looks at each page" },
};
static const struct opt_spec map_specs[] = {
	NAME,
	JSON,
	{ .name = "svg", .arg = OPT_VALUE, .arg_name = "FILE", .set = set_svg,
	  .help = "write an SVG picture to FILE" },
	{ .name = "watch", .arg = OPT_SWITCH, .set = set_watch,
	  .help = "look again and again, until Ctrl-C or the VM's end" },
};
static const struct opt_spec wait_specs[] = {
	NAME,
	{ .name = "timeout", .arg = OPT_VALUE, .arg_name = "SECONDS",
	  .set = set_timeout,
	  .help = "for so long at most; then exit with 124" },
};
static const struct opt_spec stop_specs[] = {
	NAME,
	{ .name = "timeout", .arg = OPT_VALUE, .arg_name = "SECONDS",
	  .set = set_timeout,
	  .help = "the guest has so long to power off (default: 30)" },
	{ .name = "force", .arg = OPT_SWITCH, .set = set_force,
	  .help = "end it at once, without asking the guest" },
};
static const struct opt_spec name_specs[] = {
	NAME,
};
static const struct opt_spec debug_specs[] = {
	NAME,
	JSON,
	{ .name = "sysrq", .letter = 's', .arg = OPT_VALUE, .arg_name = "KEY",
	  .set = set_sysrq,
	  .help = "send a break and KEY to its console: to Linux, a sysrq; h "
		  "lists them in its log" },
};
/* clang-format on */

const struct opt_table list_table = {
	.specs = list_specs,
	.nr = ARRAY_SIZE(list_specs),
};
const struct opt_table stat_table = {
	.specs = stat_specs,
	.nr = ARRAY_SIZE(stat_specs),
	.positional = set_name,
};
const struct opt_table map_table = {
	.specs = map_specs,
	.nr = ARRAY_SIZE(map_specs),
	.positional = set_name,
};
const struct opt_table wait_table = {
	.specs = wait_specs,
	.nr = ARRAY_SIZE(wait_specs),
	.positional = set_name,
};

const struct opt_table stop_table = {
	.specs = stop_specs,
	.nr = ARRAY_SIZE(stop_specs),
	.positional = set_name,
};
const struct opt_table name_table = {
	.specs = name_specs,
	.nr = ARRAY_SIZE(name_specs),
	.positional = set_name,
};
const struct opt_table debug_table = {
	.specs = debug_specs,
	.nr = ARRAY_SIZE(debug_specs),
	.positional = set_debug_word,
};

/* A verb that is for one VM, and stat for all when none is named. */
static const char *missing(const struct verb *v, const struct client_options *o)
{
	if (o->json && o->prometheus)
		return "--json or --prometheus, not both";
	if (o->svg && (o->json || o->watch))
		return "--svg goes with neither --json nor --watch";
	if (v->table->positional && !o->name && v->table != &stat_table)
		return "which VM? 'lkvm-pvm list' names them";
	return NULL;
}

int client_parse(const struct verb *v, int argc, char **argv,
		 struct client_options *o)
{
	struct opt_parse parse;
	const char *what;
	int ret;

	memset(o, 0, sizeof(*o));
	memset(&parse, 0, sizeof(parse));
	ret = opt_parse(&parse, v->table, o, argc, argv);
	if (ret == OPT_HELP) {
		help_verb(stdout, v);
		return ret;
	}
	if (ret) {
		log_err("%s", parse.error);
		return ret;
	}
	what = missing(v, o);
	if (what)
		log_err("%s: %s", v->name, what);
	return what ? -EINVAL : 0;
}
