/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard.h: which system calls lkvm-pvm may make once a guest is to run.
 *
 * A host can destroy a guest's pages, or part the guest's memory from ours, by
 * calls that succeed. mseal(2) keeps munmap, mremap, mprotect and MAP_FIXED away
 * from guest RAM, but not madvise(2). So seccomp filters refuse, in the whole
 * process, what reaches memory by ways of the kernel's own, what makes a copy of
 * the process, and changes of RAM's and the window's mappings; and leave the
 * vCPUs' threads a short list of calls.
 *
 * A refused call is a bug: SIGSYS, which crash.c reports. What seccomp cannot
 * see is what is behind pointers (iovecs, io_uring's entries), and files like
 * /proc/self/mem: there it is the code that keeps to the window (window.h).
 */
#ifndef LKVM_PVM_GUARD_H
#define LKVM_PVM_GUARD_H

#include "base.h"

struct sock_filter;

/* Host addresses as numbers: nobody is to follow them. */
struct guard_range {
	uint64_t start, len; /* of whole pages; len 0: none */
};

struct guard_memory {
	struct guard_range ram, window;
	int window_fd; /* -1: none */
};

struct guard {
	struct sock_filter *vcpu; /* the vCPUs' filter; NULL: none */
	unsigned short nr_vcpu;
};

/*
 * From here on, for all threads there are and will be. 0; 0 with a warning where
 * the kernel has no seccomp; or -errno, logged.
 */
int __must_check guard_process(struct guard *g, const struct guard_memory *m);
/* The calling thread becomes a vCPU's. 0 or -errno. */
int __must_check guard_vcpu(const struct guard *g);
void guard_fini(struct guard *g);

/* The name of system call @nr, for a signal's handler. */
void guard_call_name(int nr, char *name, size_t size);

/*
 * guard_memory.c: the filter that keeps madvise(2) and its like off guest
 * memory. Its length in *@nr; to be freed; NULL without memory. @action is
 * SECCOMP_RET_*, for what it refuses.
 */
struct sock_filter *guard_memory_filter(const struct guard_memory *m,
					uint32_t action, unsigned short *nr);

#endif
