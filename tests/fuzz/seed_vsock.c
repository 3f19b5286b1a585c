// SPDX-License-Identifier: GPL-2.0-only
/* seed_vsock.c: connections from either side that carry something and end. */
#include "seed.h"

#include <string.h>

#define RECORD 16U /* of fuzz_vsock.c */

/* what, queue (or client), op, port, flags, where, len */
static const struct step {
	uint8_t what, queue;
	uint16_t op, port, flags;
	uint32_t where, len;
} guest_connects[] = {
	{ 3, 0, 0, 15, 0, 0, 0 },	 /* receive buffers */
	{ 0, 0, 1, 0x0101, 0, 4096, 0 }, /* REQUEST */
	{ 4, 0, 0, 1, 1, 0, 0 },	 /* accepted */
	{ 0, 0, 5, 0x0101, 0, 4096, 9000 },
	{ 5, 0, 2, 0, 0, 0, 0 }, /* read */
	{ 5, 0, 0, 0, 0, 0, 9000 },
	{ 3, 0, 0, 15, 0, 0, 0 },
	{ 0, 0, 6, 0x0101, 0, 0x10004000, 0 },
	{ 0, 0, 4, 0x0101, 3, 4096, 0 }, /* SHUTDOWN */
}, host_connects[] = {
	{ 3, 0, 0, 15, 0, 0, 0 },
	{ 4, 1, 0, 2, 0, 0, 0 },
	{ 0, 0, 2, 2, 1024, 0xffff, 0 }, /* RESPONSE */
	{ 5, 1, 0, 0, 0, 0, 20000 },
	{ 0, 0, 5, 2, 1024, 0xffff, 16000 },
	{ 5, 1, 3, 0, 0, 0, 0 }, /* ends its sending */
	{ 3, 0, 0, 15, 0, 0, 0 },
	{ 5, 1, 5, 0, 0, 0, 0 }, /* leaves */
	{ 0, 0, 3, 2, 1024, 0, 0 },
}, slow[] = { /* more than a socket takes, of a reader who is not there */
	{ 3, 0, 0, 15, 0, 0, 0 },
	{ 0, 0, 1, 0x0101, 0, 4096, 0 },
	{ 4, 0, 0, 1, 1, 0, 0 },
	{ 0, 0, 5, 0x0101, 0, 4096, 16000 },
	{ 0, 0, 5, 0x0101, 0, 4096, 60000 },
	{ 0, 0, 5, 0x0101, 0, 4096, 60000 },
	{ 0, 0, 5, 0x0101, 0, 4096, 60000 },
	{ 0, 0, 5, 0x0101, 0, 4096, 60000 },
	{ 5, 0, 0, 0, 0, 0, 9000 }, /* more than the guest wants */
	{ 3, 0, 0, 15, 0, 0, 0 },
	{ 5, 0, 2, 0, 0, 0, 0 },
	{ 0, 0, 5, 0x0101, 0, 4096, 60000 },
	{ 0, 0, 4, 0x0101, 3, 4096, 0 },
	{ 3, 0, 0, 15, 0, 0, 0 },
	{ 5, 0, 2, 0, 0, 0, 0 },
}, wrong[] = {
	{ 0, 0, 5, 0x0101, 0, 4096, 10 },
	{ 0, 0, 1, 0x0101, 512, 7, 0 },
	{ 0, 0, 1, 0x0101, 2048, 7, 0 },
	{ 3, 0, 0, 15, 0, 0, 0 },
	{ 0, 0, 1, 0x0101, 0, 4096, 0 },
	{ 0, 0, 5, 0x0101, 0, 4096, 30000 },
	{ 0, 0, 5, 0x0101, 16384, 4096, 70000 },
	{ 6, 0, 0, 3, 0x8002, 0, 44 },
	{ 7, 0, 0, 0, 1, 0, 0 },
};

static void put(uint8_t *to, uint64_t v, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		to[i] = (uint8_t)(v >> (8 * i));
}

static void write_one(const char *name, const struct step *s, size_t nr)
{
	uint8_t seed[1 + 16 * RECORD];

	memset(seed, 0, sizeof(seed));
	for (size_t i = 0; i < nr; i++) {
		uint8_t *rec = seed + 1 + i * RECORD;

		rec[0] = s[i].what;
		rec[1] = s[i].queue;
		put(rec + 2, s[i].op, 2);
		put(rec + 4, s[i].port, 2);
		put(rec + 6, s[i].flags, 2);
		put(rec + 8, s[i].where, 4);
		put(rec + 12, s[i].len, 4);
	}
	seed_write(name, seed, 1 + nr * RECORD);
}

static void seed_write_all(void)
{
	write_one("guest", guest_connects,
		  sizeof(guest_connects) / sizeof(*guest_connects));
	write_one("host", host_connects,
		  sizeof(host_connects) / sizeof(*host_connects));
	write_one("slow", slow, sizeof(slow) / sizeof(*slow));
	write_one("wrong", wrong, sizeof(wrong) / sizeof(*wrong));
}
