// SPDX-License-Identifier: GPL-2.0-only
/* test_help.c: --help names every option and fits a terminal. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

static char *text;

static void print(const struct opt_table *table)
{
	const struct verb v = {
		.name = "verb",
		.args = "[options]",
		.summary = "Do it.",
		.notes = "Note well.\n",
		.table = table,
	};
	size_t len;
	FILE *f;

	free(text);
	f = open_memstream(&text, &len);
	help_verb(f, &v);
	ck_assert_int_eq(fclose(f), 0);
}

static void teardown(void)
{
	free(text);
	text = NULL;
}

START_TEST(every_option_is_named)
{
	char name[64];
	unsigned int i;

	print(&config_table);
	for (i = 0; i < config_table.nr; i++) {
		if (!config_table.specs[i].name)
			continue;
		snprintf(name, sizeof(name), "--%s",
			 config_table.specs[i].name);
		ck_assert_msg(strstr(text, name) != NULL, "%s", name);
	}
	ck_assert_ptr_nonnull(strstr(text, "-h, --help"));
	ck_assert_ptr_nonnull(strstr(text, "Note well.\n"));
}
END_TEST

START_TEST(lines_fit_80_columns)
{
	const struct opt_table *const tables[] = { &config_table, &check_table,
						   NULL };
	const char *line;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		print(tables[i]);
		for (line = text; *line; line += strcspn(line, "\n") + 1)
			ck_assert_msg(strcspn(line, "\n") < 80, "%s", line);
	}
}
END_TEST

START_TEST(short_long_and_argument_are_shown)
{
	print(&config_table);
	ck_assert_ptr_nonnull(strstr(text, "\n  -k, --kernel FILE "));
	ck_assert_ptr_nonnull(strstr(text, "\n      --protected[=on|off] "));
	ck_assert_ptr_nonnull(strstr(text, "\n      --nodefaults "));
	ck_assert_ptr_nonnull(strstr(text, "\nRefused, "));
	print(&check_table);
	ck_assert_ptr_null(strstr(text, "Refused"));
}
END_TEST

START_TEST(what_a_verb_has_itself_is_not_refused)
{
	const char *refused;

	print(&config_table);
	ck_assert_ptr_nonnull(strstr(text, " --tty"));
	print(&config_exec_table);
	refused = strstr(text, "\nRefused, ");
	ck_assert_ptr_nonnull(refused);
	ck_assert_ptr_nonnull(strstr(refused, " --9p"));
	ck_assert_ptr_null(strstr(refused, " --tty"));
	ck_assert_ptr_nonnull(strstr(text, "-t, --tty"));
}
END_TEST

START_TEST(the_overview_lists_the_verbs)
{
	static const struct verb verbs[] = { { .name = "one", .summary = "A." },
					     { .name = "two",
					       .summary = "B." } };
	size_t len;
	FILE *f = open_memstream(&text, &len);

	help_overview(f, verbs, ARRAY_SIZE(verbs));
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n  one         A.\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n  two         B.\n"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("help");
	TCase *tc = tcase_create("help");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, every_option_is_named);
	tcase_add_test(tc, lines_fit_80_columns);
	tcase_add_test(tc, short_long_and_argument_are_shown);
	tcase_add_test(tc, what_a_verb_has_itself_is_not_refused);
	tcase_add_test(tc, the_overview_lists_the_verbs);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
