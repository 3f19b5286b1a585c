// SPDX-License-Identifier: GPL-2.0-only
/* gdb_cpu.c: registers of a vCPU as gdb has them, and what a step does to them. */
#include "gdb_cpu.h"

#include <string.h>

#define PSTATE_USES_SP_EL1(p) (((p)&0xfU) == 5)

static int get(struct pvm *p, unsigned int vcpu, struct pvm_vcpu_state *s,
	       struct pvm_vcpu_mmu *m)
{
	int ret = pvm_vcpu_get_state(p, vcpu, s);

	return ret ? ret : pvm_vcpu_get_mmu(p, vcpu, m);
}

int gdb_cpu_get(struct pvm *p, unsigned int vcpu, struct gdb_regs *r)
{
	struct pvm_vcpu_state s;
	struct pvm_vcpu_mmu m;
	int ret = get(p, vcpu, &s, &m);

	if (ret)
		return ret;
	memcpy(r->x, s.x, sizeof(r->x));
	r->sp = PSTATE_USES_SP_EL1(s.pstate) ? s.sp_el1 : m.sp_el0;
	r->pc = s.pc;
	r->cpsr = (uint32_t)s.pstate;
	return 0;
}

int gdb_cpu_set(struct pvm *p, unsigned int vcpu, const struct gdb_regs *r)
{
	return pvm_vcpu_set_core(p, vcpu, r->x, r->sp,
				 PSTATE_USES_SP_EL1(r->cpsr), r->pc, r->cpsr);
}

/* --- steps ------------------------------------------------------------------ */

static int get_step_regs(struct pvm *p, unsigned int vcpu,
			 struct gdb_step_regs *r, uint64_t *sp_el1)
{
	struct pvm_vcpu_state s;
	struct pvm_vcpu_mmu m;
	int ret = get(p, vcpu, &s, &m);

	if (ret)
		return ret;
	*r = (struct gdb_step_regs){
		.pc = s.pc,
		.pstate = s.pstate,
		.vbar = s.vbar_el1,
		.spsr = m.spsr_el1,
	};
	memcpy(r->x, s.x, sizeof(r->x));
	*sp_el1 = s.sp_el1;
	return 0;
}

int gdb_cpu_begin_step(struct gdb_memory *m, unsigned int vcpu,
		       struct gdb_step *s)
{
	struct gdb_step_regs r;
	le32 insn = { 0 };
	uint64_t sp;
	int ret = get_step_regs(m->pvm, vcpu, &r, &sp);

	if (ret)
		return ret;
	/* Where no instruction can be read the step is an exception. */
	(void)!gdb_memory_copy(m, vcpu, r.pc, (uint8_t *)&insn, sizeof(insn),
			       false);
	if (gdb_step_begin(s, &r, le32_get(insn)))
		ret = pvm_vcpu_set_core(m->pvm, vcpu, r.x, sp, true, r.pc,
					r.pstate);
	return ret;
}

int gdb_cpu_end_step(struct pvm *p, unsigned int vcpu, struct gdb_step *s)
{
	struct gdb_step_regs r;
	uint64_t sp;
	int ret = get_step_regs(p, vcpu, &r, &sp);

	if (ret) {
		s->active = false;
		return ret;
	}
	gdb_step_end(s, &r);
	ret = pvm_vcpu_set_core(p, vcpu, r.x, sp, true, r.pc, r.pstate);
	return ret ? ret : pvm_vcpu_set_spsr(p, vcpu, r.spsr);
}
