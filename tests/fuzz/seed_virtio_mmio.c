// SPDX-License-Identifier: GPL-2.0-only
/*
 * seed_virtio_mmio.c: all registers read and written, with and without a
 * running driver, and that driver's requests between them.
 */
#include "seed.h"

#include <string.h>

#define RECORD 8U /* of fuzz_virtio_mmio.c */

static void seed_write_all(void)
{
	/* Of 1, 2, 4 and 8 bytes; 4: a write; the rest are no accesses. */
	static const uint8_t acts[] = { 2, 6, 0, 5, 0xf0, 0xd0, 2 };
	uint8_t seed[1 + 256 * RECORD];

	for (size_t i = 0; i < 2 * ARRAY_SIZE(acts); i++) {
		const char name[] = { 'r', (char)('a' + i), '\0' };
		size_t n = 1;

		memset(seed, 0, sizeof(seed));
		seed[0] = (uint8_t)(i & 1);
		for (unsigned int reg = 0; reg < 0x110; reg += 4) {
			uint8_t *rec = seed + n;

			rec[0] = acts[(i / 2 + reg / 4) % ARRAY_SIZE(acts)];
			rec[2] = (uint8_t)reg;
			rec[3] = (uint8_t)(reg >> 8);
			rec[4] = 1;
			n += RECORD;
		}
		seed_write(name, seed, n);
	}
}
