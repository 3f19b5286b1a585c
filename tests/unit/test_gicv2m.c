// SPDX-License-Identifier: GPL-2.0-only
/* test_gicv2m.c: properties of the frame that makes SPIs of messages. */
#include "unit.h"

#include "gicv2m.h"

#define FIRST 6U
#define NR    26U

static unsigned int nr_raised, last_raised;

static void raised(void *ctx, unsigned int spi)
{
	(void)ctx;
	nr_raised++;
	last_raised = spi;
}

static struct gicv2m frame = { .raise = raised,
			       .first_spi = FIRST,
			       .nr_spis = NR };

static void send(uint64_t offset, unsigned int len, uint64_t data)
{
	gicv2m_ops.write(&frame, offset, len, data);
}

START_TEST(frame_says_which_spis_it_has)
{
	ck_assert_uint_eq(gicv2m_ops.read(&frame, 8, 4), 38U << 16 | 26U);
	/* Of no vendor whose frame has quirks */
	ck_assert_uint_eq(gicv2m_ops.read(&frame, 0xfcc, 4), 0);
	ck_assert_uint_eq(gicv2m_ops.read(&frame, 0x40, 4), 0);
}
END_TEST

START_TEST(message_raises_its_spi_and_no_other_is_one)
{
	nr_raised = 0;
	for (uint64_t data = 0; data < 0x20000; data++) {
		unsigned int before = nr_raised;
		bool is_one = data >= 32 + FIRST && data < 32 + FIRST + NR;

		send(GICV2M_SET_SPI, 4, data);
		ck_assert_uint_eq(nr_raised - before, is_one);
		ck_assert(!is_one || last_raised == data - 32);
	}
	ck_assert_uint_eq(nr_raised, NR);
	send(GICV2M_SET_SPI, 2, 40);
	ck_assert_uint_eq(nr_raised, NR + 1);
	send(GICV2M_SET_SPI, 1, 40);
	send(GICV2M_SET_SPI, 8, 40);
	send(0x44, 4, 40);
	send(8, 4, 40);
	ck_assert_uint_eq(nr_raised, NR + 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gicv2m");
	TCase *tc = tcase_create("frame");

	tcase_add_test(tc, frame_says_which_spis_it_has);
	tcase_add_test(tc, message_raises_its_spi_and_no_other_is_one);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
