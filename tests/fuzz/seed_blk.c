// SPDX-License-Identifier: GPL-2.0-only
/* seed_blk.c: requests of each kind, right and wrong, one or several. */
#include "seed.h"

#include <string.h>

#define RECORD 22U /* of fuzz_blk.c */

/* Discards and writes of zeros: none, some, too many sectors, a wrong flag. */
static void seed_write_ranges(void)
{
	static const uint8_t ranges[][3] = {
		{ 11, 8, 0 },	{ 13, 8, 1 }, { 13, 0, 0 },
		{ 11, 255, 0 }, { 13, 8, 2 },
	};
	uint8_t seed[1 + 5 * RECORD] = { 1 };

	for (size_t r = 0; r < ARRAY_SIZE(ranges); r++) {
		uint8_t *rec = seed + 1 + r * RECORD;

		rec[0] = ranges[r][0];
		rec[14] = 16; /* bytes */
		rec[18] = 8 | 128;
		rec[19] = (uint8_t)r;
		rec[20] = ranges[r][1];
		rec[21] = ranges[r][2];
	}
	seed_write("ranges", seed, sizeof(seed));
}

static void seed_write_all(void)
{
	static const uint8_t types[] = { 0, 1, 4, 8, 11, 13, 2 };
	uint8_t seed[1 + 5 * RECORD];
	char name[] = "seed0";

	for (size_t i = 0; i < sizeof(types); i++) {
		memset(seed, 0, sizeof(seed));
		seed[0] = (uint8_t)(i & 1);
		for (size_t r = 0; r < 5; r++) {
			uint8_t *rec = seed + 1 + r * RECORD;

			rec[0] = types[(i + r) % sizeof(types)];
			rec[4] = (uint8_t)(8 * r);
			rec[14] = (uint8_t)(1 + r); /* sectors */
			/* The device writes what it is asked for. */
			rec[18] = rec[0] == 0 || rec[0] == 8 ? 16 : 0;
			rec[19] = (uint8_t)r;
		}
		name[4] = (char)('0' + i);
		seed_write(name, seed, i < 4 ? sizeof(seed) : 1 + RECORD);
	}
	seed_write_ranges();
}
