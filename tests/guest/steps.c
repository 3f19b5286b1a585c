// SPDX-License-Identifier: GPL-2.0-only
/*
 * steps.c: shares pages, takes them back, writes to them and looks at them, at
 * random, while it has its disks, its card and its random numbers work, whose
 * pages it also takes back in the middle of a request.
 *
 * Each step's result has to be what the kernel promises, each page has to hold
 * what was written last, and a device has to work again. The letter behind
 * "mode=" chooses the steps. Ends with "unharmed" or "FAILED".
 */
#include "noise.h"
#include "vpci.h"

#define STEPS	 1500U
#define DEVICES	 6U
#define IN_RAM	 96U
#define PAGES	 192U	/* the others are in the window */
#define SECTORS	 64U	/* that are read; those behind them are written */
#define REFUSED	 (~2UL) /* SMCCC's INVALID_PARAMETER, -3 */
#define PATIENCE 20000UL

static struct vpci devices[DEVICES];
static unsigned int nr_devices;

static struct {
	uint64_t value; /* of each of its words */
	uint8_t shared;
} pages[PAGES];
static uint64_t sums[DEVICES][SECTORS];

static struct {
	uint64_t seed, step, shares, unshares, requests, taken, broken;
} run;

static int failed(const char *what, uint64_t arg)
{
	print("FAILED at step ");
	print_hex(run.step);
	print(": ");
	print(what);
	print(" ");
	print_hex(arg);
	print("\n");
	return 0;
}

/* --- pages ---------------------------------------------------------------- */

static uintptr_t address(unsigned int i)
{
	if (i < IN_RAM)
		return RAM + (16UL << 20) + i * PAGE;
	return WINDOW + (DEVICES * VPCI_PAGES + i - IN_RAM) * PAGE;
}

static void fill(unsigned int i, uint64_t value)
{
	for (uintptr_t a = address(i); a < address(i) + PAGE; a += 8)
		write64(a, value ^ a);
	pages[i].value = value;
}

static int is_as_left(unsigned int i)
{
	for (uintptr_t a = address(i); a < address(i) + PAGE; a += 8)
		if (read64(a) != (pages[i].value ^ a))
			return failed("another's words at", a);
	return 1;
}

static int give(unsigned int i)
{
	uint64_t ret = hvc(MEM_SHARE, address(i), 0, 0);

	run.shares++;
	if (ret != (pages[i].shared ? REFUSED : 0))
		return failed("share", ret);
	pages[i].shared = 1;
	return is_as_left(i);
}

static int take(unsigned int i)
{
	uint64_t ret = hvc(MEM_UNSHARE, address(i), 0, 0);

	run.unshares++;
	if (ret != (pages[i].shared ? 0 : REFUSED))
		return failed("unshare", ret);
	pages[i].shared = 0;
	return is_as_left(i);
}

/* --- devices -------------------------------------------------------------- */

/* One request, by the type; of a disk a sector is read or written. */
static void put(struct vpci *d, unsigned int sector, int is_write)
{
	const uintptr_t table = vpci_page(d, P_DESC);
	const uint64_t data = vpci_page(d, P_DATA), head = vpci_page(d, P_HEAD);

	if (d->type == TYPE_BLK) {
		write64(head, is_write != 0);
		write64(head + 8, is_write ? SECTORS + sector : sector);
		write8(head + 16, 0xff);
		vpci_desc(table, 0, head, 16, D_NEXT, 1);
		vpci_desc(table, 1, data, 512,
			  D_NEXT | (is_write ? 0 : D_WRITE), 2);
		vpci_desc(table, 2, head + 16, 1, D_WRITE, 0);
	} else if (d->type == TYPE_RNG) {
		vpci_desc(table, 0, data, 512, D_WRITE, 0);
	} else { /* a frame of nobody's */
		for (unsigned int at = 0; at < 128; at += 8)
			write64(data + at, 0);
		vpci_desc(table, 0, data, 128, 0, 0);
	}
	vpci_offer(d, 0);
	run.requests++;
}

/* What was read is what it was each time before. */
static int is_same(const struct vpci *d, unsigned int sector)
{
	uint64_t sum = 0xcbf29ce484222325, *old = &sums[d - devices][sector];

	for (unsigned int at = 0; at < 512; at += 8)
		sum = (sum ^ read64(vpci_page(d, P_DATA) + at)) * 0x100000001b3;
	if (read8(vpci_page(d, P_HEAD) + 16) != 0)
		return failed("an I/O error of sector", sector);
	if (*old && *old != sum)
		return failed("other bytes in sector", sector);
	*old = sum;
	return 1;
}

static int works(struct vpci *d, unsigned int sector, int is_write)
{
	put(d, sector, is_write);
	vpci_kick(d);
	if (vpci_wait(d, d->avail, PATIENCE) != 1)
		return failed("no answer of", d->config);
	if (d->type != TYPE_BLK || is_write)
		return 1;
	return is_same(d, sector);
}

/* A page of its is gone when it comes to it, or a little later. */
static int take_from(struct vpci *d, uint64_t r)
{
	uintptr_t page = vpci_page(d, r % (P_DATA + 1));
	int late = r >> 32 & 1;
	int answered;

	put(d, r >> 40 & (SECTORS - 1), r >> 33 & 1);
	if (late)
		vpci_kick(d);
	if (hvc(MEM_UNSHARE, page, 0, 0))
		return failed("cannot take from", d->config);
	run.taken++;
	if (!late)
		vpci_kick(d);
	/* It may never answer, or have answered. */
	answered = vpci_wait(d, d->avail, 20) == 1;
	if (hvc(MEM_SHARE, page, 0, 0))
		return failed("cannot give to", d->config);
	if (answered && !vpci_is_broken(d))
		return 1;
	run.broken++;
	return vpci_start(d) || failed("no start of", d->config);
}

static int use_device(uint64_t r)
{
	struct vpci *d = &devices[(r >> 20) % nr_devices];

	if ((r >> 28 & 3) == 0 && !take_from(d, noise(&run.seed)))
		return 0;
	return works(d, r >> 40 & (SECTORS - 1), r >> 50 & 1);
}

static int share_devices(void)
{
	for (uintptr_t p = WINDOW; p < WINDOW + DEVICES * VPCI_PAGES * PAGE;
	     p += PAGE)
		if (hvc(MEM_SHARE, p, 0, 0))
			return failed("cannot share", p);
	nr_devices = vpci_scan(devices, DEVICES);
	for (unsigned int i = 0; i < nr_devices; i++)
		if (!vpci_start(&devices[i]))
			return failed("no start of", devices[i].config);
	return nr_devices > 0 || failed("no devices", 0);
}

/* --- all of it ------------------------------------------------------------ */

static int take_step(void)
{
	uint64_t r = noise(&run.seed);
	unsigned int i = (r >> 8) % PAGES;

	switch (r & 7) {
	case 0:
	case 1:
		return give(i);
	case 2:
	case 3:
		return take(i);
	case 4:
		fill(i, noise(&run.seed));
		return 1;
	case 5:
		return is_as_left(i);
	default:
		return use_device(r);
	}
}

static void say(const char *what, uint64_t n)
{
	print(what);
	print(" ");
	print_hex(n);
	print("\n");
}

void guest_main(const void *dtb)
{
	int ok;

	run.seed = 0x9e3779b97f4a7c15UL * (uint8_t)mode_of(dtb);
	say("seed", run.seed);
	ok = share_devices();
	for (unsigned int i = 0; i < PAGES; i++)
		fill(i, noise(&run.seed));
	for (; ok && run.step < STEPS; run.step++)
		ok = take_step();
	for (unsigned int i = 0; ok && i < PAGES; i++)
		ok = is_as_left(i);
	say("steps", run.step);
	say("shares", run.shares);
	say("unshares", run.unshares);
	say("requests", run.requests);
	say("taken", run.taken);
	say("broken", run.broken);
	if (ok)
		print("unharmed\n");
}
