// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_virtio_dev.c: any sequence of what a transport passes on from a driver,
 * kicks and ring contents between them, against what must hold at all times.
 *
 * Input: records of 8 bytes: what, small, short, long.
 *
 * Floor: virtio/dev.c 90
 * Floor: virtio/dev_config.c 92
 */
#include "fuzz.h"

#include <linux/virtio_config.h>
#include <unistd.h>

#include "../unit/vq_driver.h"
#include "fuzz_pages.h"
#include "log.h"
#include "virtio.h"

#define GPA	   0x7fe00000ULL
#define LEN	   MIB(2)
#define NR_QUEUES  3U
#define CONFIG_LEN 12U
#define REQUIRED   (1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM)
struct world {
	struct window w;
	struct loop loop;
	struct virtio_dev dev;
	struct vq_driver d[NR_QUEUES];
	struct vq_chain c;
	uint8_t config[CONFIG_LEN];
	int nr_started, nr_running[NR_QUEUES];
	bool start_fails, queue_start_fails;
};

struct record {
	uint8_t what, small;
	uint16_t value;
	uint32_t wide;
};

static struct world *world_of(struct virtio_dev *d)
{
	return container_of(d, struct world, dev);
}

static int dev_start(struct virtio_dev *d)
{
	CHECK((d->features & REQUIRED) == REQUIRED);
	CHECK(!(d->features & ~d->offered));
	if (world_of(d)->start_fails)
		return -1;
	world_of(d)->nr_started++;
	return 0;
}

static void dev_stop(struct virtio_dev *d)
{
	world_of(d)->nr_started--;
}

static void dev_kick(struct virtio_dev *d, unsigned int q)
{
	struct world *w = world_of(d);
	struct virtqueue *vq = &d->queues[q].vq;
	int ret;

	CHECK(d->running && vq->ready && q < NR_QUEUES);
	while ((ret = vq_pop(vq, &w->c)) > 0) {
		if (vq_chain_write(&w->c, 0, "answer", 6))
			vq_break(vq, VQ_BAD_CHAIN, &w->c);
		if (vq_push(vq, w->c.head, 6))
			break;
	}
	virtio_publish(d, q);
}

static void dev_config_read(struct virtio_dev *d, unsigned int offset,
			    void *buf, unsigned int len)
{
	CHECK(len > 0 && offset < CONFIG_LEN && len <= CONFIG_LEN - offset);
	memcpy(buf, world_of(d)->config + offset, len);
}

static void dev_config_write(struct virtio_dev *d, unsigned int offset,
			     const void *buf, unsigned int len)
{
	CHECK(len > 0 && offset < CONFIG_LEN && len <= CONFIG_LEN - offset);
	memcpy(world_of(d)->config + offset, buf, len);
}

static void dev_queue_stop(struct virtio_dev *d, unsigned int q)
{
	CHECK(d->running && d->queues[q].vq.ready);
}

static int dev_queue_start(struct virtio_dev *d, unsigned int q)
{
	CHECK(d->running && d->queues[q].vq.ready);
	return world_of(d)->queue_start_fails ? -1 : 0;
}

static const struct virtio_class dev_class = {
	.name = "fuzz",
	.max_size = 32,
	.start = dev_start,
	.stop = dev_stop,
	.kick = dev_kick,
	.config_read = dev_config_read,
	.config_write = dev_config_write,
	.queue_start = dev_queue_start,
	.queue_stop = dev_queue_stop,
};

static void config_changed(void *ctx)
{
	struct world *w = ctx;

	CHECK(w->dev.status & VIRTIO_CONFIG_S_DRIVER_OK);
}

static void queue_changed(void *ctx, unsigned int q, bool running)
{
	struct world *w = ctx;

	CHECK(q < NR_QUEUES);
	w->nr_running[q] += running ? 1 : -1;
}

static void ready(void *ctx, const struct virtio_dev *d)
{
	(void)ctx;
	CHECK(d->status & VIRTIO_CONFIG_S_DRIVER_OK);
}

static void violated(void *ctx, const struct virtio_dev *d, const char *what,
		     const struct vq_error *e, unsigned int q)
{
	(void)ctx;
	CHECK((!what || *what) && q < NR_QUEUES && (!e || e->fault != VQ_OK) &&
	      d->nr_blamed > 0);
}

static const struct virtio_watcher watcher = { ready, violated };

static const struct virtio_transport transport = { config_changed,
						   queue_changed };

static gpa_t ring_gpa(unsigned int q)
{
	return GPA + LEN - (q + 1) * KIB(4);
}

/* A register of queue @q, ready or not. */
static void write_register(struct world *w, unsigned int q,
			   const struct record *r)
{
	struct virtqueue *vq = &w->dev.queues[q].vq;
	gpa_t gpa = r->small & 0x10 ? r->wide : GPA + r->wide % LEN;

	switch (r->small % 5) {
	case 0:
		vq->size = r->value;
		break;
	case 1:
		vq->desc_gpa = gpa;
		break;
	case 2:
		vq->avail_gpa = gpa;
		break;
	case 3:
		vq->used_gpa = gpa;
		break;
	default: /* a good one */
		vq_driver_attach(&w->d[q], vq);
		break;
	}
}

static void offer(struct world *w, unsigned int q, const struct record *r)
{
	const struct vq_buf b = { r->value & 1 ? r->wide : GPA + r->wide % LEN,
				  r->value, r->small & 1 };
	struct vq_driver *d = &w->d[q];

	if (vq_driver_add(d, &b, 1) < 0)
		vq_driver_init(d, &w->w, ring_gpa(q), d->size, true);
	(void)vq_driver_publish(d);
}

static void scribble(struct world *w, unsigned int q, const struct record *r)
{
	memcpy((uint8_t *)w->d[q].desc + r->value % 1000, &r->wide, 4);
}

/* With @r the page it names is gone while the device looks. */
static void kick(struct world *w, unsigned int q, const struct record *r)
{
	const uint64_t one = 1;

	if (r)
		fuzz_take_page(&w->w, r->small & 1 ? r->wide : ring_gpa(q));
	CHECK(write(w->dev.queues[q].kick.fd, &one, sizeof(one)) == 8);
	CHECK(loop_poll(&w->loop) == 0);
	if (r)
		fuzz_give_pages(&w->w);
}

/* Somebody else had the call eventfds, from now on or before. */
static void lend(struct world *w, const struct record *r)
{
	if (w->dev.running)
		__atomic_store_n(&w->dev.calls_uncounted, r->small & 1,
				 __ATOMIC_RELAXED);
}

static void bring_up(struct world *w)
{
	const uint8_t up = VIRTIO_CONFIG_S_ACKNOWLEDGE |
			   VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK;

	virtio_dev_set_status(&w->dev, 0);
	virtio_dev_accept(&w->dev, 0, (uint32_t)w->dev.offered);
	virtio_dev_accept(&w->dev, 1, (uint32_t)(w->dev.offered >> 32));
	virtio_dev_set_status(&w->dev, up);
	for (unsigned int q = 0; q < NR_QUEUES; q++) {
		vq_driver_init(&w->d[q], &w->w, ring_gpa(q), 16, true);
		vq_driver_attach(&w->d[q], &w->dev.queues[q].vq);
		virtio_dev_queue_enable(&w->dev, q);
	}
	virtio_dev_set_status(&w->dev, up | VIRTIO_CONFIG_S_DRIVER_OK);
}

static void config(struct world *w, const struct record *r)
{
	const unsigned int len = r->small % 64 + 1U;
	uint8_t buf[64];

	memset(buf, r->small, sizeof(buf));
	if (r->value & 1)
		virtio_dev_config_read(&w->dev, r->wide, buf, len);
	else
		virtio_dev_config_write(&w->dev, r->wide & 15, buf, len);
}

static void step(struct world *w, const struct record *r)
{
	unsigned int q = (r->what >> 4) % NR_QUEUES;

	switch (r->what % 16) {
	case 0:
		virtio_dev_set_status(&w->dev, r->small);
		break;
	case 1:
		virtio_dev_accept(&w->dev, r->small, r->wide);
		break;
	case 2:
		write_register(w, q, r);
		break;
	case 3:
		virtio_dev_queue_enable(&w->dev, r->small & 1 ? r->wide : q);
		break;
	case 4:
		virtio_dev_queue_reset(&w->dev, r->small & 1 ? r->wide : q);
		break;
	case 5:
		config(w, r);
		break;
	case 6:
	case 7:
		kick(w, q, NULL);
		break;
	case 8:
		offer(w, q, r);
		break;
	case 9:
		scribble(w, q, r);
		break;
	case 10:
		virtio_dev_power_on(&w->dev);
		break;
	case 11:
		w->start_fails = r->small == 1;
		w->queue_start_fails = r->small == 2;
		bring_up(w);
		break;
	case 12:
		kick(w, q, r);
		break;
	case 13:
		virtio_dev_queue_disable(&w->dev, r->small & 1 ? r->wide : q);
		break;
	case 14:
		lend(w, r);
		break;
	default:
		virtio_config_changed(&w->dev);
		break;
	}
}

static void check(struct world *w)
{
	const uint8_t up =
		VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK;
	struct virtio_dev *d = &w->dev;
	struct virtio_stats s;

	virtio_dev_stats(d, &s);
	CHECK(s.max_in_flight <= 1 && s.interrupts <= s.requests);
	CHECK(virtio_dev_status(d) == d->status);
	CHECK(virtio_dev_generation(d) == d->config_generation);
	CHECK(virtio_dev_offered(d, 0) == (uint32_t)d->offered &&
	      !virtio_dev_offered(d, 2));
	CHECK(w->nr_started == d->running);
	CHECK(!d->running || (d->status & up) == up);
	CHECK(d->nr_blamed <= 16);
	for (unsigned int q = 0; q < NR_QUEUES; q++) {
		const struct virtqueue *vq = &d->queues[q].vq;

		CHECK(w->nr_running[q] == (d->running && vq->ready));
		CHECK(!vq->ready || (vq->num <= 32 && vq->num >= 2));
		CHECK(vq->stats.in_flight == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w = { .w = { .fd = -1 } };
	const struct virtio_dev_init init = {
		.class = &dev_class,
		.window = &w.w,
		.loop = &w.loop,
		.features = 0xff,
		.config_len = CONFIG_LEN,
		.nr_queues = NR_QUEUES,
	};
	struct record r;

	log_set_level(LOG_ERROR);
	if (w.w.fd < 0) {
		CHECK(window_init(&w.w, GPA, LEN) == 0);
		CHECK(loop_init(&w.loop) == 0);
	}
	CHECK(virtio_dev_init(&w.dev, &init) == 0);
	w.dev.transport = &transport;
	w.dev.transport_ctx = &w;
	w.dev.watcher = &watcher;
	for (unsigned int q = 0; q < NR_QUEUES; q++)
		vq_driver_init(&w.d[q], &w.w, ring_gpa(q), 16, true);
	while (fuzz_next(&data, &size, &r, sizeof(r))) {
		step(&w, &r);
		check(&w);
	}
	virtio_dev_fini(&w.dev);
	CHECK(w.nr_started == 0);
	return 0;
}
