/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kvm_compat.h: the only includer of <linux/kvm.h>, and the constants newer
 * than the build machine's headers (Debian 12: Linux 6.1), each with the
 * header of linux-source-7.3 that defines it; what is not KVM's is in compat.h.
 */
#ifndef LKVM_PVM_KVM_COMPAT_H
#define LKVM_PVM_KVM_COMPAT_H

#include <linux/kvm.h>
#include <sys/syscall.h>

/* include/uapi/linux/kvm.h, since 7.1 */
#ifndef KVM_VM_TYPE_ARM_PROTECTED
#define KVM_VM_TYPE_ARM_PROTECTED (1UL << 31)
#endif

/* arch/arm64/include/uapi/asm/kvm.h, since 6.15 */
#ifndef KVM_SYSTEM_EVENT_SHUTDOWN_FLAG_PSCI_OFF2
#define KVM_SYSTEM_EVENT_SHUTDOWN_FLAG_PSCI_OFF2 (1ULL << 0)
#endif

/* include/uapi/linux/kvm.h and asm/kvm.h, since 6.4 */
#ifndef KVM_ARM_SET_COUNTER_OFFSET
struct kvm_arm_counter_offset {
	__u64 counter_offset, reserved;
};
#define KVM_ARM_SET_COUNTER_OFFSET                                             \
	_IOW(KVMIO, 0xb5, struct kvm_arm_counter_offset)
#endif

#endif
