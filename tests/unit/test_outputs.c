// SPDX-License-Identifier: GPL-2.0-only
/* test_outputs.c: what the files of a run that was refused say, and
 * that a run whose results are lost is none that went well. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../vmm/outputs.h"

static struct config cfg;
static struct opt_parse parse;
static char dir[32];
static const char *const names[] = { "verdict", "junit", "events", "record",
				     "console" };

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/outputs-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void teardown(void)
{
	config_fini(&cfg);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlink(names[i]);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void leave_old(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		FILE *f = fopen(names[i], "we");

		ck_assert_ptr_nonnull(f);
		(void)fputs("old news\n", f);
		ck_assert_int_eq(fclose(f), 0);
	}
}

static const char *content(const char *name)
{
	static char text[4096];
	FILE *f = fopen(name, "re");
	size_t len;

	ck_assert_ptr_nonnull(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	(void)fclose(f);
	return text;
}

/* Refuses "exec" and the space-separated words of @line. */
static void refuse(const char *line)
{
	static char copy[512], verb[] = "exec";
	char *argv[64] = { verb }, *save = NULL, *word;
	int argc = 1;

	config_fini(&cfg);
	(void)snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok_r(copy, " ", &save); word && argc < 63;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	ck_assert_int_lt(config_parse_exec(&cfg, &parse, argc, argv), 0);
	outputs_refuse(&cfg, "user", parse.error);
}

static void tell_of(const char *why)
{
	ck_assert_ptr_nonnull(strstr(content("verdict"), why));
	ck_assert_ptr_nonnull(strstr(content("junit"), "<error"));
	ck_assert_ptr_nonnull(strstr(content("junit"), why));
	ck_assert_ptr_nonnull(strstr(content("events"), "\"exit\""));
	ck_assert_ptr_nonnull(strstr(content("events"), why));
	ck_assert_ptr_nonnull(strstr(content("record"), why));
	ck_assert_str_eq(content("console"), "");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ck_assert_ptr_null(strstr(content(names[i]), "old news"));
}

#define FILES                                                                  \
	"--verdict verdict --junit junit --events events --record record "     \
	"--console-log console"

START_TEST(each_file_tells_of_a_refusal)
{
	leave_old();
	refuse(FILES " --bogus -k Image -- true");
	tell_of("no option --bogus");
}
END_TEST

START_TEST(options_behind_the_bad_one_name_files_too)
{
	leave_old();
	refuse("--bogus --timeout never " FILES " --nonsense -- true");
	tell_of("no option --bogus");
	leave_old();
	refuse("--9p /,root --timeout " FILES " -- true");
	tell_of("exec: --9p: ");
}
END_TEST

START_TEST(a_file_that_fails_does_not_keep_the_others)
{
	leave_old();
	refuse("--artifacts /nowhere/at/all --bogus " FILES);
	tell_of("no option --bogus");
}
END_TEST

static size_t nr_lines(const char *name)
{
	size_t nr = 0;

	for (const char *c = content(name); *c; c++)
		nr += *c == '\n';
	return nr;
}

START_TEST(a_file_of_artifacts_that_is_named_too_is_written_once)
{
	static const char *const kept[] = { "verdict.json", "events.jsonl",
					    "record.jsonl", "console.log" };

	refuse("--artifacts . --verdict verdict.json --events ./events.jsonl "
	       "--record record.jsonl --console-log console.log --bogus");
	ck_assert_uint_eq(nr_lines("verdict.json"), 1);
	ck_assert_uint_eq(nr_lines("events.jsonl"), 1);
	ck_assert_uint_eq(nr_lines("record.jsonl"), 2);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		ck_assert_int_eq(unlink(kept[i]), 0);
}
END_TEST

/* The code that a run of this @code ends with, results going to /dev/full. */
static int code_of(const char *option, int code)
{
	static char verb[] = "exec", kernel[] = "-kImage", full[] = "/dev/full";
	static char name[16], command[] = "true";
	char *argv[] = { verb, kernel, name, full, command, NULL };
	struct verdict v = { .code = code, .origin = "guest" };
	static struct outputs o;

	config_fini(&cfg);
	(void)snprintf(name, sizeof(name), "%s", option);
	ck_assert_int_eq(config_parse_exec(&cfg, &parse, 5, argv), 0);
	ck_assert_int_eq(outputs_open(&o, &cfg), 0);
	outputs_close(&o, &v);
	if (v.code != code) {
		ck_assert_str_eq(v.origin, "host");
		ck_assert_ptr_nonnull(strstr(v.reason, "/dev/full: No space"));
	}
	return v.code;
}

START_TEST(results_that_are_lost_are_no_success)
{
	static const char *const options[] = { "--verdict", "--junit" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		ck_assert_int_eq(code_of(options[i], 0), EXIT_HOST);
		ck_assert_int_eq(code_of(options[i], EXIT_GUEST_PANIC),
				 EXIT_GUEST_PANIC);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("outputs");
	TCase *tc = tcase_create("outputs");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_file_tells_of_a_refusal);
	tcase_add_test(tc, options_behind_the_bad_one_name_files_too);
	tcase_add_test(tc, a_file_that_fails_does_not_keep_the_others);
	tcase_add_test(tc,
		       a_file_of_artifacts_that_is_named_too_is_written_once);
	tcase_add_test(tc, results_that_are_lost_are_no_success);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
