// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c: what can be learnt and done after a vCPU met a page that the host
 * took from the guest by force (PVM_EXIT_POISONED).
 *
 * How this works: the vCPU stands before the instruction that faulted, and KVM
 * tells nobody where it pointed. But when it is asked to inject an external
 * abort it changes the registers at once, as the CPU would, and FAR_EL1 is then
 * the address. So the registers an exception changes are kept, read and put
 * back. Linux 7.3 does not hide a protected guest's registers yet.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PSTATE_DAIF 0x3c0ULL

/* What taking an exception to EL1 changes. */
static const uint64_t exception_regs[] = {
	PVM_CORE_REG(regs.pc), PVM_CORE_REG(regs.pstate),
	PVM_CORE_REG(elr_el1), PVM_CORE_REG(spsr[KVM_SPSR_EL1]),
	PVM_REG_ESR_EL1,       PVM_REG_FAR_EL1,
};

int pvm_vcpu_inject_abort(struct pvm *p, unsigned int i)
{
	struct kvm_vcpu_events events;
	int ret = kvm_ioctl(p->vcpus[i].fd, KVM_GET_VCPU_EVENTS, &events);

	if (ret)
		return ret;
	events.exception.ext_dabt_pending = 1;
	return kvm_ioctl(p->vcpus[i].fd, KVM_SET_VCPU_EVENTS, &events);
}

int pvm_vcpu_fault_address(struct pvm *p, unsigned int i, uint64_t *va)
{
	const struct pvm_vcpu *v = &p->vcpus[i];
	uint64_t kept[ARRAY_SIZE(exception_regs)];
	int ret = 0, err;

	for (size_t r = 0; !ret && r < ARRAY_SIZE(kept); r++)
		ret = pvm_get_reg(v, exception_regs[r], &kept[r]);
	if (!ret)
		ret = pvm_vcpu_inject_abort(p, i);
	if (ret)
		return ret;
	ret = pvm_get_reg(v, PVM_REG_FAR_EL1, va);
	for (size_t r = 0; r < ARRAY_SIZE(kept); r++) {
		err = pvm_set_reg(v, exception_regs[r], kept[r]);
		if (err && !ret)
			ret = err;
	}
	return ret;
}

void pvm_vcpu_fault_again(struct pvm *p, unsigned int i, struct pvm_exit *e)
{
	const struct pvm_vcpu *v = &p->vcpus[i];
	const uint64_t id = PVM_CORE_REG(regs.pstate);
	uint64_t before, after;
	int ret = pvm_get_reg(v, id, &before);

	/* An interrupt would be taken first, and lead elsewhere. */
	if (!ret)
		ret = pvm_set_reg(v, id, before | PSTATE_DAIF);
	if (ret) {
		*e = (struct pvm_exit){ .kind = PVM_EXIT_INTERRUPTED,
					.err = -ret };
		return;
	}
	pvm_vcpu_run(p, i, e);
	if (!pvm_get_reg(v, id, &after))
		(void)pvm_set_reg(
			v, id, (after & ~PSTATE_DAIF) | (before & PSTATE_DAIF));
}

const uint8_t *pvm_page_at(const struct pvm *p, gpa_t gpa, size_t page)
{
	const struct pvm_config *c = &p->cfg;
	const uint8_t *window = c->window_hva;

	gpa = align_down(gpa, page);
	if (gpa - c->ram.gpa < c->ram.len)
		return p->ram + (gpa - c->ram.gpa);
	if (gpa - c->window.gpa < c->window.len)
		return window + (gpa - c->window.gpa);
	return NULL;
}

int pvm_read_page(struct pvm *p, gpa_t gpa, void *buf, size_t len)
{
	const uint8_t *hva = pvm_page_at(p, gpa, len);
	int fds[2], ret = 0;

	if (!hva)
		return -ENOENT;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	/* The one way that says EFAULT and harms no page of the guest's. */
	if (write(fds[1], hva, len) != (ssize_t)len ||
	    read(fds[0], buf, len) != (ssize_t)len)
		ret = -errno;
	close(fds[0]);
	close(fds[1]);
	return ret;
}
