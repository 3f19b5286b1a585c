/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loop.h: the I/O loop, one epoll instance served by one thread. Watches are
 * embedded in their owners; the loop allocates nothing after loop_init().
 */
#ifndef LKVM_PVM_LOOP_H
#define LKVM_PVM_LOOP_H

#include <pthread.h>

#include "base.h"

struct watch {
	int fd;		 /* borrowed; -1 when not watched */
	uint32_t events; /* EPOLLIN, EPOLLOUT */
	/* Called on the loop's thread with the EPOLL* bits that are set. */
	void (*ready)(struct watch *w, uint32_t events);
};

struct loop {
	int epoll_fd;
	int wake_fd; /* eventfd */
	bool stop;   /* accessed atomically */
};

int __must_check loop_init(struct loop *l);
void loop_fini(struct loop *l);

/*
 * Starts watching @w->fd for @w->events. Any thread. -EPERM when the fd
 * cannot be polled (regular file, /dev/null). The owner removes the watch
 * before it closes the fd.
 */
int __must_check loop_add(struct loop *l, struct watch *w);
int __must_check loop_change(struct loop *l, struct watch *w, uint32_t events);
void loop_remove(struct loop *l, struct watch *w);

/* Serves watches until loop_stop(); 0, or -errno when epoll_wait fails. */
int __must_check loop_run(struct loop *l);

/* Serves what is ready now and waits for nothing; stopped or not. */
int __must_check loop_poll(struct loop *l);

/* Makes loop_run() return soon. Any thread, async-signal-safe. */
void loop_stop(struct loop *l);

#endif
