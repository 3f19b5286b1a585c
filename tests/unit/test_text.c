// SPDX-License-Identifier: GPL-2.0-only
/* test_text.c: text of guests and files, as it is shown. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/text.h"

START_TEST(what_a_terminal_obeys_or_hides_becomes_a_question_mark)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "plain text ~", "plain text ~" },
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7",
		  "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7" },
		{ "a\x1b[2J\tb\r\n\x7f", "a?[2J?b???" },
		{ "\xc2\x9b"
		  "31m\xc2\xa0",
		  "?31m\xc2\xa0" },
		/* bytes that are no UTF-8: alone, cut, too long, surrogates */
		{ "\xff\x80 \xe2\x82", "?? ??" },
		{ "\xc0\xaf \xed\xa0\x80", "?? ???" },
		/* RLO, zero width space, line separator, isolate, BOM */
		{ "\xe2\x80\xae \xe2\x80\x8b \xe2\x80\xa8 \xe2\x81\xa6",
		  "? ? ? ?" },
		{ "\xef\xbb\xbf.\xd8\x9c", "?.?" },
		{ "\xe2\x80\x90\xe2\x80\xaf", "\xe2\x80\x90\xe2\x80\xaf" },
	};
	char buf[64];

	ck_assert_str_eq(text_copy(buf, sizeof(buf), cases[_i].from),
			 cases[_i].to);
}
END_TEST

START_TEST(a_character_that_does_not_fit_is_left_out_whole)
{
	const char *euros = "\xe2\x82\xac\xe2\x82\xac";
	char buf[8];

	for (size_t size = 1; size < sizeof(buf); size++) {
		memset(buf, 'x', sizeof(buf));
		ck_assert_uint_eq(strlen(text_copy(buf, size, euros)),
				  (size - 1) / 3 * 3);
		ck_assert_int_eq(buf[size], 'x');
	}
}
END_TEST

START_TEST(text_is_added_behind_what_is_there)
{
	char buf[8] = "ab";

	ck_assert_str_eq(text_add(buf, sizeof(buf), "c\n"), "abc?");
	ck_assert_str_eq(text_add(buf, sizeof(buf), "defgh"), "abc?def");
	ck_assert_str_eq(text_add(buf, sizeof(buf), "i"), "abc?def");
}
END_TEST

START_TEST(a_text_in_memory_is_whole_or_an_error)
{
	char *text = NULL, *none = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	fputs("all of it", f);
	ck_assert_int_eq(text_close(f, &text), 0);
	ck_assert_str_eq(text, "all of it");
	/* What could not be written, and what there is no memory for at all. */
	f = fopen("/dev/full", "we");
	ck_assert_ptr_nonnull(f);
	fputs("some of it", f);
	ck_assert_int_ne(fflush(f), 0);
	ck_assert_int_eq(text_close(f, &text), -ENOMEM);
	f = fopen("/dev/null", "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(text_close(f, &none), -ENOMEM);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("text");
	TCase *tc = tcase_create("text");

	tcase_add_loop_test(
		tc, what_a_terminal_obeys_or_hides_becomes_a_question_mark, 0,
		9);
	tcase_add_test(tc, a_character_that_does_not_fit_is_left_out_whole);
	tcase_add_test(tc, text_is_added_behind_what_is_there);
	tcase_add_test(tc, a_text_in_memory_is_whole_or_an_error);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
