// SPDX-License-Identifier: GPL-2.0-only
/* vm.c: the life of a VM, from /dev/kvm to the last page given back. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"

#define RAM_SLOT    0U
#define WINDOW_SLOT 1U

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int explain_kvm(int err)
{
	if (err == -ENOENT)
		log_err("/dev/kvm is missing: this host has no KVM; see `lkvm-pvm check`");
	else if (err == -EACCES || err == -EPERM)
		log_err("/dev/kvm: %s; add your user to the group that owns it (often kvm) and log in again",
			errno_text(err));
	else
		log_err("/dev/kvm: %s; see `lkvm-pvm check`", errno_text(err));
	return err;
}

static int check_limits(const struct pvm *p)
{
	uint64_t end = p->cfg.ram.gpa + p->cfg.ram.len;

	if (p->cfg.nr_vcpus > p->caps.max_vcpus) {
		log_err("%u vCPUs asked for, this host's KVM allows %u; lower -c",
			p->cfg.nr_vcpus, p->caps.max_vcpus);
		return -EINVAL;
	}
	if (p->caps.ipa_bits < 64 && end > (1ULL << p->caps.ipa_bits)) {
		log_err("RAM ends at 0x%llx, beyond the %u address bits KVM gives a guest here; lower -m",
			(unsigned long long)end, p->caps.ipa_bits);
		return -EINVAL;
	}
	return 0;
}

int pvm_open(struct pvm **out, const struct pvm_config *cfg)
{
	struct pvm *p = calloc(1, sizeof(*p));
	int ret;

	if (!p) {
		log_err("out of memory");
		return -ENOMEM;
	}
	p->cfg = *cfg;
	p->kvm_fd = p->vm_fd = p->gic_fd = p->its_fd = -1;
	pthread_mutex_init(&p->routes_lock, NULL);

	ret = pvm_open_kvm();
	if (ret < 0) {
		explain_kvm(ret);
		goto fail;
	}
	p->kvm_fd = ret;

	pvm_read_caps(p->kvm_fd, &p->caps);
	ret = check_limits(p);
	if (ret)
		goto fail;

	ret = kvm_ioctl_val(p->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (ret < (int)sizeof(struct kvm_run)) {
		log_err("/dev/kvm: not the KVM interface lkvm-pvm was built for");
		ret = -EINVAL;
		goto fail;
	}
	p->run_size = (size_t)ret;

	p->vcpus = calloc(cfg->nr_vcpus, sizeof(*p->vcpus));
	if (!p->vcpus) {
		log_err("out of memory");
		ret = -ENOMEM;
		goto fail;
	}
	for (unsigned int i = 0; i < cfg->nr_vcpus; i++)
		p->vcpus[i].fd = p->vcpus[i].stats_fd = -1;

	ret = pvm_ram_map(p);
	if (ret)
		goto fail;
	*out = p;
	return 0;
fail:
	pvm_close(p);
	return ret;
}

void pvm_close(struct pvm *p)
{
	if (!p)
		return;
	pvm_stop_vm(p);
	pvm_ram_unmap(p);
	close_fd(&p->kvm_fd);
	free(p->vcpus);
	pthread_mutex_destroy(&p->routes_lock);
	free(p);
}

struct ram_view pvm_ram_view(struct pvm *p)
{
	return (struct ram_view){ .range = p->cfg.ram, .hva = p->ram };
}

uint64_t pvm_ram_address(const struct pvm *p)
{
	return (uintptr_t)p->ram;
}

/* Bits of guest physical address an ordinary VM is created with. */
static unsigned int ipa_bits_wanted(const struct pvm *p)
{
	uint64_t end = p->cfg.ram.gpa + p->cfg.ram.len;
	unsigned int bits = 40;

	while (bits < 52 && end > (1ULL << bits))
		bits++;
	return bits < p->caps.ipa_bits ? bits : p->caps.ipa_bits;
}

static int create_vm(struct pvm *p)
{
	unsigned long type = KVM_VM_TYPE_ARM_IPA_SIZE(ipa_bits_wanted(p));
	int ret;

	if (p->cfg.protected_vm)
		type |= KVM_VM_TYPE_ARM_PROTECTED;
	ret = kvm_ioctl_val(p->kvm_fd, KVM_CREATE_VM, type);
	if (ret >= 0) {
		p->vm_fd = ret;
		return 0;
	}
	if (ret == -EINVAL && p->cfg.protected_vm)
		log_err("this host cannot create protected VMs: it needs Linux 7.1 or newer booted with kvm-arm.mode=protected; see `lkvm-pvm check`, or use --protected=off for an ordinary VM");
	else if (ret == -ENOMEM)
		log_err("the host has no room for another VM (pKVM allows 255 at a time, or memory is exhausted); end other VMs");
	else
		log_err("cannot create the VM: %s", errno_text(ret));
	return ret;
}

static int set_memslot(struct pvm *p, uint32_t number, const char *what,
		       const struct gpa_range *range, void *hva)
{
	struct kvm_userspace_memory_region slot = {
		.slot = number,
		.guest_phys_addr = range->gpa,
		.memory_size = range->len,
		.userspace_addr = (uint64_t)(uintptr_t)hva,
	};
	int ret = kvm_ioctl(p->vm_fd, KVM_SET_USER_MEMORY_REGION, &slot);

	if (ret)
		log_err("KVM refused %llu MiB of guest %s: %s",
			(unsigned long long)(range->len >> 20), what,
			errno_text(ret));
	return ret;
}

/* All of them before the first KVM_RUN: none can be taken away later. */
static int set_memslots(struct pvm *p)
{
	int ret = set_memslot(p, RAM_SLOT, "RAM", &p->cfg.ram, p->ram);

	if (ret || !p->cfg.window.len)
		return ret;
	return set_memslot(p, WINDOW_SLOT, "window", &p->cfg.window,
			   p->cfg.window_hva);
}

int pvm_start_vm(struct pvm *p, gpa_t entry, uint64_t x0)
{
	int ret;

	ret = create_vm(p);
	if (ret)
		return ret;
	ret = set_memslots(p);
	if (ret)
		goto fail;
	ret = pvm_vcpus_create(p);
	if (ret)
		goto fail;
	ret = pvm_gic_create(p);
	if (ret)
		goto fail;
	ret = pvm_vcpus_init(p, entry, x0);
	if (ret)
		goto fail;
	pvm_ram_seal(p);
	return 0;
fail:
	pvm_stop_vm(p);
	return ret;
}

void pvm_stop_vm(struct pvm *p)
{
	if (p->vm_fd < 0)
		return;
	/* A VM lives as long as any of these does: mappings, vCPU fds, device
	 * fds, VM fd (HACKING.md, "Teardown"). */
	pvm_vcpus_destroy(p);
	close_fd(&p->its_fd);
	close_fd(&p->gic_fd);
	close_fd(&p->vm_fd);
	pvm_routes_reset(p);
	pvm_ram_drop(p);
}
