// SPDX-License-Identifier: GPL-2.0-only
/*
 * debug.c: what a debugger wants of the guest of an ordinary VM: breakpoints,
 * registers to set, and memory, which of a protected one nobody gets.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>

#define SYSREG_SCTLR_EL1 ARM64_SYS_REG(3, 0, 1, 0, 0)
#define SYSREG_TTBR0_EL1 ARM64_SYS_REG(3, 0, 2, 0, 0)
#define SYSREG_TTBR1_EL1 ARM64_SYS_REG(3, 0, 2, 0, 1)
#define SYSREG_TCR_EL1	 ARM64_SYS_REG(3, 0, 2, 0, 2)

/* DBGBCR_EL1: enabled, EL1 and EL0, all four bytes of an instruction. */
#define BCR 0x1e7U
/* DBGWCR_EL1: the same, of the bytes @bas. */
#define WCR(loads, stores, bas)                                                \
	(7U | (unsigned int)(loads) << 3 | (unsigned int)(stores) << 4 |       \
	 (unsigned int)(bas) << 5)

int pvm_vcpu_set_debug(struct pvm *p, unsigned int i, const struct pvm_debug *d)
{
	struct kvm_guest_debug debug = { .control = 0 };

	if (d->step)
		debug.control |= KVM_GUESTDBG_SINGLESTEP;
	if (d->instructions)
		debug.control |= KVM_GUESTDBG_USE_SW_BP;
	if (d->nr || d->nr_watch)
		debug.control |= KVM_GUESTDBG_USE_HW;
	if (debug.control)
		debug.control |= KVM_GUESTDBG_ENABLE;
	for (unsigned int b = 0; b < d->nr; b++) {
		debug.arch.dbg_bvr[b] = d->at[b];
		debug.arch.dbg_bcr[b] = BCR;
	}
	for (unsigned int w = 0; w < d->nr_watch; w++) {
		const struct pvm_watchpoint *at = &d->watch[w];

		debug.arch.dbg_wvr[w] = at->at & ~7ULL;
		debug.arch.dbg_wcr[w] =
			WCR(at->loads, at->stores,
			    (((1U << at->len) - 1) << (at->at & 7)) & 0xff);
	}
	return kvm_ioctl(p->vcpus[i].fd, KVM_SET_GUEST_DEBUG, &debug);
}

static unsigned int number(struct pvm *p, int cap, unsigned int max)
{
	int n = kvm_ioctl_val(p->kvm_fd, KVM_CHECK_EXTENSION, cap);

	if (n < 0)
		return 0;
	return n < (int)max ? (unsigned int)n : max;
}

unsigned int pvm_nr_breakpoints(struct pvm *p)
{
	return number(p, KVM_CAP_GUEST_DEBUG_HW_BPS, PVM_MAX_BREAKPOINTS);
}

unsigned int pvm_nr_watchpoints(struct pvm *p)
{
	return number(p, KVM_CAP_GUEST_DEBUG_HW_WPS, PVM_MAX_WATCHPOINTS);
}

int pvm_vcpu_get_mmu(struct pvm *p, unsigned int i, struct pvm_vcpu_mmu *m)
{
	const struct pvm_vcpu *v = &p->vcpus[i];
	int ret = pvm_get_reg(v, PVM_CORE_REG(regs.sp), &m->sp_el0);

	if (!ret)
		ret = pvm_get_reg(v, SYSREG_SCTLR_EL1, &m->sctlr_el1);
	if (!ret)
		ret = pvm_get_reg(v, SYSREG_TCR_EL1, &m->tcr_el1);
	if (!ret)
		ret = pvm_get_reg(v, SYSREG_TTBR0_EL1, &m->ttbr0_el1);
	if (!ret)
		ret = pvm_get_reg(v, SYSREG_TTBR1_EL1, &m->ttbr1_el1);
	if (!ret)
		ret = pvm_get_reg(v, PVM_CORE_REG(spsr[KVM_SPSR_EL1]),
				  &m->spsr_el1);
	return ret;
}

int pvm_vcpu_set_spsr(struct pvm *p, unsigned int i, uint64_t spsr_el1)
{
	return pvm_set_reg(&p->vcpus[i], PVM_CORE_REG(spsr[KVM_SPSR_EL1]),
			   spsr_el1);
}

int pvm_vcpu_set_core(struct pvm *p, unsigned int i, const uint64_t x[31],
		      uint64_t sp, bool is_sp_el1, uint64_t pc, uint64_t pstate)
{
	const struct pvm_vcpu *v = &p->vcpus[i];
	int ret = 0;

	for (unsigned int r = 0; !ret && r < 31; r++)
		ret = pvm_set_reg(v, PVM_CORE_REG(regs.regs[0]) + 2ULL * r,
				  x[r]);
	if (!ret)
		ret = pvm_set_reg(v,
				  is_sp_el1 ? PVM_CORE_REG(sp_el1)
					    : PVM_CORE_REG(regs.sp),
				  sp);
	if (!ret)
		ret = pvm_set_reg(v, PVM_CORE_REG(regs.pc), pc);
	if (!ret)
		ret = pvm_set_reg(v, PVM_CORE_REG(regs.pstate), pstate);
	return ret;
}

int pvm_copy(struct pvm *p, gpa_t gpa, void *buf, size_t len, bool write)
{
	uint8_t *at = pvm_hva(p, gpa, len);

	if (p->cfg.protected_vm)
		return -EPERM;
	if (!at)
		return -EFAULT;
	if (!write) {
		memcpy(buf, at, len);
		return 0;
	}
	memcpy(at, buf, len);
	/* It may be instructions. */
	__builtin___clear_cache((char *)at, (char *)at + len);
	return 0;
}
