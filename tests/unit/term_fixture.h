/* SPDX-License-Identifier: GPL-2.0-only */
/* term_fixture.h: a terminal with its loop, and a guest that reads it. */
#ifndef LKVM_PVM_TESTS_TERM_FIXTURE_H
#define LKVM_PVM_TESTS_TERM_FIXTURE_H

#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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
	unsigned int nr_breaks, nr_quits, nr_rooms;
	size_t got_at_break;
};

static inline size_t on_input(void *ctx, const uint8_t *bytes, size_t len)
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

static inline void on_break(void *ctx)
{
	struct world *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->nr_breaks++;
	w->got_at_break = w->nr_got;
	pthread_mutex_unlock(&w->lock);
}

static inline void on_quit(void *ctx)
{
	struct world *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->nr_quits++;
	pthread_mutex_unlock(&w->lock);
}

static inline void *loop_main(void *arg)
{
	struct world *w = arg;

	ck_assert_int_eq(loop_run(&w->loop), 0);
	return NULL;
}

static inline void start(struct world *w, int in_fd, int out_fd,
			 size_t appetite)
{
	const struct term_host host = {
		.ctx = w,
		.input = on_input,
		.send_break = on_break,
		.quit = on_quit,
	};

	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	w->appetite = appetite;
	ck_assert_int_eq(loop_init(&w->loop), 0);
	ck_assert_int_eq(term_init(&w->t, &w->loop, in_fd, out_fd, &host), 0);
	ck_assert_int_eq(pthread_create(&w->thread, NULL, loop_main, w), 0);
}

/* What term_fini() says. */
static inline int stop(struct world *w)
{
	int err;

	loop_stop(&w->loop);
	pthread_join(w->thread, NULL);
	err = term_fini(&w->t);
	ck_assert_int_eq(term_fini(&w->t), 0); /* idempotent */
	loop_fini(&w->loop);
	pthread_mutex_destroy(&w->lock);
	return err;
}

static inline void sleep_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static inline void feed(struct world *w, size_t appetite)
{
	pthread_mutex_lock(&w->lock);
	w->appetite += appetite;
	pthread_mutex_unlock(&w->lock);
	term_input_room(&w->t);
}

static inline size_t nr_got(struct world *w)
{
	size_t n;

	pthread_mutex_lock(&w->lock);
	n = w->nr_got;
	pthread_mutex_unlock(&w->lock);
	return n;
}

static inline unsigned int nr_quits(struct world *w)
{
	unsigned int n;

	pthread_mutex_lock(&w->lock);
	n = w->nr_quits;
	pthread_mutex_unlock(&w->lock);
	return n;
}

static inline bool wait_for_got(struct world *w, size_t n)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (nr_got(w) < n && clock_ms() < end)
		sleep_ms(1);
	return nr_got(w) == n;
}

static inline bool wait_for_quit(struct world *w)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (nr_quits(w) == 0 && clock_ms() < end)
		sleep_ms(1);
	return nr_quits(w) == 1;
}

static inline void say(struct world *w, const char *text)
{
	term_write(&w->t, (const uint8_t *)text, strlen(text));
}

static inline void type(int fd, const char *keys)
{
	ck_assert_int_eq(write(fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static inline void make_pipe(int fds[2])
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
}

static inline void close_both(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static inline int dev_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static inline uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 31 + (i >> 8));
}

#endif
