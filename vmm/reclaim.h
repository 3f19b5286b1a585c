/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reclaim.h: a guest touched a page that the host had taken from it by force:
 * what is known of that, in words, and what is done (--on-reclaim).
 */
#ifndef LKVM_PVM_RECLAIM_H
#define LKVM_PVM_RECLAIM_H

#include <pthread.h>
#include <sys/types.h>

#include "machine.h"
#include "pvm.h"
#include "symbols.h"

struct vcpu;

/* Pages somebody asked to take, that are remembered. */
#define RECLAIM_ASKED 16U

/* Aborts a guest is given, over all its lives. */
#define RECLAIM_INJECTIONS 64U

/* The accesses that were answered with an abort. */
struct reclaim {
	struct symbols *symbols; /* NULL: none */
	pthread_mutex_t lock;
	unsigned int nr;
	struct reclaim_access {
		uint64_t pc, va;
	} seen[RECLAIM_INJECTIONS];
	gpa_t asked[RECLAIM_ASKED]; /* the last of nr_asked */
	gpa_t met[RECLAIM_ASKED];   /* the same of pages that were reported */
	unsigned int nr_asked, nr_met;
};

/* --vmlinux is read now. 0, or -errno with the reason logged. */
int __must_check reclaim_init(struct reclaim *r, const char *vmlinux);
void reclaim_fini(struct reclaim *r);

/*
 * PVM_EXIT_POISONED of @v, on its own thread: tells what is known and does what
 * --on-reclaim says. False when the thread is to end: the VM is finished. A call
 * out of the guest may have been missed: look at the VM's state afterwards.
 */
bool reclaim_handle(struct vcpu *v);

/* The page @gpa is about to be taken because the user asked for it. */
void reclaim_asked(struct reclaim *r, gpa_t gpa);
/* The guest is known to have lost the page @gpa: it met it, or that was asked. */
bool reclaim_is_lost(struct reclaim *r, gpa_t gpa);

/* --- what is known (reclaim_text.c) ---------------------------------------- */

/* Why something is not known: never longer than that. */
#define RECLAIM_WHY 160U
/* The likely cause, which may name two. */
#define RECLAIM_CAUSE 320U

enum reclaim_page {
	RECLAIM_PAGE_UNKNOWN,
	RECLAIM_PAGE_ZEROS, /* the host's, and reads as zeros */
	RECLAIM_PAGE_BYTES, /* the host's, and has something in it */
	RECLAIM_PAGE_GUEST, /* the guest's own: the host cannot read it */
};

enum reclaim_place {
	RECLAIM_NOWHERE, /* neither of the two */
	RECLAIM_RAM,
	RECLAIM_WINDOW,
};

/* One field each; where it is not known there is a reason in its place. */
struct reclaim_facts {
	unsigned int vcpu;
	int state_err; /* 0: */
	struct pvm_vcpu_state state;
	int va_err; /* 0: */
	uint64_t va;
	char ipa_source[RECLAIM_WHY]; /* how we know it, or why not */
	bool has_ipa;
	gpa_t ipa;
	const char *access; /* "a write" and so on, or NULL */
	enum reclaim_place place;
	enum reclaim_page page;
	int page_err;		   /* of RECLAIM_PAGE_UNKNOWN */
	char cause[RECLAIM_CAUSE]; /* with its source */
};

/*
 * @f in lines, each with a newline, in @buf of @size bytes, which 2048 are
 * enough for. @vmlinux: @s' file.
 */
void reclaim_describe(const struct reclaim_facts *f, const struct symbols *s,
		      const char *vmlinux, char *buf, size_t size);

/* Where @st's PC is by @s, as " (name+0x10/0x40 of FILE)"; "" without symbols. */
void reclaim_symbol(const struct pvm_vcpu_state *st, const struct symbols *s,
		    const char *vmlinux, char *buf, size_t size);

/* --- where the guest page is (reclaim_trace.c) ------------------------------ */

struct fault_trace {
	char dir[96]; /* an instance of tracefs, "": none */
};

struct fault_record {
	uint64_t us; /* of the trace's clock; 0: not told */
	gpa_t ipa;
	uint64_t syndrome, va, pc;
};

/*
 * Makes KVM tell of guest faults, in a trace of our own below @tracefs. 0, or
 * -errno. end is idempotent.
 */
int __must_check fault_trace_begin(struct fault_trace *t, const char *tracefs,
				   unsigned int vcpu);
/* The last fault at @pc that was told; -ENODATA: none was. Ends the trace. */
int __must_check fault_trace_end(struct fault_trace *t, uint64_t pc,
				 struct fault_record *r);
/*
 * The same for longer: of all threads this one makes from here on, and pages from
 * @from up, with buffers of @kib a CPU; @what is in its name. drop ends it, and is
 * idempotent on zeroed memory.
 */
int __must_check fault_trace_keep(struct fault_trace *t, const char *tracefs,
				  const char *what, unsigned int kib,
				  gpa_t from);
void fault_trace_drop(struct fault_trace *t);
/* What it has so far, some @max bytes; owned by the caller; NULL: no memory. */
char *fault_trace_text(const struct fault_trace *t, size_t max);
/* The next fault in *@text, which moves behind it; false: there is none. */
bool fault_next(const char **text, struct fault_record *r);
/* The last line of @text about a fault at @pc. */
bool fault_parse(const char *text, uint64_t pc, struct fault_record *r);
/* "a read", "a write", "an instruction fetch", by ESR_EL2. */
const char *fault_access(uint64_t syndrome);

/* --- who may have done it (reclaim_cause.c) --------------------------------- */

struct reclaim_suspects {
	const char *proc;   /* "/proc" */
	pid_t pid;	    /* ours */
	bool is_dumpable;   /* a debugger of the same user may look */
	bool is_asked;	    /* the user had lkvm-pvm take this page */
	bool has_helper;    /* another program serves a device */
	uint64_t window;    /* inode of the window's file; 0: none */
	const char *direct; /* a disk read past the page cache; NULL: none */
};

void reclaim_cause(const struct reclaim_suspects *s, enum reclaim_place place,
		   char *text, size_t size);

#endif
