// SPDX-License-Identifier: GPL-2.0-only
/* test_uart_threads.c: a vCPU drives the 16550A while somebody types. */
#include "uart_fixture.h"

#include <pthread.h>
#include <sched.h>

#define NR_TYPED    20000U
#define NR_LIVES    2000U
#define PATIENCE_MS 20000

/* What they tell each other orders nothing: that is left to the UART. */
static struct typist {
	struct world w;
	bool room, end;
	unsigned int nr_read; /* by the vCPU */
	unsigned int nr_refused;
	bool is_wrong;
} t;

static bool told(const bool *what)
{
	return __atomic_load_n(what, __ATOMIC_RELAXED);
}

static void tell(bool *what)
{
	__atomic_store_n(what, true, __ATOMIC_RELAXED);
}

static void on_room_for_typist(void *ctx)
{
	on_room(ctx);
	tell(&t.room);
}

/* Either thread's: a failed assertion leaves only the first. */
static void on_irq_of_either(void *ctx, bool high)
{
	struct world *w = ctx;

	if (w->line == high)
		tell(&t.is_wrong);
	w->line = high;
}

static void start_uart(void)
{
	memset(&t, 0, sizeof(t));
	start(&t.w);
	t.w.u.host.set_irq = on_irq_of_either;
	t.w.u.host.rx_room = on_room_for_typist;
}

static pthread_t start_typing(void *(*type)(void *))
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, type, NULL), 0);
	return thread;
}

/* The other thread's turn; false when it was waited for too long. */
static bool rest(int64_t since)
{
	(void)sched_yield();
	return clock_ms() - since < PATIENCE_MS && !told(&t.is_wrong);
}

/* Never 0, as a break is. */
static uint8_t typed(unsigned int i)
{
	return (uint8_t)(1 + i % 251);
}

static void wait_for_room(int64_t since)
{
	while (!__atomic_exchange_n(&t.room, false, __ATOMIC_RELAXED))
		if (!rest(since)) {
			tell(&t.is_wrong);
			return;
		}
}

static void *type_in_pieces(void *arg)
{
	int64_t begin = clock_ms();
	uint8_t piece[UART_FIFO_SIZE + 26];
	unsigned int i = 0;

	while (i < NR_TYPED && !told(&t.is_wrong)) {
		size_t len = 1 + i % sizeof(piece), taken;

		if (len > NR_TYPED - i)
			len = NR_TYPED - i;
		for (unsigned int n = 0; n < len; n++)
			piece[n] = typed(i + n);
		taken = uart_receive(&t.w.u, piece, len);
		i += (unsigned int)taken;
		if (taken < len) {
			t.nr_refused++;
			wait_for_room(begin);
		}
	}
	return arg;
}

/* Room is told each time it was refused, or the rest would never come. */
START_TEST(every_byte_arrives_once_and_in_order)
{
	int64_t begin = clock_ms();
	unsigned int i = 0;
	pthread_t thread;

	start_uart();
	thread = start_typing(type_in_pieces);
	put(&t.w, FCR, 0x81);
	put(&t.w, IER, 0x07);
	while (i < NR_TYPED) {
		if (get(&t.w, IIR) & 1)
			ck_assert(rest(begin));
		for (; get(&t.w, LSR) & 1; i++) {
			ck_assert_uint_eq(get(&t.w, DATA), typed(i));
			put(&t.w, DATA, typed(i));
		}
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(!t.is_wrong);
	ck_assert_uint_eq(i, NR_TYPED);
	ck_assert_uint_eq(t.w.nr_room, t.nr_refused);
	ck_assert_uint_eq(t.w.nr_sent, NR_TYPED);
	ck_assert_uint_eq(get(&t.w, IIR) & 0x0f, 0x02); /* of the last byte */
	ck_assert(!t.w.line);
}
END_TEST

static bool is_break(unsigned int i)
{
	return i % 7 == 3;
}

/* Never more than there is room for: a break would be lost. */
static void *type_with_breaks(void *arg)
{
	int64_t begin = clock_ms();

	for (unsigned int i = 0; i < NR_TYPED; i++) {
		uint8_t byte = typed(i);

		while (i - __atomic_load_n(&t.nr_read, __ATOMIC_RELAXED) >=
		       UART_FIFO_SIZE)
			if (!rest(begin))
				return arg;
		if (is_break(i))
			uart_receive_break(&t.w.u);
		else if (uart_receive(&t.w.u, &byte, 1) != 1)
			tell(&t.is_wrong);
	}
	return arg;
}

START_TEST(every_break_arrives_in_its_place)
{
	int64_t begin = clock_ms();
	pthread_t thread;

	start_uart();
	put(&t.w, FCR, 0x81);
	put(&t.w, IER, 0x05);
	thread = start_typing(type_with_breaks);
	for (unsigned int i = 0; i < NR_TYPED; i++) {
		uint8_t lsr;

		while (!((lsr = get(&t.w, LSR)) & 1))
			ck_assert(rest(begin));
		ck_assert_uint_eq(!!(lsr & 0x10), is_break(i));
		ck_assert_uint_eq(get(&t.w, DATA), is_break(i) ? 0 : typed(i));
		__atomic_store_n(&t.nr_read, i + 1, __ATOMIC_RELAXED);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(!t.is_wrong);
	ck_assert_uint_eq(get(&t.w, LSR), 0x60);
	ck_assert(!t.w.line);
}
END_TEST

static void *type_for_ever(void *arg)
{
	while (!told(&t.end)) {
		(void)uart_receive(&t.w.u, (const uint8_t *)"ever", 4);
		uart_receive_break(&t.w.u);
		(void)sched_yield();
	}
	return arg;
}

START_TEST(each_life_begins_as_the_first_whoever_types)
{
	pthread_t thread;

	start_uart();
	thread = start_typing(type_for_ever);
	for (unsigned int i = 0; i < NR_LIVES; i++) {
		ck_assert_uint_eq(get(&t.w, LSR), 0x60);
		ck_assert_uint_eq(get(&t.w, IIR), 0x01);
		ck_assert_uint_eq(get(&t.w, SCR), 0);
		ck_assert_uint_eq(t.w.u.n_transmitted, 0);
		put(&t.w, FCR, 0x81);
		put(&t.w, IER, 0x05);
		put(&t.w, SCR, 0x5a);
		put(&t.w, DATA, 'x');
		for (unsigned int n = 0; n < 4; n++)
			get(&t.w, DATA);
		put(&t.w, IER, 0);
		(void)sched_yield();
		uart_power_on(&t.w.u);
	}
	tell(&t.end);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(!t.is_wrong);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("uart_threads");
	TCase *tc = tcase_create("uart_threads");

	tcase_add_test(tc, every_byte_arrives_once_and_in_order);
	tcase_add_test(tc, every_break_arrives_in_its_place);
	tcase_add_test(tc, each_life_begins_as_the_first_whoever_types);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
