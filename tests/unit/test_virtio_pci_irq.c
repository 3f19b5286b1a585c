// SPDX-License-Identifier: GPL-2.0-only
/* test_virtio_pci_irq.c: doorbells of virtio-pci, INTA, and all by threads. */
#include "virtio_pci_irq_fixture.h"

static struct fake_ioeventfd *bell_of(unsigned int q)
{
	return fake_ioeventfd(w.dev.queues[q].kick.fd);
}

START_TEST(doorbells_ring_without_an_exit_while_the_queue_runs)
{
	start();
	ck_assert_uint_eq(bell_of(0)->gpa, doorbell(&w, 0));
	ck_assert_uint_eq(bell_of(1)->gpa, doorbell(&w, 1));
	set(&w, STATUS, 1, 0);
	ck_assert_ptr_null(bell_of(0));
	ck_assert_ptr_null(bell_of(1));
	world_fini(&w);
}
END_TEST

START_TEST(doorbells_follow_the_bar)
{
	start();
	store(&w, cfg(0x10), 4, BAR + 0x100000);
	ck_assert_uint_eq(bell_of(1)->gpa, doorbell(&w, 1) + 0x100000);
	store(&w, cfg(4), 2, 0);
	ck_assert_ptr_null(bell_of(0));
	store(&w, cfg(4), 2, 2);
	ck_assert_ptr_nonnull(bell_of(0));
	world_fini(&w);
}
END_TEST

START_TEST(queue_that_is_waited_for_is_served_within_the_exit)
{
	ck_assert_int_eq(world_init(&w, VIRTIO_PCI_ITS), 0);
	w.dev.at_once = 1U << 1;
	drive_all();
	ck_assert_ptr_nonnull(bell_of(0));
	ck_assert_ptr_null(bell_of(1));
	ck_assert_int_eq(loop_poll(&w.loop), 0);
	memset(w.nr_kicks, 0, sizeof(w.nr_kicks));
	store(&w, doorbell(&w, 1), 2, 1);
	ck_assert_uint_eq(w.nr_kicks[1], 1);
	ck_assert_uint_eq(w.dev.queues[1].vq.stats.kicks, 2);
	set(&w, STATUS, 1, 0);
	store(&w, doorbell(&w, 1), 2, 1);
	ck_assert_uint_eq(w.nr_kicks[1], 1);
	world_fini(&w);
}
END_TEST

START_TEST(nothing_stays_wired_after_a_life)
{
	static const struct fake_irqfd no_irq;
	static const struct fake_ioeventfd no_bell;

	start();
	virtio_pci_stop(&w.pci);
	for (unsigned int i = 0; i < ARRAY_SIZE(fake_pvm.irqfds); i++) {
		ck_assert_mem_eq(&fake_pvm.irqfds[i], &no_irq, sizeof(no_irq));
		ck_assert_mem_eq(&fake_pvm.ioeventfds[i], &no_bell,
				 sizeof(no_bell));
	}
	world_fini(&w);
}
END_TEST

START_TEST(refused_eventfds_are_survived)
{
	ck_assert_int_eq(world_init(&w, VIRTIO_PCI_ITS), 0);
	fake_pvm.refuses_eventfds = true;
	go(&w);
	msix_control(&w, 0x8000);
	set_vector(&w, 0, 1);
	set(&w, QUEUE, 2, 0);
	set(&w, VECTOR, 2, 0);
	ck_assert_ptr_null(irq_of(0));
	fake_pvm.refuses_eventfds = false;
	set_vector(&w, 0, 2); /* the next change tries again */
	ck_assert_uint_eq(irq_of(0)->data, 2);
	world_fini(&w);
}
END_TEST

/* --- INTA ------------------------------------------------------------------ */

START_TEST(inta_is_high_until_isr_is_read)
{
	ck_assert_int_eq(world_init(&w, VIRTIO_PCI_INTX), 0);
	go(&w);
	ck_assert(!w.line[SLOT]);
	signal_queue(1);
	ck_assert_int_eq(loop_poll(&w.loop), 0);
	ck_assert(w.line[SLOT]);
	ck_assert_uint_eq(load(&w, BAR + w.isr, 1), 1);
	ck_assert(!w.line[SLOT]);
	ck_assert_uint_eq(load(&w, BAR + w.isr, 1), 0);
	world_fini(&w);
}
END_TEST

START_TEST(isr_tells_queue_from_configuration)
{
	ck_assert_int_eq(world_init(&w, VIRTIO_PCI_INTX), 0);
	go(&w);
	pthread_mutex_lock(&w.dev.lock);
	virtio_config_changed(&w.dev);
	pthread_mutex_unlock(&w.dev.lock);
	ck_assert_int_eq(loop_poll(&w.loop), 0);
	ck_assert(w.line[SLOT]);
	signal_queue(0);
	ck_assert_int_eq(loop_poll(&w.loop), 0);
	ck_assert_uint_eq(load(&w, BAR + w.isr, 1), 3);
	world_fini(&w);
}
END_TEST

START_TEST(inta_goes_down_with_a_reset)
{
	ck_assert_int_eq(world_init(&w, VIRTIO_PCI_INTX), 0);
	go(&w);
	signal_queue(0);
	ck_assert_int_eq(loop_poll(&w.loop), 0);
	set(&w, STATUS, 1, 0);
	ck_assert(!w.line[SLOT]);
	ck_assert_uint_eq(load(&w, BAR + w.isr, 1), 0);
	world_fini(&w);
}
END_TEST

START_TEST(without_msix_there_is_no_vector)
{
	ck_assert_int_eq(world_init(&w, VIRTIO_PCI_INTX), 0);
	go(&w);
	set(&w, QUEUE, 2, 0);
	set(&w, VECTOR, 2, 0);
	ck_assert_uint_eq(reg(&w, VECTOR, 2), 0xffff);
	ck_assert_ptr_null(irq_of(0));
	ck_assert_ptr_nonnull(bell_of(0));
	ck_assert_uint_eq(fake_pvm.nr_msis, 0);
	world_fini(&w);
}
END_TEST

/* --- threads --------------------------------------------------------------- */

/* The loop's thread: serves kicks, and signals as a device does. */
static void *device_thread(void *arg)
{
	const bool *end = arg;

	for (unsigned int i = 0; !__atomic_load_n(end, __ATOMIC_SEQ_CST); i++) {
		signal_queue(i % QUEUES);
		if (i % 3 == 0) {
			pthread_mutex_lock(&w.dev.lock);
			virtio_config_changed(&w.dev);
			pthread_mutex_unlock(&w.dev.lock);
		}
		ck_assert_int_eq(loop_poll(&w.loop), 0);
	}
	return NULL;
}

static void drive(enum virtio_pci_msi msi)
{
	for (unsigned int i = 0; i < 200; i++) {
		go(&w);
		if (msi != VIRTIO_PCI_INTX) {
			msix_control(&w, i & 1 ? 0xc000 : 0x8000);
			set_vector(&w, 0, i);
			set(&w, QUEUE, 2, 0);
			set(&w, VECTOR, 2, 0);
			mask_vector(&w, 0, i & 2);
			(void)pending();
		}
		(void)load(&w, BAR + w.isr, 1);
		store(&w, doorbell(&w, i % QUEUES), 2, 0);
		store(&w, cfg(4), 2, i & 4 ? 0x406 : 6);
		store(&w, cfg(4), 2, 6);
	}
}

START_TEST(registers_and_interrupts_have_threads_of_their_own)
{
	enum virtio_pci_msi msi = (enum virtio_pci_msi)_i;
	bool end = false;
	pthread_t thread;

	ck_assert_int_eq(world_init(&w, msi), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, device_thread, &end), 0);
	drive(msi);
	__atomic_store_n(&end, true, __ATOMIC_SEQ_CST);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	set(&w, STATUS, 1, 0);
	ck_assert(!w.line[SLOT]);
	world_fini(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("virtio_pci_irq");
	TCase *tc = tcase_create("irq");

	tcase_add_test(tc, doorbells_ring_without_an_exit_while_the_queue_runs);
	tcase_add_test(tc, doorbells_follow_the_bar);
	tcase_add_test(tc, queue_that_is_waited_for_is_served_within_the_exit);
	tcase_add_test(tc, nothing_stays_wired_after_a_life);
	tcase_add_test(tc, refused_eventfds_are_survived);
	tcase_add_test(tc, inta_is_high_until_isr_is_read);
	tcase_add_test(tc, isr_tells_queue_from_configuration);
	tcase_add_test(tc, inta_goes_down_with_a_reset);
	tcase_add_test(tc, without_msix_there_is_no_vector);
	tcase_add_loop_test(
		tc, registers_and_interrupts_have_threads_of_their_own, 0, 3);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
