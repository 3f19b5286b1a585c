// SPDX-License-Identifier: GPL-2.0-only
/* seed_net.c: frames each way in one buffer and in several, and commands. */
#include "seed.h"

enum {
	DESC,
	OFFER = 2,
	KICK,
	ARRIVE,
	BYTES,
	RESET,
	DRAIN,
	CONFIG,
	GONE
};
enum {
	NEXT = 1,
	WRITE = 2,
	REVOKED = 256, /* of KICK: the ring's page */
	REVOKED_DATA = 768,
	ANY_LEN = 512
};

static const struct seed_step send[] = {
	{ BYTES, 0, { 0, 0, 0 }, 0, 0 },
	{ DESC, 1, { 0, 0, 0 }, 0, 72 },
	{ OFFER, 1, { 0, 0, 0 }, 0, 0 },
	{ KICK, 1, { 0, 0, 0 }, 0, 0 },
	{ DESC, 3, { 1, NEXT, 2 }, 0, 12 },
	{ DESC, 3, { 2, 0, 0 }, 4096, 1500 },
	{ OFFER, 3, { 1, 0, 0 }, 0, 0 },
	{ KICK, 3, { 0, 0, 0 }, 0, 0 },
	{ DESC, 1, { 3, ANY_LEN, 0 }, 0, 70000 }, /* longer than a frame */
	{ OFFER, 1, { 3, 0, 0 }, 0, 0 },
	{ DESC, 1, { 4, 0, 0 }, 0, 5 }, /* no header */
	{ OFFER, 1, { 4, 0, 0 }, 0, 0 },
	{ KICK, 1, { 0, 0, 0 }, 0, 0 },
}, receive[] = { /* one buffer, then more than one, then too few */
	{ DESC, 0, { 0, WRITE, 0 }, 8192, 2000 },
	{ OFFER, 0, { 0, 0, 0 }, 0, 0 },
	{ KICK, 0, { 0, 0, 0 }, 0, 0 },
	{ ARRIVE, 0, { 0, 0, 0 }, 0, 72 },
	{ DESC, 0, { 1, WRITE, 0 }, 16384, 2000 },
	{ DESC, 0, { 2, WRITE, 0 }, 24576, 2000 },
	{ DESC, 0, { 3, NEXT | WRITE, 4 }, 32768, 500 },
	{ DESC, 0, { 4, WRITE, 0 }, 40960, 2000 },
	{ OFFER, 0, { 1, 0, 0 }, 0, 0 },
	{ OFFER, 0, { 2, 0, 0 }, 0, 0 },
	{ OFFER, 0, { 3, 0, 0 }, 0, 0 },
	{ KICK, 0, { 0, 0, 0 }, 0, 0 },
	{ ARRIVE, 0, { 0, 0, 0 }, 0, 5000 },
	{ ARRIVE, 0, { 0, 0, 0 }, 0, 60000 },
	{ OFFER, 0, { 0, 0, 0 }, 0, 0 },
	{ KICK, 0, { 0, 0, 0 }, 0, 0 },
}, receive_large[] = { /* room for the longest frame, and for more than one */
	{ DESC, 0, { 0, WRITE | ANY_LEN, 0 }, 8192, 66000 },
	{ DESC, 0, { 1, WRITE | ANY_LEN, 0 }, 81920, 140000 },
	{ DESC, 0, { 2, WRITE, 0 }, 8192, 5 },
	{ OFFER, 0, { 0, 0, 0 }, 0, 0 },
	{ OFFER, 0, { 1, 0, 0 }, 0, 0 },
	{ KICK, 0, { 0, 0, 0 }, 0, 0 },
	{ ARRIVE, 0, { 0, 0, 0 }, 0, 60000 },
	{ ARRIVE, 0, { 0, 7, 0 }, 0, 1000 },
	{ ARRIVE, 0, { 0, 7, 0 }, 0, 1000 },
	{ OFFER, 0, { 2, 0, 0 }, 0, 0 },
	{ KICK, 0, { 0, 0, 0 }, 0, 0 },
}, command[] = { /* class 4: two pairs, one, none; then one cut short */
	{ DESC, 4, { 0, NEXT, 1 }, 0, 4 },
	{ DESC, 4, { 1, WRITE, 0 }, 1024, 1 },
	{ BYTES, 0, { 0, 4, 2 }, 0, 0 },
	{ OFFER, 4, { 0, 0, 0 }, 0, 0 },
	{ KICK, 4, { 0, 0, 0 }, 0, 0 },
	{ BYTES, 0, { 0, 4, 1 }, 0, 0 },
	{ OFFER, 4, { 0, 0, 0 }, 0, 0 },
	{ KICK, 4, { 0, 0, 0 }, 0, 0 },
	{ BYTES, 0, { 0, 4, 0 }, 0, 0 },
	{ OFFER, 4, { 0, 0, 0 }, 0, 0 },
	{ KICK, 4, { 0, 0, 0 }, 0, 0 },
	{ DESC, 4, { 0, NEXT, 1 }, 0, 1 },
	{ OFFER, 4, { 0, 0, 0 }, 0, 0 },
	{ KICK, 4, { 0, 0, 0 }, 0, 0 },
	{ RESET, 4, { 0, 1, 0 }, 0, 0 },
	{ DRAIN, 0, { 0, 0, 0 }, 0, 0 },
}, revoked[] = { /* a header, the ring, a header that is to be written */
	{ DESC, 1, { 0, 0, 0 }, 0, 72 },
	{ OFFER, 1, { 0, 0, 0 }, 0, 0 },
	{ KICK, 1, { 0, REVOKED_DATA, 0 }, 0, 0 },
	{ RESET, 1, { 0, 1, 0 }, 0, 0 },
	{ OFFER, 1, { 0, 0, 0 }, 0, 0 },
	{ KICK, 1, { 0, REVOKED, 0 }, 0, 0 },
}, revoked_in[] = {
	{ ARRIVE, 0, { 0, 0, 0 }, 0, 72 },
	{ ARRIVE, 0, { 0, 0, 0 }, 0, 72 },
	{ DESC, 0, { 0, WRITE, 0 }, 8192, 2000 },
	{ OFFER, 0, { 0, 0, 0 }, 0, 0 },
	{ KICK, 0, { 0, REVOKED_DATA, 0 }, 8192, 0 },
}, revoked_command[] = {
	{ DESC, 4, { 0, NEXT, 1 }, 0, 4 },
	{ DESC, 4, { 1, WRITE, 0 }, 8192, 1 },
	{ BYTES, 0, { 0, 4, 2 }, 0, 0 },
	{ OFFER, 4, { 0, 0, 0 }, 0, 0 },
	{ KICK, 4, { 0, REVOKED_DATA, 0 }, 0, 0 },
}, revoked_answer[] = {
	{ DESC, 4, { 0, NEXT, 1 }, 0, 4 },
	{ DESC, 4, { 1, WRITE, 0 }, 8192, 1 },
	{ BYTES, 0, { 0, 4, 2 }, 0, 0 },
	{ OFFER, 4, { 0, 0, 0 }, 0, 0 },
	{ KICK, 4, { 0, REVOKED_DATA, 0 }, 8192, 0 },
}, gone[] = {
	{ DESC, 0, { 0, WRITE, 0 }, 8192, 2000 },
	{ OFFER, 0, { 0, 0, 0 }, 0, 0 },
	{ KICK, 0, { 0, 0, 0 }, 0, 0 },
	{ GONE, 0, { 0, 1, 0 }, 0, 0 },
	{ ARRIVE, 0, { 0, 0, 0 }, 0, 72 },
	{ CONFIG, 0, { 0, 0, 0 }, 0, 16 },
	{ DESC, 1, { 0, 0, 0 }, 0, 72 },
	{ OFFER, 1, { 0, 0, 0 }, 0, 0 },
	{ KICK, 1, { 0, 0, 0 }, 0, 0 },
};

static void seed_write_all(void)
{
	seed_write_steps("send", 0, send, ARRAY_SIZE(send));
	seed_write_steps("receive", 0, receive, ARRAY_SIZE(receive));
	seed_write_steps("receive-whole", 1, receive, ARRAY_SIZE(receive));
	seed_write_steps("receive-large", 1, receive_large,
			 ARRAY_SIZE(receive_large));
	seed_write_steps("receive-merged", 0, receive_large,
			 ARRAY_SIZE(receive_large));
	seed_write_steps("command", 0, command, ARRAY_SIZE(command));
	seed_write_steps("command-unknown", 2, command, ARRAY_SIZE(command));
	seed_write_steps("revoked", 0, revoked, ARRAY_SIZE(revoked));
	seed_write_steps("revoked-in", 0, revoked_in, ARRAY_SIZE(revoked_in));
	seed_write_steps("revoked-command", 0, revoked_command,
			 ARRAY_SIZE(revoked_command));
	seed_write_steps("revoked-answer", 0, revoked_answer,
			 ARRAY_SIZE(revoked_answer));
	seed_write_steps("gone", 0, gone, ARRAY_SIZE(gone));
}
