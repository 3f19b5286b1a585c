/* SPDX-License-Identifier: GPL-2.0-only */
/* fake_pvm.h: what a test can set and see of the seam without KVM. */
#ifndef LKVM_PVM_TESTS_FAKE_PVM_H
#define LKVM_PVM_TESTS_FAKE_PVM_H

#include "pvm.h"

#define FAKE_VCPUS 16U

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
	struct pvm_store stores[8];	 /* what KVM keeps */
	unsigned int nr_stores, next_store;
};

#define FAKE_PATIENCE_MS 3000

extern struct fake_pvm fake_pvm;

#endif
