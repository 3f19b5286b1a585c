// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhostile_named.c: one attack of each kind, in an order that the test knows:
 * each has to break the device, or to be refused, and to be told by its name.
 */
#include "vhostile.h"

#define S_FAILED 128U
#define T_OUT	 1U

enum attack {
	RING_OUTSIDE,
	RING_MISALIGNED,
	BUFFER_OUTSIDE,
	BUFFER_EMPTY,
	LOOP,
	NEXT_TOO_FAR,
	HEAD_TOO_FAR,
	INDEX_TOO_FAR,
	WRITE_FIRST,
	DESC_TAKEN,
	AVAIL_TAKEN,
	USED_TAKEN,
	NO_FEATURES,
	QUEUE_TOO_EARLY,
	START_TOO_EARLY,
	GIVE_UP,
	NR_ATTACKS,
};

/* Registers: the device runs no more, or has not begun to. */
static void attack_registers(struct vpci *d, enum attack a)
{
	if (a == RING_OUTSIDE || a == RING_MISALIGNED) {
		(void)vpci_negotiate(d);
		vpci_enable(d,
			    a == RING_OUTSIDE ? WINDOW_END
					      : vpci_page(d, P_DESC) + 1,
			    vpci_page(d, P_AVAIL), vpci_page(d, P_USED));
		write8(d->common + C_STATUS, S_RUNNING);
		return;
	}
	(void)vpci_reset(d);
	write8(d->common + C_STATUS, S_DRIVER);
	if (a == NO_FEATURES)
		write8(d->common + C_STATUS, S_FEATURES);
	else if (a == QUEUE_TOO_EARLY)
		vpci_enable(d, vpci_page(d, P_DESC), vpci_page(d, P_AVAIL),
			    vpci_page(d, P_USED));
	else if (a == START_TOO_EARLY)
		write8(d->common + C_STATUS, S_DRIVER | 4);
	else
		write8(d->common + C_STATUS, S_DRIVER | S_FAILED);
}

static void attack_chain(struct vpci *d, enum attack a)
{
	uintptr_t table = vpci_page(d, P_DESC);
	uint64_t data = vpci_page(d, P_DATA);

	put_request(d, 0);
	if (a == BUFFER_OUTSIDE)
		vpci_desc(table, 0, WINDOW_END - 8, 64, D_WRITE, 0);
	else if (a == BUFFER_EMPTY)
		vpci_desc(table, 0, data, 0, D_WRITE, 0);
	else if (a == LOOP)
		vpci_desc(table, 0, data, 8, D_WRITE | D_NEXT, 0);
	else if (a == NEXT_TOO_FAR)
		vpci_desc(table, 0, data, 8, D_WRITE | D_NEXT, d->size);
	else if (a == INDEX_TOO_FAR)
		d->avail = (uint16_t)(d->size + 1);
	if (a == HEAD_TOO_FAR) {
		d->avail = 0;
		vpci_offer(d, d->size);
	}
	if (a == WRITE_FIRST) {
		vpci_desc(table, 0, data, 64, D_WRITE | D_NEXT, 1);
		vpci_desc(table, 1, data, 64, 0, 0);
	}
}

static int is_refused(struct vpci *d, enum attack a)
{
	if (a == NO_FEATURES)
		return !(read8(d->common + C_STATUS) & 8);
	return a == GIVE_UP || vpci_is_broken(d);
}

static int attack(struct vpci *d, enum attack a)
{
	const uintptr_t page = vpci_page(d, a - DESC_TAKEN + P_DESC);
	const int takes = a >= DESC_TAKEN && a <= USED_TAKEN;

	if (a <= RING_MISALIGNED || a >= NO_FEATURES) {
		attack_registers(d, a);
		return is_refused(d, a) && works(d);
	}
	if (takes && !d->is_shared)
		return 1; /* nobody to take it from */
	if (!works(d) || !vpci_start(d))
		return 0;
	attack_chain(d, a);
	if (takes && hvc(MEM_UNSHARE, page, 0, 0))
		return 0;
	vpci_kick(d);
	if (vpci_wait(d, 0xffff, 20000) != 0)
		return 0;
	if (takes)
		(void)hvc(MEM_SHARE, page, 0, 0);
	return works(d);
}

/* A disk's data: the request fails, the disk goes on. */
static int take_data(struct vpci *d)
{
	uintptr_t table = vpci_page(d, P_DESC), head = vpci_page(d, P_HEAD);

	if (!d->is_shared)
		return 1;
	if (!vpci_start(d))
		return 0;
	put_request(d, 0);
	write64(head, T_OUT);
	vpci_desc(table, 1, vpci_page(d, P_DATA), 512, D_NEXT, 2);
	if (hvc(MEM_UNSHARE, vpci_page(d, P_DATA), 0, 0))
		return 0;
	vpci_kick(d);
	if (vpci_wait(d, 1, 20000) != 1 || read8(head + 16) != 1)
		return 0;
	(void)hvc(MEM_SHARE, vpci_page(d, P_DATA), 0, 0);
	return works(d);
}

/* A buffer that a card waits to fill, offered a second time. */
static int offer_twice(struct vpci *d)
{
	d->queue = 0;
	if (!vpci_start(d))
		return 0;
	put_request(d, 0);
	vpci_offer(d, 0);
	vpci_kick(d);
	return vpci_wait(d, 0xffff, 20000) == 0;
}

int attack_by_name(struct vpci *all, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct vpci *d = &all[i];

		for (unsigned int a = 0; d->type == TYPE_RNG && a < NR_ATTACKS;
		     a++)
			if (!attack(d, (enum attack)a))
				return failed(d, "attack", a);
		if (d->type == TYPE_BLK && !take_data(d))
			return failed(d, "data taken", i);
		if (d->type == TYPE_NET && !offer_twice(d))
			return failed(d, "offered twice", i);
	}
	return 1;
}
