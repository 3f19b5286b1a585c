// SPDX-License-Identifier: GPL-2.0-only
/*
 * chain.c: from a head to checked buffers: follows descriptors, direct and
 * indirect (virtio 1.3 §2.7.5), and copies out of and into what it found.
 */
#include "queue.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_ring.h>

struct desc {
	le64 addr;
	le32 len;
	le16 flags, next;
};

static_assert(sizeof(struct desc) == sizeof(struct vring_desc), "§2.7.5");
static_assert(offsetof(struct desc, flags) ==
		      offsetof(struct vring_desc, flags),
	      "§2.7.5");
static_assert(offsetof(struct desc, next) == offsetof(struct vring_desc, next),
	      "§2.7.5");

/*
 * A table of descriptors, and the few of it that were copied last: drivers
 * chain neighbours, so one accessor call brings the next ones too. A copy is
 * used or dropped, never compared with the table again.
 */
#define RUN 4U
struct table {
	const uint8_t *hva;
	unsigned int nr; /* descriptors in it */
	unsigned int first, nr_copied;
	struct desc copy[RUN];
};

/* Our copy of descriptor @i; NULL with q->error set. */
static const struct desc *read_desc(struct virtqueue *q, struct table *t,
				    unsigned int i)
{
	const uint8_t *at = t->hva + (size_t)i * sizeof(struct desc);
	unsigned int n = t->nr - i < RUN ? t->nr - i : RUN;

	if (i - t->first < t->nr_copied)
		return &t->copy[i - t->first];
	t->first = i;
	t->nr_copied = n;
	if (window_read(t->copy, at, n * sizeof(struct desc))) {
		/* Perhaps it is only a neighbour whose page is gone. */
		t->nr_copied = 1;
		if (window_read(t->copy, at, sizeof(struct desc))) {
			(void)vq_fail_at(q, VQ_REVOKED, at,
					 sizeof(struct desc));
			return NULL;
		}
	}
	return t->copy;
}

static int add_buffer(struct virtqueue *q, struct vq_chain *c,
		      const struct desc *d)
{
	unsigned int nr = c->nr_read + (unsigned int)c->nr_write;
	const gpa_t gpa = le64_get(d->addr);
	const uint32_t len = le32_get(d->len);
	const bool write = le16_get(d->flags) & VRING_DESC_F_WRITE;
	uint32_t *sum = write ? &c->write_len : &c->read_len;
	void *hva = window_at(q->window, gpa, len);

	if (!hva)
		return vq_fail(q, VQ_OUTSIDE, gpa, len);
	/* Readable ones come first, §2.7.4.2. */
	if (len == 0 || (!write && c->nr_write > 0))
		return vq_fail(q, VQ_BAD_CHAIN, gpa, len);
	if (nr == VQ_MAX_IOV)
		return vq_fail(q, VQ_LOOP, gpa, len);
	if (__builtin_add_overflow(*sum, len, sum))
		return vq_fail(q, VQ_BAD_LENGTH, gpa, len);
	c->iov[nr] = (struct iovec){ hva, len };
	if (write)
		c->nr_write++;
	else
		c->nr_read++;
	return 0;
}

/* An indirect table is the last of its chain and not nested, §2.7.5.3. */
static int open_indirect(struct virtqueue *q, const struct desc *d,
			 bool is_nested, struct table *t)
{
	const gpa_t gpa = le64_get(d->addr);
	const uint32_t len = le32_get(d->len);

	if (!q->indirect || is_nested ||
	    (le16_get(d->flags) & VRING_DESC_F_NEXT) || len == 0 ||
	    len % sizeof(*d) != 0)
		return vq_fail(q, VQ_BAD_CHAIN, gpa, len);
	t->hva = window_at(q->window, gpa, len);
	if (!t->hva)
		return vq_fail(q, VQ_OUTSIDE, gpa, len);
	t->nr = len / sizeof(*d);
	t->nr_copied = 0;
	return 0;
}

int vq_walk(struct virtqueue *q, struct vq_chain *c)
{
	struct table t = { .hva = q->desc, .nr = q->num };
	bool in_indirect = false;
	unsigned int i = c->head, left = q->num;

	c->nr_read = c->nr_write = 0;
	c->read_len = c->write_len = 0;
	for (;;) {
		const struct desc *d;

		if (left-- == 0)
			return vq_fail_at(q, VQ_LOOP, t.hva, sizeof(*d) * t.nr);
		d = read_desc(q, &t, i);
		if (!d)
			return -EINVAL;
		if (le16_get(d->flags) & VRING_DESC_F_INDIRECT) {
			if (open_indirect(q, d, in_indirect, &t))
				return -EINVAL;
			in_indirect = true;
			/* Linux fills more than the queue has entries. */
			left = VQ_MAX_IOV;
			i = 0;
			continue;
		}
		if (add_buffer(q, c, d))
			return -EINVAL;
		if (!(le16_get(d->flags) & VRING_DESC_F_NEXT))
			return 0;
		i = le16_get(d->next);
		if (i >= t.nr)
			return vq_fail_at(q, VQ_BAD_INDEX, t.hva,
					  sizeof(*d) * t.nr);
	}
}

/* A place in a chain's readable or writable part. */
struct cursor {
	const struct iovec *iov;
	uint32_t offset; /* from the beginning of *iov; may lie behind it */
};

/* The next piece of at most @len bytes; the caller knows that there is one. */
static struct iovec next_piece(struct cursor *at, size_t len)
{
	struct iovec piece;

	for (; at->offset >= at->iov->iov_len; at->iov++)
		at->offset -= (uint32_t)at->iov->iov_len;
	piece.iov_base = (uint8_t *)at->iov->iov_base + at->offset;
	piece.iov_len = at->iov->iov_len - at->offset;
	if (piece.iov_len > len)
		piece.iov_len = len;
	at->offset += (uint32_t)piece.iov_len;
	return piece;
}

int vq_chain_read(const struct vq_chain *c, uint32_t offset, void *dst,
		  size_t len)
{
	struct cursor at = { c->iov, offset };
	uint8_t *to = dst;

	if (offset > c->read_len || len > c->read_len - offset)
		return -ERANGE;
	while (len > 0) {
		struct iovec piece = next_piece(&at, len);

		if (window_read(to, piece.iov_base, piece.iov_len))
			return -EFAULT;
		to += piece.iov_len;
		len -= piece.iov_len;
	}
	return 0;
}

int vq_chain_write(const struct vq_chain *c, uint32_t offset, const void *src,
		   size_t len)
{
	struct cursor at = { c->iov + c->nr_read, offset };
	const uint8_t *from = src;

	if (offset > c->write_len || len > c->write_len - offset)
		return -ERANGE;
	while (len > 0) {
		struct iovec piece = next_piece(&at, len);

		if (window_write(piece.iov_base, from, piece.iov_len))
			return -EFAULT;
		from += piece.iov_len;
		len -= piece.iov_len;
	}
	return 0;
}

static int slice(struct cursor at, uint32_t len, struct iovec *out)
{
	int n = 0;

	for (; len > 0; n++) {
		out[n] = next_piece(&at, len);
		len -= (uint32_t)out[n].iov_len;
	}
	return n;
}

int vq_chain_readable(const struct vq_chain *c, uint32_t offset, uint32_t len,
		      struct iovec *out)
{
	if (offset > c->read_len || len > c->read_len - offset)
		return -ERANGE;
	return slice((struct cursor){ c->iov, offset }, len, out);
}

int vq_chain_writable(const struct vq_chain *c, uint32_t offset, uint32_t len,
		      struct iovec *out)
{
	if (offset > c->write_len || len > c->write_len - offset)
		return -ERANGE;
	return slice((struct cursor){ c->iov + c->nr_read, offset }, len, out);
}
