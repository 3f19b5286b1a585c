// SPDX-License-Identifier: GPL-2.0-only
/*
 * guard_memory.c: the seccomp filter that keeps changes of mappings off guest
 * RAM and the window, by address.
 *
 * It is written in BPF itself: libseccomp compares an argument with one number
 * per rule, and whether [a, a + len) meets [start, end) takes a difference. Of
 * what the kernel gets, the top byte is left out, as it does itself. One form is
 * let through: RAM dropped as a whole, between two lives of a VM.
 */
#include <assert.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "guard.h"

#ifdef __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH AUDIT_ARCH_X86_64
#endif

#define MAX_FILTER  160U
#define ADDRESS_TOP 0x00ffffffU /* of the upper half: what is no tag */

/* Targets of jumps that are known at a block's end. */
enum label {
	NEXT = 0xf0,  /* behind the block */
	REFUSE = 0xf1 /* the block's last instruction */
};

/* Scratch words: the address, and how far it is below the range. */
enum {
	ADDR_LO,
	ADDR_HI,
	GAP_LO,
	GAP_HI
};

struct program {
	struct sock_filter f[MAX_FILTER];
	unsigned short nr;
};

static void stmt(struct program *p, uint16_t code, uint32_t k)
{
	p->f[p->nr++] = (struct sock_filter)BPF_STMT(code, k);
}

static void jump(struct program *p, uint16_t how, uint32_t k, uint8_t yes,
		 uint8_t no)
{
	p->f[p->nr++] = (struct sock_filter)BPF_JUMP(BPF_JMP | how, k, yes, no);
}

static void load_nr(struct program *p)
{
	stmt(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
}

/* Half an argument: the upper one with @high. */
static void load_arg(struct program *p, unsigned int arg, bool high)
{
	static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the halves");
	stmt(p, BPF_LD | BPF_W | BPF_ABS,
	     (uint32_t)(offsetof(struct seccomp_data, args) + 8UL * arg +
			(high ? 4 : 0)));
}

static void load(struct program *p, unsigned int word)
{
	stmt(p, BPF_LD | BPF_MEM, word);
}

static void load_x(struct program *p, unsigned int word)
{
	stmt(p, BPF_LDX | BPF_MEM, word);
}

static void store(struct program *p, unsigned int word)
{
	stmt(p, BPF_ST, word);
}

static uint32_t low(uint64_t v)
{
	return (uint32_t)v;
}

static uint32_t high(uint64_t v)
{
	return (uint32_t)(v >> 32);
}

/* Jumps of the block that began at @start find their targets. */
static void end_block(struct program *p, unsigned int start, unsigned int next,
		      unsigned int refuse)
{
	for (unsigned int i = start; i < p->nr; i++) {
		struct sock_filter *f = &p->f[i];
		uint8_t *targets[] = { &f->jt, &f->jf };

		for (unsigned int t = 0; t < ARRAY_SIZE(targets); t++) {
			if (*targets[t] == NEXT)
				*targets[t] = (uint8_t)(next - i - 1);
			else if (*targets[t] == REFUSE)
				*targets[t] = (uint8_t)(refuse - i - 1);
		}
	}
}

/* The scratch words get the address. */
static void take_address(struct program *p)
{
	load_arg(p, 0, false);
	store(p, ADDR_LO);
	load_arg(p, 0, true);
	stmt(p, BPF_ALU | BPF_AND | BPF_K, ADDRESS_TOP);
	store(p, ADDR_HI);
}

/* ADDR against @v: on when it is less; REFUSE or NEXT, as @where, otherwise. */
static void unless_below(struct program *p, uint64_t v, enum label where)
{
	load(p, ADDR_HI);
	jump(p, BPF_JGT, high(v), (uint8_t)where, 0);
	jump(p, BPF_JEQ, high(v), 0, 2);
	load(p, ADDR_LO);
	jump(p, BPF_JGE, low(v), (uint8_t)where, 0);
}

/* Refuses when [args[0], args[0] + args[1]) meets @r. */
static void refuse_overlap(struct program *p, const struct guard_range *r,
			   uint32_t action)
{
	unsigned int start = p->nr;

	if (r->len == 0)
		return;
	unless_below(p, r->start + r->len, NEXT);
	unless_below(p, r->start, REFUSE);
	/* The gap below the range, in two halves, the lower one may borrow. */
	load_x(p, ADDR_LO);
	stmt(p, BPF_LD | BPF_IMM, low(r->start));
	stmt(p, BPF_ALU | BPF_SUB | BPF_X, 0);
	store(p, GAP_LO);
	load_x(p, ADDR_HI);
	stmt(p, BPF_LD | BPF_IMM, high(r->start));
	stmt(p, BPF_ALU | BPF_SUB | BPF_X, 0);
	store(p, GAP_HI);
	load(p, ADDR_LO);
	jump(p, BPF_JGT, low(r->start), 0, 3);
	load(p, GAP_HI);
	stmt(p, BPF_ALU | BPF_SUB | BPF_K, 1);
	store(p, GAP_HI);
	/* Longer than that? */
	load_x(p, GAP_HI);
	load_arg(p, 1, true);
	jump(p, BPF_JGT | BPF_X, 0, REFUSE, 0);
	jump(p, BPF_JEQ | BPF_X, 0, 0, NEXT);
	load_x(p, GAP_LO);
	load_arg(p, 1, false);
	jump(p, BPF_JGT | BPF_X, 0, REFUSE, NEXT);
	stmt(p, BPF_RET | BPF_K, action);
	end_block(p, start, p->nr, p->nr - 1U);
}

/* On to the next instruction when argument @arg is @v; NEXT otherwise. */
static void only_if(struct program *p, unsigned int arg, uint64_t v)
{
	load_arg(p, arg, false);
	jump(p, BPF_JEQ, low(v), 0, NEXT);
	load_arg(p, arg, true);
	jump(p, BPF_JEQ, high(v), 0, NEXT);
}

static void allow_drop_of_all(struct program *p, const struct guard_range *ram)
{
	unsigned int start = p->nr;

	load_nr(p);
	jump(p, BPF_JEQ, __NR_madvise, 0, NEXT);
	only_if(p, 0, ram->start);
	only_if(p, 1, ram->len);
	load_arg(p, 2, false);
	jump(p, BPF_JEQ, MADV_DONTNEED, 0, NEXT);
	stmt(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	end_block(p, start, p->nr, 0);
}

/* All others are allowed before an argument is looked at: that is cached. */
static void pick_calls(struct program *p)
{
	static const unsigned int calls[] = {
		__NR_madvise,  __NR_munmap, __NR_mremap,
		__NR_mprotect, __NR_mmap,   __NR_pkey_mprotect,
		__NR_mlock,    __NR_mlock2, __NR_mbind,
	};
	unsigned int n = ARRAY_SIZE(calls);

	stmt(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	jump(p, BPF_JEQ, ARCH, 1, 0);
	stmt(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW); /* the other filter's */
	load_nr(p);
	for (unsigned int i = 0; i < n; i++)
		jump(p, BPF_JEQ, calls[i], (uint8_t)(n - i), 0);
	stmt(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

struct sock_filter *guard_memory_filter(const struct guard_memory *m,
					uint32_t action, unsigned short *nr)
{
	struct program *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	pick_calls(p);
	allow_drop_of_all(p, &m->ram);
	take_address(p);
	refuse_overlap(p, &m->ram, action);
	/* The window's end is a munmap() of all of it. */
	load_nr(p);
	jump(p, BPF_JEQ, __NR_munmap, 0, 1);
	stmt(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	refuse_overlap(p, &m->window, action);
	stmt(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	*nr = p->nr;
	static_assert(offsetof(struct program, f) == 0, "what is freed");
	return p->f;
}
