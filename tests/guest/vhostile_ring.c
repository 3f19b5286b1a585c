// SPDX-License-Identifier: GPL-2.0-only
/* vhostile_ring.c: what vhostile.c does to rings, chains and their pages. */
#include "vhostile.h"

enum expect {
	BREAKS, /* the device must say DEVICE_NEEDS_RESET */
	ANY,
};

#define LEN_OF(array) (sizeof(array) / sizeof(*(array)))

static const uint64_t outside[] = {
	0,
	0x01000000,
	0x3fff0000,
	ECAM,
	MMIO,
	WINDOW_END,
	WINDOW_END + PAGE,
	WINDOW_END - 16,
	0x8000000000,
	0xffffffff00000000,
	~0xfffUL,
	~0xfUL,
	0x100000000000,
};

int queue_addresses(struct vpci *d)
{
	uint64_t at[3];

	for (unsigned int part = 0; part < 3; part++) {
		for (unsigned int i = 0; i <= LEN_OF(outside); i++) {
			for (unsigned int p = 0; p < 3; p++)
				at[p] = vpci_page(d, P_DESC + p);
			/* The last one: inside, and misaligned. */
			at[part] =
				i < LEN_OF(outside) ? outside[i] : at[part] + 1;
			if (!vpci_negotiate(d))
				return failed(d, "features", i);
			vpci_enable(d, at[0], at[1], at[2]);
			write8(d->common + C_STATUS, S_RUNNING);
			if (!vpci_is_broken(d))
				return failed(d, "queue at", at[part]);
		}
	}
	return works(d) || failed(d, "queue addresses", 0);
}

/* --- chains: request 0 lies at descriptor 0 ---------------------------------- */

static void point_at(struct vpci *d, uint64_t arg)
{
	vpci_desc(vpci_page(d, P_DESC), 0, arg, 64, D_WRITE, 0);
}

static void set_len(struct vpci *d, uint64_t arg)
{
	vpci_desc(vpci_page(d, P_DESC), 0, vpci_page(d, P_DATA), (uint32_t)arg,
		  D_WRITE, 0);
}

/* @arg descriptors in a ring. */
static void loop(struct vpci *d, uint64_t arg)
{
	for (unsigned int i = 0; i < arg; i++)
		vpci_desc(vpci_page(d, P_DESC), i, vpci_page(d, P_DATA), 8,
			  D_WRITE | D_NEXT, (uint16_t)((i + 1) % arg));
}

static void go_on_at(struct vpci *d, uint64_t arg)
{
	vpci_desc(vpci_page(d, P_DESC), 0, vpci_page(d, P_DATA), 64,
		  D_WRITE | D_NEXT, (uint16_t)(arg + (arg ? 0 : d->size)));
}

static void name_head(struct vpci *d, uint64_t arg)
{
	d->avail = 0;
	vpci_offer(d, (uint16_t)(arg + (arg ? 0 : d->size)));
}

static void jump(struct vpci *d, uint64_t arg)
{
	d->avail = (uint16_t)(arg + (arg > 1 ? 0 : d->size + arg));
}

static void offer_again(struct vpci *d, uint64_t arg)
{
	for (uint64_t i = 0; i < arg; i++)
		vpci_offer(d, 0);
}

static void write_first(struct vpci *d, uint64_t arg)
{
	(void)arg;
	vpci_desc(vpci_page(d, P_DESC), 0, vpci_page(d, P_DATA), 64,
		  D_WRITE | D_NEXT, 1);
	vpci_desc(vpci_page(d, P_DESC), 1, vpci_page(d, P_DATA), 64, 0, 0);
}

/* The chain is a table of @len bytes @at; its entries are a line of buffers. */
static void use_table(struct vpci *d, uint64_t at, uint32_t len, uint16_t more)
{
	for (unsigned int i = 0; i < 1024; i++)
		vpci_desc(vpci_page(d, P_TABLE), i, vpci_page(d, P_DATA), 8,
			  D_WRITE | D_NEXT, (uint16_t)(i + 1));
	vpci_desc(vpci_page(d, P_DESC), 0, at, len,
		  (uint16_t)(D_INDIRECT | more), 1);
}

static void table_len(struct vpci *d, uint64_t arg)
{
	use_table(d, vpci_page(d, P_TABLE), (uint32_t)arg, 0);
}

static void table_at(struct vpci *d, uint64_t arg)
{
	use_table(d, arg, 64, 0);
}

static void table_odd(struct vpci *d, uint64_t arg)
{
	use_table(d, vpci_page(d, P_TABLE) + arg, 64, 0);
}

static void table_goes_on(struct vpci *d, uint64_t arg)
{
	use_table(d, vpci_page(d, P_TABLE), (uint32_t)arg, D_NEXT);
}

static void table_nested(struct vpci *d, uint64_t arg)
{
	use_table(d, vpci_page(d, P_TABLE), 64, 0);
	vpci_desc(vpci_page(d, P_TABLE), (unsigned int)arg,
		  vpci_page(d, P_TABLE + 1), 64, D_INDIRECT, 0);
}

static void table_loops(struct vpci *d, uint64_t arg)
{
	use_table(d, vpci_page(d, P_TABLE), 64, 0);
	vpci_desc(vpci_page(d, P_TABLE), (unsigned int)arg,
		  vpci_page(d, P_DATA), 8, D_WRITE | D_NEXT, 0);
}

/* By number: a payload is not relocated, so no table holds pointers. */
enum spoil {
	SET_LEN,
	POINT_AT,
	LOOP,
	GO_ON_AT,
	NAME_HEAD,
	JUMP,
	OFFER_AGAIN,
	WRITE_FIRST,
	TABLE_LEN,
	TABLE_AT,
	TABLE_ODD,
	TABLE_GOES_ON,
	TABLE_NESTED,
	TABLE_LOOPS,
};

static void spoil(struct vpci *d, enum spoil how, uint64_t arg)
{
	switch (how) {
	case SET_LEN:
		set_len(d, arg);
		break;
	case POINT_AT:
		point_at(d, arg);
		break;
	case LOOP:
		loop(d, arg);
		break;
	case GO_ON_AT:
		go_on_at(d, arg);
		break;
	case NAME_HEAD:
		name_head(d, arg);
		break;
	case JUMP:
		jump(d, arg);
		break;
	case OFFER_AGAIN:
		offer_again(d, arg);
		break;
	case WRITE_FIRST:
		write_first(d, arg);
		break;
	case TABLE_LEN:
		table_len(d, arg);
		break;
	case TABLE_AT:
		table_at(d, arg);
		break;
	case TABLE_ODD:
		table_odd(d, arg);
		break;
	case TABLE_GOES_ON:
		table_goes_on(d, arg);
		break;
	case TABLE_NESTED:
		table_nested(d, arg);
		break;
	case TABLE_LOOPS:
		table_loops(d, arg);
		break;
	}
}

static const struct chain {
	enum spoil how;
	uint64_t arg;
	enum expect expect;
} chains[] = {
	{ SET_LEN, 0, BREAKS },
	{ SET_LEN, 0xffffffff, BREAKS },
	{ SET_LEN, 0x80000000, BREAKS },
	{ SET_LEN, WINDOW_LEN + 1, BREAKS },
	{ POINT_AT, ~0UL, BREAKS },
	{ POINT_AT, ~0x1fUL, BREAKS },
	{ LOOP, 1, BREAKS },
	{ LOOP, 2, BREAKS },
	{ LOOP, 7, BREAKS },
	{ GO_ON_AT, 0, BREAKS },
	{ GO_ON_AT, 0xffff, BREAKS },
	{ NAME_HEAD, 0, BREAKS },
	{ NAME_HEAD, 0xffff, BREAKS },
	{ JUMP, 1, BREAKS },
	{ JUMP, 0x8000, BREAKS },
	{ JUMP, 0xffff, BREAKS },
	{ OFFER_AGAIN, 1, ANY },
	{ OFFER_AGAIN, 7, ANY },
	{ WRITE_FIRST, 0, BREAKS },
	{ TABLE_LEN, 0, BREAKS },
	{ TABLE_LEN, 1, BREAKS },
	{ TABLE_LEN, 17, BREAKS },
	{ TABLE_LEN, 4 * PAGE, BREAKS },
	{ TABLE_LEN, 0xfffffff0, BREAKS },
	{ TABLE_AT, WINDOW_END, BREAKS },
	{ TABLE_AT, WINDOW_END - 32, BREAKS },
	{ TABLE_AT, 0, BREAKS },
	{ TABLE_AT, ~0xfUL, BREAKS },
	{ TABLE_ODD, 1, ANY },
	{ TABLE_ODD, 8, ANY },
	{ TABLE_GOES_ON, 64, BREAKS },
	{ TABLE_NESTED, 0, BREAKS },
	{ TABLE_NESTED, 3, BREAKS },
	{ TABLE_LOOPS, 0, BREAKS },
	{ TABLE_LOOPS, 3, BREAKS },
};

static int bad_chain(struct vpci *d, const struct chain *c, uint64_t arg)
{
	int ret;

	if (!vpci_start(d))
		return failed(d, "no start", arg);
	put_request(d, 0);
	spoil(d, c->how, arg);
	vpci_kick(d);
	if (c->expect == BREAKS) {
		/* It never comes back: no index of 0xffff. */
		ret = vpci_wait(d, 0xffff, 10000);
		if (ret != 0)
			return failed(d, "chain", (uint64_t)c->how << 48 | arg);
		return 1;
	}
	wait_ms(5);
	return works(d) || failed(d, "chain", (uint64_t)c->how << 48 | arg);
}

int bad_chains(struct vpci *d)
{
	static const struct chain at = { POINT_AT, 0, BREAKS };

	for (size_t i = 0; i < LEN_OF(chains); i++)
		if (!bad_chain(d, &chains[i], chains[i].arg) || !works(d))
			return failed(d, "after chain", i);
	for (size_t i = 0; i < LEN_OF(outside); i++)
		if (!bad_chain(d, &at, outside[i]) || !works(d))
			return failed(d, "after buffer at", outside[i]);
	return 1;
}

/* --- requests of a disk ------------------------------------------------------ */

#define T_IN	  0U
#define T_OUT	  1U
#define T_FLUSH	  4U
#define T_ID	  8U
#define T_DISCARD 11U
#define T_ZEROES  13U

#define WRITTEN 8U /* the one sector that is ever written */

/* One request with a buffer of @len bytes; its status, 0xff when none. */
static uint8_t blk_status(struct vpci *d, uint32_t type, uint64_t sector,
			  uint32_t len)
{
	uintptr_t table = vpci_page(d, P_DESC), head = vpci_page(d, P_HEAD);
	uint16_t write = type == T_IN || type == T_ID ? D_WRITE : 0;

	if (!vpci_start(d))
		return 0xfe;
	write64(head, type);
	write64(head + 8, sector);
	write8(head + 16, 0xff);
	vpci_desc(table, 0, head, 16, D_NEXT, len ? 1 : 2);
	vpci_desc(table, 1, vpci_page(d, P_DATA), len,
		  (uint16_t)(D_NEXT | write), 2);
	vpci_desc(table, 2, head + 16, 1, D_WRITE, 0);
	vpci_offer(d, 0);
	vpci_kick(d);
	return vpci_wait(d, 1, 10000) == 1 ? read8(head + 16) : 0xff;
}

/* No part of it is on the disk, or it is no request: an error, no break. */
static const struct {
	uint32_t type;
	uint64_t sector;
	uint32_t len;
} refused[] = {
	{ T_IN, 1UL << 40, 512 },   { T_IN, ~0UL, 512 },
	{ T_IN, 1UL << 55, 512 },   { T_IN, 0x80000000000000, 1024 },
	{ T_OUT, 1UL << 40, 512 },  { T_OUT, ~0UL, 512 },
	{ T_OUT, 1UL << 55, 1024 }, { T_OUT, WRITTEN, 100 },
	{ T_IN, 0, 513 },	    { 0x1234, 0, 512 },
	{ 0xffffffff, 0, 512 },	    { T_DISCARD, 0, 16 },
	{ T_ZEROES, 0, 16 },	    { T_DISCARD, 0, 15 },
	{ T_ZEROES, 0, 4096 },
};

static int writes(struct vpci *d)
{
	uint64_t value = counter() | 1;
	uintptr_t data = vpci_page(d, P_DATA);
	uint8_t status;

	for (uintptr_t at = 0; at < 512; at += 8)
		write64(data + at, value);
	status = blk_status(d, T_OUT, WRITTEN, 512);
	if (status >= 0xfe)
		return failed(d, "write unanswered", status);
	if (status != 0)
		return 1; /* read-only */
	write64(data + 504, 0);
	if (blk_status(d, T_IN, WRITTEN, 512) != 0 ||
	    read64(data + 504) != value)
		return failed(d, "what was written", value);
	return 1;
}

int bad_requests(struct vpci *d)
{
	uintptr_t data = vpci_page(d, P_DATA);
	uint8_t status;

	if (d->type != TYPE_BLK)
		return 1;
	for (size_t i = 0; i < LEN_OF(refused); i++) {
		/* For those with a range: 2^32 - 1 sectors from far away. */
		write64(data, ~0xfffUL);
		write64(data + 8, 0xffffffff);
		status = blk_status(d, refused[i].type, refused[i].sector,
				    refused[i].len);
		if (status == 0 || status >= 0xfe)
			return failed(d, "bad request", i << 8 | status);
	}
	status = blk_status(d, T_ID, 0, 3);
	if (status >= 0xfe)
		return failed(d, "short id", status);
	return writes(d) && (works(d) || failed(d, "requests", 0));
}

/* --- pages taken back -------------------------------------------------------- */

static const uintptr_t pages[] = { P_DESC, P_AVAIL, P_USED,
				   P_HEAD, P_DATA,  P_DATA + 1 };

/* Before the kick. Without protection there is nobody to take it from. */
int revoke(struct vpci *d)
{
	for (size_t i = 0; i < LEN_OF(pages); i++) {
		uintptr_t page = vpci_page(d, pages[i]);
		int taken, broken, ring = pages[i] < P_HEAD;

		if (!vpci_start(d))
			return failed(d, "revoke, no start", i);
		put_request(d, 0);
		taken = hvc(MEM_UNSHARE, page, 0, 0) == 0;
		if (taken != d->is_shared)
			return failed(d, "taking back", page);
		vpci_kick(d);
		broken = vpci_wait(d, 1, taken && ring ? 10000 : 20) == 0;
		if (taken && ring && !broken)
			return failed(d, "revoked, not broken", page);
		(void)hvc(MEM_SHARE, page, 0, 0);
		if (!works(d))
			return failed(d, "revoked", page);
	}
	return 1;
}

int revoke_in_flight(struct vpci *d)
{
	uint64_t s = counter() | 1;

	for (unsigned int i = 0; i < 60; i++) {
		uintptr_t page = vpci_page(d, pages[i % LEN_OF(pages)]);

		if (!vpci_start(d))
			return failed(d, "no start in flight", i);
		(void)put_many(d);
		vpci_kick(d);
		for (uint64_t n = noise(&s) & 0x3ff; n > 0; n--)
			__asm__ volatile("nop");
		if ((hvc(MEM_UNSHARE, page, 0, 0) == 0) != d->is_shared)
			return failed(d, "taking back in flight", page);
		write64(page + 128, ~0UL); /* private: ours alone */
		if (i & 1)
			vpci_kick(d);
		if (i & 2 && !vpci_reset(d))
			return failed(d, "no reset, revoked", i);
		(void)hvc(MEM_SHARE, page, 0, 0);
	}
	return works(d) || failed(d, "revoked in flight", 0);
}

/* --- pages shared with the host, and with another device ---------------------- */

int share_window(void)
{
	int is_shared = 1;

	for (uint64_t page = WINDOW; page < WINDOW_END; page += PAGE)
		is_shared &= hvc(MEM_SHARE, page, 0, 0) == 0;
	return is_shared;
}

int share_ring(struct vpci *all, unsigned int nr)
{
	for (unsigned int i = 1; i < nr; i++) {
		struct vpci *other = &all[i];
		uintptr_t own = other->pages;

		other->pages = all[0].pages;
		if (!vpci_start(&all[0]) || !vpci_start(other))
			return failed(other, "shared ring", i);
		for (unsigned int k = 0; k < 20; k++) {
			put_request(other, k % 8);
			vpci_kick(other);
			all[0].avail = other->avail;
			vpci_kick(&all[0]);
		}
		wait_ms(20);
		if (!vpci_reset(&all[0]) || !vpci_reset(other))
			return failed(other, "shared ring, reset", i);
		other->pages = own;
	}
	return all_work(all, nr);
}
