// SPDX-License-Identifier: GPL-2.0-only
/* test_exec_line.c: lines of exec's init among others on a serial port. */
#include "unit.h"

#include <string.h>

#include "../../vmm/exec_line.h"

static struct exec_line l;
static char console[4096]; /* what was nobody's line of ours */
static uint8_t got[4096];
static size_t nr_console, nr_got;

static void setup(void)
{
	memset(&l, 0, sizeof(l));
	memset(console, 0, sizeof(console));
	nr_console = nr_got = 0;
}

static void hear(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (exec_line_take(&l, (uint8_t)bytes[i])) {
		case EXEC_LINE_BROKEN:
			memcpy(console + nr_console, l.text, l.nr);
			nr_console += l.nr;
			console[nr_console++] = bytes[i];
			break;
		case EXEC_LINE_OTHER:
			console[nr_console++] = bytes[i];
			break;
		case EXEC_LINE_WHOLE:
			memcpy(got + nr_got, l.data, l.len);
			nr_got += l.len;
			break;
		case EXEC_LINE_PART:
			break;
		}
	}
}

static void hear_text(const char *text)
{
	hear(text, strlen(text));
}

/* A line as the init makes it; its length. */
static size_t make(char *line, uint8_t number, const void *bytes, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t raw[EXEC_LINE_DATA + 4] = { number };
	size_t nr = len + 1, at = 1;
	uint16_t sum;

	memcpy(raw + 1, bytes, len);
	sum = exec_line_sum(raw, nr);
	raw[nr++] = sum & 0xff;
	raw[nr++] = (uint8_t)(sum >> 8);
	line[0] = EXEC_LINE_MARK;
	for (size_t bit = 0; bit < nr * 8; bit += 6) {
		unsigned int two =
			(unsigned int)raw[bit / 8] << 8 | raw[bit / 8 + 1];

		line[at++] = letters[two >> (10 - bit % 8) & 63];
	}
	line[at++] = '\n';
	return at;
}

static void hear_line(uint8_t number, const void *bytes, size_t len)
{
	char line[EXEC_LINE_TEXT + 2];

	hear(line, make(line, number, bytes, len));
}

START_TEST(all_bytes_come_through_in_lines_of_any_length)
{
	uint8_t bytes[EXEC_LINE_DATA];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		nr_got = 0;
		hear("text\r\n", 6);
		hear_line((uint8_t)len, bytes, len);
		ck_assert_uint_eq(nr_got, len);
		ck_assert_int_eq(memcmp(got, bytes, len), 0);
		ck_assert_uint_eq(nr_console, 6);
		nr_console = 0;
	}
	ck_assert_ptr_null(l.fault);
}
END_TEST

START_TEST(who_speaks_meanwhile_is_heard)
{
	hear_text("\x10"
		  "abc[  1.0] Kernel panic\n");
	ck_assert_str_eq(console, "abc[  1.0] Kernel panic\n");
	hear_text("\x10"
		  "AAAA\n");
	ck_assert_str_eq(console, "abc[  1.0] Kernel panic\nAAAA\n");
	hear_line(0, "x", 1);
	ck_assert_uint_eq(nr_got, 1);
	ck_assert_ptr_null(l.fault);
}
END_TEST

START_TEST(a_stray_mark_takes_no_line_with_it)
{
	hear_text("\x10"
		  "abc");
	hear_line(0, "x", 1);
	ck_assert_uint_eq(nr_got, 1);
	ck_assert_str_eq(console, "abc\x10");
	ck_assert_ptr_null(l.fault);
}
END_TEST

START_TEST(a_gap_is_a_fault_at_the_next_line)
{
	char line[EXEC_LINE_TEXT + 2];
	size_t len;

	hear_line(0, "a", 1);
	hear_line(2, "c", 1);
	ck_assert_ptr_nonnull(l.fault);
	ck_assert_uint_eq(nr_got, 1);
	setup();
	hear_line(0, "a", 1);
	len = make(line, 1, "b", 1);
	line[3] = line[3] == 'A' ? 'B' : 'A';
	hear(line, len);
	ck_assert_ptr_null(l.fault);
	hear_line(1, "b", 1);
	ck_assert_ptr_nonnull(l.fault);
	ck_assert_uint_eq(nr_got, 1);
}
END_TEST

START_TEST(a_line_that_has_no_end_is_text)
{
	char many[2 * EXEC_LINE_TEXT];

	memset(many, 'A', sizeof(many));
	hear("\x10", 1);
	hear(many, sizeof(many));
	ck_assert_uint_eq(nr_console, sizeof(many));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("exec_line");
	TCase *tc = tcase_create("exec_line");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, all_bytes_come_through_in_lines_of_any_length);
	tcase_add_test(tc, who_speaks_meanwhile_is_heard);
	tcase_add_test(tc, a_stray_mark_takes_no_line_with_it);
	tcase_add_test(tc, a_gap_is_a_fault_at_the_next_line);
	tcase_add_test(tc, a_line_that_has_no_end_is_text);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
