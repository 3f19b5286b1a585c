// SPDX-License-Identifier: GPL-2.0-only
// The testbed's frames: what is sent is what is parsed, whatever the cuts.
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../testbed/wire.h"

static size_t packed(char *out, size_t max, enum wire_type type,
		     const void *data, size_t len)
{
	int fds[2];
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(wire_send(fds[1], type, data, len), 0);
	n = read(fds[0], out, max);
	ck_assert_int_gt(n, 0);
	close(fds[0]);
	close(fds[1]);
	return (size_t)n;
}

START_TEST(frame_survives_any_cut)
{
	char bytes[64];
	size_t len = packed(bytes, sizeof(bytes), WIRE_OUT, "hello", 5);
	size_t cut;

	for (cut = 0; cut <= len; cut++) {
		static struct wire_in in;
		struct wire_frame f;

		in = (struct wire_in){ 0 };
		ck_assert_int_eq(wire_feed(&in, bytes, cut), 0);
		if (cut < len)
			ck_assert_int_eq(wire_next(&in, &f), 0);
		ck_assert_int_eq(wire_feed(&in, bytes + cut, len - cut), 0);
		ck_assert_int_eq(wire_next(&in, &f), 1);
		ck_assert_int_eq(f.type, WIRE_OUT);
		ck_assert_uint_eq(f.len, 5);
		ck_assert_mem_eq(f.data, "hello", 5);
		ck_assert_int_eq(wire_next(&in, &f), 0);
	}
}
END_TEST

START_TEST(long_data_goes_as_several_frames)
{
	size_t len = WIRE_MAX + 10;
	char *data = calloc(1, len);
	char *bytes = malloc(len + 4 * WIRE_HEAD);
	static struct wire_in in;
	struct wire_frame f;

	len = packed(bytes, len + 4 * WIRE_HEAD, WIRE_OUT, data, len);
	ck_assert_int_eq(wire_feed(&in, bytes, len), 0);
	ck_assert_int_eq(wire_next(&in, &f), 1);
	ck_assert_uint_eq(f.len, WIRE_MAX);
	ck_assert_int_eq(wire_next(&in, &f), 1);
	ck_assert_uint_eq(f.len, 10);
	ck_assert_int_eq(wire_next(&in, &f), 0);
	free(data);
	free(bytes);
}
END_TEST

START_TEST(garbage_and_excess_are_refused)
{
	static struct wire_in noise, huge;
	struct wire_frame f;

	ck_assert_int_eq(wire_feed(&noise, "lx", 2), 0);
	ck_assert_int_eq(wire_next(&noise, &f), -EPROTO);
	ck_assert_int_eq(wire_feed(&huge, "lk:O\xff\xff\xff\xff", 8), 0);
	ck_assert_int_eq(wire_next(&huge, &f), -EPROTO);
}
END_TEST

START_TEST(fields_come_back_in_order)
{
	static struct wire_fields out;
	struct wire_frame f;
	size_t pos = 0;

	ck_assert_int_eq(wire_put(&out, "arg", "a=b"), 0);
	ck_assert_int_eq(wire_put_num(&out, "ms", -7), 0);
	ck_assert_int_eq(wire_put(&out, "arg", ""), 0);
	f = (struct wire_frame){ .len = out.len, .data = out.buf };
	ck_assert_str_eq(wire_get(&f, "arg", &pos), "a=b");
	ck_assert_str_eq(wire_get(&f, "arg", &pos), "");
	ck_assert_ptr_null(wire_get(&f, "arg", &pos));
	ck_assert_int_eq(wire_num(&f, "ms", 0), -7);
	ck_assert_int_eq(wire_num(&f, "m", 3), 3);
}
END_TEST

START_TEST(unterminated_field_is_not_seen)
{
	struct wire_frame f = { .len = 4, .data = "a=bc" };

	ck_assert_ptr_null(wire_first(&f, "a"));
}
END_TEST

START_TEST(full_fields_say_so)
{
	static struct wire_fields out;
	int i, err = 0;

	for (i = 0; i < WIRE_MAX && !err; i++)
		err = wire_put(&out, "k", "v");
	ck_assert_int_eq(err, -ENOSPC);
	ck_assert_uint_eq(out.len, (size_t)(i - 1) * 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire");
	TCase *tc = tcase_create("frames");

	tcase_add_test(tc, frame_survives_any_cut);
	tcase_add_test(tc, long_data_goes_as_several_frames);
	tcase_add_test(tc, garbage_and_excess_are_refused);
	tcase_add_test(tc, fields_come_back_in_order);
	tcase_add_test(tc, unterminated_field_is_not_seen);
	tcase_add_test(tc, full_fields_say_so);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
