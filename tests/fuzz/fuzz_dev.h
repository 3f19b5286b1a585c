/* SPDX-License-Identifier: GPL-2.0-only */
/* fuzz_dev.h: the driver whose device a fuzzer then maltreats. */
#ifndef LKVM_PVM_TESTS_FUZZ_DEV_H
#define LKVM_PVM_TESTS_FUZZ_DEV_H

#include "fuzz.h"

#include <linux/virtio_config.h>

#include "../unit/vq_driver.h"
#include "virtio.h"

#define FUZZ_ENTRIES 16U /* of each queue */

/*
 * Reset to DRIVER_OK with all that @dev offers but the low features @without,
 * and its @nr queues, which @d drives, 4 KiB from each other from @gpa on.
 */
static inline void fuzz_bring_up(struct virtio_dev *dev, struct vq_driver *d,
				 unsigned int nr, const struct window *w,
				 gpa_t gpa, uint32_t without)
{
	uint8_t s = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	virtio_dev_set_status(dev, 0);
	virtio_dev_set_status(dev, s);
	virtio_dev_accept(dev, 0, virtio_dev_offered(dev, 0) & ~without);
	virtio_dev_accept(dev, 1, virtio_dev_offered(dev, 1));
	virtio_dev_set_status(dev, s |= VIRTIO_CONFIG_S_FEATURES_OK);
	for (unsigned int q = 0; q < nr; q++) {
		vq_driver_init(&d[q], w, gpa + KIB(4) * q, FUZZ_ENTRIES,
			       !(without >> VIRTIO_RING_F_EVENT_IDX & 1));
		vq_driver_attach(&d[q], &dev->queues[q].vq);
		virtio_dev_queue_enable(dev, q);
	}
	virtio_dev_set_status(dev, s | VIRTIO_CONFIG_S_DRIVER_OK);
}

#endif
