/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pci.h: a PCI host bridge with configuration space in ECAM, one bus of 32
 * slots, and the functions in them: type 0 headers, one 32-bit memory BAR each,
 * capabilities, INTA.
 *
 * Locks: everything here is called with the bus's lock held (struct vm:
 * io_lock), but pci_set_intx(), which any thread may call: the levels of the
 * interrupt lines have a lock of their own, inside all others.
 */
#ifndef LKVM_PVM_PCI_H
#define LKVM_PVM_PCI_H

#include <pthread.h>

#include "base.h"
#include "bus.h"

#define PCI_SLOTS	32U
#define PCI_LINES	4U
#define PCI_CONFIG_SIZE 256U

struct pci_host;

struct pci_ops {
	/*
	 * The guest is about to read configuration bytes [@offset, @offset +
	 * @len), or has just written there; both may be NULL.
	 */
	void (*config_reading)(void *ctx, unsigned int offset,
			       unsigned int len);
	void (*config_written)(void *ctx, unsigned int offset,
			       unsigned int len);
	/* The BAR answers at @gpa from now on; 0: nowhere. */
	void (*bar_moved)(void *ctx, gpa_t gpa);
	/* Accesses to the BAR, as struct bus_ops has them. */
	uint64_t (*bar_read)(void *ctx, uint64_t offset, unsigned int len);
	void (*bar_write)(void *ctx, uint64_t offset, unsigned int len,
			  uint64_t value);
};

struct pci_id {
	uint16_t vendor, device, subsystem_vendor, subsystem;
	uint8_t revision;
	uint32_t class_code; /* 24 bits: class, subclass, interface */
};

/* One function, number 0 of its slot. */
struct pci_dev {
	struct pci_host *host;
	unsigned int slot;
	const struct pci_ops *ops;
	void *ctx;
	uint32_t bar_len; /* power of two */
	gpa_t bar_gpa;	  /* where the BAR answers; 0: nowhere */
	uint8_t config[PCI_CONFIG_SIZE];
	uint8_t writable[PCI_CONFIG_SIZE]; /* bits a guest can change */
	uint8_t power_on[PCI_CONFIG_SIZE]; /* config, before a guest runs */
	unsigned int last_cap, next_free;  /* capabilities */
	bool intx, intx_disabled;	   /* host->irq_lock */
};

struct pci_host {
	struct pci_dev *slots[PCI_SLOTS];
	/* Level of interrupt line @line, of PCI_LINES. No lock of ours but
	 * irq_lock is held. */
	void (*set_line)(void *ctx, unsigned int line, bool high);
	void *ctx;
	pthread_mutex_t irq_lock;
	unsigned int nr_raised[PCI_LINES] GUARDED_BY(irq_lock);
};

void pci_host_init(struct pci_host *h,
		   void (*set_line)(void *ctx, unsigned int line, bool high),
		   void *ctx);
void pci_host_fini(struct pci_host *h);
/* Puts configuration space and the BARs' window on @bus. As bus_add(). */
int __must_check pci_host_map(struct pci_host *h, struct bus *bus);
/* All functions as before a guest ran; lines low. */
void pci_host_power_on(struct pci_host *h);

/*
 * @bar_len: power of two, 4 KiB to 1 MiB. @has_intx: the function has INTA.
 * Capabilities are added next, then the function.
 */
void pci_dev_init(struct pci_dev *d, const struct pci_id *id, uint32_t bar_len,
		  bool has_intx, const struct pci_ops *ops, void *ctx);
/*
 * Adds capability @id, whose bytes after id and next are @body; @writable, as
 * long, has the bits a guest may change (NULL: none). Its offset in
 * configuration space; assert()s that there is room.
 */
unsigned int pci_dev_add_cap(struct pci_dev *d, uint8_t id, const void *body,
			     const void *writable, unsigned int len);
/* Gives @d the next slot. 0, or -ENOSPC when all are taken. */
int __must_check pci_host_add(struct pci_host *h, struct pci_dev *d);

/* What the function is to an ITS and in the device tree's msi-map. */
static inline uint32_t pci_requester_id(const struct pci_dev *d)
{
	return d->slot << 3;
}

/* Level of the function's INTA. Any thread; nests inside every lock. */
void pci_set_intx(struct pci_dev *d, bool high);

#endif
