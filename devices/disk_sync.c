// SPDX-License-Identifier: GPL-2.0-only
/*
 * disk_sync.c: requests carried out by plain system calls in the queue's own
 * thread. For hosts where io_uring is forbidden, for snapshots, and for files
 * whose reads never wait (tmpfs): io_uring would hand each of those to another
 * thread.
 */
#include "disk_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* --- one request ----------------------------------------------------------- */

void disk_consume(struct disk_req *r, uint64_t n)
{
	r->offset += n;
	r->len -= n;
	while (n && r->nr_iov) {
		if (n < r->iov->iov_len) {
			r->iov->iov_base = (uint8_t *)r->iov->iov_base + n;
			r->iov->iov_len -= n;
			return;
		}
		n -= r->iov->iov_len;
		r->iov++;
		r->nr_iov--;
	}
}

bool disk_account(struct disk_req *r, long result)
{
	if (result == -EINTR || result == -EAGAIN)
		return false;
	r->error = result < 0 ? (int)result : 0;
	if (result < 0 || (r->op != DISK_READ && r->op != DISK_WRITE))
		return true;
	disk_consume(r, (uint64_t)result);
	if (r->len == 0)
		return true;
	/* Nothing moved: the file ends here, though the disk does not. */
	if (result == 0)
		r->error = -EIO;
	return result == 0;
}

int disk_fd_for(const struct disk *d, const struct disk_req *r)
{
	uint64_t mem = 0;

	if (!d->direct || (r->op != DISK_READ && r->op != DISK_WRITE))
		return d->fd;
	for (unsigned int i = 0; i < r->nr_iov; i++)
		mem |= (uintptr_t)r->iov[i].iov_base;
	if (!is_aligned(mem, d->mem_align) ||
	    !is_aligned(r->offset, d->off_align))
		return d->cached_fd;
	for (unsigned int i = 0; i < r->nr_iov; i++)
		if (!is_aligned(r->iov[i].iov_len, d->off_align))
			return d->cached_fd;
	return d->fd;
}

static void transfer(struct disk *d, struct disk_req *r)
{
	long n;

	do {
		int fd = disk_fd_for(d, r);

		n = r->op == DISK_READ ? preadv2(fd, r->iov, (int)r->nr_iov,
						 (off_t)r->offset, 0)
				       : pwritev2(fd, r->iov, (int)r->nr_iov,
						  (off_t)r->offset,
						  r->stable ? RWF_DSYNC : 0);
	} while (!disk_account(r, n < 0 ? -errno : n));
}

/* Where the file system cannot: zeros, written. */
static int write_zeros(const struct disk *d, uint64_t offset, uint64_t len)
{
	static const uint8_t zeros[KIB(64)];
	int fd = d->direct ? d->cached_fd : d->fd;

	while (len) {
		size_t part = len < sizeof(zeros) ? (size_t)len : sizeof(zeros);
		ssize_t n = pwrite(fd, zeros, part, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int allocate(const struct disk *d, const struct disk_req *r, int mode)
{
	int ret;

	do {
		ret = fallocate(d->fd, mode | FALLOC_FL_KEEP_SIZE,
				(off_t)r->offset, (off_t)r->len);
	} while (ret && errno == EINTR);
	return ret ? -errno : 0;
}

static int zero(const struct disk *d, const struct disk_req *r)
{
	int ret = -EOPNOTSUPP;

	if (r->unmap)
		ret = allocate(d, r, FALLOC_FL_PUNCH_HOLE);
	if (ret == -EOPNOTSUPP)
		ret = allocate(d, r, FALLOC_FL_ZERO_RANGE);
	if (ret == -EOPNOTSUPP)
		ret = write_zeros(d, r->offset, r->len);
	return ret;
}

void disk_perform(struct disk *d, struct disk_req *r)
{
	if (d->overlay) {
		r->error = disk_overlay_perform(d, r);
		return;
	}
	switch (r->op) {
	case DISK_READ:
	case DISK_WRITE:
		transfer(d, r);
		break;
	case DISK_FLUSH:
		r->error = fdatasync(d->fd) ? -errno : 0;
		break;
	case DISK_DISCARD:
		r->error = allocate(d, r, FALLOC_FL_PUNCH_HOLE);
		break;
	case DISK_ZERO:
		r->error = zero(d, r);
		break;
	}
}

/* --- the queue ------------------------------------------------------------- */

struct sync_queue {
	struct disk_queue q;
	int epoll_fd;
	struct disk_req *added, **added_tail;
};

static struct sync_queue *sync_of(struct disk_queue *q)
{
	return container_of(q, struct sync_queue, q);
}

static void sync_close(struct disk_queue *q)
{
	struct sync_queue *s = sync_of(q);

	close(s->epoll_fd);
	free(s);
}

static void sync_add(struct disk_queue *q, struct disk_req *r)
{
	struct sync_queue *s = sync_of(q);

	r->next = NULL;
	*s->added_tail = r;
	s->added_tail = &r->next;
}

static int sync_run(struct disk_queue *q, bool wait)
{
	struct sync_queue *s = sync_of(q);
	struct epoll_event events[DISK_MAX_EVENTS];
	struct disk_req *r;
	int n;

	while ((r = s->added) != NULL) {
		wait = false;
		if (__atomic_load_n(&q->hurries, __ATOMIC_RELAXED))
			break;
		s->added = r->next;
		disk_perform(q->disk, r);
		disk_queue_finished(q, r);
	}
	if (!s->added)
		s->added_tail = &s->added;
	/* Events are looked at when there is nothing better to do. */
	if (!wait)
		return 0;
	n = epoll_wait(s->epoll_fd, events, DISK_MAX_EVENTS, DISK_IDLE_MS);
	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n; i++)
		q->events |= 1U << events[i].data.u32;
	return 0;
}

static void sync_cancel(struct disk_queue *q)
{
	struct sync_queue *s = sync_of(q);
	struct disk_req *r;

	while ((r = s->added) != NULL) {
		s->added = r->next;
		r->error = -ECANCELED;
		disk_queue_finished(q, r);
	}
	s->added_tail = &s->added;
}

static const struct disk_queue_ops sync_ops = {
	.kind = "plain system calls",
	.close = sync_close,
	.add = sync_add,
	.run = sync_run,
	.cancel = sync_cancel,
};

int disk_sync_open(struct disk_queue **out, struct disk *d, const int *events,
		   unsigned int nr_events)
{
	struct sync_queue *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->added_tail = &s->added;
	s->q.ops = &sync_ops;
	s->q.disk = d;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = s->epoll_fd < 0 ? -errno : 0;
	for (unsigned int i = 0; !err && i < nr_events; i++) {
		/* Edges: nobody reads the eventfd's counter. */
		struct epoll_event ev = { .events = EPOLLIN | EPOLLET,
					  .data.u32 = i };

		if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, events[i], &ev))
			err = -errno;
	}
	if (err) {
		if (s->epoll_fd >= 0)
			close(s->epoll_fd);
		free(s);
		return err;
	}
	*out = &s->q;
	return 0;
}
