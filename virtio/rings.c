// SPDX-License-Identifier: GPL-2.0-only
/*
 * rings.c: hands a device's queues to a back end and takes them back.
 *
 * A queue that its back end cannot go on with (the guest took a ring's page
 * back, or put nonsense into it) signals its err eventfd. Then all queues are
 * taken back, the device needs a reset, and we look at the ring ourselves: what
 * the one line about it says is what is wrong there.
 */
#include "rings.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "event.h"
#include "queue.h"

#define BIT(n) (1ULL << (n))

/* Of the ring: offered to the driver only when the back end can do it. */
#define RING_FEATURES                                                          \
	(BIT(VIRTIO_RING_F_EVENT_IDX) | BIT(VIRTIO_RING_F_INDIRECT_DESC))
/* Between the driver and us: a back end would take the first for an IOTLB. */
#define OUR_FEATURES (BIT(VIRTIO_F_ACCESS_PLATFORM) | BIT(VIRTIO_F_RING_RESET))

/* Bytes of a used ring before and of each entry, §2.7.8. */
#define USED_HEAD  4U
#define USED_ENTRY 8U

/* --- a queue that is broken -------------------------------------------------- */

/* Finds what is wrong with a queue that is ours again; sets vq->error. */
static void look(struct virtio_rings *r, unsigned int q)
{
	struct virtqueue *vq = &r->dev->queues[q].vq;
	const size_t used_len = USED_HEAD + (size_t)vq->num * USED_ENTRY;
	uint16_t v;

	vq->avail_seen = vq->next_avail;
	if (window_load16(vq->used, &v) ||
	    window_load16(vq->used + used_len - sizeof(v), &v)) {
		(void)vq_fail_at(vq, VQ_REVOKED, vq->used, used_len);
		return;
	}
	/* Without one, what is there may have been served long ago. */
	if (r->queues[q].has_base && vq_pop(vq, &r->chain) > 0)
		vq_unpop(vq, &r->chain);
	/* In good order by now; an error that is there already stays. */
	(void)vq_fail_at(vq, VQ_REFUSED, vq->avail, sizeof(v));
}

static void on_err(struct watch *w, uint32_t events)
{
	struct virtio_rings_queue *rq =
		container_of(w, struct virtio_rings_queue, err);
	struct virtio_rings *r = rq->rings;
	struct virtio_dev *d = r->dev;
	unsigned int q = (unsigned int)(rq - r->queues);

	(void)events;
	pthread_mutex_lock(&d->lock);
	/* One of before the last reset has no queue any more. */
	if (event_drain(w->fd) > 0 && rq->started) {
		virtio_rings_stop(r);
		look(r, q);
		virtio_dev_broken(d, q);
		if (r->backend->class->gave_up)
			r->backend->class->gave_up(r->backend);
	}
	pthread_mutex_unlock(&d->lock);
}

/* --- handing over ------------------------------------------------------------ */

static void begin(struct virtio_rings *r)
{
	/* Without one there is nothing to stop. */
	if (r->backend && r->backend->class->begin)
		r->backend->class->begin(r->backend);
}

static int start_queue(struct virtio_rings *r, unsigned int q)
{
	struct virtio_rings_queue *rq = &r->queues[q];
	struct virtio_queue *dq = &r->dev->queues[q];
	const struct ring_queue s = {
		.num = dq->vq.num,
		.base = dq->vq.next_avail,
		.desc = dq->vq.desc,
		.avail = dq->vq.avail,
		.used = dq->vq.used,
		.kick = dq->kick.fd,
		.call = dq->call,
		.err = rq->err.fd,
	};

	assert(q < r->nr_given && dq->vq.ready && !rq->started);
	rq->started = true;
	dq->backend = r->backend;
	__atomic_store_n(&r->dev->calls_uncounted, true, __ATOMIC_RELAXED);
	return r->backend->class->queue_start(r->backend, q, &s);
}

static void stop_queue(struct virtio_rings *r, unsigned int q)
{
	struct virtio_rings_queue *rq = &r->queues[q];

	if (q >= r->nr || !rq->started)
		return;
	rq->started = false;
	r->dev->queues[q].backend = NULL;
	rq->has_base = !r->backend->class->queue_stop(
		r->backend, q, &r->dev->queues[q].vq.next_avail);
	/* What it signalled last is not about the next run. */
	(void)event_drain(rq->err.fd);
}

int virtio_rings_start(struct virtio_rings *r)
{
	const struct ring_backend_class *c = r->backend->class;
	int err;

	begin(r);
	err = c->set_features(r->backend, r->dev->features &
						  r->backend->features &
						  ~OUR_FEATURES);
	if (!err)
		err = c->set_window(r->backend, r->dev->window);
	for (unsigned int q = 0; !err && q < r->nr_given; q++) {
		if (r->dev->queues[q].vq.ready)
			err = start_queue(r, q);
	}
	if (err)
		virtio_rings_stop(r);
	return err;
}

void virtio_rings_stop(struct virtio_rings *r)
{
	begin(r);
	for (unsigned int q = 0; q < r->nr; q++)
		stop_queue(r, q);
}

int virtio_rings_queue_start(struct virtio_rings *r, unsigned int q)
{
	int err;

	begin(r);
	err = start_queue(r, q);
	if (err)
		virtio_rings_queue_stop(r, q);
	return err;
}

void virtio_rings_queue_stop(struct virtio_rings *r, unsigned int q)
{
	begin(r);
	stop_queue(r, q);
}

/* --- beginning and end ------------------------------------------------------- */

int virtio_rings_init(struct virtio_rings *r, struct virtio_dev *dev,
		      struct ring_backend *backend, unsigned int nr)
{
	int err = 0;

	assert(nr <= dev->nr_queues);
	memset(r, 0, sizeof(*r));
	r->dev = dev;
	r->loop = dev->loop;
	r->backend = backend;
	r->nr = r->nr_given = nr;
	dev->offered &= ~RING_FEATURES | backend->features;
	for (unsigned int q = 0; q < nr; q++) {
		r->queues[q].rings = r;
		r->queues[q].err = (struct watch){ .fd = -1,
						   .events = EPOLLIN,
						   .ready = on_err };
	}
	for (unsigned int q = 0; !err && q < nr; q++) {
		struct watch *w = &r->queues[q].err;

		w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (w->fd < 0)
			return -errno;
		err = loop_add(r->loop, w);
	}
	return err;
}

void virtio_rings_fini(struct virtio_rings *r)
{
	for (unsigned int q = 0; q < r->nr; q++) {
		struct watch *w = &r->queues[q].err;

		assert(!r->queues[q].started);
		if (w->fd < 0)
			continue;
		loop_remove(r->loop, w);
		close(w->fd);
	}
	r->nr = 0;
}
