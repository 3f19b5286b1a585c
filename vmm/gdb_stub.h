/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gdb_stub.h: gdb's remote protocol, by what it may ask of a stopped guest.
 * Portable: struct gdb_target does what is asked.
 *
 * All-stop: vCPU N is thread N + 1. Bytes of the debugger go in, packets come
 * out; commands are for a guest that has stopped, so while it runs only Ctrl-C
 * is heard and the rest waits.
 */
#ifndef LKVM_PVM_GDB_STUB_H
#define LKVM_PVM_GDB_STUB_H

#include "base.h"

#define GDB_PACKET 4096U /* bytes between '$' and '#' */
#define GDB_MEMORY 1024U /* bytes of the guest's, in one packet */

struct gdb_regs {
	uint64_t x[31], sp, pc;
	uint32_t cpsr;
};

enum gdb_resume {
	GDB_STAY,
	GDB_CONTINUE,
	GDB_STEP,
};

/* Why the guest stands still. */
struct gdb_stop {
	unsigned int vcpu;
	int signal;
	bool is_watch;
	uint64_t watched; /* the address */
};

/* What gdb has a Z and a number for. */
enum gdb_break {
	GDB_BREAK_SOFT, /* an instruction in memory */
	GDB_BREAK_HARD, /* the CPU's */
	GDB_WATCH_STORES,
	GDB_WATCH_LOADS,
	GDB_WATCH_BOTH,
	GDB_NR_BREAKS
};

struct gdb_target {
	void *ctx;
	unsigned int nr_vcpus;
	/* Each 0 or -errno. */
	int (*get_regs)(void *ctx, unsigned int vcpu, struct gdb_regs *r);
	int (*set_regs)(void *ctx, unsigned int vcpu, const struct gdb_regs *r);
	/* Of virtual addresses as @vcpu sees them; @len at most GDB_MEMORY. */
	int (*read)(void *ctx, unsigned int vcpu, uint64_t va, uint8_t *bytes,
		    size_t len);
	int (*write)(void *ctx, unsigned int vcpu, uint64_t va,
		     const uint8_t *bytes, size_t len);
	/* A breakpoint at @va; -ENOSPC: no more of them. */
	int (*set_break)(void *ctx, unsigned int vcpu, bool hardware,
			 uint64_t va, bool on);
	/* The same for accesses of @len bytes there. */
	int (*set_watch)(void *ctx, enum gdb_break kind, uint64_t va,
			 uint64_t len, bool on);
	/* @how: one for each vCPU. Afterwards gdb_stub_stopped() is called. */
	void (*resume)(void *ctx, const enum gdb_resume *how);
	/* Ctrl-C: the same. */
	void (*interrupt)(void *ctx);
	/* The debugger leaves: no breakpoint stays, the guest runs. */
	void (*detach)(void *ctx);
	void (*kill)(void *ctx);
	/* A packet to the debugger, or an acknowledgement. */
	void (*send)(void *ctx, const char *bytes, size_t len);
};

struct gdb_stub {
	const struct gdb_target *target;
	bool stopped, no_ack, in_packet, is_escaped;
	unsigned int nr_check; /* digits of the checksum yet to come */
	uint8_t sum, check;
	char packet[GDB_PACKET + 1]; /* its end included */
	size_t len;
	unsigned int general; /* the vCPU of registers and memory */
	struct gdb_stop last;
	enum gdb_resume *how; /* owned; one for each vCPU */
	char reply[2 * GDB_PACKET + 8];
};

/* A debugger came, and the guest is about to be stopped. 0 or -ENOMEM. */
int __must_check gdb_stub_init(struct gdb_stub *g, const struct gdb_target *t);
void gdb_stub_fini(struct gdb_stub *g);

/*
 * Takes bytes of the debugger; how many: none behind a whole packet that waits
 * for the guest to stop. Ask again when it has.
 */
size_t gdb_stub_feed(struct gdb_stub *g, const char *bytes, size_t len);

/* The guest stands still; @is_first: since the debugger came. */
void gdb_stub_stopped(struct gdb_stub *g, const struct gdb_stop *why,
		      bool is_first);
/* It has ended. */
void gdb_stub_ended(struct gdb_stub *g, int code);

#endif
