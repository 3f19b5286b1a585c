/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vpci.h: a small virtio-pci driver for payloads: finds functions by their
 * capabilities, one queue each in pages of the window, polling, no interrupts.
 */
#ifndef LKVM_PVM_TESTS_VPCI_H
#define LKVM_PVM_TESTS_VPCI_H

#include "guest.h"

/* Device types, virtio 1.3 §5. */
#define TYPE_NET     1U
#define TYPE_BLK     2U
#define TYPE_CONSOLE 3U
#define TYPE_RNG     4U
#define TYPE_VSOCK   19U

/* Registers of the common structure, §4.1.4.3. */
#define C_DEVICE_WORD 0
#define C_DEVICE      4
#define C_DRIVER_WORD 8
#define C_DRIVER      12
#define C_CONFIG_VEC  16
#define C_NR_QUEUES   18
#define C_STATUS      20
#define C_QUEUE	      22
#define C_SIZE	      24
#define C_VECTOR      26
#define C_ENABLE      28
#define C_NOTIFY_OFF  30
#define C_DESC	      32
#define C_AVAIL	      40
#define C_USED	      48
#define C_RESET	      58

#define S_DRIVER      3U  /* ACKNOWLEDGE, DRIVER */
#define S_FEATURES    11U /* and FEATURES_OK */
#define S_RUNNING     15U /* and DRIVER_OK */
#define S_NEEDS_RESET 64U

#define F_INDIRECT   28U
#define F_RING_RESET 40U

#define D_NEXT	   1U
#define D_WRITE	   2U
#define D_INDIRECT 4U

/* A device's own pages of the window: ring, headers, buffers, tables. */
#define VPCI_PAGES 12UL
#define P_DESC	   0UL
#define P_AVAIL	   1UL
#define P_USED	   2UL
#define P_HEAD	   3UL /* headers and status bytes */
#define P_DATA	   4UL /* four of them */
#define P_TABLE	   8UL /* four of them */

struct vpci {
	uintptr_t config; /* in ECAM */
	uintptr_t bar;
	uintptr_t common, notify, isr, device;
	uint32_t device_len, notify_multiplier;
	uint8_t msix_cap, access_cap; /* 0: none */
	uintptr_t msix;		      /* its table */
	uint32_t nr_vectors;
	uint16_t type;
	uint16_t queue; /* the one that is used */
	uint16_t size;	/* its entries */
	uint16_t avail; /* index, ours */
	uint64_t features;
	uintptr_t pages; /* VPCI_PAGES of the window */
	int is_shared;	 /* they are: a protected guest can take them back */
};

/* Page @p of the device's own. */
static inline uintptr_t vpci_page(const struct vpci *d, uintptr_t p)
{
	return d->pages + p * PAGE;
}

/* The functions of bus 0 in order, at most @max: how many there are. */
unsigned int vpci_scan(struct vpci *d, unsigned int max);
/* Puts the BAR where it was found a place and lets it answer. */
void vpci_place(const struct vpci *d);
/* Resets it; 0 when it does not. */
int vpci_reset(const struct vpci *d);
/* Reset, then features; 0 when they are refused. */
int vpci_negotiate(struct vpci *d);
/* Tells the queue where its parts are and enables it. */
void vpci_enable(const struct vpci *d, uint64_t desc, uint64_t avail,
		 uint64_t used);
/* From whatever it was to an empty queue that runs; 0 when it does not. */
int vpci_start(struct vpci *d);
/* Whether it says DEVICE_NEEDS_RESET. */
int vpci_is_broken(const struct vpci *d);

void vpci_desc(uintptr_t table, unsigned int i, uint64_t addr, uint32_t len,
	       uint16_t flags, uint16_t next);
/* Puts @head in the ring; the index is for vpci_kick() to move. */
void vpci_offer(struct vpci *d, uint16_t head);
void vpci_kick(const struct vpci *d);
/* Chains that came back so far. */
uint16_t vpci_used(const struct vpci *d);
/* Until @nr came back: 1; 0: it broke; -1: neither within @ms. */
int vpci_wait(const struct vpci *d, uint16_t nr, uint64_t ms);

#endif
