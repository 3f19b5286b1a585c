/* SPDX-License-Identifier: GPL-2.0-only */
/* fake_pvm.h: what a test can set and see of the seam without KVM. */
#ifndef LKVM_PVM_TESTS_FAKE_PVM_H
#define LKVM_PVM_TESTS_FAKE_PVM_H

#include "pvm.h"

#define FAKE_VCPUS 16U

/* An eventfd KVM was told of; fd 0: none. */
struct fake_irqfd {
	int fd;
	unsigned int gsi;
	uint32_t devid;
	uint64_t address;
	uint32_t data;
};

struct fake_ioeventfd {
	int fd;
	gpa_t gpa;
	bool has_value;
	uint32_t value;
};

struct fake_pvm {
	bool spi[MACHINE_GIC_SPIS];
	/*
	 * pvm_vcpu_run() of a vCPU: with @waits it returns INTERRUPTED after a
	 * signal or with immediate_exit, as KVM does of a guest in WFI, or
	 * after FAKE_PATIENCE_MS, counted; otherwise the guest powers off.
	 */
	bool waits;
	unsigned int nr_overslept;	 /* accessed atomically */
	bool immediate_exit[FAKE_VCPUS]; /* accessed atomically */
	struct pvm_store stores[700];	 /* what KVM keeps */
	unsigned int nr_stores, next_store;
	struct gpa_range kept[8]; /* where */
	unsigned int nr_kept;

	struct fake_irqfd irqfds[64];
	struct fake_ioeventfd ioeventfds[64];
	bool refuses_eventfds; /* new ones */
	bool its_is_deaf;      /* MSIs arrive nowhere */
	unsigned int nr_msis;  /* sent at once */

	uint64_t fault_va;	/* of a page that was taken */
	unsigned int nr_aborts; /* injected */
};

#define FAKE_PATIENCE_MS 3000

extern struct fake_pvm fake_pvm;

/* What KVM was told, or NULL. */
struct fake_irqfd *fake_irqfd(int fd);
struct fake_ioeventfd *fake_ioeventfd(int fd);

#endif
