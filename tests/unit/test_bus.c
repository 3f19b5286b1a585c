// SPDX-License-Identifier: GPL-2.0-only
/* test_bus.c: properties of the MMIO bus. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "bus.h"
#include "log.h"

/* A device that remembers the last access and answers with a constant. */
struct probe {
	uint64_t offset, value, answer;
	unsigned int len, nr_reads, nr_writes;
};

static uint64_t probe_read(void *dev, uint64_t offset, unsigned int len)
{
	struct probe *p = dev;

	p->offset = offset;
	p->len = len;
	p->nr_reads++;
	return p->answer;
}

static void probe_write(void *dev, uint64_t offset, unsigned int len,
			uint64_t value)
{
	struct probe *p = dev;

	p->offset = offset;
	p->len = len;
	p->value = value;
	p->nr_writes++;
}

static const struct bus_ops probe_ops = { probe_read, probe_write };

static int add(struct bus *bus, gpa_t gpa, uint64_t len, struct probe *p)
{
	return bus_add(bus, gpa, len, "probe", &probe_ops, p);
}

static uint64_t bus_get(struct bus *bus, gpa_t gpa, unsigned int len)
{
	uint64_t value = 0;
	uint8_t data[8];

	memset(data, 0x5a, sizeof(data));
	bus_access(bus, gpa, data, len, false);
	memcpy(&value, data, sizeof(value));
	return value;
}

START_TEST(add_refuses_overlap_at_every_byte)
{
	struct probe p = { 0 };

	for (uint64_t gpa = 0x0f0; gpa < 0x120; gpa++) {
		for (uint64_t len = 1; len < 0x30; len++) {
			struct bus bus = { 0 };
			bool apart = gpa + len <= 0x100 || gpa >= 0x110;

			ck_assert_int_eq(add(&bus, 0x100, 0x10, &p), 0);
			ck_assert_int_eq(add(&bus, gpa, len, &p),
					 apart ? 0 : -EEXIST);
		}
	}
}
END_TEST

START_TEST(add_refuses_empty_and_wrapping_ranges)
{
	struct bus bus = { 0 };
	struct probe p = { 0 };

	ck_assert_int_eq(add(&bus, 0x1000, 0, &p), -EINVAL);
	ck_assert_int_eq(add(&bus, UINT64_MAX, 2, &p), -EINVAL);
	ck_assert_int_eq(add(&bus, 2, UINT64_MAX, &p), -EINVAL);
	ck_assert_int_eq(add(&bus, UINT64_MAX, 1, &p), 0);
	ck_assert_uint_eq(bus_get(&bus, UINT64_MAX, 1) & 0xff, 0);
}
END_TEST

START_TEST(add_says_when_it_is_full)
{
	struct bus bus = { 0 };
	struct probe p = { 0 };

	for (unsigned int i = 0; i < BUS_MAX_DEVICES; i++)
		ck_assert_int_eq(add(&bus, i * 0x1000ULL, 0x1000, &p), 0);
	ck_assert_int_eq(add(&bus, 0x10000000, 1, &p), -ENOSPC);
}
END_TEST

START_TEST(finds_the_device_whatever_the_order_of_adding)
{
	static const unsigned int order[] = { 3, 0, 4, 1, 2 };
	struct probe p[ARRAY_SIZE(order)] = { 0 };
	struct bus bus = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(order); i++) {
		p[order[i]].answer = order[i] + 1;
		ck_assert_int_eq(
			add(&bus, order[i] * 0x100ULL, 0x80, &p[order[i]]), 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(order); i++) {
		ck_assert_uint_eq(bus_get(&bus, i * 0x100ULL + 0x78, 8), i + 1);
		ck_assert_uint_eq(p[i].offset, 0x78);
		ck_assert_uint_eq(p[i].len, 8);
	}
}
END_TEST

START_TEST(read_fills_only_the_bytes_asked_for)
{
	struct probe p = { .answer = 0x1122334455667788 };
	struct bus bus = { 0 };

	ck_assert_int_eq(add(&bus, 0x1000, 8, &p), 0);
	ck_assert_uint_eq(bus_get(&bus, 0x1000, 1), 0x5a5a5a5a5a5a5a88);
	ck_assert_uint_eq(bus_get(&bus, 0x1000, 2), 0x5a5a5a5a5a5a7788);
	ck_assert_uint_eq(bus_get(&bus, 0x1000, 4), 0x5a5a5a5a55667788);
	ck_assert_uint_eq(bus_get(&bus, 0x1000, 8), 0x1122334455667788);
}
END_TEST

START_TEST(write_hands_over_only_the_bytes_written)
{
	uint8_t data[8] = { 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11 };
	struct bus bus = { 0 };
	struct probe p = { 0 };

	ck_assert_int_eq(add(&bus, 0x1000, 8, &p), 0);
	bus_access(&bus, 0x1003, data, 1, true);
	ck_assert_uint_eq(p.value, 0x88);
	ck_assert_uint_eq(p.offset, 3);
	bus_access(&bus, 0x1002, data, 2, true);
	ck_assert_uint_eq(p.value, 0x7788);
	bus_access(&bus, 0x1000, data, 8, true);
	ck_assert_uint_eq(p.value, 0x1122334455667788);
	ck_assert_uint_eq(bus.nr_unclaimed, 0);
}
END_TEST

START_TEST(access_across_an_edge_belongs_to_nobody)
{
	struct probe p = { 0 }, next = { 0 };
	struct bus bus = { 0 };
	uint8_t data[8] = { 0 };

	ck_assert_int_eq(add(&bus, 0x1000, 8, &p), 0);
	ck_assert_int_eq(add(&bus, 0x1008, 8, &next), 0);
	ck_assert_uint_eq(bus_get(&bus, 0x1005, 4) & 0xffffffff, 0xffffffff);
	ck_assert_uint_eq(bus_get(&bus, 0x0ffe, 4) & 0xffffffff, 0xffffffff);
	bus_access(&bus, 0x1007, data, 2, true);
	bus_access(&bus, UINT64_MAX, data, 8, true);
	ck_assert_uint_eq(p.nr_reads + p.nr_writes, 0);
	ck_assert_uint_eq(next.nr_reads + next.nr_writes, 0);
	ck_assert_uint_eq(bus.nr_unclaimed, 4);
}
END_TEST

START_TEST(odd_lengths_read_all_ones_within_eight_bytes)
{
	static const unsigned int odd[] = { 0, 3, 5, 6, 7, 9, 16, UINT32_MAX };
	struct bus bus = { 0 };
	struct probe p = { 0 };

	ck_assert_int_eq(add(&bus, 0x1000, 0x100, &p), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(odd); i++) {
		uint64_t value = bus_get(&bus, 0x1000, odd[i]);
		unsigned int n = odd[i] < 8 ? odd[i] : 8;

		for (unsigned int b = 0; b < 8; b++)
			ck_assert_uint_eq(value >> b * 8 & 0xff,
					  b < n ? 0xff : 0x5a);
	}
	ck_assert_uint_eq(p.nr_reads, 0);
	ck_assert_uint_eq(bus.nr_unclaimed, ARRAY_SIZE(odd));
}
END_TEST

START_TEST(unclaimed_accesses_are_counted_but_logged_once_a_page)
{
	struct bus bus = { 0 };

	for (unsigned int i = 0; i < 100; i++)
		bus_get(&bus, 0x5000 + i, 1);
	ck_assert_uint_eq(bus.nr_unclaimed, 100);
	ck_assert_uint_eq(bus.nr_logged, 1);
	for (unsigned int i = 0; i < 100000; i++)
		bus_get(&bus, (uint64_t)i << 12, 4);
	ck_assert_uint_le(bus.nr_logged, 16);
	ck_assert_uint_eq(bus.nr_unclaimed, 100100);
}
END_TEST

START_TEST(clearing_takes_the_devices_but_not_what_was_said)
{
	struct bus bus = { 0 };
	struct probe p = { 0 };

	for (unsigned int life = 0; life < 100; life++) {
		bus_clear(&bus);
		ck_assert_int_eq(add(&bus, 0x1000, 8, &p), 0);
		for (unsigned int i = 0; i < 3; i++)
			bus_get(&bus, 0x5000 + ((uint64_t)i << 12), 4);
	}
	ck_assert_uint_eq(bus.nr_unclaimed, 300);
	ck_assert_uint_le(bus.nr_logged, 16);
	bus_clear(&bus);
	bus_get(&bus, 0x1000, 4);
	ck_assert_uint_eq(bus.nr_unclaimed, 301);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus");
	TCase *tc = tcase_create("bus");

	log_set_level(LOG_ERROR);
	tcase_add_test(tc, add_refuses_overlap_at_every_byte);
	tcase_add_test(tc, add_refuses_empty_and_wrapping_ranges);
	tcase_add_test(tc, add_says_when_it_is_full);
	tcase_add_test(tc, finds_the_device_whatever_the_order_of_adding);
	tcase_add_test(tc, read_fills_only_the_bytes_asked_for);
	tcase_add_test(tc, write_hands_over_only_the_bytes_written);
	tcase_add_test(tc, access_across_an_edge_belongs_to_nobody);
	tcase_add_test(tc, odd_lengths_read_all_ones_within_eight_bytes);
	tcase_add_test(tc,
		       unclaimed_accesses_are_counted_but_logged_once_a_page);
	tcase_add_test(tc, clearing_takes_the_devices_but_not_what_was_said);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
