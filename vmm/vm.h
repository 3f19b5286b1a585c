/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.h: struct vm, everything of one VM, and what the files that drive it
 * (run.c, vm.c, vcpu.c, memlock.c, report.c) call of each other.
 *
 * Threads: the main thread serves the loop; each vCPU has a thread that does
 * KVM_RUN and dispatch; the terminal's writer belongs to devices/term.c.
 *
 * Locks, in the order they nest:
 *   io_lock      the bus and the devices on it. One that stops may hold it for
 *                long, so the UART and the PL061, which the loop needs, have
 *                locks of their own
 *   state_lock   verdict, finished, pauses, which vCPUs are callable
 * devices/, virtio/ (a device's, then its transport's) and pvm/ have locks of
 * their own; they nest inside both.
 */
#ifndef LKVM_PVM_VM_H
#define LKVM_PVM_VM_H

#include <pthread.h>

#include "attach.h"
#include "bus.h"
#include "config.h"
#include "devices.h"
#include "donations.h"
#include "exec.h"
#include "gicv2m.h"
#include "guard.h"
#include "loader.h"
#include "loop.h"
#include "machine.h"
#include "orderly.h"
#include "outputs.h"
#include "pl061.h"
#include "pvm.h"
#include "pvpanic.h"
#include "reclaim.h"
#include "rtc.h"
#include "spawner.h"
#include "term.h"
#include "uart.h"
#include "verdict.h"
#include "watchdog.h"

struct gdb;
struct vm;

struct vcpu {
	struct vm *vm;
	unsigned int index;
	pthread_t thread;
	bool started;  /* there is a thread to join; main thread only */
	bool callable; /* ... which vcpus_kick() may signal; state_lock */
	unsigned int nr_no_memory; /* ENOMEM in a row */
	struct watchdog_vcpu watched;

	/* vcpu_debug.c; all state_lock */
	bool is_parked;
	bool held; /* it parks, whatever the others do */
	enum vcpu_ask {
		VCPU_ASK_NOTHING,
		VCPU_ASK_STATE,
		VCPU_ASK_STEP, /* one instruction, then its state */
	} ask, answered_to;
	bool is_asked, is_answered;
	int answer_err;
	struct pvm_vcpu_state answer;
	uint64_t answered_ms;
};

struct vm {
	const struct config *cfg;
	struct outputs *outputs; /* borrowed; NULL: none */
	struct machine machine;
	struct loader_placement placement;
	struct pvm *pvm;
	struct loop loop;
	struct term term;
	struct watch signals; /* signalfd: SIGTERM and its like */
	struct vcpu *vcpus;   /* cfg->nr_vcpus entries */

	pthread_mutex_t io_lock;
	struct bus bus;
	struct uart uart;
	struct rtc rtc;
	struct pvpanic pvpanic;
	struct gicv2m gicv2m;
	struct pl061 gpio;	 /* the power key */
	struct devices *devices; /* owned; NULL: no virtio devices */

	struct spawner *spawner; /* borrowed; starts children; NULL: we do */
	struct guard guard;	 /* which system calls we may make */
	struct orderly orderly;	 /* does what vCPUs' threads may not */

	struct watch stores; /* timerfd: kept stores nobody came for */

	struct watchdog watchdog;
	struct exec *exec; /* owned; NULL: the terminal is the console's */

	pthread_mutex_t state_lock;
	pthread_cond_t state_changed;
	struct verdict verdict;
	bool finished;		/* verdict is set; vCPUs leave */
	unsigned int pauses;	/* vCPUs park while not 0 */
	unsigned int nr_parked; /* ... and so many do */
	bool has_term;		/* term is there */
	bool held; /* one pause is the user's; the next life begins with it */
	bool virtio_mmio; /* the devices' transport; otherwise PCI */
	bool is_settled;  /* it is known what machine the kernel gets */

	struct reclaim reclaim; /* pages the guest lost; a lock of its own */
	struct donations donations; /* of a protected VM with --debug */

	uint64_t nr_heard; /* bytes the guest printed, all lives; atomic */
	bool has_spoken;   /* ... and some in this life; atomic */
	unsigned int nr_limited; /* vCPUs at the memlock limit; atomic */
	bool keeps_memlock;	 /* the user set it: it is not raised; atomic */

	struct gdb *gdb;	   /* owned; NULL: no --gdb */
	struct control *control;   /* its socket; NULL: none */
	struct attach *attach;	   /* to its console; owned; NULL: no socket */
	struct map_scan *map;	   /* that goes on, or was not fetched yet */
	unsigned int nr_maps_lost; /* in a row: lives that ended meanwhile */
	/* What the devices had when the vCPUs had ended; owned; NULL: unknown */
	struct json_t *last_rings, *last_buffers;
	struct recorder *recorder; /* owned; NULL: no --record */
	struct watch power_key;	   /* timerfd: when it is let go */
	unsigned int power_key_ms; /* it was pressed for */
	unsigned int stores_period_ms;
	uint64_t started_ms; /* of CLOCK_MONOTONIC */

	unsigned int nr_restarts; /* resets that began another life */
	bool ends_untold; /* this life, for there were too many: see run.c */
	bool is_guarded;  /* by guard, until the end */
};

/* vm.c: building and ending one life of the VM */
int vm_init(struct vm *vm, const struct config *cfg, struct spawner *spawner);
void vm_fini(struct vm *vm);
int vm_build(struct vm *vm); /* 0 or -errno, reason logged */
/*
 * images.c: a life's images and device tree, written to @ram before the guest is
 * protected, and how Linux is told of them. 0 or -errno, logged. What the kernel
 * alone can say of the window and the devices is read before they are made.
 */
int __must_check vm_look_at_kernel(struct config *cfg);
int __must_check vm_load(struct vm *vm, const struct ram_view *ram);
/*
 * settle.c: what the machine has that its kernel, loaded to @ram, needs. All lives
 * have the first one's. 0 or -errno, logged.
 */
int __must_check vm_settle(struct vm *vm, const struct ram_view *ram);
void vm_destroy(struct vm *vm);

/*
 * Ends the VM with this verdict, unless it has one that counts already: vCPU
 * threads leave, the loop returns. Any thread, no lock held.
 */
void vm_finish(struct vm *vm, const struct verdict *v);
/* The same for the common case: a code, an origin and a formatted reason. */
void vm_finish_as(struct vm *vm, int code, const char *origin, const char *fmt,
		  ...) __printf(4, 5);
bool vm_finished(struct vm *vm);
/*
 * It ends because the user, not the guest, wants it to: output that nobody reads
 * is waited for less long. Main thread.
 */
void vm_hurry(struct vm *vm);

/* events_tell() of the VM's outputs. */
#define vm_tell(vm, ...)                                                       \
	events_tell((vm)->outputs ? &(vm)->outputs->events : NULL, __VA_ARGS__)

/* The guest printed @bytes on @port. Any thread, any lock. */
void vm_heard(struct vm *vm, enum expect_port port, const uint8_t *bytes,
	      size_t len);

/* Parks the vCPUs until as many vm_resume() calls follow. Any thread. */
void vm_pause(struct vm *vm);
void vm_resume(struct vm *vm);

/* vcpu.c: vCPU threads and what they do with an exit */
void vcpus_prepare(void); /* once, before the first of them starts */
/* 0, or -errno, the reason logged: none has run, and the VM is to be finished. */
int vcpus_start(struct vm *vm);
void vcpus_join(struct vm *vm); /* of a finished VM */
void vcpus_kick(struct vm *vm); /* everybody out of the guest */
/* One exit of @v; false when the thread is to end. */
bool vcpu_dispatch(struct vcpu *v, struct pvm_exit *e);

/*
 * vcpu_debug.c. hold says whether it is at rest: ask again until it is. The held
 * vCPU does not run until it is released, or the VM begins a new life.
 */
bool vcpu_hold(struct vcpu *v);
void vcpu_release(struct vcpu *v);
/* Whether vcpu_ask() has something to say. */
bool vcpu_has_answer(struct vcpu *v, enum vcpu_ask what);
/*
 * What @v was asked: 0 and @s; -EAGAIN: not yet, ask again; -EBUSY: it steps
 * only when it is held; another -errno: KVM does not tell or do it.
 */
int __must_check vcpu_ask(struct vcpu *v, enum vcpu_ask what,
			  struct pvm_vcpu_state *s);
/* Does what @v is asked. Its own thread; state_lock held, and let go meanwhile. */
void vcpu_answer(struct vcpu *v);

/*
 * stores.c: stores of the guest's that KVM keeps for us. From stores_start() to
 * stores_stop(), which leaves none behind, a vCPU runs. stores_take() hands
 * what is kept to the devices, io_lock held, and says how many stores it was.
 */
void stores_start(struct vm *vm);
void stores_stop(struct vm *vm);
unsigned int stores_take(struct vm *vm);

/*
 * control_vm.c: the control socket. Its name is taken before anything else is
 * done, lest two VMs of one name both start; clients are served while the loop
 * runs; control_leave() tells them, and who is attached to the console, the
 * exit code. 0, or -errno, logged.
 */
struct control;
int control_take_name(struct control **c, const struct config *cfg);
int control_meet(struct vm *vm);
void control_part(struct vm *vm); /* before vm_fini() */
void control_leave(struct control *c, struct attach *a,
		   const struct verdict *v);

/* control_debug.c; main thread. What is asked with `lkvm-pvm debug`. */
struct control_request;
struct json_t *control_debug_answer(struct vm *vm,
				    const struct control_request *r);

/* map_scan.c; main thread. What a client who asks for the map is told now. */
struct json_t *map_scan_answer(struct vm *vm);
void map_scan_end(struct vm *vm);
/* The same at a life's end: who waits for the map is given that of the next. */
void map_scan_lose(struct vm *vm);
/*
 * The vCPUs have ended and the devices not: what these have is remembered, should
 * the map be kept; until forgotten.
 */
void map_scan_remember(struct vm *vm);
void map_scan_forget(struct vm *vm);
/* Looks at a guest whose vCPUs have ended, and draws it in a file of its own. */
void map_scan_keep(struct vm *vm, const char *path);
/*
 * map_rings.c: arrays of the devices' queues that are in use, and of what each
 * device holds of its driver's buffers; both the caller's. 0 or -ENOMEM. Any
 * thread, no lock held, while devices are plugged in.
 */
int __must_check map_rings_look(struct vm *vm, struct json_t **rings,
				struct json_t **buffers);

/* power_key.c. Says whether the guest has a driver for the key. Main thread. */
int power_key_init(struct vm *vm); /* 0 or -errno, logged */
void power_key_fini(struct vm *vm);
bool power_key_press(struct vm *vm);

/* stats.c: what each virtio device had to do, with --stats or when debugging */
void stats_tell(struct vm *vm);

/* memlock.c */
int memlock_prepare(const struct config *cfg);
/*
 * KVM_RUN found no memory. At RLIMIT_MEMLOCK: pauses the VM, waits for a higher
 * limit, true. False when the limit is not what is missing.
 */
bool memlock_wait(struct vcpu *v);
/*
 * The limit is @bytes from here on and not raised by us; NULL: as high as we may
 * raise it. 0 or -errno; -EPERM: above the hard limit.
 */
int __must_check memlock_set(struct vm *vm, const uint64_t *bytes);

/* report.c */
void report_vcpus(struct vm *vm);
/* Why a guest in state @s, told to be @quiet, printed nothing; never NULL. */
const char *report_silent_cause(const struct pvm_vcpu_state *s,
				const struct loader_placement *pl, bool quiet);

#endif
