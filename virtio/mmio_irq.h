/* SPDX-License-Identifier: GPL-2.0-only */
/* mmio_irq.h: what the files of virtio-mmio call of each other. */
#ifndef LKVM_PVM_VIRTIO_MMIO_IRQ_H
#define LKVM_PVM_VIRTIO_MMIO_IRQ_H

#include "virtio_mmio.h"

/* Registers that eventfds stand for, §4.2.2. */
#define MMIO_QUEUE_NOTIFY  0x050U
#define MMIO_INTERRUPT_ACK 0x064U

/* Makes the eventfds. 0 or -errno. */
int __must_check virtio_mmio_irq_init(struct virtio_mmio *t);
void virtio_mmio_irq_fini(struct virtio_mmio *t);

/* A VM is there from now on (or NULL: not any more). */
void virtio_mmio_wire(struct virtio_mmio *t, struct pvm *pvm);

/* Forgets what was not acknowledged, as a reset of the device does. */
void virtio_mmio_irq_reset(struct virtio_mmio *t);

/* The two registers; each takes t->lock. */
uint32_t virtio_mmio_interrupt_status(struct virtio_mmio *t);
void virtio_mmio_interrupt_ack(struct virtio_mmio *t, uint32_t bits);

extern const struct virtio_transport virtio_mmio_transport;

#endif
