// SPDX-License-Identifier: GPL-2.0-only
/*
 * gdb_step.c: masks interrupts for a step, and mends what that instruction saw of
 * the masks, or an exception of its kept of them (gdb_step.h).
 */
#include "gdb_step.h"

/* PSTATE's I and F; its D, A, I and F as DAIF has them. */
#define MASKS 0xc0ULL
#define DAIF  0x3c0ULL
/* Of VBAR_EL1: sixteen vectors. */
#define VECTORS_LEN 0x800U
#define VECTOR_LEN  0x80U

enum kind {
	KIND_OTHER,
	KIND_READS, /* MRS Xt, DAIF */
	KIND_SETS,  /* MSR DAIFSet, #imm */
	KIND_CLEARS,
	KIND_WRITES /* MSR DAIF, Xt; ERET: what they write is right */
};

static enum kind kind_of(uint32_t insn)
{
	static const struct {
		uint32_t mask, insn;
		enum kind kind;
	} known[] = {
		{ 0xffffffe0, 0xd53b4220, KIND_READS },
		{ 0xffffffe0, 0xd51b4220, KIND_WRITES },
		{ 0xfffff0ff, 0xd50340df, KIND_SETS },
		{ 0xfffff0ff, 0xd50340ff, KIND_CLEARS },
		{ 0xffffffff, 0xd69f03e0, KIND_WRITES }, /* ERET */
		{ 0xffffffff, 0xd69f0bff, KIND_WRITES }, /* ERETAA */
		{ 0xffffffff, 0xd69f0fff, KIND_WRITES }, /* ERETAB */
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if ((insn & known[i].mask) == known[i].insn)
			return known[i].kind;
	return KIND_OTHER;
}

bool gdb_step_begin(struct gdb_step *s, struct gdb_step_regs *r, uint32_t insn)
{
	*s = (struct gdb_step){ .pc = r->pc, .pstate = r->pstate };
	if ((r->pstate & MASKS) == MASKS)
		return false;
	s->active = true;
	s->insn = insn;
	r->pstate |= MASKS;
	return true;
}

/* It took an exception, and stands at its vector. */
static bool is_at_vector(const struct gdb_step *s,
			 const struct gdb_step_regs *r)
{
	uint64_t at = r->pc - r->vbar;

	return at < VECTORS_LEN && at % VECTOR_LEN == 0 && r->pc != s->pc + 4;
}

void gdb_step_end(struct gdb_step *s, struct gdb_step_regs *r)
{
	const uint64_t imm = (uint64_t)(s->insn >> 8 & 0xf) << 6;
	const unsigned int t = s->insn & 0x1f;
	uint64_t right = s->pstate;

	if (!s->active)
		return;
	s->active = false;
	if (is_at_vector(s, r)) {
		r->spsr = (r->spsr & ~MASKS) | (s->pstate & MASKS);
		return;
	}
	switch (r->pc == s->pc ? KIND_OTHER : kind_of(s->insn)) {
	case KIND_READS:
		if (t < ARRAY_SIZE(r->x))
			r->x[t] = s->pstate & DAIF;
		break;
	case KIND_SETS:
		right |= imm;
		break;
	case KIND_CLEARS:
		right &= ~imm;
		break;
	case KIND_WRITES:
		return;
	case KIND_OTHER:
		break;
	}
	r->pstate = (r->pstate & ~MASKS) | (right & MASKS);
}
