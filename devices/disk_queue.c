// SPDX-License-Identifier: GPL-2.0-only
/* disk_queue.c: which way a disk's requests are carried out. */
#include "disk_internal.h"

#include <assert.h>
#include <errno.h>

#include "log.h"

int disk_queue_open(struct disk_queue **out, struct disk *d, unsigned int depth,
		    const int *events, unsigned int nr_events)
{
	int err = -EOPNOTSUPP;

	assert(nr_events <= DISK_MAX_EVENTS);
	if (!d->overlay && d->can_nowait)
		err = disk_uring_open(out, d, depth, events, nr_events);
	if (err) {
		/* EPERM: forbidden; ENOSYS: not there; ENOMEM: no room. */
		if (err != -EOPNOTSUPP)
			log_debug("disk %s: no io_uring (%s)", d->path,
				  errno_text(err));
		err = disk_sync_open(out, d, events, nr_events);
	}
	if (err)
		return err;
	(*out)->nr_events = nr_events;
	(*out)->done_tail = &(*out)->done;
	return 0;
}

void disk_queue_close(struct disk_queue *q)
{
	if (q)
		q->ops->close(q);
}

const char *disk_queue_kind(const struct disk_queue *q)
{
	return q->ops->kind;
}

void disk_queue_add(struct disk_queue *q, struct disk_req *r)
{
	r->error = 0;
	q->ops->add(q, r);
}

int disk_queue_run(struct disk_queue *q, bool wait)
{
	return q->ops->run(q, wait && !q->done && !q->events);
}

void disk_queue_finished(struct disk_queue *q, struct disk_req *r)
{
	r->next = NULL;
	*q->done_tail = r;
	q->done_tail = &r->next;
}

struct disk_req *disk_queue_done(struct disk_queue *q)
{
	struct disk_req *r = q->done;

	if (!r)
		return NULL;
	q->done = r->next;
	if (!q->done)
		q->done_tail = &q->done;
	return r;
}

uint32_t disk_queue_events(struct disk_queue *q)
{
	uint32_t events = q->events;

	q->events = 0;
	return events;
}

void disk_queue_hurry(struct disk_queue *q)
{
	__atomic_store_n(&q->hurries, true, __ATOMIC_RELAXED);
}

void disk_queue_cancel(struct disk_queue *q)
{
	q->ops->cancel(q);
}
