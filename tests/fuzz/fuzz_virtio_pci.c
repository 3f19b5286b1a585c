// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_virtio_pci.c: any accesses to the registers of a virtio-pci function,
 * to its configuration space and its memory, and signals of its device's. What
 * KVM was told agrees with the registers after each; after the life it knows
 * of nothing.
 *
 * Input: one byte (has MSI-X, starts with a running driver), then records of 8
 * bytes: what and width, part of the BAR, address (2), value (4).
 *
 * Floor: virtio/pci.c 87
 * Floor: virtio/pci_common.c 92
 * Floor: virtio/pci_irq.c 82
 */
#include "fuzz.h"

#include "../unit/virtio_pci_fixture.h"

/* An SPI of the frame's is told by its number alone. */
static bool is_message(enum virtio_pci_msi msi, const struct fake_irqfd *irq,
		       uint32_t data)
{
	if (msi == VIRTIO_PCI_ITS)
		return irq->data == data;
	return msi == VIRTIO_PCI_GICV2M && irq->gsi == data - 32 &&
	       irq->gsi >= MACHINE_GICV2M_SPI;
}

/* Doorbells lie in the BAR, of queues that run; routes are unmasked vectors. */
static void check_wiring(struct world *w)
{
	const uint32_t *table = (const uint32_t *)w->pci.table;

	for (unsigned int q = 0; q < QUEUES; q++) {
		struct fake_ioeventfd *io =
			fake_ioeventfd(w->dev.queues[q].kick.fd);
		struct fake_irqfd *irq = fake_irqfd(w->dev.queues[q].call);
		unsigned int v = w->pci.irqs[q].vector;

		CHECK(!io || (w->pci.pci.bar_gpa &&
			      io->gpa == w->pci.pci.bar_gpa + w->notify +
						 q * w->multiplier));
		CHECK(!io || w->dev.queues[q].vq.ready);
		CHECK(!irq || (v <= QUEUES && !(table[v * 4 + 3] & 1) &&
			       is_message(w->pci.msi, irq, table[v * 4 + 2])));
	}
}

static void check_nothing_is_wired(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(fake_pvm.irqfds); i++)
		CHECK(!fake_pvm.irqfds[i].fd && !fake_pvm.ioeventfds[i].fd);
}

static void act(struct world *w, const uint8_t *r)
{
	unsigned int len = 1U << (r[0] & 3);
	bool is_write = r[0] & 4;
	const uint64_t one = 1;
	uint64_t value = 0;
	uint16_t at;

	memcpy(&at, r + 2, sizeof(at));
	memcpy(&value, r + 4, 4);
	if ((r[0] & 0xf0) == 0xf0) {
		(void)!write(w->dev.queues[r[1] % QUEUES].call, &one, 8);
		(void)loop_poll(&w->loop);
		return;
	}
	if ((r[0] & 0xf0) == 0xe0) {
		virtio_pci_stop(&w->pci);
		check_nothing_is_wired();
		pci_host_power_on(&w->host);
		virtio_pci_start(&w->pci, (struct pvm *)w);
		store(w, cfg(0x10), 4, BAR);
		store(w, cfg(0x04), 2, 6);
		return;
	}
	if (r[0] & 8)
		bus_access(&w->bus, cfg(at & 0xff), (uint8_t *)&value, len,
			   is_write);
	else
		bus_access(&w->bus, BAR + r[1] % 8 * 0x1000U + (at & 0x3ff),
			   (uint8_t *)&value, len, is_write);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	enum virtio_pci_msi msi;
	unsigned int nr = 0;

	if (size < 1)
		return 0;
	msi = data[0] & 4 ? VIRTIO_PCI_GICV2M
			  : (enum virtio_pci_msi)(data[0] & 1);
	/* The window is made once. */
	if (!w.window.len)
		CHECK(!world_init(&w, msi));
	else
		CHECK(!world_plug(&w, msi));
	if (data[0] & 2)
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
