// SPDX-License-Identifier: GPL-2.0-only
/* seed_stream.c: each codec, whole, in parts, cut, damaged. */
#include "seed.h"

#include <string.h>

static void seed_write_all(void)
{
	static uint8_t seed[KIB(20)];
	char name[] = "seed00";

	for (size_t i = 8; i < sizeof(seed); i++)
		seed[i] = (uint8_t)(i % 251 & i >> 8);
	for (uint8_t i = 0; i < 32; i++) {
		const uint8_t choices[8] = {
			i & 1,	i >> 1 & 1 ? 3 : 0,
			5,	i >> 2 & 1,
			i >> 3, i >> 4,
			9,	i,
		};

		memcpy(seed, choices, sizeof(choices));
		name[4] = (char)('0' + i / 10);
		name[5] = (char)('0' + i % 10);
		seed_write(name, seed, i & 1 ? sizeof(seed) : 300);
	}
}
