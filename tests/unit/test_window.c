// SPDX-License-Identifier: GPL-2.0-only
/* test_window.c: properties of the window and of its accessors. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../vmm/crash.h"
#include "window.h"

#define GPA 0x7fe00000ULL
#define LEN MIB(2)

static struct window make(void)
{
	struct window w;

	ck_assert_int_eq(window_init(&w, GPA, LEN), 0);
	return w;
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* What the guest's MEM_UNSHARE and MEM_SHARE look like from here. */
static void take_back(void *page, size_t len)
{
	ck_assert_int_eq(mprotect(page, len, PROT_NONE), 0);
}

static void give(void *page, size_t len)
{
	ck_assert_int_eq(mprotect(page, len, PROT_READ | PROT_WRITE), 0);
}

START_TEST(at_is_exact_at_every_byte_of_both_ends)
{
	struct window w = make();

	for (uint64_t off = 0; off <= 40; off++) {
		for (uint64_t len = 0; len <= 40; len++) {
			bool fits = len <= off;

			ck_assert_ptr_eq(window_at(&w, GPA + LEN - off, len),
					 fits ? w.hva + LEN - off : NULL);
			ck_assert_ptr_eq(window_at(&w, GPA + off, len),
					 w.hva + off);
			ck_assert_ptr_null(window_at(&w, GPA - off - 1, len));
		}
	}
	ck_assert_ptr_eq(window_at(&w, GPA, LEN), w.hva);
	ck_assert_ptr_null(window_at(&w, GPA, LEN + 1));
	ck_assert_ptr_null(window_at(&w, GPA + 1, UINT64_MAX));
	ck_assert_ptr_null(window_at(&w, UINT64_MAX, 1));
	ck_assert_ptr_null(window_at(&w, UINT64_MAX, UINT64_MAX));
	ck_assert_ptr_null(window_at(&w, 0, UINT64_MAX));
	window_fini(&w);
}
END_TEST

START_TEST(no_window_contains_nothing)
{
	struct window none = { .fd = -1 };

	ck_assert_ptr_null(window_at(&none, 0, 1));
	ck_assert_ptr_null(window_at(&none, 1, 0));
	ck_assert_int_eq(window_clear(&none), 0);
	window_fini(&none);
	window_fini(&none);
}
END_TEST

START_TEST(memfd_cannot_be_resized_and_does_not_leak)
{
	struct window w = make();

	ck_assert_int_ne(ftruncate(w.fd, LEN / 2), 0);
	ck_assert_int_ne(ftruncate(w.fd, LEN * 2), 0);
	ck_assert_int_ne(fcntl(w.fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	ck_assert_int_eq(fcntl(w.fd, F_GETFD), FD_CLOEXEC);
	window_fini(&w);
	ck_assert_int_eq(w.fd, -1);
	window_fini(&w);
}
END_TEST

START_TEST(clear_gives_zeros_also_over_revoked_pages)
{
	struct window w = make();
	uint8_t got = 1;

	memset(w.hva, 0xa5, LEN);
	ck_assert_int_eq(window_clear(&w), 0);
	for (size_t i = 0; i < LEN; i += 512)
		ck_assert_uint_eq(w.hva[i], 0);
	take_back(w.hva, page_size());
	ck_assert_int_eq(window_clear(&w), 0);
	ck_assert_int_eq(window_read(&got, w.hva, 1), -EFAULT);
	window_fini(&w);
}
END_TEST

/* With @limit of @what for a moment: how window_init() ends. */
static int init_limited(int what, rlim_t limit)
{
	struct rlimit old, now;
	struct window w;
	int ret;

	ck_assert_int_eq(getrlimit((__rlimit_resource_t)what, &old), 0);
	now = (struct rlimit){ limit, old.rlim_max };
	ck_assert_int_eq(setrlimit((__rlimit_resource_t)what, &now), 0);
	ret = window_init(&w, GPA, LEN);
	ck_assert_int_eq(setrlimit((__rlimit_resource_t)what, &old), 0);
	if (ret) {
		ck_assert_int_eq(w.fd, -1);
		ck_assert_ptr_null(w.hva);
		ck_assert_uint_eq(w.len, 0);
	}
	window_fini(&w);
	return ret;
}

START_TEST(a_host_at_its_limits_gets_no_half_window)
{
	int lowest = dup(0);

	ck_assert_int_ge(lowest, 0);
	close(lowest);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(init_limited(RLIMIT_NOFILE, (rlim_t)lowest), -EMFILE);
	ck_assert_int_eq(init_limited(RLIMIT_FSIZE, LEN - 1), -EFBIG);
	ck_assert_int_eq(init_limited(RLIMIT_FSIZE, LEN), 0);
	signal(SIGXFSZ, SIG_DFL);
}
END_TEST

static bool all_are(const uint8_t *p, size_t len, uint8_t value)
{
	while (len > 0 && p[len - 1] == value)
		len--;
	return len == 0;
}

static void check_copy(uint8_t *p, size_t len, size_t skew)
{
	static uint8_t src[5000], dst[5000];

	for (size_t i = 0; i < len; i++)
		src[skew + i] = (uint8_t)(i * 7 + len);
	memset(dst, 0xee, sizeof(dst));
	memset(p - 1, 0xdd, len + 2);
	ck_assert_int_eq(window_write(p, src + skew, len), 0);
	ck_assert_uint_eq(p[-1], 0xdd);
	ck_assert_uint_eq(p[len], 0xdd);
	ck_assert_int_eq(window_read(dst + skew, p, len), 0);
	ck_assert_mem_eq(dst + skew, src + skew, len);
	ck_assert_uint_eq(dst[skew + len], 0xee);
	if (skew > 0)
		ck_assert_uint_eq(dst[skew - 1], 0xee);
	ck_assert_int_eq(window_zero(p, len), 0);
	ck_assert(all_are(p, len, 0));
	ck_assert_uint_eq(p[-1], 0xdd);
	ck_assert_uint_eq(p[len], 0xdd);
}

START_TEST(copies_are_exact_at_every_length_and_alignment)
{
	struct window w = make();

	for (size_t len = 0; len <= 1100; len += len < 300 ? 1 : 13) {
		for (size_t skew = 0; skew < 16; skew += 3)
			check_copy(w.hva + 100 + (skew * 5) % 16, len, skew);
	}
	check_copy(w.hva + 4093, 4500, 7);
	window_fini(&w);
}
END_TEST

/* A copy of @len bytes that begins @before bytes ahead of the lost page. */
static void check_revoked(uint8_t *page, size_t before, size_t len)
{
	static uint8_t buf[5000];
	bool hit = before < len;
	int want = hit ? -EFAULT : 0;

	memset(buf, 0x11, len);
	ck_assert_int_eq(window_read(buf, page - before, len), want);
	ck_assert(all_are(buf, len, hit ? 0 : 0x33));
	memset(buf, 0x33, len);
	ck_assert_int_eq(window_write(page - before, buf, len), want);
	memset(page - before, 0x33, before);
}

START_TEST(copies_report_a_lost_page_at_every_byte)
{
	struct window w = make();
	uint8_t *page = w.hva + 2 * page_size();

	memset(page - 4096, 0x33, 4096);
	take_back(page, page_size());
	for (size_t len = 1; len <= 700; len += len < 90 ? 1 : 61) {
		for (size_t before = 0; before <= len; before++)
			check_revoked(page, before, len);
		ck_assert_int_eq(window_zero(page - len, len), 0);
		ck_assert_int_eq(window_zero(page - len, len + 1), -EFAULT);
		memset(page - len, 0x33, len);
	}
	window_fini(&w);
}
END_TEST

START_TEST(fields_report_a_lost_page_and_work_again_when_shared)
{
	struct window w = make();
	uint16_t v;

	for (int round = 0; round < 3; round++) {
		ck_assert_int_eq(window_store16(w.hva + 6, 0xbeef), 0);
		ck_assert_int_eq(window_load16(w.hva + 6, &v), 0);
		ck_assert_uint_eq(v, 0xbeef);
		ck_assert_uint_eq(w.hva[8], 0);
		take_back(w.hva, page_size());
		ck_assert_int_eq(window_load16(w.hva + 6, &v), -EFAULT);
		ck_assert_uint_eq(v, 0);
		ck_assert_int_eq(window_store16(w.hva + 6, 1), -EFAULT);
		give(w.hva, page_size());
		ck_assert_int_eq(window_load16(w.hva + 6, &v), 0);
		ck_assert_uint_eq(v, 0xbeef);
	}
	window_fini(&w);
}
END_TEST

/* A thread at work on pages of its own, which get lost all the time. */
struct victim {
	pthread_t thread;
	uint8_t *base;
	bool stop;				 /* accessed atomically */
	unsigned int nr_lost, nr_done, nr_wrong; /* nr_lost: atomically */
};

static void *victim_run(void *arg)
{
	struct victim *v = arg;
	uint8_t buf[200];
	uint16_t field;

	while (!__atomic_load_n(&v->stop, __ATOMIC_ACQUIRE)) {
		memset(buf, 0x42, sizeof(buf));
		if (window_write(v->base + 4000, buf, sizeof(buf)) ||
		    window_read(buf, v->base + 4000, sizeof(buf)) ||
		    window_load16(v->base, &field) ||
		    window_store16(v->base, field)) {
			__atomic_fetch_add(&v->nr_lost, 1, __ATOMIC_RELAXED);
			continue;
		}
		v->nr_done++;
		v->nr_wrong += buf[0] != 0x42 || buf[199] != 0x42;
	}
	return NULL;
}

START_TEST(threads_survive_pages_lost_under_them)
{
	struct window w = make();
	struct victim v[4] = { 0 };
	bool all_lost = false;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		v[i].base = w.hva + i * KIB(64);
		ck_assert_int_eq(
			pthread_create(&v[i].thread, NULL, victim_run, &v[i]),
			0);
	}
	for (int round = 0; !all_lost; round++) {
		all_lost = round >= 500;
		take_back(w.hva, KIB(256));
		sched_yield();
		for (size_t i = 0; i < ARRAY_SIZE(v); i++)
			all_lost &= __atomic_load_n(&v[i].nr_lost,
						    __ATOMIC_RELAXED) > 100;
		give(w.hva, KIB(256));
	}
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		__atomic_store_n(&v[i].stop, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		pthread_join(v[i].thread, NULL);
		ck_assert_uint_eq(v[i].nr_wrong, 0);
	}
	window_fini(&w);
}
END_TEST

/* The signal that a child dies of when it does @what to @p. */
static int death_of(void (*what)(uint8_t *p), uint8_t *p)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDERR_FILENO);
		crash_handlers_install();
		what(p);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Only the window is MADV_DONTFORK: children get a plain page. */
static void copy_there(uint8_t *p)
{
	uint8_t b[16] = { 0 };

	if (window_read(b, p, sizeof(b)) != -EFAULT ||
	    window_write(p, b, sizeof(b)) != -EFAULT)
		_exit(1);
}

static void copy_from_elsewhere(uint8_t *p)
{
	static uint8_t good[16];

	copy_there(p);
	_exit(window_write(good, p, sizeof(good)) ? 1 : 0);
}

static void copy_to_elsewhere(uint8_t *p)
{
	static const uint8_t good[16];

	_exit(window_read(p, good, sizeof(good)) ? 1 : 0);
}

static void touch(uint8_t *p)
{
	copy_there(p);
	*(volatile uint8_t *)p = 1;
}

START_TEST(only_an_access_to_the_window_is_forgiven)
{
	uint8_t *p =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	ck_assert_int_eq(death_of(copy_there, p), 0);
	ck_assert_int_eq(death_of(touch, p), SIGSEGV);
	ck_assert_int_eq(death_of(copy_from_elsewhere, p), SIGSEGV);
	ck_assert_int_eq(death_of(copy_to_elsewhere, p), SIGSEGV);
	munmap(p, 4096);
}
END_TEST

static void read_past_the_window(uint8_t *p)
{
	(void)p;
	for (int side = 0; side < 2; side++) {
		struct window w;
		uint8_t b;

		if (window_init(&w, GPA, LEN))
			_exit(1);
		if (window_read(&b, side ? w.hva + LEN : w.hva - 1, 1) !=
			    -EFAULT ||
		    window_read(&b, side ? w.hva + LEN - 1 : w.hva, 1))
			_exit(1);
		window_fini(&w);
	}
	raise(SIGUSR2); /* came this far */
}

START_TEST(guard_pages_lie_on_both_sides)
{
	ck_assert_int_eq(death_of(read_past_the_window, NULL), SIGUSR2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("window");
	TCase *tc = tcase_create("window");

	crash_handlers_install();
	tcase_add_test(tc, at_is_exact_at_every_byte_of_both_ends);
	tcase_add_test(tc, no_window_contains_nothing);
	tcase_add_test(tc, memfd_cannot_be_resized_and_does_not_leak);
	tcase_add_test(tc, a_host_at_its_limits_gets_no_half_window);
	tcase_add_test(tc, clear_gives_zeros_also_over_revoked_pages);
	tcase_add_test(tc, copies_are_exact_at_every_length_and_alignment);
	tcase_add_test(tc, copies_report_a_lost_page_at_every_byte);
	tcase_add_test(tc,
		       fields_report_a_lost_page_and_work_again_when_shared);
	tcase_add_test(tc, threads_survive_pages_lost_under_them);
	tcase_add_test(tc, only_an_access_to_the_window_is_forgiven);
	tcase_add_test(tc, guard_pages_lie_on_both_sides);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
