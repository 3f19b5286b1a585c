/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gdb_step.h: one instruction of a guest, without an interrupt in its place.
 * Portable.
 *
 * A guest that stood still has a timer interrupt waiting, and so each step would
 * lead into its handler, and each `continue` from a breakpoint back to it. So
 * interrupts are masked for the step, and afterwards what the instruction did
 * with the masks is made what it would have been.
 */
#ifndef LKVM_PVM_GDB_STEP_H
#define LKVM_PVM_GDB_STEP_H

#include "base.h"

/* What of a vCPU's registers a step may have to mend. */
struct gdb_step_regs {
	uint64_t pc, pstate, vbar, spsr, x[31];
};

struct gdb_step {
	bool active;
	uint32_t insn;
	uint64_t pc, pstate; /* before it */
};

/* Of the instruction @insn at @r's pc; @r is masked then. False: it is anyhow. */
bool gdb_step_begin(struct gdb_step *s, struct gdb_step_regs *r, uint32_t insn);
/* @r, after it, is mended. It need not have been executed. */
void gdb_step_end(struct gdb_step *s, struct gdb_step_regs *r);

#endif
