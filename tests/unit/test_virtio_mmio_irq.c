// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_virtio_mmio_irq.c: properties of the interrupts and doorbells of
 * virtio-mmio. KVM is the fake: an interrupt is a count in its irqfd's eventfd.
 */
#include "virtio_mmio_fixture.h"

static struct world w;

static void setup(void)
{
	world_init(&w);
}

static void teardown(void)
{
	world_fini(&w);
}

/* What KVM does with a store of the driver's that has an ioeventfd. */
static bool kernel_takes(gpa_t gpa, uint32_t value)
{
	const uint64_t one = 1;

	for (unsigned int i = 0; i < ARRAY_SIZE(fake_pvm.ioeventfds); i++) {
		const struct fake_ioeventfd *io = &fake_pvm.ioeventfds[i];

		if (!io->fd || io->gpa != gpa ||
		    (io->has_value && io->value != value))
			continue;
		must(write(io->fd, &one, sizeof(one)) == sizeof(one));
		return true;
	}
	return false;
}

static void acknowledge(uint32_t value)
{
	if (!kernel_takes(REGS + R_ACK, value))
		set(&w, R_ACK, value);
}

static void change_config(void)
{
	pthread_mutex_lock(&w.b->dev.lock);
	virtio_config_changed(&w.b->dev);
	pthread_mutex_unlock(&w.b->dev.lock);
}

static uint64_t config_interrupts(void)
{
	uint64_t n;

	return read(w.mmio.config_call, &n, sizeof(n)) == 8 ? n : 0;
}

START_TEST(all_that_interrupts_is_wired_to_the_one_spi)
{
	for (unsigned int q = 0; q < NR_QUEUES; q++) {
		struct fake_irqfd *irq = fake_irqfd(w.b->dev.queues[q].call);

		ck_assert_ptr_nonnull(irq);
		ck_assert_uint_eq(irq->gsi, SPI);
	}
	ck_assert_ptr_nonnull(fake_irqfd(w.mmio.config_call));
	ck_assert_uint_eq(fake_irqfd(w.mmio.config_call)->gsi, SPI);
	virtio_mmio_stop(&w.mmio);
	for (unsigned int i = 0; i < ARRAY_SIZE(fake_pvm.irqfds); i++) {
		ck_assert_int_eq(fake_pvm.irqfds[i].fd, 0);
		ck_assert_int_eq(fake_pvm.ioeventfds[i].fd, 0);
	}
}
END_TEST

START_TEST(doorbells_are_of_queues_that_run)
{
	go(&w);
	for (unsigned int q = 0; q < NR_QUEUES; q++) {
		struct fake_ioeventfd *io =
			fake_ioeventfd(w.b->dev.queues[q].kick.fd);

		ck_assert_ptr_nonnull(io);
		ck_assert_uint_eq(io->gpa, REGS + R_NOTIFY);
		ck_assert(io->has_value);
		ck_assert_uint_eq(io->value, q);
	}
	set(&w, R_QUEUE, 0);
	set(&w, R_QUEUE_RESET, 1);
	ck_assert_ptr_null(fake_ioeventfd(w.b->dev.queues[0].kick.fd));
	ck_assert_ptr_nonnull(fake_ioeventfd(w.b->dev.queues[1].kick.fd));
	set(&w, R_STATUS, 0);
	ck_assert_ptr_null(fake_ioeventfd(w.b->dev.queues[1].kick.fd));
}
END_TEST

START_TEST(notify_rings_its_queue_even_as_an_exit)
{
	fake_pvm.refuses_eventfds = true;
	go(&w);
	poll_loop(w.b);
	w.b->nr_kicks = 0;
	set(&w, R_NOTIFY, 1);
	poll_loop(w.b);
	ck_assert_uint_eq(w.b->nr_kicks, 1);
	set(&w, R_NOTIFY, NR_QUEUES);
	store(&w, R_NOTIFY, 2, 0);
	poll_loop(w.b);
	ck_assert_uint_eq(w.b->nr_kicks, 1);
}
END_TEST

START_TEST(queue_that_is_waited_for_is_served_within_the_exit)
{
	w.b->dev.at_once = 1U << 1;
	go(&w);
	ck_assert_ptr_nonnull(fake_ioeventfd(w.b->dev.queues[0].kick.fd));
	ck_assert_ptr_null(fake_ioeventfd(w.b->dev.queues[1].kick.fd));
	poll_loop(w.b);
	w.b->nr_kicks = 0;
	set(&w, R_NOTIFY, 1);
	ck_assert_uint_eq(w.b->nr_kicks, 1);
	set(&w, R_STATUS, 0);
	set(&w, R_NOTIFY, 1);
	ck_assert_uint_eq(w.b->nr_kicks, 1);
}
END_TEST

START_TEST(used_buffers_are_told_until_acknowledged)
{
	go(&w);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 0);
	serve_one(&w, 0);
	ck_assert_uint_eq(interrupts(w.b, 0), 1);
	/* As a threaded handler: one look for whether, one for what. */
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 1);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 1);
	acknowledge(1);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 0);
}
END_TEST

START_TEST(event_before_the_acknowledgement_is_told_after_it)
{
	go(&w);
	for (unsigned int i = 0; i < 10; i++) {
		serve_one(&w, 0);
		ck_assert_uint_eq(reg(&w, R_INTERRUPT), 1);
		serve_one(&w, 1);
		acknowledge(1);
		ck_assert_uint_eq(reg(&w, R_INTERRUPT), 1);
		acknowledge(1);
	}
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 0);
}
END_TEST

START_TEST(vring_acknowledgements_cost_no_exit_and_others_work_too)
{
	go(&w);
	ck_assert(kernel_takes(REGS + R_ACK, 1));
	ck_assert(!kernel_takes(REGS + R_ACK, 2));
	ck_assert(!kernel_takes(REGS + R_ACK, 3));
	serve_one(&w, 0);
	change_config();
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 3);
	acknowledge(2);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 1);
	change_config();
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 3);
	acknowledge(3);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 0);
}
END_TEST

START_TEST(acknowledgements_without_an_event_do_no_harm)
{
	go(&w);
	for (unsigned int i = 0; i < 5; i++)
		acknowledge(1);
	acknowledge(0xffffffff);
	serve_one(&w, 0);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 1);
	acknowledge(1);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 0);
}
END_TEST

START_TEST(configuration_change_interrupts_and_is_told_until_acknowledged)
{
	change_config();
	ck_assert_uint_eq(config_interrupts(), 0); /* nobody is there */
	go(&w);
	change_config();
	ck_assert_uint_eq(config_interrupts(), 1);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 2);
	change_config();
	acknowledge(2);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 2);
	acknowledge(2);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 0);
}
END_TEST

START_TEST(broken_device_says_so)
{
	go(&w);
	vq_driver_offer(&w.b->d[0], 999);
	(void)vq_driver_publish(&w.b->d[0]);
	kick(w.b, 0);
	poll_loop(w.b);
	ck_assert(reg(&w, R_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	ck_assert_uint_eq(config_interrupts(), 1);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT) & 2, 2);
}
END_TEST

START_TEST(reset_forgets_what_was_not_acknowledged)
{
	go(&w);
	serve_one(&w, 0);
	change_config();
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 3);
	set(&w, R_STATUS, 0);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 0);
	go(&w);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 0);
}
END_TEST

START_TEST(interrupts_nobody_counts_are_always_told)
{
	go(&w);
	w.b->dev.calls_uncounted = true;
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 1);
	acknowledge(1);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 1);
	set(&w, R_STATUS, 0);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("virtio_mmio_irq");
	TCase *tc = tcase_create("interrupts");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, all_that_interrupts_is_wired_to_the_one_spi);
	tcase_add_test(tc, doorbells_are_of_queues_that_run);
	tcase_add_test(tc, notify_rings_its_queue_even_as_an_exit);
	tcase_add_test(tc, queue_that_is_waited_for_is_served_within_the_exit);
	tcase_add_test(tc, used_buffers_are_told_until_acknowledged);
	tcase_add_test(tc, event_before_the_acknowledgement_is_told_after_it);
	tcase_add_test(tc,
		       vring_acknowledgements_cost_no_exit_and_others_work_too);
	tcase_add_test(tc, acknowledgements_without_an_event_do_no_harm);
	tcase_add_test(
		tc,
		configuration_change_interrupts_and_is_told_until_acknowledged);
	tcase_add_test(tc, broken_device_says_so);
	tcase_add_test(tc, reset_forgets_what_was_not_acknowledged);
	tcase_add_test(tc, interrupts_nobody_counts_are_always_told);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
