/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio_mmio.h: the virtio-mmio transport, version 2 (virtio 1.3 §4.2): a page
 * of registers and an SPI for one struct virtio_dev, for guests without PCI.
 *
 * Locks, in the order they nest: the bus's lock (register accesses), the
 * device's lock, ours.
 */
#ifndef LKVM_PVM_VIRTIO_MMIO_H
#define LKVM_PVM_VIRTIO_MMIO_H

#include <pthread.h>

#include "bus.h"
#include "pvm.h"
#include "virtio.h"

struct virtio_mmio {
	struct virtio_dev *dev;
	gpa_t gpa;
	unsigned int spi;

	/* Selectors: register accesses alone use them. */
	uint32_t offered_word, driver_word, queue;

	pthread_mutex_t lock;
	struct pvm *pvm; /* NULL: no VM, nothing is wired */
	int config_call; /* eventfd: the configuration's interrupt */
	int acks;	 /* eventfd: acknowledgements KVM took */
	bool acks_wired;
	bool irq_wired[VIRTIO_MAX_QUEUES + 1]; /* last: config */
	bool doorbell[VIRTIO_MAX_QUEUES];
	bool said_slow;

	/* InterruptStatus: see virtio/mmio_irq.c. */
	uint64_t seen_interrupts;
	uint64_t nr_told; /* and not known to be acknowledged */
	bool config_news, config_told;
};

/*
 * Makes @t the transport of @dev, which is initialised already: number @slot of
 * MACHINE_VIRTIO_MMIO_SLOTS. 0 or -errno; fini is idempotent on what init saw,
 * and is called before virtio_dev_fini().
 */
int __must_check virtio_mmio_init(struct virtio_mmio *t, struct virtio_dev *dev,
				  unsigned int slot);
void virtio_mmio_fini(struct virtio_mmio *t);

/* Puts the registers on @bus. As bus_add(). */
int __must_check virtio_mmio_map(struct virtio_mmio *t, struct bus *bus);

/*
 * A life of the VM: between the two @pvm is there to wire eventfds to. stop
 * resets the device. Bus's lock held, vCPUs not running.
 */
void virtio_mmio_start(struct virtio_mmio *t, struct pvm *pvm);
void virtio_mmio_stop(struct virtio_mmio *t);

#endif
