// SPDX-License-Identifier: GPL-2.0-only
/* selftest_vm.c: the checks' VM: raw KVM calls, in the order of a VM's life. */
#include "selftest_vm.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern const uint8_t selftest_guest_begin[];
extern const uint64_t selftest_guest_size;

void st_create(struct selftest *t)
{
	unsigned long type = KVM_VM_TYPE_ARM_PROTECTED;

	if (t->mode.leave_out && (t->check->flags & SELFTEST_UNPROTECT))
		type = 0;
	t->kvm = st_must("/dev/kvm", pvm_open_kvm());
	t->run_size = (size_t)st_must(
		"KVM_GET_VCPU_MMAP_SIZE",
		kvm_ioctl_val(t->kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
	t->vm = st_must("KVM_CREATE_VM",
			kvm_ioctl_val(t->kvm, KVM_CREATE_VM, type));
}

void st_map(struct selftest *t)
{
	size_t code = selftest_guest_size;
	size_t len = t->pages * ST_PAGE;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *ram;

	if (t->memory == ST_SHARED)
		flags = MAP_SHARED | MAP_ANONYMOUS;
	if (t->memory == ST_MEMFD) {
		flags = MAP_SHARED;
		t->memfd = st_must("memfd_create",
				   memfd_create("selftest", MFD_CLOEXEC));
		st_must("ftruncate", ftruncate(t->memfd, (off_t)len));
	}
	ram = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, t->memfd, 0);
	if (ram == MAP_FAILED)
		st_fail("mmap: %m");
	t->ram = ram;
	memcpy(t->ram, selftest_guest_begin, code);
	__builtin___clear_cache((char *)t->ram, (char *)t->ram + code);
}

int st_set_slot(struct selftest *t, uint32_t slot, uint32_t flags, uint64_t gpa,
		uint64_t size, const void *hva)
{
	struct kvm_userspace_memory_region r = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uint64_t)(uintptr_t)hva,
	};

	return kvm_ioctl(t->vm, KVM_SET_USER_MEMORY_REGION, &r);
}

void st_add_slot(struct selftest *t)
{
	st_must("KVM_SET_USER_MEMORY_REGION",
		st_set_slot(t, 0, 0, ST_RAM, t->pages * ST_PAGE, t->ram));
}

void st_set_reg(struct selftest *t, uint64_t id, uint64_t value)
{
	struct kvm_one_reg r = { .id = id,
				 .addr = (uint64_t)(uintptr_t)&value };

	st_must("KVM_SET_ONE_REG",
		kvm_ioctl(t->vcpu[0].fd, KVM_SET_ONE_REG, &r));
}

uint64_t st_get_reg(struct selftest *t, uint64_t id)
{
	uint64_t value = 0;
	struct kvm_one_reg r = { .id = id,
				 .addr = (uint64_t)(uintptr_t)&value };

	st_must("KVM_GET_ONE_REG",
		kvm_ioctl(t->vcpu[0].fd, KVM_GET_ONE_REG, &r));
	return value;
}

void st_vcpu(struct selftest *t, unsigned int i, bool off)
{
	struct kvm_vcpu_init init;
	struct pvm_caps caps;
	void *run;

	memset(&init, 0, sizeof(init));
	pvm_read_caps(t->kvm, &caps);
	t->vcpu[i].fd = st_must("KVM_CREATE_VCPU",
				kvm_ioctl_val(t->vm, KVM_CREATE_VCPU, i));
	run = mmap(NULL, t->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   t->vcpu[i].fd, 0);
	if (run == MAP_FAILED)
		st_fail("mmap of the vCPU: %m");
	t->vcpu[i].run = run;
	st_must("KVM_ARM_PREFERRED_TARGET",
		kvm_ioctl(t->vm, KVM_ARM_PREFERRED_TARGET, &init));
	init.features[0] |= 1U << KVM_ARM_VCPU_PSCI_0_2;
	if (caps.ptrauth_address && caps.ptrauth_generic)
		init.features[0] |= 1U << KVM_ARM_VCPU_PTRAUTH_ADDRESS |
				    1U << KVM_ARM_VCPU_PTRAUTH_GENERIC;
	if (off)
		init.features[0] |= 1U << KVM_ARM_VCPU_POWER_OFF;
	st_must("KVM_ARM_VCPU_INIT",
		kvm_ioctl(t->vcpu[i].fd, KVM_ARM_VCPU_INIT, &init));
	if (i)
		return;
	st_set_reg(t, ST_CORE_REG(regs.pc), ST_RAM);
	st_set_reg(t, ST_CORE_REG(regs.regs[0]), ST_MAILBOX);
}

static void attr(const char *what, int fd, uint32_t group, uint64_t which,
		 void *value)
{
	st_must(what, kvm_device_attr(fd, group, which, value));
}

void st_gic(struct selftest *t, bool its)
{
	uint64_t dist = ST_DIST, redist = ST_REDIST, its_gpa = ST_ITS;
	uint32_t irqs = 128;

	t->gic = st_must("KVM_CREATE_DEVICE, GICv3",
			 kvm_create_device(t->vm, KVM_DEV_TYPE_ARM_VGIC_V3, 0));
	attr("NR_IRQS", t->gic, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs);
	attr("distributor", t->gic, KVM_DEV_ARM_VGIC_GRP_ADDR,
	     KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	attr("redistributor", t->gic, KVM_DEV_ARM_VGIC_GRP_ADDR,
	     KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist);
	attr("GICv3", t->gic, KVM_DEV_ARM_VGIC_GRP_CTRL,
	     KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	if (!its)
		return;
	t->its =
		st_must("KVM_CREATE_DEVICE, ITS",
			kvm_create_device(t->vm, KVM_DEV_TYPE_ARM_VGIC_ITS, 0));
	attr("ITS address", t->its, KVM_DEV_ARM_VGIC_GRP_ADDR,
	     KVM_VGIC_ITS_ADDR_TYPE, &its_gpa);
	attr("ITS", t->its, KVM_DEV_ARM_VGIC_GRP_CTRL,
	     KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

void st_boot(struct selftest *t)
{
	st_create(t);
	st_map(t);
	st_add_slot(t);
	st_vcpu(t, 0, false);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void st_close(struct selftest *t)
{
	for (unsigned int i = 0; i < ST_VCPUS; i++) {
		if (t->vcpu[i].run)
			munmap(t->vcpu[i].run, t->run_size);
		t->vcpu[i].run = NULL;
		close_fd(&t->vcpu[i].fd);
	}
	close_fd(&t->its);
	close_fd(&t->gic);
	close_fd(&t->vm);
}

void *st_hva(const struct selftest *t, uint64_t ipa)
{
	return t->ram + (ipa - ST_RAM);
}
