// SPDX-License-Identifier: GPL-2.0-only
/*
 * held.c: which buffers of a queue its device holds, without touching either.
 *
 * How this works: struct virtqueue is copied, and the copy popped until nothing is
 * left: so there is one way to read a ring, with all its checks, and what is found
 * wrong stays in the copy. To pop writes nothing into the window. Each buffer that
 * cannot be followed is counted with its reason, and the next one is looked at.
 *
 * A queue of ours stands still while the device's lock is held. Somebody else's
 * goes on: so its used index is read before and after, and what was given back
 * in between is not counted, for the driver may have used its descriptors anew.
 */
#include "vq_held.h"

#include <errno.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "queue.h"

/* The two indices are not read in one moment; what does not fit is read again. */
#define TRIES 8U

static const char any_order[] = "its back end may answer in any order";
static const char nobody[] = "the device waits for a reset";
static const char too_fast[] = "it moves faster than it is looked at";
static const char too_many[] = "more descriptors than are looked at";

/* Nothing can be said but @why. */
static void give_up(struct vq_held *h, const char *why)
{
	h->is_counted = false;
	h->nr = h->nr_unknown = h->nr_pieces = 0;
	h->why = why;
}

static void give_up_by_error(struct vq_held *h)
{
	give_up(h, vq_fault_text(h->q.error.fault));
}

/* --- one buffer ------------------------------------------------------------- */

static const char *take_pieces(struct vq_held *h)
{
	const struct vq_chain *c = &h->chain;
	unsigned int n = c->nr_read + (unsigned int)c->nr_write;

	if (n > VQ_HELD_MAX - h->nr_pieces)
		return too_many;
	for (unsigned int i = 0; i < n; i++)
		h->pieces[h->nr_pieces++] = (struct vq_piece){
			.gpa = window_gpa(h->q.window, c->iov[i].iov_base),
			.len = (uint32_t)c->iov[i].iov_len,
			.buffer = (uint16_t)h->nr,
			.write = i >= c->nr_read,
		};
	h->nr_read += n;
	return NULL;
}

/* The next buffer is h->chain, if @found; or else the copy's error is why not. */
static void count(struct vq_held *h, bool found)
{
	const char *why =
		found ? take_pieces(h) : vq_fault_text(h->q.error.fault);

	if (!found)
		h->nr_read += VQ_MAX_IOV; /* of a loop, say */
	h->q.error.fault = VQ_OK;
	h->whys[h->nr++] = why;
}

static bool is_tired(const struct vq_held *h)
{
	return h->nr_read >= VQ_HELD_MAX;
}

static void count_head(struct vq_held *h, uint16_t head)
{
	h->chain.head = head;
	if (is_tired(h))
		h->whys[h->nr++] = too_many;
	else
		count(h, vq_walk(&h->q, &h->chain) == 0);
}

/*
 * What is in the available ring and was not popped: at most as many as fit. Of one
 * that moves a head may be there twice: given back, and offered again.
 */
static void count_available(struct vq_held *h, bool is_moving)
{
	struct virtqueue *q = &h->q;

	while (q->next_avail != q->avail_seen && h->nr < q->num) {
		uint16_t next = (uint16_t)(q->next_avail + 1);

		if (is_tired(h))
			h->whys[h->nr++] = too_many;
		else
			count(h, vq_pop(q, &h->chain) == 1);
		if (is_moving)
			memset(q->busy, 0, sizeof(q->busy));
		q->next_avail = next;
	}
}

/* --- a queue ---------------------------------------------------------------- */

/* The oldest @nr were given back while it was looked. */
static void drop(struct vq_held *h, unsigned int nr)
{
	unsigned int n = 0;

	while (n < h->nr_pieces && h->pieces[n].buffer < nr)
		n++;
	h->nr_pieces -= n;
	memmove(h->pieces, h->pieces + n, h->nr_pieces * sizeof(*h->pieces));
	for (unsigned int i = 0; nr && i < h->nr_pieces; i++)
		h->pieces[i].buffer = (uint16_t)(h->pieces[i].buffer - nr);
	h->nr -= nr;
	memmove(h->whys, h->whys + nr, h->nr * sizeof(*h->whys));
}

static void sum_up(struct vq_held *h)
{
	for (unsigned int i = h->nr; i-- > 0;) {
		if (!h->whys[i])
			continue;
		h->nr_unknown++;
		h->why = h->whys[i];
	}
}

static void look_at_ours(struct vq_held *h)
{
	if (vq_waiting(&h->q) < 0) {
		give_up_by_error(h);
		return;
	}
	for (uint16_t head = 0; head < h->q.num; head++)
		if (h->q.busy[head / 64] >> (head % 64) & 1)
			count_head(h, head);
	count_available(h, false);
	sum_up(h);
}

/* Begins at the used index, and sees how far the driver is. */
static int begin(struct vq_held *h)
{
	int ret = -EINVAL;

	for (unsigned int i = 0; ret < 0 && i < TRIES; i++) {
		ret = vq_resume(&h->q);
		if (!ret)
			ret = vq_waiting(&h->q);
	}
	return ret < 0 ? ret : 0;
}

/* How many of those that were held at the beginning, from @used on, were given
 * back by now; -1, and it is said: that cannot be known. */
static int given_back(struct vq_held *h, uint16_t used, uint16_t nr)
{
	const void *at = h->q.used + offsetof(struct vring_used, idx);
	uint16_t now;

	if (window_load16(at, &now)) {
		give_up(h, vq_fault_text(VQ_REVOKED));
		return -1;
	}
	now = (uint16_t)(now - used);
	if (now <= nr)
		return now;
	give_up(h, too_fast);
	return -1;
}

static void look_in_order(struct vq_held *h, uint16_t used, uint16_t nr)
{
	int n;

	count_available(h, true);
	n = given_back(h, used, nr);
	if (n < 0)
		return;
	drop(h, (unsigned int)n);
	sum_up(h);
}

/* All entries are held, or none, or it is not known which. */
static void look_in_any_order(struct vq_held *h, uint16_t used, uint16_t nr)
{
	int n;

	for (uint16_t head = 0; nr == h->q.num && head < nr; head++)
		count_head(h, head);
	n = given_back(h, used, nr);
	if (n < 0)
		return;
	if (h->nr == nr && n == 0) {
		sum_up(h);
		return;
	}
	h->nr_pieces = 0;
	h->nr = h->nr_unknown = nr - (unsigned int)n;
	h->why = h->nr ? any_order : NULL;
}

void vq_held_look(const struct virtqueue *q, enum vq_server by,
		  struct vq_held *h)
{
	uint16_t used, nr;

	h->is_counted = true;
	h->nr = h->nr_unknown = h->nr_pieces = h->nr_read = 0;
	h->why = NULL;
	h->q = *q;
	if (by == VQ_NOBODY) {
		give_up(h, nobody);
		return;
	}
	if (q->error.fault != VQ_OK) {
		give_up_by_error(h);
		return;
	}
	if (by == VQ_WE) {
		look_at_ours(h);
		return;
	}
	if (begin(h)) {
		give_up_by_error(h);
		return;
	}
	used = h->q.next_avail;
	nr = (uint16_t)(h->q.avail_seen - used);
	if (by == VQ_IN_ORDER)
		look_in_order(h, used, nr);
	else
		look_in_any_order(h, used, nr);
}
