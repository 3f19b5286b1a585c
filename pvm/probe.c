// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe.c: what this host's KVM offers. Nothing in /sys says whether KVM runs
 * protected; so the kernel log tells nVHE from hVHE when it may be read, and
 * a trial VM of the protected type is the proof.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "compat.h"

#define KLOG_READ_ALL	 3
#define KLOG_SIZE_BUFFER 10

static enum pvm_mode mode_in_log(const char *log)
{
	if (strstr(log, "Protected hVHE mode initialized"))
		return PVM_MODE_HVHE;
	if (strstr(log, "Protected nVHE mode initialized"))
		return PVM_MODE_NVHE;
	if (strstr(log, "VHE mode initialized") ||
	    strstr(log, "Hyp nVHE mode initialized"))
		return PVM_MODE_NONE;
	return PVM_MODE_UNKNOWN;
}

static void probe_log(struct pvm_host *h)
{
	int size = klogctl(KLOG_SIZE_BUFFER, NULL, 0), n;
	char *log = size > 0 ? malloc((size_t)size + 1) : NULL;

	h->mode_source = "the kernel log may not be read";
	if (!log)
		return;
	n = klogctl(KLOG_READ_ALL, log, size);
	if (n >= 0) {
		log[n] = '\0';
		h->mode = mode_in_log(log);
		h->mode_source = h->mode == PVM_MODE_UNKNOWN
					 ? "the kernel log no longer says"
					 : "kernel log";
	}
	free(log);
}

static bool device_there(int vm_fd, uint32_t type)
{
	return kvm_create_device(vm_fd, type, KVM_CREATE_DEVICE_TEST) >= 0;
}

static void probe_devices(int kvm_fd, struct pvm_host *h)
{
	int vm_fd = kvm_ioctl_val(kvm_fd, KVM_CREATE_VM, 0);

	if (vm_fd < 0)
		return;
	h->gicv3 = device_there(vm_fd, KVM_DEV_TYPE_ARM_VGIC_V3);
	h->its = device_there(vm_fd, KVM_DEV_TYPE_ARM_VGIC_ITS);
	close(vm_fd);
}

static void probe_protected(int kvm_fd, struct pvm_host *h)
{
	int fd =
		kvm_ioctl_val(kvm_fd, KVM_CREATE_VM, KVM_VM_TYPE_ARM_PROTECTED);

	h->create_err = fd < 0 ? -fd : 0;
	if (fd < 0)
		return;
	close(fd);
	if (h->mode == PVM_MODE_UNKNOWN || h->mode == PVM_MODE_NONE) {
		h->mode = PVM_MODE_PROTECTED;
		h->mode_source = "trial VM";
	}
}

void pvm_probe(struct pvm_host *h, bool create)
{
	struct pvm_caps caps;
	int fd = pvm_open_kvm();

	memset(h, 0, sizeof(*h));
	h->create_err = -1;
	h->mseal = syscall(SYS_mseal, NULL, 0UL, 0UL) == 0;
	probe_log(h);
	if (fd < 0) {
		h->kvm_err = -fd;
		return;
	}

	pvm_read_caps(fd, &caps);
	h->ipa_bits = caps.ipa_bits;
	h->max_vcpus = caps.max_vcpus;
	h->ptrauth_address = caps.ptrauth_address;
	h->ptrauth_generic = caps.ptrauth_generic;
	h->recommended_vcpus = (unsigned int)kvm_ioctl_val(
		fd, KVM_CHECK_EXTENSION, KVM_CAP_NR_VCPUS);
	probe_devices(fd, h);
	if (create)
		probe_protected(fd, h);
	close(fd);
}
