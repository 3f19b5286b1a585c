// SPDX-License-Identifier: GPL-2.0-only
/* seed_net.c: frames each way in one buffer and in several, and commands. */
#include "seed.h"

#include <string.h>

#define RECORD 16U /* of fuzz_net.c */
enum {
	DESC,
	OFFER = 2,
	KICK,
	ARRIVE,
	BYTES,
	RESET,
	DRAIN
};
enum {
	NEXT = 1,
	WRITE = 2,
	ANY_LEN = 512
};

static const struct step {
	uint8_t what, queue;
	uint16_t head, flags, next;
	uint32_t where, len;
} send[] = {
	{ BYTES, 0, 0, 0, 0, 0, 0 },
	{ DESC, 1, 0, 0, 0, 0, 72 },
	{ OFFER, 1, 0, 0, 0, 0, 0 },
	{ KICK, 1, 0, 0, 0, 0, 0 },
	{ DESC, 3, 1, NEXT, 2, 0, 12 },
	{ DESC, 3, 2, 0, 0, 4096, 1500 },
	{ OFFER, 3, 1, 0, 0, 0, 0 },
	{ KICK, 3, 0, 0, 0, 0, 0 },
	{ DESC, 1, 3, ANY_LEN, 0, 0, 70000 }, /* longer than a frame */
	{ OFFER, 1, 3, 0, 0, 0, 0 },
	{ DESC, 1, 4, 0, 0, 0, 5 }, /* no header */
	{ OFFER, 1, 4, 0, 0, 0, 0 },
	{ KICK, 1, 0, 0, 0, 0, 0 },
}, receive[] = { /* one buffer, then more than one, then too few */
	{ DESC, 0, 0, WRITE, 0, 8192, 2000 },
	{ OFFER, 0, 0, 0, 0, 0, 0 },
	{ KICK, 0, 0, 0, 0, 0, 0 },
	{ ARRIVE, 0, 0, 0, 0, 0, 72 },
	{ DESC, 0, 1, WRITE, 0, 16384, 2000 },
	{ DESC, 0, 2, WRITE, 0, 24576, 2000 },
	{ DESC, 0, 3, NEXT | WRITE, 4, 32768, 500 },
	{ DESC, 0, 4, WRITE, 0, 40960, 2000 },
	{ OFFER, 0, 1, 0, 0, 0, 0 },
	{ OFFER, 0, 2, 0, 0, 0, 0 },
	{ OFFER, 0, 3, 0, 0, 0, 0 },
	{ KICK, 0, 0, 0, 0, 0, 0 },
	{ ARRIVE, 0, 0, 0, 0, 0, 5000 },
	{ ARRIVE, 0, 0, 0, 0, 0, 60000 },
	{ OFFER, 0, 0, 0, 0, 0, 0 },
	{ KICK, 0, 0, 0, 0, 0, 0 },
}, receive_large[] = { /* room for the longest frame, and for more than one */
	{ DESC, 0, 0, WRITE | ANY_LEN, 0, 8192, 66000 },
	{ DESC, 0, 1, WRITE | ANY_LEN, 0, 81920, 140000 },
	{ DESC, 0, 2, WRITE, 0, 8192, 5 },
	{ OFFER, 0, 0, 0, 0, 0, 0 },
	{ OFFER, 0, 1, 0, 0, 0, 0 },
	{ KICK, 0, 0, 0, 0, 0, 0 },
	{ ARRIVE, 0, 0, 0, 0, 0, 60000 },
	{ ARRIVE, 0, 0, 7, 0, 0, 1000 },
	{ ARRIVE, 0, 0, 7, 0, 0, 1000 },
	{ OFFER, 0, 2, 0, 0, 0, 0 },
	{ KICK, 0, 0, 0, 0, 0, 0 },
}, command[] = { /* class 4: two pairs, one, none; then one cut short */
	{ DESC, 4, 0, NEXT, 1, 0, 4 },
	{ DESC, 4, 1, WRITE, 0, 1024, 1 },
	{ BYTES, 0, 0, 4, 2, 0, 0 },
	{ OFFER, 4, 0, 0, 0, 0, 0 },
	{ KICK, 4, 0, 0, 0, 0, 0 },
	{ BYTES, 0, 0, 4, 1, 0, 0 },
	{ OFFER, 4, 0, 0, 0, 0, 0 },
	{ KICK, 4, 0, 0, 0, 0, 0 },
	{ BYTES, 0, 0, 4, 0, 0, 0 },
	{ OFFER, 4, 0, 0, 0, 0, 0 },
	{ KICK, 4, 0, 0, 0, 0, 0 },
	{ DESC, 4, 0, NEXT, 1, 0, 1 },
	{ OFFER, 4, 0, 0, 0, 0, 0 },
	{ KICK, 4, 0, 0, 0, 0, 0 },
	{ RESET, 4, 0, 1, 0, 0, 0 },
	{ DRAIN, 0, 0, 0, 0, 0, 0 },
};

static void put(uint8_t *to, uint64_t v, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		to[i] = (uint8_t)(v >> (8 * i));
}

/* @without: features, as fuzz_net.c has them in its first byte. */
static void write_one(const char *name, uint8_t without, const struct step *s,
		      size_t nr)
{
	uint8_t seed[1 + 16 * RECORD] = { without };

	for (size_t i = 0; i < nr; i++) {
		uint8_t *rec = seed + 1 + i * RECORD;

		rec[0] = s[i].what;
		rec[1] = s[i].queue;
		put(rec + 2, s[i].head, 2);
		put(rec + 4, s[i].flags, 2);
		put(rec + 6, s[i].next, 2);
		put(rec + 8, s[i].where, 4);
		put(rec + 12, s[i].len, 4);
	}
	seed_write(name, seed, 1 + nr * RECORD);
}

static void seed_write_all(void)
{
	write_one("send", 0, send, ARRAY_SIZE(send));
	write_one("receive", 0, receive, ARRAY_SIZE(receive));
	write_one("receive-whole", 1, receive, ARRAY_SIZE(receive));
	write_one("receive-large", 1, receive_large, ARRAY_SIZE(receive_large));
	write_one("receive-merged", 0, receive_large,
		  ARRAY_SIZE(receive_large));
	write_one("command", 0, command, ARRAY_SIZE(command));
	write_one("command-unknown", 2, command, ARRAY_SIZE(command));
}
