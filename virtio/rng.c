// SPDX-License-Identifier: GPL-2.0-only
/*
 * rng.c: an entropy device (virtio 1.3 §5.4), fed by getrandom(2).
 *
 * What it gives is known to the host: a protected guest mixes it with what the
 * hypervisor or its processor gives and trusts it for nothing alone.
 */
#include "virtio_rng.h"

#include <linux/virtio_ids.h>
#include <sys/random.h>

/* A piece: getrandom(2) of no more is never interrupted. */
#define PIECE 256U

/* Bytes written, or -errno: the guest took the buffer back. */
static int fill(const struct vq_chain *c)
{
	uint32_t len = c->write_len, at = 0, n;
	uint8_t bytes[PIECE];
	int ret;

	if (len > VIRTIO_RNG_BYTES)
		len = VIRTIO_RNG_BYTES;
	while (at < len) {
		n = len - at < PIECE ? len - at : PIECE;
		if (getrandom(bytes, n, 0) != (ssize_t)n)
			break; /* the driver asks again */
		ret = vq_chain_write(c, at, bytes, n);
		if (ret)
			return ret;
		at += n;
	}
	return (int)at;
}

/* One chain. 1: done; 0: there was none; -errno: the queue is broken. */
static int serve(struct virtio_rng *r, struct virtqueue *vq)
{
	int ret = vq_pop(vq, &r->chain), written;

	if (ret <= 0)
		return ret;
	written = fill(&r->chain);
	if (written < 0) {
		vq_break(vq, VQ_REVOKED, &r->chain);
		return written;
	}
	ret = vq_push(vq, r->chain.head, (uint32_t)written);
	return ret ? ret : 1;
}

static void kick(struct virtio_dev *d, unsigned int q)
{
	struct virtio_rng *r = container_of(d, struct virtio_rng, dev);
	struct virtqueue *vq = &d->queues[q].vq;
	unsigned int nr = 0;
	int ret;

	do {
		ret = serve(r, vq);
		if (ret == 0)
			ret = vq_kicks_on(vq);
	} while (ret > 0 && ++nr < VIRTIO_RNG_QUEUE);
	/* Others have their turn before a guest that keeps asking. */
	if (ret > 0)
		virtio_kick_again(d, q);
	if (ret < 0)
		virtio_dev_broken(d, q);
	else
		virtio_publish(d, q);
}

/* Nothing is under way between two kicks. */
static int start(struct virtio_dev *d)
{
	(void)d;
	return 0;
}

static void stop(struct virtio_dev *d)
{
	(void)d;
}

static const struct virtio_class rng_class = {
	.name = "rng",
	.id = VIRTIO_ID_RNG,
	.max_size = VIRTIO_RNG_QUEUE,
	.pci_class = 0xff0000U << 8, /* none of PCI's classes */
	.start = start,
	.stop = stop,
	.kick = kick,
};

int virtio_rng_init(struct virtio_rng *r, const struct window *window,
		    struct loop *loop, unsigned int number)
{
	const struct virtio_dev_init init = {
		.class = &rng_class,
		.number = number,
		.window = window,
		.loop = loop,
		.nr_queues = 1,
	};

	return virtio_dev_init(&r->dev, &init);
}
