// SPDX-License-Identifier: GPL-2.0-only
/* test_term_out.c: properties of the terminal's output. */
#include "term_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "log.h"

static void *pattern_reader(void *arg)
{
	int fd = *(int *)arg;
	uint8_t bytes[777];
	size_t at = 0;
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			ck_assert_uint_eq(bytes[i], pattern(at++));
	}
	return (void *)at; /* NOLINT(performance-no-int-to-ptr) */
}

START_TEST(throttled_output_arrives_whole_and_in_order)
{
	static struct world w;
	const size_t total = 500000;
	int null = dev_null(), out[2];
	pthread_t reader;
	void *nr_read;

	make_pipe(out);
	ck_assert_int_eq(pthread_create(&reader, NULL, pattern_reader, &out[0]),
			 0);
	start(&w, null, out[1], 0);
	for (size_t at = 0; at < total;) {
		uint8_t bytes[33];
		size_t n = at % sizeof(bytes) + 1;

		if (n > total - at)
			n = total - at;
		for (size_t i = 0; i < n; i++)
			bytes[i] = pattern(at + i);
		term_write(&w.t, bytes, n);
		term_throttle(&w.t);
		at += n;
	}
	ck_assert_int_eq(stop(&w), 0);
	close(out[1]);
	pthread_join(reader, &nr_read);
	ck_assert_uint_eq((size_t)nr_read, total);
	close(out[0]);
	close(null);
}
END_TEST

START_TEST(a_burst_of_bytes_is_a_few_writes)
{
	static struct world w;
	int null = dev_null(), out[2], nr_writes = 0;
	static uint8_t bytes[4096];
	ssize_t n, total = 0;

	/* Each write to a SEQPACKET socket is a message. */
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, out), 0);
	start(&w, null, out[1], 0);
	for (unsigned int i = 0; i < 2000; i++)
		say(&w, "x");
	stop(&w);
	close(out[1]);
	while ((n = read(out[0], bytes, sizeof(bytes))) > 0) {
		nr_writes++;
		total += n;
	}
	ck_assert_int_eq(total, 2000);
	ck_assert_int_le(nr_writes, 100);
	close(out[0]);
	close(null);
}
END_TEST

START_TEST(output_appears_without_waiting_for_more)
{
	static struct world w;
	int null = dev_null(), out[2];
	uint8_t bytes[64];

	make_pipe(out);
	start(&w, null, out[1], 0);
	say(&w, "prompt: ");
	ck_assert_int_eq(read(out[0], bytes, sizeof(bytes)), 8);
	stop(&w);
	close_both(out);
	close(null);
}
END_TEST

START_TEST(full_queue_drops_instead_of_waiting)
{
	static uint8_t bytes[1000000];
	static struct world w;
	int null = dev_null(), out[2];

	make_pipe(out);
	start(&w, null, out[1], 0);
	for (unsigned int i = 0; i < 10; i++)
		term_write(&w.t, bytes, sizeof(bytes));
	close(out[0]); /* wakes the writer with EPIPE */
	stop(&w);
	close(out[1]);
	close(null);
}
END_TEST

START_TEST(gone_reader_costs_the_bytes_and_nothing_else)
{
	static struct world w;
	int null = dev_null(), out[2];
	int64_t begin = clock_ms();

	make_pipe(out);
	close(out[0]);
	start(&w, null, out[1], 0);
	for (unsigned int i = 0; i < 20000; i++) {
		say(&w, "hello, world\n");
		term_throttle(&w.t);
	}
	ck_assert_int_eq(term_error(&w.t), -EPIPE);
	ck_assert_int_eq(stop(&w), -EPIPE);
	ck_assert_int_lt(clock_ms() - begin, PATIENCE_MS);
	close(out[1]);
	close(null);
}
END_TEST

START_TEST(full_disk_costs_the_bytes_and_nothing_else)
{
	static struct world w;
	int null = dev_null(), full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(full, 0);
	start(&w, null, full, 0);
	for (unsigned int i = 0; i < 20000; i++) {
		say(&w, "hello, world\n");
		term_throttle(&w.t);
	}
	ck_assert_int_eq(stop(&w), -ENOSPC);
	start(&w, null, -1, 0); /* stdout closed */
	say(&w, "hello");
	ck_assert_int_eq(stop(&w), -EBADF);
	close(full);
	close(null);
}
END_TEST

/* The pipe is full when it begins. */
static void *late_reader(void *arg)
{
	sleep_ms(100);
	return pattern_reader(arg);
}

START_TEST(nonblocking_output_is_waited_for)
{
	static struct world w;
	const size_t total = 300000;
	int null = dev_null(), out[2];
	pthread_t reader;
	void *nr_read;

	make_pipe(out);
	ck_assert_int_eq(fcntl(out[1], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(pthread_create(&reader, NULL, late_reader, &out[0]),
			 0);
	start(&w, null, out[1], 0);
	for (size_t at = 0; at < total; at++) {
		uint8_t byte = pattern(at);

		term_write(&w.t, &byte, 1);
		term_throttle(&w.t);
	}
	stop(&w);
	close(out[1]);
	pthread_join(reader, &nr_read);
	ck_assert_uint_eq((size_t)nr_read, total);
	close(out[0]);
	close(null);
}
END_TEST

static void *throttled(void *arg)
{
	struct world *w = arg;

	term_throttle(&w->t);
	return NULL;
}

START_TEST(release_frees_who_waits_for_a_reader)
{
	static uint8_t bytes[TERM_OUT_SIZE];
	static struct world w;
	int null = dev_null(), out[2];
	pthread_t waiter;
	int in_pipe = 0;

	make_pipe(out);
	start(&w, null, out[1], 0);
	/* The pipe first, then the queue: the writer sits in write(2). */
	while (in_pipe < fcntl(out[1], F_GETPIPE_SZ)) {
		term_write(&w.t, bytes, sizeof(bytes));
		sleep_ms(1);
		ck_assert_int_eq(ioctl(out[0], FIONREAD, &in_pipe), 0);
	}
	term_write(&w.t, bytes, sizeof(bytes));
	ck_assert(!term_has_room(&w.t));
	ck_assert_int_eq(pthread_create(&waiter, NULL, throttled, &w), 0);
	sleep_ms(50);
	ck_assert_int_eq(pthread_tryjoin_np(waiter, NULL), EBUSY);
	term_release_writers(&w.t);
	pthread_join(waiter, NULL);
	throttled(&w); /* released stays released */
	term_hold_writers(&w.t);
	ck_assert_int_eq(pthread_create(&waiter, NULL, throttled, &w), 0);
	sleep_ms(50);
	ck_assert_int_eq(pthread_tryjoin_np(waiter, NULL), EBUSY);
	close(out[0]); /* a reader that is gone frees as well */
	pthread_join(waiter, NULL);
	stop(&w);
	close(out[1]);
	close(null);
}
END_TEST

/* How long fini takes with a pipe that nobody reads, in ms. */
static int64_t fini_on_a_full_pipe(bool hurry)
{
	static uint8_t bytes[TERM_OUT_SIZE];
	static struct world w;
	int64_t begin;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	start(&w, -1, fds[1], 0);
	for (int i = 0; i < 2; i++) {
		term_write(&w.t, bytes, sizeof(bytes));
		sleep_ms(100);
	}
	if (hurry)
		term_hurry(&w.t);
	begin = clock_ms();
	ck_assert_int_eq(stop(&w), -ETIMEDOUT);
	close(fds[0]); /* the abandoned writer gets out */
	close(fds[1]);
	return clock_ms() - begin;
}

START_TEST(user_in_a_hurry_does_not_wait_for_a_reader)
{
	int64_t ms = fini_on_a_full_pipe(true);

	ck_assert_int_ge(ms, 900);
	ck_assert_int_lt(ms, PATIENCE_MS);
}
END_TEST

static const int ending[] = { SIGTERM, SIGXCPU };

START_TEST(pending_signal_ends_the_wait_for_a_reader)
{
	sigset_t set, old;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, ending[_i]);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	kill(getpid(), ending[_i]);
	ck_assert_int_lt(fini_on_a_full_pipe(false), PATIENCE_MS);
	ck_assert_int_eq(sigwait(&set, &sig), 0);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}
END_TEST

static void note_room(void *ctx)
{
	struct world *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->nr_rooms++;
	pthread_mutex_unlock(&w->lock);
}

static bool has_room(struct world *w)
{
	bool has;

	pthread_mutex_lock(&w->lock);
	has = w->nr_rooms > 0;
	pthread_mutex_unlock(&w->lock);
	return has;
}

START_TEST(offered_output_is_refused_until_half_of_it_is_read)
{
	static struct world w;
	static uint8_t bytes[1000];
	int null = dev_null(), out[2];
	size_t sum = 0, n;
	static uint8_t buf[4096];
	int64_t begin = clock_ms();

	make_pipe(out);
	start(&w, null, out[1], 0);
	w.t.host.output_room = note_room;
	do {
		n = term_offer(&w.t, bytes, sizeof(bytes));
		sum += n;
	} while (n > 0);
	ck_assert_uint_le(sum, TERM_OUT_SIZE / 2 + sizeof(bytes) + KIB(64));
	ck_assert(!has_room(&w));
	/* A pipe holds 64 KiB: what is read of it lets the rest in. */
	ck_assert_int_eq(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
	while (!has_room(&w) && clock_ms() - begin < PATIENCE_MS) {
		if (read(out[0], buf, sizeof(buf)) < 0)
			sleep_ms(1);
	}
	ck_assert(has_room(&w));
	ck_assert_uint_eq(term_offer(&w.t, bytes, sizeof(bytes)),
			  sizeof(bytes));
	close(out[0]);
	stop(&w);
	close(out[1]);
	close(null);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("term_out");
	TCase *tc = tcase_create("term_out");

	log_set_level(LOG_ERROR);
	tcase_add_test(tc, throttled_output_arrives_whole_and_in_order);
	tcase_add_test(tc, a_burst_of_bytes_is_a_few_writes);
	tcase_add_test(tc, output_appears_without_waiting_for_more);
	tcase_add_test(tc, full_queue_drops_instead_of_waiting);
	tcase_add_test(tc, gone_reader_costs_the_bytes_and_nothing_else);
	tcase_add_test(tc, full_disk_costs_the_bytes_and_nothing_else);
	tcase_add_test(tc, nonblocking_output_is_waited_for);
	tcase_add_test(tc, user_in_a_hurry_does_not_wait_for_a_reader);
	tcase_add_loop_test(tc, pending_signal_ends_the_wait_for_a_reader, 0,
			    ARRAY_SIZE(ending));
	tcase_add_test(tc, release_frees_who_waits_for_a_reader);
	tcase_add_test(tc, offered_output_is_refused_until_half_of_it_is_read);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
