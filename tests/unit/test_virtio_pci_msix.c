// SPDX-License-Identifier: GPL-2.0-only
/* test_virtio_pci_msix.c: MSI-X of virtio-pci, by the ITS and without one. */
#include "virtio_pci_irq_fixture.h"

#include "gicv2m.h"

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

int main(void)
{
	Suite *s = suite_create("virtio_pci_msix");
	TCase *tc = tcase_create("msix");

	tcase_add_test(tc, each_queue_has_an_msi_of_its_own);
	tcase_add_test(tc, queues_may_share_a_vector);
	tcase_add_test(tc, vector_that_is_none_reads_back_as_none);
	tcase_add_test(tc, masked_vector_is_pending_and_then_sent);
	tcase_add_test(tc, function_mask_holds_all_vectors);
	tcase_add_test(tc, new_message_is_a_new_route);
	tcase_add_test(tc, table_reads_back_and_takes_whole_words);
	tcase_add_test(tc, changed_configuration_interrupts);
	tcase_add_test(tc, reset_forgets_vectors_but_not_the_table);
	tcase_add_test(tc, its_is_asked_once_whether_it_knows_the_interrupt);
	tcase_add_test(tc, its_that_knows_nothing_is_told_of_once_in_all_lives);
	tcase_add_test(tc, message_to_the_frame_is_an_spi);
	tcase_add_test(tc, message_to_anything_else_goes_nowhere);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
