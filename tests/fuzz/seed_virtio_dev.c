// SPDX-License-Identifier: GPL-2.0-only
/*
 * seed_virtio_dev.c: a driver that brings the device up, uses its queues, resets
 * one and enables it again, well and with each thing that can go wrong.
 */
#include "seed.h"

#include <string.h>

/* A record of fuzz_virtio_dev.c, and its verbs; the queue is in bits 4 and on. */
struct step {
	uint8_t what, small;
	uint16_t value;
	uint32_t wide;
};
static_assert(sizeof(struct step) == 8, "as it is in a seed");

enum {
	STATUS,
	REGISTERS = 2, /* small 4: good ones */
	ENABLE,
	RESET,
	CONFIG,
	KICK,
	OFFER = 8,
	UP = 11,
	KICK_REVOKED,
	DISABLE,
	LEND,
};

#define WRITE 1U
#define NR(a) (sizeof(a) / sizeof(*(a)))

/* Queue 0: the verbs are those numbers. */
static const struct step again[] = {
	{ UP, 0, 0, 0 },	{ OFFER, WRITE, 64, 0x4000 },
	{ KICK, 0, 0, 0 },	{ RESET, 0, 0, 0 },
	{ REGISTERS, 4, 0, 0 }, { ENABLE, 0, 0, 0 },
	{ UP, 2, 0, 0 },	{ RESET, 0, 0, 0 },
	{ REGISTERS, 4, 0, 0 }, { ENABLE, 0, 0, 0 },
	{ UP, 0, 0, 0 },	{ DISABLE, 0, 0, 0 },
	{ DISABLE, 1, 0, 9 },	{ RESET, 1, 0, 9 },
	{ ENABLE, 1, 0, 9 },
}, lent[] = {
	{ UP, 0, 0, 0 },	   { LEND, 1, 0, 0 },
	{ OFFER, WRITE, 64, 0x4000 }, { KICK, 0, 0, 0 },
	{ UP, 0, 0, 0 },	   { OFFER, WRITE, 64, 0x4000 },
	{ KICK, 0, 0, 0 },
}, broken[] = {
	{ UP, 0, 0, 0 },	   { OFFER, WRITE, 64, 0x4000 },
	{ KICK_REVOKED, 0, 0, 0 }, { KICK, 0, 0, 0 },
	{ RESET, 0, 0, 0 },	   { ENABLE, 0, 0, 0 },
	{ UP, 0, 0, 0 },	   { OFFER, WRITE, 64, 0x4000 },
	{ KICK_REVOKED, 1, 0, 0x7fe04000 }, { UP, 1, 0, 0 },
	{ CONFIG, 3, 1, 0 },	   { CONFIG, 3, 0, 0 },
}, early[] = { /* a queue before its features, then the device without */
	{ STATUS, 3, 0, 0 },	   { ENABLE, 0, 0, 0 },
	{ STATUS, 7, 0, 0 },	   { STATUS, 15, 0, 0 },
	{ STATUS, 0, 0, 0 },
};

static void write_one(const char *name, const struct step *s, size_t nr)
{
	seed_write(name, s, nr * sizeof(*s));
}

static void seed_write_all(void)
{
	write_one("again", again, NR(again));
	write_one("lent", lent, NR(lent));
	write_one("broken", broken, NR(broken));
	write_one("early", early, NR(early));
}
