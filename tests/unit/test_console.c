// SPDX-License-Identifier: GPL-2.0-only
/* test_console.c: properties of the virtio console. */
#include "console_fixture.h"

/* --- one console, no control messages -------------------------------------- */

START_TEST(console_alone_has_two_queues_and_no_control_messages)
{
	struct world *t = world_make(1);
	uint32_t offered = virtio_dev_offered(t->dev, 0);

	ck_assert_uint_eq(t->dev->nr_queues, 2);
	ck_assert(!(offered & FEATURE(MULTIPORT)));
	ck_assert(offered & FEATURE(SIZE));
	ck_assert(offered & FEATURE(EMERG_WRITE));
	bring_up(t, FEATURE(SIZE));
	send_out(t, 1, "hello", 5);
	ck_assert(is_returned(t, 1));
	ck_assert_mem_eq(t->ends[0].got, "hello", 5);
	world_free(t);
}
END_TEST

START_TEST(input_fills_buffers_and_the_rest_is_not_taken)
{
	struct world *t = world_make(1);
	static uint8_t typed[KIB(3)];
	const uint8_t *p;
	uint32_t len;

	for (size_t i = 0; i < sizeof(typed); i++)
		typed[i] = (uint8_t)(i % 251);
	bring_up(t, 0);
	ck_assert_uint_eq(virtio_console_input(t->c, 0, typed, 10), 0);
	ck_assert_uint_eq(t->ends[0].nr_rooms, 0);
	fill_in(t, 0, 2);
	ck_assert_uint_eq(t->ends[0].nr_rooms, 1);
	ck_assert_uint_eq(virtio_console_input(t->c, 0, typed, sizeof(typed)),
			  KIB(2));
	for (unsigned int i = 0; i < 2; i++) {
		p = next_in(t, 0, &len);
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(len, KIB(1));
		ck_assert_mem_eq(p, typed + i * KIB(1), len);
	}
	ck_assert_ptr_null(next_in(t, 0, &len));
	/* The driver's next buffer is told of, once. */
	ck_assert_uint_eq(t->ends[0].nr_rooms, 1);
	fill_in(t, 0, 1);
	ck_assert_uint_eq(t->ends[0].nr_rooms, 2);
	fill_in(t, 0, 1);
	ck_assert_uint_eq(t->ends[0].nr_rooms, 2);
	world_free(t);
}
END_TEST

START_TEST(output_waits_in_its_queue_for_a_slow_reader)
{
	struct world *t = world_make(1);
	char text[100];

	memset(text, 'x', sizeof(text));
	bring_up(t, 0);
	t->ends[0].appetite = 30;
	send_out(t, 1, text, sizeof(text));
	send_out(t, 1, "later", 5);
	ck_assert_int_lt(vq_driver_get(&t->d[1], NULL), 0);
	ck_assert_uint_eq(t->ends[0].nr_got, 30);
	t->ends[0].appetite = 72;
	virtio_console_output_room(t->c, 0);
	ck_assert(is_returned(t, 1));
	t->ends[0].appetite = 1000;
	virtio_console_output_room(t->c, 0);
	poll_loop(t);
	ck_assert(is_returned(t, 1));
	ck_assert_uint_eq(t->ends[0].nr_got, 105);
	ck_assert_mem_eq(t->ends[0].got + 100, "later", 5);
	world_free(t);
}
END_TEST

START_TEST(reset_lets_go_of_what_was_taken_in_part)
{
	struct world *t = world_make(1);

	bring_up(t, 0);
	t->ends[0].appetite = 2;
	send_out(t, 1, "abcdef", 6);
	ck_assert_uint_eq(t->ends[0].nr_got, 2);
	bring_up(t, 0);
	t->ends[0].appetite = 1000;
	virtio_console_output_room(t->c, 0);
	ck_assert_uint_eq(t->ends[0].nr_got, 2);
	send_out(t, 1, "new", 3);
	ck_assert_mem_eq(t->ends[0].got, "abnew", 5);
	world_free(t);
}
END_TEST

START_TEST(last_words_are_delivered_by_the_reset)
{
	struct world *t = world_make(1);
	const struct vq_buf b = { DATA, 4, false };

	bring_up(t, 0);
	memcpy(vq_driver_mem(&t->w, DATA, 4), "bye!", 4);
	must(vq_driver_add(&t->d[1], &b, 1) >= 0);
	(void)vq_driver_publish(&t->d[1]); /* the kick is never served */
	virtio_dev_set_status(t->dev, 0);
	ck_assert_uint_eq(t->ends[0].nr_got, 4);
	ck_assert_mem_eq(t->ends[0].got, "bye!", 4);
	world_free(t);
}
END_TEST

/* Milliseconds of a reset when @len bytes are there for @port's reader. */
static int64_t reset_with(struct world *t, unsigned int port, uint32_t len)
{
	const unsigned int q = 2 + 2 * port + 1;
	const struct vq_buf b = { DATA, len, false };
	int64_t then;

	bring_up_port(t, port);
	must(vq_driver_add(&t->d[q], &b, 1) >= 0);
	(void)vq_driver_publish(&t->d[q]);
	then = clock_ms();
	virtio_dev_set_status(t->dev, 0);
	return clock_ms() - then;
}

START_TEST(last_words_wait_for_a_reader_that_reads)
{
	struct world *t = world_make(2);

	t->ends[1].is_slow = true;
	ck_assert_int_lt(reset_with(t, 1, 20), 1900);
	ck_assert_uint_eq(t->ends[1].nr_got, 20);
	/* ... but not for as long as it likes */
	ck_assert_int_ge(reset_with(t, 1, KIB(1)), 2000);
	ck_assert_uint_lt(t->ends[1].nr_got, 20 + KIB(1));
	world_free(t);
}
END_TEST

START_TEST(last_words_wait_little_for_one_that_does_not)
{
	struct world *t = world_make(3);
	int64_t ms;

	t->ends[1].appetite = t->ends[2].appetite = 0;
	ms = reset_with(t, 1, 20);
	ck_assert_int_ge(ms, 500);
	ck_assert_int_lt(ms, 1900);
	/* Nobody is there; one look in five is not held up by other programs. */
	for (unsigned int i = 0; i < 5 && ms >= 200; i++)
		ms = reset_with(t, 2, 20);
	ck_assert_int_lt(ms, 200);
	world_free(t);
}
END_TEST

START_TEST(an_endless_write_is_served_in_turns)
{
	struct world *t = world_make(1);
	struct vq_buf bufs[ENTRIES];

	/* 16 times the same MiB: the far end sees 64 KiB a turn. */
	for (unsigned int i = 0; i < ENTRIES; i++)
		bufs[i] = (struct vq_buf){ DATA, (uint32_t)MIB(1), false };
	bring_up(t, 0);
	must(vq_driver_add(&t->d[1], bufs, ENTRIES) >= 0);
	(void)vq_driver_publish(&t->d[1]);
	kick(t, 1);
	must(loop_poll(&t->loop) == 0);
	ck_assert_uint_eq(t->ends[0].nr_got, KIB(64));
	must(loop_poll(&t->loop) == 0);
	ck_assert_uint_eq(t->ends[0].nr_got, KIB(128));
	t->ends[0].appetite = 0;
	poll_loop(t);
	ck_assert(!is_broken(t));
	world_free(t);
}
END_TEST

START_TEST(terminal_is_served_by_who_kicks_and_ports_are_not)
{
	struct world *t = world_make(NR_PORTS);

	ck_assert_uint_eq(t->dev->at_once, 1U << 1);
	bring_up_port(t, 1);
	must(vq_driver_add(&t->d[1], &(struct vq_buf){ DATA, 3, false }, 1) >=
	     0);
	ck_assert(vq_driver_publish(&t->d[1]));
	virtio_kicked(t->dev, 1);
	ck_assert_uint_eq(t->ends[0].nr_got, 3);
	ck_assert(is_returned(t, 1));
	must(vq_driver_add(&t->d[5], &(struct vq_buf){ DATA, 3, false }, 1) >=
	     0);
	ck_assert(vq_driver_publish(&t->d[5]));
	virtio_kicked(t->dev, 5);
	ck_assert_uint_eq(t->ends[1].nr_got, 0);
	poll_loop(t);
	ck_assert_uint_eq(t->ends[1].nr_got, 3);
	world_free(t);
}
END_TEST

START_TEST(emergency_write_needs_no_driver)
{
	struct world *t = world_make(1);
	const uint32_t v = 'E';

	virtio_dev_config_write(
		t->dev, offsetof(struct virtio_console_config, emerg_wr), &v,
		4);
	virtio_dev_config_write(t->dev, 0, &v, 4);
	ck_assert_uint_eq(t->ends[0].nr_got, 1);
	ck_assert_uint_eq(t->ends[0].got[0], 'E');
	world_free(t);
}
END_TEST

START_TEST(size_is_in_the_configuration_and_changes_are_told)
{
	struct virtio_console_config config;
	struct world *t = world_make(1);

	bring_up(t, FEATURE(SIZE));
	virtio_dev_config_read(t->dev, 0, &config, sizeof(config));
	ck_assert_uint_eq(config.cols, 80);
	ck_assert_uint_eq(config.rows, 25);
	virtio_console_resize(t->c, 80, 25);
	ck_assert_uint_eq(t->nr_config_changed, 0);
	virtio_console_resize(t->c, 132, 50);
	ck_assert_uint_eq(t->nr_config_changed, 1);
	virtio_dev_config_read(t->dev, 0, &config, sizeof(config));
	ck_assert_uint_eq(config.cols, 132);
	ck_assert_uint_eq(config.rows, 50);
	world_free(t);
}
END_TEST

/* --- a hostile guest ------------------------------------------------------- */

START_TEST(nonsense_in_control_messages_changes_nothing)
{
	static const uint32_t ids[] = { NR_PORTS, 31, 0x7fffffff, UINT32_MAX };
	struct world *t = world_make(NR_PORTS);

	bring_up(t, FEATURE(MULTIPORT));
	fill_in(t, CTRL_IN, ENTRIES);
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		for (uint16_t event = 1; event < 20; event++)
			tell(t, ids[i], event, 1);
		tell(t, ids[i], 0xffff, 0xffff);
	}
	for (uint16_t event = 8; event < 20; event++)
		tell(t, 1, event, 1);
	expect_silence(t);
	tell(t, VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 0);
	expect_silence(t);
	ck_assert(!is_broken(t));
	world_free(t);
}
END_TEST

START_TEST(short_control_messages_break_the_queue)
{
	for (uint32_t len = 1; len < 8; len++) {
		struct world *t = world_make(NR_PORTS);

		bring_up(t, FEATURE(MULTIPORT));
		send_out(t, CTRL_OUT, "12345678", len);
		must(is_broken(t));
		must(t->dev->queues[CTRL_OUT].vq.error.fault == VQ_BAD_CHAIN);
		bring_up(t, FEATURE(MULTIPORT));
		must(!is_broken(t));
		world_free(t);
	}
}
END_TEST

START_TEST(a_buffer_too_small_for_a_message_breaks_the_queue)
{
	const struct vq_buf b = { DATA, 7, true };
	struct world *t = world_make(NR_PORTS);

	bring_up(t, FEATURE(MULTIPORT));
	must(vq_driver_add(&t->d[CTRL_IN], &b, 1) >= 0);
	show(t, CTRL_IN);
	ck_assert(!is_broken(t)); /* there is no message */
	tell(t, VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
	ck_assert(is_broken(t));
	world_free(t);
}
END_TEST

START_TEST(a_receive_buffer_we_may_not_write_breaks_the_queue)
{
	const struct vq_buf b = { DATA, 7, false };
	struct world *t = world_make(1);

	bring_up(t, 0);
	must(vq_driver_add(&t->d[0], &b, 1) >= 0);
	show(t, 0);
	ck_assert_uint_eq(
		virtio_console_input(t->c, 0, (const uint8_t *)"a", 1), 0);
	ck_assert(is_broken(t));
	world_free(t);
}
END_TEST

START_TEST(kicks_of_a_broken_or_stopped_device_do_nothing)
{
	struct world *t = world_make(NR_PORTS);

	bring_up_port(t, PORT);
	tell(t, 0, VIRTIO_CONSOLE_PORT_READY, 1);
	send_out(t, CTRL_OUT, "short", 5);
	ck_assert(is_broken(t));
	send_out(t, OUT, "x", 1);
	for (unsigned int q = 0; q < NR_QUEUES; q++)
		kick(t, q);
	poll_loop(t);
	virtio_console_output_room(t->c, PORT);
	virtio_console_connected(t->c, PORT, false);
	virtio_console_resize(t->c, 9, 9);
	ck_assert_uint_eq(t->ends[PORT].nr_got, 0);
	virtio_dev_set_status(t->dev, 0);
	for (unsigned int q = 0; q < NR_QUEUES; q++)
		kick(t, q);
	poll_loop(t);
	virtio_console_output_room(t->c, PORT);
	ck_assert_uint_eq(t->ends[PORT].nr_got, 0);
	world_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("console");
	TCase *tc = tcase_create("console");

	tcase_add_test(tc,
		       console_alone_has_two_queues_and_no_control_messages);
	tcase_add_test(tc, input_fills_buffers_and_the_rest_is_not_taken);
	tcase_add_test(tc, output_waits_in_its_queue_for_a_slow_reader);
	tcase_add_test(tc, reset_lets_go_of_what_was_taken_in_part);
	tcase_add_test(tc, last_words_are_delivered_by_the_reset);
	tcase_add_test(tc, last_words_wait_for_a_reader_that_reads);
	tcase_add_test(tc, last_words_wait_little_for_one_that_does_not);
	tcase_add_test(tc, an_endless_write_is_served_in_turns);
	tcase_add_test(tc, terminal_is_served_by_who_kicks_and_ports_are_not);
	tcase_add_test(tc, emergency_write_needs_no_driver);
	tcase_add_test(tc, size_is_in_the_configuration_and_changes_are_told);
	tcase_add_test(tc, nonsense_in_control_messages_changes_nothing);
	tcase_add_test(tc, short_control_messages_break_the_queue);
	tcase_add_test(tc, a_buffer_too_small_for_a_message_breaks_the_queue);
	tcase_add_test(tc, a_receive_buffer_we_may_not_write_breaks_the_queue);
	tcase_add_test(tc, kicks_of_a_broken_or_stopped_device_do_nothing);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
