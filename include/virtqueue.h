/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtqueue.h: the device's side of a split virtqueue (virtio 1.3 §2.7), all of
 * it in the window. The one ring implementation; every device uses it.
 *
 * Each descriptor is copied once and everything is decided on the copy. Our
 * indices are ours and never read back. Chains are bounded by the queue's size.
 * An address is checked against the window before anything touches it. What a
 * guest does wrong breaks its queue and nothing else: the verbs say so, the
 * owner calls virtio_dev_broken().
 *
 * One thread at a time per queue: the device's lock.
 */
#ifndef LKVM_PVM_VIRTQUEUE_H
#define LKVM_PVM_VIRTQUEUE_H

#include <sys/uio.h>

#include "base.h"
#include "window.h"

/*
 * Linux allocates each of a queue's three parts coherently, at most 256 KiB
 * from a pool; 256 entries keep a ring within 8 KiB of it.
 */
#define VQ_MAX_SIZE 256U
/* Elements of one chain, direct and indirect together (§2.7.5.3.1). */
#define VQ_MAX_IOV VQ_MAX_SIZE

enum vq_fault {
	VQ_OK,
	VQ_OUTSIDE,    /* an address outside the window */
	VQ_REVOKED,    /* a page the guest took back */
	VQ_BAD_INDEX,  /* avail index ran ahead, head or next >= size */
	VQ_IN_FLIGHT,  /* a head offered again before it came back */
	VQ_LOOP,       /* chain longer than the queue */
	VQ_BAD_CHAIN,  /* writable before readable, bad indirect table, empty
			* buffer; or a device's: not a request of its kind */
	VQ_BAD_LENGTH, /* lengths sum up to more than 4 GiB */
	VQ_MISALIGNED, /* size or alignment of the queue's parts, §2.7 */
	VQ_REFUSED,    /* its back end gave up, and we cannot see why */
};

/*
 * What went wrong, for the log line and the counters: the range that should
 * not have been named (VQ_OUTSIDE, VQ_MISALIGNED), or the one where the wrong
 * thing stood or no page was.
 */
struct vq_error {
	enum vq_fault fault;
	gpa_t gpa;
	uint64_t len;
};

/* Per-queue figures for `stat`; read without the lock by others. */
struct vq_stats {
	uint64_t requests, bytes; /* bytes: of the chains' buffers */
	uint64_t kicks, interrupts;
	uint64_t outside;		   /* addresses outside the window */
	uint64_t dropped;		   /* frames; see vq_count_dropped() */
	uint32_t max_segment;		   /* bytes of the largest buffer */
	uint16_t in_flight, max_in_flight; /* popped, not yet pushed */
};

struct virtqueue {
	const struct window *window;
	uint16_t max_size; /* what size is after a reset; 0: no such queue */

	/*
	 * What the driver set through the transport, as it was written: only
	 * vq_start() looks at it, so a later write harms nobody.
	 */
	uint16_t size; /* power of two, 2 to max_size */
	bool ready;    /* vq_start() succeeded and no reset since */
	gpa_t desc_gpa, avail_gpa, used_gpa;

	/* Ours, from vq_start() on. */
	uint8_t *desc, *avail, *used;
	uint16_t num;			 /* size as it was checked */
	uint16_t next_avail;		 /* of the next chain to pop */
	uint16_t avail_seen;		 /* avail index as last read */
	uint16_t next_used;		 /* where the next push goes */
	uint16_t published;		 /* used index the driver has seen */
	uint64_t busy[VQ_MAX_SIZE / 64]; /* heads popped, not yet pushed */
	bool event_idx;			 /* VIRTIO_F_EVENT_IDX negotiated */
	bool indirect;			 /* VIRTIO_F_INDIRECT_DESC negotiated */
	struct vq_error error;		 /* sticky until vq_start() */
	struct vq_stats stats;		 /* the last member: see vq_reset() */
};

struct vq_chain {
	uint16_t head; /* names the chain in push; < size */
	/* iov[0 .. nr_read) is what the driver filled in (device-readable),
	 * iov[nr_read .. nr_read + nr_write) what we may write. */
	uint16_t nr_read, nr_write;
	uint32_t read_len, write_len; /* bytes */
	struct iovec iov[VQ_MAX_IOV]; /* into the window, checked */
};

/* A queue of at most @max_size entries, as after power-on. */
void vq_init(struct virtqueue *q, const struct window *w, uint16_t max_size);
/*
 * Validates size, alignment and window; then the queue is ready. 0, or -EINVAL
 * with q->error set.
 */
int __must_check vq_start(struct virtqueue *q, uint64_t features);
/*
 * Goes on with a started ring that somebody else has served, and in order: what
 * its used index does not tell is offered again, and what was wrong with it is
 * met again. 0, or -EINVAL, q->error set.
 */
int __must_check vq_resume(struct virtqueue *q);
/* As after power-on, but for the stats. */
void vq_reset(struct virtqueue *q);

/*
 * Takes the next chain the driver offers; its head is not in flight, so a
 * device may keep requests by head. 1: @c is filled in; 0: none there; -EINVAL:
 * the queue is broken, q->error says why, and stays so.
 */
int __must_check vq_pop(struct virtqueue *q, struct vq_chain *c);
/* Gives the chain popped last back, as if it had not been popped. */
void vq_unpop(struct virtqueue *q, const struct vq_chain *c);
/*
 * Returns chain @head, which is popped; @written bytes of its writable part are
 * filled in. The driver sees it with the next vq_publish(). 0 or -EINVAL,
 * q->error set.
 */
int __must_check vq_push(struct virtqueue *q, uint16_t head, uint32_t written);
/*
 * Shows the driver everything pushed. 1: it wants an interrupt (§2.7.7.2);
 * 0: it does not; -EINVAL as above.
 */
int __must_check vq_publish(struct virtqueue *q);

/*
 * Kicks wanted or not (§2.7.10). vq_kicks_on() returns 1 when chains came in
 * meanwhile (pop again), 0 when the next kick will tell, -EINVAL as above.
 */
int __must_check vq_kicks_on(struct virtqueue *q);
void vq_kicks_off(struct virtqueue *q);
/* 1: there are chains to pop; 0: none, or no such queue; -EINVAL as above. */
int __must_check vq_waiting(struct virtqueue *q);

/* Bytes from/to a chain's readable/writable part at @offset, across buffers.
 * 0, -ERANGE when the part is shorter, -EFAULT when revoked. */
int __must_check vq_chain_read(const struct vq_chain *c, uint32_t offset,
			       void *dst, size_t len);
int __must_check vq_chain_write(const struct vq_chain *c, uint32_t offset,
				const void *src, size_t len);
/*
 * The @len bytes at @offset of the readable (or writable) part as iovecs in
 * @out (room for VQ_MAX_IOV). Returns their number, or -ERANGE.
 */
int __must_check vq_chain_readable(const struct vq_chain *c, uint32_t offset,
				   uint32_t len, struct iovec *out);
int __must_check vq_chain_writable(const struct vq_chain *c, uint32_t offset,
				   uint32_t len, struct iovec *out);

/*
 * Breaks the queue for what a device found in @c: VQ_REVOKED after a -EFAULT of
 * the two above, VQ_BAD_CHAIN for a request without header or status. An error
 * that is there already stays. The owner calls virtio_dev_broken() next.
 */
void vq_break(struct virtqueue *q, enum vq_fault fault,
	      const struct vq_chain *c);

/* One thing the device could not deliver, nor say so to the driver. */
void vq_count_dropped(struct virtqueue *q);

/* In words, for the one log line a broken queue gets. */
const char *vq_fault_text(enum vq_fault f);

#endif
