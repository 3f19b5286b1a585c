// SPDX-License-Identifier: GPL-2.0-only
/* test_ktap.c: results of tests in what a guest prints, and the XML of them. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/junit.h"
#include "../../vmm/ktap.h"

static struct ktap k;

static void hear(const char *text)
{
	ktap_hear(&k, (const uint8_t *)text, strlen(text));
}

/* All of a run's output. */
static void run(const char *text)
{
	ktap_init(&k);
	hear(text);
	ktap_end(&k);
}

static void check_totals(unsigned int passed, unsigned int failed,
			 unsigned int skipped, unsigned int missing)
{
	ck_assert_uint_eq(k.totals.passed, passed);
	ck_assert_uint_eq(k.totals.failed, failed);
	ck_assert_uint_eq(k.totals.skipped, skipped);
	ck_assert_uint_eq(k.totals.missing, missing);
}

START_TEST(results_count_behind_a_version_alone)
{
	run("not ok 1 - too early\nok\n");
	ck_assert(!k.seen && !ktap_failed(&k));
	ktap_fini(&k);
	run("noise\nTAP version 13\n1..3\nok 1 - one\nnot ok 2 two\nok\nok-not\n"
	    "oknot\nnot okay\n# ok 4 a comment\n");
	check_totals(2, 1, 0, 0);
	ck_assert(ktap_failed(&k));
	ck_assert_str_eq(k.first_failed, "two");
	ck_assert_uint_eq(k.nr, 3);
	ck_assert_str_eq(k.tests[0].name, "one");
	ck_assert_str_eq(k.tests[2].name, "(no name)");
	ktap_fini(&k);
}
END_TEST

START_TEST(directives_say_what_a_result_means)
{
	run("KTAP version 1\nok 1 a # SKIP no such device\nnot ok 2 b # TODO: later\n"
	    "ok 3 c#1 # XFAIL\nnot ok 4 d # TIMEOUT 45 seconds\n"
	    "ok 5 e \\# SKIP\nok 6 f # skipping is no directive\n");
	check_totals(2, 1, 1, 0);
	ck_assert_uint_eq(k.totals.expected, 2);
	ck_assert_str_eq(k.tests[0].name, "a");
	ck_assert_str_eq(k.tests[0].reason, "no such device");
	ck_assert_str_eq(k.tests[1].reason, "later");
	ck_assert_str_eq(k.tests[2].name, "c#1");
	ck_assert_str_eq(k.tests[3].reason, "45 seconds");
	ktap_fini(&k);
}
END_TEST

START_TEST(subtests_belong_to_what_comes_behind_them)
{
	run("KTAP version 1\n1..2\n  KTAP version 1\n  # Subtest: outer\n  1..2\n"
	    "    KTAP version 1\n    1..1\n    not ok 1 leaf\n  not ok 1 inner\n"
	    "  ok 2 other\nnot ok 1 outer\nok 2 alone\n");
	check_totals(2, 1, 0, 0);
	ck_assert_uint_eq(k.nr, 5);
	ck_assert_str_eq(k.tests[0].name, "leaf");
	ck_assert_uint_eq(k.tests[0].parent, 1);
	ck_assert_uint_eq(k.tests[1].parent, 3);
	ck_assert_uint_eq(k.tests[2].parent, 3);
	ck_assert_uint_eq(k.tests[3].parent, KTAP_NONE);
	ck_assert_uint_eq(k.tests[4].parent, KTAP_NONE);
	ck_assert(k.tests[3].has_parts && !k.tests[4].has_parts);
	ktap_fini(&k);
}
END_TEST

START_TEST(kselftests_subtests_are_behind_hashes)
{
	run("TAP version 13\n1..2\n# selftests: timers: posix_timers\n"
	    "# TAP version 13\n# 1..2\n# ok 1 one\n# not ok 2 two\n"
	    "# # Totals: pass:1 fail:1\n"
	    "not ok 1 selftests: timers: posix_timers # exit=1\n"
	    "# ok 7 is what a program said\nok 2 selftests: timers: x\n");
	check_totals(2, 1, 0, 0);
	ck_assert_uint_eq(k.nr, 4);
	ck_assert_uint_eq(k.tests[1].parent, 2);
	ck_assert_str_eq(k.tests[2].name, "selftests: timers: posix_timers");
	ck_assert_str_eq(k.tests[2].reason, "exit=1");
	ck_assert_str_eq(k.tests[3].name, "selftests: timers: x");
	ktap_fini(&k);
}
END_TEST

START_TEST(a_parent_that_fails_alone_counts)
{
	run("KTAP version 1\n  1..1\n  ok 1 part\nnot ok 1 whole # TIMEOUT\n");
	check_totals(1, 1, 0, 0);
	ck_assert_str_eq(k.first_failed, "whole");
	ktap_fini(&k);
}
END_TEST

START_TEST(what_was_planned_and_did_not_come_is_missing)
{
	run("KTAP version 1\n1..3\nok 1 a\n");
	check_totals(1, 0, 0, 2);
	ck_assert(ktap_failed(&k));
	ktap_fini(&k);
	run("TAP version 14\n1..0 # SKIP none here\n");
	check_totals(0, 0, 1, 0);
	ck_assert(!ktap_failed(&k));
	ktap_fini(&k);
	run("TAP version 14\n1..1\nBail out! no more\n");
	ck_assert(k.bailed && ktap_failed(&k));
	ktap_fini(&k);
}
END_TEST

START_TEST(printks_stamps_and_any_pieces_make_no_difference)
{
	static const char text[] = "[    0.100000][    T1] KTAP version 1\r\n"
				   "[    0.2] 1..1\r\n"
				   "[    0.3]     # Subtest: s\r\n"
				   "[    0.3]     ok 1 part\r\n"
				   "[    0.4] ok 1 whole\r\n";

	ktap_init(&k);
	for (const char *c = text; *c; c++)
		ktap_hear(&k, (const uint8_t *)c, 1);
	ktap_end(&k);
	check_totals(1, 0, 0, 0);
	ck_assert_uint_eq(k.nr, 2);
	ktap_fini(&k);
}
END_TEST

START_TEST(what_is_kept_is_bounded)
{
	static char line[5000];

	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "ok 1 ", 5);
	ktap_init(&k);
	hear("TAP version 13\n");
	hear(line);
	hear("\n");
	ck_assert_uint_eq(strlen(k.tests[0].name), KTAP_LINE - 5);
	for (unsigned int i = 0; i < KTAP_TESTS; i++)
		hear("not ok name\n");
	ktap_end(&k);
	ck_assert_uint_eq(k.nr, KTAP_TESTS);
	ck_assert_uint_eq(k.not_kept, 1);
	check_totals(1, KTAP_TESTS, 0, 0);
	ktap_fini(&k);
}
END_TEST

START_TEST(totals_are_told_in_one_printable_line)
{
	char buf[200];

	run("TAP version 13\n1..4\nok a\nnot ok b\x1b[2J \xc3\xa9 \xff\nok c # SKIP\n");
	ck_assert_str_eq(ktap_say(&k, buf, sizeof(buf)),
			 "1 of 4 tests failed (first: b?[2J \xc3\xa9 ?), "
			 "1 did not report, 1 skipped");
	ktap_fini(&k);
}
END_TEST

/* --- JUnit ---------------------------------------------------------------------- */

static const struct verdict fine = { .origin = "guest",
				     .ran = true,
				     .reason = "the command exited with 0" };

/* What is written for @text; the caller frees it. */
static char *junit(const char *text, const struct verdict *v)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	run(text);
	junit_print(f, &k, v, "a <b> & \"c\"", 1234);
	(void)fclose(f);
	ktap_fini(&k);
	return out;
}

static void check_has(const char *out, const char *part)
{
	ck_assert_msg(strstr(out, part), "%s in %s", part, out);
}

START_TEST(without_ktap_there_is_one_test_case)
{
	static const struct verdict bad = {
		.code = 3, .origin = "guest", .ran = true, .reason = "exited"
	};
	static const struct verdict panic = { .code = 112,
					      .origin = "guest",
					      .reason = "a \"panic\"" };
	char *out = junit("hello\n", &fine);

	check_has(out, "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\" "
		       "time=\"1.234\"");
	check_has(out, "name=\"a &#60;b&#62; &#38; &#34;c&#34;\"/>");
	free(out);
	out = junit("", &bad);
	check_has(out, "failures=\"1\" errors=\"0\"");
	check_has(out, "<failure message=\"exited\"/>");
	free(out);
	out = junit("", &panic);
	check_has(out, "failures=\"0\" errors=\"1\"");
	check_has(out, "<error message=\"a &#34;panic&#34;\"/>");
	free(out);
}
END_TEST

START_TEST(each_line_of_ktap_is_a_test_case)
{
	static const struct verdict failed = { .code = 1,
					       .origin = "guest",
					       .ran = true,
					       .has_tests = true,
					       .reason = "1 of 2" };
	/* run's: no command of ours ran in it. */
	static const struct verdict of_run = { .code = 1,
					       .origin = "guest",
					       .has_tests = true,
					       .reason = "powered off" };
	static const struct verdict two = {
		.code = 2, .origin = "guest", .ran = true, .reason = "exited"
	};
	static const struct verdict panic = { .code = 112,
					      .origin = "guest",
					      .reason = "panicked" };
	static const char text[] =
		"TAP version 13\n  1..1\n# expected <1>\n  not ok 1 p&q\n"
		"not ok 1 whole\nok 2 skip # SKIP why\n";
	char *out = junit(text, &failed);

	check_has(out, "tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"1\"");
	check_has(out, ".whole\" name=\"p&#38;q\">");
	check_has(out, "<failure message=\"not ok\"># expected &#60;1&#62;&#10;"
		       "</failure>");
	check_has(out, "<skipped message=\"why\"/>");
	free(out);
	out = junit(text, &of_run);
	check_has(out, "tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"1\"");
	free(out);
	out = junit(text, &two);
	check_has(out, "tests=\"4\" failures=\"2\" errors=\"1\"");
	free(out);
	out = junit(text, &panic);
	check_has(out, "tests=\"4\" failures=\"2\" errors=\"1\"");
	check_has(out, "<error message=\"panicked\"/>");
	free(out);
}
END_TEST

START_TEST(failures_that_were_not_kept_are_in_it_too)
{
	static const struct verdict failed = { .code = 1,
					       .origin = "guest",
					       .ran = true,
					       .has_tests = true,
					       .reason = "1 of 65537" };
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	ktap_init(&k);
	hear("TAP version 13\n");
	for (unsigned int i = 0; i < KTAP_TESTS; i++)
		hear("ok\n");
	hear("not ok\n");
	ktap_end(&k);
	junit_print(f, &k, &failed, "name", 1);
	(void)fclose(f);
	check_has(out, "1 of 65537");
	free(out);
	ktap_fini(&k);
}
END_TEST

START_TEST(hostile_bytes_are_no_xml)
{
	char *out = junit("TAP version 13\nok 1 a\x01\x7f\xff\xed\xa0\x80"
			  "\xef\xbf\xbf]]>\n",
			  &fine);

	for (const char *c = out; *c; c++)
		ck_assert((unsigned char)*c >= ' ' || *c == '\n');
	check_has(out, "name=\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check_has(out, "]]&#62;\"");
	free(out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ktap");
	TCase *tc = tcase_create("ktap");

	tcase_add_test(tc, results_count_behind_a_version_alone);
	tcase_add_test(tc, directives_say_what_a_result_means);
	tcase_add_test(tc, subtests_belong_to_what_comes_behind_them);
	tcase_add_test(tc, kselftests_subtests_are_behind_hashes);
	tcase_add_test(tc, a_parent_that_fails_alone_counts);
	tcase_add_test(tc, what_was_planned_and_did_not_come_is_missing);
	tcase_add_test(tc, printks_stamps_and_any_pieces_make_no_difference);
	tcase_add_test(tc, what_is_kept_is_bounded);
	tcase_add_test(tc, totals_are_told_in_one_printable_line);
	tcase_add_test(tc, without_ktap_there_is_one_test_case);
	tcase_add_test(tc, each_line_of_ktap_is_a_test_case);
	tcase_add_test(tc, failures_that_were_not_kept_are_in_it_too);
	tcase_add_test(tc, hostile_bytes_are_no_xml);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
