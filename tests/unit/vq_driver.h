/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vq_driver.h: the driver's side of a split virtqueue, as a guest's kernel has
 * it: what tests of the ring, of transports and of devices talk with. The ring
 * lies in a window; tests may also write to its parts directly to be hostile.
 */
#ifndef LKVM_PVM_TESTS_VQ_DRIVER_H
#define LKVM_PVM_TESTS_VQ_DRIVER_H

#include <linux/virtio_ring.h>

#include "virtqueue.h"

/* One buffer of a request. */
struct vq_buf {
	gpa_t gpa;
	uint32_t len;
	bool write; /* the device writes it */
};

struct vq_driver {
	const struct window *window;
	uint16_t size;
	bool event_idx;
	gpa_t desc_gpa, avail_gpa, used_gpa;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;

	uint16_t free_head, nr_free; /* list through next[] */
	uint16_t next[VQ_MAX_SIZE];
	uint16_t nr_of[VQ_MAX_SIZE]; /* descriptors of the chain at a head */
	uint16_t avail_idx;	     /* next to fill */
	uint16_t shown;		     /* avail index the device has been shown */
	uint16_t last_used;	     /* next to take */
};

/* Bytes that a ring of @size takes in the window, to the next 64. */
uint64_t vq_driver_bytes(uint16_t size);
/* Lays an empty ring out at @at (aligned to 64, inside the window). */
void vq_driver_init(struct vq_driver *d, const struct window *w, gpa_t at,
		    uint16_t size, bool event_idx);
/* Says to @q where the ring is, as a transport's registers would. */
void vq_driver_attach(const struct vq_driver *d, struct virtqueue *q);

/* Offers a chain: its head, or -1 when descriptors are short. */
int vq_driver_add(struct vq_driver *d, const struct vq_buf *bufs,
		  unsigned int n);
/* The same with the buffers in an indirect table at @table. */
int vq_driver_add_indirect(struct vq_driver *d, gpa_t table,
			   const struct vq_buf *bufs, unsigned int n);
/* Puts an existing head into the avail ring, whatever it is. */
void vq_driver_offer(struct vq_driver *d, uint16_t head);
/* Shows all that was offered; whether the device wants a kick. */
bool vq_driver_publish(struct vq_driver *d);

/* Takes a returned chain: its head, and the bytes written; -1: none. */
int vq_driver_get(struct vq_driver *d, uint32_t *written);
/* Asks for an interrupt with the next one returned; whether one is there. */
bool vq_driver_arm(struct vq_driver *d);
/* Asks for none. */
void vq_driver_disarm(struct vq_driver *d);

/* The event index fields behind the rings. */
uint16_t *vq_driver_used_event(struct vq_driver *d);
uint16_t *vq_driver_avail_event(struct vq_driver *d);

/* What a guest sees of the window at @gpa; asserts that it is inside. */
void *vq_driver_mem(const struct window *w, gpa_t gpa, uint64_t len);

#endif
