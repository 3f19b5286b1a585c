/* SPDX-License-Identifier: GPL-2.0-only */
/* gdb_memory.h: a guest's memory and breakpoints, for gdb.c. Its vCPUs rest. */
#ifndef LKVM_PVM_GDB_MEMORY_H
#define LKVM_PVM_GDB_MEMORY_H

#include "pvm.h"

#define GDB_MAX_SOFT 256U

struct gdb_memory {
	struct pvm *pvm; /* borrowed */
	struct {
		gpa_t gpa;
		uint64_t va;
		uint32_t old; /* the instruction that was there */
	} soft[GDB_MAX_SOFT];
	unsigned int nr_soft;
	struct pvm_debug hard; /* those of the CPU */
	struct gdb_watch {     /* what the debugger asked for, by parts */
		uint64_t va, len;
		bool loads, stores;
	} watch[PVM_MAX_WATCHPOINTS]; /* hard.nr_watch */
};

/* @va as @vcpu's tables have it. 0 or -errno; a part may have been copied. */
int __must_check gdb_memory_copy(struct gdb_memory *m, unsigned int vcpu,
				 uint64_t va, uint8_t *bytes, size_t len,
				 bool write);
/* 0, -ENOSPC: no more of them, or another -errno. */
int __must_check gdb_memory_break(struct gdb_memory *m, unsigned int vcpu,
				  bool hardware, uint64_t va, bool on);
/* Accesses of [@w->va, @w->va + @w->len). As above. */
int __must_check gdb_memory_watch(struct gdb_memory *m,
				  const struct gdb_watch *w, bool on);
/* The address that is watched for an access that was seen at @far. */
uint64_t gdb_memory_watched(const struct gdb_memory *m, uint64_t far);
/* Removes all breakpoints. */
void gdb_memory_forget(struct gdb_memory *m);
/* Those in memory are gone: it is another life's. */
void gdb_memory_begin(struct gdb_memory *m, struct pvm *pvm);

#endif
