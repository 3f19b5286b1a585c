// SPDX-License-Identifier: GPL-2.0-only
/* test_uart_input.c: bytes and breaks on their way through the 16550A. */
#include "uart_fixture.h"

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

int main(void)
{
	Suite *s = suite_create("uart_input");
	TCase *tc = tcase_create("uart_input");

	tcase_add_test(tc, received_bytes_interrupt_until_all_are_read);
	tcase_add_test(tc, trigger_level_decides_between_data_and_timeout);
	tcase_add_test(tc, without_fifo_one_byte_is_held_at_a_time);
	tcase_add_test(tc, full_fifo_refuses_and_asks_once_there_is_room);
	tcase_add_test(tc, input_before_the_driver_listens_is_kept_outside);
	tcase_add_test(tc, polling_guest_is_taken_for_a_listener);
	tcase_add_test(tc, fifo_clear_drops_what_was_received);
	tcase_add_test(tc, break_is_reported_with_its_own_byte);
	tcase_add_test(tc, break_without_room_or_listener_is_lost);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
