/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dev_fixture.h: an echo device (queue 0 and 1: what is read is written back),
 * a transport that remembers, a loop, and a model driver per queue.
 */
#ifndef LKVM_PVM_TESTS_DEV_FIXTURE_H
#define LKVM_PVM_TESTS_DEV_FIXTURE_H

#include "queue_fixture.h"

#include <linux/virtio_config.h>
#include <string.h>

#include "log.h"
#include "virtio.h"

#define NR_QUEUES 2U
#define GOOD                                                                   \
	(ALL_FEATURES | 1ULL << VIRTIO_F_VERSION_1 |                           \
	 1ULL << VIRTIO_F_ACCESS_PLATFORM | 1ULL << VIRTIO_F_RING_RESET)
#define OWN_FEATURE (1ULL << 5)
#define UP                                                                     \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |                \
	 VIRTIO_CONFIG_S_FEATURES_OK)

struct bench {
	struct window w;
	struct loop loop;
	struct virtio_dev dev;
	struct vq_driver d[NR_QUEUES];
	struct vq_chain c;
	uint8_t config[7];
	/* What the class and the transport were asked. */
	unsigned int nr_starts, nr_stops, nr_kicks, nr_queue_stops;
	unsigned int nr_config_changed, nr_runs[NR_QUEUES], nr_ends[NR_QUEUES];
	int start_error;
};

static struct bench *bench_of(struct virtio_dev *d)
{
	return container_of(d, struct bench, dev);
}

static int echo_start(struct virtio_dev *d)
{
	bench_of(d)->nr_starts++;
	must(!d->running);
	return bench_of(d)->start_error;
}

static void echo_stop(struct virtio_dev *d)
{
	bench_of(d)->nr_stops++;
	must(!d->running);
}

static void echo_kick(struct virtio_dev *d, unsigned int q)
{
	struct bench *b = bench_of(d);
	struct virtqueue *vq = &d->queues[q].vq;
	uint8_t byte;
	int ret;

	must(d->running && vq->ready);
	b->nr_kicks++;
	while ((ret = vq_pop(vq, &b->c)) > 0) {
		uint32_t n = 0;
		bool lost = false;

		if (b->c.read_len && b->c.write_len) {
			lost = vq_chain_read(&b->c, 0, &byte, 1) ||
			       vq_chain_write(&b->c, 0, &byte, 1);
			n = 1;
		}
		if (lost)
			vq_break(vq, VQ_REVOKED, &b->c);
		ret = vq_push(vq, b->c.head, n);
		if (ret)
			break;
	}
	if (ret < 0)
		virtio_dev_broken(d, q);
	else
		virtio_publish(d, q);
}

static void echo_config_read(struct virtio_dev *d, unsigned int offset,
			     void *buf, unsigned int len)
{
	must(offset + len <= sizeof(bench_of(d)->config));
	memcpy(buf, bench_of(d)->config + offset, len);
}

static void echo_config_write(struct virtio_dev *d, unsigned int offset,
			      const void *buf, unsigned int len)
{
	must(offset + len <= sizeof(bench_of(d)->config));
	memcpy(bench_of(d)->config + offset, buf, len);
}

static void echo_queue_stop(struct virtio_dev *d, unsigned int q)
{
	must(d->running && q < NR_QUEUES);
	bench_of(d)->nr_queue_stops++;
}

static const struct virtio_class echo_class = {
	.name = "echo",
	.id = 42,
	.max_size = 64,
	.start = echo_start,
	.stop = echo_stop,
	.kick = echo_kick,
	.config_read = echo_config_read,
	.config_write = echo_config_write,
	.queue_stop = echo_queue_stop,
};

static void on_config_changed(void *ctx)
{
	struct bench *b = ctx;

	b->nr_config_changed++;
}

static void on_queue_changed(void *ctx, unsigned int q, bool running)
{
	struct bench *b = ctx;

	++*(running ? &b->nr_runs[q] : &b->nr_ends[q]);
}

static const struct virtio_transport bench_transport = {
	on_config_changed,
	on_queue_changed,
};

static inline struct bench *bench_make(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct virtio_dev_init init;

	must(b);
	init = (struct virtio_dev_init){
		.class = &echo_class,
		.number = 3,
		.window = &b->w,
		.loop = &b->loop,
		.features = OWN_FEATURE,
		.config_len = sizeof(b->config),
		.nr_queues = NR_QUEUES,
	};
	must(window_init(&b->w, GPA, LEN) == 0);
	must(loop_init(&b->loop) == 0);
	must(virtio_dev_init(&b->dev, &init) == 0);
	b->dev.transport = &bench_transport;
	b->dev.transport_ctx = b;
	return b;
}

static inline void bench_free(struct bench *b)
{
	virtio_dev_fini(&b->dev);
	virtio_dev_fini(&b->dev);
	loop_fini(&b->loop);
	window_fini(&b->w);
	free(b);
}

static inline void accept_features(struct bench *b, uint64_t features)
{
	virtio_dev_accept(&b->dev, 0, (uint32_t)features);
	virtio_dev_accept(&b->dev, 1, (uint32_t)(features >> 32));
}

/* Queue @q with @size entries at a place of its own, enabled. */
static inline void enable_queue(struct bench *b, unsigned int q, uint16_t size)
{
	vq_driver_init(&b->d[q], &b->w, RING + q * KIB(16), size, true);
	vq_driver_attach(&b->d[q], &b->dev.queues[q].vq);
	virtio_dev_queue_enable(&b->dev, q);
}

/* What a driver does from discovery to DRIVER_OK. */
static inline void bring_up(struct bench *b)
{
	virtio_dev_set_status(&b->dev, 0);
	virtio_dev_set_status(&b->dev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	virtio_dev_set_status(&b->dev, VIRTIO_CONFIG_S_ACKNOWLEDGE |
					       VIRTIO_CONFIG_S_DRIVER);
	accept_features(b, GOOD);
	virtio_dev_set_status(&b->dev, UP);
	must(virtio_dev_status(&b->dev) == UP);
	for (unsigned int q = 0; q < NR_QUEUES; q++)
		enable_queue(b, q, 16);
	virtio_dev_set_status(&b->dev, UP | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* The driver's notify. */
static inline void kick(struct bench *b, unsigned int q)
{
	const uint64_t one = 1;

	must(write(b->dev.queues[q].kick.fd, &one, sizeof(one)) == 8);
}

static inline void poll_loop(struct bench *b)
{
	must(loop_poll(&b->loop) == 0);
}

/* Interrupts of queue @q since the last call. */
static inline uint64_t interrupts(struct bench *b, unsigned int q)
{
	uint64_t n;

	return read(b->dev.queues[q].call, &n, sizeof(n)) == 8 ? n : 0;
}

static inline bool is_broken(struct bench *b)
{
	return virtio_dev_status(&b->dev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

/* One request of a readable and a writable byte on queue @q. */
static inline void offer_echo(struct bench *b, unsigned int q, uint8_t byte)
{
	const struct vq_buf bufs[] = { { DATA, 1, false },
				       { DATA + 64, 1, true } };

	*(uint8_t *)vq_driver_mem(&b->w, DATA, 1) = byte;
	must(vq_driver_add(&b->d[q], bufs, 2) >= 0);
	(void)vq_driver_publish(&b->d[q]);
	kick(b, q);
}

#endif
