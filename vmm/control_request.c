// SPDX-License-Identifier: GPL-2.0-only
/*
 * control_request.c: a line of the control socket → what is asked for, and
 * back. What is not known is refused by name: a newer client then says so,
 * instead of getting something else done.
 */
#include "control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY_SIZE    256U
#define MAX_SECONDS 86400
#define MAX_VCPU    511

static const char *const verb_names[CONTROL_NR_VERBS] = {
	[CONTROL_LIST] = "list",
	[CONTROL_STAT] = "stat",
	[CONTROL_WAIT] = "wait",
	[CONTROL_STOP] = "stop",
	[CONTROL_KILL] = "kill",
	[CONTROL_PAUSE] = "pause",
	[CONTROL_RESUME] = "resume",
	[CONTROL_SYSRQ] = "sysrq",
	[CONTROL_MAP] = "map",
	[CONTROL_CONSOLE] = "console",
	[CONTROL_RECLAIM] = "reclaim",
	[CONTROL_UNPLUG] = "unplug",
	[CONTROL_MEMLOCK] = "memlock",
	[CONTROL_REGS] = "regs",
	[CONTROL_STOP_VCPU] = "stop-vcpu",
	[CONTROL_STEP] = "step",
	[CONTROL_START_VCPU] = "start-vcpu",
	[CONTROL_BACKTRACE] = "backtrace",
};

__printf(2, 3) static int refuse(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, WHY_SIZE, fmt, ap);
	va_end(ap);
	/* It goes into JSON, and to a terminal. */
	for (char *c = why; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return -EINVAL;
}

static int set_version(json_t *value, char *why)
{
	if (json_is_integer(value) &&
	    json_integer_value(value) == CONTROL_VERSION)
		return 0;
	return refuse(why, "only version %d of the protocol is spoken here",
		      CONTROL_VERSION);
}

static int set_verb(struct control_request *r, json_t *value, char *why)
{
	const char *name = json_string_value(value);

	for (unsigned int i = 0; name && i < CONTROL_NR_VERBS; i++) {
		if (strcmp(name, verb_names[i]) != 0)
			continue;
		r->verb = (enum control_verb)i;
		return 0;
	}
	return refuse(why, "\"do\": '%.32s' is not known here",
		      name ? name : "");
}

/* A number from 0 to @max. */
static int set_number(uint64_t *n, const char *key, json_t *value, int64_t max,
		      char *why)
{
	json_int_t i = json_is_integer(value) ? json_integer_value(value) : -1;

	if (i < 0 || i > max)
		return refuse(why, "\"%s\" is a number up to %lld", key,
			      (long long)max);
	*n = (uint64_t)i;
	return 0;
}

static int set_seconds(struct control_request *r, json_t *value, char *why)
{
	uint64_t n = 0;
	int ret = set_number(&n, "seconds", value, MAX_SECONDS, why);

	r->seconds = (unsigned int)n;
	return ret;
}

static int set_vcpu(struct control_request *r, json_t *value, char *why)
{
	uint64_t n = 0;
	int ret = set_number(&n, "vcpu", value, MAX_VCPU, why);

	r->vcpu = (unsigned int)n;
	r->has_vcpu = true;
	return ret;
}

static int set_pss(struct control_request *r, json_t *value, char *why)
{
	if (!json_is_boolean(value))
		return refuse(why, "\"pss\" is true or false");
	r->pss = json_is_true(value);
	return 0;
}

static int set_key(struct control_request *r, json_t *value, char *why)
{
	const char *key = json_string_value(value);

	if (!key || !control_is_sysrq(key))
		return refuse(why, "\"key\" is a letter or digit");
	r->key = key[0];
	return 0;
}

static int set_member(struct control_request *r, const char *key, json_t *value,
		      char *why)
{
	if (!strcmp(key, "v"))
		return set_version(value, why);
	if (!strcmp(key, "do"))
		return set_verb(r, value, why);
	if (!strcmp(key, "seconds"))
		return set_seconds(r, value, why);
	if (!strcmp(key, "key"))
		return set_key(r, value, why);
	if (!strcmp(key, "vcpu"))
		return set_vcpu(r, value, why);
	if (!strcmp(key, "pss"))
		return set_pss(r, value, why);
	if (!strcmp(key, "page")) {
		r->has_page = true;
		return set_number(&r->page, key, value, INT64_MAX, why);
	}
	if (!strcmp(key, "bytes")) {
		r->has_bytes = true;
		return set_number(&r->bytes, key, value, INT64_MAX, why);
	}
	return refuse(why, "\"%.32s\" is not known here", key);
}

/* What cannot be done without a certain member. */
static int check_members(const struct control_request *r, char *why)
{
	if (r->verb == CONTROL_SYSRQ && !r->key)
		return refuse(why, "sysrq has a \"key\"");
	if ((r->verb == CONTROL_STOP_VCPU || r->verb == CONTROL_START_VCPU ||
	     r->verb == CONTROL_STEP) &&
	    !r->has_vcpu)
		return refuse(why, "%s has a \"vcpu\"", verb_names[r->verb]);
	return 0;
}

int control_request_parse(const char *line, size_t len,
			  struct control_request *r, char *why)
{
	json_error_t error;
	json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	const char *key;
	json_t *value;
	int ret = 0;

	memset(r, 0, sizeof(*r));
	if (!json_is_object(root)) {
		json_decref(root);
		return refuse(why, "a request is one line, a JSON object");
	}
	if (!json_object_get(root, "v") || !json_object_get(root, "do"))
		ret = refuse(why, "a request has \"v\" and \"do\"");
	/* The version first: of another one nothing else is known. */
	if (!ret)
		ret = set_version(json_object_get(root, "v"), why);
	json_object_foreach(root, key, value)
	{
		if (ret)
			break;
		ret = set_member(r, key, value, why);
	}
	json_decref(root);
	return ret ? ret : check_members(r, why);
}

static int add_number(json_t *root, const char *key, bool has, uint64_t n)
{
	return has ? json_object_set_new(root, key, json_integer((json_int_t)n))
		   : 0;
}

static int add_members(json_t *root, const struct control_request *r)
{
	int err = add_number(root, "seconds", r->seconds, r->seconds);

	if (!err)
		err = add_number(root, "page", r->has_page, r->page);
	if (!err)
		err = add_number(root, "bytes", r->has_bytes, r->bytes);
	if (!err)
		err = add_number(root, "vcpu", r->has_vcpu, r->vcpu);
	if (!err && r->pss)
		err = json_object_set_new(root, "pss", json_true());
	if (!err && r->key)
		err = json_object_set_new(root, "key",
					  json_stringn(&r->key, 1));
	return err;
}

char *control_request_format(const struct control_request *r)
{
	json_t *root = json_pack("{s:i, s:s}", "v", CONTROL_VERSION, "do",
				 verb_names[r->verb]);
	char *text, *line = NULL;

	if (root && add_members(root, r)) {
		json_decref(root);
		root = NULL;
	}
	text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	return line;
}
