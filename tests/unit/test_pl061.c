// SPDX-License-Identifier: GPL-2.0-only
/* test_pl061.c: properties of the PL061. */
#include "unit.h"

#include "pl061.h"

enum {
	DATA = 0x000,
	DIR = 0x400,
	IS = 0x404,
	IBE = 0x408,
	IEV = 0x40c,
	IE = 0x410,
	RIS = 0x414,
	MIS = 0x418,
	IC = 0x41c,
};

#define LINE(n)	   (1U << (n))
#define MASK(bits) (DATA + ((bits) << 2))

static struct pl061 p;
static bool irq;

static void set_irq(void *ctx, bool high)
{
	ck_assert_ptr_eq(ctx, &p);
	ck_assert(irq != high);
	irq = high;
}

static void setup(void)
{
	const struct pl061_host host = { &p, set_irq };

	irq = false;
	pl061_init(&p, &host);
}

static uint32_t get(uint64_t offset)
{
	return (uint32_t)pl061_ops.read(&p, offset, 4);
}

static void put(uint64_t offset, uint32_t value)
{
	pl061_ops.write(&p, offset, 4, value);
}

START_TEST(has_the_ids_of_a_pl061_on_the_amba_bus)
{
	static const uint8_t id[] = { 0x61, 0x10, 0x04, 0x00,
				      0x0d, 0xf0, 0x05, 0xb1 };

	for (unsigned int i = 0; i < ARRAY_SIZE(id); i++)
		ck_assert_uint_eq(get(0xfe0 + 4 * i), id[i]);
}
END_TEST

START_TEST(data_is_reached_by_the_mask_of_its_address)
{
	pl061_set_input(&p, 3, true);
	pl061_set_input(&p, 5, true);
	ck_assert_uint_eq(get(MASK(0xffU)), LINE(3) | LINE(5));
	ck_assert_uint_eq(get(MASK(LINE(3))), LINE(3));
	ck_assert_uint_eq(get(MASK(LINE(4))), 0);
	put(MASK(LINE(4)), 0xff); /* an input: nothing to see yet */
	ck_assert_uint_eq(get(MASK(0xffU)), LINE(3) | LINE(5));
	put(DIR, LINE(4) | LINE(3));
	ck_assert_uint_eq(get(MASK(0xffU)), LINE(4) | LINE(5));
}
END_TEST

START_TEST(edges_interrupt_until_cleared)
{
	put(IBE, LINE(3));
	put(IE, LINE(3));
	pl061_set_input(&p, 3, true);
	ck_assert(irq);
	ck_assert_uint_eq(get(MIS), LINE(3));
	put(IC, LINE(3));
	ck_assert(!irq);
	pl061_set_input(&p, 3, true); /* no edge */
	ck_assert(!irq);
	pl061_set_input(&p, 3, false);
	ck_assert(irq);
	put(IE, 0);
	ck_assert(!irq);
	ck_assert_uint_eq(get(RIS), LINE(3));
	ck_assert_uint_eq(get(MIS), 0);
}
END_TEST

START_TEST(one_edge_alone_interrupts_when_asked_for)
{
	put(IE, LINE(0) | LINE(1));
	put(IEV, LINE(0));
	pl061_set_input(&p, 1, true);
	ck_assert(!irq);
	pl061_set_input(&p, 0, true);
	ck_assert_uint_eq(get(MIS), LINE(0));
	pl061_set_input(&p, 1, false);
	ck_assert_uint_eq(get(MIS), LINE(0) | LINE(1));
}
END_TEST

START_TEST(levels_interrupt_as_long_as_they_last)
{
	put(IS, LINE(2));
	put(IEV, LINE(2));
	put(IE, LINE(2));
	pl061_set_input(&p, 2, true);
	ck_assert(irq);
	put(IC, LINE(2));
	ck_assert(irq);
	pl061_set_input(&p, 2, false);
	ck_assert(!irq);
	put(IEV, 0);
	ck_assert(irq);
}
END_TEST

START_TEST(a_key_was_seen_when_it_was_read_as_pressed)
{
	ck_assert(!pl061_is_listened_to(&p, 3));
	put(IE, LINE(3));
	ck_assert(pl061_is_listened_to(&p, 3));
	pl061_set_input(&p, 3, true);
	ck_assert(!pl061_was_seen(&p, 3));
	(void)get(MASK(LINE(2)));
	ck_assert(!pl061_was_seen(&p, 3));
	(void)get(MASK(LINE(3)));
	ck_assert(pl061_was_seen(&p, 3));
	pl061_set_input(&p, 3, false);
	ck_assert(!pl061_was_seen(&p, 3));
}
END_TEST

START_TEST(any_access_is_survived)
{
	for (uint64_t offset = 0; offset < 0x1000; offset++) {
		pl061_ops.write(&p, offset, 1, offset * 7 & 0xff);
		ck_assert_uint_le(pl061_ops.read(&p, offset, 8), 0xff);
		pl061_set_input(&p, offset % 8, offset & 8);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pl061");
	TCase *tc = tcase_create("pl061");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, has_the_ids_of_a_pl061_on_the_amba_bus);
	tcase_add_test(tc, data_is_reached_by_the_mask_of_its_address);
	tcase_add_test(tc, edges_interrupt_until_cleared);
	tcase_add_test(tc, one_edge_alone_interrupts_when_asked_for);
	tcase_add_test(tc, levels_interrupt_as_long_as_they_last);
	tcase_add_test(tc, a_key_was_seen_when_it_was_read_as_pressed);
	tcase_add_test(tc, any_access_is_survived);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
