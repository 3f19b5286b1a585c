// SPDX-License-Identifier: GPL-2.0-only
/* test_term.c: properties of the terminal's input, on pipes, files and ptys. */
#include "pty_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "log.h"

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

	/* The loop's thread may be slow to come to it. */
	for (unsigned int ms = 20; ms <= 2000; ms *= 10) {
		start(&w, null, null, 100);
		sleep_ms(ms);
		stop(&w);
		if (w.t.in_eof)
			break;
	}
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

START_TEST(input_that_cannot_be_read_is_cut)
{
	static struct world w;
	int dir = open("/", O_RDONLY | O_CLOEXEC), null = dev_null();
	const struct {
		int fd, err;
	} inputs[] = { { dir, -EISDIR }, { null, 0 }, { -1, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		/* in_eof is the loop's until it ended. */
		for (unsigned int ms = 20; ms <= 2000; ms *= 10) {
			start(&w, inputs[i].fd, null, 100);
			sleep_ms(ms);
			stop(&w);
			if (w.t.in_eof)
				break;
		}
		ck_assert(w.t.in_eof);
		ck_assert_int_eq(term_input_error(&w.t), inputs[i].err);
	}
	close(dir);
	close(null);
}
END_TEST

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

START_TEST(resume_makes_the_terminal_raw_again)
{
	static struct world w;
	struct pty p;

	open_pty(&p);
	start(&w, p.tty, p.tty, 100);
	ck_assert_int_eq(tcsetattr(p.tty, TCSANOW, &p.modes), 0); /* a shell */
	ck_assert(!is_raw(p.tty));
	term_resume(&w.t);
	ck_assert(is_raw(p.tty));
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
	const struct term_host host = {
		.ctx = NULL,
		.input = on_input,
		.send_break = on_break,
		.quit = on_quit,
	};
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

START_TEST(a_host_at_its_limits_gets_no_half_terminal)
{
	const struct term_host host = {
		.ctx = NULL,
		.input = on_input,
		.send_break = on_break,
		.quit = on_quit,
	};
	static struct loop loop;
	static struct term t;
	struct rlimit old, now;
	int lowest, err;
	struct pty p;

	open_pty(&p);
	ck_assert_int_eq(loop_init(&loop), 0);
	lowest = dup(0);
	ck_assert_int_ge(lowest, 0);
	close(lowest);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (rlim_t more = 0; more < 3; more++) {
		now = (struct rlimit){ (rlim_t)lowest + more, old.rlim_max };
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &now), 0);
		err = term_init(&t, &loop, p.tty, p.tty, &host);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
		ck_assert_int_eq(err, -EMFILE);
		ck_assert(is_as_before(&p));
	}
	/* Input that cannot be watched is not input that has ended. */
	ck_assert_int_eq(term_init(&t, &loop, loop.epoll_fd, p.tty, &host),
			 -EINVAL);
	ck_assert_int_eq(dup(0), lowest);
	close(lowest);
	loop_fini(&loop);
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

START_TEST(last_line_on_a_terminal_is_ended)
{
	static const char *const said[] = { "", "a\r\n", "# " };
	static const char *const shown[] = { ".", "a\r\n.", "# \r\n." };
	static struct world w;

	for (unsigned int i = 0; i < ARRAY_SIZE(said); i++) {
		char text[64];
		size_t n = 0;
		struct pty p;

		open_pty(&p);
		start(&w, p.tty, p.tty, 100);
		say(&w, said[i]);
		stop(&w);
		type(p.tty, ".");
		do {
			ssize_t got =
				read(p.user, text + n, sizeof(text) - 1 - n);

			ck_assert_int_gt(got, 0);
			n += (size_t)got;
		} while (text[n - 1] != '.');
		text[n] = '\0';
		ck_assert_str_eq(text, shown[i]);
		close_pty(&p);
	}
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
	begin = clock_ms();
	stop(&w);
	ck_assert_int_ge(clock_ms() - begin, 900);
	ck_assert_int_lt(clock_ms() - begin, PATIENCE_MS);
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

static void add_terminal_tests(TCase *tc)
{
	tcase_add_test(tc, terminal_is_raw_until_fini);
	tcase_add_test(tc, resume_makes_the_terminal_raw_again);
	tcase_add_test(tc, emergency_restores_once_and_fini_does_not_mind);
	tcase_add_test(tc, failed_init_leaves_nothing_behind);
	tcase_add_test(tc, a_host_at_its_limits_gets_no_half_terminal);
	tcase_add_test(tc, keys_act_across_reads);
	tcase_add_test(tc, ctrl_a_can_be_typed);
	tcase_add_test(tc, help_lists_the_keys);
	tcase_add_test(tc, last_line_on_a_terminal_is_ended);
	tcase_add_test(tc, user_can_leave_a_guest_that_reads_nothing);
	tcase_add_test(tc, fini_gives_up_on_a_stuck_terminal);
	tcase_add_test(tc, hang_up_is_the_end_of_input);
}

int main(void)
{
	Suite *s = suite_create("term");
	TCase *tc = tcase_create("term");

	log_set_level(LOG_ERROR);
	tcase_add_test(tc, pipe_passes_every_byte_at_the_guests_pace);
	tcase_add_test(tc, waiting_costs_no_time);
	tcase_add_test(tc, file_is_read_whenever_there_is_room);
	tcase_add_test(tc, no_input_is_an_input);
	tcase_add_test(tc, input_that_cannot_be_read_is_cut);
	add_terminal_tests(tc);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
