/* SPDX-License-Identifier: GPL-2.0-only */
/* chardev_fixture.h: the host's end of a port, and a guest that takes input. */
#ifndef LKVM_PVM_TESTS_CHARDEV_FIXTURE_H
#define LKVM_PVM_TESTS_CHARDEV_FIXTURE_H

#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chardev.h"
#include "log.h"

struct world {
	struct loop loop;
	struct chardev *c;
	char dir[32], path[64];
	uint8_t got[KIB(64)];
	size_t nr_got, appetite;
	unsigned int nr_rooms, nr_came, nr_left;
};

static inline size_t on_input(void *ctx, const uint8_t *bytes, size_t len)
{
	struct world *t = ctx;

	if (len > t->appetite)
		len = t->appetite;
	ck_assert_uint_le(t->nr_got + len, sizeof(t->got));
	memcpy(t->got + t->nr_got, bytes, len);
	t->nr_got += len;
	t->appetite -= len;
	return len;
}

static inline void on_room(void *ctx)
{
	((struct world *)ctx)->nr_rooms++;
}

static inline void on_connected(void *ctx, bool is_connected)
{
	struct world *t = ctx;

	++*(is_connected ? &t->nr_came : &t->nr_left);
}

static inline int open_end(struct world *t, enum chardev_kind kind)
{
	const struct chardev_init init = {
		.kind = kind,
		.path = kind == CHARDEV_PTY ? NULL : t->path,
		.name = "port 'test'",
		.loop = &t->loop,
		.host = { t, on_input, on_room, on_connected },
	};

	return chardev_open(&t->c, &init);
}

static inline struct world *prepare(void)
{
	struct world *t = calloc(1, sizeof(*t));

	ck_assert_ptr_nonnull(t);
	log_set_level(LOG_ERROR);
	(void)signal(SIGPIPE, SIG_IGN);
	snprintf(t->dir, sizeof(t->dir), "/tmp/chardev.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(t->dir));
	snprintf(t->path, sizeof(t->path), "%s/end", t->dir);
	ck_assert_int_eq(loop_init(&t->loop), 0);
	t->appetite = SIZE_MAX;
	return t;
}

static inline struct world *make(enum chardev_kind kind)
{
	struct world *t = prepare();

	ck_assert_int_eq(open_end(t, kind), 0);
	return t;
}

static inline void finish(struct world *t)
{
	chardev_close(t->c);
	chardev_close(NULL);
	loop_fini(&t->loop);
	unlink(t->path);
	ck_assert_int_eq(rmdir(t->dir), 0);
	free(t);
}

static inline void poll_loop(struct world *t)
{
	for (unsigned int i = 0; i < 8; i++)
		ck_assert_int_eq(loop_poll(&t->loop), 0);
}

/* Whether nothing is left for the loop to do. */
static inline bool is_idle(struct world *t)
{
	struct pollfd p = { .fd = t->loop.epoll_fd, .events = POLLIN };

	poll_loop(t);
	return poll(&p, 1, 0) == 0;
}

static inline void put(int fd, const char *text)
{
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
}

static inline size_t output(struct world *t, const char *text)
{
	return chardev_output(t->c, (const uint8_t *)text, strlen(text));
}

#endif
