// SPDX-License-Identifier: GPL-2.0-only
/*
 * seed_queue.c: chains that go round, and a page of the ring or of a buffer that
 * is gone at each step of that; the longest chains there may be, and longer.
 */
#include "seed.h"

#include <string.h>

/* A record of fuzz_queue.c, and its verbs. */
struct step {
	uint8_t what, small;
	uint16_t value;
	uint32_t wide;
};
static_assert(sizeof(struct step) == 8, "as it is in a seed");

enum {
	POP,
	PUSH = 2,
	PUBLISH,
	KICKS_ON,
	KICKS_OFF,
	UNPOP,
	RESTART,
	OFFER,
	BYTES,
	DESC,
	AVAIL,
	TAKE,
	RESUME,
};
/* Pages from the window's end, by TAKE's value. */
enum {
	USED_PAGE,
	AVAIL_PAGE,
	DESC_END,
	DESC_PAGE
};
/* Flags of a descriptor as DESC has them in its value. */
#define NEXT	 (1U << 10)
#define WRITE	 (2U << 10)
#define INDIRECT (4U << 10)
#define LONG	 0x200U

static uint8_t seed[2 + 2048 * sizeof(struct step)];
static size_t len;

static void begin(uint8_t size, uint8_t features)
{
	seed[0] = size;
	seed[1] = features;
	len = 2;
}

static void step(uint8_t what, uint8_t small, unsigned int value, uint32_t wide)
{
	const struct step s = { what, small, (uint16_t)value, wide };

	assert(len + sizeof(s) <= sizeof(seed));
	memcpy(seed + len, &s, sizeof(s));
	len += sizeof(s);
}

static void end(const char *name)
{
	seed_write(name, seed, len);
}

/* What a request goes through; @taken: the page that is gone before @when. */
static void round_trip(unsigned int when, unsigned int taken)
{
	static const uint8_t verbs[] = {
		POP,	 BYTES,	   BYTES,     UNPOP,  POP, PUSH,
		PUBLISH, KICKS_ON, KICKS_OFF, RESUME, POP,
	};

	step(DESC, 0, NEXT | 100, 0x01004000);
	step(DESC, 1, WRITE | 100, 0x5000);
	step(OFFER, 0, 0, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (i == when && taken < 4)
			step(TAKE, 0, taken, 0);
		else if (i == when) /* of the buffers */
			step(TAKE, 1, 0, taken == 4 ? 0x4000 : 0x5000);
		/* Bytes: in and out. */
		step(verbs[i], i == 1 ? 0x4a : 0x0a, 0, 10);
	}
	step(RESTART, 0x14, 100, 0); /* a size that is none */
}

static void seed_write_trips(void)
{
	static const uint8_t features[] = { 4, 5, 7 };
	char name[] = "trip00";

	for (unsigned int f = 0; f < ARRAY_SIZE(features); f++) {
		for (unsigned int when = 0; when < 11; when++) {
			begin(7, features[f]);
			for (unsigned int taken = USED_PAGE; taken < 6; taken++)
				round_trip(when, taken);
			name[4] = (char)('a' + f);
			name[5] = (char)('a' + when);
			end(name);
		}
	}
}

/* All 256 descriptors in a row, the last one again the first, or too long. */
static void seed_write_lines(void)
{
	begin(7, 4);
	for (unsigned int i = 0; i < 256; i++)
		step(DESC, (uint8_t)i, NEXT | 8,
		     0x4000 | ((i + 1) & 255) << 24);
	step(OFFER, 0, 0, 0);
	step(POP, 0, 0, 0);
	end("circle");

	/* 4 GiB and more of window 2 MiB at a time */
	begin(7, 4);
	for (unsigned int i = 0; i < 255; i++)
		step(DESC, (uint8_t)i, NEXT | WRITE | 8,
		     0x4000 | (i + 1) << 24);
	step(DESC, 255, WRITE | 8, 0x4000);
	step(OFFER, 0, 0, 0);
	step(POP, 0, 0, 0);
	for (unsigned int at = 0; at < 64; at += 7)
		step(BYTES, 0x48, at * 32, 16);
	end("line");
}

/* An indirect table of what is in the ring itself, and with features without. */
static void seed_write_tables(void)
{
	char name[] = "table0";

	for (unsigned int i = 0; i < 3; i++) {
		begin(7, i ? 6 : 4);
		/* The ring's own descriptors: 16 bytes each, 4 pages from the
		 * window's end. */
		step(DESC, 1, NEXT | 8, 0x4000 | 1U << 24);
		step(DESC, 2, i == 2 ? INDIRECT | 64 : WRITE | 8, 0x5000);
		step(DESC, 0, INDIRECT | 32, 0x1fc010);
		step(OFFER, 0, 0, 0);
		step(POP, 0, 0, 0);
		step(BYTES, 0x4a, 0, 4);
		step(PUSH, 0, 0, 8);
		step(PUBLISH, 0, 0, 0);
		step(TAKE, 0, DESC_PAGE, 0);
		step(POP, 0, 0, 0);
		name[5] = (char)('0' + i);
		end(name);
	}
}

static void seed_write_all(void)
{
	seed_write_trips();
	seed_write_lines();
	seed_write_tables();
}
