// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_uart.c: properties of the 16550A, mostly as Linux' driver sees it; what
 * it receives is test_uart_input.c's.
 */
#include "uart_fixture.h"

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
	tcase_add_test(tc, loopback_returns_what_is_sent);
	tcase_add_test(tc, loopback_routes_every_modem_line);
	tcase_add_test(tc, modem_change_interrupts_until_msr_is_read);
	tcase_add_test(tc, unacknowledged_interrupt_is_a_single_edge);
	tcase_add_test(tc, wide_accesses_use_the_low_byte);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
