/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pvpanic.h: a register into which a guest's kernel says that it panicked
 * (QEMU's docs/specs/pvpanic.rst; device tree node "qemu,pvpanic-mmio"). One
 * byte: a read says which events are understood, a write which one happened.
 */
#ifndef LKVM_PVM_PVPANIC_H
#define LKVM_PVM_PVPANIC_H

#include "bus.h"

/* What a guest says, as bits. */
#define PVPANIC_PANICKED     1U
#define PVPANIC_CRASH_LOADED 2U /* its crash kernel takes over now */

struct pvpanic {
	void *ctx;
	/* The bits of one write, known ones alone. The device's lock is held. */
	void (*told)(void *ctx, unsigned int events);
	bool is_known; /* a driver has looked at it; atomic */
};

extern const struct bus_ops pvpanic_ops;

#endif
