// SPDX-License-Identifier: GPL-2.0-only
/* seed_netstream.c: streams of good frames, in pieces of several sizes. */
#include "seed.h"

#include <string.h>

static void seed_write_all(void)
{
	static const uint16_t lens[] = { 14, 60, 299, 300, 301, 1514, 9000 };
	static const uint8_t pieces[] = { 0, 3, 100, 255 };
	static uint8_t seed[KIB(16)];
	char name[] = "seed0";

	for (unsigned int i = 0; i < sizeof(pieces); i++) {
		size_t n = 1;

		memset(seed, 0, sizeof(seed));
		seed[0] = pieces[i];
		for (unsigned int k = 0; k < sizeof(lens) / sizeof(*lens);
		     k++) {
			seed[n + 2] = (uint8_t)(lens[k] >> 8);
			seed[n + 3] = (uint8_t)lens[k];
			for (size_t b = 0; b < lens[k]; b++)
				seed[n + 4 + b] = (uint8_t)(b * 3 + k);
			n += 4 + (size_t)lens[k];
		}
		name[4] = (char)('0' + i);
		seed_write(name, seed, n);
	}
}
