// SPDX-License-Identifier: GPL-2.0-only
/* loop.c: the epoll loop of the I/O thread. */
#include "loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOP_BATCH 16

int loop_init(struct loop *l)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int err;

	l->stop = false;
	l->wake_fd = -1;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll_fd < 0)
		return -errno;
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/* data.ptr NULL is the wake-up. */
	if (l->wake_fd < 0 ||
	    epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->wake_fd, &ev)) {
		err = -errno;
		loop_fini(l);
		return err;
	}
	return 0;
}

void loop_fini(struct loop *l)
{
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	l->wake_fd = l->epoll_fd = -1;
}

int loop_add(struct loop *l, struct watch *w)
{
	struct epoll_event ev = { .events = w->events, .data.ptr = w };

	return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, w->fd, &ev) ? -errno : 0;
}

int loop_change(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	w->events = events;
	return epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, w->fd, &ev) ? -errno : 0;
}

void loop_remove(struct loop *l, struct watch *w)
{
	(void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
}

/* Serves what becomes ready within @timeout_ms, -1: for ever. */
static int serve_batch(struct loop *l, int timeout_ms)
{
	struct epoll_event events[LOOP_BATCH];
	int n = epoll_wait(l->epoll_fd, events, LOOP_BATCH, timeout_ms);
	uint64_t count;

	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n; i++) {
		struct watch *w = events[i].data.ptr;

		if (w)
			w->ready(w, events[i].events);
		else if (read(l->wake_fd, &count, sizeof(count)) < 0)
			continue; /* another wake-up was first */
	}
	return 0;
}

int loop_run(struct loop *l)
{
	while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE)) {
		int ret = serve_batch(l, -1);

		if (ret)
			return ret;
	}
	__atomic_store_n(&l->stop, false, __ATOMIC_RELAXED);
	return 0;
}

int loop_poll(struct loop *l)
{
	return serve_batch(l, 0);
}

void loop_stop(struct loop *l)
{
	const uint64_t one = 1;
	int saved_errno = errno;

	__atomic_store_n(&l->stop, true, __ATOMIC_RELEASE);
	/* A full counter has woken the loop already. */
	if (write(l->wake_fd, &one, sizeof(one)) < 0)
		errno = saved_errno;
	errno = saved_errno;
}
