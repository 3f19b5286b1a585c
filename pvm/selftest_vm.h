/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selftest_vm.h: what a check is written with: a pVM of a few pages, its guest
 * driven one operation at a time, and expectations.
 *
 * A check is alone in its process: the first expectation that does not hold
 * prints the verdict and ends it, so nothing here returns an error that the
 * check did not ask for.
 */
#ifndef LKVM_PVM_PVM_SELFTEST_VM_H
#define LKVM_PVM_PVM_SELFTEST_VM_H

#include "internal.h"
#include "selftest.h"
#include "selftest_guest.h"

#define ST_PAGE	 4096UL /* what pKVM donates at a time */
#define ST_RAM	 0x80000000ULL
#define ST_PAGES 64U /* of RAM, unless the check says otherwise */
#define ST_VCPUS 2U
/* Pages from here on are the check's own; before is the guest's code. */
#define ST_DATA	    (ST_RAM + 16 * ST_PAGE)
#define ST_UNBACKED 0x20000000ULL /* an address with nothing behind it */
#define ST_SECRET   0x5ec4e75ec4e75ec4ULL
#define ST_DIST	    0x3fff0000ULL /* the GIC, when there is one */
#define ST_REDIST   0x3ffd0000ULL
#define ST_ITS	    0x3ffb0000ULL

#define ST_MEMINFO  0xc6000002ULL
#define ST_SHARE    0xc6000003ULL
#define ST_UNSHARE  0xc6000004ULL
#define ST_FEATURES 0x86000000ULL
#define ST_INVALID  (-3) /* SMCCC: INVALID_PARAMETER */
#define ST_UNKNOWN  (-1) /* SMCCC: NOT_SUPPORTED */

/* Where the kernel decides, and which document says what it should. */
#define K_ABORT "arch/arm64/kvm/mmu.c:pkvm_mem_abort"
#define K_SLOTS "arch/arm64/kvm/mmu.c:kvm_arch_prepare_memory_region"
#define K_HVC	"arch/arm64/kvm/hyp/nvhe/pkvm.c:kvm_handle_pvm_hvc64"
#define K_SHARE "arch/arm64/kvm/hyp/nvhe/mem_protect.c:__pkvm_guest_share_host"
#define K_UNSHARE                                                              \
	"arch/arm64/kvm/hyp/nvhe/mem_protect.c:__pkvm_guest_unshare_host"
#define K_DONATE                                                               \
	"arch/arm64/kvm/hyp/nvhe/mem_protect.c:__pkvm_host_donate_guest"
#define K_FAULT "arch/arm64/mm/fault.c:do_page_fault"
#define K_FORCE                                                                \
	"arch/arm64/kvm/hyp/nvhe/mem_protect.c:"                               \
	"__pkvm_host_force_reclaim_page_guest"
#define K_RECLAIM                                                              \
	"arch/arm64/kvm/hyp/nvhe/mem_protect.c:__pkvm_host_reclaim_page_guest"
#define D_PKVM	"pkvm.rst"
#define D_CALLS "hypercalls.rst"
#define D_SEEN	"observed"

enum st_memory {
	ST_ANON,   /* private */
	ST_SHARED, /* shared and anonymous */
	ST_MEMFD,
};

/* What came of an operation. */
struct st_reply {
	int err;       /* of KVM_RUN, -errno; the operation is not over then */
	uint32_t exit; /* an exit reason that is no MMIO, or 0 */
	bool abort;    /* the guest took an exception: */
	uint64_t esr, far, elr;
	uint64_t x[4]; /* otherwise: its results */
	/* Of the last MMIO exit outside the mailbox: */
	unsigned int nr_mmio;
	bool mmio_write;
	uint32_t mmio_len;
	uint64_t mmio_gpa, mmio_data;
};

struct st_vcpu {
	int fd;
	struct kvm_run *run;
	uint64_t out[5]; /* operation and arguments */
};

struct selftest {
	const struct selftest_check *check;
	struct selftest_mode mode;
	int kvm, vm, gic, its;
	size_t run_size;
	struct st_vcpu vcpu[ST_VCPUS];
	enum st_memory memory;
	unsigned int pages;
	int memfd;
	uint8_t *ram; /* of ST_RAM */
	uint64_t mmio_answer;
};

/* --- verdicts: print it and end the process ------------------------------- */
void st_pass(void) __noreturn;
void st_fail(const char *fmt, ...) __printf(1, 2) __noreturn;
void st_skip(const char *fmt, ...) __printf(1, 2) __noreturn;
/* Fails unless equal; numbers are shown in hexadecimal. */
void st_equal(const char *what, uint64_t got, uint64_t want);
void st_differ(const char *what, uint64_t got, uint64_t unwanted);
/* The same for 0 and -errno. */
void st_errno(const char *what, int got, int want);
/* A call that every kernel answers as expected: fails with its errno. */
int st_must(const char *what, long ret);
/* True unless --leave-out leaves out what this check provokes. */
bool st_provoked(const struct selftest *t);

/* --- the VM --------------------------------------------------------------- */
/* /dev/kvm and the VM, of the protected type; no memory, no vCPU. */
void st_create(struct selftest *t);
/* RAM of t->pages pages, t->memory, and the guest's code in it. */
void st_map(struct selftest *t);
int st_set_slot(struct selftest *t, uint32_t slot, uint32_t flags, uint64_t gpa,
		uint64_t size, const void *hva);
void st_add_slot(struct selftest *t);
/* vCPU @i, set up to run the guest; with @off it waits for CPU_ON. */
void st_vcpu(struct selftest *t, unsigned int i, bool off);
void st_gic(struct selftest *t, bool its);
/* All of these, with one vCPU and no GIC. */
void st_boot(struct selftest *t);
/* Closes the VM, whole: its memory comes back. */
void st_close(struct selftest *t);
void st_set_reg(struct selftest *t, uint64_t id, uint64_t value);
uint64_t st_get_reg(struct selftest *t, uint64_t id);
#define ST_CORE_REG(field)                                                     \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |                 \
	 KVM_REG_ARM_CORE_REG(field))

/* Pointer to the host's mapping of a guest address. */
void *st_hva(const struct selftest *t, uint64_t ipa);

/* --- the guest ------------------------------------------------------------ */
/* Runs vCPU @i to the end of operation @op, whatever that is. */
struct st_reply st_try(struct selftest *t, unsigned int i, unsigned int op,
		       uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3);
/* Goes on with an operation that ended in an error or an exit. */
struct st_reply st_again(struct selftest *t, unsigned int i);
/* The same for at most @ms; err is -EINTR when it was still blocked. */
struct st_reply st_again_for(struct selftest *t, unsigned int i,
			     unsigned int ms);
struct st_reply st_try_for(struct selftest *t, unsigned int i, unsigned int op,
			   uint64_t x0, unsigned int ms);
/* On vCPU 0, and nothing but success will do. */
struct st_reply st_op(struct selftest *t, unsigned int op, uint64_t x0,
		      uint64_t x1, uint64_t x2, uint64_t x3);
uint64_t st_load(struct selftest *t, uint64_t ipa);
void st_store(struct selftest *t, uint64_t ipa, uint64_t value);
/* One word in each of @nr pages. */
void st_touch(struct selftest *t, uint64_t ipa, unsigned int nr);
int64_t st_hvc(struct selftest *t, uint64_t fn, uint64_t a1, uint64_t a2,
	       uint64_t a3);
/* The guest shares the page and must be told 0. */
void st_share(struct selftest *t, uint64_t ipa);
void st_unshare(struct selftest *t, uint64_t ipa);
/* What a reply was, in words; for verdicts. */
void st_describe(const struct st_reply *r, char *text, size_t len);
/* Fails unless the guest's load of @ipa ends in that error of KVM_RUN. */
void st_load_fails(struct selftest *t, uint64_t ipa, int err);
/* Fails unless the reply is an exception with that syndrome. */
void st_aborts(const char *what, const struct st_reply *r, uint64_t esr,
	       uint64_t far);

/* --- the host's side ------------------------------------------------------ */
/* A load or store by our own mapping: 0, or the signal (with its code and
 * address, where not NULL). */
int st_peek(const void *hva, uint64_t *value, int *code, const void **addr);
int st_poke(void *hva, uint64_t value, int *code, const void **addr);
/* Is the page readable (by a system call that harms nothing)? 0 or -EFAULT. */
int st_probe(const void *hva);
void st_is_private(struct selftest *t, uint64_t ipa);
void st_is_readable(struct selftest *t, uint64_t ipa, uint64_t value);
/* io_uring: set up (skips where it is forbidden); an entry, never NULL; submits
 * one request and waits for its result. */
struct io_uring;
struct io_uring_sqe;
void st_uring(struct io_uring *ring);
struct io_uring_sqe *st_uring_entry(struct io_uring *ring);
int st_uring_once(struct io_uring *ring);
/* What follows is a warning of some kernels: skips where that is the end. */
void st_may_warn(void);
/* A read of /proc/self/mem, which takes the page from the guest for good. */
void st_poison(struct selftest *t, uint64_t ipa);
/* Boots, and the guest writes ST_SECRET to ST_DATA, which it keeps unless
 * the page's being private is left out. Our mapping of it. */
void *st_private_page(struct selftest *t);
/* Fails unless the guest's page holds ST_SECRET still. */
void st_intact(struct selftest *t);
/* Fails unless the words are all zero; skips on an emulator known to fail. */
void st_zeroed(struct selftest *t, const char *what, const void *hva,
	       size_t len);
/* New anonymous memory: at @at when that is not NULL, over what is there. */
void *st_anon(void *at, size_t len, int prot);
/* KiB of VmLck. */
uint64_t st_locked(void);
/* Takes CAP_IPC_LOCK away, so that the limit of locked memory counts. */
void st_memlock(uint64_t bytes);

extern const struct selftest_area st_create_area, st_slots_area, st_memory_area,
	st_share_area, st_access_area, st_reclaim_area, st_poison_area,
	st_machine_area, st_mmio_area, st_irq_area, st_life_area;

#endif
