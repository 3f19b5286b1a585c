/* SPDX-License-Identifier: GPL-2.0-only */
/* gdb.h: a debugger for the guest of an ordinary VM (--gdb). */
#ifndef LKVM_PVM_GDB_H
#define LKVM_PVM_GDB_H

#include "base.h"

struct vm;
struct vcpu;
struct pvm_exit;
struct gdb;

/* Listens. 0, or -errno with the reason logged. fini is idempotent. */
int __must_check gdb_init(struct vm *vm);
void gdb_fini(struct vm *vm);

/*
 * A life begins: its memory has no breakpoints, its CPUs those of the life before.
 * Before the vCPUs run.
 */
void gdb_begin(struct vm *vm);
/* Whether vCPUs begin at rest: --gdb-wait, or Ctrl-C that came meanwhile. */
bool gdb_waits(const struct vm *vm);

/* @v left the guest: @e, PVM_EXIT_DEBUG. Its own thread. */
void gdb_hit(struct vcpu *v, const struct pvm_exit *e);
/* @v rests because it is held. state_lock held. */
void gdb_rests(struct vm *vm);

#endif
