// SPDX-License-Identifier: GPL-2.0-only
/* kvm.c: opening KVM, its ioctls as -errno, the host's capabilities. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

int kvm_ioctl(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

int kvm_ioctl_val(int fd, unsigned long request, unsigned long arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

int kvm_device_attr(int fd, uint32_t group, uint64_t attr, void *value)
{
	struct kvm_device_attr a = {
		.group = group,
		.attr = attr,
		.addr = (uint64_t)(uintptr_t)value,
	};

	return kvm_ioctl(fd, KVM_SET_DEVICE_ATTR, &a);
}

int kvm_create_device(int vm_fd, uint32_t type, uint32_t flags)
{
	struct kvm_create_device d = { .type = type, .flags = flags };
	int ret = kvm_ioctl(vm_fd, KVM_CREATE_DEVICE, &d);

	return ret < 0 ? ret : (int)d.fd;
}

int pvm_open_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	/* cppcheck-suppress resourceLeak ; the caller owns it */
	return fd < 0 ? -errno : fd;
}

static unsigned int capability(int kvm_fd, unsigned long cap)
{
	int ret = kvm_ioctl_val(kvm_fd, KVM_CHECK_EXTENSION, cap);

	return ret < 0 ? 0 : (unsigned int)ret;
}

void pvm_read_caps(int kvm_fd, struct pvm_caps *caps)
{
	caps->ipa_bits = capability(kvm_fd, KVM_CAP_ARM_VM_IPA_SIZE);
	if (!caps->ipa_bits)
		caps->ipa_bits = 40;
	caps->max_vcpus = capability(kvm_fd, KVM_CAP_MAX_VCPUS);
	caps->stores_page = capability(kvm_fd, KVM_CAP_COALESCED_MMIO);
	caps->ptrauth_address =
		capability(kvm_fd, KVM_CAP_ARM_PTRAUTH_ADDRESS) > 0;
	caps->ptrauth_generic =
		capability(kvm_fd, KVM_CAP_ARM_PTRAUTH_GENERIC) > 0;
}
