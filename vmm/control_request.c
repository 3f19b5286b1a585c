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

static const char *const verb_names[CONTROL_NR_VERBS] = {
	[CONTROL_LIST] = "list",     [CONTROL_STAT] = "stat",
	[CONTROL_WAIT] = "wait",     [CONTROL_STOP] = "stop",
	[CONTROL_KILL] = "kill",     [CONTROL_PAUSE] = "pause",
	[CONTROL_RESUME] = "resume", [CONTROL_SYSRQ] = "sysrq",
	[CONTROL_MAP] = "map",
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

static int set_seconds(struct control_request *r, json_t *value, char *why)
{
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : -1;

	if (n < 0 || n > MAX_SECONDS)
		return refuse(why, "\"seconds\" is a number up to %d",
			      MAX_SECONDS);
	r->seconds = (unsigned int)n;
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
	return refuse(why, "\"%.32s\" is not known here", key);
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
	if (!ret && r->verb == CONTROL_SYSRQ && !r->key)
		ret = refuse(why, "sysrq has a \"key\"");
	return ret;
}

static int add_members(json_t *root, const struct control_request *r)
{
	int err = 0;

	if (r->seconds)
		err = json_object_set_new(root, "seconds",
					  json_integer(r->seconds));
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
