// SPDX-License-Identifier: GPL-2.0-only
/*
 * pci.c: PCI host bridge: configuration space in ECAM (PCI Express 5.0, 7.2.2),
 * type 0 headers (PCI 3.0, 6.1), BARs in the 32-bit memory window, INTA.
 *
 * Configuration space is bytes with a mask of what a guest may change, so
 * any width and any offset means the same thing: those bytes.
 */
#include "pci.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "machine.h"

enum {
	CFG_VENDOR = 0x00,
	CFG_DEVICE = 0x02,
	CFG_COMMAND = 0x04,
	CFG_STATUS = 0x06,
	CFG_REVISION = 0x08, /* then 24 bits of class code */
	CFG_CACHE_LINE = 0x0c,
	CFG_BAR0 = 0x10,
	CFG_SUBSYSTEM_VENDOR = 0x2c,
	CFG_SUBSYSTEM = 0x2e,
	CFG_CAPABILITIES = 0x34,
	CFG_INTERRUPT_LINE = 0x3c,
	CFG_INTERRUPT_PIN = 0x3d,
	CFG_HEADER_END = 0x40,
};

#define COMMAND_MEMORY	     0x0002U
#define COMMAND_MASTER	     0x0004U
#define COMMAND_INTX_DISABLE 0x0400U
#define STATUS_INTERRUPT     0x08 /* in the low byte */
#define STATUS_CAPABILITIES  0x10

/* ECAM: bus, slot, function and register, 8 + 5 + 3 + 12 bits. */
#define ECAM_SIZE (MACHINE_PCI_BUSES * MIB(1))

#define MMIO_END (MACHINE_PCI_MMIO_BASE + MACHINE_PCI_MMIO_SIZE)

static uint32_t get(const uint8_t *from, unsigned int len)
{
	uint32_t v = 0;

	memcpy(&v, from, len);
	return v;
}

static void put(uint8_t *to, unsigned int len, uint32_t v)
{
	memcpy(to, &v, len);
}

/* --- interrupt lines ------------------------------------------------------- */

static bool is_raised(const struct pci_dev *d)
{
	return d->intx && !d->intx_disabled;
}

/* The function was @was; what it is now may change its line. irq_lock held. */
static void pass_on(struct pci_dev *d, bool was)
{
	struct pci_host *h = d->host;
	unsigned int line = d->slot % PCI_LINES; /* INTA; see the map in fdt/ */
	bool is = is_raised(d);

	if (is && !was && h->nr_raised[line]++ == 0)
		h->set_line(h->ctx, line, true);
	if (was && !is && --h->nr_raised[line] == 0)
		h->set_line(h->ctx, line, false);
}

static void disable_intx(struct pci_dev *d, bool disabled)
{
	bool was;

	pthread_mutex_lock(&d->host->irq_lock);
	was = is_raised(d);
	d->intx_disabled = disabled;
	pass_on(d, was);
	pthread_mutex_unlock(&d->host->irq_lock);
}

static bool intx_level(struct pci_dev *d)
{
	bool high;

	pthread_mutex_lock(&d->host->irq_lock);
	high = d->intx;
	pthread_mutex_unlock(&d->host->irq_lock);
	return high;
}

void pci_set_intx(struct pci_dev *d, bool high)
{
	bool was;

	pthread_mutex_lock(&d->host->irq_lock);
	was = is_raised(d);
	d->intx = high;
	pass_on(d, was);
	pthread_mutex_unlock(&d->host->irq_lock);
}

/* --- configuration space --------------------------------------------------- */

static void place_bar(struct pci_dev *d)
{
	gpa_t gpa = get(d->config + CFG_BAR0, 4) & ~0xfU;

	if (!(get(d->config + CFG_COMMAND, 2) & COMMAND_MEMORY) ||
	    gpa < MACHINE_PCI_MMIO_BASE || gpa + d->bar_len > MMIO_END)
		gpa = 0;
	if (gpa == d->bar_gpa)
		return;
	d->bar_gpa = gpa;
	d->ops->bar_moved(d->ctx, gpa);
}

static void header_written(struct pci_dev *d)
{
	disable_intx(d, get(d->config + CFG_COMMAND, 2) & COMMAND_INTX_DISABLE);
	place_bar(d);
}

/* The function @offset of ECAM belongs to, if [@reg, @reg + @len) is in it. */
static struct pci_dev *function_at(struct pci_host *h, uint64_t offset,
				   unsigned int len, unsigned int *reg)
{
	unsigned int function = offset >> 12 & 7;

	*reg = offset & 0xfff;
	if (function != 0 || *reg + len > 0x1000)
		return NULL;
	return h->slots[offset >> 15 & (PCI_SLOTS - 1)];
}

static uint64_t ecam_read(void *dev, uint64_t offset, unsigned int len)
{
	unsigned int reg;
	struct pci_dev *d = function_at(dev, offset, len, &reg);
	uint64_t value = 0;
	uint8_t byte;

	if (!d)
		return UINT64_MAX;
	if (d->ops->config_reading)
		d->ops->config_reading(d->ctx, reg, len);
	/* Past the 256 bytes: no extended capabilities, which reads as 0. */
	for (unsigned int i = 0; i < len && reg + i < PCI_CONFIG_SIZE; i++) {
		byte = d->config[reg + i];
		if (reg + i == CFG_STATUS && intx_level(d))
			byte |= STATUS_INTERRUPT;
		value |= (uint64_t)byte << i * 8;
	}
	return value;
}

static void ecam_write(void *dev, uint64_t offset, unsigned int len,
		       uint64_t value)
{
	unsigned int reg;
	struct pci_dev *d = function_at(dev, offset, len, &reg);

	if (!d || reg >= PCI_CONFIG_SIZE)
		return;
	for (unsigned int i = 0; i < len && reg + i < PCI_CONFIG_SIZE; i++) {
		uint8_t mask = d->writable[reg + i], *at = &d->config[reg + i];

		*at = (uint8_t)((*at & ~mask) | (value >> i * 8 & mask));
	}
	if (reg < CFG_HEADER_END)
		header_written(d);
	if (d->ops->config_written)
		d->ops->config_written(d->ctx, reg, len);
}

static const struct bus_ops ecam_ops = { ecam_read, ecam_write };

/* --- memory ---------------------------------------------------------------- */

/* BARs a guest put over each other: the first slot answers. */
static struct pci_dev *bar_at(struct pci_host *h, gpa_t gpa, unsigned int len)
{
	for (unsigned int i = 0; i < PCI_SLOTS && h->slots[i]; i++) {
		struct pci_dev *d = h->slots[i];

		if (d->bar_gpa && gpa >= d->bar_gpa &&
		    gpa + len <= d->bar_gpa + d->bar_len)
			return d;
	}
	return NULL;
}

static uint64_t mmio_read(void *dev, uint64_t offset, unsigned int len)
{
	gpa_t gpa = MACHINE_PCI_MMIO_BASE + offset;
	struct pci_dev *d = bar_at(dev, gpa, len);

	return d ? d->ops->bar_read(d->ctx, gpa - d->bar_gpa, len) : UINT64_MAX;
}

static void mmio_write(void *dev, uint64_t offset, unsigned int len,
		       uint64_t value)
{
	gpa_t gpa = MACHINE_PCI_MMIO_BASE + offset;
	struct pci_dev *d = bar_at(dev, gpa, len);

	if (d)
		d->ops->bar_write(d->ctx, gpa - d->bar_gpa, len, value);
}

static const struct bus_ops mmio_ops = { mmio_read, mmio_write };

/* --- building -------------------------------------------------------------- */

void pci_host_init(struct pci_host *h,
		   void (*set_line)(void *ctx, unsigned int line, bool high),
		   void *ctx)
{
	memset(h, 0, sizeof(*h));
	h->set_line = set_line;
	h->ctx = ctx;
	pthread_mutex_init(&h->irq_lock, NULL);
}

void pci_host_fini(struct pci_host *h)
{
	pthread_mutex_destroy(&h->irq_lock);
}

int pci_host_map(struct pci_host *h, struct bus *bus)
{
	int ret = bus_add(bus, MACHINE_PCI_ECAM_BASE, ECAM_SIZE, "pci-config",
			  &ecam_ops, h);

	if (ret)
		return ret;
	return bus_add(bus, MACHINE_PCI_MMIO_BASE, MACHINE_PCI_MMIO_SIZE,
		       "pci-memory", &mmio_ops, h);
}

void pci_host_power_on(struct pci_host *h)
{
	for (unsigned int i = 0; i < PCI_SLOTS && h->slots[i]; i++) {
		struct pci_dev *d = h->slots[i];

		memcpy(d->config, d->power_on, sizeof(d->config));
		pci_set_intx(d, false);
		header_written(d);
		if (d->ops->config_written)
			d->ops->config_written(d->ctx, 0, PCI_CONFIG_SIZE);
	}
}

void pci_dev_init(struct pci_dev *d, const struct pci_id *id, uint32_t bar_len,
		  bool has_intx, const struct pci_ops *ops, void *ctx)
{
	assert(bar_len >= KIB(4) && bar_len <= MIB(1) &&
	       (bar_len & (bar_len - 1)) == 0);
	memset(d, 0, sizeof(*d));
	d->ops = ops;
	d->ctx = ctx;
	d->bar_len = bar_len;
	d->next_free = CFG_HEADER_END;

	put(d->config + CFG_VENDOR, 2, id->vendor);
	put(d->config + CFG_DEVICE, 2, id->device);
	put(d->config + CFG_REVISION, 4, id->revision | id->class_code << 8);
	put(d->config + CFG_SUBSYSTEM_VENDOR, 2, id->subsystem_vendor);
	put(d->config + CFG_SUBSYSTEM, 2, id->subsystem);
	d->config[CFG_INTERRUPT_PIN] = has_intx ? 1 : 0;

	put(d->writable + CFG_COMMAND, 2,
	    COMMAND_MEMORY | COMMAND_MASTER | COMMAND_INTX_DISABLE);
	put(d->writable + CFG_BAR0, 4, ~(bar_len - 1));
	d->writable[CFG_CACHE_LINE] = 0xff;
	d->writable[CFG_INTERRUPT_LINE] = 0xff;
}

unsigned int pci_dev_add_cap(struct pci_dev *d, uint8_t id, const void *body,
			     const void *writable, unsigned int len)
{
	unsigned int at = d->next_free;

	assert(at + 2 + len <= PCI_CONFIG_SIZE);
	d->config[at] = id;
	memcpy(d->config + at + 2, body, len);
	if (writable)
		memcpy(d->writable + at + 2, writable, len);
	if (d->last_cap)
		d->config[d->last_cap + 1] = (uint8_t)at;
	else
		d->config[CFG_CAPABILITIES] = (uint8_t)at;
	d->config[CFG_STATUS] |= STATUS_CAPABILITIES;
	d->last_cap = at;
	d->next_free = (unsigned int)align_up(at + 2 + len, 4);
	return at;
}

int pci_host_add(struct pci_host *h, struct pci_dev *d)
{
	unsigned int slot = 0;
	gpa_t gpa;

	while (slot < PCI_SLOTS && h->slots[slot])
		slot++;
	if (slot == PCI_SLOTS)
		return -ENOSPC;
	d->host = h;
	d->slot = slot;
	h->slots[slot] = d;

	/* Where firmware would put it, for guests that leave it there. */
	gpa = MACHINE_PCI_MMIO_BASE + slot * MIB(1);
	put(d->config + CFG_BAR0, 4, (uint32_t)gpa);
	memcpy(d->power_on, d->config, sizeof(d->power_on));
	return 0;
}
