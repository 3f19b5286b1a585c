// SPDX-License-Identifier: GPL-2.0-only
/* vq_driver.c: a model of a virtio driver (virtio 1.3 §2.7.13, §2.7.14). */
#include "vq_driver.h"

#include <stdlib.h>
#include <string.h>

static uint64_t avail_bytes(uint16_t size)
{
	return 6 + 2ULL * size;
}

static uint64_t used_bytes(uint16_t size)
{
	return 6 + 8ULL * size;
}

uint64_t vq_driver_bytes(uint16_t size)
{
	return align_up(16ULL * size, 64) + align_up(avail_bytes(size), 64) +
	       align_up(used_bytes(size), 64);
}

void *vq_driver_mem(const struct window *w, gpa_t gpa, uint64_t len)
{
	void *p = window_at(w, gpa, len);

	if (!p)
		abort(); /* the test's own mistake */
	return p;
}

void vq_driver_init(struct vq_driver *d, const struct window *w, gpa_t at,
		    uint16_t size, bool event_idx)
{
	memset(d, 0, sizeof(*d));
	memset(vq_driver_mem(w, at, vq_driver_bytes(size)), 0,
	       vq_driver_bytes(size));
	d->window = w;
	d->size = size;
	d->event_idx = event_idx;
	d->desc_gpa = at;
	d->avail_gpa = at + align_up(16ULL * size, 64);
	d->used_gpa = d->avail_gpa + align_up(avail_bytes(size), 64);
	d->desc = vq_driver_mem(w, d->desc_gpa, 16ULL * size);
	d->avail = vq_driver_mem(w, d->avail_gpa, avail_bytes(size));
	d->used = vq_driver_mem(w, d->used_gpa, used_bytes(size));
	d->nr_free = size;
	for (uint16_t i = 0; i < size; i++)
		d->next[i] = (uint16_t)(i + 1);
}

void vq_driver_attach(const struct vq_driver *d, struct virtqueue *q)
{
	q->size = d->size;
	q->desc_gpa = d->desc_gpa;
	q->avail_gpa = d->avail_gpa;
	q->used_gpa = d->used_gpa;
}

uint16_t *vq_driver_used_event(struct vq_driver *d)
{
	return &d->avail->ring[d->size];
}

uint16_t *vq_driver_avail_event(struct vq_driver *d)
{
	return (uint16_t *)(void *)&d->used->ring[d->size];
}

void vq_driver_offer(struct vq_driver *d, uint16_t head)
{
	__atomic_store_n(&d->avail->ring[d->avail_idx % d->size], head,
			 __ATOMIC_RELAXED);
	d->avail_idx++;
}

static struct vring_desc desc_of(const struct vq_buf *b)
{
	return (struct vring_desc){
		.addr = b->gpa,
		.len = b->len,
		.flags = b->write ? VRING_DESC_F_WRITE : 0,
	};
}

int vq_driver_add(struct vq_driver *d, const struct vq_buf *bufs,
		  unsigned int n)
{
	uint16_t head = d->free_head, i = head;

	if (n == 0 || n > d->nr_free)
		return -1;
	for (unsigned int k = 0; k < n; k++) {
		struct vring_desc desc = desc_of(&bufs[k]);

		i = d->free_head;
		d->free_head = d->next[i];
		if (k + 1 < n) {
			desc.flags |= VRING_DESC_F_NEXT;
			desc.next = d->free_head;
		}
		d->desc[i] = desc;
	}
	d->nr_free = (uint16_t)(d->nr_free - n);
	d->nr_of[head] = (uint16_t)n;
	vq_driver_offer(d, head);
	return head;
}

int vq_driver_add_indirect(struct vq_driver *d, gpa_t table,
			   const struct vq_buf *bufs, unsigned int n)
{
	struct vq_buf outer = { table, (uint32_t)(n * 16), false };
	struct vring_desc *t = vq_driver_mem(d->window, table, n * 16ULL);
	int head;

	for (unsigned int k = 0; k < n; k++) {
		t[k] = desc_of(&bufs[k]);
		if (k + 1 < n) {
			t[k].flags |= VRING_DESC_F_NEXT;
			t[k].next = (uint16_t)(k + 1);
		}
	}
	head = vq_driver_add(d, &outer, 1);
	if (head >= 0)
		d->desc[head].flags = VRING_DESC_F_INDIRECT;
	return head;
}

bool vq_driver_publish(struct vq_driver *d)
{
	const uint16_t old = d->shown;
	uint16_t event;

	__atomic_store_n(&d->avail->idx, d->avail_idx, __ATOMIC_RELEASE);
	d->shown = d->avail_idx;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!d->event_idx)
		return !(__atomic_load_n(&d->used->flags, __ATOMIC_RELAXED) &
			 VRING_USED_F_NO_NOTIFY);
	event = __atomic_load_n(vq_driver_avail_event(d), __ATOMIC_RELAXED);
	return vring_need_event(event, d->shown, old);
}

int vq_driver_get(struct vq_driver *d, uint32_t *written)
{
	struct vring_used_elem e;
	uint16_t i;

	if (__atomic_load_n(&d->used->idx, __ATOMIC_ACQUIRE) == d->last_used)
		return -1;
	e = d->used->ring[d->last_used++ % d->size];
	if (written)
		*written = e.len;
	/* Back to the free list, the way it was chained. */
	i = (uint16_t)e.id;
	for (uint16_t k = 1; k < d->nr_of[e.id]; k++)
		i = d->desc[i].next;
	d->next[i] = d->free_head;
	for (uint16_t k = 1, j = (uint16_t)e.id; k < d->nr_of[e.id]; k++) {
		d->next[j] = d->desc[j].next;
		j = d->desc[j].next;
	}
	d->free_head = (uint16_t)e.id;
	d->nr_free = (uint16_t)(d->nr_free + d->nr_of[e.id]);
	return (int)e.id;
}

bool vq_driver_arm(struct vq_driver *d)
{
	__atomic_store_n(&d->avail->flags, 0, __ATOMIC_RELAXED);
	__atomic_store_n(vq_driver_used_event(d), d->last_used,
			 __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&d->used->idx, __ATOMIC_ACQUIRE) != d->last_used;
}

void vq_driver_disarm(struct vq_driver *d)
{
	__atomic_store_n(&d->avail->flags, VRING_AVAIL_F_NO_INTERRUPT,
			 __ATOMIC_RELAXED);
	/* Far away: half the circle. */
	__atomic_store_n(vq_driver_used_event(d),
			 (uint16_t)(d->last_used - 0x8000), __ATOMIC_RELAXED);
}
