// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue.c: the device's side of a split virtqueue: taking chains, returning
 * them, telling the driver (virtio 1.3 §2.7).
 *
 * How this works: the driver owns the descriptor table and the avail ring, we
 * own the used ring. All three lie in the window, where the guest writes when
 * it likes and takes pages back, so each field is copied once by an accessor
 * and the copy is what counts. Ordering is in four places, each with its
 * reason: acquire after the avail index (see_avail), release of the used index
 * and a full fence behind it (vq_publish), a full fence between asking for
 * kicks and looking again (vq_kicks_on).
 */
#include "queue.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>

/* avail: flags, idx, ring[num], used_event. used: the same, 8-byte elements. */
#define RING_FLAGS 0
#define RING_IDX   2
#define RING_HEAD  4

static_assert(offsetof(struct vring_avail, idx) == RING_IDX, "§2.7.6");
static_assert(offsetof(struct vring_avail, ring) == RING_HEAD, "§2.7.6");
static_assert(offsetof(struct vring_used, idx) == RING_IDX, "§2.7.8");
static_assert(offsetof(struct vring_used, ring) == RING_HEAD, "§2.7.8");
static_assert(VQ_MAX_SIZE % 64 == 0, "busy[] is made of whole words");

struct used_elem {
	le32 id, len;
};

static_assert(sizeof(struct used_elem) == sizeof(struct vring_used_elem),
	      "§2.7.8");

/* Figures are read by others without the lock. */
#define STAT_SET(field, v) __atomic_store_n(&(field), (v), __ATOMIC_RELAXED)
#define STAT_ADD(field, n) STAT_SET(field, (field) + (n))

int vq_fail(struct virtqueue *q, enum vq_fault fault, gpa_t gpa, uint64_t len)
{
	if (fault == VQ_OUTSIDE)
		STAT_ADD(q->stats.outside, 1);
	if (q->error.fault == VQ_OK)
		q->error = (struct vq_error){ fault, gpa, len };
	return -EINVAL;
}

int vq_fail_at(struct virtqueue *q, enum vq_fault fault, const void *hva,
	       uint64_t len)
{
	return vq_fail(q, fault, window_gpa(q->window, hva), len);
}

void vq_break(struct virtqueue *q, enum vq_fault fault,
	      const struct vq_chain *c)
{
	assert(c->nr_read + c->nr_write > 0); /* vq_walk() sees to it */
	(void)vq_fail_at(q, fault, c->iov[0].iov_base,
			 (uint64_t)c->read_len + c->write_len);
}

void vq_init(struct virtqueue *q, const struct window *w, uint16_t max_size)
{
	assert(max_size <= VQ_MAX_SIZE);
	*q = (struct virtqueue){ .window = w, .max_size = max_size };
	vq_reset(q);
}

void vq_reset(struct virtqueue *q)
{
	const struct window *w = q->window;
	uint16_t max_size = q->max_size;

	/* The figures stay; others may be reading them. */
	static_assert(sizeof(*q) - offsetof(struct virtqueue, stats) ==
			      sizeof(q->stats),
		      "they are the last");
	memset(q, 0, offsetof(struct virtqueue, stats));
	q->window = w;
	q->max_size = q->size = max_size;
	STAT_SET(q->stats.in_flight, 0);
}

/* One part of the ring as a host address; NULL with q->error set. */
static uint8_t *part(struct virtqueue *q, gpa_t gpa, uint64_t len,
		     uint64_t align)
{
	uint8_t *p = window_at(q->window, gpa, len);

	if (!is_aligned(gpa, align))
		(void)vq_fail(q, VQ_MISALIGNED, gpa, len);
	else if (!p)
		(void)vq_fail(q, VQ_OUTSIDE, gpa, len);
	return q->error.fault == VQ_OK ? p : NULL;
}

int vq_start(struct virtqueue *q, uint64_t features)
{
	const uint16_t num = q->size;
	uint64_t event_len;

	q->ready = false;
	q->error = (struct vq_error){ .fault = VQ_OK };
	if (num < 2 || num > q->max_size || (num & (num - 1)) != 0)
		return vq_fail(q, VQ_MISALIGNED, q->desc_gpa, num);
	q->event_idx = (features >> VIRTIO_RING_F_EVENT_IDX) & 1;
	q->indirect = (features >> VIRTIO_RING_F_INDIRECT_DESC) & 1;
	event_len = q->event_idx ? sizeof(uint16_t) : 0;

	q->desc = part(q, q->desc_gpa, num * sizeof(struct vring_desc),
		       VRING_DESC_ALIGN_SIZE);
	q->avail = part(q, q->avail_gpa,
			RING_HEAD + num * sizeof(uint16_t) + event_len,
			VRING_AVAIL_ALIGN_SIZE);
	q->used = part(q, q->used_gpa,
		       RING_HEAD + num * sizeof(struct used_elem) + event_len,
		       VRING_USED_ALIGN_SIZE);
	if (q->error.fault != VQ_OK)
		return -EINVAL;
	q->num = num;
	q->next_avail = q->avail_seen = 0;
	q->next_used = q->published = 0;
	STAT_SET(q->stats.in_flight, 0);
	memset(q->busy, 0, sizeof(q->busy));
	q->ready = true;
	return 0;
}

int vq_resume(struct virtqueue *q)
{
	uint16_t used;

	q->error = (struct vq_error){ .fault = VQ_OK };
	if (window_load16(q->used + offsetof(struct vring_used, idx), &used))
		return vq_fail_at(q, VQ_REVOKED, q->used, RING_HEAD);
	q->next_avail = q->avail_seen = used;
	q->next_used = q->published = used;
	memset(q->busy, 0, sizeof(q->busy));
	return 0;
}

static bool is_busy(const struct virtqueue *q, uint16_t head)
{
	return (q->busy[head / 64] >> (head % 64)) & 1;
}

static void set_busy(struct virtqueue *q, uint16_t head)
{
	uint16_t n = (uint16_t)(q->stats.in_flight + 1);

	q->busy[head / 64] |= 1ULL << (head % 64);
	STAT_SET(q->stats.in_flight, n);
	if (n > q->stats.max_in_flight)
		STAT_SET(q->stats.max_in_flight, n);
}

static void clear_busy(struct virtqueue *q, uint16_t head)
{
	assert(head < q->num && is_busy(q, head));
	q->busy[head / 64] &= ~(1ULL << (head % 64));
	STAT_SET(q->stats.in_flight, (uint16_t)(q->stats.in_flight - 1));
}

/*
 * Looks how far the driver is. The load acquires: entries and descriptors are
 * read after it, so they are the ones it stands for (§2.7.13).
 */
static int see_avail(struct virtqueue *q)
{
	const void *at = q->avail + RING_IDX;

	if (window_load16(at, &q->avail_seen))
		return vq_fail_at(q, VQ_REVOKED, at, sizeof(uint16_t));
	if ((uint16_t)(q->avail_seen - q->next_avail) > q->num)
		return vq_fail_at(q, VQ_BAD_INDEX, at, sizeof(uint16_t));
	return 0;
}

/* The head the driver offers as its @index'th. */
static int read_head(struct virtqueue *q, uint16_t index, uint16_t *head)
{
	const void *at = q->avail + RING_HEAD +
			 (index & (q->num - 1U)) * sizeof(uint16_t);

	if (window_load16(at, head))
		return vq_fail_at(q, VQ_REVOKED, at, sizeof(uint16_t));
	if (*head >= q->num)
		return vq_fail_at(q, VQ_BAD_INDEX, at, sizeof(uint16_t));
	if (is_busy(q, *head))
		return vq_fail_at(q, VQ_IN_FLIGHT, at, sizeof(uint16_t));
	return 0;
}

static void count(struct virtqueue *q, const struct vq_chain *c)
{
	uint32_t largest = q->stats.max_segment;

	for (unsigned int i = 0; i < c->nr_read + (unsigned int)c->nr_write;
	     i++) {
		if (c->iov[i].iov_len > largest)
			largest = (uint32_t)c->iov[i].iov_len;
	}
	if (largest != q->stats.max_segment)
		STAT_SET(q->stats.max_segment, largest);
	STAT_ADD(q->stats.requests, 1);
	STAT_ADD(q->stats.bytes, (uint64_t)c->read_len + c->write_len);
}

int vq_pop(struct virtqueue *q, struct vq_chain *c)
{
	if (!q->ready || q->error.fault != VQ_OK)
		return -EINVAL;
	if (q->next_avail == q->avail_seen) {
		if (see_avail(q))
			return -EINVAL;
		if (q->next_avail == q->avail_seen)
			return 0;
	}
	if (read_head(q, q->next_avail, &c->head) || vq_walk(q, c))
		return -EINVAL;
	q->next_avail++;
	set_busy(q, c->head);
	count(q, c);
	return 1;
}

void vq_unpop(struct virtqueue *q, const struct vq_chain *c)
{
	clear_busy(q, c->head);
	q->next_avail--;
	STAT_ADD(q->stats.requests, -1ULL);
	STAT_ADD(q->stats.bytes, -((uint64_t)c->read_len + c->write_len));
}

int vq_push(struct virtqueue *q, uint16_t head, uint32_t written)
{
	const struct used_elem e = { { head }, { written } };
	uint8_t *at;

	clear_busy(q, head);
	if (q->error.fault != VQ_OK)
		return -EINVAL;
	at = q->used + RING_HEAD + (q->next_used & (q->num - 1U)) * sizeof(e);
	if (window_write(at, &e, sizeof(e)))
		return vq_fail_at(q, VQ_REVOKED, at, sizeof(e));
	q->next_used++;
	return 0;
}

/*
 * Whether the driver asked for an interrupt when the used index moved from
 * q->published to q->next_used (§2.7.7.2, §2.7.10): 0, 1 or -EINVAL.
 */
static int wants_interrupt(struct virtqueue *q)
{
	const uint16_t moved = (uint16_t)(q->next_used - q->published);
	uint8_t *at = q->avail + RING_FLAGS;
	uint16_t v;

	if (q->event_idx)
		at = q->avail + RING_HEAD + q->num * sizeof(uint16_t);
	if (window_load16(at, &v))
		return vq_fail_at(q, VQ_REVOKED, at, sizeof(v));
	if (!q->event_idx)
		return !(v & VRING_AVAIL_F_NO_INTERRUPT);
	/* Was entry v among those that moved? */
	return (uint16_t)(q->next_used - v - 1) < moved;
}

int vq_publish(struct virtqueue *q)
{
	uint8_t *at = q->used + RING_IDX;
	int ret;

	if (!q->ready || q->error.fault != VQ_OK)
		return -EINVAL;
	if (q->next_used == q->published)
		return 0;
	/* A release: elements and data are there before the index says so. */
	if (window_store16(at, q->next_used))
		return vq_fail_at(q, VQ_REVOKED, at, sizeof(uint16_t));
	/*
	 * The driver arms its event, then looks at the index; we move the
	 * index, then look at the event. With a fence on each side one of us
	 * sees the other; without, both may miss and wait for ever.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	ret = wants_interrupt(q);
	q->published = q->next_used;
	if (ret > 0)
		STAT_ADD(q->stats.interrupts, 1);
	return ret;
}

/* Where we tell the driver about kicks: flags, or avail_event. */
static int tell_kicks(struct virtqueue *q, uint16_t v)
{
	uint8_t *at = q->used + RING_FLAGS;

	if (q->event_idx)
		at = q->used + RING_HEAD + q->num * sizeof(struct used_elem);
	if (window_store16(at, v))
		return vq_fail_at(q, VQ_REVOKED, at, sizeof(v));
	return 0;
}

int vq_kicks_on(struct virtqueue *q)
{
	if (!q->ready || q->error.fault != VQ_OK ||
	    tell_kicks(q, q->event_idx ? q->next_avail : 0))
		return -EINVAL;
	/* The mirror of vq_publish(): ask for kicks, then look once more. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (see_avail(q))
		return -EINVAL;
	return q->avail_seen != q->next_avail;
}

void vq_kicks_off(struct virtqueue *q)
{
	/* An index that was passed is not passed again for 65535 chains. */
	const uint16_t passed = (uint16_t)(q->next_avail - 1);

	if (q->ready && q->error.fault == VQ_OK)
		(void)tell_kicks(q, q->event_idx ? passed
						 : VRING_USED_F_NO_NOTIFY);
}

int vq_waiting(struct virtqueue *q)
{
	if (!q->ready || q->error.fault != VQ_OK)
		return 0;
	if (see_avail(q))
		return -EINVAL;
	return q->avail_seen != q->next_avail;
}

void vq_count_dropped(struct virtqueue *q)
{
	STAT_ADD(q->stats.dropped, 1);
}

const char *vq_fault_text(enum vq_fault f)
{
	switch (f) {
	case VQ_OK:
		return "no fault";
	case VQ_OUTSIDE:
		return "not in the window";
	case VQ_REVOKED:
		return "a page that is not shared";
	case VQ_BAD_INDEX:
		return "an index out of range";
	case VQ_IN_FLIGHT:
		return "a buffer offered again before it was returned";
	case VQ_LOOP:
		return "a chain longer than the queue";
	case VQ_BAD_CHAIN:
		return "a malformed chain";
	case VQ_BAD_LENGTH:
		return "a chain of more than 4 GiB";
	case VQ_MISALIGNED:
		return "a queue of wrong size or alignment";
	case VQ_REFUSED:
		return "what its back end cannot use";
	}
	return "unknown";
}
