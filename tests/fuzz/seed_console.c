// SPDX-License-Identifier: GPL-2.0-only
/*
 * seed_console.c: a driver that opens all ports, with bytes each way, slow
 * readers, clients that come and go, and a terminal that changes its size.
 */
#include "seed.h"

#include <string.h>

#define RECORD	 8U /* of fuzz_console.c */
#define NR_PORTS 3U
enum {
	UP,
	OFFER_ROOM,
	OFFER_BYTES,
	OFFER_ANY,
	TELL,
	INPUT,
	APPETITE,
	CONNECT,
	RESIZE,
	GONE, /* arg 1: the page at wide; otherwise of queue value's ring */
	CONFIG
};
enum {
	CONTROL_IN = 2
};

static uint8_t seed[1024];
static size_t len;

static void act(uint8_t what, uint8_t arg, uint16_t value, uint32_t wide)
{
	const uint8_t rec[RECORD] = {
		what,
		arg,
		(uint8_t)value,
		(uint8_t)(value >> 8),
		(uint8_t)wide,
		(uint8_t)(wide >> 8),
		(uint8_t)(wide >> 16),
		(uint8_t)(wide >> 24),
	};

	memcpy(seed + len, rec, RECORD);
	len += RECORD;
}

/* Entry @head of queue @q. */
static uint8_t entry(unsigned int q, unsigned int head)
{
	return (uint8_t)(q | head << 4);
}

/* A control message with value 1: its port is wide % 3. */
static void tell(unsigned int slot, uint16_t event, unsigned int port)
{
	act(TELL, (uint8_t)slot, event, (1U << 31) + (port + 1) % NR_PORTS);
}

static void open_ports(void)
{
	for (unsigned int i = 0; i < 12; i++)
		act(OFFER_ROOM, entry(CONTROL_IN, i), 64, i * 4096);
	tell(0, 0, 0); /* DEVICE_READY */
	for (unsigned int port = 0; port < NR_PORTS; port++) {
		tell(1 + 2 * port, 3, port); /* PORT_READY */
		tell(2 + 2 * port, 6, port); /* PORT_OPEN */
	}
}

/* Each queue's ring, or a buffer, is gone at the one kick that matters. */
static void seed_write_gone(void)
{
	char name[] = "gone0";

	for (uint8_t q = 0; q < 2 + 2 * NR_PORTS; q++) {
		const uint8_t what =
			q == 3 || (q & 1) ? OFFER_BYTES : OFFER_ROOM;

		len = 0;
		open_ports();
		act(INPUT, 1, 100, 0);
		act(GONE, 1, 0, 0x50000);
		act(what, entry(q, 14), 100, 0x10000);
		act(UP, 0, 3, 0xff);
		open_ports();
		act(GONE, 0, q, 0);
		act(what, entry(q, 14), 100, 0x10000);
		act(RESIZE, 0, 132, 50);
		act(UP, 0, 3, 0xff);
		for (unsigned int i = 0; i < 3; i++)
			act(OFFER_ROOM, entry(CONTROL_IN, i), 64, i * 4096);
		act(GONE, 1, 0, 0x40000 + q * 4096U);
		tell(0, 0, 0);
		name[4] = (char)('0' + q);
		seed_write(name, seed, len);
	}
}

static void seed_write_all(void)
{
	seed_write_gone();
	len = 0;
	open_ports();
	for (uint8_t port = 0; port < NR_PORTS; port++) {
		const uint8_t in = port ? 2 + 2 * port : 0;

		act(CONNECT, port, 1, 0);
		act(INPUT, port, 200, 0);
		act(OFFER_ROOM, entry(in, 0), 100, 1U << 16);
		act(OFFER_ROOM, entry(in, 1), 500, 1U << 17);
		act(INPUT, port, 100, 0);
		act(OFFER_BYTES, entry(in + 1U, 0), 300, 1U << 16);
	}
	act(RESIZE, 0, 132, 50);
	act(CONFIG, 8, 0, 0);
	act(CONNECT, 1, 0, 0);
	seed_write("open", seed, len);

	len = 0;
	open_ports();
	for (uint8_t port = 0; port < NR_PORTS; port++) {
		const uint8_t out = port ? 3 + 2 * port : 1;

		act(CONNECT, port, 1, 0);
		act(APPETITE, port, 10, 0);
		act(OFFER_BYTES, entry(out, 0), 300, 1U << 16);
		act(OFFER_BYTES, entry(out, 1), 0, 1U << 16);
		act(APPETITE, port, 1000, 0);
		act(APPETITE, port, 1, 0);
		act(OFFER_BYTES, entry(out, 2), 300, 1U << 16);
	}
	act(CONNECT, 1, 0, 0);
	act(UP, 0, 3, 0xff);
	seed_write("slow", seed, len);

	len = 0;
	act(OFFER_ROOM, entry(0, 0), 0, 0); /* room for nothing */
	act(INPUT, 0, 5, 0);
	act(UP, 0, 0, 3); /* one port, two queues */
	act(OFFER_ROOM, entry(0, 0), 100, 0);
	act(INPUT, 0, 200, 0);
	act(OFFER_BYTES, entry(1, 0), 100, 0);
	act(OFFER_ANY, entry(1, 1), 100, 5U << 20);
	seed_write("alone", seed, len);
}
