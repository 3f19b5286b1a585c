// SPDX-License-Identifier: GPL-2.0-only
/* test_term_jobs.c: the terminal under a shell's job control. */
#include "pty_fixture.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "log.h"

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

/* @main runs in a process of its own, with a terminal. */
static void assert_exits_with_0(void (*main)(struct pty *p))
{
	struct pty p;
	int status;
	pid_t pid;

	open_pty(&p);
	pid = fork();
	if (pid == 0)
		main(&p);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	close_pty(&p);
}

START_TEST(background_leaves_the_terminal_alone_until_brought_forward)
{
	assert_exits_with_0(session_main);
}
END_TEST

struct stopped {
	struct world w;
	struct watch cont; /* signalfd: SIGCONT */
};

static void continued(struct watch *watch, uint32_t events)
{
	struct stopped *s = container_of(watch, struct stopped, cont);
	struct signalfd_siginfo si;

	(void)events;
	if (read(watch->fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		term_resume(&s->w.t);
}

/*
 * In the foreground of terminal @p: raw; then the parent, as a shell, takes the
 * terminal and gives it back with a SIGCONT.
 */
static void stopped_child(const struct pty *p, int ready_fd)
{
	static struct stopped s = {
		.cont = { .events = EPOLLIN, .ready = continued },
	};
	struct world *w = &s.w;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (tcgetpgrp(p->tty) != getpgrp())
		sleep_ms(1);
	start(w, p->tty, p->tty, 100);
	s.cont.fd = signalfd(-1, &set, SFD_NONBLOCK);
	if (!is_raw(p->tty) || loop_add(&w->loop, &s.cont))
		_exit(2);
	if (write(ready_fd, "r", 1) != 1)
		_exit(3);
	if (!wait_for_got(w, 1) || w->got[0] != 'k')
		_exit(4); /* the shell's key, or none */
	if (!is_raw(p->tty))
		_exit(5);
	stop(w);
	_exit(is_as_before(p) ? 0 : 6);
}

/* The shell: stops the job and lets it run in the background. */
static void shell_to_background(struct pty *p, pid_t pid)
{
	int status;
	char byte;

	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	if (tcsetpgrp(p->tty, getpgrp()) ||
	    tcsetattr(p->tty, TCSANOW, &p->modes))
		_exit(12);
	kill(pid, SIGCONT);
	if (write(p->user, "s\n", 2) != 2)
		_exit(13);
	sleep_ms(300);
	if (waitpid(pid, &status, WNOHANG | WUNTRACED) != 0)
		_exit(14); /* it read, and was stopped for it */
	if (!is_as_before(p) || read(p->tty, &byte, 1) != 1 || byte != 's')
		_exit(15);
	tcflush(p->tty, TCIFLUSH);
}

static void shell_main(struct pty *p)
{
	int ready[2], status = 0;
	char byte;
	pid_t pid;

	(void)signal(SIGTTOU, SIG_IGN);
	if (setsid() < 0 || ioctl(p->tty, TIOCSCTTY, 0) || pipe(ready))
		_exit(10);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		stopped_child(p, ready[1]);
	}
	setpgid(pid, pid);
	if (tcsetpgrp(p->tty, pid) || read(ready[0], &byte, 1) != 1)
		_exit(11);
	shell_to_background(p, pid);
	if (tcsetpgrp(p->tty, pid))
		_exit(16);
	kill(pid, SIGCONT);
	for (int i = 0; i < 1000 && !is_raw(p->tty); i++)
		sleep_ms(10);
	if (write(p->user, "k", 1) != 1 || waitpid(pid, &status, 0) != pid)
		_exit(17);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 18);
}

START_TEST(after_a_stop_the_terminal_is_a_shells_until_brought_forward)
{
	assert_exits_with_0(shell_main);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("term_jobs");
	TCase *tc = tcase_create("term_jobs");

	log_set_level(LOG_ERROR);
	tcase_add_test(
		tc, background_leaves_the_terminal_alone_until_brought_forward);
	tcase_add_test(
		tc,
		after_a_stop_the_terminal_is_a_shells_until_brought_forward);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
