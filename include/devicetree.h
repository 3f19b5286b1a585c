/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * devicetree.h: struct machine → flattened device tree. The bindings are
 * those of the kernel's Documentation/devicetree/bindings; what is emitted
 * passes dtc without warnings.
 */
#ifndef LKVM_PVM_DEVICETREE_H
#define LKVM_PVM_DEVICETREE_H

#include "machine.h"

/*
 * Builds the tree in @buf of @size bytes (4-byte aligned). Returns its length in
 * bytes, or -ENOSPC when it does not fit (many vCPUs, long bootargs).
 */
int __must_check devicetree_build(const struct machine *m, void *buf,
				  size_t size);

#endif
