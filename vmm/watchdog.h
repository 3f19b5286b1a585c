/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watchdog.h: ends a VM that takes too long, hangs, panicked or said what ends
 * it (--timeout, --boot-timeout, --hang-timeout, --expect, --fail-on).
 */
#ifndef LKVM_PVM_WATCHDOG_H
#define LKVM_PVM_WATCHDOG_H

#include "deadline.h"
#include "loop.h"

struct vm;
struct vcpu;

struct watchdog {
	struct watch timer; /* timerfd; -1: none. Loop's thread */
	struct watch hurry; /* eventfd; -1: none */
	struct deadline deadline;
	bool is_booted;

	/* a panic: when it was first known, and the output since */
	bool is_panicked; /* by pvpanic; atomic */
	bool panic_told;
	int64_t panic_ms, quiet_ms;
	uint64_t heard;

	/* --hang-timeout */
	int64_t progress_ms, sampled_ms;
	uint64_t progress;
	unsigned int sample; /* the vCPUs' PCs are looked at again; atomic */

	/* a device waits for memory that is shared: how long nothing happened,
	 * the last look, and the progress then */
	int64_t stuck_ms, looked_ms;
	uint64_t stuck_at;
};

/* What one vCPU does, in numbers that stand still when it does nothing. */
struct watchdog_vcpu {
	unsigned int sample; /* of watchdog.sample */
	uint64_t pc;
	uint64_t nr_moves, nr_exits; /* atomic */
};

/* 0, or -errno with the reason logged. fini is idempotent. Loop's thread. */
int __must_check watchdog_init(struct vm *vm);
void watchdog_fini(struct vm *vm);

/* A life begins. Before the vCPUs run. */
void watchdog_begin(struct vm *vm);

/* There is something to look at, soon. Any thread, any lock. */
void watchdog_hurry(struct vm *vm);

/* The guest says that it panicked (pvpanic.h). io_lock held. */
void watchdog_panicked(struct vm *vm);

/* The guest's init runs. Loop's thread. */
void watchdog_booted(struct vm *vm, const char *by);

/* @v was called out of the guest. Its own thread. */
void watchdog_sample(struct vcpu *v);

/*
 * The vCPUs have ended, the last output was heard: what the verdict is in the
 * light of what was seen.
 */
void watchdog_judge(struct vm *vm);

#endif
