// SPDX-License-Identifier: GPL-2.0-only
// One command in the emulated host, with this terminal, pipe or file.
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define EXIT_NO_HOST 125
#define EOF_KEY_MS   1000 /* between two of them */

/*
 * How this works: on a terminal the command gets a terminal of its own in the
 * host, ours is raw, and every key goes there (Ctrl-a and Ctrl-c too);
 * changes of the window's size follow. Otherwise the command gets three
 * pipes. A slow reader there stops us from reading here: sends block.
 */
struct session {
	struct machine m;
	bool is_tty, stdin_open, eof_key;
	struct termios saved;
	int stop_fd, winch_fd;
};

static void window_size(unsigned short *rows, unsigned short *cols)
{
	struct winsize ws = { 0 };

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) || !ws.ws_row || !ws.ws_col)
		ws = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	*rows = ws.ws_row;
	*cols = ws.ws_col;
}

static int put_size(struct wire_fields *f)
{
	unsigned short rows, cols;
	int err;

	window_size(&rows, &cols);
	err = wire_put_num(f, "rows", rows);
	return err ? err : wire_put_num(f, "cols", cols);
}

static void raw_terminal(struct session *s)
{
	struct termios raw;

	if (!s->is_tty || tcgetattr(STDIN_FILENO, &s->saved))
		return;
	raw = s->saved;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void restore_terminal(const struct session *s)
{
	if (s->is_tty)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &s->saved);
}

static int send_command(struct session *s, int argc, char **argv)
{
	struct wire_fields *f = calloc(1, sizeof(*f));
	const char *term = getenv("TERM");
	char env[128];
	int i, err;

	if (!f)
		return -ENOMEM;
	err = wire_put(f, "mode", s->is_tty ? "tty" : "pipe");
	if (!err)
		err = put_size(f);
	snprintf(env, sizeof(env), "TERM=%s", term ? term : "dumb");
	if (!err)
		err = wire_put(f, "env", env);
	for (i = 0; i < argc && !err; i++)
		err = wire_put(f, "arg", argv[i]);
	if (!err)
		err = wire_send(s->m.fd, WIRE_RUN, f->buf, f->len);
	free(f);
	return err;
}

static int pass_input(struct session *s)
{
	char buf[1024];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n > 0)
		return wire_send(s->m.fd, WIRE_INPUT, buf, (size_t)n);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	s->stdin_open = false;
	if (s->eof_key && !s->is_tty)
		return 0; /* converse() types it */
	return wire_send(s->m.fd, WIRE_EOF, NULL, 0);
}

static int pass_winch(struct session *s)
{
	struct signalfd_siginfo info;
	struct wire_fields *f = calloc(1, sizeof(*f));
	int err = f ? put_size(f) : -ENOMEM;

	(void)!read(s->winch_fd, &info, sizeof(info));
	if (!err)
		err = wire_send(s->m.fd, WIRE_WINCH, f->buf, f->len);
	free(f);
	return err;
}

static void put_out(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			poll(&p, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			return; /* our reader is gone */
		}
	}
}

static int exit_code(const struct wire_frame *frame)
{
	int status = (int)wire_num(frame, "status", EXIT_NO_HOST << 8);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Handles what has arrived; 1 when the command ended. */
static int take_frames(struct session *s, int *code)
{
	struct wire_frame frame;
	int got;

	while ((got = wire_next(&s->m.in, &frame)) == 1) {
		if (frame.type == WIRE_OUT)
			put_out(STDOUT_FILENO, frame.data, frame.len);
		else if (frame.type == WIRE_ERR)
			put_out(STDERR_FILENO, frame.data, frame.len);
		if (frame.type != WIRE_EXIT)
			continue;
		*code = exit_code(&frame);
		return 1;
	}
	return got;
}

/*
 * The far shell may not listen yet (a guest that boots), or another program
 * may read before it: Ctrl-d again and again, as somebody leaving would.
 */
static bool types_eof(const struct session *s)
{
	return s->eof_key && !s->is_tty && !s->stdin_open;
}

static int converse(struct session *s, int *code)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = s->m.fd, .events = POLLIN },
			{ .fd = s->stop_fd, .events = POLLIN },
			{ .fd = s->winch_fd, .events = POLLIN },
			{ .fd = s->stdin_open ? STDIN_FILENO : -1,
			  .events = POLLIN },
		};
		int err = 0, n = poll(p, 4, types_eof(s) ? EOF_KEY_MS : -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			err = wire_send(s->m.fd, WIRE_INPUT, "\004", 1);
		if (p[1].revents)
			return -EINTR;
		if (p[0].revents) {
			err = wire_fill(&s->m.in, s->m.fd);
			if (err != 1 && err != -EAGAIN)
				return -EPIPE;
			err = take_frames(s, code);
		}
		if (!err && p[2].revents)
			err = pass_winch(s);
		if (!err && p[3].revents)
			err = pass_input(s);
		if (err)
			return err;
	}
}

static void open_signals(struct session *s)
{
	sigset_t set;

	s->stop_fd = stop_signals();
	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->winch_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int report(int err, const struct machine_config *cfg, bool booted)
{
	if (err == -EINTR)
		return 130;
	machine_show_log("QEMU", cfg->qemu_log);
	machine_show_log("console of the emulated host", cfg->log);
	fprintf(stderr, "%s: %s; see %s and %s\n",
		booted ? "the emulated host died"
		       : "the emulated host did not come up",
		err == -EPIPE ? "QEMU ended" : strerror(-err), cfg->qemu_log,
		cfg->log);
	return EXIT_NO_HOST;
}

int session_main(const struct options *opt, int argc, char **argv)
{
	const struct host_kind *kind = hosts_find(opt->host);
	struct machine_config cfg;
	static struct session s;
	const char *why;
	int code = EXIT_NO_HOST, err;

	why = kind ? hosts_configure(kind, opt, 0, &cfg)
		   : "there is no such host";
	if (why) {
		fprintf(stderr, "host '%s': %s\n", opt->host, why);
		return EXIT_NO_HOST;
	}
	open_signals(&s);
	s.is_tty = isatty(STDIN_FILENO);
	s.stdin_open = true;
	s.eof_key = opt->eof_key;
	err = machine_start(&s.m, &cfg, s.stop_fd);
	if (err)
		return report(err, &cfg, false);
	if (opt->verbose)
		machine_show_log("console of the emulated host", cfg.log);
	err = send_command(&s, argc, argv);
	if (!err) {
		raw_terminal(&s);
		err = converse(&s, &code);
		restore_terminal(&s);
	}
	machine_stop(&s.m);
	if (err != 1)
		return report(err, &cfg, true);
	if (code == EXIT_NO_HOST)
		fprintf(stderr, "the emulated host's console is in %s\n",
			cfg.log);
	return code;
}
