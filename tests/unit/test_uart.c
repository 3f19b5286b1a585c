// SPDX-License-Identifier: GPL-2.0-only
/* test_uart.c: properties of the 16550A, mostly as Linux' driver sees it. */
#include "unit.h"

#include <string.h>

#include "uart.h"

enum {
	DATA,
	IER,
	IIR,
	LCR,
	MCR,
	LSR,
	MSR,
	SCR,
	FCR = IIR
};

struct world {
	struct uart u;
	uint8_t sent[64];
	size_t nr_sent;
	bool line;
	unsigned int nr_edges, nr_room;
};

static void on_transmit(void *ctx, uint8_t byte)
{
	struct world *w = ctx;

	w->sent[w->nr_sent++ % sizeof(w->sent)] = byte;
}

static void on_irq(void *ctx, bool high)
{
	struct world *w = ctx;

	ck_assert(w->line != high); /* only changes are told */
	w->line = high;
	w->nr_edges++;
}

static void on_room(void *ctx)
{
	struct world *w = ctx;

	w->nr_room++;
}

static void start(struct world *w)
{
	struct uart_host host = { w, on_transmit, on_irq, on_room };

	memset(w, 0, sizeof(*w));
	uart_init(&w->u, &host);
}

static uint8_t get(struct world *w, unsigned int reg)
{
	uint64_t value = uart_ops.read(&w->u, reg, 1);

	ck_assert_uint_le(value, 0xff);
	return (uint8_t)value;
}

static void put(struct world *w, unsigned int reg, unsigned int value)
{
	uart_ops.write(&w->u, reg, 1, value);
}

/* What Linux does before the first byte arrives: FIFO on, listening. */
static void start_listening(struct world *w)
{
	start(w);
	put(w, FCR, 0x87);
	put(w, IER, 0x05);
}

static size_t receive(struct world *w, const char *text)
{
	return uart_receive(&w->u, (const uint8_t *)text, strlen(text));
}

START_TEST(reset_state_is_idle)
{
	struct world w;

	start(&w);
	ck_assert_uint_eq(get(&w, IER), 0);
	ck_assert_uint_eq(get(&w, IIR), 0x01);
	ck_assert_uint_eq(get(&w, LCR), 0);
	ck_assert_uint_eq(get(&w, MCR), 0);
	ck_assert_uint_eq(get(&w, LSR), 0x60);
	ck_assert_uint_eq(get(&w, MSR), 0xb0);
	ck_assert(!w.line);
	ck_assert_uint_eq(w.nr_edges, 0);
}
END_TEST

START_TEST(transmits_each_byte_once_and_stays_empty)
{
	struct world w;

	start(&w);
	for (const char *c = "hello"; *c; c++) {
		put(&w, DATA, (uint8_t)*c);
		ck_assert_uint_eq(get(&w, LSR), 0x60);
	}
	ck_assert_uint_eq(w.nr_sent, 5);
	ck_assert_mem_eq(w.sent, "hello", 5);
	ck_assert_uint_eq(w.u.n_transmitted, 5);
}
END_TEST

START_TEST(divisor_latch_hides_data_and_ier)
{
	struct world w;

	start(&w);
	put(&w, IER, 0x05);
	put(&w, LCR, 0x83);
	put(&w, DATA, 0x34);
	put(&w, IER, 0x12);
	ck_assert_uint_eq(get(&w, DATA), 0x34);
	ck_assert_uint_eq(get(&w, IER), 0x12);
	put(&w, LCR, 0x03);
	ck_assert_uint_eq(get(&w, IER), 0x05);
	ck_assert_uint_eq(get(&w, LCR), 0x03);
	ck_assert_uint_eq(w.nr_sent, 0);
}
END_TEST

START_TEST(registers_keep_only_the_bits_they_have)
{
	struct world w;

	start(&w);
	put(&w, IER, 0xf0); /* autoconfig: a 16550A has no upper bits */
	ck_assert_uint_eq(get(&w, IER), 0x00);
	put(&w, IER, 0x0f);
	ck_assert_uint_eq(get(&w, IER), 0x0f);
	put(&w, MCR, 0xef);
	ck_assert_uint_eq(get(&w, MCR), 0x0f);
	for (unsigned int v = 0; v < 256; v++) {
		put(&w, SCR, v);
		ck_assert_uint_eq(get(&w, SCR), v);
		put(&w, LCR, v);
		ck_assert_uint_eq(get(&w, LCR), v);
	}
	put(&w, LSR, 0xff);
	put(&w, MSR, 0xff);
	ck_assert_uint_eq(get(&w, LSR), 0x60);
}
END_TEST

START_TEST(autoconfig_sees_a_16550a)
{
	struct world w;

	start(&w);
	put(&w, MCR, 0x1a); /* LOOP, OUT2, RTS */
	ck_assert_uint_eq(get(&w, MSR) & 0xf0, 0x90);
	put(&w, MCR, 0);
	put(&w, FCR, 0x01);
	ck_assert_uint_eq(get(&w, IIR) >> 6, 3);
	put(&w, FCR, 0x21); /* a 16750's 64-byte mode must not show */
	ck_assert_uint_eq(get(&w, IIR) & 0x20, 0);
	put(&w, FCR, 0x00);
	ck_assert_uint_eq(get(&w, IIR) >> 6, 0);
}
END_TEST

/* The tests of serial8250_do_startup(): no UART_BUG_THRE, no UART_BUG_TXEN. */
START_TEST(enabling_thri_raises_it_each_time)
{
	struct world w;

	start(&w);
	put(&w, IER, 0x02);
	ck_assert(w.line);
	ck_assert_uint_eq(get(&w, IIR), 0x02);
	ck_assert(!w.line);
	ck_assert_uint_eq(get(&w, IIR), 0x01);
	put(&w, IER, 0x00);
	put(&w, IER, 0x02);
	ck_assert(w.line);
	ck_assert_uint_eq(get(&w, IIR), 0x02);
	put(&w, IER, 0x02); /* already on: nothing new */
	ck_assert_uint_eq(get(&w, IIR), 0x01);
}
END_TEST

START_TEST(thri_returns_after_each_burst_and_is_one_edge_a_burst)
{
	struct world w;

	start(&w);
	put(&w, IER, 0x02);
	for (unsigned int burst = 1; burst <= 3; burst++) {
		ck_assert(w.line);
		ck_assert_uint_eq(get(&w, IIR), 0x02);
		for (unsigned int i = 0; i < 16; i++)
			put(&w, DATA, 'x');
		ck_assert_uint_eq(w.nr_edges, 2 * burst + 1);
	}
	put(&w, IER, 0x00);
	ck_assert(!w.line);
}
END_TEST

START_TEST(reading_iir_for_another_cause_keeps_thri)
{
	struct world w;

	start_listening(&w);
	put(&w, IER, 0x07);
	receive(&w, "a");
	ck_assert_uint_eq(get(&w, IIR) & 0x0f, 0x0c);
	ck_assert_uint_eq(get(&w, DATA), 'a');
	ck_assert(w.line);
	ck_assert_uint_eq(get(&w, IIR) & 0x0f, 0x02);
	ck_assert(!w.line);
}
END_TEST

START_TEST(received_bytes_interrupt_until_all_are_read)
{
	struct world w;

	start_listening(&w);
	ck_assert_uint_eq(receive(&w, "abc"), 3);
	for (const char *c = "abc"; *c; c++) {
		ck_assert(w.line);
		ck_assert_uint_eq(get(&w, LSR), 0x61);
		ck_assert_uint_eq(get(&w, DATA), *c);
	}
	ck_assert(!w.line);
	ck_assert_uint_eq(get(&w, LSR), 0x60);
	ck_assert_uint_eq(get(&w, DATA), 0);
	ck_assert_uint_eq(w.nr_edges, 2);
}
END_TEST

START_TEST(trigger_level_decides_between_data_and_timeout)
{
	static const unsigned int levels[] = { 1, 4, 8, 14 };
	struct world w;

	for (unsigned int i = 0; i < ARRAY_SIZE(levels); i++) {
		start_listening(&w);
		put(&w, FCR, i << 6 | 1);
		for (unsigned int n = 1; n <= 16; n++) {
			receive(&w, "z");
			ck_assert(w.line);
			ck_assert_uint_eq(get(&w, IIR) & 0x0f,
					  n >= levels[i] ? 0x04 : 0x0c);
		}
	}
}
END_TEST

START_TEST(without_fifo_one_byte_is_held_at_a_time)
{
	struct world w;

	start(&w);
	put(&w, IER, 0x01);
	ck_assert_uint_eq(receive(&w, "ab"), 1);
	ck_assert_uint_eq(get(&w, IIR), 0x04);
	ck_assert_uint_eq(w.nr_room, 0);
	ck_assert_uint_eq(get(&w, DATA), 'a');
	ck_assert_uint_eq(w.nr_room, 1);
	ck_assert_uint_eq(receive(&w, "b"), 1);
}
END_TEST

START_TEST(full_fifo_refuses_and_asks_once_there_is_room)
{
	uint8_t many[UART_FIFO_SIZE + 10];
	struct world w;

	start_listening(&w);
	for (unsigned int i = 0; i < sizeof(many); i++)
		many[i] = (uint8_t)i;
	ck_assert_uint_eq(uart_receive(&w.u, many, sizeof(many)),
			  UART_FIFO_SIZE);
	ck_assert_uint_eq(receive(&w, "x"), 0);
	for (unsigned int i = 0; i < UART_FIFO_SIZE; i++)
		ck_assert_uint_eq(get(&w, DATA), i);
	ck_assert_uint_eq(w.nr_room, 1);
}
END_TEST

START_TEST(input_before_the_driver_listens_is_kept_outside)
{
	struct world w;

	start(&w);
	ck_assert_uint_eq(receive(&w, "early"), 0);
	put(&w, MCR, 0x03); /* earlycon */
	for (unsigned int i = 0; i < 100; i++) {
		put(&w, DATA, 'k');
		for (unsigned int n = 0; n < 4; n++)
			get(&w, LSR);
	}
	ck_assert_uint_eq(receive(&w, "early"), 0);
	ck_assert_uint_eq(w.nr_room, 0);
	put(&w, FCR, 0x07); /* startup clears the FIFO, */
	put(&w, FCR, 0x00);
	put(&w, IER, 0x02); /* looks for broken THRE, */
	put(&w, IER, 0x00);
	ck_assert_uint_eq(w.nr_room, 0);
	put(&w, IER, 0x05); /* listens */
	ck_assert_uint_eq(w.nr_room, 1);
	ck_assert_uint_eq(receive(&w, "e"), 1);
	put(&w, FCR, 0x01); /* and only then turns the FIFO on */
	put(&w, FCR, 0x81);
	ck_assert_uint_eq(get(&w, DATA), 'e');
}
END_TEST

START_TEST(polling_guest_is_taken_for_a_listener)
{
	struct world w;

	start(&w);
	ck_assert_uint_eq(receive(&w, "ab"), 0);
	for (unsigned int i = 0; i < 100; i++)
		get(&w, LSR);
	ck_assert_uint_eq(w.nr_room, 1);
	ck_assert_uint_eq(receive(&w, "ab"), 1); /* FIFO is off */
	ck_assert_uint_eq(get(&w, LSR), 0x61);
	ck_assert_uint_eq(get(&w, DATA), 'a');
	ck_assert_uint_eq(receive(&w, "b"), 1);
}
END_TEST

START_TEST(fifo_clear_drops_what_was_received)
{
	struct world w;

	start_listening(&w);
	receive(&w, "abc");
	uart_receive_break(&w.u);
	put(&w, FCR, 0x03);
	ck_assert_uint_eq(get(&w, LSR), 0x60);
	ck_assert(!w.line);
	ck_assert_uint_eq(receive(&w, "d"), 1);
	ck_assert_uint_eq(get(&w, DATA), 'd');
}
END_TEST

START_TEST(break_is_reported_with_its_own_byte)
{
	struct world w;

	start_listening(&w);
	receive(&w, "a");
	uart_receive_break(&w.u);
	receive(&w, "h");
	ck_assert_uint_eq(get(&w, LSR), 0xe1); /* a break is in the FIFO */
	ck_assert_uint_eq(get(&w, DATA), 'a');
	ck_assert_uint_eq(get(&w, IIR) & 0x0f, 0x06);
	ck_assert_uint_eq(get(&w, LSR), 0xf1);
	ck_assert_uint_eq(get(&w, LSR), 0x61); /* reported once */
	ck_assert_uint_eq(get(&w, DATA), 0);
	ck_assert_uint_eq(get(&w, LSR), 0x61);
	ck_assert_uint_eq(get(&w, DATA), 'h');
	ck_assert(!w.line);
}
END_TEST

START_TEST(break_without_room_or_listener_is_lost)
{
	uint8_t many[UART_FIFO_SIZE] = { 0 };
	struct world w;

	start(&w);
	uart_receive_break(&w.u);
	ck_assert_uint_eq(get(&w, LSR), 0x60);
	start_listening(&w);
	uart_receive(&w.u, many, sizeof(many));
	uart_receive_break(&w.u);
	ck_assert_uint_eq(get(&w, LSR), 0x61);
}
END_TEST

START_TEST(loopback_returns_what_is_sent)
{
	struct world w;

	start(&w);
	put(&w, FCR, 0x07);
	put(&w, MCR, 0x10);
	put(&w, IER, 0x01);
	for (unsigned int i = 0; i < UART_FIFO_SIZE; i++)
		put(&w, DATA, i);
	ck_assert(w.line);
	ck_assert_uint_eq(get(&w, LSR), 0x61);
	put(&w, DATA, 0xee);
	ck_assert_uint_eq(get(&w, LSR), 0x63); /* overrun, told once */
	ck_assert_uint_eq(get(&w, LSR), 0x61);
	ck_assert_uint_eq(receive(&w, "x"), 0);
	for (unsigned int i = 0; i < UART_FIFO_SIZE; i++)
		ck_assert_uint_eq(get(&w, DATA), i);
	ck_assert_uint_eq(w.nr_sent, 0);
	put(&w, MCR, 0x00);
	ck_assert_uint_eq(w.nr_room, 1);
}
END_TEST

START_TEST(loopback_routes_every_modem_line)
{
	struct world w;

	start(&w);
	for (unsigned int out = 0; out < 16; out++) {
		unsigned int in = (out & 1 ? 0x20 : 0) | (out & 2 ? 0x10 : 0) |
				  (out & 4 ? 0x40 : 0) | (out & 8 ? 0x80 : 0);

		put(&w, MCR, 0x10 | out);
		ck_assert_uint_eq(get(&w, MSR) & 0xf0, in);
		ck_assert_uint_eq(get(&w, MSR), in); /* deltas told once */
	}
}
END_TEST

START_TEST(modem_change_interrupts_until_msr_is_read)
{
	struct world w;

	start(&w);
	put(&w, MCR, 0x1f);
	get(&w, MSR);
	put(&w, IER, 0x08);
	ck_assert(!w.line);
	put(&w, MCR, 0x1d); /* RTS down: CTS down */
	ck_assert(w.line);
	ck_assert_uint_eq(get(&w, IIR), 0x00);
	ck_assert_uint_eq(get(&w, MSR), 0xe1);
	ck_assert(!w.line);
	put(&w, MCR, 0x19); /* OUT1 down: RI's trailing edge */
	ck_assert_uint_eq(get(&w, MSR), 0xa4);
	put(&w, MCR, 0x1d); /* its leading edge counts for nothing */
	ck_assert_uint_eq(get(&w, MSR), 0xe0);
}
END_TEST

START_TEST(unacknowledged_interrupt_is_a_single_edge)
{
	struct world w;

	start_listening(&w);
	for (unsigned int i = 0; i < 200; i++)
		receive(&w, "a");
	ck_assert_uint_eq(w.nr_edges, 1);
	put(&w, IER, 0);
	ck_assert_uint_eq(w.nr_edges, 2);
}
END_TEST

START_TEST(wide_accesses_use_the_low_byte)
{
	struct world w;

	start(&w);
	uart_ops.write(&w.u, SCR, 1, 0x5a);
	uart_ops.write(&w.u, DATA, 4, 0x64636261);
	uart_ops.write(&w.u, DATA, 8, 0x7a);
	ck_assert_uint_eq(w.nr_sent, 2);
	ck_assert_mem_eq(w.sent, "az", 2);
	ck_assert_uint_eq(uart_ops.read(&w.u, LCR, 2), 0);
	ck_assert_uint_eq(get(&w, SCR), 0x5a);
}
END_TEST

static void add_receive_tests(TCase *tc)
{
	tcase_add_test(tc, received_bytes_interrupt_until_all_are_read);
	tcase_add_test(tc, trigger_level_decides_between_data_and_timeout);
	tcase_add_test(tc, without_fifo_one_byte_is_held_at_a_time);
	tcase_add_test(tc, full_fifo_refuses_and_asks_once_there_is_room);
	tcase_add_test(tc, input_before_the_driver_listens_is_kept_outside);
	tcase_add_test(tc, polling_guest_is_taken_for_a_listener);
	tcase_add_test(tc, fifo_clear_drops_what_was_received);
	tcase_add_test(tc, break_is_reported_with_its_own_byte);
	tcase_add_test(tc, break_without_room_or_listener_is_lost);
}

int main(void)
{
	Suite *s = suite_create("uart");
	TCase *tc = tcase_create("uart");

	tcase_add_test(tc, reset_state_is_idle);
	tcase_add_test(tc, transmits_each_byte_once_and_stays_empty);
	tcase_add_test(tc, divisor_latch_hides_data_and_ier);
	tcase_add_test(tc, registers_keep_only_the_bits_they_have);
	tcase_add_test(tc, autoconfig_sees_a_16550a);
	tcase_add_test(tc, enabling_thri_raises_it_each_time);
	tcase_add_test(tc,
		       thri_returns_after_each_burst_and_is_one_edge_a_burst);
	tcase_add_test(tc, reading_iir_for_another_cause_keeps_thri);
	add_receive_tests(tc);
	tcase_add_test(tc, loopback_returns_what_is_sent);
	tcase_add_test(tc, loopback_routes_every_modem_line);
	tcase_add_test(tc, modem_change_interrupts_until_msr_is_read);
	tcase_add_test(tc, unacknowledged_interrupt_is_a_single_edge);
	tcase_add_test(tc, wide_accesses_use_the_low_byte);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
