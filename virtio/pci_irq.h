/* SPDX-License-Identifier: GPL-2.0-only */
/* pci_irq.h: what the files of virtio-pci call of each other. */
#ifndef LKVM_PVM_VIRTIO_PCI_IRQ_H
#define LKVM_PVM_VIRTIO_PCI_IRQ_H

#include "virtio_pci.h"

/* Where each structure lies in the BAR. */
enum {
	BAR_COMMON = 0x0000,
	BAR_ISR = 0x1000,
	BAR_DEVICE = 0x2000,
	BAR_NOTIFY = 0x3000,
	BAR_MSIX_TABLE = 0x4000,
	BAR_MSIX_PBA = 0x5000,
	BAR_LEN = 0x8000,
	BAR_PART = 0x1000, /* of each */
};

/* Queues have doorbells this far from one another (§4.1.4.4). */
#define NOTIFY_MULTIPLIER 4U

/* pci_common.c: the common configuration structure. Bus's lock held. */
#define VIRTIO_PCI_COMMON_LEN 60U

uint64_t virtio_pci_common_read(struct virtio_pci *t, uint64_t offset,
				unsigned int len);
void virtio_pci_common_write(struct virtio_pci *t, uint64_t reg,
			     unsigned int len, uint64_t value);

/* Makes the eventfd and the watches of all that can interrupt. 0 or -errno. */
int __must_check virtio_pci_irqs_init(struct virtio_pci *t);
void virtio_pci_irqs_fini(struct virtio_pci *t);

/* Brings KVM and the loop to what the state says. t->lock held. */
void virtio_pci_wire(struct virtio_pci *t);

/* Forgets vectors and what is pending, as a reset of the device does. */
void virtio_pci_irqs_reset(struct virtio_pci *t);

/* The MSI-X table, its pending bits, ISR status: each takes t->lock. */
uint64_t virtio_pci_table_read(struct virtio_pci *t, uint64_t offset,
			       unsigned int len);
void virtio_pci_table_write(struct virtio_pci *t, uint64_t offset,
			    unsigned int len, uint64_t value);
uint64_t virtio_pci_pba_read(struct virtio_pci *t, uint64_t offset,
			     unsigned int len);
uint8_t virtio_pci_isr_read(struct virtio_pci *t);

/* Says so when the ITS does not know the guest's interrupts. */
void virtio_pci_check_msi(struct virtio_pci *t);

extern const struct virtio_transport virtio_pci_transport;

#endif
