// SPDX-License-Identifier: GPL-2.0-only
/* test_disk_open.c: which files become disks, and who may share them. */
#include "disk_fixture.h"

#include <errno.h>

#include "log.h"

static const struct disk_config rw_config,
	ro_config = { .ro = true }, snapshot_config = { .snapshot = true };

static int try_open(struct disk *d, const char *path, struct disk_config c)
{
	c.path = path;
	return disk_open(d, &c);
}

static int open_once(const char *path, struct disk_config c)
{
	struct disk d;
	int err = try_open(&d, path, c);

	if (!err)
		disk_close(&d);
	return err;
}

START_TEST(writer_excludes_everybody)
{
	char path[64];
	struct disk d;

	image_make(path, "/tmp", KIB(64));
	ck_assert_int_eq(try_open(&d, path, rw_config), 0);
	ck_assert_int_eq(open_once(path, rw_config), -EBUSY);
	ck_assert_int_eq(open_once(path, ro_config), -EBUSY);
	ck_assert_int_eq(open_once(path, snapshot_config), -EBUSY);
	disk_close(&d);
	ck_assert_int_eq(open_once(path, rw_config), 0);
	unlink(path);
}
END_TEST

START_TEST(readers_share_and_exclude_writers)
{
	char path[64];
	struct disk d;

	image_make(path, "/tmp", KIB(64));
	ck_assert_int_eq(try_open(&d, path, ro_config), 0);
	ck_assert_int_eq(open_once(path, ro_config), 0);
	ck_assert_int_eq(open_once(path, snapshot_config), 0);
	ck_assert_int_eq(open_once(path, rw_config), -EBUSY);
	disk_close(&d);
	unlink(path);
}
END_TEST

START_TEST(direct_keeps_the_lock)
{
	const struct disk_config direct = { .direct = true };
	char path[64];
	struct disk d;

	image_make(path, "/tmp", KIB(64));
	ck_assert_int_eq(try_open(&d, path, direct), 0);
	ck_assert(d.direct);
	ck_assert_int_eq(open_once(path, rw_config), -EBUSY);
	disk_close(&d);
	unlink(path);
}
END_TEST

START_TEST(what_is_no_image_is_refused)
{
	char path[64];

	ck_assert_int_eq(open_once("/nonexistent/disk", rw_config), -ENOENT);
	ck_assert_int_eq(open_once("/tmp", rw_config), -EISDIR);
	ck_assert_int_eq(open_once("/tmp", ro_config), -EISDIR);
	ck_assert_int_eq(open_once("/dev/null", rw_config), -ENOTBLK);
	image_make(path, "/tmp", 0);
	ck_assert_int_eq(open_once(path, rw_config), -EINVAL);
	ck_assert_int_eq(truncate(path, 511), 0);
	ck_assert_int_eq(open_once(path, rw_config), -EINVAL);
	ck_assert_int_eq(truncate(path, 512), 0);
	ck_assert_int_eq(open_once(path, rw_config), 0);
	unlink(path);
}
END_TEST

START_TEST(fifo_is_refused_at_once)
{
	char path[64];

	image_make(path, "/tmp", 0);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(open_once(path, ro_config), -ENOTBLK);
	unlink(path);
}
END_TEST

START_TEST(last_partial_sector_is_not_part_of_it)
{
	char path[64];
	struct disk d;

	image_make(path, "/tmp", KIB(64));
	ck_assert_int_eq(truncate(path, KIB(64) + 100), 0);
	ck_assert_int_eq(try_open(&d, path, ro_config), 0);
	ck_assert_uint_eq(d.size, KIB(64));
	disk_close(&d);
	unlink(path);
}
END_TEST

struct sample {
	const char *bytes;
	size_t len;
	uint64_t offset;
	const char *remedy;
};

#define SAMPLE(b, at, r)                                                       \
	{                                                                      \
		b, sizeof(b) - 1, at, r                                        \
	}

static const struct sample samples[] = {
	SAMPLE("QFI\xfb\0\0\0\3", 0, "qemu-img"),
	SAMPLE("QED\0", 0, "qemu-img"),
	SAMPLE("KDMV\1", 0, "qemu-img"),
	SAMPLE("# Disk DescriptorFile\n", 0, "qemu-img"),
	SAMPLE("vhdxfile", 0, "qemu-img"),
	SAMPLE("conectix", 0, "qemu-img"),
	SAMPLE("conectix", KIB(64) - 512, "qemu-img"),
	SAMPLE("\x7f\x10\xda\xbe", 0x40, "qemu-img"),
	SAMPLE("\x1f\x8b\x08", 0, "gzip"),
	SAMPLE("\xfd"
	       "7zXZ\0",
	       0, "xz"),
	SAMPLE("\x28\xb5\x2f\xfd", 0, "zstd"),
};

START_TEST(other_formats_are_refused_with_their_remedy)
{
	const struct sample *m = &samples[_i];
	uint8_t head[512] = { 0 }, tail[512] = { 0 };
	const char *remedy = NULL;
	char path[64];
	int fd;

	image_make(path, "/tmp", KIB(64));
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, m->bytes, m->len, (off_t)m->offset),
			 (ssize_t)m->len);
	close(fd);
	ck_assert_int_eq(open_once(path, rw_config), -EINVAL);
	image_read(path, head, 512, 0);
	image_read(path, tail, 512, KIB(64) - 512);
	ck_assert_ptr_nonnull(disk_format(head, 512, tail, &remedy));
	ck_assert_str_eq(remedy, m->remedy);
	unlink(path);
}
END_TEST

START_TEST(raw_contents_are_no_format)
{
	static const uint8_t boot_sector[512] = { 0xeb, 0x63, [510] = 0x55,
						  0xaa };
	const char *remedy;

	ck_assert_ptr_null(disk_format(boot_sector, 512, boot_sector, &remedy));
	/* Shorter than any magic number. */
	ck_assert_ptr_null(
		disk_format((const uint8_t *)"QF", 2, NULL, &remedy));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk_open");
	TCase *tc = tcase_create("open");

	log_set_level(LOG_ERROR);
	tcase_add_test(tc, writer_excludes_everybody);
	tcase_add_test(tc, readers_share_and_exclude_writers);
	tcase_add_test(tc, direct_keeps_the_lock);
	tcase_add_test(tc, what_is_no_image_is_refused);
	tcase_add_test(tc, fifo_is_refused_at_once);
	tcase_add_test(tc, last_partial_sector_is_not_part_of_it);
	tcase_add_loop_test(tc, other_formats_are_refused_with_their_remedy, 0,
			    ARRAY_SIZE(samples));
	tcase_add_test(tc, raw_contents_are_no_format);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
