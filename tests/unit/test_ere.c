// SPDX-License-Identifier: GPL-2.0-only
/* test_ere.c: which expressions there are, and what they match. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "../../vmm/ere.h"

static struct ere *compile(const char *text)
{
	const char *why = NULL;
	struct ere *e = ere_compile(text, &why);

	ck_assert_msg(e != NULL, "%s: %s", text, why);
	ck_assert_ptr_null(why);
	return e;
}

static void expect_match(const char *text, const char *in, bool is_match)
{
	struct ere *e = compile(text);
	char *line =
		strdup(in); /* reading in front of it or behind it is seen */

	ck_assert_msg(ere_match(e, line) == is_match, "'%s' and '%s'", text,
		      line);
	/* And once more: nothing is left of the first time. */
	ck_assert(ere_match(e, line) == is_match);
	ere_free(e);
	free(line);
}

START_TEST(lines_are_matched)
{
	static const char *const yes[][2] = {
		{ "^# (Totals|SUMMARY): pass:[0-9]+ fail:0$",
		  "# Totals: pass:12 fail:0" },
		{ "login: $", "pvm login: " },
		{ "a", "xxa" },
		{ "^$", "" },
		{ "", "x" },
		{ "a|", "x" },
		{ "()", "" },
		{ "^(ab*c?){2}$", "abbbac" },
		{ "^a{2,3}$", "aaa" },
		{ "^a{,2}b$", "b" },
		{ "^(a|b{2}){2,}$", "bbabb" },
		{ "^(a*)*$", "aaaa" },
		{ "^(a{0}b){2}$", "bb" },
		{ "x{0}", "y" },
		{ "[]a-c[:digit:]-]{4}x", "]b7-x" },
		{ "[^]a]$", "a]b" },
		{ "^[[.-.]-/][[=e=]]$", ".e" },
		{ "\\(\\.\\*", "(.*" },
		{ "a)", "a)" },
		{ "\\<oops\\>", "an oops." },
		{ "(a|)\\bx", "a xb x" },
		{ "s\\b", "oops" },
		{ "o\\Bo", "oops" },
		{ "^\\w\\W\\s\\S$", "_- x" },
		{ "\\`a\\'", "a" },
		{ "a.c", "xa\xff"
			 "c" },
		{ "[\x80-\xff]", "\xc3\xa4" },
		{ "(^| )x", "a x" },
		{ "^(a|b|c|)d$", "ad" },
		{ "^(a|b|c|)d$", "bd" },
		{ "^(a|b|c|)d$", "cd" },
		{ "^(a|b|c|)d$", "d" },
		{ "^((a|b|c)x){3}$", "axbxcx" },
		{ "\\B", "ab" },
		{ "\\bb|b\\b", "abb" },
		{ "x\\>", "x" },
		{ "\xff", "aa\xff" },
		{ "\\0", "0" },
		{ "[a-c]", "c" },
		{ "^a{,}$", "aaa" },
		{ ".*.*=.*", "x=x" },
		{ "not ok|BUG|panic", "Kernel panic - not syncing" },
	};
	static const char *const no[][2] = {
		{ "^a", "ba" },
		{ "a$", "ab" },
		{ "^a{2,3}$", "aaaa" },
		{ "^a{2,3}$", "a" },
		{ "^(a|b{2}){2,}$", "ab" },
		{ "[^]a]", "a]" },
		{ "[[:upper:]]", "oops" },
		{ "\\<ops", "oops" },
		{ "\\boo\\b", "oops" },
		{ "a.c", "ac" },
		{ "a|^b", "cb" },
		{ "x", "" },
		{ "a+", "b" },
		{ "^ab?c$", "abbc" },
		{ "^(a|b|c)d$", "d" },
		{ "\\ba\\b", "_a" },
		{ "^\\Ba", "a" },
		{ "b\\>", "bc" },
		{ "\\>a", " a" },
		{ "[^a-c]", "abc" },
		{ "[^\x80-\xff]", "\xff" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(yes); i++)
		expect_match(yes[i][0], yes[i][1], true);
	for (unsigned int i = 0; i < ARRAY_SIZE(no); i++)
		expect_match(no[i][0], no[i][1], false);
}
END_TEST

/* One byte that is in each, and one that is not. */
START_TEST(classes_are_what_they_are_called)
{
	static const char *const classes[][3] = {
		{ "[[:alnum:]]", "7", "-" },   { "[[:alpha:]]", "q", "7" },
		{ "[[:blank:]]", "\t", "\n" }, { "[[:cntrl:]]", "\n", " " },
		{ "[[:digit:]]", "7", "a" },   { "[[:graph:]]", "-", " " },
		{ "[[:lower:]]", "q", "Q" },   { "[[:print:]]", " ", "\t" },
		{ "[[:punct:]]", "-", "q" },   { "[[:space:]]", "\n", "-" },
		{ "[[:upper:]]", "Q", "q" },   { "[[:xdigit:]]", "F", "g" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
		expect_match(classes[i][0], classes[i][1], true);
		expect_match(classes[i][0], classes[i][2], false);
	}
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
	static const char *const bad[][2] = {
		{ "(a", "a '(' without its ')'" },
		{ "[a", "a '[' without its ']'" },
		{ "[[:alpha:", "a '[:', '[=' or '[.' without its end" },
		{ "[[:word:]]", "no such class of characters" },
		{ "[[.space.]]", "no such character" },
		{ "[b-a]", "a range in [] that does not go" },
		{ "[[:alpha:]-z]", "a range in [] that does not go" },
		{ "[a-b-c]", "a '-' in the middle of []" },
		{ "a\\", "a backslash at its end" },
		{ "a|*b", "nothing to repeat in front of a '*'" },
		{ "^*", "nothing to repeat in front of a '*'" },
		{ "$*", "nothing to repeat in front of a '*'" },
		{ "\\b*", "nothing to repeat in front of a '*'" },
		{ "({2})", "nothing to repeat in front of a '*'" },
		{ "[a-", "a '[' without its ']'" },
		{ "[a-b-", "a '[' without its ']'" },
		{ "a{x}", "a '{' that is none of" },
		{ "a{}", "a '{' that is none of" },
		{ "a{2,1}", "a '{' that is none of" },
		{ "a{1", "a '{' that is none of" },
		{ "(a)\\1", "back-references are not taken" },
		{ "\\9", "back-references are not taken" },
	};
	const char *why;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_ptr_null(ere_compile(bad[i][0], &why));
		ck_assert_msg(!strncmp(why, bad[i][1], strlen(bad[i][1])),
			      "%s: %s", bad[i][0], why);
	}
}
END_TEST

START_TEST(expressions_of_any_use_are_taken)
{
	static const char *const good[] = {
		"([a-z]+[0-9]{1,255}|[^]+*(]+|[[:alpha:]]+)+ \\+\\+\\(",
		"a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u+v+w+x+y+z+",
		"((((a+)+)+)+)+",
		"( *[a-z]* *)*done",
		"([0-9a-f]{1,4}:){1,7}",
		".{0,1000}",
		"\\\\1 [\\1]",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++)
		ere_free(compile(good[i]));
}
END_TEST

/* regcomp(3) takes all memory there is for each of them, or does not end. */
START_TEST(expressions_that_explode_are_refused)
{
	static const char too_large[] =
		"too large: match less of the line, or repeat fewer times";
	static const char *const bad[] = {
		"(((a{255}){255}){255}){255}",
		"((([]+]{255,}){9,255}|b){255}){255}",
		"(((a{,255}){,255}){,255}){,255}",
		"(a*b*){20000}",
		"((^|a)*){600}",
		"(||||||||||){1000}",
		"a{32768}",
		"a{,99999999999999999999}",
	};
	const char *why;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_ptr_null(ere_compile(bad[i], &why));
		ck_assert_str_eq(why, too_large);
	}
}
END_TEST

/* In each pair the one that just fits, and one that does not. */
START_TEST(as_many_instructions_are_taken_as_there_may_be)
{
	static const char *const pairs[][2] = {
		{ "a{2047}", "a{2048}" },
		{ "a{2046,}", "a{2047,}" },
		{ "(a{2045})*", "(a{2046})*" },
		{ "a{,1023}x", "a{,1024}x" },
		{ "(a{2044}|b)", "(a{2045}|b)" },
		{ "a{2045}|", "a{2046}|" },
		{ "a{2046}[b]", "a{2047}[b]" },
		{ "(((a{2046})))", "a{2046}|b" },
	};
	const char *why;

	for (unsigned int i = 0; i < ARRAY_SIZE(pairs); i++) {
		ere_free(compile(pairs[i][0]));
		ck_assert_ptr_null(ere_compile(pairs[i][1], &why));
		ck_assert(strstr(why, "too large"));
	}
}
END_TEST

START_TEST(groups_have_a_depth)
{
	char text[2001] = "";
	const char *why;

	memset(text, '(', 1000);
	memset(text + 1000, ')', 1000);
	ck_assert_ptr_null(ere_compile(text, &why));
	ck_assert_str_eq(why, "more than 64 groups in each other");
	text[1000 + 65] = '\0';
	ck_assert_ptr_null(ere_compile(text + 1000 - 65, &why));
	text[1000 + 64] = '\0';
	ere_free(compile(text + 1000 - 64));
}
END_TEST

/* For regexec(3) these are seconds and megabytes for each line. */
START_TEST(no_line_takes_long)
{
	static const char *const hard[] = {
		".*a.{100}!",
		"(.*a.{30}!){25}",
		".*a.{1000}!",
		"(a*)*(a*)*!",
	};
	char line[1025];

	srandom(1);
	for (unsigned int i = 0; i < ARRAY_SIZE(hard); i++) {
		struct ere *e = compile(hard[i]);

		for (unsigned int n = 0; n < 20; n++) {
			for (unsigned int at = 0; at < 1024; at++)
				line[at] = "ab"[random() & 1];
			line[1024] = '\0';
			ck_assert(!ere_match(e, line));
		}
		ere_free(e);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ere");
	TCase *tc = tcase_create("ere");

	tcase_add_test(tc, lines_are_matched);
	tcase_add_test(tc, classes_are_what_they_are_called);
	tcase_add_test(tc, what_is_wrong_is_said);
	tcase_add_test(tc, expressions_of_any_use_are_taken);
	tcase_add_test(tc, expressions_that_explode_are_refused);
	tcase_add_test(tc, as_many_instructions_are_taken_as_there_may_be);
	tcase_add_test(tc, groups_have_a_depth);
	tcase_add_test(tc, no_line_takes_long);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
