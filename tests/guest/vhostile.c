// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhostile.c: a driver that attacks each virtio device it finds, one attack at
 * a time, and after each one wants the device to work again. What must break a
 * queue has to break it, what must be refused has to be refused.
 *
 * Says "devices: N", names each group of attacks, and ends with "unharmed", or
 * "FAILED". The kernel's command line may say how:
 *
 *   mode=again   resets the machine then
 *   mode=taken   does nothing but take pages back
 *   mode=frames  also attacks the queue on which a card receives
 *   mode=rounds  each group many times, see vhostile_many.c; mode=many: four
 *                times as often
 *   mode=named   one attack of each kind, see vhostile_named.c
 *   mode=crowd   all of the machine's four vCPUs at once, ditto; then resets
 */
#include "vhostile.h"

static const char *name_of(const struct vpci *d)
{
	switch (d->type) {
	case TYPE_NET:
		return "net";
	case TYPE_BLK:
		return "blk";
	case TYPE_CONSOLE:
		return "console";
	case TYPE_RNG:
		return "rng";
	case TYPE_VSOCK:
		return "vsock";
	default:
		return "other";
	}
}

int failed(const struct vpci *d, const char *what, uint64_t arg)
{
	print("FAILED: ");
	print(name_of(d));
	print(" at ");
	print_hex(d->config);
	print(": ");
	print(what);
	print(" ");
	print_hex(arg);
	print("\n");
	return 0;
}

void wait_ms(uint64_t ms)
{
	const uint64_t start = counter();

	while (counter() - start < ticks_of_ms(ms))
		;
}

/* --- a request of the device's kind ----------------------------------------- */

void put_request(struct vpci *d, unsigned int i)
{
	uintptr_t table = vpci_page(d, P_DESC);
	uint64_t data = vpci_page(d, P_DATA) + i * 512UL;
	uint64_t head = vpci_page(d, P_HEAD) + i * 32UL;
	unsigned int n = i * 3;

	write64(data, 0);
	if (d->type == TYPE_BLK) {
		write64(head, 0); /* VIRTIO_BLK_T_IN */
		write64(head + 8, i);
		write8(head + 16, 0xff);
		vpci_desc(table, n, head, 16, D_NEXT, (uint16_t)(n + 1));
		vpci_desc(table, n + 1, data, 512, D_NEXT | D_WRITE,
			  (uint16_t)(n + 2));
		vpci_desc(table, n + 2, head + 16, 1, D_WRITE, 0);
	} else if (d->type == TYPE_RNG) {
		vpci_desc(table, n, data, 64, D_WRITE, 0);
	} else if (d->queue == 0) { /* a card's, to receive */
		vpci_desc(table, n, data, 512, D_WRITE, 0);
	} else {
		/* Of a vsock: a packet of nobody, without data. */
		for (unsigned int at = 8; at < 64; at += 8)
			write64(data + at, 0);
		vpci_desc(table, n, data, 64, 0, 0);
	}
	vpci_offer(d, (uint16_t)n);
}

unsigned int put_many(struct vpci *d)
{
	unsigned int nr = d->size / 3U < 32 ? d->size / 3U : 32;

	for (unsigned int i = 0; i < nr; i++)
		put_request(d, i);
	return nr;
}

/* The device runs: one request, served as it should be. */
static int serves(struct vpci *d)
{
	uint16_t nr = (uint16_t)(vpci_used(d) + 1);
	uint64_t data;

	if (d->type == TYPE_NET && d->queue == 0) {
		/* It comes back when a frame does, and who knows when: one
		 * that is not among put_many()'s. */
		if (d->avail == 0)
			put_request(d, 32);
		vpci_kick(d);
		wait_ms(2);
		return !vpci_is_broken(d);
	}
	put_request(d, 0);
	vpci_kick(d);
	if (vpci_wait(d, nr, 20000) != 1)
		return 0;
	data = read64(vpci_page(d, P_DATA));
	if (d->type == TYPE_BLK)
		return read8(vpci_page(d, P_HEAD) + 16) == 0 && data != 0;
	return d->type != TYPE_RNG || data != 0;
}

int works(struct vpci *d)
{
	return vpci_start(d) && serves(d);
}

/* --- registers --------------------------------------------------------------- */

int status_orders(struct vpci *d)
{
	static const uint8_t bits[] = { 1, 2, 4, 8, 64, 128, 0, 15 };
	uint64_t s = 0x5eed;

	for (unsigned int i = 0; i < 64; i++) {
		uint8_t status = 0;

		for (unsigned int k = 0; k < 8; k++) {
			uint8_t bit = bits[noise(&s) % 8];

			status = noise(&s) & 1 ? bit : status | bit;
			write8(d->common + C_STATUS, status);
		}
		if (!vpci_reset(d))
			return failed(d, "status, no reset", i);
	}
	return works(d) || failed(d, "status", 0);
}

int queue_sizes(struct vpci *d)
{
	static const uint16_t sizes[] = { 0, 1, 3, 100, 0x8000, 0xffff };
	uint16_t size;

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		if (!vpci_negotiate(d))
			return failed(d, "features", i);
		write16(d->common + C_QUEUE, d->queue);
		size = read16(d->common + C_SIZE);
		write16(d->common + C_SIZE, sizes[i]);
		if (read16(d->common + C_SIZE) != size)
			return failed(d, "took size", sizes[i]);
	}
	for (unsigned int q = d->queue + 2U; q < 0x10000; q += 0xfff) {
		write16(d->common + C_QUEUE, (uint16_t)q);
		write16(d->common + C_SIZE, 8);
		write16(d->common + C_ENABLE, 1);
		write16(d->common + C_RESET, 1);
	}
	return works(d) || failed(d, "sizes", 0);
}

/* A queue that runs stays where it is. */
int enable_twice(struct vpci *d)
{
	if (!works(d))
		return failed(d, "before enabling twice", 0);
	vpci_enable(d, WINDOW_END, ~0UL, 1);
	write16(d->common + C_SIZE, 2);
	vpci_enable(d, vpci_page(d, P_TABLE), vpci_page(d, P_TABLE + 1),
		    vpci_page(d, P_TABLE + 2));
	if (!serves(d))
		return failed(d, "enabled twice", 0);
	return works(d) || failed(d, "after enabling twice", 0);
}

int noise_of_registers(struct vpci *d)
{
	uint64_t s = counter() | 1;

	for (unsigned int i = 0; i < 1200; i++) {
		uint64_t r = noise(&s);

		if (i % 100 == 0) {
			vpci_place(d);
			(void)vpci_start(d);
			(void)put_many(d);
			vpci_kick(d);
		}
		if (r & 1)
			poke(d->bar + (r >> 8 & 0x7fff), r >> 32, noise(&s));
		else
			poke(d->common + (r >> 8 & 0x3f), r >> 32, noise(&s));
	}
	for (unsigned int i = 0; i < 400; i++) {
		uint64_t r = noise(&s);

		poke(d->config + (r & 2 ? r >> 8 & 0xfff : r >> 8 & 0xff),
		     r >> 32, noise(&s));
	}
	vpci_place(d);
	return works(d) || failed(d, "noise", 0);
}

/* Through the window in configuration space, §4.1.4.9. */
int noise_of_access_cap(struct vpci *d)
{
	static const uint32_t lengths[] = { 0, 1, 2, 3, 4, 8, 0xffffffff };
	static const uint32_t offsets[] = {
		0, 1, 20, 0x3000, 0x7fff, 0x8000, 0xfffffffe, 0x2000
	};
	uintptr_t cap = d->config + d->access_cap;

	for (unsigned int i = 0; d->access_cap && i < 7 * 8 * 2; i++) {
		write8(cap + 4, i & 1 ? 0 : (uint8_t)i);
		write32(cap + 8, offsets[i / 2 % 8]);
		write32(cap + 12, lengths[i / 16]);
		(void)read32(cap + 16);
		write32(cap + 16, ~i);
		write8(cap + 19, 1);
	}
	return works(d) || failed(d, "access capability", 0);
}

int vectors(struct vpci *d)
{
	uint64_t s = counter() | 1;

	if (!d->msix_cap)
		return 1;
	if (!vpci_start(d))
		return failed(d, "before vectors", 0);
	write16(d->common + C_CONFIG_VEC, 0);
	write16(d->common + C_VECTOR, (uint16_t)(d->nr_vectors - 1));
	for (unsigned int i = 0; i < 200; i++) {
		uint64_t r = noise(&s);

		poke(d->msix + r % (d->nr_vectors * 16UL + 64), r >> 32,
		     noise(&s));
		write16(d->config + d->msix_cap + 2, (uint16_t)(r >> 16));
		write16(d->common + C_VECTOR, (uint16_t)(r >> 40 & 3));
	}
	write16(d->config + d->msix_cap + 2, 0x8000);
	if (!serves(d))
		return failed(d, "with vectors of noise", 0);
	vpci_place(d);
	return works(d) || failed(d, "vectors", 0);
}

int notify_storm(struct vpci *d)
{
	uintptr_t at = d->notify + d->queue * (uintptr_t)d->notify_multiplier;

	if (!works(d))
		return failed(d, "before a storm", 0);
	for (unsigned int i = 0; i < 3000; i++)
		write16(at, (uint16_t)i);
	for (unsigned int i = 0; i < 256; i++)
		poke(d->notify + i * 7UL, i & 3, i);
	return serves(d) || failed(d, "storm", 0);
}

int config_past_end(struct vpci *d)
{
	uintptr_t end = d->device + d->device_len;

	if (!d->device)
		return 1;
	for (uintptr_t a = end; a < end + 64; a++)
		if (read8(a) != 0)
			return failed(d, "past the end is", read8(a));
	for (unsigned int i = 0; i < 128; i++)
		poke(end - 8 + i, i, ~0UL);
	for (unsigned int i = 0; i < 64; i++)
		poke(d->device + 0xfc0 + i, i, ~0UL);
	for (uintptr_t a = end; a < end + 64; a++)
		if (read8(a) != 0)
			return failed(d, "past the end became", read8(a));
	return works(d) || failed(d, "configuration", 0);
}

/* --- resets with requests under way ------------------------------------------ */

int reset_in_flight(struct vpci *d)
{
	for (unsigned int i = 0; i < 60; i++) {
		if (!vpci_start(d))
			return failed(d, "no start after reset", i);
		(void)put_many(d);
		vpci_kick(d);
		if (i & 1)
			vpci_kick(d);
		if (!vpci_reset(d))
			return failed(d, "no reset in flight", i);
	}
	return works(d) || failed(d, "reset in flight", 0);
}

int queue_reset_in_flight(struct vpci *d)
{
	if (!vpci_start(d))
		return failed(d, "before queue resets", 0);
	for (unsigned int i = 0; i < 40; i++) {
		if (!(d->features >> F_RING_RESET & 1))
			break;
		(void)put_many(d);
		vpci_kick(d);
		write16(d->common + C_RESET, 1);
		if (read16(d->common + C_ENABLE) != 0)
			return failed(d, "still enabled", i);
		for (uintptr_t p = P_DESC; p < P_HEAD; p++)
			for (uintptr_t at = 0; at < PAGE; at += 8)
				write64(vpci_page(d, p) + at, 0);
		d->avail = 0;
		vpci_enable(d, vpci_page(d, P_DESC), vpci_page(d, P_AVAIL),
			    vpci_page(d, P_USED));
		if (!serves(d))
			return failed(d, "after a queue's reset", i);
	}
	return works(d) || failed(d, "queue resets", 0);
}

/* --- all of it --------------------------------------------------------------- */

/* A payload is not relocated: no table may hold pointers. */
#define GROUP(name, attack) (print(" " name), attack(d))

static int attack_one(struct vpci *d)
{
	return GROUP("status", status_orders) && GROUP("sizes", queue_sizes) &&
	       GROUP("addresses", queue_addresses) &&
	       GROUP("twice", enable_twice) && GROUP("chains", bad_chains) &&
	       GROUP("requests", bad_requests) &&
	       GROUP("reset", reset_in_flight) &&
	       GROUP("queue-reset", queue_reset_in_flight) &&
	       GROUP("revoke", revoke) &&
	       GROUP("revoke-in-flight", revoke_in_flight) &&
	       GROUP("storm", notify_storm) &&
	       GROUP("config", config_past_end) && GROUP("vectors", vectors) &&
	       GROUP("access", noise_of_access_cap) &&
	       GROUP("noise", noise_of_registers);
}

int all_work(struct vpci *all, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!works(&all[i]))
			return failed(&all[i], "does not work", i);
	return 1;
}

/* As attack_one(), of the queue on which it receives. */
static int attack_receiving(struct vpci *d)
{
	const uint16_t queue = d->queue;
	int good;

	print(" receiving:");
	d->queue = 0;
	good = attack_one(d);
	d->queue = queue;
	return good;
}

static int attack_all(struct vpci *all, unsigned int nr, int frames)
{
	if (!all_work(all, nr))
		return 0;
	for (unsigned int i = 0; i < nr; i++) {
		print(name_of(&all[i]));
		print(":");
		if (!attack_one(&all[i]))
			return 0;
		if (frames && all[i].type == TYPE_NET &&
		    !attack_receiving(&all[i]))
			return 0;
		print("\n");
		if (!all_work(all, nr))
			return 0;
	}
	return share_ring(all, nr);
}

static int take_back_all(struct vpci *all, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!revoke(&all[i]))
			return 0;
	return 1;
}

void guest_main(const void *dtb)
{
	static struct vpci all[VHOSTILE_MAX];
	const char mode = mode_of(dtb);
	unsigned int nr;
	int is_shared = share_window(), good;

	print(is_shared ? "window: shared\n" : "window: ours\n");
	nr = vpci_scan(all, VHOSTILE_MAX);
	for (unsigned int i = 0; i < nr; i++)
		all[i].is_shared = is_shared;
	print("devices: ");
	print_hex(nr);
	print("\n");
	if (mode == 't')
		good = take_back_all(all, nr);
	else if (mode == 'r' || mode == 'm')
		good = attack_by_rounds(all, nr, mode == 'm' ? 4 : 1);
	else if (mode == 'c')
		good = attack_by_crowd(all, nr);
	else if (mode == 'n')
		good = attack_by_name(all, nr);
	else
		good = attack_all(all, nr, mode == 'f');
	print(nr > 0 && good ? "unharmed\n" : "FAILED\n");
	if (mode == 'a' || mode == 'c')
		hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
}
