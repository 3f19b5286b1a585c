/* SPDX-License-Identifier: GPL-2.0-only */
/* held_fixture.h: a look at the buffers that a device holds, and what to expect. */
#ifndef LKVM_PVM_TESTS_HELD_FIXTURE_H
#define LKVM_PVM_TESTS_HELD_FIXTURE_H

#include "queue_fixture.h"

#include <string.h>

#include "vq_held.h"

static struct vq_held *held;

/* It is as if nobody had looked: the queue, and all of the window. */
static inline void look(struct ring *r, enum vq_server by)
{
	struct virtqueue before = r->q;
	uint8_t *bytes = malloc(KIB(256));

	must(bytes != NULL);
	memcpy(bytes, mem(r, RING), KIB(256));
	vq_held_look(&r->q, by, held);
	must(memcmp(&before, &r->q, sizeof(before)) == 0);
	must(memcmp(bytes, mem(r, RING), KIB(256)) == 0);
	free(bytes);
}

static inline void expect_unknown(const char *why)
{
	must(!held->is_counted && held->nr == 0 && held->nr_pieces == 0);
	ck_assert_str_eq(held->why, why);
}

static inline void expect_all(unsigned int nr, unsigned int nr_pieces)
{
	if (!held->is_counted || held->why)
		ck_abort_msg("unknown: %s", held->why);
	must(held->nr_unknown == 0);
	ck_assert_uint_eq(held->nr, nr);
	ck_assert_uint_eq(held->nr_pieces, nr_pieces);
}

static inline void offer_buffer(struct ring *r, unsigned int nr)
{
	const struct vq_buf bufs[] = {
		{ DATA + nr * KIB(4), 16, false },
		{ DATA + nr * KIB(4) + 64, 512, true },
	};

	must(vq_driver_add(&r->d, bufs, 2) >= 0);
	(void)vq_driver_publish(&r->d);
}

static inline void setup(void)
{
	held = malloc(sizeof(*held));
	ck_assert_ptr_nonnull(held);
	memset(held, 0xaa, sizeof(*held));
}

static inline void teardown(void)
{
	free(held);
}

#endif
