// SPDX-License-Identifier: GPL-2.0-only
/* vpci.c: see vpci.h. */
#include "vpci.h"

#define CAP_VENDOR 0x09U
#define CAP_MSIX   0x11U

/* Structures of a virtio function, §4.1.4. */
enum {
	COMMON = 1,
	NOTIFY = 2,
	ISR = 3,
	DEVICE = 4,
	ACCESS = 5
};

static void take_structure(struct vpci *d, uint8_t at)
{
	uintptr_t cap = d->config + at;
	uintptr_t where = d->bar + read32(cap + 8);

	switch (read8(cap + 3)) {
	case COMMON:
		d->common = where;
		break;
	case NOTIFY:
		d->notify = where;
		d->notify_multiplier = read32(cap + 16);
		break;
	case ISR:
		d->isr = where;
		break;
	case DEVICE:
		d->device = where;
		d->device_len = read32(cap + 12);
		break;
	case ACCESS:
		d->access_cap = at;
		break;
	default:
		break;
	}
}

static void take_capabilities(struct vpci *d)
{
	uint8_t at = read8(d->config + 0x34);

	for (unsigned int i = 0; at && i < 48; i++) {
		uint8_t id = read8(d->config + at);

		if (id == CAP_VENDOR)
			take_structure(d, at);
		if (id == CAP_MSIX) {
			d->msix_cap = at;
			d->nr_vectors =
				(read16(d->config + at + 2) & 0x7ff) + 1U;
			d->msix = d->bar + (read32(d->config + at + 4) & ~7U);
		}
		at = read8(d->config + at + 1);
	}
}

unsigned int vpci_scan(struct vpci *d, unsigned int max)
{
	unsigned int nr = 0;

	for (unsigned int slot = 0; slot < 32 && nr < max; slot++) {
		uintptr_t config = ECAM + slot * 0x8000UL;
		uint32_t id = read32(config);

		if ((id & 0xffff) != 0x1af4 || id >> 16 < 0x1040)
			continue;
		d->config = config;
		d->bar = MMIO + slot * 0x100000UL;
		d->type = (uint16_t)((id >> 16) - 0x1040);
		/* What can be sent is on the second queue of these. */
		d->queue = d->type == TYPE_NET || d->type == TYPE_CONSOLE ||
			   d->type == TYPE_VSOCK;
		d->pages = WINDOW + nr * VPCI_PAGES * PAGE;
		take_capabilities(d);
		vpci_place(d);
		d++;
		nr++;
	}
	return nr;
}

void vpci_place(const struct vpci *d)
{
	write16(d->config + 0x04, 0);
	write32(d->config + 0x10, (uint32_t)d->bar);
	write16(d->config + 0x04, 6);
	if (d->msix_cap)
		write16(d->config + d->msix_cap + 2, 0);
}

int vpci_reset(const struct vpci *d)
{
	uint64_t end = counter() + ticks_of_ms(10000);

	write8(d->common + C_STATUS, 0);
	while (read8(d->common + C_STATUS) != 0)
		if (counter() > end)
			return 0;
	return 1;
}

static uint32_t offered(const struct vpci *d, unsigned int word)
{
	write32(d->common + C_DEVICE_WORD, word);
	return read32(d->common + C_DEVICE);
}

static void accept(const struct vpci *d, unsigned int word, uint32_t bits)
{
	write32(d->common + C_DRIVER_WORD, word);
	write32(d->common + C_DRIVER, bits);
}

int vpci_negotiate(struct vpci *d)
{
	if (!vpci_reset(d))
		return 0;
	write8(d->common + C_STATUS, 1);
	write8(d->common + C_STATUS, S_DRIVER);
	d->features = offered(d, 0) | (uint64_t)offered(d, 1) << 32;
	d->features &= 3UL << 32 | 1UL << F_INDIRECT | 1UL << F_RING_RESET;
	accept(d, 0, (uint32_t)d->features);
	accept(d, 1, (uint32_t)(d->features >> 32));
	write8(d->common + C_STATUS, S_FEATURES);
	return read8(d->common + C_STATUS) == S_FEATURES;
}

static void write_address(const struct vpci *d, unsigned int reg, uint64_t v)
{
	write32(d->common + reg, (uint32_t)v);
	write32(d->common + reg + 4, (uint32_t)(v >> 32));
}

void vpci_enable(const struct vpci *d, uint64_t desc, uint64_t avail,
		 uint64_t used)
{
	write16(d->common + C_QUEUE, d->queue);
	write_address(d, C_DESC, desc);
	write_address(d, C_AVAIL, avail);
	write_address(d, C_USED, used);
	write16(d->common + C_ENABLE, 1);
}

int vpci_start(struct vpci *d)
{
	if (!vpci_negotiate(d))
		return 0;
	write16(d->common + C_QUEUE, d->queue);
	d->size = read16(d->common + C_SIZE);
	d->avail = 0;
	for (uintptr_t p = P_DESC; p < P_HEAD; p++)
		for (uintptr_t at = 0; at < PAGE; at += 8)
			write64(vpci_page(d, p) + at, 0);
	vpci_enable(d, vpci_page(d, P_DESC), vpci_page(d, P_AVAIL),
		    vpci_page(d, P_USED));
	write8(d->common + C_STATUS, S_RUNNING);
	return read8(d->common + C_STATUS) == S_RUNNING;
}

int vpci_is_broken(const struct vpci *d)
{
	return (read8(d->common + C_STATUS) & S_NEEDS_RESET) != 0;
}

void vpci_desc(uintptr_t table, unsigned int i, uint64_t addr, uint32_t len,
	       uint16_t flags, uint16_t next)
{
	write64(table + i * 16UL, addr);
	write64(table + i * 16UL + 8,
		len | (uint64_t)flags << 32 | (uint64_t)next << 48);
}

void vpci_offer(struct vpci *d, uint16_t head)
{
	write16(vpci_page(d, P_AVAIL) + 4 + 2UL * (d->avail % d->size), head);
	d->avail++;
}

void vpci_kick(const struct vpci *d)
{
	__asm__ volatile("dsb sy" : : : "memory");
	write16(vpci_page(d, P_AVAIL) + 2, d->avail);
	__asm__ volatile("dsb sy" : : : "memory");
	write16(d->notify + d->queue * (uintptr_t)d->notify_multiplier,
		d->queue);
}

uint16_t vpci_used(const struct vpci *d)
{
	return read16(vpci_page(d, P_USED) + 2);
}

int vpci_wait(const struct vpci *d, uint16_t nr, uint64_t ms)
{
	const uint64_t start = counter();
	uint64_t look = 0, passed;

	do {
		if (vpci_used(d) == nr)
			return 1;
		passed = counter() - start;
		/* An exit: not with each look. */
		if (passed >= look && vpci_is_broken(d))
			return 0;
		if (passed >= look)
			look = passed + ticks_of_ms(1);
	} while (passed < ticks_of_ms(ms));
	return -1;
}
