// SPDX-License-Identifier: GPL-2.0-only
/* test_pl061.c: properties of the PL061. */
#include "unit.h"

#include <pthread.h>
#include <sched.h>

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
static bool irq, is_wrong;

static void set_irq(void *ctx, bool high)
{
	/* Any thread's: a failed assertion leaves only the first. */
	is_wrong |= ctx != &p || irq == high;
	irq = high;
}

static void setup(void)
{
	const struct pl061_host host = { &p, set_irq };

	irq = is_wrong = false;
	pl061_init(&p, &host);
}

static void teardown(void)
{
	ck_assert(!is_wrong); /* only changes are told */
	pl061_fini(&p);
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

START_TEST(another_life_begins_as_the_first)
{
	put(DIR, LINE(1));
	put(IE, LINE(3));
	put(IEV, LINE(3));
	pl061_set_input(&p, 3, true);
	(void)get(MASK(0xffU));
	ck_assert(irq);
	irq = false;
	pl061_power_on(&p);
	for (uint64_t offset = 0; offset < 0xfe0; offset += 4)
		ck_assert_uint_eq(get(offset), 0);
	ck_assert(!pl061_was_seen(&p, 3));
	put(IE, LINE(3));
	put(IEV, LINE(3));
	pl061_set_input(&p, 3, true);
	ck_assert(irq);
}
END_TEST

/* --- threads --------------------------------------------------------------- */

#define NR_PRESSES  5000U
#define NR_LIVES    2000U
#define PATIENCE_MS 20000

/* The other thread's turn; false when it was waited for too long. */
static bool rest(int64_t since)
{
	(void)sched_yield();
	return clock_ms() - since < PATIENCE_MS;
}

struct presser {
	unsigned int nr_seen;
	bool end; /* atomic */
};

/* As vmm/power_key.c: the key is held until the guest has looked at it. */
static void *press(void *arg)
{
	struct presser *who = arg;
	int64_t begin = clock_ms();
	bool goes_on = true;

	while (goes_on && !pl061_is_listened_to(&p, 3))
		goes_on = rest(begin);
	while (goes_on && who->nr_seen < NR_PRESSES) {
		pl061_set_input(&p, 3, true);
		while (goes_on && !pl061_was_seen(&p, 3))
			goes_on = rest(begin);
		who->nr_seen += goes_on;
		pl061_set_input(&p, 3, false);
	}
	__atomic_store_n(&who->end, true, __ATOMIC_RELAXED);
	return NULL;
}

/* The guest's driver only looks when it was interrupted. */
START_TEST(every_press_is_seen)
{
	struct presser who = { 0 };
	unsigned int nr_highs = 0;
	pthread_t thread;
	bool end;

	ck_assert_int_eq(pthread_create(&thread, NULL, press, &who), 0);
	put(IBE, LINE(3));
	put(IE, LINE(3));
	do {
		end = __atomic_load_n(&who.end, __ATOMIC_RELAXED);
		if (!get(MIS)) {
			(void)sched_yield();
			continue;
		}
		put(IE, 0);
		put(IC, LINE(3));
		nr_highs += get(MASK(LINE(3))) == LINE(3);
		put(IE, LINE(3));
	} while (!end);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(who.nr_seen, NR_PRESSES);
	ck_assert_uint_ge(nr_highs, NR_PRESSES);
	put(IC, LINE(3));
	ck_assert(!irq);
	ck_assert_uint_eq(get(MASK(LINE(3))), 0);
}
END_TEST

static void *press_for_ever(void *arg)
{
	const bool *end = arg;

	for (bool high = true; !__atomic_load_n(end, __ATOMIC_RELAXED);
	     high = !high) {
		pl061_set_input(&p, 3, high);
		(void)sched_yield();
	}
	return NULL;
}

START_TEST(each_life_begins_as_the_first_whoever_presses)
{
	bool end = false;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, press_for_ever, &end),
			 0);
	for (unsigned int i = 0; i < NR_LIVES; i++) {
		ck_assert_uint_eq(get(IE), 0);
		ck_assert_uint_eq(get(IBE), 0);
		put(IBE, LINE(3));
		put(IE, LINE(3));
		(void)get(MASK(LINE(3)));
		put(IE, 0);
		(void)sched_yield();
		pl061_power_on(&p);
	}
	__atomic_store_n(&end, true, __ATOMIC_RELAXED);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pl061");
	TCase *tc = tcase_create("pl061");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, has_the_ids_of_a_pl061_on_the_amba_bus);
	tcase_add_test(tc, data_is_reached_by_the_mask_of_its_address);
	tcase_add_test(tc, edges_interrupt_until_cleared);
	tcase_add_test(tc, one_edge_alone_interrupts_when_asked_for);
	tcase_add_test(tc, levels_interrupt_as_long_as_they_last);
	tcase_add_test(tc, a_key_was_seen_when_it_was_read_as_pressed);
	tcase_add_test(tc, any_access_is_survived);
	tcase_add_test(tc, another_life_begins_as_the_first);
	tcase_add_test(tc, every_press_is_seen);
	tcase_add_test(tc, each_life_begins_as_the_first_whoever_presses);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
