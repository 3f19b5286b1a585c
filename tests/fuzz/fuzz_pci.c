// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_pci.c: any accesses to configuration space and to the memory window of
 * a host bridge with three functions. Each access of a BAR lies inside it, no
 * BAR outside the window, and interrupt lines are what the functions say.
 *
 * Input: records of 8 bytes: what and width, unused, address (2), value (4).
 *
 * Floor: devices/pci.c 90
 */
#include "fuzz.h"

#include "machine.h"
#include "pci.h"

#define FUNCTIONS 3U
#define BAR_LEN	  0x8000U

struct world {
	struct bus bus;
	struct pci_host host;
	struct pci_dev f[FUNCTIONS];
	bool line[PCI_LINES];
};

static void moved(void *ctx, gpa_t gpa)
{
	const struct pci_dev *d = ctx;

	CHECK(gpa == d->bar_gpa);
	CHECK(!gpa ||
	      (gpa >= MACHINE_PCI_MMIO_BASE &&
	       gpa + BAR_LEN <= MACHINE_PCI_MMIO_BASE + MACHINE_PCI_MMIO_SIZE));
}

static uint64_t bar_read(void *ctx, uint64_t offset, unsigned int len)
{
	const struct pci_dev *d = ctx;

	CHECK(d->bar_gpa && offset + len <= BAR_LEN);
	return offset;
}

static void bar_write(void *ctx, uint64_t offset, unsigned int len,
		      uint64_t value)
{
	(void)value;
	(void)bar_read(ctx, offset, len);
}

static void config(void *ctx, unsigned int offset, unsigned int len)
{
	(void)ctx;
	CHECK(len <= PCI_CONFIG_SIZE && offset < 0x1000);
}

static const struct pci_ops ops = { config, config, moved, bar_read,
				    bar_write };

static void set_line(void *ctx, unsigned int line, bool high)
{
	struct world *w = ctx;

	CHECK(line < PCI_LINES && w->line[line] != high);
	w->line[line] = high;
}

static void start(struct world *w)
{
	static const struct pci_id id = { .vendor = 0x1af4, .device = 0x1042 };
	static const uint8_t body[12] = { 1 }, mask[12] = { [1] = 0xff };

	memset(w, 0, sizeof(*w));
	pci_host_init(&w->host, set_line, w);
	for (unsigned int i = 0; i < FUNCTIONS; i++) {
		pci_dev_init(&w->f[i], &id, BAR_LEN, true, &ops, &w->f[i]);
		(void)pci_dev_add_cap(&w->f[i], 0x11, body, mask, 12);
		CHECK(!pci_host_add(&w->host, &w->f[i]));
	}
	CHECK(!pci_host_map(&w->host, &w->bus));
	pci_host_power_on(&w->host);
}

static void check_lines(struct world *w)
{
	for (unsigned int i = 0; i < FUNCTIONS; i++) {
		bool off = w->f[i].config[5] & 4;

		CHECK(w->line[i] == (w->f[i].intx && !off));
	}
}

static gpa_t address(const struct world *w, uint8_t what, uint16_t at)
{
	if (what & 0x10) /* the four first slots, the first 256 bytes */
		return MACHINE_PCI_ECAM_BASE + (at >> 8 & 3) * 0x8000U +
		       (at & 0xff);
	if (what & 0x20)
		return MACHINE_PCI_ECAM_BASE + at * 16U + (what >> 6);
	if (what & 0x40)
		return w->f[at % FUNCTIONS].bar_gpa + at - 16;
	return MACHINE_PCI_MMIO_BASE + at * 0x2000ULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	uint8_t value[8] = { 0 };
	uint16_t at;

	start(&w);
	for (; size >= 8; data += 8, size -= 8) {
		memcpy(&at, data + 2, sizeof(at));
		memcpy(value, data + 4, 4);
		if ((data[0] & 7) == 4)
			pci_set_intx(&w.f[at % FUNCTIONS], value[0] & 1);
		else if ((data[0] & 7) == 5 && at == 0)
			pci_host_power_on(&w.host);
		else
			bus_access(&w.bus, address(&w, data[0], at), value,
				   1U << (data[0] & 3), data[0] & 8);
		check_lines(&w);
	}
	pci_host_fini(&w.host);
	return 0;
}
