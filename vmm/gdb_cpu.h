/* SPDX-License-Identifier: GPL-2.0-only */
/* gdb_cpu.h: a vCPU's registers and steps, for gdb.c. It rests. */
#ifndef LKVM_PVM_GDB_CPU_H
#define LKVM_PVM_GDB_CPU_H

#include "gdb_memory.h"
#include "gdb_step.h"
#include "gdb_stub.h"

int __must_check gdb_cpu_get(struct pvm *p, unsigned int vcpu,
			     struct gdb_regs *r);
int __must_check gdb_cpu_set(struct pvm *p, unsigned int vcpu,
			     const struct gdb_regs *r);

/* Before and after a step: no interrupt comes in its place. 0 or -errno. */
int __must_check gdb_cpu_begin_step(struct gdb_memory *m, unsigned int vcpu,
				    struct gdb_step *s);
int __must_check gdb_cpu_end_step(struct pvm *p, unsigned int vcpu,
				  struct gdb_step *s);

#endif
