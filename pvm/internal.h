/* SPDX-License-Identifier: GPL-2.0-only */
/* internal.h: struct pvm and what the files of pvm/ call of each other. */
#ifndef LKVM_PVM_PVM_INTERNAL_H
#define LKVM_PVM_PVM_INTERNAL_H

#include <pthread.h>

#include "kvm_compat.h"
#include "pvm.h"

/* ONE_REG id of a core register (64-bit), Documentation/virt/kvm/api.rst. */
#define PVM_CORE_REG(field)                                                    \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |                 \
	 KVM_REG_ARM_CORE_REG(field))

#define PVM_REG_ESR_EL1 ARM64_SYS_REG(3, 0, 5, 2, 0)
#define PVM_REG_FAR_EL1 ARM64_SYS_REG(3, 0, 6, 0, 0)

struct pvm_vcpu {
	int fd;
	int stats_fd;			  /* KVM's counters; -1: none */
	uint32_t stats_at[PVM_NR_STATS];  /* where in it; 0: not there */
	uint32_t stats_first, stats_last; /* ... least and most of these */
	struct kvm_run *run; /* mapping of pvm->run_size bytes, or NULL */
};

/* What the host's KVM can do, asked once on the /dev/kvm fd: a pVM's own fd
 * answers 0 for things that work (HACKING.md, "Capabilities"). */
struct pvm_caps {
	unsigned int ipa_bits;
	unsigned int max_vcpus;
	bool ptrauth_address, ptrauth_generic;
	unsigned int stores_page; /* of a vCPU's mapping; 0: none */
};

struct pvm {
	struct pvm_config cfg;
	struct pvm_caps caps;
	int kvm_fd, vm_fd, gic_fd, its_fd;
	size_t run_size;	/* bytes of one vCPU's shared mapping */
	struct pvm_vcpu *vcpus; /* cfg.nr_vcpus entries */
	struct kvm_coalesced_mmio_ring *stores; /* in vcpus[0].run */
	uint32_t nr_stores;

	uint8_t *ram; /* hva of cfg.ram.gpa */
	bool ram_sealed;

	/* The GSI table, replaced as a whole on every change. */
	pthread_mutex_t routes_lock;
	struct kvm_irq_routing *routes GUARDED_BY(routes_lock);
};

/* ioctl() that retries nothing: 0 or more, or -errno. */
int kvm_ioctl(int fd, unsigned long request, void *arg);
int kvm_ioctl_val(int fd, unsigned long request, unsigned long arg);
int kvm_device_attr(int fd, uint32_t group, uint64_t attr, void *value);
int kvm_create_device(int vm_fd, uint32_t type, uint32_t flags);

int pvm_open_kvm(void); /* fd or -errno; logs nothing */
void pvm_read_caps(int kvm_fd, struct pvm_caps *caps);

int pvm_ram_map(struct pvm *p);
void pvm_ram_seal(struct pvm *p);
void pvm_ram_drop(struct pvm *p);
void pvm_ram_unmap(struct pvm *p);

int pvm_vcpus_create(struct pvm *p);
int pvm_vcpus_init(struct pvm *p, gpa_t entry, uint64_t x0);
void pvm_vcpus_destroy(struct pvm *p);
int pvm_set_reg(const struct pvm_vcpu *v, uint64_t id, uint64_t value);
int pvm_get_reg(const struct pvm_vcpu *v, uint64_t id, uint64_t *value);

/* stats.c: after the vCPU was created, before it runs. */
void pvm_stats_open(struct pvm *p, unsigned int i);
void pvm_stats_close(struct pvm *p, unsigned int i);

/* The page @gpa is in, of @page bytes; NULL when there is none. fault.c */
const uint8_t *pvm_page_at(const struct pvm *p, gpa_t gpa, size_t page);

/* [@gpa, @gpa + @len) in RAM or window; NULL when it is in neither. map.c */
uint8_t *pvm_hva(const struct pvm *p, gpa_t gpa, uint64_t len);

int pvm_gic_create(struct pvm *p);
void pvm_routes_reset(struct pvm *p);

#endif
