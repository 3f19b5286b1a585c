// SPDX-License-Identifier: GPL-2.0-only
/* test_expect.c: what is found in what a guest prints. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../vmm/expect.h"
#include "log.h"

static struct expect e;
static struct config cfg;

static void begin(const char *expected, const char *bad)
{
	memset(&cfg, 0, sizeof(cfg));
	if (expected)
		cfg.expects[cfg.nr_expects++] = expected;
	if (bad)
		cfg.fail_ons[cfg.nr_fail_ons++] = bad;
	ck_assert_int_eq(expect_init(&e, &cfg), 0);
}

static bool hear(enum expect_port port, const char *text)
{
	return expect_hear(&e, port, (const uint8_t *)text, strlen(text));
}

/* What is found by now; the next call overwrites it. */
static const struct expect_found *look(void)
{
	static struct expect_found f;

	expect_found(&e, &f);
	return &f;
}

START_TEST(a_line_is_matched_in_pieces_and_per_port)
{
	begin("^good bye$", NULL);
	ck_assert(!hear(EXPECT_UART, "good "));
	ck_assert(!hear(EXPECT_HVC, "x\n"));
	ck_assert(hear(EXPECT_UART, "bye\r\n"));
	ck_assert(look()->all_met);
	expect_fini(&e);
}
END_TEST

START_TEST(a_prompt_needs_no_newline)
{
	begin("login: $", NULL);
	ck_assert(!hear(EXPECT_UART, "pvm login: "));
	ck_assert(expect_look(&e));
	ck_assert(look()->all_met);
	ck_assert(!expect_look(&e));
	expect_fini(&e);
}
END_TEST

START_TEST(all_expressions_have_to_be_met)
{
	begin("one", NULL);
	expect_fini(&e);
	cfg.expects[cfg.nr_expects++] = "two";
	ck_assert_int_eq(expect_init(&e, &cfg), 0);
	ck_assert_str_eq(look()->unmet, "one");
	ck_assert(hear(EXPECT_UART, "one\n"));
	ck_assert(!look()->all_met);
	ck_assert_str_eq(look()->unmet, "two");
	expect_restart(&e);
	ck_assert(hear(EXPECT_UART, "two\n"));
	ck_assert(look()->all_met);
	ck_assert_ptr_null(look()->unmet);
	expect_fini(&e);
}
END_TEST

START_TEST(nothing_expected_is_nothing_met)
{
	begin(NULL, "bad");
	ck_assert(!look()->all_met);
	ck_assert(hear(EXPECT_UART, "a bad\x1b line\n"));
	ck_assert(!look()->all_met && look()->bad);
	ck_assert_str_eq(look()->bad_line, "a bad? line");
	expect_fini(&e);
}
END_TEST

START_TEST(a_kept_line_is_harmless_utf8)
{
	static const char *const lines[][2] = {
		{ "bad \x9b"
		  "31m\xc2\x9b"
		  "2J\xc2\xa0.",
		  "bad ?31m?2J\xc2\xa0." },
		{ "bad \xff\xc3\xa4\xe2\x82", "bad ?\xc3\xa4??" },
		{ "bad \x7f\x07\xed\xa0\x80", "bad ?????" },
		{ "bad \xf0\x9f\x90\xa7\xc2", "bad \xf0\x9f\x90\xa7?" },
	};

	begin(NULL, "bad");
	ck_assert(hear(EXPECT_UART, lines[_i][0]) || hear(EXPECT_UART, "\n"));
	ck_assert_str_eq(look()->bad_line, lines[_i][1]);
	expect_fini(&e);
}
END_TEST

START_TEST(a_kept_line_is_cut_between_characters)
{
	begin(NULL, "x");
	hear(EXPECT_UART, "x");
	for (unsigned int i = 0; i < EXPECT_WIDTH; i++)
		hear(EXPECT_UART, "\xc3\xa4");
	hear(EXPECT_UART, "\n");
	ck_assert_uint_eq(strlen(look()->bad_line), EXPECT_WIDTH - 1);
	expect_fini(&e);
	begin(NULL, "xy");
	hear(EXPECT_UART, "xy");
	for (unsigned int i = 0; i < EXPECT_WIDTH; i++)
		hear(EXPECT_UART, "\xc3\xa4");
	hear(EXPECT_UART, "\n");
	ck_assert_uint_eq(strlen(look()->bad_line), EXPECT_WIDTH - 2);
	expect_fini(&e);
}
END_TEST

START_TEST(a_long_line_is_several)
{
	static char line[3 * EXPECT_LINE];

	begin("xy", NULL);
	memset(line, 'x', sizeof(line));
	ck_assert(!expect_hear(&e, EXPECT_UART, (uint8_t *)line,
			       EXPECT_LINE * 2 - 1));
	ck_assert(!hear(EXPECT_UART, "Z\n"));
	ck_assert(!expect_hear(&e, EXPECT_UART, (uint8_t *)line,
			       EXPECT_LINE + 7));
	ck_assert(hear(EXPECT_UART, "y\n"));
	expect_fini(&e);
}
END_TEST

START_TEST(linux_words_count_at_a_lines_beginning)
{
	begin(NULL, NULL);
	ck_assert(!hear(EXPECT_UART, "cat: Kernel panic - not syncing: no\n"));
	ck_assert(!hear(EXPECT_UART, "Run away as init process\n"));
	ck_assert(!look()->panic && !look()->init);
	ck_assert(hear(EXPECT_UART,
		       "[    3.1] Run /sbin/init as init process\n"));
	ck_assert(look()->init);
	ck_assert(hear(EXPECT_UART,
		       "[    4.2][    T1] Kernel panic - not syncing: Oh\r\n"));
	ck_assert_str_eq(look()->panic_line, "Oh");
	ck_assert(!look()->panic_end);
	ck_assert(hear(EXPECT_UART, "---[ end Kernel panic - not syncing\n"));
	ck_assert(look()->panic_end);
	expect_restart(&e);
	ck_assert(!look()->panic && !look()->init && !look()->panic_end);
	expect_fini(&e);
}
END_TEST

START_TEST(the_log_has_all_bytes_and_times)
{
	char path[] = "/tmp/test_expect.XXXXXX", buf[400];
	int fd = mkstemp(path);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	begin(NULL, NULL);
	ck_assert_int_eq(sink_open(&e.logs[0], "--console-log", path), 0);
	hear(EXPECT_UART, "first\r\npart");
	expect_look(&e);
	hear(EXPECT_HVC, "other\n");
	hear(EXPECT_UART, "ner\n");
	sink_close(e.logs[0]);
	n = read(fd, buf, sizeof(buf) - 1);
	ck_assert_int_gt(n, 0);
	buf[n] = '\0';
	for (char *c = buf; *c; c++)
		if (*c >= '0' && *c <= '9')
			*c = '0';
	ck_assert_str_eq(buf, "[    0.000000] first\n"
			      "[    0.000000] part\n"
			      "[    0.000000] other\n"
			      "[    0.000000] ner\n");
	close(fd);
	unlink(path);
	expect_fini(&e);
}
END_TEST

START_TEST(a_report_has_the_last_lines)
{
	char text[32];

	begin(NULL, NULL);
	for (unsigned int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "line %u\n", i);
		hear(EXPECT_UART, text);
	}
	hear(EXPECT_UART, "no end");
	ck_assert_uint_eq(e.nr_kept, 100);
	log_set_level(LOG_ERROR);
	expect_report(&e);
	ck_assert_uint_eq(e.nr_kept, 101);
	ck_assert_str_eq(e.kept[100 % EXPECT_KEPT], "no end");
	ck_assert_str_eq(e.kept[99 % EXPECT_KEPT], "line 99");
	expect_fini(&e);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("expect");
	TCase *tc = tcase_create("expect");

	tcase_add_test(tc, a_line_is_matched_in_pieces_and_per_port);
	tcase_add_test(tc, a_prompt_needs_no_newline);
	tcase_add_test(tc, all_expressions_have_to_be_met);
	tcase_add_test(tc, nothing_expected_is_nothing_met);
	tcase_add_loop_test(tc, a_kept_line_is_harmless_utf8, 0, 4);
	tcase_add_test(tc, a_kept_line_is_cut_between_characters);
	tcase_add_test(tc, a_long_line_is_several);
	tcase_add_test(tc, linux_words_count_at_a_lines_beginning);
	tcase_add_test(tc, the_log_has_all_bytes_and_times);
	tcase_add_test(tc, a_report_has_the_last_lines);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
