// SPDX-License-Identifier: GPL-2.0-only
/* selftest_create.c: checks of a VM's creation, and of what a pVM is shown. */
#include "selftest_vm.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"

#define TAINT_USER (1UL << 6)
/* Everything a pKVM host has slots for, and one more. */
#define TOO_MANY 256U

static void protected_type(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	st_is_private(t, ST_DATA);
}

static void taints(struct selftest *t)
{
	char text[32];

	st_create(t);
	st_must("tainted",
		host_read("", "/proc/sys/kernel/tainted", text, sizeof(text)));
	if (!(strtoul(text, NULL, 10) & TAINT_USER))
		st_fail("/proc/sys/kernel/tainted is %s after a pVM was created",
			text);
}

static void unknown_type(struct selftest *t)
{
	unsigned long type = KVM_VM_TYPE_ARM_PROTECTED;
	int ret;

	if (st_provoked(t))
		type |= 1UL << 30;
	st_create(t);
	ret = kvm_ioctl_val(t->kvm, KVM_CREATE_VM, type);
	st_errno("KVM_CREATE_VM with an unknown bit of type", ret < 0 ? ret : 0,
		 -EINVAL);
}

static void address_sizes(struct selftest *t)
{
	static const unsigned long sizes[] = { 0, 40, 52 };

	st_create(t);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		st_must("KVM_CREATE_VM with an address size",
			kvm_ioctl_val(t->kvm, KVM_CREATE_VM,
				      KVM_VM_TYPE_ARM_PROTECTED | sizes[i]));
}

static void late_vcpu(struct selftest *t)
{
	int ret;

	st_boot(t);
	if (st_provoked(t))
		st_gic(t, false);
	ret = kvm_ioctl_val(t->vm, KVM_CREATE_VCPU, 1);
	st_errno("KVM_CREATE_VCPU after the GIC was initialised",
		 ret < 0 ? ret : 0, -EBUSY);
}

static void no_32_bit(struct selftest *t)
{
	st_boot(t);
	st_equal("ID_AA64PFR0_EL1.EL1 and EL0 in the guest",
		 st_op(t, G_IDS, 0, 0, 0, 0).x[0] & 0xff, 0x11);
}

static void no_pmu(struct selftest *t)
{
	st_boot(t);
	st_equal("ID_AA64DFR0_EL1.PMUVer in the guest",
		 st_op(t, G_IDS, 0, 0, 0, 0).x[3] >> 8 & 0xf, 0);
}

static void runs_at_el1(struct selftest *t)
{
	struct st_reply r;

	st_boot(t);
	r = st_op(t, G_IDS, 0, 0, 0, 0);
	st_equal("CurrentEL in the guest", r.x[2], 1 << 2);
	st_equal("MPIDR_EL1.Aff of vCPU 0", r.x[1] & 0xffffff, 0);
}

static void no_offset(struct selftest *t)
{
	struct kvm_arm_counter_offset offset = { 0 };

	st_create(t);
	st_errno("KVM_ARM_SET_COUNTER_OFFSET",
		 kvm_ioctl(t->vm, KVM_ARM_SET_COUNTER_OFFSET, &offset),
		 -EINVAL);
}

static void at_most_255(struct selftest *t)
{
	unsigned int nr = 0;
	int ret = 0;

	st_create(t);
	while (nr < TOO_MANY && ret >= 0) {
		ret = kvm_ioctl_val(t->kvm, KVM_CREATE_VM,
				    KVM_VM_TYPE_ARM_PROTECTED);
		nr++;
	}
	st_errno("KVM_CREATE_VM of more than 255", ret < 0 ? ret : 0, -ENOMEM);
	ret = kvm_ioctl_val(t->kvm, KVM_CREATE_VM, 0);
	st_errno("KVM_CREATE_VM of an ordinary VM, beside 255 others",
		 ret < 0 ? ret : 0, -ENOMEM);
	st_close(t);
	st_must("KVM_CREATE_VM after one was closed",
		kvm_ioctl_val(t->kvm, KVM_CREATE_VM,
			      KVM_VM_TYPE_ARM_PROTECTED));
}

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "create.protected_type_is_accepted",
	  .promise = "pKVM permits creation of protected virtual machines by "
		     "passing the KVM_VM_TYPE_ARM_PROTECTED machine type "
		     "identifier to the KVM_CREATE_VM ioctl()",
	  .source = D_PKVM, .decides = "arch/arm64/kvm/pkvm.c:pkvm_init_host_vm",
	  .seen = "7.3", .provocation = "protection",
	  .flags = SELFTEST_UNPROTECT, .run = protected_type },
	{ .name = "create.kernel_is_tainted",
	  .promise = "the first protected VM taints the kernel (TAINT_USER)",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/pkvm.c:pkvm_init_host_vm",
	  .seen = "7.3", .run = taints },
	{ .name = "create.unknown_type_bits_are_refused",
	  .promise = "an unknown bit of the VM's type is EINVAL",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/arm.c:kvm_arch_init_vm",
	  .seen = "7.3", .provocation = "the unknown bit",
	  .run = unknown_type },
	{ .name = "create.address_sizes_are_accepted",
	  .promise = "a pVM's type may name a size of guest addresses, which "
		     "does not matter",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/mmu.c:kvm_init_ipa_range",
	  .seen = "7.3", .run = address_sizes },
	{ .name = "create.vcpus_precede_the_gic",
	  .promise = "a vCPU cannot be added once the GIC is initialised",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/arm.c:"
				       "kvm_arch_vcpu_precreate",
	  .seen = "7.3", .provocation = "the GIC",
	  .run = late_vcpu },
	{ .name = "create.guest_starts_at_el1",
	  .promise = "a pVM's vCPU 0 starts at EL1 with affinity 0",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/reset.c:kvm_reset_vcpu",
	  .seen = "7.3", .run = runs_at_el1 },
	{ .name = "create.guest_sees_no_32_bit",
	  .promise = "a pVM's ID registers are the hypervisor's: no AArch32",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/hyp/nvhe/sys_regs.c:"
				       "pvm_calc_id_reg",
	  .seen = "7.3", .provocation = "protection",
	  .flags = SELFTEST_UNPROTECT, .run = no_32_bit },
	{ .name = "create.guest_sees_no_pmu",
	  .promise = "a pVM's ID registers are the hypervisor's: no PMU",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/hyp/nvhe/sys_regs.c:"
				       "pvm_calc_id_reg",
	  .seen = "7.3", .run = no_pmu },
	{ .name = "create.counter_offset_is_refused",
	  .promise = "a pVM's counter has no offset that the host may set",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/arm.c:"
				       "kvm_arch_vm_ioctl",
	  .seen = "7.3", .provocation = "protection",
	  .flags = SELFTEST_UNPROTECT, .run = no_offset },
	{ .name = "create.at_most_255_vms",
	  .promise = "the hypervisor has room for 255 VMs, protected or not; "
		     "one more is ENOMEM",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/hyp/nvhe/pkvm.c:"
				       "__pkvm_reserve_vm",
	  .seen = "7.3", .flags = SELFTEST_DESTRUCTIVE,
	  .run = at_most_255 },
};
/* clang-format on */

const struct selftest_area st_create_area = { checks, ARRAY_SIZE(checks) };
