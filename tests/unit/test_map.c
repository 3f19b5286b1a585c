// SPDX-License-Identifier: GPL-2.0-only
/* test_map.c: properties of the picture of a VM's memory. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/client.h"
#include "well_formed.h"

static char *text;
static const char *held; /* runs of what blk0 holds; NULL: nothing is said */

/* What blk0 holds, and its second queue, of which not all is known. */
static void add_buffers(json_t *map)
{
	json_t *all = json_pack(
		"[{s:s, s:i, s:b, s:I, s:I, s:I, s:I, s:I, s:s}]", "device",
		"b<k0", "buffers", 12, "complete", 0, "to_bytes",
		(json_int_t)4242, "to_pages", (json_int_t)2, "from_bytes",
		(json_int_t)512, "from_pages", (json_int_t)1, "gpa",
		(json_int_t)0x80000000, "runs", held);
	json_t *ring = json_pack("{s:s, s:i, s:i, s:n, s:s}", "device", "blk0",
				 "queue", 1, "size", 256, "buffers", "why",
				 "a b<\033[31mc");

	ck_assert_int_eq(json_object_set_new(map, "buffers", all), 0);
	ck_assert_int_eq(
		json_array_append_new(json_object_get(map, "rings"), ring), 0);
}

static json_t *map_of(long long len, const char *runs)
{
	json_t *map = json_pack(
		"{s:i, s:b, s:I, s:[{s:s, s:I, s:I, s:s}], s:[{s:s, s:i, s:i, s:{s:I, s:i}}]}",
		"page", 4096, "protected", 1, "spent_us", (json_int_t)100000,
		"regions", "name", "R<A>M", "gpa", (json_int_t)0x80000000,
		"len", (json_int_t)len, "runs", runs, "rings", "device", "blk0",
		"queue", 0, "size", 256, "desc", "gpa", (json_int_t)0x80004000,
		"len", 4096);

	ck_assert_ptr_nonnull(map);
	if (held)
		add_buffers(map);
	return map;
}

static int draw_as(long long len, const char *runs,
		   const struct client_map_style *style)
{
	json_t *map = map_of(len, runs);
	size_t size;
	FILE *f;
	int ret;

	free(text);
	f = open_memstream(&text, &size);
	ret = style ? client_draw_map(f, map, style)
		    : client_svg_map(f, map, "a&b");
	ck_assert_int_eq(fclose(f), 0);
	json_decref(map);
	return ret;
}

static int draw(long long len, const char *runs, bool colour)
{
	const struct client_map_style style = { .colour = colour };

	return draw_as(len, runs, &style);
}

static void teardown(void)
{
	free(text);
	text = NULL;
	held = NULL;
}

START_TEST(small_regions_have_a_cell_per_page)
{
	ck_assert_int_eq(draw(8 * 4096, "1u2p3r2u", false), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n0x0080000000 .##oqo..\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n1 pages a cell, 4 KiB"));
	ck_assert_ptr_nonnull(
		strstr(text, "R<A>M    0x0080000000 0x0080007fff         8"
			     "         3         2         3\n"));
}
END_TEST

START_TEST(cells_of_many_pages_tell_what_is_in_them)
{
	/* 16384 pages: 8 a cell, 64 cells a line, 32 lines */
	ck_assert_int_eq(draw(MIB(64), "8p7p1r8r4u4r15872u480p", false), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n0x0080000000 #%oo...."));
	ck_assert_ptr_nonnull(strstr(text, "###\n"));
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

START_TEST(a_picture_fits_the_terminals_rows)
{
	struct client_map_style style = { .rows = 24, .every_ms = 1000 };
	unsigned int lines = 0;

	ck_assert_int_eq(draw_as(MIB(64), "16384u", &style), 0);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		lines++;
	ck_assert_uint_lt(lines, 24);
	ck_assert_ptr_nonnull(strstr(
		text, "\nlooked for 100.0 ms, again after 1.0 s: 9.1 %"));
}
END_TEST

START_TEST(queues_are_told_with_their_parts)
{
	ck_assert_int_eq(draw(8 * 4096, "8r", false), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n0x0080000000 ooooqooo\n"));
	ck_assert_ptr_nonnull(strstr(
		text, "\nblk0             0   256     ? 0x80004000+4096"));
	/* What is the guest's own is shown as that */
	ck_assert_int_eq(draw(8 * 4096, "8p", false), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n0x0080000000 ########\n"));
}
END_TEST

START_TEST(buffers_are_told_by_device_and_direction)
{
	held = "1n1t1f1n1b1t2n";
	ck_assert_int_eq(draw(8 * 4096, "8r", false), 0);
	/* What is a queue's is shown as that */
	ck_assert_ptr_nonnull(strstr(text, "\n0x0080000000 obboqboo\n"));
	ck_assert_ptr_nonnull(strstr(
		text, "\ndevice       buffers         bytes to it     pages"
		      "      bytes from it     pages\n"
		      "b<k0              12+               4242         2"
		      "                512         1\n"
		      "blk0 queue 1: unknown, a b<?[31mc\n"));
	ck_assert_int_eq(draw(8 * 4096, "8p", false), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n0x0080000000 ########\n"));
	/* Of cells of many pages, and beyond the region */
	held = "16n1b15n1t4000f65536b";
	ck_assert_int_eq(draw(MIB(64), "16384r", false), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n0x0080000000 qobobbb"));
	ck_assert_ptr_nonnull(strstr(text, "bbb\n\ndevice"));
}
END_TEST

START_TEST(buffers_that_are_none_are_refused)
{
	static const char *const runs[] = {
		"1", "0t", "1z", "t1", "-1t", "1t ", "99999999999999999999t"
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(runs); i++) {
		held = runs[i];
		ck_assert_msg(draw(4096, "1u", false) == -EPROTO, "%s",
			      runs[i]);
		ck_assert_int_eq(draw_as(4096, "1u", NULL), -EPROTO);
	}
}
END_TEST

START_TEST(svg_says_what_devices_hold_and_marks_it)
{
	held = "1n1t6n";
	ck_assert_int_eq(draw_as(8 * 4096, "8r", NULL), 0);
	ck_assert_ptr_nonnull(
		strstr(text, ">b&lt;k0: at least 12 buffers, 4242 bytes to it "
			     "on 2 pages, 512 bytes from it on 1 pages<"));
	ck_assert_ptr_nonnull(
		strstr(text, ">blk0 queue 1: unknown, a b&lt;?[31mc<"));
	ck_assert_ptr_nonnull(
		strstr(text, "<title>0x80001000: readable, with a buffer that "
			     "a device holds</title>"));
	/* The cell and the legend's, each with its mark */
	for (int i = 0; i < 2; i++) {
		char *mark = strstr(text, "d=\"M2 3.5h6");

		ck_assert_ptr_nonnull(mark);
		*mark = ' ';
	}
	ck_assert_ptr_null(strstr(text, "d=\"M2 3.5h6"));
	ck_assert_ptr_null(ill_nested(text));
}
END_TEST

START_TEST(what_a_trace_tells_is_told_apart)
{
	ck_assert_int_eq(draw(8 * 4096, "1h1s1x1r1p2h1s", false), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n0x0080000000 hsxo#hhs\n"));
	ck_assert_ptr_nonnull(strstr(text, "         0         1         7\n"));
}
END_TEST

START_TEST(svg_is_whole_and_text_is_only_text)
{
	ck_assert_int_eq(draw_as(8 * 4096, "1u2p3r2u", NULL), 0);
	ck_assert_int_eq(strncmp(text, "<svg xmlns=", 11), 0);
	ck_assert_str_eq(text + strlen(text) - 7, "</svg>\n");
	ck_assert_ptr_nonnull(strstr(text, "Memory of a&amp;b, a protected"));
	ck_assert_ptr_nonnull(strstr(text, ">R&lt;A&gt;M: 8 pages, 3 unt"));
	ck_assert_ptr_nonnull(
		strstr(text, "<title>0x80001000: the guest's own</title>"));
	ck_assert_ptr_nonnull(
		strstr(text, "blk0 queue 0: descriptors 0x80004000+4096"));
	ck_assert_int_eq(draw_as(4096, "2u", NULL), -EPROTO);
}
END_TEST

START_TEST(what_is_no_map_is_refused)
{
	static const char *const runs[] = {
		"",	"1",   "1z",  "p",    "2u",
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
	tcase_add_test(tc, a_picture_fits_the_terminals_rows);
	tcase_add_test(tc, queues_are_told_with_their_parts);
	tcase_add_test(tc, buffers_are_told_by_device_and_direction);
	tcase_add_test(tc, buffers_that_are_none_are_refused);
	tcase_add_test(tc, svg_says_what_devices_hold_and_marks_it);
	tcase_add_test(tc, what_a_trace_tells_is_told_apart);
	tcase_add_test(tc, svg_is_whole_and_text_is_only_text);
	tcase_add_test(tc, what_is_no_map_is_refused);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
