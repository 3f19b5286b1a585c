// SPDX-License-Identifier: GPL-2.0-only
/* test_virtio_pci.c: properties of the registers of virtio-pci. */
#include "unit.h"

#include "virtio_pci_fixture.h"

static struct world w;

static void start(void)
{
	ck_assert_int_eq(world_init(&w, VIRTIO_PCI_ITS), 0);
}

START_TEST(driver_finds_every_structure)
{
	start();
	ck_assert_uint_eq(load(&w, cfg(0), 4), 0x10441af4);
	ck_assert_uint_ge(load(&w, cfg(8), 1), 1);
	ck_assert_uint_ne(w.notify, 0);
	ck_assert_uint_ne(w.isr, 0);
	ck_assert_uint_ne(w.device, 0);
	ck_assert_uint_ne(w.access, 0);
	ck_assert_uint_ne(w.msix, 0);
	/* A vector for each queue and the configuration. */
	ck_assert_uint_eq(load(&w, cfg(w.msix + 2), 2) & 0x7ff, QUEUES);
	ck_assert_uint_eq(load(&w, cfg(0x3d), 1), 0);
	world_fini(&w);
}
END_TEST

START_TEST(without_its_there_is_inta_and_no_msix)
{
	ck_assert_int_eq(world_init(&w, VIRTIO_PCI_INTX), 0);
	ck_assert_uint_eq(w.msix, 0);
	ck_assert_uint_eq(load(&w, cfg(0x3d), 1), 1);
	world_fini(&w);
}
END_TEST

START_TEST(features_are_offered_word_by_word)
{
	uint32_t high;

	start();
	set(&w, OFFERED_WORD, 4, 1);
	high = (uint32_t)reg(&w, OFFERED, 4);
	ck_assert(high >> (VIRTIO_F_VERSION_1 - 32) & 1);
	ck_assert(high >> (VIRTIO_F_ACCESS_PLATFORM - 32) & 1);
	ck_assert(!(high >> (40 - 32) & 1)); /* no queue_stop: no RING_RESET */
	set(&w, OFFERED_WORD, 4, 2);
	ck_assert_uint_eq(reg(&w, OFFERED, 4), 0);
	set(&w, OFFERED_WORD, 4, UINT32_MAX);
	ck_assert_uint_eq(reg(&w, OFFERED, 4), 0);
	world_fini(&w);
}
END_TEST

START_TEST(driver_gets_to_driver_ok)
{
	start();
	ck_assert_uint_eq(reg(&w, NR_QUEUES, 2), QUEUES);
	negotiate(&w);
	ck_assert(reg(&w, STATUS, 1) & VIRTIO_CONFIG_S_FEATURES_OK);
	ck_assert_uint_eq(w.nr_starts, 0);
	go(&w);
	ck_assert_uint_eq(reg(&w, STATUS, 1), 15);
	ck_assert_uint_eq(w.nr_starts, 1);
	set(&w, STATUS, 1, 0);
	ck_assert_uint_eq(reg(&w, STATUS, 1), 0);
	ck_assert_uint_eq(w.nr_stops, 1);
	world_fini(&w);
}
END_TEST

START_TEST(driver_without_version_1_is_refused)
{
	start();
	set(&w, STATUS, 1, 3);
	set(&w, STATUS, 1, 3 | VIRTIO_CONFIG_S_FEATURES_OK);
	ck_assert(!(reg(&w, STATUS, 1) & VIRTIO_CONFIG_S_FEATURES_OK));
	world_fini(&w);
}
END_TEST

START_TEST(queue_registers_are_each_queues_own)
{
	start();
	negotiate(&w);
	set_up_queue(&w, 0);
	set_up_queue(&w, 1);
	ck_assert_uint_eq(reg(&w, DESC, 4), WINDOW_GPA + 0x4000);
	ck_assert_uint_eq(reg(&w, NOTIFY_OFF, 2), 1);
	set(&w, QUEUE, 2, 0);
	ck_assert_uint_eq(reg(&w, DESC, 8), WINDOW_GPA);
	ck_assert_uint_eq(reg(&w, AVAIL, 8), WINDOW_GPA + 0x1000);
	ck_assert_uint_eq(reg(&w, NOTIFY_OFF, 2), 0);
	ck_assert_uint_eq(reg(&w, SIZE, 2), 16);
	world_fini(&w);
}
END_TEST

START_TEST(addresses_have_two_halves)
{
	start();
	negotiate(&w);
	set(&w, USED, 4, 0x11111111);
	set(&w, USED + 4, 4, 0x22222222);
	ck_assert_uint_eq(reg(&w, USED, 8), 0x2222222211111111);
	set(&w, USED, 8, 0x4444444433333333);
	ck_assert_uint_eq(reg(&w, USED + 4, 4), 0x44444444);
	ck_assert_uint_eq(reg(&w, AVAIL, 8), 0);
	world_fini(&w);
}
END_TEST

START_TEST(queue_size_is_a_power_of_two_the_device_has)
{
	static const uint16_t bad[] = { 0, 1, 3, 48, 65, 128, 0x8000, 0xffff };

	start();
	negotiate(&w);
	ck_assert_uint_eq(reg(&w, SIZE, 2), 64);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		set(&w, SIZE, 2, bad[i]);
		ck_assert_uint_eq(reg(&w, SIZE, 2), 64);
	}
	set(&w, SIZE, 2, 2);
	ck_assert_uint_eq(reg(&w, SIZE, 2), 2);
	world_fini(&w);
}
END_TEST

START_TEST(enabled_queue_keeps_its_place)
{
	start();
	negotiate(&w);
	set_up_queue(&w, 0);
	set(&w, ENABLE, 2, 1);
	ck_assert_uint_eq(reg(&w, ENABLE, 2), 1);
	set(&w, DESC, 4, 0x1000);
	set(&w, SIZE, 2, 32);
	set(&w, ENABLE, 2, 0);
	ck_assert_uint_eq(reg(&w, DESC, 4), WINDOW_GPA);
	ck_assert_uint_eq(reg(&w, SIZE, 2), 16);
	ck_assert_uint_eq(reg(&w, ENABLE, 2), 1);
	/* Nothing else of it can be reset alone. */
	set(&w, QUEUE_RESET, 2, 1);
	ck_assert_uint_eq(reg(&w, ENABLE, 2), 1);
	world_fini(&w);
}
END_TEST

START_TEST(queue_that_is_none_reads_as_absent)
{
	start();
	negotiate(&w);
	set(&w, QUEUE, 2, QUEUES);
	ck_assert_uint_eq(reg(&w, SIZE, 2), 0);
	ck_assert_uint_eq(reg(&w, VECTOR, 2), 0xffff);
	set_up_queue(&w, 0xffff);
	set(&w, ENABLE, 2, 1);
	set(&w, VECTOR, 2, 0);
	set(&w, QUEUE_RESET, 2, 1);
	ck_assert_uint_eq(reg(&w, DESC, 8), 0);
	ck_assert_uint_eq(reg(&w, ENABLE, 2), 0);
	world_fini(&w);
}
END_TEST

START_TEST(notify_rings_its_queue_even_as_an_exit)
{
	start();
	fake_pvm.refuses_eventfds = true;
	log_set_level(LOG_ERROR);
	go(&w);
	ck_assert_int_eq(loop_poll(&w.loop), 0);
	memset(w.nr_kicks, 0, sizeof(w.nr_kicks));
	store(&w, doorbell(&w, 1), 2, 1);
	ck_assert_int_eq(loop_poll(&w.loop), 0);
	ck_assert_uint_eq(w.nr_kicks[0], 0);
	ck_assert_uint_eq(w.nr_kicks[1], 1);
	/* Past the last and between two there is none. */
	store(&w, doorbell(&w, QUEUES), 2, 2);
	store(&w, doorbell(&w, 0) + 1, 2, 0);
	ck_assert_int_eq(loop_poll(&w.loop), 0);
	ck_assert_uint_eq(w.nr_kicks[0] + w.nr_kicks[1], 1);
	world_fini(&w);
}
END_TEST

START_TEST(device_configuration_is_read_and_written)
{
	start();
	memcpy(w.config, "\1\2\3\4\5\6\7\10", 8);
	ck_assert_uint_eq(load(&w, BAR + w.device, 8), 0x0807060504030201);
	ck_assert_uint_eq(load(&w, BAR + w.device + 3, 2), 0x0504);
	ck_assert_uint_eq(load(&w, BAR + w.device + 6, 4), 0x0807);
	ck_assert_uint_eq(load(&w, BAR + w.device + 8, 4), 0);
	store(&w, BAR + w.device + 2, 2, 0x4321);
	ck_assert_uint_eq(w.config[2], 0x21);
	store(&w, BAR + w.device + 8, 4, UINT32_MAX);
	ck_assert_uint_eq(w.config[7], 8);
	world_fini(&w);
}
END_TEST

START_TEST(everything_is_reached_through_configuration_space)
{
	start();
	store(&w, cfg(w.access + 4), 1, 0);
	store(&w, cfg(w.access + 8), 4, w.common + STATUS);
	store(&w, cfg(w.access + 12), 4, 1);
	store(&w, cfg(w.access + 16), 1, 3);
	ck_assert_uint_eq(reg(&w, STATUS, 1), 3);
	ck_assert_uint_eq(load(&w, cfg(w.access + 16), 1), 3);

	store(&w, cfg(w.access + 8), 4, w.common + OFFERED_WORD);
	store(&w, cfg(w.access + 12), 4, 4);
	store(&w, cfg(w.access + 16), 4, 1);
	store(&w, cfg(w.access + 8), 4, w.common + OFFERED);
	ck_assert_uint_eq(load(&w, cfg(w.access + 16), 4), reg(&w, OFFERED, 4));
	world_fini(&w);
}
END_TEST

START_TEST(access_that_makes_no_sense_is_none)
{
	static const uint32_t bad[][3] = {
		/* BAR, offset, length */
		{ 1, 20, 1 },	  { 0, 20, 0 },		  { 0, 20, 3 },
		{ 0, 21, 4 },	  { 0, UINT32_MAX, 1 },	  { 0, 0x8000, 4 },
		{ 0xff, 20, 1 },  { 0, 20, 0x80000001U }, { 0, 20, 8 },
		{ 0, 0x7fff, 2 },
	};

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		store(&w, cfg(w.access + 4), 1, bad[i][0]);
		store(&w, cfg(w.access + 8), 4, bad[i][1]);
		store(&w, cfg(w.access + 12), 4, bad[i][2]);
		store(&w, cfg(w.access + 16), 4, 1);
		(void)load(&w, cfg(w.access + 16), 4);
		ck_assert_uint_eq(reg(&w, STATUS, 1), 0);
	}
	world_fini(&w);
}
END_TEST

START_TEST(registers_take_writes_of_their_own_width_alone)
{
	start();
	set(&w, STATUS, 2, 1);
	set(&w, STATUS, 4, 1);
	ck_assert_uint_eq(reg(&w, STATUS, 1), 0);
	set(&w, QUEUE, 1, 1);
	set(&w, QUEUE, 4, 1);
	ck_assert_uint_eq(reg(&w, QUEUE, 2), 0);
	set(&w, OFFERED_WORD, 2, 1);
	set(&w, OFFERED_WORD + 1, 4, 1);
	ck_assert_uint_eq(reg(&w, OFFERED_WORD, 4), 0);
	/* Reads may have any. */
	ck_assert_uint_eq(reg(&w, NR_QUEUES, 1), QUEUES);
	ck_assert_uint_eq(reg(&w, STATUS - 2, 4) & 0xffff, QUEUES);
	world_fini(&w);
}
END_TEST

START_TEST(rest_of_the_bar_is_empty)
{
	start();
	for (unsigned int at = 0; at < 0x8000; at += 4) {
		bool used = at < 60 || (at >= w.device && at < w.device + 8) ||
			    (at >= w.table && at < w.table + 48);

		if (!used)
			ck_assert_uint_eq(load(&w, BAR + at, 4), 0);
	}
	world_fini(&w);
}
END_TEST

START_TEST(next_life_begins_as_the_first)
{
	start();
	go(&w);
	virtio_pci_stop(&w.pci);
	pci_host_power_on(&w.host);
	ck_assert_uint_eq(w.nr_stops, 1);
	virtio_pci_start(&w.pci, (struct pvm *)&w);
	ck_assert_uint_eq(load(&w, BAR, 4), UINT32_MAX); /* not decoded */
	store(&w, cfg(0x10), 4, BAR);
	store(&w, cfg(4), 2, 2);
	ck_assert_uint_eq(reg(&w, STATUS, 1), 0);
	ck_assert_uint_eq(reg(&w, QUEUE, 2), 0);
	ck_assert_uint_eq(reg(&w, SIZE, 2), 64);
	ck_assert_uint_eq(reg(&w, DESC, 8), 0);
	go(&w);
	ck_assert_uint_eq(w.nr_starts, 2);
	world_fini(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("virtio_pci");
	TCase *tc = tcase_create("registers");

	tcase_add_test(tc, driver_finds_every_structure);
	tcase_add_test(tc, without_its_there_is_inta_and_no_msix);
	tcase_add_test(tc, features_are_offered_word_by_word);
	tcase_add_test(tc, driver_gets_to_driver_ok);
	tcase_add_test(tc, driver_without_version_1_is_refused);
	tcase_add_test(tc, queue_registers_are_each_queues_own);
	tcase_add_test(tc, addresses_have_two_halves);
	tcase_add_test(tc, queue_size_is_a_power_of_two_the_device_has);
	tcase_add_test(tc, enabled_queue_keeps_its_place);
	tcase_add_test(tc, queue_that_is_none_reads_as_absent);
	tcase_add_test(tc, notify_rings_its_queue_even_as_an_exit);
	tcase_add_test(tc, device_configuration_is_read_and_written);
	tcase_add_test(tc, everything_is_reached_through_configuration_space);
	tcase_add_test(tc, access_that_makes_no_sense_is_none);
	tcase_add_test(tc, registers_take_writes_of_their_own_width_alone);
	tcase_add_test(tc, rest_of_the_bar_is_empty);
	tcase_add_test(tc, next_life_begins_as_the_first);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
