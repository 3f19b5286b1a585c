// SPDX-License-Identifier: GPL-2.0-only
/*
 * disk_uring.c: requests carried out by io_uring, with plain buffers.
 *
 * One io_uring_enter() starts what was added and waits for what comes first: a
 * completion, or one of the events, each watched by a poll that stays armed.
 * The ring belongs to the thread that runs it; it is made disabled, so that
 * whoever opens the queue hears at once when io_uring may not be used.
 *
 * user_data: a request's address; or, odd, the number of an event; or CANCEL.
 */
#include "disk_internal.h"

#include <errno.h>
#include <linux/falloc.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CANCEL 2U /* no address of a request, which is aligned */

struct uring_queue {
	struct disk_queue q;
	struct io_uring ring;
	bool enabled;
	bool closing; /* events are not watched any more */
	int events[DISK_MAX_EVENTS];
};

static struct uring_queue *uring_of(struct disk_queue *q)
{
	return container_of(q, struct uring_queue, q);
}

static struct io_uring_sqe *get_sqe(struct uring_queue *u)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	if (sqe)
		return sqe;
	/* Full: the kernel takes what is there. */
	(void)io_uring_submit(&u->ring);
	return io_uring_get_sqe(&u->ring);
}

static void watch_event(struct uring_queue *u, unsigned int i)
{
	struct io_uring_sqe *sqe = get_sqe(u);

	if (!sqe)
		return;
	io_uring_prep_poll_multishot(sqe, u->events[i], POLLIN);
	io_uring_sqe_set_data64(sqe, ((uint64_t)i << 1) | 1);
}

static void prepare(const struct disk *d, const struct disk_req *r,
		    struct io_uring_sqe *sqe)
{
	int fd = disk_fd_for(d, r);

	switch (r->op) {
	case DISK_READ:
		io_uring_prep_readv(sqe, fd, r->iov, r->nr_iov, r->offset);
		break;
	case DISK_WRITE:
		io_uring_prep_writev2(sqe, fd, r->iov, r->nr_iov, r->offset,
				      r->stable ? RWF_DSYNC : 0);
		break;
	case DISK_FLUSH:
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		break;
	case DISK_DISCARD:
		io_uring_prep_fallocate(
			sqe, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)r->offset, (off_t)r->len);
		break;
	case DISK_ZERO:
		io_uring_prep_fallocate(sqe, fd,
					(r->unmap ? FALLOC_FL_PUNCH_HOLE
						  : FALLOC_FL_ZERO_RANGE) |
						FALLOC_FL_KEEP_SIZE,
					(off_t)r->offset, (off_t)r->len);
		break;
	}
	io_uring_sqe_set_data(sqe, (void *)(uintptr_t)r);
}

static void start(struct uring_queue *u, struct disk_req *r)
{
	struct io_uring_sqe *sqe = get_sqe(u);

	if (!sqe) {
		/* The kernel takes nothing now: without it, then. */
		disk_perform(u->q.disk, r);
		disk_queue_finished(&u->q, r);
		return;
	}
	prepare(u->q.disk, r, sqe);
}

static void uring_add(struct disk_queue *q, struct disk_req *r)
{
	start(uring_of(q), r);
}

static void completed(struct uring_queue *u, struct disk_req *r, int res)
{
	if (u->closing && res < 0)
		r->error = -ECANCELED;
	/* The file system has no such thing: there is a longer way. */
	else if (r->op == DISK_ZERO && res == -EOPNOTSUPP)
		disk_perform(u->q.disk, r);
	else if (!disk_account(r, res)) {
		if (!u->closing) {
			start(u, r);
			return;
		}
		r->error = -ECANCELED;
	}
	disk_queue_finished(&u->q, r);
}

static void reap(struct uring_queue *u)
{
	struct io_uring_cqe *cqe;
	unsigned int head, seen = 0;

	io_uring_for_each_cqe(&u->ring, head, cqe)
	{
		uint64_t data = cqe->user_data;

		seen++;
		if (data == CANCEL)
			continue;
		if (data & 1) {
			u->q.events |= 1U << (data >> 1);
			if (!(cqe->flags & IORING_CQE_F_MORE) && !u->closing)
				watch_event(u, (unsigned int)(data >> 1));
			continue;
		}
		completed(u, (struct disk_req *)(uintptr_t)data, cqe->res);
	}
	io_uring_cq_advance(&u->ring, seen);
}

static int uring_run(struct disk_queue *q, bool wait)
{
	struct uring_queue *u = uring_of(q);
	struct __kernel_timespec idle = { .tv_sec = DISK_IDLE_MS / 1000 };
	struct io_uring_cqe *cqe;
	int ret;

	if (!u->enabled) {
		/* Debian 12's liburing lacks io_uring_enable_rings(). */
		if (syscall(SYS_io_uring_register, u->ring.ring_fd,
			    IORING_REGISTER_ENABLE_RINGS, NULL, 0) < 0)
			return -errno;
		u->enabled = true;
		for (unsigned int i = 0; i < q->nr_events; i++)
			watch_event(u, i);
	}
	if (wait)
		ret = io_uring_submit_and_wait_timeout(&u->ring, &cqe, 1, &idle,
						       NULL);
	else
		ret = io_uring_submit_and_get_events(&u->ring);
	reap(u);
	if (ret < 0 && ret != -ETIME && ret != -EINTR && ret != -EAGAIN &&
	    ret != -EBUSY)
		return ret;
	return 0;
}

/* Also what a thread of the kernel has begun and can still be talked out of. */
static void uring_cancel(struct disk_queue *q)
{
	struct uring_queue *u = uring_of(q);
	struct io_uring_sqe *sqe = get_sqe(u);

	u->closing = true;
	if (!sqe)
		return;
	io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY);
	io_uring_sqe_set_data64(sqe, CANCEL);
}

static void uring_close(struct disk_queue *q)
{
	struct uring_queue *u = uring_of(q);

	io_uring_queue_exit(&u->ring);
	free(u);
}

static const struct disk_queue_ops uring_ops = {
	.kind = "io_uring",
	.close = uring_close,
	.add = uring_add,
	.run = uring_run,
	.cancel = uring_cancel,
};

/* With what newer kernels do better, else without. */
static int make_ring(struct io_uring *ring, unsigned int depth)
{
	static const unsigned int flags[] = {
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
		0,
	};
	unsigned int entries = depth < 128 ? depth : 128;
	int err = -EINVAL;

	for (size_t i = 0; err == -EINVAL && i < ARRAY_SIZE(flags); i++) {
		struct io_uring_params p = {
			.flags = flags[i] | IORING_SETUP_R_DISABLED |
				 IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
			.cq_entries = depth + DISK_MAX_EVENTS,
		};

		err = io_uring_queue_init_params(entries, ring, &p);
		/* Linux 5.13, which has polls that stay armed, says it so. */
		if (!err && !(p.features & IORING_FEAT_RSRC_TAGS)) {
			io_uring_queue_exit(ring);
			err = -ENOSYS;
		}
	}
	return err;
}

int disk_uring_open(struct disk_queue **out, struct disk *d, unsigned int depth,
		    const int *events, unsigned int nr_events)
{
	struct uring_queue *u = calloc(1, sizeof(*u));
	int err;

	if (!u)
		return -ENOMEM;
	err = make_ring(&u->ring, depth);
	if (err) {
		free(u);
		return err;
	}
	u->q.ops = &uring_ops;
	u->q.disk = d;
	for (unsigned int i = 0; i < nr_events; i++)
		u->events[i] = events[i];
	*out = &u->q;
	return 0;
}
