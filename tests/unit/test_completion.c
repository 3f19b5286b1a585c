// SPDX-License-Identifier: GPL-2.0-only
/* test_completion.c: what shells are told is what the tables of options say. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

static char *text;
static struct opt_parse parse;

static int accept_any(struct opt_parse *p, const char *value)
{
	(void)p;
	(void)value;
	return 0;
}

static const struct opt_spec specs[] = {
	{ .help = "A heading" },
	{ .name = "mode",
	  .letter = 'm',
	  .arg = OPT_VALUE,
	  .arg_name = "SIZE|auto|FILE",
	  .set = accept_any,
	  .help = "it's [a] mode: \\" },
	{ .name = "vm",
	  .arg = OPT_VALUE,
	  .arg_name = "NAME",
	  .set = accept_any,
	  .help = "one" },
	{ .name = "old", .arg = OPT_SWITCH, .ignored = "no effect" },
	{ .name = "never", .arg = OPT_SWITCH, .refused = "no" },
};
static const struct opt_table table = { .specs = specs,
					.nr = ARRAY_SIZE(specs) };
static const struct verb verbs[] = {
	{ .name = "look",
	  .args = "[options] NAME",
	  .summary = "Look.",
	  .table = &table },
	{ .name = "make",
	  .args = "[options] [IMAGE]",
	  .summary = "Make.",
	  .table = &table },
};

static int print(const char *shell)
{
	char verb[] = "completion", word[16];
	char *argv[] = { verb, word, NULL };
	size_t len;
	FILE *f;
	int ret;

	free(text);
	snprintf(word, sizeof(word), "%s", shell ? shell : "");
	f = open_memstream(&text, &len);
	ret = completion_print(f, &parse, shell ? 2 : 1, argv, verbs,
			       ARRAY_SIZE(verbs));
	ck_assert_int_eq(fclose(f), 0);
	return ret;
}

static void teardown(void)
{
	free(text);
	text = NULL;
}

START_TEST(bash_is_told_values_by_their_names)
{
	ck_assert_int_eq(print("bash"), 0);
	ck_assert_ptr_nonnull(
		strstr(text, "'look --mode=' | 'look --mode' | 'look -m') "
			     "REPLY=' auto @file' ;;\n"));
	ck_assert_ptr_nonnull(strstr(text, "'look --vm') REPLY=' @vm' ;;\n"));
	/* A verb for no VM that runs: the name is the user's. */
	ck_assert_ptr_nonnull(strstr(text, "'make --vm') REPLY='' ;;\n"));
	ck_assert_ptr_nonnull(strstr(text, "\tlook) REPLY=' @vm' ;;\n"));
	ck_assert_ptr_nonnull(strstr(text, "\tmake) REPLY=' @file' ;;\n"));
}
END_TEST

START_TEST(what_does_nothing_is_not_offered)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		ck_assert_int_eq(print(shells[i]), 0);
		ck_assert_ptr_null(strstr(text, "old"));
		ck_assert_ptr_null(strstr(text, "never"));
	}
}
END_TEST

START_TEST(help_is_quoted_for_each_shell)
{
	ck_assert_int_eq(print("zsh"), 0);
	ck_assert_ptr_nonnull(
		strstr(text, "'*-m+[it'\\''s \\[a\\] mode\\: \\\\]:value:"));
	ck_assert_int_eq(print("fish"), 0);
	ck_assert_ptr_nonnull(strstr(text, "'it'\\''s [a] mode: \\\\'\n"));
}
END_TEST

START_TEST(a_shell_has_to_be_named)
{
	ck_assert_int_eq(print(NULL), -EINVAL);
	ck_assert_ptr_nonnull(strstr(parse.error, "bash, zsh or fish"));
	ck_assert_int_eq(print("tcsh"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(parse.error, "bash, zsh or fish"));
	ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("completion");
	TCase *tc = tcase_create("completion");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, bash_is_told_values_by_their_names);
	tcase_add_test(tc, what_does_nothing_is_not_offered);
	tcase_add_test(tc, help_is_quoted_for_each_shell);
	tcase_add_test(tc, a_shell_has_to_be_named);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
