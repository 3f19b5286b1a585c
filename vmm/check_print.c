// SPDX-License-Identifier: GPL-2.0-only
/* check_print.c: what `check` found, for people and as JSON. */
#include "hostcheck.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
	[CHECK_OK] = "ok",
	[CHECK_WARN] = "warn",
	[CHECK_FAIL] = "fail",
	[CHECK_UNKNOWN] = "unknown",
};

static const char *const state_colours[] = {
	[CHECK_OK] = "\033[32m",
	[CHECK_WARN] = "\033[33m",
	[CHECK_FAIL] = "\033[31m",
	[CHECK_UNKNOWN] = "\033[36m",
};

static void print_state(FILE *out, enum check_state state, bool colour)
{
	fprintf(out, "%s%-7s%s  ", colour ? state_colours[state] : "",
		state_names[state], colour ? "\033[m" : "");
}

void check_print(FILE *out, const struct check_report *r, bool colour)
{
	const struct check_item *item;
	int width = 0, len;
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		len = (int)strlen(r->items[i].thing);
		if (len > width)
			width = len;
	}
	for (i = 0; i < r->nr; i++) {
		item = &r->items[i];
		print_state(out, item->state, colour);
		fprintf(out, "%-*s  %s%s%s\n", width, item->thing,
			item->finding, item->remedy[0] ? " -> " : "",
			item->remedy);
	}
	fprintf(out, "%s\n", r->summary);
}

static json_t *item_json(const struct check_item *item)
{
	return json_pack("{s:s, s:s, s:s, s:s*}", "state",
			 state_names[item->state], "thing", item->thing,
			 "finding", item->finding, "remedy",
			 item->remedy[0] ? item->remedy : NULL);
}

static json_t *report_json(const struct check_facts *f,
			   const struct check_report *r)
{
	json_t *items = json_array(), *can_run, *max_mem;
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		if (json_array_append_new(items, item_json(&r->items[i]))) {
			json_decref(items);
			return NULL;
		}
	}
	can_run = r->verdict == CHECK_CANNOT_TELL
			  ? json_null()
			  : json_boolean(r->verdict == CHECK_CAN_RUN);
	max_mem = r->max_mem == UINT64_MAX
			  ? json_null()
			  : json_integer((json_int_t)(r->max_mem >> 20));
	/* "o" takes over the reference also when packing fails. */
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o}", "version",
			 VERSION, "machine", f->machine, "kernel", f->release,
			 "can_run", can_run, "max_mem_mib", max_mem, "summary",
			 r->summary, "items", items);
}

int check_print_json(FILE *out, const struct check_facts *f,
		     const struct check_report *r)
{
	json_t *report = report_json(f, r);
	char *text;

	if (!report)
		return -ENOMEM;
	text = json_dumps(report, JSON_INDENT(2));
	json_decref(report);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}
