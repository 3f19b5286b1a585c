/* SPDX-License-Identifier: GPL-2.0-only */
/* queue_fixture.h: a ring in a window with a model driver at its other end. */
#ifndef LKVM_PVM_TESTS_QUEUE_FIXTURE_H
#define LKVM_PVM_TESTS_QUEUE_FIXTURE_H

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "virtqueue.h"
#include "vq_driver.h"

#define GPA   0x7fe00000ULL
#define LEN   MIB(2)
#define RING  (GPA + KIB(64))
#define TABLE (GPA + KIB(128)) /* an indirect table */
#define DATA  (GPA + KIB(256))
#define ALL_FEATURES                                                           \
	(1ULL << VIRTIO_RING_F_EVENT_IDX | 1ULL << VIRTIO_RING_F_INDIRECT_DESC)

/* ck_assert() writes to a pipe each time: too slow for inner loops. */
#define must(cond)                                                             \
	do {                                                                   \
		if (!(cond))                                                   \
			ck_abort_msg("%s", #cond);                             \
	} while (0)

struct ring {
	struct window w;
	struct vq_driver d;
	struct virtqueue q;
	struct vq_chain c;
};

static inline struct ring *ring_make(uint16_t size, uint64_t features)
{
	struct ring *r = calloc(1, sizeof(*r));

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(window_init(&r->w, GPA, LEN), 0);
	vq_driver_init(&r->d, &r->w, RING, size,
		       (features >> VIRTIO_RING_F_EVENT_IDX) & 1);
	vq_init(&r->q, &r->w, VQ_MAX_SIZE);
	vq_driver_attach(&r->d, &r->q);
	ck_assert_int_eq(vq_start(&r->q, features), 0);
	return r;
}

static inline void ring_free(struct ring *r)
{
	window_fini(&r->w);
	free(r);
}

static inline uint8_t *mem(struct ring *r, gpa_t gpa)
{
	return vq_driver_mem(&r->w, gpa, 1);
}

/* Offers one small writable buffer. */
static inline int ring_offer_one(struct ring *r)
{
	const struct vq_buf b = { DATA, 64, true };
	int head = vq_driver_add(&r->d, &b, 1);

	must(head >= 0);
	return head;
}

/* Pushes and publishes the chain in r->c, and has the driver take it. */
static inline void ring_return(struct ring *r, uint32_t written)
{
	uint32_t got = 0;

	must(vq_push(&r->q, r->c.head, written) == 0);
	must(vq_publish(&r->q) >= 0);
	must(vq_driver_get(&r->d, &got) == r->c.head);
	must(got == written);
}

/* An empty ring again, the driver's side too. */
static inline void restart(struct ring *r, uint64_t features)
{
	vq_driver_init(&r->d, &r->w, RING, r->d.size, r->d.event_idx);
	vq_reset(&r->q);
	vq_driver_attach(&r->d, &r->q);
	must(vq_start(&r->q, features) == 0);
}

static inline void offer(struct ring *r, uint16_t head)
{
	vq_driver_offer(&r->d, head);
	(void)vq_driver_publish(&r->d);
}

/* The result of an indirect descriptor with @flags for [@gpa, @gpa + @len). */
static inline int take_indirect(struct ring *r, gpa_t gpa, uint32_t len,
				uint16_t flags, uint64_t features)
{
	restart(r, features);
	r->d.desc[0] = (struct vring_desc){
		gpa, len, (uint16_t)(flags | VRING_DESC_F_INDIRECT), 1
	};
	r->d.desc[1] = (struct vring_desc){ DATA, 1, 0, 0 };
	offer(r, 0);
	return vq_pop(&r->q, &r->c);
}

/* What MEM_UNSHARE and MEM_SHARE of the page at @p look like from here. */
static inline void take_page(void *p)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	p = (void *)((uintptr_t)p & ~(page - 1));
	ck_assert_int_eq(mprotect(p, page, PROT_NONE), 0);
}

static inline void give_page(void *p)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	p = (void *)((uintptr_t)p & ~(page - 1));
	ck_assert_int_eq(mprotect(p, page, PROT_READ | PROT_WRITE), 0);
}

#endif
