/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio_pci.h: the modern virtio-pci transport (virtio 1.3 §4.1): one function
 * of struct pci_host for one struct virtio_dev. MSI-X where the guest has an
 * ITS or a GICv2m frame, INTA where it has neither.
 *
 * Locks, in the order they nest: the bus's lock (register accesses), the
 * device's lock, ours. Ours guards what interrupts and doorbells depend on.
 */
#ifndef LKVM_PVM_VIRTIO_PCI_H
#define LKVM_PVM_VIRTIO_PCI_H

#include <pthread.h>

#include "pci.h"
#include "pvm.h"
#include "virtio.h"

/* One for each queue and one for the configuration. */
#define VIRTIO_PCI_VECTORS   (VIRTIO_MAX_QUEUES + 1)
#define VIRTIO_PCI_NO_VECTOR 0xffffU

/* What raises an interrupt: a queue's call eventfd, or the configuration's. */
struct virtio_pci_irq {
	struct virtio_pci *owner;
	struct watch watch; /* the eventfd; watched by the loop for INTA */
	uint16_t vector;    /* as the driver wrote it */
	bool watched;
	bool routed;	  /* KVM sends it: as an SPI, or the MSI that is: */
	unsigned int gsi; /* to KVM */
	uint16_t routed_vector;
	uint64_t address;
	uint32_t data;
};

struct virtio_pci_vector {
	uint32_t address_low, address_high, data, control;
};

/* What makes interrupts of messages. */
enum virtio_pci_msi {
	VIRTIO_PCI_INTX, /* nothing */
	VIRTIO_PCI_ITS,
	VIRTIO_PCI_GICV2M,
};

struct virtio_pci {
	struct virtio_dev *dev;
	struct pci_dev pci;
	enum virtio_pci_msi msi;
	unsigned int nr_vectors;
	unsigned int access_cap, msix_cap; /* in configuration space */

	/* Selectors: register accesses alone use them. */
	uint32_t offered_word, driver_word;
	uint16_t queue;
	bool checked_msi, told_msi; /* in this life; ever */

	pthread_mutex_t lock;
	struct pvm *pvm; /* NULL: no VM, nothing is wired */
	uint8_t isr;
	bool msix_enabled, msix_masked;
	struct virtio_pci_vector table[VIRTIO_PCI_VECTORS];
	struct virtio_pci_irq irqs[VIRTIO_PCI_VECTORS]; /* last: config */
	int config_call;				/* its eventfd */
	gpa_t bar_gpa;
	bool running[VIRTIO_MAX_QUEUES];
	gpa_t doorbell[VIRTIO_MAX_QUEUES]; /* ioeventfd in KVM, 0: none */
	bool said_slow;
};

/*
 * Makes @t the transport of @dev, which is initialised already, in the next
 * slot of @h. 0 or -errno; fini is
 * idempotent on what init saw, and is called before virtio_dev_fini().
 */
int __must_check virtio_pci_init(struct virtio_pci *t, struct virtio_dev *dev,
				 struct pci_host *h, enum virtio_pci_msi msi);
void virtio_pci_fini(struct virtio_pci *t);

/*
 * A life of the VM: between the two @pvm is there to wire eventfds to. Before
 * start the host bridge was powered on; stop resets the device. Bus's lock
 * held, vCPUs not running.
 */
void virtio_pci_start(struct virtio_pci *t, struct pvm *pvm);
void virtio_pci_stop(struct virtio_pci *t);

#endif
