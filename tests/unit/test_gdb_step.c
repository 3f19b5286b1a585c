// SPDX-License-Identifier: GPL-2.0-only
/* test_gdb_step.c: properties of a step that no interrupt comes into. */
#include "unit.h"

#include <string.h>

#include "../../vmm/gdb_step.h"

#define I	  0x80ULL
#define F	  0x40ULL
#define VBAR	  0xffff800080010800ULL
#define PSTATE	  0x20000005ULL /* EL1h, no mask, a flag of a comparison */
#define NOP	  0xd503201fU
#define MRS_DAIF  0xd53b4223U /* x3 */
#define MSR_DAIF  0xd51b4223U
#define DAIFSET_I 0xd50342dfU
#define DAIFCLR_I 0xd50342ffU
#define ERET	  0xd69f03e0U

static struct gdb_step step;
static struct gdb_step_regs regs;

static void step_begins(uint32_t insn, uint64_t pstate)
{
	memset(&regs, 0, sizeof(regs));
	regs.pc = 0x1000;
	regs.pstate = pstate;
	regs.vbar = VBAR;
	ck_assert(gdb_step_begin(&step, &regs, insn));
	ck_assert_uint_eq(regs.pstate, pstate | I | F);
}

/* It was executed, and left @pstate. */
static uint64_t pstate_after(uint64_t pstate)
{
	regs.pc += 4;
	regs.pstate = pstate;
	gdb_step_end(&step, &regs);
	ck_assert(!step.active);
	return regs.pstate;
}

START_TEST(a_step_has_no_interrupt_and_leaves_no_mask)
{
	step_begins(NOP, PSTATE);
	/* A comparison's flags stay. */
	ck_assert_uint_eq(pstate_after(0x60000005 | I | F), 0x60000005);
	step_begins(NOP, PSTATE | F);
	ck_assert_uint_eq(pstate_after(PSTATE | I | F), PSTATE | F);
	/* It never happened */
	step_begins(DAIFSET_I, PSTATE);
	gdb_step_end(&step, &regs);
	ck_assert_uint_eq(regs.pstate, PSTATE);
	/* Who has none anyhow is left alone. */
	regs.pstate = PSTATE | I | F;
	ck_assert(!gdb_step_begin(&step, &regs, NOP));
	regs.pstate = PSTATE;
	gdb_step_end(&step, &regs);
	ck_assert_uint_eq(regs.pstate, PSTATE);
}
END_TEST

START_TEST(a_step_of_what_uses_the_masks_does_what_it_would)
{
	step_begins(MRS_DAIF, PSTATE);
	regs.x[3] = I | F;
	ck_assert_uint_eq(pstate_after(PSTATE | I | F), PSTATE);
	ck_assert_uint_eq(regs.x[3], 0);
	step_begins(MRS_DAIF | 0x1f, PSTATE | F); /* xzr */
	ck_assert_uint_eq(pstate_after(PSTATE | I | F), PSTATE | F);
	step_begins(DAIFSET_I, PSTATE);
	ck_assert_uint_eq(pstate_after(PSTATE | I | F), PSTATE | I);
	step_begins(DAIFCLR_I, PSTATE | I);
	ck_assert_uint_eq(pstate_after(PSTATE | F), PSTATE);
	step_begins(MSR_DAIF, PSTATE);
	ck_assert_uint_eq(pstate_after(PSTATE | I), PSTATE | I);
	/* To a program, whose masks come from SPSR */
	step_begins(ERET, PSTATE | I);
	regs.pc = 0x400000;
	ck_assert_uint_eq(pstate_after(0), 0);
}
END_TEST

START_TEST(an_exception_of_a_step_keeps_no_mask)
{
	step_begins(NOP, PSTATE | F);
	regs.pc = VBAR + 0x200;
	regs.pstate = 0x3c5;
	regs.spsr = PSTATE | I | F;
	gdb_step_end(&step, &regs);
	ck_assert_uint_eq(regs.pstate, 0x3c5);
	ck_assert_uint_eq(regs.spsr, PSTATE | F);
	/* Not one: it stepped from one vector to the next. */
	step_begins(NOP, PSTATE);
	regs.pc = step.pc = VBAR + 0x7c;
	ck_assert_uint_eq(pstate_after(PSTATE | I | F), PSTATE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gdb_step");
	TCase *tc = tcase_create("gdb_step");

	tcase_add_test(tc, a_step_has_no_interrupt_and_leaves_no_mask);
	tcase_add_test(tc, a_step_of_what_uses_the_masks_does_what_it_would);
	tcase_add_test(tc, an_exception_of_a_step_keeps_no_mask);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
