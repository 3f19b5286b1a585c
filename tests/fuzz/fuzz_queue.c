// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_queue.c: a driver that writes anything into its rings and takes pages of
 * them back, at any moment, and a device that pops, gives back, pushes and
 * publishes; against a model of what is in flight. At any moment somebody looks
 * at what the device holds, and changes nothing.
 *
 * Input: 2 bytes (size, features), then records of 8: what, small, short, long.
 *
 * Floor: virtio/queue.c 91
 * Floor: virtio/chain.c 92
 * Floor: virtio/held.c 87
 */
#include "fuzz.h"

#include <errno.h>

#include "../unit/vq_driver.h"
#include "fuzz_pages.h"
#include "log.h"
#include "vq_held.h"

#define GPA 0x7fe00000ULL
#define LEN MIB(2)
struct world {
	struct window w;
	struct vq_driver d;
	struct virtqueue q;
	struct vq_chain c;
	uint64_t features;
	bool in_flight[VQ_MAX_SIZE];
	unsigned int nr_in_flight;
	bool moved;	/* the used ring lay elsewhere once */
	bool can_unpop; /* the last verb was a pop that took w->c */
	bool taken;	/* a page, until the driver does something else */
	/* What the driver put into its own parts: nobody else writes there. */
	struct vring_desc desc[VQ_MAX_SIZE];
	uint16_t avail[VQ_MAX_SIZE + 3];
};

struct record {
	uint8_t what, small;
	uint16_t value;
	uint32_t wide;
};

/* As after a back end that served the queue: it goes on where that was. */
static void resume(struct world *w)
{
	if (w->nr_in_flight || !w->q.ready)
		return;
	CHECK((vq_resume(&w->q) == 0) == (w->q.error.fault == VQ_OK));
	CHECK(w->taken || w->q.error.fault == VQ_OK);
}

static void restart(struct world *w, const struct record *r)
{
	vq_reset(&w->q);
	vq_driver_attach(&w->d, &w->q);
	if (r && r->small & 1) /* somewhere else, perhaps over the edge */
		w->q.used_gpa = GPA + (r->wide % (2 * LEN));
	if (r && r->small & 2)
		w->q.desc_gpa = r->wide;
	if (r && r->small & 4)
		w->q.size = r->value;
	memset(w->in_flight, 0, sizeof(w->in_flight));
	w->nr_in_flight = 0;
	if (vq_start(&w->q, w->features) == 0) {
		w->moved |= w->q.used_gpa != w->d.used_gpa;
		return;
	}
	CHECK(w->q.error.fault != VQ_OK && !w->q.ready);
	vq_driver_attach(&w->d, &w->q);
	CHECK(vq_start(&w->q, w->features) == 0);
}

static void check_chain(struct world *w)
{
	const struct vq_chain *c = &w->c;
	uint64_t read_len = 0, write_len = 0;
	unsigned int nr = c->nr_read + (unsigned int)c->nr_write;

	CHECK(c->head < w->d.size && !w->in_flight[c->head]);
	CHECK(nr > 0 && nr <= VQ_MAX_IOV);
	for (unsigned int i = 0; i < nr; i++) {
		const uint8_t *p = c->iov[i].iov_base;
		size_t len = c->iov[i].iov_len;

		CHECK(p >= w->w.hva && len > 0 && len <= LEN &&
		      p + len <= w->w.hva + LEN);
		*(i < c->nr_read ? &read_len : &write_len) += len;
	}
	CHECK(read_len == c->read_len && write_len == c->write_len);
}

static void pop(struct world *w)
{
	int ret = vq_pop(&w->q, &w->c);

	CHECK((ret < 0) == (w->q.error.fault != VQ_OK));
	if (ret <= 0)
		return;
	check_chain(w);
	w->in_flight[w->c.head] = true;
	w->nr_in_flight++;
	w->can_unpop = true;
}

static void push_one(struct world *w, const struct record *r)
{
	unsigned int head = r->value % w->d.size;

	for (unsigned int i = 0; i < w->d.size && !w->in_flight[head]; i++)
		head = (head + 1) % w->d.size;
	if (!w->in_flight[head])
		return;
	w->in_flight[head] = false;
	w->nr_in_flight--;
	CHECK((vq_push(&w->q, (uint16_t)head, r->wide) == 0) ==
	      (w->q.error.fault == VQ_OK));
}

static void chain_bytes(struct world *w, const struct record *r)
{
	static struct iovec out[VQ_MAX_IOV];
	uint8_t b[64];
	uint32_t len = r->small % sizeof(b), sum = 0;
	bool in = r->value <= w->c.read_len && len <= w->c.read_len - r->value;
	int n;

	if (!w->can_unpop)
		return;
	n = vq_chain_read(&w->c, r->value, b, len);
	CHECK(n == (in ? 0 : -ERANGE) || (n == -EFAULT && in && w->taken));
	n = vq_chain_writable(&w->c, r->value, r->wide, out);
	for (int i = 0; i < n; i++)
		sum += (uint32_t)out[i].iov_len;
	CHECK(n == -ERANGE || sum == r->wide);
	n = vq_chain_readable(&w->c, r->value, len, out);
	CHECK((n == -ERANGE) == !in);
	if (!(r->small & 0x40))
		return;
	in = r->value <= w->c.write_len && len <= w->c.write_len - r->value;
	memset(b, r->small, sizeof(b));
	w->moved |= in; /* the guest's buffer may lie over its rings */
	n = vq_chain_write(&w->c, r->value, b, len);
	CHECK(n == (in ? 0 : -ERANGE) || (n == -EFAULT && in && w->taken));
	if (n == -EFAULT)
		vq_break(&w->q, VQ_REVOKED, &w->c);
}

/* Of the ring, which lies at the window's end, or any. */
static void take(struct world *w, const struct record *r)
{
	const gpa_t end = GPA + LEN - 1;

	fuzz_take_page(&w->w, r->small & 1 ? GPA + r->wide % LEN
					   : end - r->value % 4U * FUZZ_PAGE);
	w->taken = true;
}

/* A driver that writes there has its pages again. */
static void give(struct world *w)
{
	if (w->taken)
		fuzz_give_pages(&w->w);
	w->taken = false;
}

static void write_desc(struct world *w, const struct record *r)
{
	unsigned int i = r->small % w->d.size;
	struct vring_desc d = {
		.addr = r->value & 0x100 ? r->wide : GPA + r->wide % LEN,
		.len = r->value & 0x200 ? r->wide : r->value % 4096,
		.flags = (r->value >> 10) & 7,
		.next = (uint16_t)(r->wide >> 24) % w->d.size,
	};

	w->desc[i] = d;
	w->d.desc[i] = d;
}

static void write_avail(struct world *w, const struct record *r)
{
	unsigned int i = r->small % (w->d.size + 3U);

	/* Half of the time one more than before. */
	w->avail[i] = r->small & 0x80 ? r->value : (uint16_t)(w->avail[i] + 1);
	((uint16_t *)(void *)w->d.avail)[i] = w->avail[i];
}

/* One more entry in the avail ring, as a driver does it. */
static void offer(struct world *w, const struct record *r)
{
	uint16_t *avail = (uint16_t *)(void *)w->d.avail;
	unsigned int slot = 2U + w->avail[1] % w->d.size;

	w->avail[slot] = r->value % w->d.size;
	w->avail[1]++;
	avail[slot] = w->avail[slot];
	avail[1] = w->avail[1];
}

/* The driver's side is not changed, and of ours the model knows. */
static void look(struct world *w, const struct record *r)
{
	static struct vq_held h;
	struct virtqueue before = w->q;

	if (!w->q.ready)
		return;
	vq_held_look(&w->q, (enum vq_server)(r->small % 4), &h);
	CHECK(!memcmp(&before, &w->q, sizeof(before)));
	CHECK((h.why != NULL) == (!h.is_counted || h.nr_unknown > 0));
	CHECK(h.nr_unknown <= h.nr && h.nr <= w->q.num);
	CHECK(h.nr_pieces <= VQ_HELD_MAX);
	for (unsigned int i = 0; i < h.nr_pieces; i++) {
		const struct vq_piece *p = &h.pieces[i];

		CHECK(p->buffer < h.nr && p->len > 0);
		CHECK(i == 0 || p[-1].buffer <= p->buffer);
		CHECK(p->gpa >= GPA && p->len <= LEN &&
		      p->gpa + p->len <= GPA + LEN);
	}
	CHECK(r->small % 4 != VQ_WE || !h.is_counted ||
	      h.nr >= w->nr_in_flight);
}

static void step(struct world *w, const struct record *r)
{
	struct virtqueue *q = &w->q;
	bool could_unpop = w->can_unpop;
	int ret = 0;

	vq_count_dropped(q);
	w->can_unpop = could_unpop && r->what % 15 >= 9;
	switch (r->what % 15) {
	case 0:
	case 1:
		pop(w);
		break;
	case 2:
		push_one(w, r);
		break;
	case 3:
		ret = vq_publish(q);
		CHECK(ret <= 0 || q->error.fault == VQ_OK);
		break;
	case 4:
		ret = vq_kicks_on(q);
		CHECK((ret < 0) == (q->error.fault != VQ_OK));
		break;
	case 5:
		vq_kicks_off(q);
		ret = vq_waiting(q);
		CHECK((ret >= 0) == (q->error.fault == VQ_OK) || !ret);
		break;
	case 6:
		if (could_unpop) {
			vq_unpop(q, &w->c);
			w->in_flight[w->c.head] = false;
			w->nr_in_flight--;
		}
		break;
	case 7:
		if (r->small & 0x10 || q->error.fault != VQ_OK)
			restart(w, r);
		break;
	case 8:
		give(w);
		offer(w, r);
		break;
	case 9:
		chain_bytes(w, r);
		break;
	case 10:
		give(w);
		write_desc(w, r);
		break;
	case 11:
		give(w);
		write_avail(w, r);
		break;
	case 12:
		take(w, r);
		break;
	case 13:
		look(w, r);
		break;
	default:
		resume(w);
		w->can_unpop = false;
		break;
	}
	CHECK(q->stats.in_flight == w->nr_in_flight);
	CHECK(strcmp(vq_fault_text(q->error.fault), "unknown") != 0);
}

/* The device wrote to the used ring alone, and it moved as pushes did. */
static void check_parts(struct world *w)
{
	if (w->moved)
		return; /* perhaps over the others */
	CHECK(!memcmp(w->desc, w->d.desc, w->d.size * sizeof(w->desc[0])));
	CHECK(!memcmp(w->avail, w->d.avail, (w->d.size + 3U) * 2));
	CHECK(w->d.used->idx == w->q.published || w->q.published == 0);
}

/* Desc, avail and used on pages of their own, from the fourth last on. */
static void spread(struct world *w)
{
	const gpa_t end = GPA + LEN;
	struct vq_driver *d = &w->d;

	d->desc_gpa = end - 4UL * FUZZ_PAGE;
	d->avail_gpa = end - 2UL * FUZZ_PAGE;
	d->used_gpa = end - FUZZ_PAGE;
	memset(vq_driver_mem(&w->w, d->desc_gpa, 4UL * FUZZ_PAGE), 0,
	       4UL * FUZZ_PAGE);
	d->desc = (void *)vq_driver_mem(&w->w, d->desc_gpa, 1);
	d->avail = (void *)vq_driver_mem(&w->w, d->avail_gpa, 1);
	d->used = (void *)vq_driver_mem(&w->w, d->used_gpa, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w = { .w = { .fd = -1 } };
	struct record r;
	uint16_t entries;

	if (size < 2)
		return 0;
	log_set_level(LOG_ERROR);
	if (w.w.fd < 0)
		CHECK(window_init(&w.w, GPA, LEN) == 0);
	entries = (uint16_t)(2U << data[0] % 8);
	w.features = (data[1] & 1ULL) << VIRTIO_RING_F_EVENT_IDX |
		     (data[1] >> 1 & 1ULL) << VIRTIO_RING_F_INDIRECT_DESC;
	/* At the window's very end: behind it is a guard page. */
	vq_driver_init(&w.d, &w.w, GPA + LEN - vq_driver_bytes(entries),
		       entries, data[1] & 1);
	if (data[1] & 4)
		spread(&w);
	memset(w.desc, 0, sizeof(w.desc));
	memset(w.avail, 0, sizeof(w.avail));
	vq_init(&w.q, &w.w, VQ_MAX_SIZE);
	w.can_unpop = w.moved = false;
	restart(&w, NULL);
	size -= 2;
	data += 2;
	while (fuzz_next(&data, &size, &r, sizeof(r)))
		step(&w, &r);
	give(&w);
	check_parts(&w);
	return 0;
}
