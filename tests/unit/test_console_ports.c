// SPDX-License-Identifier: GPL-2.0-only
/* test_console_ports.c: ports of the virtio console, and their messages. */
#include "console_fixture.h"

START_TEST(ports_are_added_then_described)
{
	const uint16_t size[2] = { 80, 25 }, other[2] = { 100, 40 };
	struct world *t = world_make(NR_PORTS);
	struct virtio_console_config config;

	bring_up(t, FEATURE(MULTIPORT) | FEATURE(SIZE));
	virtio_dev_config_read(t->dev, 0, &config, sizeof(config));
	ck_assert_uint_eq(config.max_nr_ports, NR_PORTS);
	fill_in(t, CTRL_IN, ENTRIES);
	expect_silence(t);
	tell(t, VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
	for (unsigned int i = 0; i < NR_PORTS; i++)
		expect_message(t, i, VIRTIO_CONSOLE_PORT_ADD, 1, NULL, 0);
	expect_silence(t);
	tell(t, 0, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_message(t, 0, VIRTIO_CONSOLE_CONSOLE_PORT, 1, NULL, 0);
	expect_message(t, 0, VIRTIO_CONSOLE_RESIZE, 1, size, 4);
	expect_message(t, 0, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL, 0);
	tell(t, 1, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_message(t, 1, VIRTIO_CONSOLE_PORT_NAME, 1, "one", 3);
	expect_message(t, 1, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL, 0);
	tell(t, 2, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_message(t, 2, VIRTIO_CONSOLE_PORT_NAME, 1, "two", 3);
	expect_silence(t); /* nobody is there yet */
	virtio_console_connected(t->c, 2, true);
	expect_message(t, 2, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL, 0);
	virtio_console_connected(t->c, 2, false);
	expect_message(t, 2, VIRTIO_CONSOLE_PORT_OPEN, 0, NULL, 0);
	virtio_console_resize(t->c, 100, 40);
	expect_message(t, 0, VIRTIO_CONSOLE_RESIZE, 1, other, 4);
	world_free(t);
}
END_TEST

START_TEST(messages_wait_for_buffers_and_the_last_state_counts)
{
	struct world *t = world_make(NR_PORTS);
	const uint16_t size[2] = { 3, 4 };

	bring_up(t, FEATURE(MULTIPORT) | FEATURE(SIZE));
	for (unsigned int i = 0; i < 100; i++) /* makes it no longer */
		tell(t, VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
	tell(t, 0, VIRTIO_CONSOLE_PORT_READY, 1);
	virtio_console_resize(t->c, 1, 2);
	virtio_console_resize(t->c, 3, 4);
	fill_in(t, CTRL_IN, 2);
	expect_message(t, 0, VIRTIO_CONSOLE_PORT_ADD, 1, NULL, 0);
	expect_message(t, 0, VIRTIO_CONSOLE_CONSOLE_PORT, 1, NULL, 0);
	expect_silence(t);
	fill_in(t, CTRL_IN, 6);
	expect_message(t, 0, VIRTIO_CONSOLE_RESIZE, 1, size, 4);
	expect_message(t, 0, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL, 0);
	expect_message(t, 1, VIRTIO_CONSOLE_PORT_ADD, 1, NULL, 0);
	expect_message(t, 2, VIRTIO_CONSOLE_PORT_ADD, 1, NULL, 0);
	expect_silence(t);
	world_free(t);
}
END_TEST

START_TEST(a_port_takes_input_while_it_is_open)
{
	struct world *t = world_make(NR_PORTS);
	uint32_t len;

	bring_up_port(t, PORT);
	fill_in(t, IN, 2);
	ck_assert_uint_eq(
		virtio_console_input(t->c, PORT, (const uint8_t *)"ab", 2), 2);
	ck_assert_ptr_nonnull(next_in(t, IN, &len));
	tell(t, PORT, VIRTIO_CONSOLE_PORT_OPEN, 0);
	ck_assert_uint_eq(
		virtio_console_input(t->c, PORT, (const uint8_t *)"cd", 2), 0);
	ck_assert_uint_eq(t->ends[PORT].nr_rooms, 0);
	tell(t, PORT, VIRTIO_CONSOLE_PORT_OPEN, 1);
	ck_assert_uint_eq(t->ends[PORT].nr_rooms, 1);
	ck_assert_uint_eq(
		virtio_console_input(t->c, PORT, (const uint8_t *)"cd", 2), 2);
	world_free(t);
}
END_TEST

/* The driver's buffer is there, and its kick not heard yet. */
START_TEST(who_was_refused_is_told_of_room_though_another_was_served)
{
	struct world *t = world_make(1);
	const struct vq_buf b = { place(0, 0), KIB(1), true };
	static const uint8_t typed[8];

	bring_up(t, 0);
	ck_assert_uint_eq(virtio_console_input(t->c, 0, typed, 8), 0);
	must(vq_driver_add(&t->d[0], &b, 1) >= 0);
	(void)vq_driver_publish(&t->d[0]);
	ck_assert_uint_eq(virtio_console_input(t->c, 0, typed, 1), 1);
	ck_assert_uint_eq(t->ends[0].nr_rooms, 0);
	kick(t, 0);
	poll_loop(t);
	ck_assert_uint_eq(t->ends[0].nr_rooms, 1);
	world_free(t);
}
END_TEST

START_TEST(input_refused_in_one_life_is_asked_for_in_the_next)
{
	struct world *t = world_make(NR_PORTS);

	bring_up_port(t, PORT);
	ck_assert_uint_eq(
		virtio_console_input(t->c, PORT, (const uint8_t *)"x", 1), 0);
	virtio_dev_power_on(t->dev);
	ck_assert_uint_eq(t->ends[PORT].nr_rooms, 0);
	bring_up_port(t, PORT);
	ck_assert_uint_eq(t->ends[PORT].nr_rooms, 1);
	world_free(t);
}
END_TEST

START_TEST(a_client_that_leaves_costs_the_rest_of_its_write_alone)
{
	struct world *t = world_make(NR_PORTS);

	bring_up_port(t, PORT);
	t->ends[PORT].appetite = 2;
	send_out(t, OUT, "abcdef", 6);
	send_out(t, OUT, "ghi", 3);
	memcpy(vq_driver_mem(&t->w, place(OUT, 0), 3), "ghi", 3);
	virtio_console_connected(t->c, PORT, false);
	ck_assert(is_returned(t, OUT));
	t->ends[PORT].appetite = 100;
	virtio_console_connected(t->c, PORT, true);
	virtio_console_output_room(t->c, PORT);
	ck_assert(is_returned(t, OUT));
	ck_assert_uint_eq(t->ends[PORT].nr_got, 5);
	ck_assert_mem_eq(t->ends[PORT].got, "abghi", 5);
	world_free(t);
}
END_TEST

START_TEST(driver_without_multiport_has_the_terminal)
{
	struct world *t = world_make(NR_PORTS);

	bring_up(t, 0);
	fill_in(t, 0, 1);
	ck_assert_uint_eq(
		virtio_console_input(t->c, 0, (const uint8_t *)"a", 1), 1);
	send_out(t, 1, "b", 1);
	ck_assert_uint_eq(t->ends[0].nr_got, 1);
	/* Its other queues are nothing. */
	send_out(t, CTRL_OUT, "12345678", 8);
	send_out(t, OUT, "c", 1);
	ck_assert_uint_eq(t->ends[PORT].nr_got, 0);
	ck_assert(!is_broken(t));
	world_free(t);
}
END_TEST

START_TEST(port_zero_alone_may_be_no_terminal)
{
	struct world *t = world_make_with(1, false);

	ck_assert_uint_eq(t->dev->nr_queues, 4);
	ck_assert_uint_eq(t->dev->at_once, 0);
	bring_up(t, FEATURE(MULTIPORT));
	fill_in(t, CTRL_IN, ENTRIES);
	tell(t, VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
	expect_message(t, 0, VIRTIO_CONSOLE_PORT_ADD, 1, NULL, 0);
	tell(t, 0, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_message(t, 0, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL, 0);
	expect_silence(t);
	tell(t, 0, VIRTIO_CONSOLE_PORT_OPEN, 1);
	send_out(t, 1, "b", 1);
	ck_assert_uint_eq(t->ends[0].nr_got, 1);
	/* A driver that knows of no ports would make its terminal of it. */
	bring_up(t, 0);
	fill_in(t, 0, 1);
	ck_assert_uint_eq(
		virtio_console_input(t->c, 0, (const uint8_t *)"a", 1), 0);
	send_out(t, 1, "c", 1);
	virtio_dev_config_write(
		t->dev, offsetof(struct virtio_console_config, emerg_wr), "d",
		1);
	ck_assert_uint_eq(t->ends[0].nr_got, 1);
	ck_assert(!is_broken(t));
	world_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("console_ports");
	TCase *tc = tcase_create("console_ports");

	tcase_add_test(tc, ports_are_added_then_described);
	tcase_add_test(tc, messages_wait_for_buffers_and_the_last_state_counts);
	tcase_add_test(tc, a_port_takes_input_while_it_is_open);
	tcase_add_test(
		tc, who_was_refused_is_told_of_room_though_another_was_served);
	tcase_add_test(tc, input_refused_in_one_life_is_asked_for_in_the_next);
	tcase_add_test(tc,
		       a_client_that_leaves_costs_the_rest_of_its_write_alone);
	tcase_add_test(tc, driver_without_multiport_has_the_terminal);
	tcase_add_test(tc, port_zero_alone_may_be_no_terminal);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
