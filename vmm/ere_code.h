/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ere_code.h: what an expression is compiled to (ere_compile.c) and what matches
 * it (ere.c): the instructions of an automaton, and the places it is in.
 */
#ifndef LKVM_PVM_ERE_CODE_H
#define LKVM_PVM_ERE_CODE_H

#include <stdint.h>

#include "ere.h"

enum ere_op {
	ERE_BYTE,  /* arg */
	ERE_ANY,   /* any byte */
	ERE_SET,   /* a byte in sets[x] */
	ERE_SPLIT, /* goes on behind it and @x further on */
	ERE_JUMP,  /* goes on @x further on */
	ERE_AT,	   /* an enum ere_place in arg */
	ERE_MATCH,
};

enum ere_place {
	ERE_BEGIN,
	ERE_END,
	ERE_WORD_EDGE,
	ERE_NO_WORD_EDGE,
	ERE_WORD_BEGIN,
	ERE_WORD_END,
};

struct ere_insn {
	uint8_t op, arg;
	int16_t x;
};

struct ere_set {
	uint8_t bits[32];
};

/* What ere_match() is in the middle of. */
struct ere_list {
	unsigned int nr;
	uint16_t pcs[ERE_MAX]; /* of instructions that take a byte */
};

struct ere {
	unsigned int nr, nr_sets;
	struct ere_insn code[ERE_MAX];
	struct ere_set *sets;
	/* If can_skip: where no line begins a match begins with one of these. */
	struct ere_set first;
	bool can_skip;

	struct ere_list lists[2];
	uint64_t round;		/* one for each place in each line */
	uint64_t seen[ERE_MAX]; /* the last round that had this instruction */
	uint16_t stack[ERE_MAX];
};

static inline bool ere_set_has(const struct ere_set *set, uint8_t byte)
{
	return set->bits[byte / 8] >> byte % 8 & 1;
}

static inline void ere_set_add(struct ere_set *set, uint8_t byte)
{
	set->bits[byte / 8] |= (uint8_t)(1U << byte % 8);
}

/* Finds what a match may begin with; ere_compile()'s last step. */
void ere_prepare(struct ere *e);

#endif
