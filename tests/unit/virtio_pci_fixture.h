/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio_pci_fixture.h: a device of two queues behind virtio-pci, and a driver
 * that knows it as Linux's virtio_pci_modern does: by configuration space, BAR
 * and window alone.
 */
#ifndef LKVM_PVM_TESTS_VIRTIO_PCI_FIXTURE_H
#define LKVM_PVM_TESTS_VIRTIO_PCI_FIXTURE_H

#include <linux/virtio_config.h>
#include <string.h>
#include <unistd.h>

#include "fake_pvm.h"
#include "log.h"
#include "machine.h"
#include "virtio_pci.h"

#define QUEUES	   2U
#define CONFIG_LEN 8U
#define WINDOW_GPA 0x7fe00000ULL
#define BAR	   0x50400000ULL
#define SLOT	   1U /* of the device; slot 0 is another's */

/* Of struct virtio_pci_common_cfg. */
enum {
	OFFERED_WORD = 0,
	OFFERED = 4,
	DRIVER_WORD = 8,
	DRIVER = 12,
	CONFIG_VECTOR = 16,
	NR_QUEUES = 18,
	STATUS = 20,
	QUEUE = 22,
	SIZE = 24,
	VECTOR = 26,
	ENABLE = 28,
	NOTIFY_OFF = 30,
	DESC = 32,
	AVAIL = 40,
	USED = 48,
	QUEUE_RESET = 58,
};

struct world {
	struct bus bus;
	struct pci_host host;
	struct loop loop;
	struct window window;
	struct pci_dev other;
	struct virtio_dev dev;
	struct virtio_pci pci;
	bool line[PCI_LINES];
	/* What the driver found. */
	uint32_t common, notify, isr, device, multiplier;
	unsigned int access, msix;
	uint32_t table, pba;
	uint8_t config[CONFIG_LEN];
	unsigned int nr_kicks[QUEUES], nr_starts, nr_stops;
};

static inline struct world *world_of(struct virtio_dev *d)
{
	return container_of(d, struct world, dev);
}

static int model_start(struct virtio_dev *d)
{
	world_of(d)->nr_starts++;
	return 0;
}

static void model_stop(struct virtio_dev *d)
{
	world_of(d)->nr_stops++;
}

static void model_kick(struct virtio_dev *d, unsigned int q)
{
	world_of(d)->nr_kicks[q]++;
}

static void model_config_read(struct virtio_dev *d, unsigned int offset,
			      void *buf, unsigned int len)
{
	memcpy(buf, world_of(d)->config + offset, len);
}

static void model_config_write(struct virtio_dev *d, unsigned int offset,
			       const void *buf, unsigned int len)
{
	memcpy(world_of(d)->config + offset, buf, len);
}

static const struct virtio_class model_class = {
	.name = "model",
	.id = 4,
	.max_size = 64,
	.pci_class = 0xff0000U << 8,
	.start = model_start,
	.stop = model_stop,
	.kick = model_kick,
	.config_read = model_config_read,
	.config_write = model_config_write,
};

static void model_line(void *ctx, unsigned int line, bool high)
{
	struct world *w = ctx;

	w->line[line] = high;
}

static inline uint64_t load(struct world *w, gpa_t gpa, unsigned int len)
{
	uint64_t v = 0;

	bus_access(&w->bus, gpa, (uint8_t *)&v, len, false);
	return v;
}

static inline void store(struct world *w, gpa_t gpa, unsigned int len,
			 uint64_t v)
{
	bus_access(&w->bus, gpa, (uint8_t *)&v, len, true);
}

static inline gpa_t cfg(unsigned int reg)
{
	return MACHINE_PCI_ECAM_BASE + SLOT * 0x8000 + reg;
}

/* The driver's look at the capabilities. */
static inline void find_structures(struct world *w)
{
	unsigned int at = (unsigned int)load(w, cfg(0x34), 1);

	for (unsigned int nr = 0; at && nr < 48; nr++) {
		unsigned int id = (unsigned int)load(w, cfg(at), 1);
		uint32_t offset = (uint32_t)load(w, cfg(at + 8), 4);

		if (id == 0x11) {
			w->msix = at;
			w->table = (uint32_t)load(w, cfg(at + 4), 4);
			w->pba = (uint32_t)load(w, cfg(at + 8), 4);
		}
		if (id == 0x09) {
			switch (load(w, cfg(at + 3), 1)) {
			case 1:
				w->common = offset;
				break;
			case 2:
				w->notify = offset;
				w->multiplier =
					(uint32_t)load(w, cfg(at + 16), 4);
				break;
			case 3:
				w->isr = offset;
				break;
			case 4:
				w->device = offset;
				break;
			case 5:
				w->access = at;
				break;
			default:
				break;
			}
		}
		at = (unsigned int)load(w, cfg(at + 1), 1);
	}
}

static inline uint64_t reg(struct world *w, unsigned int at, unsigned int len)
{
	return load(w, BAR + w->common + at, len);
}

static inline void set(struct world *w, unsigned int at, unsigned int len,
		       uint64_t v)
{
	store(w, BAR + w->common + at, len, v);
}

static inline gpa_t doorbell(const struct world *w, unsigned int q)
{
	return BAR + w->notify + q * w->multiplier;
}

static inline void nobody_moved(void *ctx, gpa_t gpa)
{
	(void)ctx;
	(void)gpa;
}

/* The device, plugged in; the driver has switched the BAR on. 0 or -1. */
static inline int world_plug(struct world *w, enum virtio_pci_msi msi)
{
	static const struct pci_ops no_ops = { .bar_moved = nobody_moved };
	static const struct pci_id no_id = { .vendor = 0x1234 };
	struct virtio_dev_init init = {
		.class = &model_class,
		.number = 3,
		.window = &w->window,
		.loop = &w->loop,
		.config_len = CONFIG_LEN,
		.nr_queues = QUEUES,
	};

	memset(&fake_pvm, 0, sizeof(fake_pvm));
	pci_host_init(&w->host, model_line, w);
	pci_dev_init(&w->other, &no_id, 0x1000, false, &no_ops, w);
	if (pci_host_add(&w->host, &w->other) ||
	    virtio_dev_init(&w->dev, &init) ||
	    virtio_pci_init(&w->pci, &w->dev, &w->host, msi) ||
	    pci_host_map(&w->host, &w->bus))
		return -1;
	pci_host_power_on(&w->host);
	virtio_pci_start(&w->pci, (struct pvm *)w);
	store(w, cfg(0x10), 4, BAR);
	store(w, cfg(0x04), 2, 6);
	find_structures(w);
	return 0;
}

static inline void world_unplug(struct world *w)
{
	virtio_pci_fini(&w->pci);
	virtio_dev_fini(&w->dev);
	pci_host_fini(&w->host);
	memset(&w->bus, 0, sizeof(w->bus));
	memset(w->line, 0, sizeof(w->line));
	w->common = w->notify = w->isr = w->device = w->multiplier = 0;
	w->access = w->msix = w->table = w->pba = 0;
}

static inline int world_init(struct world *w, enum virtio_pci_msi msi)
{
	memset(w, 0, sizeof(*w));
	log_set_level(LOG_ERROR);
	if (loop_init(&w->loop) || window_init(&w->window, WINDOW_GPA, MIB(2)))
		return -1;
	return world_plug(w, msi);
}

static inline void world_fini(struct world *w)
{
	world_unplug(w);
	window_fini(&w->window);
	loop_fini(&w->loop);
}

/* As Linux sets up a queue: three parts of the window, then enable. */
static inline void set_up_queue(struct world *w, unsigned int q)
{
	gpa_t at = WINDOW_GPA + q * 0x4000;

	set(w, QUEUE, 2, q);
	set(w, SIZE, 2, 16);
	set(w, DESC, 4, at);
	set(w, DESC + 4, 4, 0);
	set(w, AVAIL, 4, at + 0x1000);
	set(w, AVAIL + 4, 4, 0);
	set(w, USED, 4, at + 0x2000);
	set(w, USED + 4, 4, 0);
}

/* Up to FEATURES_OK with what every driver has to accept. */
static inline void negotiate(struct world *w)
{
	set(w, STATUS, 1, 0);
	set(w, STATUS, 1, 1);
	set(w, STATUS, 1, 3);
	set(w, DRIVER_WORD, 4, 0);
	set(w, DRIVER, 4, 0);
	set(w, DRIVER_WORD, 4, 1);
	set(w, DRIVER, 4,
	    1U << (VIRTIO_F_VERSION_1 - 32) |
		    1U << (VIRTIO_F_ACCESS_PLATFORM - 32));
	set(w, STATUS, 1, 3 | VIRTIO_CONFIG_S_FEATURES_OK);
}

static inline void go(struct world *w)
{
	negotiate(w);
	for (unsigned int q = 0; q < QUEUES; q++) {
		set_up_queue(w, q);
		set(w, ENABLE, 2, 1);
	}
	set(w, STATUS, 1, 15);
}

/* One entry of the table, then what Linux does last: unmask it. */
static inline void set_vector(struct world *w, unsigned int v, uint32_t data)
{
	gpa_t at = BAR + w->table + v * 16;

	store(w, at, 4, 0x3ffb0040);
	store(w, at + 4, 4, 0);
	store(w, at + 8, 4, data);
	store(w, at + 12, 4, 0);
}

static inline void mask_vector(struct world *w, unsigned int v, bool masked)
{
	store(w, BAR + w->table + v * 16 + 12, 4, masked);
}

static inline void msix_control(struct world *w, uint16_t bits)
{
	store(w, cfg(w->msix + 2), 2, bits);
}

#endif
