/* SPDX-License-Identifier: GPL-2.0-only */
/* virtio_pci_irq_fixture.h: a driver that runs, and where its interrupts go. */
#ifndef LKVM_PVM_TESTS_VIRTIO_PCI_IRQ_FIXTURE_H
#define LKVM_PVM_TESTS_VIRTIO_PCI_IRQ_FIXTURE_H

#include "unit.h"

#include "virtio_pci_fixture.h"

static struct world w;

static inline void signal_queue(unsigned int q)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(w.dev.queues[q].call, &one, 8), 8);
}

static inline struct fake_irqfd *irq_of(unsigned int q)
{
	return fake_irqfd(w.dev.queues[q].call);
}

/* A driver that runs, vector q for queue q and the last for the rest. */
static inline void drive_all(void)
{
	negotiate(&w);
	msix_control(&w, 0xc000); /* as Linux: masked, entries, unmasked */
	for (unsigned int v = 0; v <= QUEUES; v++)
		set_vector(&w, v, 100 + v);
	msix_control(&w, 0x8000);
	set(&w, CONFIG_VECTOR, 2, QUEUES);
	for (unsigned int q = 0; q < QUEUES; q++) {
		set_up_queue(&w, q);
		set(&w, VECTOR, 2, q);
		set(&w, ENABLE, 2, 1);
	}
	set(&w, STATUS, 1, 15);
}

static inline void start_with(enum virtio_pci_msi msi)
{
	ck_assert_int_eq(world_init(&w, msi), 0);
	drive_all();
}

static inline void start(void)
{
	start_with(VIRTIO_PCI_ITS);
}

static inline uint64_t pending(void)
{
	return load(&w, BAR + w.pba, 8);
}

#endif
