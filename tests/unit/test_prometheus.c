// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_prometheus.c: properties of stat --prometheus, as its text format has them
 * and `promtool check metrics` asks for them.
 */
#include "unit.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/client.h"

#define VALUE "\"([^\"\\\\\n]|\\\\[\\\\\"n])*\""

static bool matches(const char *line, const char *pattern)
{
	regex_t r;
	bool is;

	ck_assert_int_eq(regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB), 0);
	is = !regexec(&r, line, 0, NULL, 0);
	regfree(&r);
	return is;
}

static json_t *vm(const char *name)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:{s:I, s:I, s:n}, s:[{s:I}, n], s:[{s:s, s:I, s:n}, {s:s, s:I}]}",
		"name", name, "state", "running", "mem", (json_int_t)1 << 30,
		"restarts", (json_int_t)0, "uptime_ms", (json_int_t)1500,
		"memory", "locked", (json_int_t)4096, "pss", (json_int_t)8192,
		"rss", "vcpu_stats", "exits", (json_int_t)77, "devices", "name",
		"blk0", "requests", (json_int_t)5, "kicks", "name", "a\"\\\nb",
		"requests", (json_int_t)6);

	ck_assert_ptr_nonnull(o);
	return o;
}

/* To be freed. */
static char *text_of(json_t *all)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	client_print_prometheus(f, all);
	fclose(f);
	json_decref(all);
	return text;
}

/* The family that a "# HELP" line is of; false: another line. */
static bool begins(const char *line, char family[64])
{
	return sscanf(line, "# HELP %63s", family) == 1;
}

static void check_family(const char *family, const char *type)
{
	size_t len = strlen(family);
	bool total = len > 6 && !strcmp(family + len - 6, "_total");

	ck_assert_msg(matches(family, "^lkvm_pvm_[a-z_]+$"), "%s", family);
	ck_assert_msg(!strcmp(type, total ? "counter" : "gauge"), "%s: %s",
		      family, type);
}

START_TEST(each_family_has_help_then_type_then_its_samples)
{
	char *text = text_of(json_pack("[o, o]", vm("one"), vm("two")));
	char family[64] = "", other[64], type[16], *rest = text, *line;
	unsigned int nr = 0;

	while ((line = strsep(&rest, "\n")) != NULL && *line) {
		if (begins(line, family)) {
			line = strsep(&rest, "\n");
			ck_assert_int_eq(
				sscanf(line, "# TYPE %63s %15s", other, type),
				2);
			ck_assert_str_eq(family, other);
			check_family(family, type);
			continue;
		}
		ck_assert_msg(matches(line,
				      "^[a-z_]+\\{vm=" VALUE "(,[a-z]+=" VALUE
				      ")?\\} [0-9]+(\\.[0-9]+)?$"),
			      "%s", line);
		ck_assert_msg(!strncmp(line, family, strlen(family)) &&
				      line[strlen(family)] == '{',
			      "%s in %s", line, family);
		nr++;
	}
	/* Of each VM: state, uptime, restarts, mem, two of memory, one of its
	 * vCPUs, and two devices' requests. */
	ck_assert_uint_eq(nr, 2 * 9);
	free(text);
}
END_TEST

START_TEST(no_family_comes_twice)
{
	char *text = text_of(json_pack("[o]", vm("one")));
	char family[64], again[80];
	const char *at = text;

	for (; (at = strstr(at, "# HELP ")) != NULL; at++) {
		ck_assert(begins(at, family));
		snprintf(again, sizeof(again), "# HELP %s ", family);
		ck_assert_ptr_null(strstr(at + 1, again));
	}
	free(text);
}
END_TEST

START_TEST(labels_are_escaped)
{
	char *text = text_of(json_pack("[o]", vm("one")));

	ck_assert_ptr_nonnull(strstr(
		text,
		"requests_total{vm=\"one\",device=\"a\\\"\\\\\\nb\"} 6\n"));
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("prometheus");
	TCase *tc = tcase_create("prometheus");

	tcase_add_test(tc, each_family_has_help_then_type_then_its_samples);
	tcase_add_test(tc, no_family_comes_twice);
	tcase_add_test(tc, labels_are_escaped);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
