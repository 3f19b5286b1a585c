// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_virtio_mmio.c: any accesses to the registers of a virtio-mmio device,
 * requests and configuration changes between them. What KVM was told agrees
 * with the device after each; after the life it knows of nothing.
 *
 * Input: one byte (starts with a running driver), then records of 8 bytes: what
 * and width, unused, address (2), value (4).
 *
 * Floor: virtio/mmio.c 88
 * Floor: virtio/mmio_irq.c 77
 */
#include "fuzz.h"

#include "../unit/virtio_mmio_fixture.h"

/* What the fixture's checks call when they fail; libcheck is not here. */
void _ck_assert_failed(const char *file, int line, const char *expr,
		       const char *msg, ...)
{
	(void)file;
	(void)line;
	(void)expr;
	(void)msg;
	abort();
}

/* Doorbells are of queues that run, interrupts of all; each where it belongs. */
static void check_wiring(struct world *w)
{
	struct virtio_dev *d = &w->b->dev;

	for (unsigned int q = 0; q < NR_QUEUES; q++) {
		struct fake_ioeventfd *io =
			fake_ioeventfd(d->queues[q].kick.fd);
		struct fake_irqfd *irq = fake_irqfd(d->queues[q].call);

		CHECK(!!io == (d->running && d->queues[q].vq.ready));
		CHECK(!io || (io->gpa == REGS + R_NOTIFY && io->value == q));
		CHECK(irq && irq->gsi == SPI);
	}
	CHECK(fake_ioeventfd(w->mmio.acks));
	CHECK(fake_irqfd(w->mmio.config_call));
	CHECK(!(reg(w, R_INTERRUPT) & ~3U));
}

static void check_nothing_is_wired(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(fake_pvm.irqfds); i++)
		CHECK(!fake_pvm.irqfds[i].fd && !fake_pvm.ioeventfds[i].fd);
}

static void act(struct world *w, const uint8_t *r)
{
	static const uint16_t addresses[] = {
		R_STATUS, R_QUEUE,	 R_READY, R_SIZE,   R_DESC,   R_AVAIL,
		R_USED,	  R_QUEUE_RESET, R_ACK,	  R_NOTIFY, R_DRIVER, R_CONFIG,
	};
	unsigned int len = 1U << (r[0] & 3);
	uint64_t value = 0;
	uint16_t at;

	memcpy(&at, r + 2, sizeof(at));
	memcpy(&value, r + 4, 4);
	switch (r[0] & 0xf0) {
	case 0xf0:
		vq_driver_offer(&w->b->d[at % NR_QUEUES], (uint16_t)value);
		(void)vq_driver_publish(&w->b->d[at % NR_QUEUES]);
		kick(w->b, at % NR_QUEUES);
		poll_loop(w->b);
		return;
	case 0xe0:
		virtio_mmio_stop(&w->mmio);
		check_nothing_is_wired();
		virtio_mmio_start(&w->mmio, (struct pvm *)w);
		return;
	case 0xd0:
		pthread_mutex_lock(&w->b->dev.lock);
		virtio_config_changed(&w->b->dev);
		pthread_mutex_unlock(&w->b->dev.lock);
		return;
	case 0xc0:
		go(w);
		return;
	case 0xb0: /* likely ones */
		set(w, addresses[at % ARRAY_SIZE(addresses)], value & 0xff);
		return;
	default:
		bus_access(&w->bus, REGS + at % 0x1000, (uint8_t *)&value, len,
			   r[0] & 4);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	unsigned int nr = 0;

	if (size < 1)
		return 0;
	/* The device is made once. */
	if (!w.b)
		world_init(&w);
	else
		world_plug(&w);
	for (unsigned int q = 0; q < NR_QUEUES; q++)
		vq_driver_init(&w.b->d[q], &w.b->w, RING + q * KIB(16), 16,
			       true);
	if (data[0] & 1)
		go(&w);
	for (data++, size--; size >= 8 && nr < 256; data += 8, size -= 8) {
		act(&w, data);
		check_wiring(&w);
		nr++;
	}
	world_unplug(&w);
	check_nothing_is_wired();
	return 0;
}
