// SPDX-License-Identifier: GPL-2.0-only
/*
 * blk_worker.c: the thread that serves a virtio disk between start() and
 * stop().
 *
 * How it sleeps: with one request or none in hand the driver is asked to kick,
 * the queues are looked at once more, and one system call starts the request
 * and waits for its end or a kick. With more in hand (a driver that keeps the
 * disk busy) they are started without waiting, the driver is told not to kick,
 * and the queues are looked at again with the answers: a busy disk costs
 * neither kicks nor sleep. Before it sleeps with nothing in hand it watches for
 * the next request a while (blk_poll.c).
 *
 * Locks: dev.lock, but for what waits for the storage. stop() lets go of it to
 * join us.
 */
#include "blk.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "thread.h"

/*
 * Requests that are started, and answered, together. The guest works on some
 * while we do others: with a whole queue at once each would wait for the other,
 * a third slower at a depth of 32; with fewer there are more system calls.
 */
#define BATCH 8U

/* A file may grow, or be cut short: looked at that often at most. */
#define SIZE_CHECK_MS 100

/* A reset waits so long for the storage before the user is told. */
#define PATIENCE_MS 2000L

static uint32_t all_queues(const struct virtio_blk *b)
{
	return (1U << b->dev.nr_queues) - 1;
}

/* --- the image's size ------------------------------------------------------- */

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/*
 * Whether it is another now. Storage may take as long for that as for a request:
 * so without the lock, and nobody else looks at disk.size while the thread runs.
 */
static bool has_new_size(struct virtio_blk *b)
{
	uint64_t now = now_ms();

	if (now - b->size_checked_ms < SIZE_CHECK_MS)
		return false;
	b->size_checked_ms = now;
	return disk_refresh_size(&b->disk);
}

static void tell_size(struct virtio_blk *b, uint64_t was)
{
	log_warn("%s: %s: %s from %llu to %llu KiB; the guest is told",
		 b->dev.name, b->disk.path,
		 b->disk.size > was ? "grew" : "shrank",
		 (unsigned long long)(was >> 10),
		 (unsigned long long)(b->disk.size >> 10));
	blk_set_capacity(b);
	virtio_config_changed(&b->dev);
}

/* --- queues ----------------------------------------------------------------- */

void blk_queue_broken(struct virtio_blk *b, unsigned int q)
{
	b->pending &= ~(1U << q);
	b->quiet &= ~(1U << q);
	virtio_dev_broken(&b->dev, q);
}

/* Starts what queue @q has, BATCH at most; their number. */
static unsigned int serve_queue(struct virtio_blk *b, unsigned int q)
{
	struct virtqueue *vq = &b->dev.queues[q].vq;
	unsigned int n = 0;
	int ret = 0;

	b->pending &= ~(1U << q);
	if (!vq->ready || vq->error.fault != VQ_OK)
		return 0;
	if (!(b->quiet >> q & 1))
		vq_kicks_off(vq);
	b->quiet |= 1U << q;
	while (n < BATCH && (ret = vq_pop(vq, &b->chain)) == 1) {
		ret = blk_request_start(b, q);
		if (ret)
			break;
		n++;
	}
	if (ret < 0)
		blk_queue_broken(b, q);
	return n;
}

static unsigned int serve(struct virtio_blk *b)
{
	uint32_t todo = b->pending & ~b->held;
	unsigned int n = 0;

	/* Kicks that nobody will answer are no reason to look again. */
	if (b->dev.status & VIRTIO_CONFIG_S_NEEDS_RESET) {
		b->pending = 0;
		return 0;
	}
	for (unsigned int q = 0; q < b->dev.nr_queues; q++)
		if (todo >> q & 1)
			n += serve_queue(b, q);
	return n;
}

/* Kicks on again; queues that got something meanwhile are pending. */
static void listen_to_driver(struct virtio_blk *b)
{
	for (unsigned int q = 0; q < b->dev.nr_queues; q++) {
		struct virtqueue *vq = &b->dev.queues[q].vq;
		int ret;

		if (!(b->quiet >> q & 1))
			continue;
		b->quiet &= ~(1U << q);
		if (!vq->ready || vq->error.fault != VQ_OK)
			continue;
		ret = vq_kicks_on(vq);
		if (ret < 0)
			blk_queue_broken(b, q);
		else if (ret)
			b->pending |= 1U << q;
	}
}

static void publish(struct virtio_blk *b)
{
	for (unsigned int q = 0; q < b->dev.nr_queues; q++)
		if (b->pushed >> q & 1)
			virtio_publish(&b->dev, q);
	b->pushed = 0;
}

static unsigned int nr_in_flight(const struct virtio_blk *b, uint32_t queues)
{
	unsigned int n = 0;

	for (unsigned int q = 0; q < b->dev.nr_queues; q++)
		if (queues >> q & 1)
			n += b->in_flight[q];
	return n;
}

static bool is_idle(const struct virtio_blk *b)
{
	return nr_in_flight(b, all_queues(b)) == 0;
}

static void answer_done(struct virtio_blk *b)
{
	struct disk_req *r;

	while ((r = disk_queue_done(b->queue)) != NULL)
		blk_request_done(b, r);
	if (b->pushed && is_idle(b))
		blk_poll_idle(b);
	publish(b);
}

static void hear_kicks(struct virtio_blk *b)
{
	uint32_t events = disk_queue_events(b->queue) & all_queues(b);

	b->pending |= events;
	for (unsigned int q = 0; q < b->dev.nr_queues; q++) {
		uint64_t *kicks = &b->dev.queues[q].vq.stats.kicks;

		__atomic_store_n(kicks, *kicks + (events >> q & 1),
				 __ATOMIC_RELAXED);
	}
}

/* --- the thread ------------------------------------------------------------- */

/* One round, lock held; gives it up to wait. */
static int round_of(struct virtio_blk *b)
{
	const uint64_t size = b->disk.size;
	bool wait, resized;
	unsigned int n;
	int ret;

	n = serve(b);
	publish(b); /* what needed no disk */
	if (n)
		blk_poll_busy(b);
	else if (is_idle(b) && blk_poll(b))
		return 0;
	if (n <= 1)
		listen_to_driver(b);
	wait = n <= 1 && !(b->pending & ~b->held);

	pthread_mutex_unlock(&b->dev.lock);
	ret = disk_queue_run(b->queue, wait);
	resized = has_new_size(b);
	pthread_mutex_lock(&b->dev.lock);

	if (resized)
		tell_size(b, size);
	hear_kicks(b);
	answer_done(b);
	/* Those do not kick: look. */
	b->pending |= b->quiet;
	return ret;
}

/* Nothing of the disk may touch the window when the thread is gone. */
static void drain(struct virtio_blk *b)
{
	int ret = 0;

	disk_queue_cancel(b->queue);
	answer_done(b);
	while (!ret && !is_idle(b)) {
		pthread_mutex_unlock(&b->dev.lock);
		ret = disk_queue_run(b->queue, true);
		pthread_mutex_lock(&b->dev.lock);
		(void)disk_queue_events(b->queue);
		answer_done(b);
	}
}

static void *work(void *arg)
{
	struct virtio_blk *b = arg;
	int ret = 0;

	pthread_mutex_lock(&b->dev.lock);
	while (!b->stop && !ret)
		ret = round_of(b);
	if (ret)
		virtio_dev_failed(&b->dev, "cannot wait for requests", ret);
	drain(b);
	/* Requests the disk was not done with never will be. */
	b->is_dead = true;
	pthread_cond_broadcast(&b->drained);
	pthread_mutex_unlock(&b->dev.lock);
	return NULL;
}

int blk_worker_start(struct virtio_dev *d)
{
	struct virtio_blk *b = container_of(d, struct virtio_blk, dev);
	int events[VIRTIO_BLK_MAX_QUEUES + 1];
	unsigned int n = d->nr_queues;
	uint64_t old;
	int err;

	/* Without a cache to flush, or told so, what is written stays. */
	b->write_through =
		!b->disk.read_only && !virtio_has(d, VIRTIO_BLK_F_FLUSH);
	b->config.wce = 1;
	b->stop = b->is_dead = false;
	b->pending = all_queues(b);
	b->quiet = b->held = b->pushed = 0;
	memset(b->in_flight, 0, sizeof(b->in_flight));
	b->bytes_in_flight = 0;
	blk_poll_init(&b->poll);
	(void)!read(b->wake, &old, sizeof(old));

	for (unsigned int q = 0; q < n; q++)
		events[q] = d->queues[q].kick.fd;
	events[n] = b->wake;
	err = disk_queue_open(&b->queue, &b->disk, n * VIRTIO_BLK_QUEUE_SIZE,
			      events, n + 1);
	if (!err) {
		err = thread_start(&b->worker, d->name, work, b);
		if (err)
			disk_queue_close(b->queue);
	}
	if (!err)
		log_debug("%s: %s by %s, watching for up to %llu us", d->name,
			  b->disk.path, disk_queue_kind(b->queue),
			  (unsigned long long)b->poll.limit_ns / 1000);
	return err;
}

static void wake_up(struct virtio_blk *b)
{
	const uint64_t one = 1;

	(void)!write(b->wake, &one, sizeof(one));
}

/*
 * Waits until nothing of @queues is under way, and where the thread is to stop for
 * that, which may be asking for the size; lock held, and let go meanwhile. What
 * the storage has begun with cannot be taken back.
 */
static void wait_for_storage(struct virtio_blk *b, uint32_t queues)
{
	const struct timespec patience = clock_after_ms(PATIENCE_MS);
	bool is_told = b->nr_told >= BLK_MAX_TOLD;
	int ret = 0;

	while (!b->is_dead && (b->stop || nr_in_flight(b, queues))) {
		if (ret == ETIMEDOUT && !is_told) {
			log_warn(
				"%s: %s: waits for its storage (requests under way: %u); a reset, and so the end of the VM, takes as long",
				b->dev.name, b->disk.path,
				nr_in_flight(b, queues));
			is_told = true;
			b->nr_told++;
		}
		if (is_told)
			pthread_cond_wait(&b->drained, &b->dev.lock);
		else
			ret = pthread_cond_clockwait(&b->drained, &b->dev.lock,
						     CLOCK_MONOTONIC,
						     &patience);
	}
}

void blk_worker_stop(struct virtio_dev *d)
{
	struct virtio_blk *b = container_of(d, struct virtio_blk, dev);

	b->stop = true;
	disk_queue_hurry(b->queue);
	wake_up(b);
	wait_for_storage(b, all_queues(b));
	pthread_mutex_unlock(&d->lock);
	pthread_join(b->worker, NULL);
	pthread_mutex_lock(&d->lock);
	disk_queue_close(b->queue);
	b->queue = NULL;
}

void blk_worker_queue_stop(struct virtio_dev *d, unsigned int q)
{
	struct virtio_blk *b = container_of(d, struct virtio_blk, dev);

	b->held |= 1U << q;
	wait_for_storage(b, 1U << q);
	b->held &= ~(1U << q);
	b->pending &= ~(1U << q);
	b->quiet &= ~(1U << q);
	b->pushed &= ~(1U << q);
}
