/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ere.h: extended regular expressions (POSIX.1-2017, Base Definitions, 9.4) on
 * bytes, with glibc's \w \s \b \< and their like, and without back-references.
 *
 * Not regexec(3): what a guest prints is matched here, and there are expressions
 * for which that takes minutes and gigabytes for a line that a guest may print.
 * Here a byte of it costs 2 * ERE_MAX steps at most, and nothing grows.
 */
#ifndef LKVM_PVM_ERE_H
#define LKVM_PVM_ERE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Instructions of an expression: one for a byte or a set, one or two more for an
 * operator; what is repeated {n} has n times those of its part.
 */
#define ERE_MAX 2048U

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

/* Owned by the caller, who calls ere_free(). NULL: why not, in @why. */
struct ere *ere_compile(const char *text, const char **why);
void ere_free(struct ere *e);

/* Whether a part of @text, a line, matches. One thread at a time. */
bool ere_match(struct ere *e, const char *text);

/* Finds what a match may begin with; ere_compile()'s last step. */
void ere_prepare(struct ere *e);

#endif
