// SPDX-License-Identifier: GPL-2.0-only
/*
 * term.c: the user's terminal: modes, keys and what is typed. What the guest
 * prints is term_out.c's.
 *
 * How input works: all of it runs on the loop's thread. Bytes go from the file
 * descriptor to "held" and from there to the guest, as far as it takes them.
 * A terminal is always read, so that Ctrl-a x is seen whatever the guest does;
 * a pipe or file is read only when nothing is held, so nothing of it is lost.
 * term_input_room() (any thread) kicks an eventfd, which brings us here again.
 *
 * The saved modes are one of the two pieces of mutable file-scope state in
 * the program (HACKING.md, "State"): a signal handler has no other way to them.
 */
#include "term.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "log.h"
#include "term_out.h"

#define KEY_ESCAPE 0x01 /* Ctrl-a */

#define READ_CHUNK	1024U
#define READS_PER_VISIT 16U /* of a file, before others have their turn */

static struct {
	struct termios modes;
	int fd;
	bool is_saved;	    /* accessed atomically; set last, cleared first */
	bool is_registered; /* with atexit() */
} term_saved;

static bool in_foreground(int fd)
{
	pid_t group = tcgetpgrp(fd);

	/* Not our controlling terminal: nobody to share it with. */
	return group < 0 || group == getpgrp();
}

/* tcsetattr() that neither stops nor fails in the background. */
static int set_modes(int fd, const struct termios *modes)
{
	sigset_t ttou, old;
	int ret;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &ttou, &old);
	do
		ret = tcsetattr(fd, TCSANOW, modes);
	while (ret && errno == EINTR);
	ret = ret ? -errno : 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret;
}

void term_emergency_restore(void)
{
	int saved_errno = errno;

	if (!__atomic_exchange_n(&term_saved.is_saved, false, __ATOMIC_ACQ_REL))
		return;
	/* In the background the shell has set what it wants. */
	if (in_foreground(term_saved.fd))
		(void)set_modes(term_saved.fd, &term_saved.modes);
	log_set_raw(false);
	errno = saved_errno;
}

static int set_raw_modes(int fd)
{
	struct termios raw = term_saved.modes;

	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return set_modes(fd, &raw);
}

/* False while in the background, where the modes are not ours to change. */
static bool enter_raw(struct term *t)
{
	struct termios modes;

	if (t->is_raw)
		return true;
	if (!in_foreground(t->in_fd) || tcgetattr(t->in_fd, &modes))
		return false;
	/* Not again after a stop: they may still be our own. */
	if (!__atomic_load_n(&term_saved.is_saved, __ATOMIC_ACQUIRE)) {
		term_saved.modes = modes;
		term_saved.fd = t->in_fd;
		__atomic_store_n(&term_saved.is_saved, true, __ATOMIC_RELEASE);
	}
	if (!term_saved.is_registered)
		term_saved.is_registered = atexit(term_emergency_restore) == 0;

	if (set_raw_modes(t->in_fd)) {
		term_emergency_restore();
		return false;
	}
	log_set_raw(true);
	t->is_raw = true;
	return true;
}

/* Hands the guest as much as it takes. */
static void deliver(struct term *t)
{
	size_t taken;

	if (t->held_len > 0) {
		taken = t->host.input(t->host.ctx, t->held + t->held_pos,
				      t->held_len);
		t->held_pos += taken;
		t->held_len -= taken;
	}
	if (t->held_len > 0)
		return;
	t->held_pos = 0;
	if (t->in_eof && !t->in_end_told && t->host.input_end) {
		t->in_end_told = true;
		t->host.input_end(t->host.ctx);
	}
}

/* One typed byte for the guest; lost when far too much waits already. */
static void hold(struct term *t, uint8_t byte)
{
	if (t->held_pos + t->held_len == TERM_HELD_SIZE) {
		memmove(t->held, t->held + t->held_pos, t->held_len);
		t->held_pos = 0;
	}
	if (t->held_len < TERM_HELD_SIZE)
		t->held[t->held_pos + t->held_len++] = byte;
}

static void show_keys(struct term *t)
{
	static const char end[] = "\r\nCtrl-a x  end lkvm-pvm and its VM\r\n";
	static const char detach[] =
		"\r\nCtrl-a d  detach; the VM goes on (x does the same)\r\n";
	static const char others[] = "Ctrl-a b  send a break (sysrq)\r\n"
				     "Ctrl-a a  send Ctrl-a\r\n"
				     "Ctrl-a h  show these keys\r\n";

	if (t->host.can_detach)
		term_write(t, (const uint8_t *)detach, sizeof(detach) - 1);
	else
		term_write(t, (const uint8_t *)end, sizeof(end) - 1);
	term_write(t, (const uint8_t *)others, sizeof(others) - 1);
}

/* The key after Ctrl-a. */
static void take_command(struct term *t, uint8_t key)
{
	if (key == 'd' && t->host.can_detach)
		key = 'x';
	switch (key) {
	case 'x':
		t->host.quit(t->host.ctx);
		break;
	case 'b':
		deliver(t); /* what was typed before it comes before it */
		t->host.send_break(t->host.ctx);
		break;
	case 'a':
	case KEY_ESCAPE:
		hold(t, KEY_ESCAPE);
		break;
	case 'h':
	case '?':
		show_keys(t);
		break;
	default:
		hold(t, KEY_ESCAPE);
		hold(t, key);
		break;
	}
}

static void take_key(struct term *t, uint8_t key)
{
	if (t->escape) {
		t->escape = false;
		take_command(t, key);
	} else if (key == KEY_ESCAPE) {
		t->escape = true;
	} else {
		hold(t, key);
	}
}

static void watch_input(struct term *t)
{
	if (!t->can_poll || t->is_watched || t->in_eof)
		return;
	t->is_watched = loop_add(t->loop, &t->in) == 0;
}

static void unwatch_input(struct term *t)
{
	if (!t->is_watched)
		return;
	t->is_watched = false;
	loop_remove(t->loop, &t->in);
}

/* Reads once; false when there is nothing now, or never again. */
static bool read_input(struct term *t)
{
	uint8_t bytes[READ_CHUNK];
	ssize_t n = read(t->in_fd, bytes, sizeof(bytes));
	int err = n < 0 ? -errno : 0;

	if (err == -EINTR || err == -EAGAIN)
		return false;
	if (n <= 0) { /* end of file, hang-up, closed */
		if (err != -EBADF && !isatty(t->in_fd))
			t->in_error = err;
		t->in_eof = true;
		unwatch_input(t);
		deliver(t);
		return false;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (t->is_tty)
			take_key(t, bytes[i]);
		else
			hold(t, bytes[i]);
	}
	deliver(t);
	return true;
}

/*
 * Makes the terminal ours, if we are in its foreground. Elsewhere read(2) would
 * stop us, and its bytes are for somebody else, who may let them wait: there
 * the watch is edge-triggered, to be told once of each.
 */
static bool claim_terminal(struct term *t)
{
	uint32_t events;

	if (t->is_raw && !in_foreground(t->in_fd)) {
		t->is_raw = false;
		log_set_raw(false);
	}
	if (!t->is_raw)
		(void)enter_raw(t);
	events = t->is_raw ? EPOLLIN : EPOLLIN | EPOLLET;
	if (t->is_watched && t->in.events != events &&
	    loop_change(t->loop, &t->in, events))
		unwatch_input(t);
	return t->is_raw;
}

void term_resume(struct term *t)
{
	if (!t->is_tty)
		return;
	t->is_raw = false; /* whatever it is now, it is set anew */
	log_set_raw(false);
	(void)claim_terminal(t);
}

static void input_ready(struct watch *w, uint32_t events)
{
	struct term *t = container_of(w, struct term, in);

	(void)events; /* read() tells a hang-up from bytes */
	if (!t->is_watched || (t->is_tty && !claim_terminal(t)))
		return;
	read_input(t);
	if (!t->is_tty && t->held_len > 0)
		unwatch_input(t); /* until the guest has room */
}

void term_input_room(struct term *t)
{
	const uint64_t one = 1;

	/* Fails only when it is set already. */
	if (write(t->kick.fd, &one, sizeof(one)) < 0)
		return;
}

/* The guest has room; also how reading a file begins. */
static void kick_ready(struct watch *w, uint32_t events)
{
	struct term *t = container_of(w, struct term, kick);
	uint64_t count;

	(void)events;
	if (read(t->kick.fd, &count, sizeof(count)) < 0)
		return;
	deliver(t);
	if (t->held_len > 0)
		return;
	watch_input(t);
	if (t->can_poll || t->in_eof)
		return;
	for (unsigned int i = 0; i < READS_PER_VISIT; i++) {
		if (!read_input(t) || t->held_len > 0)
			return;
	}
	term_input_room(t);
}

static void room_ready(struct watch *w, uint32_t events)
{
	struct term *t = container_of(w, struct term, room);
	uint64_t count;

	(void)events;
	if (read(w->fd, &count, sizeof(count)) == sizeof(count) &&
	    t->host.output_room)
		t->host.output_room(t->host.ctx);
}

/* An eventfd of the loop. */
static int watch_event(struct term *t, struct watch *w,
		       void (*ready)(struct watch *, uint32_t))
{
	int err;

	*w = (struct watch){ .events = EPOLLIN, .ready = ready };
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		return -errno;
	err = loop_add(t->loop, w);
	if (err) {
		close(w->fd);
		w->fd = -1;
	}
	return err;
}

static void unwatch_event(struct term *t, struct watch *w)
{
	if (w->fd < 0)
		return;
	loop_remove(t->loop, w);
	close(w->fd);
	w->fd = -1;
}

static int start_input(struct term *t)
{
	int err;

	t->in = (struct watch){
		.fd = t->in_fd,
		.events = EPOLLIN,
		.ready = input_ready,
	};
	if (t->is_tty && !enter_raw(t)) /* see claim_terminal() */
		t->in.events |= EPOLLET;
	err = loop_add(t->loop, &t->in);
	t->can_poll = t->is_watched = !err;
	if (err != -EPERM && err != -EBADF)
		return err;
	t->in_eof = err == -EBADF; /* closed; or a file: never waited for */
	term_input_room(t);
	return 0;
}

int term_init(struct term *t, struct loop *loop, int in_fd, int out_fd,
	      const struct term_host *host)
{
	int err;

	memset(t, 0, sizeof(*t));
	t->host = *host;
	t->loop = loop;
	t->in_fd = in_fd;
	t->is_tty = !host->leave_alone && isatty(in_fd);

	t->kick.fd = t->room.fd = -1;

	err = watch_event(t, &t->kick, kick_ready);
	if (!err)
		err = watch_event(t, &t->room, room_ready);
	if (!err)
		err = term_out_start(&t->out, out_fd, t->room.fd);
	if (err) {
		unwatch_event(t, &t->kick);
		unwatch_event(t, &t->room);
		return err;
	}
	if (host->tells_error)
		term_out_keep_quiet(t->out);
	err = start_input(t);
	if (err)
		(void)term_fini(t);
	return err;
}

void term_write(struct term *t, const uint8_t *bytes, size_t len)
{
	term_out_write(t->out, bytes, len);
}

size_t term_offer(struct term *t, const uint8_t *bytes, size_t len)
{
	return term_out_offer(t->out, bytes, len);
}

bool term_size(int fd, uint16_t *cols, uint16_t *rows)
{
	struct winsize ws;

	if (ioctl(fd, TIOCGWINSZ, &ws) || !ws.ws_col || !ws.ws_row)
		return false;
	*cols = ws.ws_col;
	*rows = ws.ws_row;
	return true;
}

void term_throttle(struct term *t)
{
	term_out_throttle(t->out);
}

int term_error(const struct term *t)
{
	return term_out_error(t->out);
}

int term_input_error(const struct term *t)
{
	return t->in_error;
}

bool term_has_room(const struct term *t)
{
	return term_out_has_room(t->out);
}

void term_release_writers(struct term *t)
{
	term_out_set_released(t->out, true);
}

void term_hold_writers(struct term *t)
{
	term_out_set_released(t->out, false);
}

void term_hurry(struct term *t)
{
	term_out_hurry(t->out);
}

int term_fini(struct term *t)
{
	int err;

	if (!t->out)
		return 0;
	err = term_out_stop(t->out);
	t->out = NULL;
	unwatch_input(t);
	unwatch_event(t, &t->kick);
	unwatch_event(t, &t->room);
	if (t->is_tty) /* ours now, or before it was another's */
		term_emergency_restore();
	t->is_raw = false;
	return err;
}
