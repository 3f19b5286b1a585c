/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pvm.h: the seam between portable code and KVM. Implemented by pvm/, the
 * only folder that includes <linux/kvm.h> and the only one that holds a
 * pointer to guest RAM once the images are loaded. arm64 only.
 *
 * Life of a VM: pvm_open → pvm_ram_view, images loaded → pvm_start_vm →
 * pvm_vcpu_run by one thread per vCPU → threads joined → pvm_stop_vm → again
 * pvm_ram_view (a restart builds a new VM on the same mapping) or pvm_close.
 */
#ifndef LKVM_PVM_PVM_H
#define LKVM_PVM_PVM_H

#include "base.h"
#include "loader.h"
#include "machine.h"

struct pvm; /* everything of KVM for one VM */

struct pvm_config {
	bool protected_vm; /* never replaced by an ordinary VM in silence */
	bool its;
	unsigned int nr_vcpus;
	unsigned int nr_spis; /* in steps of 32 */
	struct gpa_range ram;
	/* What devices and guest share (window.h), or absent; borrowed. */
	struct gpa_range window;
	void *window_hva;
};

/*
 * Opens /dev/kvm and maps RAM (anonymous, private, 2 MiB aligned as the guest's,
 * MADV_HUGEPAGE, MADV_DONTFORK, MADV_DONTDUMP). Logs the reason with its
 * remedy and returns -errno: -ENOENT or -EACCES for /dev/kvm, -ENOMEM.
 */
int __must_check pvm_open(struct pvm **out, const struct pvm_config *cfg);

/* Closes everything; memory is the host's again. NULL is fine. */
void pvm_close(struct pvm *p);

/* RAM to load images into; valid until pvm_start_vm(). All zeros. */
struct ram_view pvm_ram_view(struct pvm *p);

/* Where RAM is mapped, as a number that nobody is to follow: for guard.h. */
uint64_t pvm_ram_address(const struct pvm *p);

/* In place of the configuration's; before pvm_start_vm(). */
void pvm_set_irqchip(struct pvm *p, bool its, unsigned int nr_spis);

/*
 * Creates VM, memslots, vCPUs, GIC and ITS; vCPU 0 will start at @entry with
 * @x0, the others wait for PSCI CPU_ON. Seals the RAM mapping (mseal(2)) where
 * the kernel can. Logs and returns -errno: -EINVAL when the host has no
 * protected VMs, -ENOMEM when it has no room for another VM.
 */
int __must_check pvm_start_vm(struct pvm *p, gpa_t entry, uint64_t x0);

/*
 * Destroys the VM in the order that gives memory back (vCPU mappings, vCPU
 * fds, device fds, VM fd) and drops RAM's pages. No thread may be in
 * pvm_vcpu_run(). Blocks for about 56 us a donated page under TCG.
 */
void pvm_stop_vm(struct pvm *p);

/* Level of SPI @spi (0-based). Any thread. 0 or -errno. */
int pvm_set_spi(struct pvm *p, unsigned int spi, bool high);

/* irqfd: writing @eventfd pulses SPI @spi (edge). 0 or -errno. */
int __must_check pvm_irqfd_spi(struct pvm *p, int eventfd, unsigned int spi);

/*
 * irqfd: writing @eventfd sends the MSI (@address, @data) of device @devid
 * through the ITS. @gsi is the caller's route number, above all SPIs.
 * Replaces an earlier route of that number.
 */
int __must_check pvm_irqfd_msi(struct pvm *p, int eventfd, unsigned int gsi,
			       uint32_t devid, uint64_t address, uint32_t data);
int pvm_irqfd_remove(struct pvm *p, int eventfd, unsigned int gsi);

/*
 * Sends the MSI (@address, @data) of device @devid now. 1: it went to the
 * guest; 0: the ITS does not know it; -errno: -EBUSY when there is no ITS yet.
 */
int __must_check pvm_send_msi(struct pvm *p, uint32_t devid, uint64_t address,
			      uint32_t data);

/*
 * ioeventfd: a guest store of @len bytes (0: any length) to @gpa signals
 * @eventfd in the kernel, without an exit.
 */
int __must_check pvm_ioeventfd(struct pvm *p, int eventfd, gpa_t gpa,
			       unsigned int len);
int pvm_ioeventfd_remove(struct pvm *p, int eventfd, gpa_t gpa,
			 unsigned int len);
/* The same of 4 bytes, and of @value alone: others still are exits. */
int __must_check pvm_ioeventfd_value(struct pvm *p, int eventfd, gpa_t gpa,
				     uint32_t value);
int pvm_ioeventfd_value_remove(struct pvm *p, int eventfd, gpa_t gpa,
			       uint32_t value);

/*
 * From here on KVM keeps what the guest stores to [@gpa, @gpa + @len), 170 stores
 * at most (more where the host's pages are larger), instead of leaving the guest
 * for each. 0, or -errno with which nothing changes. Ends with the VM.
 */
int __must_check pvm_keep_stores(struct pvm *p, gpa_t gpa, uint32_t len);

struct pvm_store {
	gpa_t gpa;
	uint32_t len; /* bytes; at most 8 */
	uint8_t data[8];
};

/* How many stores are kept now. */
unsigned int pvm_nr_stores(const struct pvm *p);
/*
 * Takes the oldest kept store; false when there is none. A vCPU's own stores
 * come before its exit: take them first. One lock for all callers.
 */
bool pvm_next_store(struct pvm *p, struct pvm_store *s);

enum pvm_exit_kind {
	PVM_EXIT_MMIO,
	PVM_EXIT_POWER_OFF,   /* PSCI SYSTEM_OFF */
	PVM_EXIT_RESET,	      /* PSCI SYSTEM_RESET, SYSTEM_RESET2 */
	PVM_EXIT_HIBERNATE,   /* PSCI SYSTEM_OFF2 */
	PVM_EXIT_INTERRUPTED, /* -EINTR: look at the request word, go on */
	PVM_EXIT_NO_MEMORY,   /* -ENOMEM: at RLIMIT_MEMLOCK, or the host is out;
				  re-entry tries again */
	PVM_EXIT_POISONED,    /* -EFAULT: page reclaimed, or RAM unmapped */
	PVM_EXIT_BACKING,     /* -EIO: not anonymous or swap-backed memory */
	PVM_EXIT_NOT_OWNED,   /* -EPERM: the page belongs to another VM */
	PVM_EXIT_NOT_READY,   /* -ENOEXEC: vCPU not initialised: our bug */
	PVM_EXIT_DEBUG, /* a step, a breakpoint; a watchpoint: see is_watch */
	PVM_EXIT_OTHER, /* see code and err */
};

struct pvm_exit {
	enum pvm_exit_kind kind;
	int err;	 /* positive errno of KVM_RUN, 0 when it returned 0 */
	uint32_t code;	 /* KVM's exit_reason, for OTHER */
	uint64_t detail; /* system event flags, hardware exit reason */
	/* PVM_EXIT_MMIO */
	gpa_t gpa;
	unsigned int len;
	bool is_write;
	uint8_t *data; /* 8 bytes; what a read returns is put here */
	/* PVM_EXIT_DEBUG */
	bool is_watch;
	uint64_t watched; /* the address of the access, or somewhat below */
};

/* One KVM_RUN of vCPU @i, on its own thread. Always fills in @e. */
void pvm_vcpu_run(struct pvm *p, unsigned int i, struct pvm_exit *e);

/*
 * With @on the next or present pvm_vcpu_run(@i) returns INTERRUPTED at once;
 * a signal must follow to get it out of the guest. Any thread.
 */
void pvm_vcpu_set_immediate_exit(struct pvm *p, unsigned int i, bool on);

/* What can be read of a vCPU (7.3 does not hide it; later kernels may). */
struct pvm_vcpu_state {
	uint64_t pc, pstate, sp_el1, x[31];
	uint64_t esr_el1, far_el1, elr_el1, vbar_el1, sctlr_el1;
	bool stopped; /* PSCI: powered off */
};

/* -errno when the kernel does not tell. vCPU @i must not be running. */
int __must_check pvm_vcpu_get_state(struct pvm *p, unsigned int i,
				    struct pvm_vcpu_state *s);

/*
 * After PVM_EXIT_POISONED of vCPU @i, on its own thread. 0 or -errno, when the
 * kernel does not tell or do it.
 *
 * The address its instruction points to; the vCPU is as it was.
 */
int __must_check pvm_vcpu_fault_address(struct pvm *p, unsigned int i,
					uint64_t *va);
/* The guest takes a synchronous external abort there, instead of going on. */
int __must_check pvm_vcpu_inject_abort(struct pvm *p, unsigned int i);
/*
 * Runs it once more, without interrupts: it faults again, unless it is called
 * out of the guest. As pvm_vcpu_run(); INTERRUPTED also when it did not run.
 */
void pvm_vcpu_fault_again(struct pvm *p, unsigned int i, struct pvm_exit *e);

#define PVM_MAX_BREAKPOINTS 16U
#define PVM_MAX_WATCHPOINTS 16U

/* Loads, stores or both of @len bytes, all of one doubleword. */
struct pvm_watchpoint {
	uint64_t at;
	uint8_t len;
	bool loads, stores;
};

/* For what vCPU @i leaves the guest: PVM_EXIT_DEBUG. */
struct pvm_debug {
	bool step;	   /* after each instruction */
	bool instructions; /* BRK */
	unsigned int nr;   /* ... and before those at these addresses */
	uint64_t at[PVM_MAX_BREAKPOINTS];
	unsigned int nr_watch; /* ... and before accesses of these */
	struct pvm_watchpoint watch[PVM_MAX_WATCHPOINTS];
};

/* On its own thread, or while it does not run. 0 or -errno. */
int __must_check pvm_vcpu_set_debug(struct pvm *p, unsigned int i,
				    const struct pvm_debug *d);
/* How many addresses there may be; at most PVM_MAX_BREAKPOINTS. */
unsigned int pvm_nr_breakpoints(struct pvm *p);
unsigned int pvm_nr_watchpoints(struct pvm *p);

/* More of a vCPU's registers: those for its page tables, and SPSR. As get_state. */
struct pvm_vcpu_mmu {
	uint64_t sp_el0, sctlr_el1, tcr_el1, ttbr0_el1, ttbr1_el1, spsr_el1;
};

int __must_check pvm_vcpu_get_mmu(struct pvm *p, unsigned int i,
				  struct pvm_vcpu_mmu *m);
/* Sets registers; @sp is SP_EL1 or SP_EL0. */
int __must_check pvm_vcpu_set_core(struct pvm *p, unsigned int i,
				   const uint64_t x[31], uint64_t sp,
				   bool is_sp_el1, uint64_t pc,
				   uint64_t pstate);
int __must_check pvm_vcpu_set_spsr(struct pvm *p, unsigned int i,
				   uint64_t spsr_el1);

/*
 * Copies @len bytes from, or with @write to, guest memory of an ordinary VM.
 * -EPERM: it is a protected one; -EFAULT: they are not all in RAM or window.
 */
int __must_check pvm_copy(struct pvm *p, gpa_t gpa, void *buf, size_t len,
			  bool write);

/*
 * Takes the page @gpa is in from the guest by force, as a debugger would that
 * looks at it: the guest's next access is PVM_EXIT_POISONED. Does no harm to a
 * page that is not the guest's own. -ENOENT: no such page; -errno.
 */
int __must_check pvm_reclaim_page(struct pvm *p, gpa_t gpa);

/*
 * The @len bytes of the page @gpa is in, @len being the host's page size.
 * -EFAULT: the page is the guest's own; -ENOENT: there is none.
 */
int __must_check pvm_read_page(struct pvm *p, gpa_t gpa, void *buf, size_t len);

/* What the host can know of a page. */
enum pvm_page {
	PVM_PAGE_UNTOUCHED, /* none is there: never touched, or swapped out */
	PVM_PAGE_PRIVATE,   /* the guest's own */
	PVM_PAGE_READABLE,  /* shared, or still the host's */
};

#define PVM_MAP_MAX 1024U /* pages at a time */

/*
 * States of the @nr pages from @gpa on, of RAM or of the window, into @states.
 * Harms none, makes none. 0 or -errno. Any thread, as long as @p is there.
 */
int __must_check pvm_map_pages(struct pvm *p, gpa_t gpa, unsigned int nr,
			       uint8_t *states);

/* KVM's own counters of a vCPU's life. */
enum pvm_stat {
	PVM_STAT_EXITS, /* from the guest, whoever handled them */
	PVM_STAT_MMIO_USER,
	PVM_STAT_MMIO_KERNEL,
	PVM_STAT_SIGNALS, /* exits because a signal came */
	PVM_STAT_WFI,	  /* it waited for an interrupt */
	PVM_STAT_WFE,	  /* ... or for an event */
	PVM_STAT_HVC,	  /* hypercalls that the host saw */
	PVM_NR_STATS
};

/*
 * Reads them, UINT64_MAX for one this kernel does not have. -ENOTSUP: none, or
 * too few files may be open. Any vCPU, running or not; not beside
 * pvm_start_vm() and pvm_stop_vm().
 */
int __must_check pvm_vcpu_stats(struct pvm *p, unsigned int i,
				uint64_t stats[PVM_NR_STATS]);

/* What this host offers; filled in by pvm_probe(), see vmm/check.c. */
enum pvm_mode {
	PVM_MODE_UNKNOWN,
	PVM_MODE_NONE, /* KVM, but not protected */
	PVM_MODE_NVHE,
	PVM_MODE_HVHE,
	PVM_MODE_PROTECTED, /* protected, nVHE or hVHE not known */
};

struct pvm_host {
	int kvm_err; /* 0, or errno of open("/dev/kvm") */
	enum pvm_mode mode;
	const char *mode_source; /* where mode was read, or why unknown */
	int create_err; /* of the trial VM: 0, errno, or -1: not tried */
	unsigned int ipa_bits;
	unsigned int max_vcpus, recommended_vcpus;
	bool gicv3, its;
	bool ptrauth_address, ptrauth_generic;
	bool mseal;
};

/*
 * Looks at the host. With @create a trial protected VM is made and destroyed,
 * which taints the kernel once per boot; without, what needs one is unknown.
 */
void pvm_probe(struct pvm_host *h, bool create);

#endif
