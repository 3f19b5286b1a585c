// SPDX-License-Identifier: GPL-2.0-only
/*
 * dev.c: what all virtio devices have in common: the status machine (virtio
 * 1.3 §2.1, §3.1), features, queues that come and go, their eventfds.
 */
#include "dev.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "event.h"
#include "log.h"

/* A driver that starts over and over is not news. */
#define READY_TOLD 16U

static void lock(struct virtio_dev *d)
{
	pthread_mutex_lock(&d->lock);
}

static void unlock(struct virtio_dev *d)
{
	pthread_mutex_unlock(&d->lock);
}

/* --- eventfds --------------------------------------------------------------- */

/* The driver kicked @q, @n times. */
static void kicked(struct virtio_queue *q, uint64_t n)
{
	struct virtio_dev *d = q->dev;

	lock(d);
	if (n > 0 && d->running && q->vq.ready &&
	    !(d->status & VIRTIO_CONFIG_S_NEEDS_RESET)) {
		__atomic_store_n(&q->vq.stats.kicks, q->vq.stats.kicks + n,
				 __ATOMIC_RELAXED);
		d->class->kick(d, (unsigned int)(q - d->queues));
	}
	unlock(d);
}

static void on_kick(struct watch *w, uint32_t events)
{
	(void)events;
	kicked(container_of(w, struct virtio_queue, kick), event_drain(w->fd));
}

/* --- beginning and end ------------------------------------------------------ */

static bool is_watched(const struct virtio_dev *d, unsigned int q)
{
	return d->class->kick && !(d->foreign >> q & 1);
}

static int init_queue(struct virtio_dev *d, unsigned int i, uint16_t size)
{
	struct virtio_queue *q = &d->queues[i];
	int err = 0;

	vq_init(&q->vq, d->window, size);
	q->dev = d;
	q->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	q->kick = (struct watch){
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.events = EPOLLIN,
		.ready = on_kick,
	};
	if (q->call < 0 || q->kick.fd < 0)
		return -errno;
	if (is_watched(d, i))
		err = loop_add(d->loop, &q->kick);
	return err;
}

int virtio_dev_init(struct virtio_dev *d, const struct virtio_dev_init *i)
{
	uint16_t size = i->queue_size ? i->queue_size : i->class->max_size;
	int err = 0;

	assert(i->nr_queues > 0 && i->nr_queues <= VIRTIO_MAX_QUEUES);
	memset(d, 0, sizeof(*d));
	d->class = i->class;
	d->window = i->window;
	d->loop = i->loop;
	d->config_len = i->config_len;
	d->nr_queues = i->nr_queues;
	d->foreign = i->foreign;
	d->at_once = i->at_once;
	d->offered = i->features | VIRTIO_REQUIRED |
		     1ULL << VIRTIO_RING_F_EVENT_IDX |
		     1ULL << VIRTIO_RING_F_INDIRECT_DESC;
	if (d->class->queue_stop)
		d->offered |= 1ULL << VIRTIO_F_RING_RESET;
	(void)snprintf(d->name, sizeof(d->name), "%s%u", d->class->name,
		       i->number);
	pthread_mutex_init(&d->lock, NULL);
	for (unsigned int q = 0; q < d->nr_queues; q++)
		d->queues[q].call = d->queues[q].kick.fd = -1;
	for (unsigned int q = 0; !err && q < d->nr_queues; q++)
		err = init_queue(d, q, size);
	if (err)
		virtio_dev_fini(d);
	return err;
}

static void tell_transport(struct virtio_dev *d, unsigned int q, bool running)
{
	if (d->transport && d->transport->queue_changed)
		d->transport->queue_changed(d->transport_ctx, q, running);
}

/* The queue is forgotten; the device has done so before. */
static void forget_queue(struct virtio_dev *d, unsigned int q, bool was_running)
{
	struct virtqueue *vq = &d->queues[q].vq;

	d->worked |= vq->next_avail != 0;
	if (was_running && vq->ready)
		tell_transport(d, q, false);
	vq_reset(vq);
	/* A kick of before is none of the next run. */
	(void)event_drain(d->queues[q].kick.fd);
}

/* As after power-on, §2.4; the lock is held. */
static void reset(struct virtio_dev *d)
{
	const bool was_running = d->running;

	d->running = false;
	if (was_running)
		d->class->stop(d);
	for (unsigned int q = 0; q < d->nr_queues; q++)
		forget_queue(d, q, was_running);
	if (d->calls_uncounted)
		__atomic_store_n(&d->had_backend, true, __ATOMIC_RELAXED);
	__atomic_store_n(&d->calls_uncounted, false, __ATOMIC_RELAXED);
	d->driver_features = d->features = 0;
	__atomic_store_n(&d->waits_for_sharing, false, __ATOMIC_RELAXED);
	d->status = 0;
}

void virtio_dev_power_on(struct virtio_dev *d)
{
	lock(d);
	reset(d);
	d->worked = false;
	d->nr_ready = 0;
	unlock(d);
}

void virtio_dev_fini(struct virtio_dev *d)
{
	if (!d->class)
		return;
	lock(d);
	reset(d);
	unlock(d);
	for (unsigned int q = 0; q < d->nr_queues; q++) {
		if (d->queues[q].kick.fd >= 0) {
			if (is_watched(d, q))
				loop_remove(d->loop, &d->queues[q].kick);
			close(d->queues[q].kick.fd);
		}
		if (d->queues[q].call >= 0)
			close(d->queues[q].call);
		d->queues[q].call = d->queues[q].kick.fd = -1;
	}
	event_aio_close(&d->aio);
	pthread_mutex_destroy(&d->lock);
	d->class = NULL;
}

/* --- orders of the guest's --------------------------------------------------- */

/* What starts or stops a device or a queue, for a register that was written. */
struct order {
	struct virtio_dev *d;
	unsigned int arg;
	void (*what)(struct virtio_dev *d, unsigned int arg);
};

static void obey(void *arg)
{
	const struct order *o = arg;

	lock(o->d);
	o->what(o->d, o->arg);
	unlock(o->d);
}

static void order(struct virtio_dev *d,
		  void (*what)(struct virtio_dev *d, unsigned int arg),
		  unsigned int arg)
{
	struct order o = { .d = d, .arg = arg, .what = what };

	if (d->orderly)
		d->orderly(d->orderly_ctx, obey, &o);
	else
		obey(&o);
}

/* --- features --------------------------------------------------------------- */

uint32_t virtio_dev_offered(struct virtio_dev *d, unsigned int word)
{
	return word < 2 ? (uint32_t)(d->offered >> (32 * word)) : 0;
}

void virtio_dev_accept(struct virtio_dev *d, unsigned int word, uint32_t bits)
{
	const uint64_t mask = 0xffffffffULL;

	lock(d);
	/* Once FEATURES_OK is set it is too late, §3.1.1. */
	if (word < 2 && !(d->status & VIRTIO_CONFIG_S_FEATURES_OK))
		d->driver_features =
			(d->driver_features & ~(mask << (32 * word))) |
			(uint64_t)bits << (32 * word);
	unlock(d);
}

static bool features_fit(const struct virtio_dev *d)
{
	return (d->driver_features & VIRTIO_REQUIRED) == VIRTIO_REQUIRED &&
	       !(d->driver_features & ~d->offered);
}

/* --- status ----------------------------------------------------------------- */

static void needs_reset(struct virtio_dev *d)
{
	if (d->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	d->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	virtio_tell_config(d);
}

void virtio_kick_again(struct virtio_dev *d, unsigned int q)
{
	if (is_watched(d, q))
		event_signal(d->queues[q].kick.fd);
	else
		event_signal_shared(&d->aio, d->queues[q].kick.fd);
}

void virtio_kicked(struct virtio_dev *d, unsigned int q)
{
	if (d->at_once >> q & 1)
		kicked(&d->queues[q], 1);
	else
		virtio_kick_again(d, q);
}

static void run_queue(struct virtio_dev *d, unsigned int q)
{
	tell_transport(d, q, true);
	/* Chains may be there already, and a kick for them got lost. */
	virtio_kick_again(d, q);
}

/* Of what the host has, and not a back end that is gone. */
static bool is_shortage(int err)
{
	return err == -EAGAIN || err == -ENOMEM || err == -EMFILE ||
	       err == -ENFILE || err == -ENOSPC;
}

static void driver_ok(struct virtio_dev *d)
{
	int err;

	if (!(d->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
		virtio_blame(d, "the guest's driver starts without having "
				"agreed on features");
		needs_reset(d);
		return;
	}
	d->status |= VIRTIO_CONFIG_S_DRIVER_OK;
	if (d->status & VIRTIO_CONFIG_S_NEEDS_RESET) {
		/* A queue could not be enabled: now it may be told. */
		virtio_tell_config(d);
		return;
	}
	err = d->class->start(d);
	if (err) {
		if (d->nr_ready == 0 && is_shortage(err))
			__atomic_store_n(&d->lacks_means, true,
					 __ATOMIC_RELAXED);
		virtio_dev_failed(d, "cannot be started", err);
		return;
	}
	d->running = true;
	for (unsigned int q = 0; q < d->nr_queues; q++) {
		if (d->queues[q].vq.ready)
			run_queue(d, q);
	}
	if (d->watcher && d->nr_ready < READY_TOLD) {
		d->nr_ready++;
		d->watcher->ready(d->watcher_ctx, d);
	}
}

static void set_status(struct virtio_dev *d, unsigned int status)
{
	uint8_t added;

	if (status == 0) {
		reset(d);
		return;
	}
	/* Bits are only ever added (§2.1.1), NEEDS_RESET by us alone. */
	added = (uint8_t)status &
		(uint8_t) ~(d->status | VIRTIO_CONFIG_S_NEEDS_RESET |
			    VIRTIO_CONFIG_S_FEATURES_OK |
			    VIRTIO_CONFIG_S_DRIVER_OK);
	d->status |= added;
	if (added & VIRTIO_CONFIG_S_FAILED)
		virtio_blame(d, "the guest's driver gave up");
	if (status & ~d->status & VIRTIO_CONFIG_S_FEATURES_OK) {
		if (features_fit(d)) {
			d->features = d->driver_features;
			d->status |= VIRTIO_CONFIG_S_FEATURES_OK;
		} else {
			virtio_blame_features(d);
		}
	}
	if (status & ~d->status & VIRTIO_CONFIG_S_DRIVER_OK)
		driver_ok(d);
}

void virtio_dev_set_status(struct virtio_dev *d, uint8_t status)
{
	order(d, set_status, status);
}

uint8_t virtio_dev_status(struct virtio_dev *d)
{
	uint8_t status;

	lock(d);
	status = d->status;
	unlock(d);
	return status;
}

/* --- queues ----------------------------------------------------------------- */

/*
 * One that was enabled when the device ran already. It counts as running even
 * if it cannot be served: only a reset helps then.
 */
static void start_queue(struct virtio_dev *d, unsigned int q)
{
	int err = 0;

	if (d->class->queue_start && !(d->status & VIRTIO_CONFIG_S_NEEDS_RESET))
		err = d->class->queue_start(d, q);
	if (err)
		virtio_dev_failed(d, "cannot start a queue", err);
	run_queue(d, q);
}

static void enable_queue(struct virtio_dev *d, unsigned int q)
{
	if (!(d->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
		virtio_blame(d,
			     "the guest's driver enables queue %u before it "
			     "agreed on features",
			     q);
		needs_reset(d);
	} else if (!d->queues[q].vq.ready) {
		if (vq_start(&d->queues[q].vq, d->features))
			virtio_dev_broken(d, q);
		else if (d->running)
			start_queue(d, q);
	}
}

void virtio_dev_queue_enable(struct virtio_dev *d, unsigned int q)
{
	if (q < d->nr_queues)
		order(d, enable_queue, q);
}

static void stop_queue(struct virtio_dev *d, unsigned int q)
{
	if (d->running && d->queues[q].vq.ready)
		d->class->queue_stop(d, q);
	forget_queue(d, q, d->running);
}

static void reset_queue(struct virtio_dev *d, unsigned int q)
{
	if (virtio_has(d, VIRTIO_F_RING_RESET))
		stop_queue(d, q);
}

void virtio_dev_queue_reset(struct virtio_dev *d, unsigned int q)
{
	if (q < d->nr_queues)
		order(d, reset_queue, q);
}

static void disable_queue(struct virtio_dev *d, unsigned int q)
{
	if (d->queues[q].vq.ready && (!d->running || d->class->queue_stop))
		stop_queue(d, q);
}

void virtio_dev_queue_disable(struct virtio_dev *d, unsigned int q)
{
	if (q < d->nr_queues)
		order(d, disable_queue, q);
}

void virtio_dev_broken(struct virtio_dev *d, unsigned int q)
{
	if (d->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	virtio_blame_queue(d, q);
	needs_reset(d);
}

void virtio_dev_failed(struct virtio_dev *d, const char *what, int err)
{
	if (d->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	virtio_blame(d, "%s%s%s", what, err ? ": " : "",
		     err ? errno_text(err) : "");
	needs_reset(d);
}

void virtio_publish(struct virtio_dev *d, unsigned int q)
{
	int ret = vq_publish(&d->queues[q].vq);

	if (ret < 0)
		virtio_dev_broken(d, q);
	else if (ret > 0 && !d->had_backend && !d->calls_uncounted)
		event_signal(d->queues[q].call);
	else if (ret > 0) /* a back end may have it still */
		event_signal_shared(&d->aio, d->queues[q].call);
}

/* --- figures ---------------------------------------------------------------- */

#define STAT(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

void virtio_dev_stats(const struct virtio_dev *d, struct virtio_stats *s)
{
	*s = (struct virtio_stats){
		.partial = STAT(d->had_backend) || STAT(d->calls_uncounted),
	};
	for (unsigned int q = 0; q < d->nr_queues; q++) {
		const struct vq_stats *v = &d->queues[q].vq.stats;
		uint32_t segment = STAT(v->max_segment);
		unsigned int in_flight = STAT(v->max_in_flight);

		s->requests += STAT(v->requests);
		s->bytes += STAT(v->bytes);
		s->kicks += STAT(v->kicks);
		s->interrupts += STAT(v->interrupts);
		s->outside += STAT(v->outside);
		s->dropped += STAT(v->dropped);
		if (segment > s->max_segment)
			s->max_segment = segment;
		if (in_flight > s->max_in_flight)
			s->max_in_flight = in_flight;
	}
}
