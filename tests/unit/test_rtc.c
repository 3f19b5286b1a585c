// SPDX-License-Identifier: GPL-2.0-only
/* test_rtc.c: properties of the PL031. */
#include "unit.h"

#include <time.h>

#include "rtc.h"

enum {
	DR = 0,
	MR = 4,
	LR = 8,
	CR = 12,
	IMSC = 16,
	RIS = 20,
	MIS = 24,
	ICR = 28
};

static uint32_t get(struct rtc *r, uint64_t offset)
{
	return (uint32_t)rtc_ops.read(r, offset, 4);
}

static void put(struct rtc *r, uint64_t offset, uint32_t value)
{
	rtc_ops.write(r, offset, 4, value);
}

START_TEST(shows_the_wall_clock)
{
	uint32_t before = (uint32_t)time(NULL), now;
	struct rtc r;

	rtc_init(&r);
	now = get(&r, DR);
	ck_assert_uint_ge(now, before);
	ck_assert_uint_le(now, (uint32_t)time(NULL) + 1);
	ck_assert_uint_eq(get(&r, CR), 1);
}
END_TEST

START_TEST(setting_the_time_moves_only_this_clock)
{
	static const uint32_t times[] = { 0, 1, 1000, INT32_MAX, UINT32_MAX };
	struct rtc r, other;

	rtc_init(&r);
	rtc_init(&other);
	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
		put(&r, LR, times[i]);
		ck_assert_uint_le(get(&r, DR) - times[i], 1);
		ck_assert_uint_eq(get(&r, LR), times[i]);
	}
	ck_assert_uint_le(get(&other, DR) - (uint32_t)time(NULL), 1);
}
END_TEST

START_TEST(has_the_ids_of_a_pl031_on_the_amba_bus)
{
	uint32_t periph = 0, cell = 0;
	struct rtc r;

	rtc_init(&r);
	for (unsigned int i = 0; i < 4; i++) {
		periph |= (get(&r, 0xfe0 + 4 * i) & 0xff) << i * 8;
		cell |= (get(&r, 0xff0 + 4 * i) & 0xff) << i * 8;
	}
	ck_assert_uint_eq(periph & 0xfffff, 0x41031);
	ck_assert_uint_eq(cell, 0xb105f00d);
}
END_TEST

START_TEST(alarm_is_raised_when_time_reaches_it)
{
	struct rtc r;

	rtc_init(&r);
	put(&r, LR, 1000);
	put(&r, MR, 2000);
	ck_assert_uint_eq(get(&r, RIS), 0);
	put(&r, LR, 1999); /* the alarm is a second away: let it pass */
	r.offset += 2;
	ck_assert_uint_eq(get(&r, RIS), 1);
	ck_assert_uint_eq(get(&r, MIS), 0);
	put(&r, IMSC, 0xffffffff);
	ck_assert_uint_eq(get(&r, IMSC), 1);
	ck_assert_uint_eq(get(&r, MIS), 1);
	put(&r, ICR, 1);
	ck_assert_uint_eq(get(&r, RIS), 0);
	ck_assert_uint_eq(get(&r, MR), 2000);
}
END_TEST

START_TEST(alarm_in_the_past_is_never_raised)
{
	struct rtc r;

	rtc_init(&r);
	put(&r, LR, 5000);
	put(&r, MR, 4000);
	r.offset += 10;
	ck_assert_uint_eq(get(&r, RIS), 0);
}
END_TEST

START_TEST(alarm_works_across_the_wrap_of_time)
{
	struct rtc r;

	rtc_init(&r);
	put(&r, LR, UINT32_MAX - 10);
	put(&r, MR, 10);
	ck_assert_uint_eq(get(&r, RIS), 0);
	r.offset += 30;
	ck_assert_uint_eq(get(&r, RIS), 1);
}
END_TEST

START_TEST(narrow_reads_get_their_part_and_narrow_writes_nothing)
{
	struct rtc r;

	rtc_init(&r);
	put(&r, MR, 0x11223344);
	ck_assert_uint_eq(rtc_ops.read(&r, MR + 1, 1) & 0xff, 0x33);
	ck_assert_uint_eq(rtc_ops.read(&r, MR + 2, 2) & 0xffff, 0x1122);
	rtc_ops.write(&r, MR, 1, 0);
	rtc_ops.write(&r, MR, 2, 0);
	ck_assert_uint_eq(get(&r, MR), 0x11223344);
}
END_TEST

START_TEST(every_other_register_reads_zero_and_ignores_writes)
{
	struct rtc r;

	rtc_init(&r);
	for (uint64_t offset = 0x20; offset < 0xfe0; offset += 4) {
		put(&r, offset, UINT32_MAX);
		ck_assert_uint_eq(get(&r, offset), 0);
	}
	put(&r, DR, 0); /* read-only */
	put(&r, 0xfe0, 0);
	ck_assert_uint_eq(get(&r, 0xfe0), 0x31);
	ck_assert_uint_le(get(&r, DR) - (uint32_t)time(NULL), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rtc");
	TCase *tc = tcase_create("rtc");

	tcase_add_test(tc, shows_the_wall_clock);
	tcase_add_test(tc, setting_the_time_moves_only_this_clock);
	tcase_add_test(tc, has_the_ids_of_a_pl031_on_the_amba_bus);
	tcase_add_test(tc, alarm_is_raised_when_time_reaches_it);
	tcase_add_test(tc, alarm_in_the_past_is_never_raised);
	tcase_add_test(tc, alarm_works_across_the_wrap_of_time);
	tcase_add_test(tc,
		       narrow_reads_get_their_part_and_narrow_writes_nothing);
	tcase_add_test(tc, every_other_register_reads_zero_and_ignores_writes);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
