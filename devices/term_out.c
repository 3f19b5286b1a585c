// SPDX-License-Identifier: GPL-2.0-only
/*
 * term_out.c: what the guest prints, from a ring to the file descriptor.
 *
 * How this works: term_write() appends under the lock and wakes the writer
 * only for the first byte of a burst. The writer then gives the burst a few
 * milliseconds to grow (nobody sees them) and writes all of it at once: a
 * guest prints a byte per exit, and a system call for each would cost
 * more than the exit. write(2) is called without the lock, by this thread
 * alone, with every signal blocked: SIGTTOU does not stop us in the background,
 * SIGPIPE does not kill us, EPIPE tells.
 *
 * A writer that sits in write(2) when all is over is abandoned: nothing else
 * ends it but a signal of its own. It frees the queue when it gets out; the end
 * of the process is more likely.
 */
#include "term_out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "term.h"
#include "thread.h"

#define GATHER_MS    3
#define GATHER_BYTES 4096U /* enough of a burst: no more waiting */
#define THROTTLE_AT  (TERM_OUT_SIZE / 2)

#define STALL_TTY_MS  1000
#define STALL_PIPE_MS 30000
#define STALL_LOOK_MS 100 /* how often a wait looks for a pending signal */

enum writer_state {
	WRITER_IDLE,	  /* waits for the first byte of a burst: wake it */
	WRITER_GATHERING, /* waits for more of it */
	WRITER_WRITING,
};

struct term_out {
	int fd;	     /* our own: an abandoned writer still has it */
	int room_fd; /* eventfd; borrowed */
	pthread_t writer;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t more, room;
	uint8_t bytes[TERM_OUT_SIZE] GUARDED_BY(lock);
	size_t head GUARDED_BY(lock), len GUARDED_BY(lock);
	uint64_t nr_written GUARDED_BY(lock), nr_dropped GUARDED_BY(lock);
	uint8_t last GUARDED_BY(lock); /* byte queued; 0 in the beginning */
	enum writer_state state GUARDED_BY(lock);
	bool closing GUARDED_BY(lock), released GUARDED_BY(lock);
	bool abandoned GUARDED_BY(lock);
	int error GUARDED_BY(lock); /* -errno: nothing is written any more */
	bool hurried GUARDED_BY(lock), room_wanted GUARDED_BY(lock);
	bool quiet GUARDED_BY(lock);
};

/* len is read without the lock in term_out_throttle(). */
static void set_len(struct term_out *o, size_t len)
{
	__atomic_store_n(&o->len, len, __ATOMIC_RELAXED);
}

int term_out_error(struct term_out *o)
{
	int err;

	pthread_mutex_lock(&o->lock);
	err = o->error;
	pthread_mutex_unlock(&o->lock);
	return err;
}

void term_out_write(struct term_out *o, const uint8_t *bytes, size_t len)
{
	size_t tail, first, room;

	pthread_mutex_lock(&o->lock);
	room = o->error ? 0 : TERM_OUT_SIZE - o->len;
	if (len > room) {
		o->nr_dropped += len - room;
		len = room;
	}
	tail = (o->head + o->len) % TERM_OUT_SIZE;
	first = len < TERM_OUT_SIZE - tail ? len : TERM_OUT_SIZE - tail;
	memcpy(o->bytes + tail, bytes, first);
	memcpy(o->bytes, bytes + first, len - first);
	set_len(o, o->len + len);
	if (len > 0)
		o->last = bytes[len - 1];
	if (len > 0 &&
	    (o->state == WRITER_IDLE ||
	     (o->state == WRITER_GATHERING && o->len >= GATHER_BYTES)))
		pthread_cond_signal(&o->more);
	pthread_mutex_unlock(&o->lock);
}

size_t term_out_offer(struct term_out *o, const uint8_t *bytes, size_t len)
{
	bool has_room;

	pthread_mutex_lock(&o->lock);
	has_room = o->len <= THROTTLE_AT;
	o->room_wanted |= !has_room;
	pthread_mutex_unlock(&o->lock);
	if (!has_room)
		return 0;
	/* A guest's other console may come between: for that is the rest. */
	if (len > THROTTLE_AT / 2)
		len = THROTTLE_AT / 2;
	term_out_write(o, bytes, len);
	return len;
}

/* For who waits without a thread; the others wait for o->room. */
static void tell_room(struct term_out *o)
{
	const uint64_t one = 1;

	if (!o->room_wanted || o->len > THROTTLE_AT)
		return;
	o->room_wanted = false;
	/* Fails only when it is set already. */
	if (write(o->room_fd, &one, sizeof(one)) < 0)
		return;
}

bool term_out_has_room(const struct term_out *o)
{
	return __atomic_load_n(&o->len, __ATOMIC_RELAXED) <= THROTTLE_AT;
}

void term_out_throttle(struct term_out *o)
{
	if (term_out_has_room(o))
		return;
	pthread_mutex_lock(&o->lock);
	while (o->len > THROTTLE_AT && !o->released && !o->error)
		pthread_cond_wait(&o->room, &o->lock);
	pthread_mutex_unlock(&o->lock);
}

void term_out_set_released(struct term_out *o, bool released)
{
	pthread_mutex_lock(&o->lock);
	o->released = released;
	pthread_cond_broadcast(&o->room);
	pthread_mutex_unlock(&o->lock);
}

/* write(2): bytes written or -errno. */
static ssize_t write_out(int fd, const uint8_t *bytes, size_t len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	for (;;) {
		ssize_t n = write(fd, bytes, len);

		if (n >= 0)
			return n;
		if (errno == EAGAIN) /* somebody made it non-blocking */
			(void)poll(&pfd, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
}

/* Waits for a burst and gives it time to grow. False: no more will come. */
static bool wait_for_output(struct term_out *o)
{
	struct timespec until;
	int ret = 0;

	o->state = WRITER_IDLE;
	while (o->len == 0 && !o->closing)
		pthread_cond_wait(&o->more, &o->lock);

	until = clock_after_ms(GATHER_MS);
	o->state = WRITER_GATHERING;
	while (o->len < GATHER_BYTES && !o->closing && ret != ETIMEDOUT)
		ret = pthread_cond_clockwait(&o->more, &o->lock,
					     CLOCK_MONOTONIC, &until);
	o->state = WRITER_WRITING;
	return o->len > 0;
}

static void give_up(struct term_out *o, ssize_t err)
{
	o->error = err ? (int)err : -EIO;
	o->nr_dropped += o->len;
	set_len(o, 0);
	if (!o->quiet)
		log_warn("console output: %s; what the guest prints is dropped "
			 "from here on",
			 err ? errno_text((int)err) : "nothing written");
}

/* Writes one stretch of the ring; called with the lock, which it drops. */
static void write_stretch(struct term_out *o)
{
	size_t to_end = TERM_OUT_SIZE - o->head;
	size_t len = o->len < to_end ? o->len : to_end;
	const uint8_t *bytes = o->bytes + o->head;
	ssize_t n;

	pthread_mutex_unlock(&o->lock);
	n = write_out(o->fd, bytes, len);
	pthread_mutex_lock(&o->lock);
	if (o->abandoned)
		return;
	if (n > 0) {
		o->head = (o->head + (size_t)n) % TERM_OUT_SIZE;
		set_len(o, o->len - (size_t)n);
		o->nr_written += (uint64_t)n;
	} else {
		give_up(o, n);
	}
	tell_room(o);
	pthread_cond_broadcast(&o->room);
}

static void term_out_free(struct term_out *o)
{
	pthread_cond_destroy(&o->room);
	pthread_cond_destroy(&o->more);
	pthread_mutex_destroy(&o->lock);
	if (o->fd >= 0)
		close(o->fd);
	free(o);
}

static void *writer_main(void *arg)
{
	struct term_out *o = arg;
	bool is_mine;

	pthread_mutex_lock(&o->lock);
	while (!o->abandoned && wait_for_output(o))
		write_stretch(o);
	is_mine = o->abandoned;
	pthread_mutex_unlock(&o->lock);
	if (is_mine)
		term_out_free(o);
	return NULL;
}

int term_out_start(struct term_out **out, int fd, int room_fd)
{
	struct term_out *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	o->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (o->fd < 0 && errno != EBADF) {
		err = -errno;
		free(o);
		return err;
	}
	/* -1 when stdout is closed: write(2) will say so. */
	o->room_fd = room_fd;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->more, NULL);
	pthread_cond_init(&o->room, NULL);

	err = thread_start(&o->writer, "terminal", writer_main, o);
	if (err) {
		term_out_free(o);
		return err;
	}
	*out = o;
	return 0;
}

void term_out_keep_quiet(struct term_out *o)
{
	pthread_mutex_lock(&o->lock);
	o->quiet = true;
	pthread_mutex_unlock(&o->lock);
}

void term_out_hurry(struct term_out *o)
{
	pthread_mutex_lock(&o->lock);
	o->hurried = true;
	pthread_mutex_unlock(&o->lock);
}

/* They are blocked, and nobody reads their signalfd any more. */
static bool end_is_pending(void)
{
	sigset_t set;

	if (sigpending(&set))
		return false;
	sigdelset(&set, SIGCONT);
	sigdelset(&set, SIGWINCH);
	return !sigisemptyset(&set);
}

static long stall_limit_ms(const struct term_out *o)
{
	if (o->hurried || end_is_pending() || isatty(o->fd))
		return STALL_TTY_MS;
	return STALL_PIPE_MS;
}

/* True when all is written; false when the reader does not read. */
static bool drain(struct term_out *o)
{
	uint64_t before = o->nr_written;
	long stalled_ms = 0;

	while (o->len > 0 && stalled_ms < stall_limit_ms(o)) {
		struct timespec until = clock_after_ms(STALL_LOOK_MS);

		if (pthread_cond_clockwait(&o->room, &o->lock, CLOCK_MONOTONIC,
					   &until) == ETIMEDOUT)
			stalled_ms += STALL_LOOK_MS;
		if (o->nr_written != before)
			stalled_ms = 0;
		before = o->nr_written;
	}
	return o->len == 0;
}

/* What we or the shell say next on a terminal begins a line of its own. */
static void end_line(struct term_out *o)
{
	uint8_t last;

	pthread_mutex_lock(&o->lock);
	last = o->last;
	pthread_mutex_unlock(&o->lock);
	if (last && last != '\n' && isatty(o->fd))
		term_out_write(o, (const uint8_t *)"\r\n", 2);
}

int term_out_stop(struct term_out *o)
{
	pthread_t writer = o->writer;
	bool drained;
	int err;

	end_line(o);
	pthread_mutex_lock(&o->lock);
	o->closing = o->released = true;
	pthread_cond_signal(&o->more);
	drained = drain(o);
	if (o->nr_dropped > 0 && !o->error)
		log_warn("console output: %llu bytes dropped: they came faster "
			 "than they were read",
			 (unsigned long long)o->nr_dropped);
	if (!drained)
		log_warn("console output: nobody reads it; its last %zu bytes "
			 "are lost",
			 o->len);
	o->abandoned = !drained;
	err = drained ? o->error : -ETIMEDOUT;
	pthread_mutex_unlock(&o->lock);

	if (!drained) {
		pthread_detach(writer);
		return err;
	}
	pthread_join(writer, NULL);
	term_out_free(o);
	return err;
}
