/* SPDX-License-Identifier: GPL-2.0-only */
/* virtio_rng.h: an entropy device (virtio 1.3 §5.4), fed by getrandom(2). */
#ifndef LKVM_PVM_VIRTIO_RNG_H
#define LKVM_PVM_VIRTIO_RNG_H

#include "virtio.h"

/* At most as many bytes a request; the driver asks again. */
#define VIRTIO_RNG_BYTES 4096U
#define VIRTIO_RNG_QUEUE 8U /* entries */

struct virtio_rng {
	struct virtio_dev dev;
	struct vq_chain chain; /* the one in work; dev.lock */
};

/* 0 or -errno; @r outlives the VM. virtio_dev_fini(&r->dev) ends it. */
int __must_check virtio_rng_init(struct virtio_rng *r,
				 const struct window *window, struct loop *loop,
				 unsigned int number);

#endif
