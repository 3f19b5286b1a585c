// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_blk_worker.c: a virtio disk's thread against resets, broken queues and
 * pages that vanish; also run under TSan.
 */
#include "blk_fixture.h"

#include <pthread.h>

#include "../../virtio/blk.h"
#include "log.h"

#define PAGE 4096U

static struct blk_rig rig;

/* Of storage that does not answer; and that somebody waits for it. */
static bool is_stuck, is_asked;

/* In place of the C library's, whose names its parameters have. */
int fstat(int __fd, struct stat *__buf)
{
	while (__atomic_load_n(&is_stuck, __ATOMIC_SEQ_CST)) {
		__atomic_store_n(&is_asked, true, __ATOMIC_SEQ_CST);
		usleep(1000);
	}
	return fstatat(__fd, "", __buf, AT_EMPTY_PATH);
}

static const struct virtio_blk_init plain;

static void start(void)
{
	rig_start(&rig, plain);
}

static void stop(void)
{
	rig_fini(&rig);
}

static void page(gpa_t gpa, int prot)
{
	ck_assert_int_eq(mprotect(mem(&rig, gpa), PAGE, prot), 0);
}

static void works_after_reset(void)
{
	rig_up(&rig, 0);
	ck_assert_uint_eq(rig_request(&rig, VIRTIO_BLK_T_IN, 1, DATA(0), 512),
			  VIRTIO_BLK_S_OK);
	ck_assert_uint_eq(*(uint8_t *)mem(&rig, DATA(0)), image_byte(512));
}

static void offer_and_kick(const struct vq_buf *bufs, unsigned int n)
{
	ck_assert_int_ge(vq_driver_add(&rig.d, bufs, n), 0);
	if (vq_driver_publish(&rig.d))
		rig_kick(&rig, 0);
}

START_TEST(chain_without_header_or_status_breaks_the_device)
{
	const struct vq_buf no_status[] = {
		{ rig_header(&rig, 0, VIRTIO_BLK_T_FLUSH, 0), 16, false },
	};
	const struct vq_buf short_header[] = {
		{ HEADER(0), 15, false },
		{ HEADER(0) + 32, 1, true },
	};

	if (_i)
		offer_and_kick(short_header, 2);
	else
		offer_and_kick(no_status, 1);
	ck_assert(rig_needs_reset(&rig));
	works_after_reset();
}
END_TEST

/* CPU time that the disk's thread took. */
static int64_t worker_ns(void)
{
	struct timespec t;
	clockid_t clock;

	ck_assert_int_eq(pthread_getcpuclockid(rig.blk->worker, &clock), 0);
	ck_assert_int_eq(clock_gettime(clock, &t), 0);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

START_TEST(a_broken_disk_sleeps_though_it_is_kicked)
{
	const struct vq_buf no_status[] = {
		{ rig_header(&rig, 0, VIRTIO_BLK_T_FLUSH, 0), 16, false },
	};
	int64_t before;

	offer_and_kick(no_status, 1);
	ck_assert(rig_needs_reset(&rig));
	rig_kick(&rig, 0);
	usleep(50000);
	before = worker_ns();
	usleep(200000);
	ck_assert_int_lt(worker_ns() - before, 50000000);
	works_after_reset();
}
END_TEST

/* Three requests of half of the window each: more than an honest driver can. */
START_TEST(what_the_window_cannot_hold_at_once_is_refused)
{
	unsigned int nr_refused = 0;
	uint32_t written;

	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_ge(
			rig_offer(&rig, i, VIRTIO_BLK_T_IN, 0, DATA(0), IMAGE),
			0);
	if (vq_driver_publish(&rig.d))
		rig_kick(&rig, 0);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_ge(rig_answer(&rig, &written), 0);
	for (unsigned int i = 0; i < 3; i++)
		nr_refused += rig_status(&rig, i) == VIRTIO_BLK_S_IOERR;
	ck_assert_uint_eq(nr_refused, 1);
	ck_assert_uint_eq(rig_request(&rig, VIRTIO_BLK_T_IN, 0, DATA(0), IMAGE),
			  VIRTIO_BLK_S_OK);
}
END_TEST

/* _i: 0 header, 1 status; 2 data read, 3 data written, 4 and 5 with O_DIRECT */
START_TEST(page_taken_back_breaks_the_device_or_the_request)
{
	const struct virtio_blk_init init = { .file.direct = _i >= 4 };
	bool out = _i == 3 || _i == 5;
	uint32_t written;
	gpa_t header = HEADER(0), status = HEADER(64), data = DATA(0);
	const struct vq_buf bufs[] = {
		{ header, 16, false },
		{ data, 2 * PAGE, !out },
		{ status, 1, true },
	};
	gpa_t gone = _i == 0 ? header : _i == 1 ? status : data + PAGE;

	rig_start(&rig, init);
	(void)rig_header(&rig, 0, out ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN, 64);
	*(uint8_t *)mem(&rig, status) = NO_STATUS;
	page(gone, PROT_NONE);
	offer_and_kick(bufs, 3);
	if (_i < 2) {
		ck_assert(rig_needs_reset(&rig));
	} else {
		ck_assert_int_ge(rig_answer(&rig, &written), 0);
		ck_assert_uint_eq(*(uint8_t *)mem(&rig, status),
				  VIRTIO_BLK_S_IOERR);
	}
	page(gone, PROT_READ | PROT_WRITE);
	works_after_reset();
	rig_fini(&rig);
}
END_TEST

/* After the reset the driver's memory is its own: filled, it stays so. */
START_TEST(nothing_touches_the_window_after_reset)
{
	static uint8_t pattern[KIB(256)];
	gpa_t gpa = DATA(0);

	memset(pattern, 0x77, sizeof(pattern));
	for (unsigned int round = 0; round < 200; round++) {
		for (unsigned int i = 0; i < 20; i++)
			ck_assert_int_ge(rig_offer(&rig, i, VIRTIO_BLK_T_IN,
						   i * 16ULL, DATA(i), KIB(8)),
					 0);
		(void)vq_driver_publish(&rig.d);
		rig_kick(&rig, 0);
		if (round % 4)
			usleep(round % 7 * 50);
		virtio_dev_set_status(rig.dev, 0);
		memset(mem(&rig, gpa), 0x77, sizeof(pattern));
		memset(mem(&rig, RING(0)), 0x77, KIB(64));
		usleep(100);
		ck_assert_mem_eq(mem(&rig, gpa), pattern, sizeof(pattern));
		ck_assert_mem_eq(mem(&rig, RING(0)), pattern, KIB(64));
		rig_up(&rig, 0);
	}
	works_after_reset();
}
END_TEST

/* Several queues, each reset while it works; the others go on. */
START_TEST(queue_reset_leaves_the_other_queue_alone)
{
	const struct virtio_blk_init init = { .nr_queues = 2 };
	struct vq_driver second;

	rig_start(&rig, init);
	rig_queue_up(&rig, 1, &second);
	for (unsigned int round = 0; round < 50; round++) {
		const struct vq_buf bufs[] = {
			{ rig_header(&rig, 1, VIRTIO_BLK_T_IN, 0), 16, false },
			{ DATA(1), KIB(4), true },
			{ HEADER(1) + 32, 1, true },
		};

		ck_assert_int_ge(vq_driver_add(&second, bufs, 3), 0);
		(void)vq_driver_publish(&second);
		rig_kick(&rig, 1);
		virtio_dev_queue_reset(rig.dev, 1);
		ck_assert(!rig.dev->queues[1].vq.ready);
		ck_assert_uint_eq(
			rig_request(&rig, VIRTIO_BLK_T_IN, 0, DATA(0), KIB(4)),
			VIRTIO_BLK_S_OK);
		rig_queue_up(&rig, 1, &second);
	}
	rig_fini(&rig);
}
END_TEST

/* The youngest descriptor of the kind that a disk's thread waits on. */
static int newest_waiter(void)
{
	int newest = -1;

	for (int fd = 0; fd < 256; fd++) {
		char path[32], what[64] = "";

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, what, sizeof(what) - 1) > 0 &&
		    (strstr(what, "io_uring") || strstr(what, "eventpoll")))
			newest = fd;
	}
	return newest;
}

/* What the kernel never gives back holds nobody up; a reset starts anew. */
START_TEST(a_disk_whose_thread_died_asks_for_a_reset)
{
	const struct virtio_blk_init init = { .nr_queues = 2 };
	struct vq_driver second;
	int null;

	rig_start(&rig, init);
	rig_queue_up(&rig, 1, &second);
	pthread_mutex_lock(&rig.dev->lock);
	rig.blk->in_flight[1]++;
	pthread_mutex_unlock(&rig.dev->lock);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(dup2(null, newest_waiter()), 0);
	rig_kick(&rig, 0);
	ck_assert(rig_needs_reset(&rig));
	virtio_dev_queue_reset(rig.dev, 1);
	ck_assert(!rig.dev->queues[1].vq.ready);
	close(null);
	works_after_reset();
	rig_fini(&rig);
}
END_TEST

/* The thread asks for the size, and gets no answer. */
static void be_stuck(void)
{
	__atomic_store_n(&is_asked, false, __ATOMIC_SEQ_CST);
	__atomic_store_n(&is_stuck, true, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0;
	     i < 1000 && !__atomic_load_n(&is_asked, __ATOMIC_SEQ_CST); i++) {
		rig_kick(&rig, 0);
		usleep(10000);
	}
}

/* The loop's thread may want the lock, and the vCPUs do. */
START_TEST(storage_that_is_asked_for_its_size_holds_no_lock)
{
	int ret = EBUSY;

	be_stuck();
	for (unsigned int i = 0; ret && i < 100; i++) {
		usleep(10000);
		ret = pthread_mutex_trylock(&rig.dev->lock);
	}
	if (!ret)
		pthread_mutex_unlock(&rig.dev->lock);
	__atomic_store_n(&is_stuck, false, __ATOMIC_SEQ_CST);
	ck_assert(__atomic_load_n(&is_asked, __ATOMIC_SEQ_CST));
	ck_assert_int_eq(ret, 0);
	works_after_reset();
}
END_TEST

static void *reset(void *arg)
{
	virtio_dev_set_status(rig.dev, 0);
	return arg;
}

START_TEST(a_reset_tells_of_storage_that_is_asked_for_its_size)
{
	unsigned int nr_told = 0;
	pthread_t t;

	be_stuck();
	ck_assert_int_eq(pthread_create(&t, NULL, reset, NULL), 0);
	for (unsigned int i = 0; !nr_told && i < 1000; i++) {
		usleep(10000);
		pthread_mutex_lock(&rig.dev->lock);
		nr_told = rig.blk->nr_told;
		pthread_mutex_unlock(&rig.dev->lock);
	}
	__atomic_store_n(&is_stuck, false, __ATOMIC_SEQ_CST);
	pthread_join(t, NULL);
	ck_assert_uint_eq(nr_told, 1);
	works_after_reset();
}
END_TEST

struct scribbler {
	unsigned int seed;
	bool stop;
};

/* A guest's store: races with everything, which is not TSan's business. */
__attribute__((no_sanitize("thread"))) static void guest_store(gpa_t gpa,
							       uint8_t v)
{
	*(volatile uint8_t *)mem(&rig, gpa) = v;
}

/* A second vCPU of a guest gone mad: writes to rings, headers and data. */
static void *scribble(void *arg)
{
	struct scribbler *s = arg;

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		uint64_t at = (uint64_t)rand_r(&s->seed) % KIB(768);

		guest_store(GPA + at, (uint8_t)rand_r(&s->seed));
		if (rand_r(&s->seed) % 64 == 0)
			rig_kick(&rig, 0);
	}
	return NULL;
}

START_TEST(hostile_vcpus_and_resets_harm_nobody)
{
	struct scribbler s[2] = { { .seed = 1 }, { .seed = 2 } };
	pthread_t t[2];

	log_set_level(LOG_ERROR);
	for (unsigned int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, scribble, &s[i]);
	for (unsigned int round = 0; round < 100; round++) {
		rig_up(&rig, 0);
		for (unsigned int i = 0; i < 20; i++)
			(void)rig_offer(&rig, i,
					i & 1 ? VIRTIO_BLK_T_OUT
					      : VIRTIO_BLK_T_IN,
					i * 16ULL, DATA(i), KIB(8));
		(void)vq_driver_publish(&rig.d);
		rig_kick(&rig, 0);
		usleep(1000);
	}
	for (unsigned int i = 0; i < 2; i++) {
		__atomic_store_n(&s[i].stop, true, __ATOMIC_RELAXED);
		pthread_join(t[i], NULL);
	}
	rig_up(&rig, 0);
	ck_assert_uint_eq(rig_request(&rig, VIRTIO_BLK_T_FLUSH, 0, DATA(0), 0),
			  VIRTIO_BLK_S_OK);
}
END_TEST

static unsigned int nr_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(a_thousand_resets_leave_nothing_behind)
{
	unsigned int before = nr_fds();

	for (unsigned int i = 0; i < 1000; i++)
		rig_up(&rig, 0);
	ck_assert_uint_eq(nr_fds(), before);
	works_after_reset();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk_worker");
	TCase *tc = tcase_create("worker"), *own = tcase_create("own");

	/* Broken queues are told as warnings. */
	log_set_level(LOG_ERROR);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_loop_test(
		tc, chain_without_header_or_status_breaks_the_device, 0, 2);
	tcase_add_test(tc, a_broken_disk_sleeps_though_it_is_kicked);
	tcase_add_test(tc, what_the_window_cannot_hold_at_once_is_refused);
	tcase_add_test(tc, storage_that_is_asked_for_its_size_holds_no_lock);
	tcase_add_test(tc, a_reset_tells_of_storage_that_is_asked_for_its_size);
	tcase_add_test(tc, nothing_touches_the_window_after_reset);
	tcase_add_test(tc, hostile_vcpus_and_resets_harm_nobody);
	tcase_add_test(tc, a_thousand_resets_leave_nothing_behind);
	suite_add_tcase(s, tc);
	tcase_add_loop_test(
		own, page_taken_back_breaks_the_device_or_the_request, 0, 6);
	tcase_add_test(own, queue_reset_leaves_the_other_queue_alone);
	tcase_add_test(own, a_disk_whose_thread_died_asks_for_a_reset);
	suite_add_tcase(s, own);
	return unit_main(s);
}
