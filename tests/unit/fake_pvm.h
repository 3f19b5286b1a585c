/* SPDX-License-Identifier: GPL-2.0-only */
/* fake_pvm.h: what a test can set and see of the seam without KVM. */
#ifndef LKVM_PVM_TESTS_FAKE_PVM_H
#define LKVM_PVM_TESTS_FAKE_PVM_H

#include "pvm.h"

struct fake_pvm {
	bool spi[MACHINE_GIC_SPIS];
};

extern struct fake_pvm fake_pvm;

#endif
