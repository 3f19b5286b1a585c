// SPDX-License-Identifier: GPL-2.0-only
/* map_rings.c: where in guest memory the queues of a VM's devices are. */
#include "vm.h"

#include <jansson.h>

static json_t *part(const struct virtqueue *q, const uint8_t *hva, size_t len)
{
	return json_pack("{s:I, s:I}", "gpa",
			 (json_int_t)window_gpa(q->window, hva), "len",
			 (json_int_t)len);
}

/* What the device uses, whatever the driver has written since. §2.7 */
static json_t *ring_json(const struct virtio_dev *d, unsigned int i)
{
	const struct virtqueue *q = &d->queues[i].vq;

	return json_pack("{s:s, s:i, s:i, s:o, s:o, s:o}", "device", d->name,
			 "queue", (int)i, "size", (int)q->num, "desc",
			 part(q, q->desc, (size_t)16 * q->num), "avail",
			 part(q, q->avail, 6 + (size_t)2 * q->num), "used",
			 part(q, q->used, 6 + (size_t)8 * q->num));
}

json_t *map_rings_json(struct vm *vm)
{
	struct devices *ds = vm->devices;
	json_t *all = json_array();

	for (unsigned int i = 0; ds && i < ds->nr; i++) {
		struct virtio_dev *d = ds->all[i];

		pthread_mutex_lock(&d->lock);
		for (unsigned int q = 0; q < d->nr_queues; q++)
			if (d->queues[q].vq.ready)
				(void)!json_array_append_new(all,
							     ring_json(d, q));
		pthread_mutex_unlock(&d->lock);
	}
	return all;
}
