/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio_mmio_fixture.h: the echo device of dev_fixture.h behind virtio-mmio,
 * and a driver that knows it by its registers and the window alone.
 */
#ifndef LKVM_PVM_TESTS_VIRTIO_MMIO_FIXTURE_H
#define LKVM_PVM_TESTS_VIRTIO_MMIO_FIXTURE_H

#include "dev_fixture.h"

#include "bus.h"
#include "fake_pvm.h"
#include "virtio_mmio.h"

#define SLOT 2U
#define REGS (0x3000000ULL + SLOT * 0x1000)
#define SPI  (6U + SLOT)

/* virtio 1.3 §4.2.2 */
enum {
	R_MAGIC = 0x000,
	R_VERSION = 0x004,
	R_DEVICE_ID = 0x008,
	R_VENDOR_ID = 0x00c,
	R_OFFERED = 0x010,
	R_OFFERED_WORD = 0x014,
	R_DRIVER = 0x020,
	R_DRIVER_WORD = 0x024,
	R_QUEUE = 0x030,
	R_SIZE_MAX = 0x034,
	R_SIZE = 0x038,
	R_READY = 0x044,
	R_NOTIFY = 0x050,
	R_INTERRUPT = 0x060,
	R_ACK = 0x064,
	R_STATUS = 0x070,
	R_DESC = 0x080,
	R_AVAIL = 0x090,
	R_USED = 0x0a0,
	R_SHM_SELECT = 0x0ac,
	R_SHM_LEN = 0x0b0,
	R_SHM_BASE = 0x0b8,
	R_QUEUE_RESET = 0x0c0,
	R_GENERATION = 0x0fc,
	R_CONFIG = 0x100,
};

struct world {
	struct bench *b;
	struct bus bus;
	struct virtio_mmio mmio;
};

static inline uint64_t load(struct world *w, unsigned int at, unsigned int len)
{
	uint64_t v = 0;

	bus_access(&w->bus, REGS + at, (uint8_t *)&v, len, false);
	return v;
}

static inline void store(struct world *w, unsigned int at, unsigned int len,
			 uint64_t v)
{
	bus_access(&w->bus, REGS + at, (uint8_t *)&v, len, true);
}

static inline uint32_t reg(struct world *w, unsigned int at)
{
	return (uint32_t)load(w, at, 4);
}

static inline void set(struct world *w, unsigned int at, uint32_t v)
{
	store(w, at, 4, v);
}

/* Registers for the device, in a VM. */
static inline void world_plug(struct world *w)
{
	memset(&fake_pvm, 0, sizeof(fake_pvm));
	bus_clear(&w->bus);
	must(virtio_mmio_init(&w->mmio, &w->b->dev, SLOT) == 0);
	must(virtio_mmio_map(&w->mmio, &w->bus) == 0);
	virtio_mmio_start(&w->mmio, (struct pvm *)w);
}

static inline void world_unplug(struct world *w)
{
	virtio_mmio_fini(&w->mmio);
	virtio_mmio_fini(&w->mmio);
}

static inline void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	log_set_level(LOG_ERROR);
	w->b = bench_make();
	world_plug(w);
}

static inline void world_fini(struct world *w)
{
	world_unplug(w);
	bench_free(w->b);
}

static inline void accept_by_registers(struct world *w, uint64_t features)
{
	set(w, R_DRIVER_WORD, 0);
	set(w, R_DRIVER, (uint32_t)features);
	set(w, R_DRIVER_WORD, 1);
	set(w, R_DRIVER, (uint32_t)(features >> 32));
}

/* Up to FEATURES_OK. */
static inline void negotiate(struct world *w)
{
	set(w, R_STATUS, 0);
	set(w, R_STATUS, 1);
	set(w, R_STATUS, 3);
	accept_by_registers(w, GOOD);
	set(w, R_STATUS, UP);
}

/* As Linux sets up a queue: size, three parts of the window, then ready. */
static inline void set_up_queue(struct world *w, unsigned int q)
{
	struct vq_driver *d = &w->b->d[q];

	vq_driver_init(d, &w->b->w, RING + q * KIB(16), 16, true);
	set(w, R_QUEUE, q);
	set(w, R_SIZE, 16);
	set(w, R_DESC, (uint32_t)d->desc_gpa);
	set(w, R_DESC + 4, (uint32_t)(d->desc_gpa >> 32));
	set(w, R_AVAIL, (uint32_t)d->avail_gpa);
	set(w, R_AVAIL + 4, (uint32_t)(d->avail_gpa >> 32));
	set(w, R_USED, (uint32_t)d->used_gpa);
	set(w, R_USED + 4, (uint32_t)(d->used_gpa >> 32));
	set(w, R_READY, 1);
}

static inline void go(struct world *w)
{
	negotiate(w);
	for (unsigned int q = 0; q < NR_QUEUES; q++)
		set_up_queue(w, q);
	set(w, R_STATUS, UP | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* One request that comes back, with an interrupt; what the driver takes. */
static inline void serve_one(struct world *w, unsigned int q)
{
	uint32_t n;

	(void)vq_driver_arm(&w->b->d[q]);
	offer_echo(w->b, q, 7);
	poll_loop(w->b);
	must(vq_driver_get(&w->b->d[q], &n) >= 0);
}

#endif
