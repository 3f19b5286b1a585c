// SPDX-License-Identifier: GPL-2.0-only
/* test_virtio_mmio.c: properties of the registers of virtio-mmio. */
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

START_TEST(driver_finds_a_version_2_device)
{
	ck_assert_uint_eq(reg(&w, R_MAGIC), 0x74726976);
	ck_assert_uint_eq(reg(&w, R_VERSION), 2);
	ck_assert_uint_eq(reg(&w, R_DEVICE_ID), 42);
	ck_assert_uint_eq(reg(&w, R_STATUS), 0);
	set(&w, R_MAGIC, 0);
	set(&w, R_DEVICE_ID, 0);
	ck_assert_uint_eq(reg(&w, R_MAGIC), 0x74726976);
	ck_assert_uint_eq(reg(&w, R_DEVICE_ID), 42);
}
END_TEST

START_TEST(features_are_offered_word_by_word)
{
	uint64_t all;

	set(&w, R_OFFERED_WORD, 1);
	all = (uint64_t)reg(&w, R_OFFERED) << 32;
	set(&w, R_OFFERED_WORD, 0);
	all |= reg(&w, R_OFFERED);
	ck_assert_uint_eq(all, GOOD | OWN_FEATURE);
	set(&w, R_OFFERED_WORD, 2);
	ck_assert_uint_eq(reg(&w, R_OFFERED), 0);
	set(&w, R_OFFERED_WORD, UINT32_MAX);
	ck_assert_uint_eq(reg(&w, R_OFFERED), 0);
}
END_TEST

START_TEST(driver_gets_to_driver_ok)
{
	negotiate(&w);
	ck_assert_uint_eq(reg(&w, R_STATUS), UP);
	go(&w);
	ck_assert_uint_eq(reg(&w, R_STATUS), UP | 4);
	ck_assert_uint_eq(w.b->nr_starts, 1);
	set(&w, R_STATUS, 0);
	ck_assert_uint_eq(reg(&w, R_STATUS), 0);
	ck_assert_uint_eq(w.b->nr_stops, 1);
}
END_TEST

START_TEST(driver_without_version_1_or_access_platform_is_refused)
{
	static const uint64_t lacks[] = { 1ULL << VIRTIO_F_VERSION_1,
					  1ULL << VIRTIO_F_ACCESS_PLATFORM };

	for (unsigned int i = 0; i < ARRAY_SIZE(lacks); i++) {
		set(&w, R_STATUS, 0);
		set(&w, R_STATUS, 3);
		accept_by_registers(&w, GOOD & ~lacks[i]);
		set(&w, R_STATUS, UP);
		ck_assert_uint_eq(reg(&w, R_STATUS), 3);
	}
}
END_TEST

START_TEST(queue_registers_are_each_queues_own)
{
	negotiate(&w);
	set_up_queue(&w, 1);
	ck_assert_uint_eq(reg(&w, R_READY), 1);
	set(&w, R_QUEUE, 0);
	ck_assert_uint_eq(reg(&w, R_READY), 0);
	ck_assert_uint_eq(reg(&w, R_SIZE_MAX), 64);
	ck_assert_uint_eq(w.b->dev.queues[1].vq.num, 16);
	ck_assert_uint_eq(w.b->dev.queues[1].vq.used_gpa, w.b->d[1].used_gpa);
	ck_assert_uint_eq(w.b->dev.queues[0].vq.used_gpa, 0);
}
END_TEST

START_TEST(enabled_queue_keeps_its_place)
{
	const struct virtqueue *vq = &w.b->dev.queues[0].vq;

	negotiate(&w);
	set_up_queue(&w, 0);
	set(&w, R_DESC, 0x1000);
	set(&w, R_USED + 4, 1);
	set(&w, R_SIZE, 32);
	ck_assert_uint_eq(vq->desc_gpa, w.b->d[0].desc_gpa);
	ck_assert_uint_eq(vq->used_gpa, w.b->d[0].used_gpa);
	ck_assert_uint_eq(vq->size, 16);
}
END_TEST

START_TEST(queue_size_is_a_power_of_two_the_device_has)
{
	static const uint32_t bad[] = { 0, 1, 3, 48, 65, 128, 0x10000, ~0U };

	negotiate(&w);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		set(&w, R_SIZE, bad[i]);
		ck_assert_uint_eq(w.b->dev.queues[0].vq.size, 64);
	}
	set(&w, R_SIZE, 2);
	ck_assert_uint_eq(w.b->dev.queues[0].vq.size, 2);
}
END_TEST

START_TEST(queue_that_is_none_reads_as_absent)
{
	static const uint32_t none[] = { NR_QUEUES, 0xffff, 0x10000, ~0U };

	negotiate(&w);
	for (unsigned int i = 0; i < ARRAY_SIZE(none); i++) {
		set(&w, R_QUEUE, none[i]);
		ck_assert_uint_eq(reg(&w, R_SIZE_MAX), 0);
		ck_assert_uint_eq(reg(&w, R_READY), 0);
		set(&w, R_SIZE, 16);
		set(&w, R_DESC, 1);
		set(&w, R_READY, 1);
		set(&w, R_QUEUE_RESET, 1);
		ck_assert_uint_eq(reg(&w, R_READY), 0);
		set(&w, R_NOTIFY, none[i]);
	}
	ck_assert_uint_eq(reg(&w, R_STATUS), UP);
}
END_TEST

START_TEST(queue_that_is_not_ready_any_more_is_forgotten)
{
	go(&w);
	set(&w, R_QUEUE, 1);
	set(&w, R_READY, 0);
	ck_assert_uint_eq(reg(&w, R_READY), 0);
	ck_assert_uint_eq(w.b->nr_queue_stops, 1);
	set(&w, R_READY, 0);
	ck_assert_uint_eq(w.b->nr_queue_stops, 1);
	set_up_queue(&w, 1);
	serve_one(&w, 1);
	ck_assert_uint_eq(reg(&w, R_STATUS), UP | 4);
}
END_TEST

START_TEST(queue_can_be_reset_alone)
{
	go(&w);
	serve_one(&w, 0);
	set(&w, R_QUEUE, 0);
	set(&w, R_QUEUE_RESET, 0);
	ck_assert_uint_eq(reg(&w, R_READY), 1);
	set(&w, R_QUEUE_RESET, 1);
	ck_assert_uint_eq(reg(&w, R_QUEUE_RESET), 0);
	ck_assert_uint_eq(reg(&w, R_READY), 0);
	set_up_queue(&w, 0);
	serve_one(&w, 0);
}
END_TEST

START_TEST(queue_is_not_reset_without_the_feature)
{
	set(&w, R_STATUS, 3);
	accept_by_registers(&w, GOOD & ~(1ULL << VIRTIO_F_RING_RESET));
	set(&w, R_STATUS, UP);
	set_up_queue(&w, 0);
	set(&w, R_QUEUE_RESET, 1);
	ck_assert_uint_eq(reg(&w, R_READY), 1);
}
END_TEST

START_TEST(there_is_no_shared_memory_region)
{
	for (uint32_t i = 0; i < 3; i++) {
		set(&w, R_SHM_SELECT, i);
		ck_assert_uint_eq(reg(&w, R_SHM_LEN), UINT32_MAX);
		ck_assert_uint_eq(reg(&w, R_SHM_LEN + 4), UINT32_MAX);
		ck_assert_uint_eq(reg(&w, R_SHM_BASE), UINT32_MAX);
		ck_assert_uint_eq(reg(&w, R_SHM_BASE + 4), UINT32_MAX);
	}
}
END_TEST

START_TEST(registers_have_32_bits)
{
	store(&w, R_STATUS, 1, 1);
	store(&w, R_STATUS, 2, 1);
	store(&w, R_STATUS, 8, 1);
	store(&w, R_STATUS - 4, 8, 1ULL << 32);
	ck_assert_uint_eq(reg(&w, R_STATUS), 0);
	ck_assert_uint_eq(load(&w, R_MAGIC, 1), 0);
	ck_assert_uint_eq(load(&w, R_MAGIC, 2), 0);
	ck_assert_uint_eq(load(&w, R_MAGIC, 8), 0);
	ck_assert_uint_eq(load(&w, R_VERSION + 1, 4), 0);
	ck_assert_uint_eq(load(&w, R_GENERATION, 8), 0);
}
END_TEST

START_TEST(device_configuration_is_read_and_written)
{
	memcpy(w.b->config, "\1\2\3\4\5\6\7", 7);
	ck_assert_uint_eq(load(&w, R_CONFIG, 4), 0x04030201);
	ck_assert_uint_eq(load(&w, R_CONFIG, 8), 0x07060504030201);
	ck_assert_uint_eq(load(&w, R_CONFIG + 3, 2), 0x0504);
	ck_assert_uint_eq(load(&w, R_CONFIG + 6, 1), 7);
	ck_assert_uint_eq(load(&w, R_CONFIG + 8, 4), 0);
	ck_assert_uint_eq(load(&w, 0xffc, 4), 0);
	store(&w, R_CONFIG + 2, 2, 0x4321);
	ck_assert_uint_eq(w.b->config[2], 0x21);
	ck_assert_uint_eq(w.b->config[3], 0x43);
	store(&w, 0xffc, 4, UINT32_MAX);
}
END_TEST

START_TEST(rest_of_the_registers_is_empty)
{
	static const unsigned int used[] = {
		R_MAGIC,    R_VERSION,	    R_DEVICE_ID, R_VENDOR_ID,
		R_OFFERED,  R_SIZE_MAX,	    R_SHM_LEN,	 R_SHM_LEN + 4,
		R_SHM_BASE, R_SHM_BASE + 4,
	};

	for (unsigned int at = 0; at < 0x1000; at += 4) {
		bool is_used = false;

		for (unsigned int i = 0; i < ARRAY_SIZE(used); i++)
			is_used |= used[i] == at;
		if (!is_used && (at < R_CONFIG || at >= R_CONFIG + 8))
			must(reg(&w, at) == 0);
	}
}
END_TEST

START_TEST(configuration_change_has_a_new_generation)
{
	uint32_t was;

	go(&w);
	was = reg(&w, R_GENERATION);
	pthread_mutex_lock(&w.b->dev.lock);
	virtio_config_changed(&w.b->dev);
	pthread_mutex_unlock(&w.b->dev.lock);
	ck_assert_uint_ne(reg(&w, R_GENERATION), was);
}
END_TEST

static bool is_kept(unsigned int at)
{
	for (unsigned int i = 0; i < fake_pvm.nr_kept; i++)
		if (REGS + at - fake_pvm.kept[i].gpa < fake_pvm.kept[i].len)
			return true;
	return false;
}

START_TEST(stores_are_kept_where_they_have_no_effect_alone)
{
	static const unsigned int yes[] = {
		R_OFFERED_WORD, R_DRIVER, R_DRIVER_WORD, R_QUEUE,
		R_SIZE,		R_DESC,	  R_DESC + 4,	 R_AVAIL,
		R_AVAIL + 4,	R_USED,	  R_USED + 4
	};
	static const unsigned int no[] = { R_READY,  R_NOTIFY, R_ACK,
					   R_STATUS, R_CONFIG, R_QUEUE_RESET,
					   0x1000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(yes); i++)
		ck_assert(is_kept(yes[i]));
	for (unsigned int i = 0; i < ARRAY_SIZE(no); i++)
		ck_assert(!is_kept(no[i]));
}
END_TEST

START_TEST(next_life_begins_as_the_first)
{
	go(&w);
	set(&w, R_QUEUE, 1);
	set(&w, R_OFFERED_WORD, 1);
	virtio_mmio_stop(&w.mmio);
	ck_assert_uint_eq(w.b->nr_stops, 1);
	virtio_mmio_start(&w.mmio, (struct pvm *)&w);
	ck_assert_uint_eq(reg(&w, R_STATUS), 0);
	ck_assert_uint_eq(reg(&w, R_OFFERED), (uint32_t)(GOOD | OWN_FEATURE));
	ck_assert_uint_eq(reg(&w, R_READY), 0);
	ck_assert_uint_eq(reg(&w, R_INTERRUPT), 0);
	go(&w);
	serve_one(&w, 1);
	ck_assert_uint_eq(w.b->nr_starts, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("virtio_mmio");
	TCase *tc = tcase_create("registers");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, driver_finds_a_version_2_device);
	tcase_add_test(tc, features_are_offered_word_by_word);
	tcase_add_test(tc, driver_gets_to_driver_ok);
	tcase_add_test(tc,
		       driver_without_version_1_or_access_platform_is_refused);
	tcase_add_test(tc, queue_registers_are_each_queues_own);
	tcase_add_test(tc, enabled_queue_keeps_its_place);
	tcase_add_test(tc, queue_size_is_a_power_of_two_the_device_has);
	tcase_add_test(tc, queue_that_is_none_reads_as_absent);
	tcase_add_test(tc, queue_that_is_not_ready_any_more_is_forgotten);
	tcase_add_test(tc, queue_can_be_reset_alone);
	tcase_add_test(tc, queue_is_not_reset_without_the_feature);
	tcase_add_test(tc, there_is_no_shared_memory_region);
	tcase_add_test(tc, registers_have_32_bits);
	tcase_add_test(tc, device_configuration_is_read_and_written);
	tcase_add_test(tc, rest_of_the_registers_is_empty);
	tcase_add_test(tc, configuration_change_has_a_new_generation);
	tcase_add_test(tc, stores_are_kept_where_they_have_no_effect_alone);
	tcase_add_test(tc, next_life_begins_as_the_first);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
