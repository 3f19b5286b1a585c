// SPDX-License-Identifier: GPL-2.0-only
/* test_log.c: properties of the logger. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

/* Runs @fn with stderr going into @buf. */
static size_t captured(void (*fn)(void), char *buf, size_t size)
{
	int pipe_fds[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	dup2(pipe_fds[1], STDERR_FILENO);
	close(pipe_fds[1]);
	fn();
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(pipe_fds[0], buf, size - 1);
	close(pipe_fds[0]);
	ck_assert_int_ge(n, 0);
	buf[n] = '\0';
	return (size_t)n;
}

static void log_three_levels(void)
{
	log_set_level(LOG_WARNING);
	log_err("an %s", "error");
	log_warn("a warning");
	log_info("information");
}

START_TEST(shows_levels_up_to_the_set_one)
{
	char buf[256];

	captured(log_three_levels, buf, sizeof(buf));
	ck_assert_str_eq(buf, "lkvm-pvm: an error\n"
			      "lkvm-pvm: warning: a warning\n");
}
END_TEST

static void log_raw_line(void)
{
	log_set_raw(true);
	log_err("x");
	log_set_raw(false);
}

START_TEST(returns_the_carriage_on_a_raw_terminal)
{
	char buf[64];

	captured(log_raw_line, buf, sizeof(buf));
	ck_assert_str_eq(buf, "\rlkvm-pvm: x\r\n");
}
END_TEST

static void log_long_line(void)
{
	char text[2000];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_err("%s", text);
}

START_TEST(cuts_long_lines_but_ends_them)
{
	char buf[2048];
	size_t n = captured(log_long_line, buf, sizeof(buf));

	ck_assert_uint_le(n, 1024);
	ck_assert_int_eq(buf[n - 1], '\n');
	ck_assert_int_eq(buf[n - 2], 'a');
}
END_TEST

static void log_bad_name(void)
{
	log_err("%s: no such file", "a\n\033[2Jb \xc3\xa9\xff");
}

START_TEST(a_name_cannot_make_lines_or_move_the_cursor)
{
	char buf[256];

	captured(log_bad_name, buf, sizeof(buf));
	ck_assert_str_eq(buf, "lkvm-pvm: a??[2Jb \xc3\xa9?: no such file\n");
	log_last_error(buf, sizeof(buf));
	ck_assert_str_eq(buf, "a??[2Jb \xc3\xa9?: no such file");
}
END_TEST

static void log_with_errno(void)
{
	errno = ENOSPC;
	log_err("x");
	ck_assert_int_eq(errno, ENOSPC);
}

START_TEST(keeps_errno)
{
	char buf[64];

	captured(log_with_errno, buf, sizeof(buf));
}
END_TEST

START_TEST(names_errno_of_either_sign)
{
	ck_assert_str_eq(errno_text(-ENOENT), errno_text(ENOENT));
	ck_assert_str_eq(errno_text(99999), "unknown error");
	ck_assert_ptr_nonnull(strstr(errno_text(-EMFILE), "raise ulimit -n"));
}
END_TEST

static void log_a_thousand_lines(void)
{
	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned int i = 0; i < 1000; i++)
		log_long_line(); /* a pipe holds 64 of them */
	clock_gettime(CLOCK_MONOTONIC, &end);
	ck_assert_int_lt(end.tv_sec - begin.tv_sec, 10);
}

START_TEST(a_reader_that_does_not_read_costs_lines_not_for_ever)
{
	static char buf[1 << 17];

	captured(log_a_thousand_lines, buf, sizeof(buf));
	captured(log_long_line, buf, sizeof(buf)); /* all is well again */
	ck_assert_int_eq(buf[0], 'l');
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_test(tc, shows_levels_up_to_the_set_one);
	tcase_add_test(tc, returns_the_carriage_on_a_raw_terminal);
	tcase_add_test(tc, cuts_long_lines_but_ends_them);
	tcase_add_test(tc, a_name_cannot_make_lines_or_move_the_cursor);
	tcase_add_test(tc, keeps_errno);
	tcase_add_test(tc,
		       a_reader_that_does_not_read_costs_lines_not_for_ever);
	tcase_add_test(tc, names_errno_of_either_sign);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
