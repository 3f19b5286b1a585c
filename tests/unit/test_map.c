// SPDX-License-Identifier: GPL-2.0-only
/* test_map.c: properties of the picture of a VM's memory. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/client.h"

static char *text;

static int draw(long long len, const char *runs, bool colour)
{
	json_t *map = json_pack("{s:i, s:[{s:s, s:I, s:I, s:s}]}", "page", 4096,
				"regions", "name", "RAM", "gpa",
				(json_int_t)0x80000000, "len", (json_int_t)len,
				"runs", runs);
	size_t size;
	FILE *f;
	int ret;

	free(text);
	f = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(map);
	ret = client_draw_map(f, map, colour);
	ck_assert_int_eq(fclose(f), 0);
	json_decref(map);
	return ret;
}

static void teardown(void)
{
	free(text);
	text = NULL;
}

START_TEST(small_regions_have_a_cell_per_page)
{
	ck_assert_int_eq(draw(8 * 4096, "1u2p3r2u", false), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n0x0080000000 .##ooo..\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n1 pages a cell, 4 KiB"));
	ck_assert_ptr_nonnull(
		strstr(text, "RAM      0x0080000000 0x0080007fff         8"
			     "         3         2         3\n"));
}
END_TEST

START_TEST(cells_of_many_pages_tell_what_is_in_them)
{
	/* 16384 pages: 8 a cell, 64 cells a line, 32 lines */
	ck_assert_int_eq(draw(MIB(64), "8p7p1r8r4u4r15872u480p", false), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n0x0080000000 #%oo...."));
	ck_assert_ptr_nonnull(strstr(text, "###\n\n8 pages a cell, 32 KiB"));
}
END_TEST

START_TEST(every_line_fits_a_terminal)
{
	ck_assert_int_eq(draw((long long)GIB(900), "235929600u", false), 0);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		ck_assert_uint_le(strcspn(line, "\n"), 80);
	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_int_eq(draw(4096, "1p", true), 0);
	ck_assert_ptr_nonnull(strchr(text, '\033'));
}
END_TEST

START_TEST(what_is_no_map_is_refused)
{
	static const char *const runs[] = {
		"",	"1",   "1x",  "p",    "2u",
		"1u1u", "-1u", "1u ", "1u\n", "99999999999999999999u",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(runs); i++)
		ck_assert_msg(draw(4096, runs[i], false) == -EPROTO, "%s",
			      runs[i]);
	ck_assert_int_eq(draw(0, "", false), -EPROTO);
	ck_assert_int_eq(draw(-1, "1u", false), -EPROTO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("map");
	TCase *tc = tcase_create("map");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, small_regions_have_a_cell_per_page);
	tcase_add_test(tc, cells_of_many_pages_tell_what_is_in_them);
	tcase_add_test(tc, every_line_fits_a_terminal);
	tcase_add_test(tc, what_is_no_map_is_refused);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
