// SPDX-License-Identifier: GPL-2.0-only
/*
 * seed_vhost_user.c: what good vhost-user back ends answer, with and without
 * acknowledgements.
 */
#include "seed.h"

#include <string.h>

static uint8_t seed[KIB(4)];
static size_t len;

static void reply(uint32_t request, const void *p, uint32_t size)
{
	const uint32_t h[] = { request, 5, size };

	memcpy(seed + len, h, sizeof(h));
	memcpy(seed + len + sizeof(h), p, size);
	len += sizeof(h) + size;
}

static void reply_u64(uint32_t request, uint64_t v)
{
	reply(request, &v, sizeof(v));
}

static void queue(bool acks)
{
	static const uint8_t requests[] = { 8, 10, 9, 14, 13, 12, 18 };

	for (size_t i = 0; acks && i < sizeof(requests); i++)
		reply_u64(requests[i], 0);
}

static void conversation(uint64_t protocol)
{
	const bool acks = protocol & 8;
	const uint32_t state[] = { 1, 5 };
	const uint32_t config[18] = { 0, 60, 0 };

	seed[0] = 0;
	len = 1;
	reply_u64(1, 1ULL << 30 | 1ULL << 32);
	reply_u64(15, protocol);
	if (protocol & 1)
		reply_u64(17, 2);
	if (acks)
		reply_u64(3, 0);
	if (acks)
		reply_u64(2, 0);
	if (acks)
		reply_u64(5, 0);
	queue(acks);
	reply(11, state, sizeof(state));
	queue(acks);
	reply(24, config, 12 + 60);
}

static void seed_write_all(void)
{
	conversation(0);
	seed_write("plain", seed, len);
	conversation(1 | 1 << 9);
	seed_write("queues", seed, len);
	conversation(1 | 8 | 1 << 9);
	seed_write("acks", seed, len);
	seed[0] = 0x82;
	seed_write("fds", seed, len);
}
