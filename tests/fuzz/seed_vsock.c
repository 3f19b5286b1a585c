// SPDX-License-Identifier: GPL-2.0-only
/* seed_vsock.c: connections from either side that carry something and end. */
#include "seed.h"

/* what, queue (or client), { op, port, flags }, where, len */
static const struct seed_step guest_connects[] = {
	{ 3, 0, { 0, 15, 0 }, 0, 0 },	 /* receive buffers */
	{ 0, 0, { 1, 0x0101, 0 }, 4096, 0 }, /* REQUEST */
	{ 4, 0, { 0, 1, 1 }, 0, 0 },	 /* accepted */
	{ 0, 0, { 5, 0x0101, 0 }, 4096, 9000 },
	{ 5, 0, { 2, 0, 0 }, 0, 0 }, /* read */
	{ 5, 0, { 0, 0, 0 }, 0, 9000 },
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 0, 0, { 6, 0x0101, 0 }, 0x10004000, 0 },
	{ 0, 0, { 4, 0x0101, 3 }, 4096, 0 }, /* SHUTDOWN */
}, host_connects[] = {
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 4, 1, { 0, 2, 0 }, 0, 0 },
	{ 0, 0, { 2, 2, 1024 }, 0xffff, 0 }, /* RESPONSE */
	{ 5, 1, { 0, 0, 0 }, 0, 20000 },
	{ 0, 0, { 5, 2, 1024 }, 0xffff, 16000 },
	{ 5, 1, { 3, 0, 0 }, 0, 0 }, /* ends its sending */
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 5, 1, { 5, 0, 0 }, 0, 0 }, /* leaves */
	{ 0, 0, { 3, 2, 1024 }, 0, 0 },
}, slow[] = { /* more than a socket takes, of a reader who is not there */
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 0, 0, { 1, 0x0101, 0 }, 4096, 0 },
	{ 4, 0, { 0, 1, 1 }, 0, 0 },
	{ 0, 0, { 5, 0x0101, 0 }, 4096, 16000 },
	{ 0, 0, { 5, 0x0101, 0 }, 4096, 60000 },
	{ 0, 0, { 5, 0x0101, 0 }, 4096, 60000 },
	{ 0, 0, { 5, 0x0101, 0 }, 4096, 60000 },
	{ 0, 0, { 5, 0x0101, 0 }, 4096, 60000 },
	{ 5, 0, { 0, 0, 0 }, 0, 9000 }, /* more than the guest wants */
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 5, 0, { 2, 0, 0 }, 0, 0 },
	{ 0, 0, { 5, 0x0101, 0 }, 4096, 60000 },
	{ 0, 0, { 4, 0x0101, 3 }, 4096, 0 },
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 5, 0, { 2, 0, 0 }, 0, 0 },
}, own[] = { /* a port of ours: once, and not again */
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 0, 0, { 1, 0x0301, 0 }, 4096, 0 },
	{ 0, 0, { 5, 0x0301, 0 }, 4096, 9000 },
	{ 5, 5, { 2, 0, 0 }, 0, 0 }, /* read */
	{ 5, 5, { 0, 0, 0 }, 0, 9000 },
	{ 0, 0, { 1, 0x0302, 0 }, 4096, 0 },
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 0, 0, { 3, 0x0301, 0 }, 0, 0 }, /* RST */
	{ 0, 0, { 1, 0x0301, 0 }, 4096, 0 },
}, wrong[] = {
	{ 0, 0, { 5, 0x0101, 0 }, 4096, 10 },
	{ 0, 0, { 1, 0x0101, 512 }, 7, 0 },
	{ 0, 0, { 1, 0x0101, 2048 }, 7, 0 },
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 0, 0, { 1, 0x0101, 0 }, 4096, 0 },
	{ 0, 0, { 5, 0x0101, 0 }, 4096, 30000 },
	{ 0, 0, { 5, 0x0101, 16384 }, 4096, 70000 },
	{ 6, 0, { 0, 3, 0x8002 }, 0, 44 },
	{ 7, 0, { 0, 0, 1 }, 0, 0 },
}, gone[] = { /* under data; then a header */
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 0, 0, { 1, 0x0101, 0 }, 4096, 0 },
	{ 4, 0, { 0, 1, 1 }, 0, 0 },
	{ 8, 0, { 0, 0, 1 }, 0x132000, 0 },
	{ 0, 0, { 5, 0x0101, 0 }, 4096, 9000 },
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 8, 0, { 0, 0, 1 }, 0x142000, 0 },
	{ 0, 0, { 1, 0x0201, 0 }, 4096, 0 },
}, gone_ring[] = { /* that to send; that to receive; a buffer */
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
	{ 8, 1, { 0, 0, 0 }, 0, 0 },
	{ 0, 0, { 1, 0x0101, 0 }, 4096, 0 },
}, gone_in[] = {
	{ 8, 0, { 0, 0, 0 }, 0, 0 },
	{ 3, 0, { 0, 15, 0 }, 0, 0 },
}, gone_room[] = {
	{ 0, 0, { 1, 0x0101, 0 }, 4096, 0 },
	{ 8, 0, { 0, 0, 1 }, 0x20000, 0 },
	{ 3, 0, { 0, 1, 0 }, 0, 0 },
};

static void seed_write_all(void)
{
	seed_write_steps("guest", 0, guest_connects,
			 ARRAY_SIZE(guest_connects));
	seed_write_steps("host", 0, host_connects, ARRAY_SIZE(host_connects));
	seed_write_steps("slow", 0, slow, ARRAY_SIZE(slow));
	seed_write_steps("own", 0, own, ARRAY_SIZE(own));
	seed_write_steps("wrong", 0, wrong, ARRAY_SIZE(wrong));
	seed_write_steps("gone", 0, gone, ARRAY_SIZE(gone));
	seed_write_steps("gone-ring", 0, gone_ring, ARRAY_SIZE(gone_ring));
	seed_write_steps("gone-in", 0, gone_in, ARRAY_SIZE(gone_in));
	seed_write_steps("gone-room", 0, gone_room, ARRAY_SIZE(gone_room));
}
