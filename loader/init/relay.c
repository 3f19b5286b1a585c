// SPDX-License-Identifier: GPL-2.0-only
/*
 * relay.c: carries a command's input, output and end to the host and back.
 *
 * How this works: what comes from the port is gathered into frames; bytes for
 * the command's input wait in a ring as large as the credit we give, so they
 * always find room. What goes out is one frame at a time: the next is made when
 * the last has left, news first, then what the command wrote, as far as the host
 * gave credit. So a host that reads one stream and not the other, or nothing,
 * stops the command's writes and costs no memory.
 *
 * When the command has ended, what is in its pipes at that moment is still
 * carried, and then END, behind which nothing is sent: a program left behind that
 * holds them open is not waited for, however much it writes.
 */
#include "init.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/errno.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/time_types.h>
#include <linux/wait.h>

#define KEY_EOF	     4 /* Ctrl-d: the end of a terminal's input */
#define NO_END_YET   UINT32_MAX
#define MAX_STRINGS  4096U
#define MASK_OF(sig) (1ULL << ((sig)-1))

struct relay {
	struct channel *channel;
	int signals;
	struct child child;
	bool runs, ended, end_sent;
	struct exec_end end;

	/* from the host: the frame that comes in */
	struct exec_head head;
	size_t head_len, body_len;
	uint8_t body[EXEC_START_MAX + 1];

	/* for the command's input */
	uint8_t in[EXEC_CREDIT];
	size_t in_pos, in_len;
	bool in_end;
	uint32_t taken; /* of it, not told yet */

	/* to the host: the frame that goes out */
	uint8_t frame[sizeof(struct exec_head) + EXEC_DATA_MAX];
	size_t frame_pos, frame_len;
	bool owes_hello, owes_started;
	struct flow {
		uint32_t credit, left; /* left: of a command that has ended */
	} out, err;
};

/* --- to the host -------------------------------------------------------------- */

static void make_frame(struct relay *r, enum exec_kind kind, const void *body,
		       size_t len)
{
	const struct exec_head h = { .kind = { (uint16_t)kind },
				     .len = { (uint32_t)len } };

	memcpy(r->frame, &h, sizeof(h));
	if (body)
		memcpy(r->frame + sizeof(h), body, len);
	r->frame_pos = 0;
	r->frame_len = sizeof(h) + len;
}

/* False: there is nothing to read now, or never again: then *fd is closed. */
static bool make_data(struct relay *r, int *fd, enum exec_kind kind,
		      struct flow *f)
{
	uint32_t room = f->credit < EXEC_DATA_MAX ? f->credit : EXEC_DATA_MAX;
	long n;

	if (room > f->left)
		room = f->left;
	if (*fd < 0 || room == 0)
		return false;
	n = sys(read, *fd, r->frame + sizeof(struct exec_head), room, 0, 0);
	if (n == -EAGAIN || n == -EINTR)
		return false;
	if (n <= 0) { /* EIO: a terminal that nobody has open */
		if (!r->child.tty)
			(void)sys(close, *fd, 0, 0, 0, 0);
		*fd = -1;
		return false;
	}
	f->credit -= (uint32_t)n;
	if (r->ended)
		f->left -= (uint32_t)n;
	make_frame(r, kind, NULL, (size_t)n);
	return true;
}

/* Whether there is something to carry; a terminal is then made to show it. */
static bool may_hold(int fd, const struct flow *f)
{
	const struct __kernel_timespec now = { 0 };
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return fd >= 0 && f->left > 0 && sys(ppoll, &p, 1, &now, NULL, 0) > 0 &&
	       (p.revents & POLLIN);
}

/* The next frame, if there is one to be sent. */
static void next_frame(struct relay *r)
{
	const le32 version = { EXEC_VERSION }, taken = { r->taken };
	struct child *c = &r->child;

	if (r->end_sent)
		return;
	if (r->owes_hello) {
		r->owes_hello = false;
		make_frame(r, EXEC_HELLO, &version, sizeof(version));
	} else if (r->owes_started) {
		r->owes_started = false;
		make_frame(r, EXEC_STARTED, NULL, 0);
	} else if (!r->ended && (r->taken >= EXEC_CREDIT / 4 ||
				 (r->taken && r->in_len == 0))) {
		r->taken = 0;
		make_frame(r, EXEC_TAKEN, &taken, sizeof(taken));
	} else if (make_data(r, &c->out, EXEC_OUT, &r->out) ||
		   make_data(r, &c->err, EXEC_ERR, &r->err)) {
		return;
	} else if (r->ended && !may_hold(c->out, &r->out) &&
		   !may_hold(c->err, &r->err)) {
		/* What the command changed on disks has to be there. */
		(void)sys(sync, 0, 0, 0, 0, 0);
		r->end_sent = true;
		make_frame(r, EXEC_END, &r->end, sizeof(r->end));
	}
}

static void send_frames(struct relay *r)
{
	for (;;) {
		size_t n;

		if (r->frame_len == r->frame_pos)
			next_frame(r);
		n = channel_write(r->channel, r->frame + r->frame_pos,
				  r->frame_len - r->frame_pos);
		r->frame_pos += n;
		if (!n || r->channel->is_serial)
			return; /* there may be something to read */
	}
}

/* --- the command -------------------------------------------------------------- */

static void close_input(struct relay *r)
{
	struct child *c = &r->child;

	if (c->in >= 0 && !c->tty)
		(void)sys(close, c->in, 0, 0, 0, 0);
	c->in = -1;
	r->taken += (uint32_t)r->in_len; /* nobody reads it any more */
	r->in_len = 0;
}

/* A terminal may have no room for it now. */
static void feed_end(struct relay *r)
{
	const uint8_t key = KEY_EOF;
	long n = 1;

	if (r->child.tty)
		n = sys(write, r->child.in, &key, 1, 0, 0);
	else
		close_input(r);
	r->in_end = n == 0 || n == -EAGAIN || n == -EINTR;
}

static void feed(struct relay *r)
{
	while (r->in_len > 0 && r->child.in >= 0) {
		size_t len = sizeof(r->in) - r->in_pos;
		long n;

		if (len > r->in_len)
			len = r->in_len;
		n = sys(write, r->child.in, r->in + r->in_pos, len, 0, 0);
		if (n == -EAGAIN || n == -EINTR)
			return;
		if (n < 0) {
			close_input(r);
			return;
		}
		r->in_pos = (r->in_pos + (size_t)n) % sizeof(r->in);
		r->in_len -= (size_t)n;
		r->taken += (uint32_t)n;
	}
	if (r->in_end && r->in_len == 0 && r->child.in >= 0)
		feed_end(r);
}

/* What may be in the pipe @fd by now. */
static uint32_t pipe_holds(int fd)
{
	int n = 0;

	return fd >= 0 && sys(ioctl, fd, FIONREAD, &n, 0, 0) == 0 ? (uint32_t)n
								  : 0;
}

static void set_end(struct relay *r, enum exec_how how, int value)
{
	r->runs = false;
	r->ended = true;
	r->end.how.raw = how;
	r->end.value.raw = (uint32_t)value;
	if (r->child.tty) { /* hung up by now; it holds less than that */
		r->out.left = EXEC_CREDIT;
		return;
	}
	close_input(r);
	r->out.left = pipe_holds(r->child.out);
	r->err.left = pipe_holds(r->child.err);
}

/* The children of the command are ours, too, once it has ended. */
static void reap(struct relay *r)
{
	int status = 0;
	long pid;

	while ((pid = sys(wait4, -1, &status, WNOHANG, 0, 0)) > 0) {
		if (!r->runs || pid != r->child.pid)
			continue;
		if ((status & 0x7f) == 0)
			set_end(r, EXEC_EXITED, status >> 8 & 0xff);
		else
			set_end(r, EXEC_SIGNALLED, status & 0x7f);
	}
}

/* The next string of [*at, end); NULL when it does not end there. */
static char *next_string(char **at, const char *end)
{
	char *start = *at, *c = start;

	while (c < end && *c)
		c++;
	if (c >= end)
		return NULL;
	*at = c + 1;
	return start;
}

/* @nr strings, and NULL behind them; false when they are not there. */
static bool take_strings(char **to, uint32_t nr, char **at, const char *end)
{
	if (nr > MAX_STRINGS)
		return false;
	to[nr] = NULL;
	for (uint32_t i = 0; i < nr; i++) {
		to[i] = next_string(at, end);
		if (!to[i])
			return false;
	}
	return true;
}

static void start(struct relay *r)
{
	static char *args[MAX_STRINGS + 1], *envs[MAX_STRINGS + 2];
	const char *end = (char *)r->body + r->body_len;
	struct command c = { .args = args, .envs = envs };
	char *at = (char *)r->body + sizeof(struct exec_start);
	struct exec_start s;
	struct failure why;

	memcpy(&s, r->body, sizeof(s));
	if (r->runs || r->ended || r->body_len < sizeof(s))
		give_up("a START out of place", 0);
	c.tty = le32_get(s.tty) != 0;
	c.size = s.size;
	c.cwd = next_string(&at, end);
	c.user = next_string(&at, end);
	c.fs = next_string(&at, end);
	c.root = le32_get(s.root);
	c.rw = le32_get(s.rw) != 0;
	if (!c.cwd || !c.user || !c.fs ||
	    !take_strings(args, le32_get(s.nr_args), &at, end) ||
	    !take_strings(envs, le32_get(s.nr_envs), &at, end))
		give_up("a START that makes no sense", 0);
	why = enter_root(&c);
	if (!why.err)
		why = spawn(&r->child, &c);
	if (why.err) {
		set_end(r, why.how, why.err);
		return;
	}
	r->runs = r->owes_started = true;
}

/* --- from the host ------------------------------------------------------------ */

static uint32_t body_number(const struct relay *r)
{
	le32 n = { 0 };

	if (r->body_len == sizeof(n))
		memcpy(&n, r->body, sizeof(n));
	return le32_get(n);
}

static void take_input(struct relay *r)
{
	if (r->body_len > sizeof(r->in) - r->in_len)
		give_up("more input than there was credit for", 0);
	if (r->child.in < 0) {
		r->taken += (uint32_t)r->body_len;
		return;
	}
	for (size_t i = 0; i < r->body_len; i++)
		r->in[(r->in_pos + r->in_len++) % sizeof(r->in)] = r->body[i];
}

static void take_frame(struct relay *r)
{
	struct exec_size size;

	switch (le16_get(r->head.kind)) {
	case EXEC_START:
		start(r);
		break;
	case EXEC_IN:
		take_input(r);
		break;
	case EXEC_IN_END:
		r->in_end = true;
		break;
	case EXEC_OUT_CREDIT:
		r->out.credit += body_number(r);
		break;
	case EXEC_ERR_CREDIT:
		r->err.credit += body_number(r);
		break;
	case EXEC_SIGNAL:
		if (r->runs)
			(void)sys(kill, -r->child.pid, body_number(r), 0, 0, 0);
		break;
	case EXEC_SIZE:
		memcpy(&size, r->body, sizeof(size));
		if (r->runs && r->child.tty)
			resize(&r->child, &size);
		break;
	default:
		give_up("a frame that it does not know", 0);
	}
}

/* One read; false when there is nothing now. */
static bool receive(struct relay *r)
{
	uint8_t *to = (uint8_t *)&r->head + r->head_len;
	size_t want = sizeof(r->head) - r->head_len;
	size_t n;

	if (!want) {
		to = r->body + r->body_len;
		want = le32_get(r->head.len) - r->body_len;
	}
	n = channel_read(r->channel, to, want);
	if (!n)
		return false;
	if (r->head_len < sizeof(r->head))
		r->head_len += n;
	else
		r->body_len += n;
	if (r->head_len < sizeof(r->head))
		return true;
	if (le32_get(r->head.len) > EXEC_START_MAX)
		give_up("a frame that is too long", 0);
	if (r->body_len == le32_get(r->head.len)) {
		take_frame(r);
		r->head_len = r->body_len = 0;
	}
	return true;
}

/* --- the loop ------------------------------------------------------------------ */

static struct pollfd watch(int fd, short events, bool wanted)
{
	return (struct pollfd){ .fd = wanted ? fd : -1, .events = events };
}

static void wait(struct relay *r)
{
	const bool idle = r->frame_len == r->frame_pos;
	const struct child *c = &r->child;
	const bool wants = idle && !r->end_sent;
	struct pollfd fds[] = {
		watch(r->channel->in, POLLIN, true),
		watch(r->signals, POLLIN, true),
		watch(c->out, POLLIN,
		      wants && r->out.credit > 0 && r->out.left > 0),
		watch(c->err, POLLIN,
		      wants && r->err.credit > 0 && r->err.left > 0),
		watch(c->in, POLLOUT, r->in_len > 0 || r->in_end),
	};
	/* A port that the host has not opened yet tells of no room. */
	const struct __kernel_timespec soon = { .tv_nsec = 10000000 };
	struct signalfd_siginfo si;
	bool hangs;

	if (!idle)
		fds[0].events = POLLIN | POLLOUT;
	(void)sys(ppoll, fds, sizeof(fds) / sizeof(*fds), NULL, NULL, 0);
	hangs = fds[0].revents & (POLLHUP | POLLERR);
	if (hangs)
		(void)sys(nanosleep, &soon, 0, 0, 0, 0);
	while (sys(read, r->signals, &si, sizeof(si), 0, 0) > 0)
		;
}

static int watch_children(void)
{
	const uint64_t all = ~0ULL, children = MASK_OF(SIGCHLD);

	(void)sys(rt_sigprocmask, SIG_BLOCK, &all, 0, sizeof(all), 0);
	return (int)sys(signalfd4, -1, &children, sizeof(children),
			SFD_CLOEXEC | SFD_NONBLOCK, 0);
}

void relay(struct channel *c)
{
	static struct relay r;

	r.channel = c;
	r.signals = watch_children();
	r.child = (struct child){ .in = -1, .out = -1, .err = -1 };
	r.out = r.err =
		(struct flow){ .credit = EXEC_CREDIT, .left = NO_END_YET };
	r.owes_hello = true;
	for (;;) {
		send_frames(&r);
		wait(&r);
		while (receive(&r))
			;
		feed(&r);
		reap(&r);
	}
}
