// SPDX-License-Identifier: GPL-2.0-only
/* test_virtio_pci_irq.c: interrupts and doorbells of virtio-pci. */
#include "unit.h"

#include "gicv2m.h"
#include "virtio_pci_fixture.h"

static struct world w;

static const uint64_t one = 1;

static void signal_queue(unsigned int q)
{
	ck_assert_int_eq(write(w.dev.queues[q].call, &one, 8), 8);
}

static struct fake_irqfd *irq_of(unsigned int q)
{
	return fake_irqfd(w.dev.queues[q].call);
}

static struct fake_ioeventfd *bell_of(unsigned int q)
{
	return fake_ioeventfd(w.dev.queues[q].kick.fd);
}

/* A driver that runs, vector q for queue q and the last for the rest. */
static void drive_all(void)
{
	negotiate(&w);
	msix_control(&w, 0xc000); /* as Linux: masked, entries, unmasked */
	for (unsigned int v = 0; v <= QUEUES; v++)
		set_vector(&w, v, 100 + v);
	msix_control(&w, 0x8000);
	set(&w, CONFIG_VECTOR, 2, QUEUES);
	for (unsigned int q = 0; q < QUEUES; q++) {
		set_up_queue(&w, q);
		set(&w, VECTOR, 2, q);
		set(&w, ENABLE, 2, 1);
	}
	set(&w, STATUS, 1, 15);
}

static void start_with(enum virtio_pci_msi msi)
{
	ck_assert_int_eq(world_init(&w, msi), 0);
	drive_all();
}

static void start(void)
{
	start_with(VIRTIO_PCI_ITS);
}

static uint64_t pending(void)
{
	return load(&w, BAR + w.pba, 8);
}

START_TEST(each_queue_has_an_msi_of_its_own)
{
	start();
	for (unsigned int q = 0; q < QUEUES; q++) {
		ck_assert_ptr_nonnull(irq_of(q));
		ck_assert_uint_eq(irq_of(q)->data, 100 + q);
		ck_assert_uint_eq(irq_of(q)->address, 0x3ffb0040);
		ck_assert_uint_eq(irq_of(q)->devid, SLOT << 3);
		ck_assert_uint_ge(irq_of(q)->gsi, MACHINE_GIC_SPIS);
	}
	ck_assert_uint_ne(irq_of(0)->gsi, irq_of(1)->gsi);
	world_fini(&w);
}
END_TEST

START_TEST(queues_may_share_a_vector)
{
	start();
	set(&w, QUEUE, 2, 1);
	set(&w, VECTOR, 2, 0);
	ck_assert_uint_eq(reg(&w, VECTOR, 2), 0);
	ck_assert_uint_eq(irq_of(0)->gsi, irq_of(1)->gsi);
	ck_assert_uint_eq(irq_of(1)->data, 100);
	world_fini(&w);
}
END_TEST

START_TEST(vector_that_is_none_reads_back_as_none)
{
	start();
	set(&w, QUEUE, 2, 0);
	set(&w, VECTOR, 2, QUEUES + 1);
	ck_assert_uint_eq(reg(&w, VECTOR, 2), 0xffff);
	ck_assert_ptr_null(irq_of(0));
	set(&w, CONFIG_VECTOR, 2, 0xfffe);
	ck_assert_uint_eq(reg(&w, CONFIG_VECTOR, 2), 0xffff);
	world_fini(&w);
}
END_TEST

START_TEST(masked_vector_is_pending_and_then_sent)
{
	start();
	mask_vector(&w, 1, true);
	ck_assert_ptr_null(irq_of(1));
	ck_assert_ptr_nonnull(irq_of(0));
	ck_assert_uint_eq(pending(), 0);
	signal_queue(1);
	ck_assert_uint_eq(pending(), 2);
	ck_assert_uint_eq(load(&w, BAR + w.pba, 1), 2);
	mask_vector(&w, 1, false);
	ck_assert_ptr_nonnull(irq_of(1));
	ck_assert_uint_eq(pending(), 0); /* it is KVM's now */
	world_fini(&w);
}
END_TEST

START_TEST(function_mask_holds_all_vectors)
{
	start();
	msix_control(&w, 0xc000);
	ck_assert_ptr_null(irq_of(0));
	ck_assert_ptr_null(irq_of(1));
	signal_queue(0);
	signal_queue(1);
	ck_assert_uint_eq(pending(), 3);
	msix_control(&w, 0x8000);
	ck_assert_ptr_nonnull(irq_of(0));
	ck_assert_ptr_nonnull(irq_of(1));
	msix_control(&w, 0);
	ck_assert_ptr_null(irq_of(0));
	world_fini(&w);
}
END_TEST

START_TEST(new_message_is_a_new_route)
{
	start();
	/* What Linux does to move an interrupt to another CPU. */
	mask_vector(&w, 0, true);
	set_vector(&w, 0, 500);
	ck_assert_uint_eq(irq_of(0)->data, 500);
	/* Without masking it first it is still not the old one. */
	store(&w, BAR + w.table + 8, 4, 501);
	ck_assert_uint_eq(irq_of(0)->data, 501);
	store(&w, BAR + w.table, 8, 0x1234567000000000);
	ck_assert_uint_eq(irq_of(0)->address, 0x1234567000000000);
	ck_assert_uint_eq(irq_of(1)->data, 101);
	world_fini(&w);
}
END_TEST

START_TEST(table_reads_back_and_takes_whole_words)
{
	gpa_t at;

	start();
	at = BAR + w.table + 16;
	ck_assert_uint_eq(load(&w, at + 8, 4), 101);
	ck_assert_uint_eq(load(&w, at + 8, 8), 101);
	store(&w, at + 8, 2, 7);
	store(&w, at + 9, 4, 7);
	store(&w, at + 8, 1, 7);
	ck_assert_uint_eq(load(&w, at + 8, 4), 101);
	store(&w, at + 12, 4, UINT32_MAX);
	ck_assert_uint_eq(load(&w, at + 12, 4), 1);
	/* There is no entry after the last. */
	store(&w, BAR + w.table + (QUEUES + 1) * 16, 8, UINT64_MAX);
	ck_assert_uint_eq(load(&w, BAR + w.table + (QUEUES + 1) * 16, 8), 0);
	world_fini(&w);
}
END_TEST

START_TEST(changed_configuration_interrupts)
{
	start();
	pthread_mutex_lock(&w.dev.lock);
	virtio_config_changed(&w.dev);
	pthread_mutex_unlock(&w.dev.lock);
	/* Its irqfd has it: the eventfd is signalled. */
	msix_control(&w, 0xc000);
	ck_assert_uint_eq(pending(), 0); /* KVM took it when told to stop */
	pthread_mutex_lock(&w.dev.lock);
	virtio_config_changed(&w.dev);
	pthread_mutex_unlock(&w.dev.lock);
	ck_assert_uint_eq(pending(), 1 << QUEUES);
	world_fini(&w);
}
END_TEST

START_TEST(reset_forgets_vectors_but_not_the_table)
{
	start();
	set(&w, STATUS, 1, 0);
	ck_assert_ptr_null(irq_of(0));
	ck_assert_ptr_null(irq_of(1));
	ck_assert_uint_eq(reg(&w, CONFIG_VECTOR, 2), 0xffff);
	set(&w, QUEUE, 2, 1);
	ck_assert_uint_eq(reg(&w, VECTOR, 2), 0xffff);
	ck_assert_uint_eq(load(&w, BAR + w.table + 8, 4), 100);
	world_fini(&w);
}
END_TEST

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

START_TEST(its_is_asked_once_whether_it_knows_the_interrupt)
{
	start();
	ck_assert_uint_eq(fake_pvm.nr_msis, 1);
	set(&w, STATUS, 1, 15);
	ck_assert_uint_eq(fake_pvm.nr_msis, 1);
	world_fini(&w);
}
END_TEST

/* A guest that is restarted for ever does not fill the log with it. */
START_TEST(its_that_knows_nothing_is_told_of_once_in_all_lives)
{
	char said[200];

	ck_assert_int_eq(world_init(&w, VIRTIO_PCI_ITS), 0);
	fake_pvm.its_is_deaf = true;
	drive_all();
	log_last_error(said, sizeof(said));
	ck_assert_ptr_nonnull(strstr(said, "ITS does not know"));
	log_err("another life");
	virtio_pci_stop(&w.pci);
	virtio_dev_power_on(&w.dev);
	virtio_pci_start(&w.pci, (struct pvm *)&w);
	drive_all();
	ck_assert_uint_eq(fake_pvm.nr_msis, 2);
	log_last_error(said, sizeof(said));
	ck_assert_str_eq(said, "another life");
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

/* --- without an ITS -------------------------------------------------------- */

static void message(unsigned int v, uint64_t address, uint32_t data)
{
	store(&w, BAR + w.table + v * 16, 8, address);
	store(&w, BAR + w.table + v * 16 + 8, 4, data);
	mask_vector(&w, v, false);
}

START_TEST(message_to_the_frame_is_an_spi)
{
	const uint64_t frame = MACHINE_GICV2M_BASE + GICV2M_SET_SPI;

	start_with(VIRTIO_PCI_GICV2M);
	ck_assert_ptr_null(irq_of(0)); /* the ITS' address */
	message(0, frame, 32 + MACHINE_GICV2M_SPI);
	ck_assert_uint_eq(irq_of(0)->gsi, MACHINE_GICV2M_SPI);
	message(1, frame, 32 + 31);
	ck_assert_uint_eq(irq_of(1)->gsi, 31);
	/* Moved, masked, and unmasked again */
	message(1, frame, 32 + 30);
	ck_assert_uint_eq(irq_of(1)->gsi, 30);
	mask_vector(&w, 1, true);
	ck_assert_ptr_null(irq_of(1));
	mask_vector(&w, 1, false);
	ck_assert_uint_eq(irq_of(1)->gsi, 30);
	ck_assert_uint_eq(fake_pvm.nr_msis, 0); /* no ITS was asked */
	world_fini(&w);
}
END_TEST

START_TEST(message_to_anything_else_goes_nowhere)
{
	const uint64_t frame = MACHINE_GICV2M_BASE + GICV2M_SET_SPI;

	start_with(VIRTIO_PCI_GICV2M);
	message(0, frame, 32 + MACHINE_GICV2M_SPI - 1); /* PCI's INTD */
	ck_assert_ptr_null(irq_of(0));
	message(0, frame, 32 + MACHINE_UART_SPI);
	ck_assert_ptr_null(irq_of(0));
	message(0, frame, 0);
	ck_assert_ptr_null(irq_of(0));
	message(0, frame, 1020);
	ck_assert_ptr_null(irq_of(0));
	message(0, frame, UINT32_MAX);
	ck_assert_ptr_null(irq_of(0));
	message(0, frame + 4, 40);
	ck_assert_ptr_null(irq_of(0));
	message(0, frame | 1ULL << 32, 40);
	ck_assert_ptr_null(irq_of(0));
	message(0, frame, 40);
	ck_assert_uint_eq(irq_of(0)->gsi, 8);
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

	tcase_add_test(tc, each_queue_has_an_msi_of_its_own);
	tcase_add_test(tc, queues_may_share_a_vector);
	tcase_add_test(tc, vector_that_is_none_reads_back_as_none);
	tcase_add_test(tc, masked_vector_is_pending_and_then_sent);
	tcase_add_test(tc, function_mask_holds_all_vectors);
	tcase_add_test(tc, new_message_is_a_new_route);
	tcase_add_test(tc, table_reads_back_and_takes_whole_words);
	tcase_add_test(tc, changed_configuration_interrupts);
	tcase_add_test(tc, reset_forgets_vectors_but_not_the_table);
	tcase_add_test(tc, doorbells_ring_without_an_exit_while_the_queue_runs);
	tcase_add_test(tc, doorbells_follow_the_bar);
	tcase_add_test(tc, queue_that_is_waited_for_is_served_within_the_exit);
	tcase_add_test(tc, its_is_asked_once_whether_it_knows_the_interrupt);
	tcase_add_test(tc, its_that_knows_nothing_is_told_of_once_in_all_lives);
	tcase_add_test(tc, nothing_stays_wired_after_a_life);
	tcase_add_test(tc, refused_eventfds_are_survived);
	tcase_add_test(tc, message_to_the_frame_is_an_spi);
	tcase_add_test(tc, message_to_anything_else_goes_nowhere);
	tcase_add_test(tc, inta_is_high_until_isr_is_read);
	tcase_add_test(tc, isr_tells_queue_from_configuration);
	tcase_add_test(tc, inta_goes_down_with_a_reset);
	tcase_add_test(tc, without_msix_there_is_no_vector);
	tcase_add_loop_test(
		tc, registers_and_interrupts_have_threads_of_their_own, 0, 3);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
