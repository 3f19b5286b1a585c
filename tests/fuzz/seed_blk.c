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

/* @nr requests of the types from the @first on, with the fuzzer's @choices. */
static void seed_write_requests(const char *name, uint8_t choices, size_t first,
				size_t nr)
{
	static const uint8_t types[] = { 0, 1, 4, 8, 11, 13, 2 };
	uint8_t seed[1 + 5 * RECORD] = { choices };

	for (size_t r = 0; r < nr; r++) {
		uint8_t *rec = seed + 1 + r * RECORD;

		rec[0] = types[(first + r) % sizeof(types)];
		rec[4] = (uint8_t)(8 * r);
		rec[14] = (uint8_t)(1 + r); /* sectors */
		/* The device writes what it is asked for. */
		rec[18] = rec[0] == 0 || rec[0] == 8 ? 16 : 0;
		rec[19] = (uint8_t)r;
	}
	seed_write(name, seed, 1 + nr * RECORD);
}

/* Each kind of request with each page that it needs gone: the ring's, the
 * header's, the data's; on a disk that is read-only; of a file cut short. */
static void seed_write_harm(void)
{
	char name[] = "gone00";

	for (uint8_t type = 0; type < 6; type++) {
		name[4] = (char)('0' + type);
		for (uint8_t page = 0; page < 4; page++) {
			name[5] = (char)('0' + page);
			seed_write_requests(name, (uint8_t)(9 | page << 4),
					    type, 1);
		}
		name[5] = 'r';
		seed_write_requests(name, 5, type, 1);
		name[5] = 's';
		seed_write_requests(name, 0xf1, type, 3);
	}
}

static void seed_write_all(void)
{
	char name[] = "seed0";

	for (size_t i = 0; i < 7; i++) {
		name[4] = (char)('0' + i);
		seed_write_requests(name, (uint8_t)(i & 1), i, i < 4 ? 5 : 1);
	}
	seed_write_ranges();
	seed_write_harm();
}
