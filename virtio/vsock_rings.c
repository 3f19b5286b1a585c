// SPDX-License-Identifier: GPL-2.0-only
/* vsock_rings.c: a socket device in front of a back end that serves its rings. */
#include "virtio_vsock_rings.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_vsock.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "rings.h"
#include "virtio_vsock.h"

#define FEATURES (1ULL << VIRTIO_VSOCK_F_SEQPACKET)

enum {
	QUEUE_RX,
	QUEUE_TX,
	QUEUE_EVENT,
	NR_QUEUES,
	NR_RINGS = QUEUE_EVENT, /* the back end's */
};

struct virtio_vsock_rings {
	struct virtio_dev dev;
	struct virtio_rings rings;
	const uint32_t *cid;
};

static struct virtio_vsock_rings *vsock_of(struct virtio_dev *d)
{
	return container_of(d, struct virtio_vsock_rings, dev);
}

static int vsock_start(struct virtio_dev *d)
{
	return virtio_rings_start(&vsock_of(d)->rings);
}

static void vsock_stop(struct virtio_dev *d)
{
	virtio_rings_stop(&vsock_of(d)->rings);
}

static int vsock_queue_start(struct virtio_dev *d, unsigned int q)
{
	return q < NR_RINGS ? virtio_rings_queue_start(&vsock_of(d)->rings, q)
			    : 0;
}

static void vsock_config_read(struct virtio_dev *d, unsigned int offset,
			      void *buf, unsigned int len)
{
	const struct virtio_vsock_config config = {
		.guest_cid = *vsock_of(d)->cid,
	};

	memcpy(buf, (const uint8_t *)&config + offset, len);
}

/* No ring reset: a back end may stop both of its queues for one. */
static const struct virtio_class vsock_class = {
	.name = "vsock",
	.id = VIRTIO_ID_VSOCK,
	.max_size = VIRTIO_VSOCK_RX_SIZE,
	.pci_class = 0x078000U << 8, /* communication, other */
	.start = vsock_start,
	.stop = vsock_stop,
	.config_read = vsock_config_read,
	.queue_start = vsock_queue_start,
};

static int init_device(struct virtio_vsock_rings *v,
		       const struct virtio_vsock_rings_init *i)
{
	const struct virtio_dev_init init = {
		.class = &vsock_class,
		.number = i->number,
		.window = i->window,
		.loop = i->loop,
		.features = FEATURES & i->backend->features,
		.config_len = sizeof(struct virtio_vsock_config),
		.nr_queues = NR_QUEUES,
	};
	int err = virtio_dev_init(&v->dev, &init);

	if (err)
		return err;
	vq_init(&v->dev.queues[QUEUE_TX].vq, i->window, VIRTIO_VSOCK_TX_SIZE);
	vq_init(&v->dev.queues[QUEUE_EVENT].vq, i->window,
		VIRTIO_VSOCK_EV_SIZE);
	/* With tables each entry could be a packet of 64 KiB: twice the window. */
	v->dev.offered &= ~(1ULL << VIRTIO_RING_F_INDIRECT_DESC);
	return virtio_rings_init(&v->rings, &v->dev, i->backend, NR_RINGS);
}

int virtio_vsock_rings_create(struct virtio_vsock_rings **out,
			      const struct virtio_vsock_rings_init *i)
{
	struct virtio_vsock_rings *v = calloc(1, sizeof(*v));
	int err = -ENOMEM;

	if (v) {
		v->cid = i->cid;
		err = init_device(v, i);
	}
	if (err) {
		log_err("--vsock: cannot make a device of it: %s",
			errno_text(err));
		virtio_vsock_rings_destroy(v);
		return err;
	}
	*out = v;
	return 0;
}

void virtio_vsock_rings_destroy(struct virtio_vsock_rings *v)
{
	if (!v)
		return;
	virtio_dev_fini(&v->dev);
	virtio_rings_fini(&v->rings);
	free(v);
}

struct virtio_dev *virtio_vsock_rings_dev(struct virtio_vsock_rings *v)
{
	return &v->dev;
}
