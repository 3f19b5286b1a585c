// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_rings.c: where in guest memory the queues of a VM's devices are, and the
 * buffers that the devices hold.
 *
 * A device's lock is held for one queue at a time; of the window the accessors
 * read what virtio/held.c needs. Pages are counted by how often pieces begin and
 * end at them, so a guest's overlapping pieces cost no more than others.
 */
#include "vm.h"

#include <jansson.h>
#include <linux/virtio_config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ring_backend.h"
#include "vq_held.h"

/* Directions, as bits: 0 is to the device, 1 from it. */
enum {
	DIRECTIONS = 2,
};

/* Of a run of pages, by their directions: none, to, from, both. */
static const char letters[] = "ntfb";

/* Room for a run: 65536 pages at most, see MACHINE_WINDOW_MAX. */
#define RUN_TEXT 8U

struct tally {
	uint64_t page, nr_pages; /* of the window */
	/* At a page: pieces that begin there, less those that ended before. */
	int32_t *changes[DIRECTIONS]; /* owned; nr_pages + 1 each */
	char *runs;		      /* owned */
	uint64_t bytes[DIRECTIONS], pages[DIRECTIONS];
	unsigned int nr; /* buffers */
	bool is_complete;
	struct vq_held held;
};

/* --- a device's pages -------------------------------------------------------- */

static void tally_free(struct tally *t)
{
	if (!t)
		return;
	for (unsigned int d = 0; d < DIRECTIONS; d++)
		free(t->changes[d]);
	free(t->runs);
	free(t);
}

static struct tally *tally_new(const struct window *w)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->page = (uint64_t)sysconf(_SC_PAGESIZE);
	t->nr_pages = w->len / t->page;
	t->runs = malloc(t->nr_pages * RUN_TEXT + 1);
	for (unsigned int d = 0; d < DIRECTIONS; d++)
		t->changes[d] = calloc(t->nr_pages + 1, sizeof(*t->changes[d]));
	if (t->runs && t->changes[0] && t->changes[1])
		return t;
	tally_free(t);
	return NULL;
}

static void begin_device(struct tally *t)
{
	for (unsigned int d = 0; d < DIRECTIONS; d++) {
		memset(t->changes[d], 0,
		       (t->nr_pages + 1) * sizeof(*t->changes[d]));
		t->bytes[d] = t->pages[d] = 0;
	}
	t->nr = 0;
	t->is_complete = true;
}

/* What t->held says of a queue. */
static void add_queue(struct tally *t, const struct window *w)
{
	const struct vq_held *h = &t->held;

	t->nr += h->nr;
	t->is_complete &= !h->why;
	for (unsigned int i = 0; i < h->nr_pieces; i++) {
		const struct vq_piece *p = &h->pieces[i];
		uint64_t first = (p->gpa - w->gpa) / t->page;
		uint64_t last = (p->gpa - w->gpa + p->len - 1) / t->page;

		t->bytes[p->write] += p->len;
		t->changes[p->write][first]++;
		t->changes[p->write][last + 1]--;
	}
}

/* Of page @i, whose turn it is, as bits. */
static unsigned int directions_at(struct tally *t, int32_t *depth, uint64_t i)
{
	unsigned int at = 0;

	for (unsigned int d = 0; d < DIRECTIONS; d++) {
		depth[d] += t->changes[d][i];
		at |= (depth[d] > 0) << d;
		t->pages[d] += depth[d] > 0;
	}
	return at;
}

static void count_pages(struct tally *t)
{
	int32_t depth[DIRECTIONS] = { 0 };
	unsigned int before = 0, at = 0;
	uint64_t run = 0;
	size_t len = 0;

	for (uint64_t i = 0; i <= t->nr_pages; i++, run++) {
		before = at;
		if (i < t->nr_pages)
			at = directions_at(t, depth, i);
		if (run == 0 || (i < t->nr_pages && at == before))
			continue;
		len += (size_t)snprintf(t->runs + len, RUN_TEXT + 1, "%llu%c",
					(unsigned long long)run,
					letters[before]);
		run = 0;
	}
	t->runs[len] = '\0';
}

static json_t *buffers_json(const struct tally *t, const struct virtio_dev *d)
{
	return json_pack(
		"{s:s, s:i, s:b, s:I, s:I, s:I, s:I, s:I, s:s}", "device",
		d->name, "buffers", (int)t->nr, "complete", (int)t->is_complete,
		"to_bytes", (json_int_t)t->bytes[0], "to_pages",
		(json_int_t)t->pages[0], "from_bytes", (json_int_t)t->bytes[1],
		"from_pages", (json_int_t)t->pages[1], "gpa",
		(json_int_t)d->window->gpa, "runs", t->runs);
}

/* --- queues ----------------------------------------------------------------- */

static json_t *part(const struct virtqueue *q, const uint8_t *hva, size_t len)
{
	return json_pack("{s:I, s:I}", "gpa",
			 (json_int_t)window_gpa(q->window, hva), "len",
			 (json_int_t)len);
}

static json_t *count_json(const struct vq_held *h)
{
	return h->is_counted ? json_integer(h->nr) : json_null();
}

/* What the device uses, whatever the driver has written since. §2.7 */
static json_t *ring_json(const struct virtio_dev *d, unsigned int i,
			 const struct vq_held *h)
{
	const struct virtqueue *q = &h->q;
	json_t *o =
		json_pack("{s:s, s:i, s:i, s:o, s:o, s:o, s:o}", "device",
			  d->name, "queue", (int)i, "size", (int)q->num, "desc",
			  part(q, q->desc, (size_t)16 * q->num), "avail",
			  part(q, q->avail, 6 + (size_t)2 * q->num), "used",
			  part(q, q->used, 6 + (size_t)8 * q->num), "buffers",
			  count_json(h));

	if (o && h->why) {
		(void)!json_object_set_new(o, "unknown",
					   json_integer(h->nr_unknown));
		(void)!json_object_set_new(o, "why", json_string(h->why));
	}
	return o;
}

/* What a device that stands still has taken is not given back any more. */
static enum vq_server server_of(const struct virtio_queue *q)
{
	if (q->dev->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return VQ_NOBODY;
	if (!q->backend)
		return VQ_WE;
	return q->backend->in_order ? VQ_IN_ORDER : VQ_ANY_ORDER;
}

/* False: there is no such queue. The device's lock is held. */
static bool look_at_queue(struct virtio_dev *d, unsigned int i,
			  struct vq_held *h)
{
	const struct virtio_queue *q = &d->queues[i];

	if (!q->vq.ready)
		return false;
	vq_held_look(&q->vq, server_of(q), h);
	return true;
}

/* Of @d: its queues behind @rings; true: it has some, and @t is of all. */
static bool look_at_device(struct virtio_dev *d, struct tally *t, json_t *rings)
{
	bool any = false, is_there;

	begin_device(t);
	for (unsigned int i = 0; i < d->nr_queues; i++) {
		pthread_mutex_lock(&d->lock);
		is_there = look_at_queue(d, i, &t->held);
		pthread_mutex_unlock(&d->lock);
		if (!is_there)
			continue;
		any = true;
		add_queue(t, d->window);
		(void)!json_array_append_new(rings, ring_json(d, i, &t->held));
	}
	if (any)
		count_pages(t);
	return any;
}

int map_rings_look(struct vm *vm, json_t **rings, json_t **buffers)
{
	struct devices *ds = vm->devices;
	struct tally *t = ds ? tally_new(&ds->window) : NULL;

	if (ds && !t)
		return -ENOMEM;
	*rings = json_array();
	*buffers = json_array();
	for (unsigned int i = 0; ds && i < ds->nr; i++)
		if (look_at_device(ds->all[i], t, *rings))
			(void)!json_array_append_new(
				*buffers, buffers_json(t, ds->all[i]));
	tally_free(t);
	return 0;
}
