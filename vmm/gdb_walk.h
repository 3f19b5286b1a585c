/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gdb_walk.h: a guest's virtual addresses → its physical ones, by its own tables
 * (stage 1 of EL1&0, Arm ARM D8).
 */
#ifndef LKVM_PVM_GDB_WALK_H
#define LKVM_PVM_GDB_WALK_H

#include "base.h"

struct gdb_mmu {
	uint64_t sctlr, tcr, ttbr0, ttbr1; /* of EL1 */
	/* Reads a descriptor: 0 or -errno. */
	int (*read)(void *ctx, gpa_t gpa, uint64_t *descriptor);
	void *ctx;
};

/*
 * The physical address of @va; *@left bytes from there on are in the same page
 * or block. 0, -EFAULT: it is not mapped; or what read() returns.
 */
int __must_check gdb_walk(const struct gdb_mmu *m, uint64_t va, gpa_t *gpa,
			  uint64_t *left);

#endif
