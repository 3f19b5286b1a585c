// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_disk.c: opening images, and requests on them by both ways of carrying
 * them out (a loop test's _i: 0 io_uring, 1 plain system calls).
 */
#include "disk_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "log.h"

#define SIZE MIB(1)
#define PAGE 4096U

struct rig {
	char path[64];
	struct disk disk;
	struct disk_queue *q;
	int event;
};

static void rig_open(struct rig *r, const char *dir, struct disk_config c,
		     int sync)
{
	if (!*r->path)
		image_make(r->path, dir, SIZE);
	c.path = r->path;
	ck_assert_int_eq(disk_open(&r->disk, &c), 0);
	if (sync)
		r->disk.can_nowait = false;
	r->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_eq(disk_queue_open(&r->q, &r->disk, 8, &r->event, 1), 0);
	if (!sync && strcmp(dir, "/tmp") == 0 && !c.snapshot)
		ck_assert_str_eq(disk_queue_kind(r->q), "io_uring");
}

static void rig_close(struct rig *r)
{
	disk_queue_close(r->q);
	disk_close(&r->disk);
	close(r->event);
}

static int rig_do(struct rig *r, struct disk_req *req)
{
	struct disk_req *done;

	disk_queue_add(r->q, req);
	do {
		ck_assert_int_eq(disk_queue_run(r->q, true), 0);
		done = disk_queue_done(r->q);
	} while (!done);
	ck_assert_ptr_eq(done, req);
	ck_assert_ptr_null(disk_queue_done(r->q));
	return req->error;
}

static int rig_rw(struct rig *r, enum disk_op op, void *buf, size_t len,
		  uint64_t offset)
{
	struct iovec iov = { buf, len };
	struct disk_req req = {
		.op = op,
		.offset = offset,
		.len = len,
		.iov = &iov,
		.nr_iov = 1,
	};

	return rig_do(r, &req);
}

static int rig_range(struct rig *r, enum disk_op op, bool unmap,
		     uint64_t offset, uint64_t len)
{
	struct disk_req req = {
		.op = op,
		.offset = offset,
		.len = len,
		.unmap = unmap,
	};

	return rig_do(r, &req);
}

START_TEST(reads_and_writes_scattered_buffers)
{
	static uint8_t a[512], b[1536], c[2048], seen[2048];
	struct iovec iov[2] = { { a, sizeof(a) }, { b, sizeof(b) } };
	struct disk_req req = {
		.op = DISK_READ,
		.offset = 1024,
		.len = 2048,
		.iov = iov,
		.nr_iov = 2,
	};
	struct rig r = { 0 };

	rig_open(&r, "/tmp", (struct disk_config){ 0 }, _i);
	ck_assert_int_eq(rig_do(&r, &req), 0);
	for (unsigned int i = 0; i < 2048; i++)
		ck_assert_uint_eq(i < 512 ? a[i] : b[i - 512],
				  image_byte(1024 + i));
	memset(c, 0x5a, sizeof(c));
	ck_assert_int_eq(rig_rw(&r, DISK_WRITE, c, sizeof(c), 512), 0);
	ck_assert_int_eq(rig_range(&r, DISK_FLUSH, false, 0, 0), 0);
	image_read(r.path, seen, sizeof(seen), 512);
	ck_assert_mem_eq(seen, c, sizeof(c));
	rig_close(&r);
	unlink(r.path);
}
END_TEST

START_TEST(carries_many_requests_at_once)
{
	static uint8_t buf[8][PAGE];
	struct iovec iov[8];
	struct disk_req req[8];
	unsigned int done = 0;
	struct rig r = { 0 };

	rig_open(&r, "/tmp", (struct disk_config){ 0 }, _i);
	for (unsigned int i = 0; i < 8; i++) {
		iov[i] = (struct iovec){ buf[i], PAGE };
		req[i] = (struct disk_req){ .op = DISK_READ,
					    .offset = i * 3ULL * PAGE,
					    .len = PAGE,
					    .iov = &iov[i],
					    .nr_iov = 1 };
		disk_queue_add(r.q, &req[i]);
	}
	while (done < 8) {
		ck_assert_int_eq(disk_queue_run(r.q, true), 0);
		while (disk_queue_done(r.q))
			done++;
	}
	for (unsigned int i = 0; i < 8; i++) {
		ck_assert_int_eq(req[i].error, 0);
		ck_assert_uint_eq(buf[i][5], image_byte(i * 3ULL * PAGE + 5));
	}
	rig_close(&r);
	unlink(r.path);
}
END_TEST

START_TEST(truncation_is_an_io_error)
{
	static uint8_t buf[PAGE];
	struct rig r = { 0 };

	rig_open(&r, "/tmp", (struct disk_config){ 0 }, _i);
	ck_assert_int_eq(truncate(r.path, SIZE - 1024), 0);
	ck_assert_int_eq(rig_rw(&r, DISK_READ, buf, PAGE, SIZE - PAGE), -EIO);
	ck_assert_int_eq(rig_rw(&r, DISK_READ, buf, 512, SIZE - 512), -EIO);
	ck_assert_int_eq(rig_rw(&r, DISK_READ, buf, 512, SIZE - 1536), 0);
	ck_assert(disk_refresh_size(&r.disk));
	ck_assert_uint_eq(r.disk.size, SIZE - 1024);
	ck_assert(!disk_refresh_size(&r.disk));
	ck_assert_int_eq(truncate(r.path, SIZE + 4096), 0);
	ck_assert(disk_refresh_size(&r.disk));
	ck_assert_uint_eq(r.disk.size, SIZE + 4096);
	rig_close(&r);
	unlink(r.path);
}
END_TEST

START_TEST(page_taken_back_is_efault_at_its_start)
{
	uint8_t *mem = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov = { mem, 2 * PAGE };
	struct disk_req req = { .op = _i & 2 ? DISK_WRITE : DISK_READ,
				.len = 2 * PAGE,
				.iov = &iov,
				.nr_iov = 1 };
	struct rig r = { 0 };

	rig_open(&r, "/tmp", (struct disk_config){ 0 }, _i & 1);
	ck_assert_int_eq(mprotect(mem + PAGE, PAGE, PROT_NONE), 0);
	ck_assert_int_eq(rig_do(&r, &req), -EFAULT);
	ck_assert_uint_eq(req.nr_iov, 1);
	ck_assert_ptr_eq(iov.iov_base, mem + PAGE);
	rig_close(&r);
	munmap(mem, 2 * PAGE);
	unlink(r.path);
}
END_TEST

START_TEST(no_room_is_an_error_not_a_signal)
{
	struct rlimit was, now;
	static uint8_t buf[PAGE];
	struct rig r = { 0 };

	rig_open(&r, "/tmp", (struct disk_config){ 0 }, _i);
	(void)signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	now = was;
	now.rlim_cur = SIZE - PAGE;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &now), 0);
	ck_assert_int_eq(rig_rw(&r, DISK_WRITE, buf, PAGE, SIZE - PAGE),
			 -EFBIG);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	rig_close(&r);
	unlink(r.path);
}
END_TEST

static blkcnt_t blocks_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_blocks;
}

/* _i & 2: on tmpfs, which can punch holes but not zero ranges. */
START_TEST(discard_and_zero_leave_zeros)
{
	static const uint8_t zeros[2 * PAGE];
	const char *dir = _i & 2 ? "/dev/shm" : "/tmp";
	static uint8_t buf[2 * PAGE];
	struct rig r = { 0 };
	blkcnt_t before;

	rig_open(&r, dir, (struct disk_config){ 0 }, _i & 1);
	before = blocks_of(r.path);
	ck_assert_int_eq(rig_range(&r, DISK_DISCARD, false, 0, KIB(64)), 0);
	ck_assert_int_le(blocks_of(r.path), before - 128);
	image_read(r.path, buf, sizeof(buf), KIB(56));
	ck_assert_mem_eq(buf, zeros, sizeof(buf));

	ck_assert_int_eq(
		rig_range(&r, DISK_ZERO, false, KIB(128) + 512, KIB(96)), 0);
	image_read(r.path, buf, sizeof(buf), KIB(128) + 512);
	ck_assert_mem_eq(buf, zeros, sizeof(buf));
	image_read(r.path, buf, 512, KIB(128));
	ck_assert_uint_eq(buf[511], image_byte(KIB(128) + 511));
	image_read(r.path, buf, 512, KIB(224) + 512);
	ck_assert_uint_eq(buf[0], image_byte(KIB(224) + 512));

	before = blocks_of(r.path);
	ck_assert_int_eq(rig_range(&r, DISK_ZERO, true, KIB(512), KIB(64)), 0);
	ck_assert_int_le(blocks_of(r.path), before - 128);
	image_read(r.path, buf, sizeof(buf), KIB(512));
	ck_assert_mem_eq(buf, zeros, sizeof(buf));
	ck_assert_int_eq(truncate(r.path, SIZE), 0);
	rig_close(&r);
	unlink(r.path);
}
END_TEST

START_TEST(events_are_told_though_never_read)
{
	const uint64_t one = 1;
	struct rig r = { 0 };

	rig_open(&r, "/tmp", (struct disk_config){ 0 }, _i);
	for (unsigned int i = 0; i < 5; i++) {
		uint32_t events = 0;

		ck_assert_int_eq(write(r.event, &one, 8), 8);
		while (!events) {
			ck_assert_int_eq(disk_queue_run(r.q, true), 0);
			events = disk_queue_events(r.q);
		}
		ck_assert_uint_eq(events, 1);
	}
	ck_assert_int_eq(disk_queue_run(r.q, false), 0);
	ck_assert_uint_eq(disk_queue_events(r.q), 0);
	rig_close(&r);
	unlink(r.path);
}
END_TEST

START_TEST(cancelled_requests_get_done)
{
	static uint8_t buf[PAGE];
	struct iovec iov = { buf, PAGE };
	struct disk_req req = {
		.op = DISK_READ, .len = PAGE, .iov = &iov, .nr_iov = 1
	};
	struct rig r = { 0 };

	rig_open(&r, "/tmp", (struct disk_config){ 0 }, _i);
	disk_queue_add(r.q, &req);
	disk_queue_cancel(r.q);
	do {
		ck_assert_int_eq(disk_queue_run(r.q, true), 0);
	} while (!disk_queue_done(r.q));
	ck_assert(req.error == 0 || req.error == -ECANCELED);
	rig_close(&r);
	unlink(r.path);
}
END_TEST

START_TEST(nothing_is_begun_by_system_calls_that_hurry)
{
	static uint8_t buf[PAGE];
	struct iovec iov[2] = { { buf, PAGE }, { buf, PAGE } };
	struct disk_req reqs[2];
	struct rig r = { 0 };

	rig_open(&r, "/tmp", (struct disk_config){ 0 }, 1);
	for (unsigned int i = 0; i < 2; i++) {
		reqs[i] = (struct disk_req){ .op = DISK_READ,
					     .len = PAGE,
					     .iov = &iov[i],
					     .nr_iov = 1 };
		disk_queue_add(r.q, &reqs[i]);
	}
	disk_queue_hurry(r.q);
	ck_assert_int_eq(disk_queue_run(r.q, true), 0);
	ck_assert_ptr_null(disk_queue_done(r.q));
	disk_queue_cancel(r.q);
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert_ptr_eq(disk_queue_done(r.q), &reqs[i]);
		ck_assert_int_eq(reqs[i].error, -ECANCELED);
	}
	rig_close(&r);
	unlink(r.path);
}
END_TEST

START_TEST(direct_takes_every_alignment)
{
	uint8_t *mem = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rig r = { 0 };

	rig_open(&r, "/tmp", (struct disk_config){ .direct = true }, _i);
	for (unsigned int shift = 0; shift < 3; shift++) {
		uint64_t offset = PAGE + 512 * (uint64_t)shift;

		memset(mem, 0, 4 * PAGE);
		ck_assert_int_eq(rig_rw(&r, DISK_READ, mem + 4 * (size_t)shift,
					PAGE, offset),
				 0);
		for (unsigned int i = 0; i < PAGE; i++)
			ck_assert_uint_eq(mem[4 * shift + i],
					  image_byte(offset + i));
		ck_assert_int_eq(rig_rw(&r, DISK_WRITE, mem + 4 * (size_t)shift,
					PAGE, KIB(64) + offset),
				 0);
	}
	ck_assert_int_eq(rig_range(&r, DISK_FLUSH, false, 0, 0), 0);
	image_read(r.path, mem, PAGE, KIB(64) + PAGE + 1024);
	for (unsigned int i = 0; i < PAGE; i++)
		ck_assert_uint_eq(mem[i], image_byte(PAGE + 1024ULL + i));
	rig_close(&r);
	munmap(mem, 4 * PAGE);
	unlink(r.path);
}
END_TEST

static void random_op(struct rig *r, uint8_t *model, unsigned int *seed)
{
	static uint8_t buf[KIB(20)];
	size_t len = 512 * (size_t)(1 + rand_r(seed) % 40);
	uint64_t at = 512 * ((uint64_t)rand_r(seed) % ((SIZE - len) / 512 + 1));

	switch (rand_r(seed) % 5) {
	case 0:
		ck_assert_int_eq(rig_range(r, DISK_ZERO, false, at, len), 0);
		memset(model + at, 0, len);
		return;
	case 1:
	case 2:
		for (size_t i = 0; i < len; i++)
			buf[i] = (uint8_t)rand_r(seed);
		ck_assert_int_eq(rig_rw(r, DISK_WRITE, buf, len, at), 0);
		memcpy(model + at, buf, len);
		return;
	default:
		ck_assert_int_eq(rig_rw(r, DISK_READ, buf, len, at), 0);
		ck_assert_mem_eq(buf, model + at, len);
	}
}

START_TEST(snapshot_is_a_disk_and_leaves_the_image)
{
	static uint8_t model[SIZE], image[SIZE];
	const char *dir = _i ? "/dev/shm" : "/tmp";
	unsigned int seed = 1;
	struct rig r = { 0 };

	rig_open(&r, dir, (struct disk_config){ .snapshot = true }, 0);
	image_read(r.path, model, SIZE, 0);
	for (unsigned int i = 0; i < 2000; i++)
		random_op(&r, model, &seed);
	image_read(r.path, image, SIZE, 0);
	for (unsigned int i = 0; i < SIZE; i++)
		if (image[i] != image_byte(i))
			ck_abort_msg("byte %u of the image changed", i);
	rig_close(&r);
	unlink(r.path);
}
END_TEST

START_TEST(snapshot_of_odd_size_reaches_its_end)
{
	uint8_t buf[1536];
	struct rig r = { 0 };

	image_make(r.path, "/tmp", PAGE + 1536);
	rig_open(&r, "/tmp", (struct disk_config){ .snapshot = true }, 0);
	ck_assert_uint_eq(r.disk.size, PAGE + 1536);
	memset(buf, 9, 512);
	ck_assert_int_eq(rig_rw(&r, DISK_WRITE, buf, 512, PAGE + 512), 0);
	ck_assert_int_eq(rig_rw(&r, DISK_READ, buf, 1536, PAGE), 0);
	ck_assert_uint_eq(buf[0], image_byte(PAGE));
	ck_assert_uint_eq(buf[512], 9);
	ck_assert_uint_eq(buf[1535], image_byte(PAGE + 1535));
	rig_close(&r);
	unlink(r.path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk");
	TCase *tc = tcase_create("requests");

	log_set_level(LOG_ERROR);
	tcase_add_loop_test(tc, reads_and_writes_scattered_buffers, 0, 2);
	tcase_add_loop_test(tc, carries_many_requests_at_once, 0, 2);
	tcase_add_loop_test(tc, truncation_is_an_io_error, 0, 2);
	tcase_add_loop_test(tc, page_taken_back_is_efault_at_its_start, 0, 4);
	tcase_add_loop_test(tc, no_room_is_an_error_not_a_signal, 0, 2);
	tcase_add_loop_test(tc, discard_and_zero_leave_zeros, 0, 4);
	tcase_add_loop_test(tc, events_are_told_though_never_read, 0, 2);
	tcase_add_loop_test(tc, cancelled_requests_get_done, 0, 2);
	tcase_add_test(tc, nothing_is_begun_by_system_calls_that_hurry);
	tcase_add_loop_test(tc, direct_takes_every_alignment, 0, 2);
	tcase_add_loop_test(tc, snapshot_is_a_disk_and_leaves_the_image, 0, 2);
	tcase_add_test(tc, snapshot_of_odd_size_reaches_its_end);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
