// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpu.c: vCPUs: creation, start state, KVM_RUN → struct pvm_exit, registers.
 *
 * A protected VM's vCPU always gets both pointer authentication features when
 * the host has them: the hypervisor shows the guest generic authentication
 * whether it was asked for or not, and a guest that uses it dies.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"

#define CORE_REG(field) PVM_CORE_REG(field)

#define SYSREG_SCTLR_EL1 ARM64_SYS_REG(3, 0, 1, 0, 0)
#define SYSREG_VBAR_EL1	 ARM64_SYS_REG(3, 0, 12, 0, 0)
/* ESR's exception class: a watchpoint, from a lower level. */
#define ESR_EC_WATCHPOINT 0x34U

int pvm_vcpus_create(struct pvm *p)
{
	for (unsigned int i = 0; i < p->cfg.nr_vcpus; i++) {
		struct pvm_vcpu *v = &p->vcpus[i];
		void *run;
		int ret = kvm_ioctl_val(p->vm_fd, KVM_CREATE_VCPU, i);

		if (ret < 0) {
			log_err("cannot create vCPU %u: %s; lower -c", i,
				errno_text(ret));
			return ret;
		}
		v->fd = ret;
		run = mmap(NULL, p->run_size, PROT_READ | PROT_WRITE,
			   MAP_SHARED, v->fd, 0);
		if (run == MAP_FAILED) {
			ret = -errno;
			log_err("cannot map vCPU %u: %s", i, errno_text(ret));
			return ret;
		}
		v->run = run;
		pvm_stats_open(p, i);
	}
	return 0;
}

void pvm_vcpus_destroy(struct pvm *p)
{
	p->stores = NULL;
	for (unsigned int i = 0; i < p->cfg.nr_vcpus; i++) {
		struct pvm_vcpu *v = &p->vcpus[i];

		pvm_stats_close(p, i);
		if (v->run)
			munmap(v->run, p->run_size);
		if (v->fd >= 0)
			close(v->fd);
		v->run = NULL;
		v->fd = -1;
	}
}

int pvm_set_reg(const struct pvm_vcpu *v, uint64_t id, uint64_t value)
{
	struct kvm_one_reg r = { .id = id,
				 .addr = (uint64_t)(uintptr_t)&value };

	return kvm_ioctl(v->fd, KVM_SET_ONE_REG, &r);
}

/* KVM writes to *value. */
int pvm_get_reg(const struct pvm_vcpu *v, uint64_t id,
		uint64_t *value) /* NOLINT(readability-non-const-parameter) */
{
	struct kvm_one_reg r = { .id = id, .addr = (uint64_t)(uintptr_t)value };

	return kvm_ioctl(v->fd, KVM_GET_ONE_REG, &r);
}

static void add_feature(struct kvm_vcpu_init *init, unsigned int feature)
{
	init->features[feature / 32] |= 1U << (feature % 32);
}

int pvm_vcpus_init(struct pvm *p, gpa_t entry, uint64_t x0)
{
	struct kvm_vcpu_init init;
	int ret;

	memset(&init, 0, sizeof(init));
	ret = kvm_ioctl(p->vm_fd, KVM_ARM_PREFERRED_TARGET, &init);
	if (ret) {
		log_err("KVM names no vCPU type for this host: %s",
			errno_text(ret));
		return ret;
	}
	add_feature(&init, KVM_ARM_VCPU_PSCI_0_2);
	if (p->caps.ptrauth_address && p->caps.ptrauth_generic) {
		add_feature(&init, KVM_ARM_VCPU_PTRAUTH_ADDRESS);
		add_feature(&init, KVM_ARM_VCPU_PTRAUTH_GENERIC);
	}

	for (unsigned int i = 0; i < p->cfg.nr_vcpus; i++) {
		if (i == 1)
			add_feature(&init, KVM_ARM_VCPU_POWER_OFF);
		ret = kvm_ioctl(p->vcpus[i].fd, KVM_ARM_VCPU_INIT, &init);
		if (ret) {
			log_err("KVM refused to initialise vCPU %u: %s", i,
				errno_text(ret));
			return ret;
		}
	}

	ret = pvm_set_reg(&p->vcpus[0], CORE_REG(regs.pc), entry);
	if (!ret)
		ret = pvm_set_reg(&p->vcpus[0], CORE_REG(regs.regs[0]), x0);
	if (ret)
		log_err("cannot set vCPU 0's entry point: %s", errno_text(ret));
	return ret;
}

static enum pvm_exit_kind kind_of_errno(int err)
{
	switch (err) {
	case EINTR:
	case EAGAIN:
		return PVM_EXIT_INTERRUPTED;
	case ENOMEM:
		return PVM_EXIT_NO_MEMORY;
	case EFAULT:
		return PVM_EXIT_POISONED;
	case EIO:
		return PVM_EXIT_BACKING;
	case EPERM:
		return PVM_EXIT_NOT_OWNED;
	case ENOEXEC:
		return PVM_EXIT_NOT_READY;
	default:
		return PVM_EXIT_OTHER;
	}
}

static void decode_system_event(const struct kvm_run *run, struct pvm_exit *e)
{
	/* ndata is 0 on kernels before 5.19: flags then read as zero. */
	e->detail = run->system_event.ndata ? run->system_event.data[0] : 0;
	switch (run->system_event.type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		e->kind = e->detail & KVM_SYSTEM_EVENT_SHUTDOWN_FLAG_PSCI_OFF2
				  ? PVM_EXIT_HIBERNATE
				  : PVM_EXIT_POWER_OFF;
		break;
	case KVM_SYSTEM_EVENT_RESET:
		e->kind = PVM_EXIT_RESET;
		break;
	default:
		e->kind = PVM_EXIT_OTHER;
		e->detail = run->system_event.type;
		break;
	}
}

static void decode_exit(struct kvm_run *run, struct pvm_exit *e)
{
	e->code = run->exit_reason;
	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		e->kind = PVM_EXIT_MMIO;
		e->gpa = run->mmio.phys_addr;
		e->len = run->mmio.len;
		e->is_write = run->mmio.is_write;
		e->data = run->mmio.data;
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		decode_system_event(run, e);
		break;
	case KVM_EXIT_INTR:
		e->kind = PVM_EXIT_INTERRUPTED;
		break;
	case KVM_EXIT_DEBUG:
		e->kind = PVM_EXIT_DEBUG;
		e->is_watch = run->debug.arch.hsr >> 26 == ESR_EC_WATCHPOINT;
		e->watched = run->debug.arch.far;
		break;
	case KVM_EXIT_FAIL_ENTRY:
		e->kind = PVM_EXIT_OTHER;
		e->detail = run->fail_entry.hardware_entry_failure_reason;
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		e->kind = PVM_EXIT_OTHER;
		e->detail = run->internal.suberror;
		break;
	default:
		e->kind = PVM_EXIT_OTHER;
		break;
	}
}

void pvm_vcpu_run(struct pvm *p, unsigned int i, struct pvm_exit *e)
{
	struct pvm_vcpu *v = &p->vcpus[i];
	int ret = kvm_ioctl_val(v->fd, KVM_RUN, 0);

	memset(e, 0, sizeof(*e));
	if (ret >= 0) {
		decode_exit(v->run, e);
		return;
	}
	/* After an error the exit union is the previous exit's: not read. */
	e->err = -ret;
	e->kind = kind_of_errno(e->err);
}

void pvm_vcpu_set_immediate_exit(struct pvm *p, unsigned int i, bool on)
{
	if (p->vcpus[i].run)
		__atomic_store_n(&p->vcpus[i].run->immediate_exit, on,
				 __ATOMIC_SEQ_CST);
}

int pvm_vcpu_get_state(struct pvm *p, unsigned int i, struct pvm_vcpu_state *s)
{
	const struct pvm_vcpu *v = &p->vcpus[i];
	struct kvm_mp_state mp = { 0 };
	int ret;

	memset(s, 0, sizeof(*s));
	ret = pvm_get_reg(v, CORE_REG(regs.pc), &s->pc);
	if (!ret)
		ret = pvm_get_reg(v, CORE_REG(regs.pstate), &s->pstate);
	for (unsigned int r = 0; !ret && r < ARRAY_SIZE(s->x); r++)
		ret = pvm_get_reg(v, CORE_REG(regs.regs[0]) + 2ULL * r,
				  &s->x[r]);
	if (!ret)
		ret = pvm_get_reg(v, CORE_REG(sp_el1), &s->sp_el1);
	if (!ret)
		ret = pvm_get_reg(v, CORE_REG(elr_el1), &s->elr_el1);
	if (!ret)
		ret = pvm_get_reg(v, PVM_REG_ESR_EL1, &s->esr_el1);
	if (!ret)
		ret = pvm_get_reg(v, PVM_REG_FAR_EL1, &s->far_el1);
	if (!ret)
		ret = pvm_get_reg(v, SYSREG_VBAR_EL1, &s->vbar_el1);
	if (!ret)
		ret = pvm_get_reg(v, SYSREG_SCTLR_EL1, &s->sctlr_el1);
	if (!ret && !kvm_ioctl(v->fd, KVM_GET_MP_STATE, &mp))
		s->stopped = mp.mp_state == KVM_MP_STATE_STOPPED;
	return ret;
}
