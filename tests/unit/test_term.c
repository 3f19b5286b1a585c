// SPDX-License-Identifier: GPL-2.0-only
/* test_term.c: properties of the terminal, on pipes, files and ptys. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "term.h"

#define PATIENCE_MS 10000

/* A terminal with its loop, and a guest that takes @appetite bytes. */
struct world {
	struct term t;
	struct loop loop;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	uint8_t got[65536];
	size_t nr_got, appetite;
	unsigned int nr_breaks, nr_quits;
	size_t got_at_break;
};

static size_t on_input(void *ctx, const uint8_t *bytes, size_t len)
{
	struct world *w = ctx;

	pthread_mutex_lock(&w->lock);
	if (len > w->appetite)
		len = w->appetite;
	ck_assert_uint_le(w->nr_got + len, sizeof(w->got));
	memcpy(w->got + w->nr_got, bytes, len);
	w->nr_got += len;
	w->appetite -= len;
	pthread_mutex_unlock(&w->lock);
	return len;
}

static void on_break(void *ctx)
{
	struct world *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->nr_breaks++;
	w->got_at_break = w->nr_got;
	pthread_mutex_unlock(&w->lock);
}

static void on_quit(void *ctx)
{
	struct world *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->nr_quits++;
	pthread_mutex_unlock(&w->lock);
}

static void *loop_main(void *arg)
{
	struct world *w = arg;

	ck_assert_int_eq(loop_run(&w->loop), 0);
	return NULL;
}

static void start(struct world *w, int in_fd, int out_fd, size_t appetite)
{
	const struct term_host host = { w, on_input, on_break, on_quit };

	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	w->appetite = appetite;
	ck_assert_int_eq(loop_init(&w->loop), 0);
	ck_assert_int_eq(term_init(&w->t, &w->loop, in_fd, out_fd, &host), 0);
	ck_assert_int_eq(pthread_create(&w->thread, NULL, loop_main, w), 0);
}

static void stop(struct world *w)
{
	loop_stop(&w->loop);
	pthread_join(w->thread, NULL);
	term_fini(&w->t);
	term_fini(&w->t); /* idempotent */
	loop_fini(&w->loop);
	pthread_mutex_destroy(&w->lock);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void sleep_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void feed(struct world *w, size_t appetite)
{
	pthread_mutex_lock(&w->lock);
	w->appetite += appetite;
	pthread_mutex_unlock(&w->lock);
	term_input_room(&w->t);
}

static size_t nr_got(struct world *w)
{
	size_t n;

	pthread_mutex_lock(&w->lock);
	n = w->nr_got;
	pthread_mutex_unlock(&w->lock);
	return n;
}

static unsigned int nr_quits(struct world *w)
{
	unsigned int n;

	pthread_mutex_lock(&w->lock);
	n = w->nr_quits;
	pthread_mutex_unlock(&w->lock);
	return n;
}

static bool wait_for_got(struct world *w, size_t n)
{
	int64_t end = now_ms() + PATIENCE_MS;

	while (nr_got(w) < n && now_ms() < end)
		sleep_ms(1);
	return nr_got(w) == n;
}

static bool wait_for_quit(struct world *w)
{
	int64_t end = now_ms() + PATIENCE_MS;

	while (nr_quits(w) == 0 && now_ms() < end)
		sleep_ms(1);
	return nr_quits(w) == 1;
}

static void say(struct world *w, const char *text)
{
	term_write(&w->t, (const uint8_t *)text, strlen(text));
}

static void type(int fd, const char *keys)
{
	ck_assert_int_eq(write(fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static void make_pipe(int fds[2])
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
}

static void close_both(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static int dev_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 31 + (i >> 8));
}

/* --- output --------------------------------------------------------------- */

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
	stop(&w);
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
	int64_t begin = now_ms();

	make_pipe(out);
	close(out[0]);
	start(&w, null, out[1], 0);
	for (unsigned int i = 0; i < 20000; i++) {
		say(&w, "hello, world\n");
		term_throttle(&w.t);
	}
	stop(&w);
	ck_assert_int_lt(now_ms() - begin, PATIENCE_MS);
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
	stop(&w);
	start(&w, null, -1, 0); /* stdout closed */
	say(&w, "hello");
	stop(&w);
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

	make_pipe(out);
	start(&w, null, out[1], 0);
	for (unsigned int i = 0; i < 4; i++) {
		term_write(&w.t, bytes, sizeof(bytes));
		sleep_ms(10);
	}
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

/* --- input from pipes and files ------------------------------------------- */

START_TEST(pipe_passes_every_byte_at_the_guests_pace)
{
	static struct world w;
	int in[2], null = dev_null();
	static uint8_t bytes[20000];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = pattern(i); /* Ctrl-a among them */
	make_pipe(in);
	ck_assert_int_eq(write(in[1], bytes, sizeof(bytes)), sizeof(bytes));
	close(in[1]);
	start(&w, in[0], null, 10);
	for (size_t fed = 10; fed < sizeof(bytes); fed += 499) {
		ck_assert(wait_for_got(&w, fed));
		feed(&w, 499);
	}
	ck_assert(wait_for_got(&w, sizeof(bytes)));
	stop(&w);
	ck_assert_mem_eq(w.got, bytes, sizeof(bytes));
	ck_assert_uint_eq(w.nr_quits + w.nr_breaks, 0);
	ck_assert(w.t.in_eof);
	close(in[0]);
	close(null);
}
END_TEST

/* CPU time of the process; a loop that spins shows here. */
static int64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

START_TEST(waiting_costs_no_time)
{
	static struct world w;
	int in[2], null = dev_null();
	int64_t before;

	make_pipe(in);
	type(in[1], "not taken");
	start(&w, in[0], null, 0);
	close(in[1]); /* hung up, and readable */
	before = cpu_ms();
	sleep_ms(300);
	ck_assert_int_lt(cpu_ms() - before, 100);
	feed(&w, 100);
	ck_assert(wait_for_got(&w, 9));
	before = cpu_ms();
	sleep_ms(300);
	ck_assert_int_lt(cpu_ms() - before, 100);
	stop(&w);
	close(in[0]);
	close(null);
}
END_TEST

START_TEST(file_is_read_whenever_there_is_room)
{
	char path[] = "/tmp/lkvm-pvm-term-XXXXXX";
	static struct world w;
	int null = dev_null(), fd = mkstemp(path);
	static uint8_t bytes[40000];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = pattern(i);
	ck_assert_int_ge(fd, 0);
	unlink(path);
	ck_assert_int_eq(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	start(&w, fd, null, 100);
	ck_assert(wait_for_got(&w, 100));
	feed(&w, 20000);
	ck_assert(wait_for_got(&w, 20100));
	feed(&w, 100000);
	ck_assert(wait_for_got(&w, sizeof(bytes)));
	stop(&w);
	ck_assert_mem_eq(w.got, bytes, sizeof(bytes));
	close(fd);
	close(null);
}
END_TEST

START_TEST(no_input_is_an_input)
{
	static struct world w;
	int null = dev_null();

	start(&w, null, null, 100);
	sleep_ms(20);
	stop(&w);
	ck_assert(w.t.in_eof);
	ck_assert_uint_eq(w.nr_got, 0);
	start(&w, -1, null, 100); /* stdin closed */
	feed(&w, 1);
	sleep_ms(20);
	stop(&w);
	ck_assert_uint_eq(w.nr_got, 0);
	close(null);
}
END_TEST

/* --- terminals ------------------------------------------------------------ */

struct pty {
	int user, tty; /* the user's end, ours */
	struct termios modes;
};

static void open_pty(struct pty *p)
{
	ck_assert_int_eq(openpty(&p->user, &p->tty, NULL, NULL, NULL), 0);
	ck_assert_int_eq(tcgetattr(p->tty, &p->modes), 0);
}

static void close_pty(const struct pty *p)
{
	close(p->user);
	close(p->tty);
}

static bool is_raw(int tty)
{
	struct termios now;

	ck_assert_int_eq(tcgetattr(tty, &now), 0);
	return !(now.c_lflag & (ICANON | ECHO | ISIG)) &&
	       !(now.c_oflag & OPOST);
}

static bool is_as_before(const struct pty *p)
{
	struct termios now;

	ck_assert_int_eq(tcgetattr(p->tty, &now), 0);
	return now.c_lflag == p->modes.c_lflag &&
	       now.c_iflag == p->modes.c_iflag &&
	       now.c_oflag == p->modes.c_oflag &&
	       now.c_cflag == p->modes.c_cflag;
}

START_TEST(terminal_is_raw_until_fini)
{
	static struct world w;
	struct pty p;

	open_pty(&p);
	start(&w, p.tty, p.tty, 100);
	ck_assert(is_raw(p.tty));
	type(p.user, "\003\032\r\n"); /* Ctrl-c, Ctrl-z are the guest's */
	ck_assert(wait_for_got(&w, 4));
	ck_assert_mem_eq(w.got, "\003\032\r\n", 4);
	stop(&w);
	ck_assert(is_as_before(&p));
	close_pty(&p);
}
END_TEST

START_TEST(emergency_restores_once_and_fini_does_not_mind)
{
	static struct world w;
	struct pty p;

	term_emergency_restore(); /* nothing to restore yet */
	open_pty(&p);
	start(&w, p.tty, p.tty, 100);
	errno = EXDEV;
	term_emergency_restore();
	ck_assert_int_eq(errno, EXDEV);
	ck_assert(is_as_before(&p));
	stop(&w);
	ck_assert(is_as_before(&p));
	close_pty(&p);
	term_emergency_restore(); /* ... and no longer */
}
END_TEST

START_TEST(failed_init_leaves_nothing_behind)
{
	const struct term_host host = { NULL, on_input, on_break, on_quit };
	struct loop no_loop = { .epoll_fd = -1, .wake_fd = -1 };
	static struct term t;
	struct pty p;

	open_pty(&p);
	ck_assert_int_lt(term_init(&t, &no_loop, p.tty, p.tty, &host), 0);
	ck_assert(is_as_before(&p));
	term_fini(&t);
	close_pty(&p);
}
END_TEST

START_TEST(keys_act_across_reads)
{
	static struct world w;
	struct pty p;

	open_pty(&p);
	start(&w, p.tty, p.tty, 100);
	type(p.user, "ab\001");
	ck_assert(wait_for_got(&w, 2));
	type(p.user, "b");
	type(p.user, "c");
	ck_assert(wait_for_got(&w, 3));
	type(p.user, "\001");
	sleep_ms(10);
	type(p.user, "x");
	ck_assert(wait_for_quit(&w));
	stop(&w);
	ck_assert_uint_eq(w.nr_breaks, 1);
	ck_assert_uint_eq(w.got_at_break, 2);
	ck_assert_mem_eq(w.got, "abc", 3);
	close_pty(&p);
}
END_TEST

START_TEST(ctrl_a_can_be_typed)
{
	static struct world w;
	struct pty p;

	open_pty(&p);
	start(&w, p.tty, p.tty, 100);
	type(p.user, "1\001a2\001\0013\001e");
	ck_assert(wait_for_got(&w, 7));
	stop(&w);
	ck_assert_mem_eq(w.got, "1\0012\0013\001e", 7);
	ck_assert_uint_eq(w.nr_quits + w.nr_breaks, 0);
	close_pty(&p);
}
END_TEST

START_TEST(help_lists_the_keys)
{
	static struct world w;
	char text[1024] = "";
	struct pty p;
	size_t n = 0;

	open_pty(&p);
	start(&w, p.tty, p.tty, 100);
	type(p.user, "\001h");
	while (!strstr(text, "Ctrl-a h")) {
		ssize_t got = read(p.user, text + n, sizeof(text) - 1 - n);

		ck_assert_int_gt(got, 0);
		n += (size_t)got;
		text[n] = '\0';
	}
	ck_assert_ptr_nonnull(strstr(text, "Ctrl-a x"));
	stop(&w);
	ck_assert_uint_eq(w.nr_got, 0);
	close_pty(&p);
}
END_TEST

START_TEST(user_can_leave_a_guest_that_reads_nothing)
{
	static struct world w;
	char line[1000];
	struct pty p;

	open_pty(&p);
	start(&w, p.tty, p.tty, 0);
	memset(line, 'z', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (unsigned int i = 0; i < TERM_HELD_SIZE / 500; i++)
		type(p.user, line);
	type(p.user, "\001x");
	ck_assert(wait_for_quit(&w));
	feed(&w, sizeof(w.got)); /* what was typed first is there */
	ck_assert(wait_for_got(&w, TERM_HELD_SIZE));
	stop(&w);
	close_pty(&p);
}
END_TEST

START_TEST(fini_gives_up_on_a_stuck_terminal)
{
	static uint8_t bytes[TERM_OUT_SIZE];
	static struct world w;
	struct pty p;
	int64_t begin;

	open_pty(&p);
	start(&w, p.tty, p.tty, 0);
	term_write(&w.t, bytes, sizeof(bytes)); /* nobody reads p.user */
	begin = now_ms();
	stop(&w);
	ck_assert_int_ge(now_ms() - begin, 900);
	ck_assert_int_lt(now_ms() - begin, PATIENCE_MS);
	ck_assert(is_as_before(&p));
	close_pty(&p);
}
END_TEST

START_TEST(hang_up_is_the_end_of_input)
{
	static struct world w;
	struct pty p;
	int64_t before;

	open_pty(&p);
	start(&w, p.tty, p.tty, 100);
	close(p.user);
	sleep_ms(50);
	before = cpu_ms();
	sleep_ms(300);
	ck_assert_int_lt(cpu_ms() - before, 100);
	say(&w, "to nobody");
	stop(&w);
	ck_assert(w.t.in_eof);
	close(p.tty);
}
END_TEST

/*
 * In a session of its own, in the background of terminal @p: exits 0 when the
 * terminal was left alone there, and made raw at the first key after.
 */
static void background_child(const struct pty *p, int ready_fd)
{
	static struct world w;

	start(&w, p->tty, p->tty, 100);
	if (!is_as_before(p))
		_exit(2);
	say(&w, "x");
	sleep_ms(100);
	term_emergency_restore();
	if (!is_as_before(p))
		_exit(3);
	if (write(ready_fd, "r", 1) != 1)
		_exit(4);
	if (!wait_for_got(&w, 2) || memcmp(w.got, "k\n", 2) != 0)
		_exit(5);
	if (!is_raw(p->tty))
		_exit(6);
	stop(&w);
	_exit(is_as_before(p) ? 0 : 7);
}

static void session_main(struct pty *p)
{
	int ready[2], status = 0;
	char byte;
	pid_t pid;

	if (setsid() < 0 || ioctl(p->tty, TIOCSCTTY, 0) || pipe(ready))
		_exit(10);
	p->modes.c_lflag |= TOSTOP;
	if (tcsetattr(p->tty, TCSANOW, &p->modes))
		_exit(11);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		background_child(p, ready[1]);
	}
	close(ready[1]);
	setpgid(pid, pid);
	if (read(ready[0], &byte, 1) != 1)
		_exit(12);
	if (tcsetpgrp(p->tty, pid) || write(p->user, "k\n", 2) != 2)
		_exit(13);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		_exit(14);
	_exit(WEXITSTATUS(status));
}

START_TEST(background_leaves_the_terminal_alone_until_brought_forward)
{
	struct pty p;
	int status;
	pid_t pid;

	open_pty(&p);
	pid = fork();
	if (pid == 0)
		session_main(&p);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	close_pty(&p);
}
END_TEST

static void add_output_tests(TCase *tc)
{
	tcase_add_test(tc, throttled_output_arrives_whole_and_in_order);
	tcase_add_test(tc, a_burst_of_bytes_is_a_few_writes);
	tcase_add_test(tc, output_appears_without_waiting_for_more);
	tcase_add_test(tc, full_queue_drops_instead_of_waiting);
	tcase_add_test(tc, gone_reader_costs_the_bytes_and_nothing_else);
	tcase_add_test(tc, full_disk_costs_the_bytes_and_nothing_else);
	tcase_add_test(tc, nonblocking_output_is_waited_for);
	tcase_add_test(tc, release_frees_who_waits_for_a_reader);
}

static void add_terminal_tests(TCase *tc)
{
	tcase_add_test(tc, terminal_is_raw_until_fini);
	tcase_add_test(tc, emergency_restores_once_and_fini_does_not_mind);
	tcase_add_test(tc, failed_init_leaves_nothing_behind);
	tcase_add_test(tc, keys_act_across_reads);
	tcase_add_test(tc, ctrl_a_can_be_typed);
	tcase_add_test(tc, help_lists_the_keys);
	tcase_add_test(tc, user_can_leave_a_guest_that_reads_nothing);
	tcase_add_test(tc, fini_gives_up_on_a_stuck_terminal);
	tcase_add_test(tc, hang_up_is_the_end_of_input);
}

int main(void)
{
	Suite *s = suite_create("term");
	TCase *tc = tcase_create("term");

	log_set_level(LOG_ERROR);
	tcase_set_timeout(tc, 120);
	/* Forks: before any thread was started. */
	tcase_add_test(
		tc, background_leaves_the_terminal_alone_until_brought_forward);
	add_output_tests(tc);
	tcase_add_test(tc, pipe_passes_every_byte_at_the_guests_pace);
	tcase_add_test(tc, waiting_costs_no_time);
	tcase_add_test(tc, file_is_read_whenever_there_is_room);
	tcase_add_test(tc, no_input_is_an_input);
	add_terminal_tests(tc);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
