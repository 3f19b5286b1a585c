/* SPDX-License-Identifier: GPL-2.0-only */
/* dev.h: what dev.c, dev_config.c and blame.c share of a device. */
#ifndef LKVM_PVM_VIRTIO_DEV_H
#define LKVM_PVM_VIRTIO_DEV_H

#include "virtio.h"

/* What every driver must accept. */
#define VIRTIO_REQUIRED                                                        \
	(1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM)

/*
 * One line about what the guest did, with the device's name in front; bounded
 * over the device's lives. Lock held.
 */
void virtio_blame(struct virtio_dev *d, const char *fmt, ...) __printf(2, 3);
/* The line for a FEATURES_OK that is refused. */
void virtio_blame_features(struct virtio_dev *d);
/* The line for a broken queue; counts it. */
void virtio_blame_queue(struct virtio_dev *d, unsigned int q);

/* The driver's interrupt for a configuration or status that changed. Lock held. */
void virtio_tell_config(struct virtio_dev *d);

#endif
