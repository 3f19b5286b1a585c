// SPDX-License-Identifier: GPL-2.0-only
/*
 * minimal.c: the smallest program that makes the KVM calls of a VM with one
 * vCPU, GICv3 and ITS: the floor that bench compares lkvm-pvm with. It takes
 * the same command line, of which it uses the payload and its size of RAM.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef KVM_VM_TYPE_ARM_PROTECTED
#define KVM_VM_TYPE_ARM_PROTECTED (1UL << 31)
#endif

#define RAM	    0x80000000ULL
#define LOAD_OFFSET 0x80000ULL
#define CORE(field)                                                            \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |                 \
	 KVM_REG_ARM_CORE_REG(field))

static int call(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		err(125, "ioctl 0x%lx", request);
	return ret;
}

static int device(int vm, uint32_t type)
{
	struct kvm_create_device d = { .type = type };

	call(vm, KVM_CREATE_DEVICE, &d);
	return (int)d.fd;
}

static void attr(int fd, uint32_t group, uint64_t which, void *value)
{
	struct kvm_device_attr a = { .group = group,
				     .attr = which,
				     .addr = (uint64_t)(uintptr_t)value };

	call(fd, KVM_SET_DEVICE_ATTR, &a);
}

static void gic(int vm)
{
	uint64_t dist = 0x3fff0000, redist = 0x3ffd0000, its_gpa = 0x3ffb0000;
	int fd = device(vm, KVM_DEV_TYPE_ARM_VGIC_V3), its;
	uint32_t irqs = 128;

	attr(fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs);
	attr(fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	attr(fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST,
	     &redist);
	attr(fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	its = device(vm, KVM_DEV_TYPE_ARM_VGIC_ITS);
	attr(its, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, &its_gpa);
	attr(its, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static void set_reg(int vcpu, uint64_t id, uint64_t value)
{
	struct kvm_one_reg r = { .id = id,
				 .addr = (uint64_t)(uintptr_t)&value };

	call(vcpu, KVM_SET_ONE_REG, &r);
}

static void serve(int vcpu, struct kvm_run *run)
{
	for (;;) {
		ssize_t n;

		call(vcpu, KVM_RUN, NULL);
		if (run->exit_reason == KVM_EXIT_SYSTEM_EVENT)
			return;
		if (run->exit_reason != KVM_EXIT_MMIO)
			errx(125, "exit %u", run->exit_reason);
		n = write(STDOUT_FILENO, run->mmio.data, 1);
		(void)n;
	}
}

int main(int argc, char **argv)
{
	const char *payload = NULL;
	size_t ram_size = 0;
	struct kvm_userspace_memory_region slot = { .guest_phys_addr = RAM };
	struct kvm_vcpu_init init;
	int kvm, vm, vcpu, file;
	uint8_t *ram;
	void *run;

	for (int i = 1; i + 1 < argc; i++) {
		if (!strcmp(argv[i], "-k"))
			payload = argv[i + 1];
		else if (!strcmp(argv[i], "-m"))
			ram_size = strtoul(argv[i + 1], NULL, 10) << 20;
	}
	if (!payload || !ram_size)
		errx(125, "usage: minimal run -k PAYLOAD -m MIB");

	kvm = open("/dev/kvm", O_RDWR);
	vm = ioctl(kvm, KVM_CREATE_VM,
		   KVM_VM_TYPE_ARM_PROTECTED | KVM_VM_TYPE_ARM_IPA_SIZE(40));
	if (vm < 0)
		err(125, "KVM_CREATE_VM");
	ram = mmap(NULL, ram_size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	file = open(payload, O_RDONLY);
	if (ram == MAP_FAILED || read(file, ram + LOAD_OFFSET, 65536) <= 0)
		err(125, "%s", payload);
	slot.memory_size = ram_size;
	slot.userspace_addr = (uint64_t)(uintptr_t)ram;
	call(vm, KVM_SET_USER_MEMORY_REGION, &slot);

	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0UL);
	run = mmap(NULL, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (vcpu < 0 || run == MAP_FAILED)
		err(125, "vCPU");
	gic(vm);
	call(vm, KVM_ARM_PREFERRED_TARGET, &init);
	init.features[0] |= 1U << KVM_ARM_VCPU_PSCI_0_2;
	call(vcpu, KVM_ARM_VCPU_INIT, &init);
	set_reg(vcpu, CORE(regs.pc), RAM + LOAD_OFFSET);
	serve(vcpu, run);
	return 0;
}
