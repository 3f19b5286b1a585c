// SPDX-License-Identifier: GPL-2.0-only
/* test_blk.c: what a virtio disk does with requests, right and wrong ones. */
#include "blk_fixture.h"

#include "log.h"

static struct blk_rig rig;

static const struct virtio_blk_init plain;

static void start(void)
{
	rig_start(&rig, plain);
}

static void stop(void)
{
	rig_fini(&rig);
}

static uint64_t config_u64(unsigned int offset, unsigned int len)
{
	uint64_t v = 0;

	virtio_dev_config_read(rig.dev, offset, &v, len);
	return v;
}

#define CONFIG(field)                                                          \
	config_u64(offsetof(struct virtio_blk_config, field),                  \
		   sizeof(((struct virtio_blk_config *)NULL)->field))

START_TEST(reads_what_the_image_holds)
{
	const uint8_t *data = mem(&rig, DATA(0));

	ck_assert_uint_eq(
		rig_request(&rig, VIRTIO_BLK_T_IN, 8, DATA(0), KIB(4)),
		VIRTIO_BLK_S_OK);
	for (unsigned int i = 0; i < KIB(4); i++)
		ck_assert_uint_eq(data[i], image_byte(KIB(4) + i));
}
END_TEST

START_TEST(what_is_written_is_in_the_image)
{
	static uint8_t seen[KIB(8)];

	memset(mem(&rig, DATA(1)), 0x42, KIB(8));
	ck_assert_uint_eq(
		rig_request(&rig, VIRTIO_BLK_T_OUT, 3, DATA(1), KIB(8)),
		VIRTIO_BLK_S_OK);
	ck_assert_uint_eq(rig_request(&rig, VIRTIO_BLK_T_FLUSH, 0, 0, 0),
			  VIRTIO_BLK_S_OK);
	image_read(rig.path, seen, sizeof(seen), 3 * 512ULL);
	for (unsigned int i = 0; i < KIB(8); i++)
		ck_assert_uint_eq(seen[i], 0x42);
	image_read(rig.path, seen, 512, 2 * 512ULL);
	ck_assert_uint_eq(seen[511], image_byte(3 * 512 - 1));
}
END_TEST

/* _i: where the header is cut in two, and the data too. */
START_TEST(buffers_may_be_cut_anywhere)
{
	const unsigned int cut = (unsigned int)_i, tail = 512 - 16 - cut;
	const struct vq_buf bufs[] = {
		{ rig_header(&rig, 0, VIRTIO_BLK_T_IN, 5), cut, false },
		{ HEADER(0) + cut, 16 - cut, false },
		{ DATA(0), cut + 16, true },
		{ DATA(1), tail, true },
		/* Data and status in one. */
		{ DATA(2), 513, true },
	};
	const uint8_t *last = mem(&rig, DATA(2));
	uint32_t written;

	ck_assert_int_ge(vq_driver_add(&rig.d, bufs, 5), 0);
	if (vq_driver_publish(&rig.d))
		rig_kick(&rig, 0);
	ck_assert_int_ge(rig_answer(&rig, &written), 0);
	ck_assert_uint_eq(written, 1025);
	ck_assert_uint_eq(last[512], VIRTIO_BLK_S_OK);
	ck_assert_uint_eq(last[0], image_byte(6 * 512));
	ck_assert_uint_eq(*(uint8_t *)mem(&rig, DATA(1)),
			  image_byte(5 * 512 + cut + 16));
}
END_TEST

START_TEST(many_at_once_are_all_answered)
{
	uint32_t written;

	for (unsigned int round = 0; round < 50; round++) {
		for (unsigned int i = 0; i < 21; i++)
			ck_assert_int_ge(rig_offer(&rig, i, VIRTIO_BLK_T_IN,
						   i * 8ULL, DATA(i), KIB(4)),
					 0);
		if (vq_driver_publish(&rig.d))
			rig_kick(&rig, 0);
		for (unsigned int i = 0; i < 21; i++)
			ck_assert_int_ge(rig_answer(&rig, &written), 0);
		for (unsigned int i = 0; i < 21; i++) {
			uint8_t *data = mem(&rig, DATA(i));

			ck_assert_uint_eq(rig_status(&rig, i), 0);
			ck_assert_uint_eq(*data, image_byte(i * KIB(4)));
			*data = 0;
		}
	}
	ck_assert_uint_eq(__atomic_load_n(&rig.dev->queues[0].vq.stats.requests,
					  __ATOMIC_RELAXED),
			  50 * 21);
}
END_TEST

struct wrong {
	const char *what;
	uint32_t type;
	uint64_t sector;
	uint32_t len;
	uint8_t status;
};

static const struct wrong wrongs[] = {
	{ "type", 77, 0, 512, VIRTIO_BLK_S_UNSUPP },
	{ "type with the old barrier bit", 0x80000000, 0, 512,
	  VIRTIO_BLK_S_UNSUPP },
	{ "SCSI", VIRTIO_BLK_T_SCSI_CMD, 0, 512, VIRTIO_BLK_S_UNSUPP },
	{ "half a sector", VIRTIO_BLK_T_IN, 0, 256, VIRTIO_BLK_S_IOERR },
	{ "half a sector, out", VIRTIO_BLK_T_OUT, 0, 768, VIRTIO_BLK_S_IOERR },
	{ "the end", VIRTIO_BLK_T_IN, 2048, 512, VIRTIO_BLK_S_IOERR },
	{ "across the end", VIRTIO_BLK_T_OUT, 2047, 1024, VIRTIO_BLK_S_IOERR },
	{ "offset wraps", VIRTIO_BLK_T_IN, 1ULL << 55, 512,
	  VIRTIO_BLK_S_IOERR },
	{ "end wraps", VIRTIO_BLK_T_IN, UINT64_MAX / 512, 4096,
	  VIRTIO_BLK_S_IOERR },
	{ "everything", VIRTIO_BLK_T_OUT, UINT64_MAX, 512, VIRTIO_BLK_S_IOERR },
	{ "no data", VIRTIO_BLK_T_IN, 0, 0, VIRTIO_BLK_S_OK },
	{ "no data past the end", VIRTIO_BLK_T_IN, 4096, 0,
	  VIRTIO_BLK_S_IOERR },
	{ "discard of no size", VIRTIO_BLK_T_DISCARD, 0, 8,
	  VIRTIO_BLK_S_IOERR },
	{ "two ranges", VIRTIO_BLK_T_DISCARD, 0, 32, VIRTIO_BLK_S_IOERR },
};

START_TEST(wrong_requests_get_an_error_and_harm_nobody)
{
	const struct wrong *w = &wrongs[_i];

	memset(mem(&rig, DATA(0)), 0, KIB(8));
	ck_assert_msg(rig_request(&rig, w->type, w->sector, DATA(0), w->len) ==
			      w->status,
		      "%s", w->what);
	ck_assert_uint_eq(rig_request(&rig, VIRTIO_BLK_T_IN, 0, DATA(0), 512),
			  VIRTIO_BLK_S_OK);
	ck_assert_uint_eq(*(uint8_t *)mem(&rig, DATA(0)), image_byte(0));
	ck_assert_uint_eq(CONFIG(capacity), IMAGE / 512);
}
END_TEST

static uint8_t range_request(uint32_t type, uint64_t sector, uint32_t nr,
			     uint32_t flags)
{
	const struct virtio_blk_discard_write_zeroes range = {
		.sector = sector,
		.num_sectors = nr,
		.flags = flags,
	};

	memcpy(mem(&rig, DATA(0)), &range, sizeof(range));
	return rig_request(&rig, type, 0, DATA(0), sizeof(range));
}

START_TEST(ranges_are_discarded_and_zeroed)
{
	static const uint8_t zeros[KIB(4)];
	static uint8_t seen[KIB(4)];

	ck_assert_uint_eq(range_request(VIRTIO_BLK_T_DISCARD, 16, 8, 0), 0);
	image_read(rig.path, seen, sizeof(seen), KIB(8));
	ck_assert_mem_eq(seen, zeros, sizeof(seen));
	ck_assert_uint_eq(range_request(VIRTIO_BLK_T_WRITE_ZEROES, 33, 8, 0),
			  0);
	ck_assert_uint_eq(range_request(VIRTIO_BLK_T_WRITE_ZEROES, 41, 7, 1),
			  0);
	image_read(rig.path, seen, sizeof(seen), 34 * 512);
	ck_assert_mem_eq(seen, zeros, sizeof(seen));
	image_read(rig.path, seen, 512, 48 * 512);
	ck_assert_uint_eq(seen[0], image_byte(48 * 512));

	ck_assert_uint_eq(range_request(VIRTIO_BLK_T_DISCARD, 2047, 2, 0),
			  VIRTIO_BLK_S_IOERR);
	ck_assert_uint_eq(
		range_request(VIRTIO_BLK_T_WRITE_ZEROES, UINT64_MAX, 2, 0),
		VIRTIO_BLK_S_IOERR);
	ck_assert_uint_eq(range_request(VIRTIO_BLK_T_DISCARD, 0, 8, 1),
			  VIRTIO_BLK_S_UNSUPP);
	ck_assert_uint_eq(range_request(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 2),
			  VIRTIO_BLK_S_UNSUPP);
	ck_assert_uint_eq(range_request(VIRTIO_BLK_T_DISCARD, 0, 0, 0), 0);
}
END_TEST

/* Some Linux have no use for less; and a window holds what a queue can name. */
START_TEST(an_entry_names_a_page_of_the_guest)
{
	static const uint64_t pages[] = { 0, KIB(4), KIB(16), KIB(64) };
	const uint64_t page = pages[_i];
	const struct virtio_blk_init i = { .guest_page = page };
	uint64_t entries;

	rig_init(&rig, i);
	entries = rig.dev->queues[0].vq.max_size;
	ck_assert_uint_eq(CONFIG(size_max), page ? page : KIB(4));
	ck_assert_uint_le(entries * CONFIG(size_max), MIB(4));
	/* Two requests fit, each with header and status. */
	ck_assert_uint_ge(CONFIG(seg_max), 16);
	ck_assert_uint_le(2 * (CONFIG(seg_max) + 2), entries);
	rig_fini(&rig);
}
END_TEST

START_TEST(serial_is_told)
{
	const struct virtio_blk_init i = { .serial = "disk-7" };

	rig_start(&rig, i);
	ck_assert_uint_eq(
		rig_request(&rig, VIRTIO_BLK_T_GET_ID, 0, DATA(0), 20),
		VIRTIO_BLK_S_OK);
	ck_assert_str_eq(mem(&rig, DATA(0)), "disk-7");
	/* A driver with less room gets less. */
	memset(mem(&rig, DATA(0)), 'x', 20);
	ck_assert_uint_eq(rig_request(&rig, VIRTIO_BLK_T_GET_ID, 0, DATA(0), 4),
			  VIRTIO_BLK_S_OK);
	ck_assert_mem_eq(mem(&rig, DATA(0)), "diskx", 5);
	rig_fini(&rig);
}
END_TEST

START_TEST(read_only_disk_refuses_writes)
{
	const struct virtio_blk_init i = { .file.ro = true };

	rig_start(&rig, i);
	ck_assert(virtio_has(rig.dev, VIRTIO_BLK_F_RO));
	ck_assert(!virtio_has(rig.dev, VIRTIO_BLK_F_DISCARD));
	ck_assert_uint_eq(rig_request(&rig, VIRTIO_BLK_T_OUT, 0, DATA(0), 512),
			  VIRTIO_BLK_S_IOERR);
	ck_assert_uint_eq(range_request(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0),
			  VIRTIO_BLK_S_IOERR);
	ck_assert_uint_eq(rig_request(&rig, VIRTIO_BLK_T_FLUSH, 0, 0, 0), 0);
	ck_assert_uint_eq(rig_request(&rig, VIRTIO_BLK_T_IN, 0, DATA(0), 512),
			  VIRTIO_BLK_S_OK);
	rig_fini(&rig);
}
END_TEST

START_TEST(configuration_describes_the_image)
{
	ck_assert_uint_eq(CONFIG(capacity), IMAGE / 512);
	ck_assert_uint_eq(CONFIG(blk_size), 512);
	ck_assert_uint_le(CONFIG(size_max), KIB(256));
	ck_assert_uint_ge(CONFIG(seg_max), 16);
	ck_assert_uint_eq(CONFIG(physical_block_exp), 3);
	ck_assert_uint_eq(CONFIG(wce), 1);
}
END_TEST

START_TEST(cache_mode_can_be_written_and_nothing_else)
{
	static const uint8_t ones[sizeof(struct virtio_blk_config)] = { 1 };
	uint8_t off = 0, odd = 7;

	virtio_dev_config_write(
		rig.dev, offsetof(struct virtio_blk_config, wce), &odd, 1);
	ck_assert_uint_eq(CONFIG(wce), 1);
	virtio_dev_config_write(
		rig.dev, offsetof(struct virtio_blk_config, wce), &off, 1);
	ck_assert_uint_eq(CONFIG(wce), 0);
	ck_assert_uint_eq(rig_request(&rig, VIRTIO_BLK_T_OUT, 0, DATA(0), 512),
			  VIRTIO_BLK_S_OK);
	virtio_dev_config_write(rig.dev, 0, ones, 32);
	ck_assert_uint_eq(CONFIG(capacity), IMAGE / 512);
}
END_TEST

START_TEST(truncation_and_growth_are_told)
{
	ck_assert_int_eq(truncate(rig.path, IMAGE / 2), 0);
	for (unsigned int i = 0; i < 100 && CONFIG(capacity) == IMAGE / 512;
	     i++) {
		usleep(50000);
		(void)rig_request(&rig, VIRTIO_BLK_T_IN, 0, DATA(0), 512);
	}
	ck_assert_uint_eq(CONFIG(capacity), IMAGE / 1024);
	ck_assert_uint_ge(
		__atomic_load_n(&rig.nr_config_changes, __ATOMIC_RELAXED), 1);
	ck_assert_uint_eq(
		rig_request(&rig, VIRTIO_BLK_T_OUT, 1024, DATA(0), 512),
		VIRTIO_BLK_S_IOERR);
	/* An idle disk notices too. */
	ck_assert_int_eq(truncate(rig.path, 2 * IMAGE), 0);
	for (unsigned int i = 0; i < 100 && CONFIG(capacity) != 2 * IMAGE / 512;
	     i++)
		usleep(50000);
	ck_assert_uint_eq(CONFIG(capacity), 2 * IMAGE / 512);
	ck_assert_uint_eq(
		rig_request(&rig, VIRTIO_BLK_T_OUT, 4095, DATA(0), 512),
		VIRTIO_BLK_S_OK);
}
END_TEST

START_TEST(image_is_locked_while_the_disk_exists)
{
	struct virtio_blk_init i = { .nr_queues = 1,
				     .window = &rig.w,
				     .loop = &rig.loop };
	struct virtio_blk *other = NULL;

	i.file.path = rig.path;
	ck_assert_int_eq(virtio_blk_create(&other, &i), -EBUSY);
	ck_assert_ptr_null(other);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk");
	TCase *tc = tcase_create("requests"), *own = tcase_create("own");

	log_set_level(LOG_ERROR);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, reads_what_the_image_holds);
	tcase_add_test(tc, what_is_written_is_in_the_image);
	tcase_add_loop_test(tc, buffers_may_be_cut_anywhere, 1, 16);
	tcase_add_test(tc, many_at_once_are_all_answered);
	tcase_add_loop_test(tc, wrong_requests_get_an_error_and_harm_nobody, 0,
			    ARRAY_SIZE(wrongs));
	tcase_add_test(tc, ranges_are_discarded_and_zeroed);
	tcase_add_test(tc, configuration_describes_the_image);
	tcase_add_test(tc, cache_mode_can_be_written_and_nothing_else);
	tcase_add_test(tc, truncation_and_growth_are_told);
	tcase_add_test(tc, image_is_locked_while_the_disk_exists);
	suite_add_tcase(s, tc);
	tcase_add_loop_test(own, an_entry_names_a_page_of_the_guest, 0, 4);
	tcase_add_test(own, serial_is_told);
	tcase_add_test(own, read_only_disk_refuses_writes);
	suite_add_tcase(s, own);
	return unit_main(s);
}
