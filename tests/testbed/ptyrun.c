// SPDX-License-Identifier: GPL-2.0-only
// Runs a command on a terminal of its own and plays the user in front of it.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

/*
 * usage: ptyrun STEP... -- COMMAND...
 *
 *   wait=TEXT       until TEXT was in the output after what the last wait saw
 *   send=TEXT       types it; \r \n \e and \xNN are understood
 *   size=ROWSxCOLS  makes the window that big (the first one: from the start)
 *   signal=NUMBER   sends it to the command
 *   ignore=NUMBER   the command starts with that signal ignored (the first one)
 *   sleep=MS
 *
 * The output goes to stdout. Exit code: the command's own; 98 when a wait was
 * in vain or the command did not end within LIMIT_S; 99 when it left the
 * terminal in another state than it had.
 */
#define LIMIT_S	     100
#define EXIT_IN_VAIN 98
#define EXIT_TTY     99

struct user {
	int tty;
	pid_t pid;
	char seen[65536]; /* output that no wait has used up */
	size_t len;
	struct timespec end;
};

static int ms_left(const struct user *u)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)(u->end.tv_sec - now.tv_sec) * 1000;
}

/* Reads some output; false at its end or when the time is over. */
static bool read_some(struct user *u, int wait_ms)
{
	struct pollfd p = { .fd = u->tty, .events = POLLIN };
	char buf[512];
	ssize_t n;

	if (poll(&p, 1, wait_ms) <= 0)
		return false;
	n = read(u->tty, buf, sizeof(buf));
	if (n <= 0)
		return false;
	(void)!write(STDOUT_FILENO, buf, (size_t)n);
	if ((size_t)n > sizeof(u->seen) - u->len)
		u->len = 0;
	memcpy(u->seen + u->len, buf, (size_t)n);
	u->len += (size_t)n;
	return true;
}

static bool wait_text(struct user *u, const char *text)
{
	size_t len = strlen(text);

	for (;;) {
		char *at = memmem(u->seen, u->len, text, len);

		if (at) {
			u->len -= (size_t)(at - u->seen) + len;
			memmove(u->seen, at + len, u->len);
			return true;
		}
		if (!read_some(u, ms_left(u))) {
			fprintf(stderr, "ptyrun: no \"%s\"\n", text);
			return false;
		}
	}
}

static void send_text(const struct user *u, const char *text)
{
	for (; *text; text++) {
		char c = *text, hex[3] = { 0 };

		if (c == '\\' && text[1]) {
			c = *++text;
			if (c == 'r')
				c = '\r';
			else if (c == 'n')
				c = '\n';
			else if (c == 'e')
				c = '\033';
			else if (c == 'x' && text[1] && text[2]) {
				memcpy(hex, text + 1, 2);
				c = (char)strtol(hex, NULL, 16);
				text += 2;
			}
		}
		(void)!write(u->tty, &c, 1);
	}
}

/* "ROWSxCOLS" */
static struct winsize parse_size(const char *text)
{
	char *x;
	struct winsize ws = {
		.ws_row = (unsigned short)strtoul(text, &x, 10),
	};

	if (*x)
		ws.ws_col = (unsigned short)strtoul(x + 1, NULL, 10);
	return ws;
}

static void set_size(const struct user *u, const char *text)
{
	struct winsize ws = parse_size(text);

	ioctl(u->tty, TIOCSWINSZ, &ws);
}

static bool step(struct user *u, const char *what)
{
	const char *value = strchr(what, '=');

	if (!value++)
		return false;
	if (!strncmp(what, "wait=", 5))
		return wait_text(u, value);
	if (!strncmp(what, "send=", 5))
		send_text(u, value);
	else if (!strncmp(what, "size=", 5))
		set_size(u, value);
	else if (!strncmp(what, "signal=", 7))
		kill(u->pid, (int)strtol(value, NULL, 10));
	else if (!strncmp(what, "sleep=", 6))
		usleep((useconds_t)strtol(value, NULL, 10) * 1000);
	else
		return false;
	return true;
}

/* The command's status once it ended; -1 when it does not. */
static int wait_end(struct user *u)
{
	int status;

	for (;;) {
		pid_t pid = waitpid(u->pid, &status, WNOHANG);

		while (read_some(u, 0))
			;
		if (pid == u->pid)
			return status;
		if (ms_left(u) <= 0)
			break;
		if (!read_some(u, 50))
			usleep(10000);
	}
	fprintf(stderr, "ptyrun: the command does not end\n");
	kill(u->pid, SIGKILL);
	return -1;
}

/* slave: kept open by us, so that its state can be read at the end. */
static bool same_terminal(int slave, const struct termios *before)
{
	struct termios now;

	if (tcgetattr(slave, &now) || now.c_iflag != before->c_iflag ||
	    now.c_oflag != before->c_oflag || now.c_lflag != before->c_lflag ||
	    now.c_cflag != before->c_cflag) {
		fprintf(stderr, "ptyrun: terminal not restored\n");
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static struct user u;
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };
	struct termios before;
	int i = 1, slave, status, ignored = 0;
	bool ok = true;

	if (argc > 1 && !strncmp(argv[1], "size=", 5))
		ws = parse_size(argv[i++] + 5);
	if (argc > i && !strncmp(argv[i], "ignore=", 7))
		ignored = (int)strtol(argv[i++] + 7, NULL, 10);
	if (openpty(&u.tty, &slave, NULL, NULL, &ws) ||
	    tcgetattr(slave, &before)) {
		perror("ptyrun");
		return 2;
	}
	fcntl(u.tty, F_SETFD, FD_CLOEXEC);
	clock_gettime(CLOCK_MONOTONIC, &u.end);
	u.end.tv_sec += LIMIT_S;
	for (status = i; status < argc && strcmp(argv[status], "--") != 0;)
		status++;
	if (status + 1 >= argc) {
		fprintf(stderr, "usage: ptyrun STEP... -- COMMAND...\n");
		return 2;
	}
	u.pid = fork();
	if (!u.pid) {
		if (login_tty(slave))
			_exit(126);
		if (ignored)
			(void)signal(ignored, SIG_IGN);
		execvp(argv[status + 1], argv + status + 1);
		_exit(127);
	}
	for (; ok && strcmp(argv[i], "--") != 0; i++)
		ok = step(&u, argv[i]);
	if (!ok) {
		kill(u.pid, SIGTERM);
		clock_gettime(CLOCK_MONOTONIC, &u.end);
		u.end.tv_sec += 10;
	}
	status = wait_end(&u);
	if (!same_terminal(slave, &before))
		return EXIT_TTY;
	if (!ok || status < 0)
		return EXIT_IN_VAIN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
