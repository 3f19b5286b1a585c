// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_poison.c: checks of what is left of a page that the host reclaimed:
 * for the guest, for its vCPU, and for us.
 */
#include "selftest_vm.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define SEA	      0x96000010ULL /* data abort, synchronous external */
#define NEIGHBOUR     (ST_DATA + ST_PAGE)
#define ESR_EL1	      ARM64_SYS_REG(3, 0, 5, 2, 0)
#define FAR_EL1	      ARM64_SYS_REG(3, 0, 6, 0, 0)
#define MAILBOX_OF(i) (ST_MAILBOX + (i)*ST_MAILBOX_LEN)
#define PSCI_CPU_ON   0xc4000003ULL

/* A VM whose page is reclaimed, unless that is left out. */
static void poisoned(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	st_store(t, NEIGHBOUR, ST_SECRET);
	if (st_provoked(t))
		st_poison(t, ST_DATA);
}

static void fails(const char *what, const struct st_reply *r)
{
	char text[128];

	st_describe(r, text, sizeof(text));
	if (r->err != -EFAULT)
		st_fail("%s: %s instead of KVM_RUN = -EFAULT", what, text);
}

static void every_access(struct selftest *t)
{
	static const unsigned int ops[] = { G_STORE, G_LDP, G_LDXR, G_LOAD8,
					    G_CALL };
	struct st_reply r;

	/* Each leaves its vCPU stuck: a VM for each. */
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
		poisoned(t);
		r = st_try(t, 0, ops[i], ST_DATA, 1, 0, 0);
		fails("an access to a reclaimed page", &r);
		st_close(t);
	}
}

static void repeats(struct selftest *t)
{
	struct st_reply r;
	uint64_t pc;

	poisoned(t);
	r = st_try(t, 0, G_LOAD, ST_DATA, 0, 0, 0);
	fails("the first KVM_RUN", &r);
	pc = st_get_reg(t, ST_CORE_REG(regs.pc));
	for (unsigned int i = 0; i < 5; i++) {
		r = st_again(t, 0);
		fails("KVM_RUN once more", &r);
		st_equal("the PC", st_get_reg(t, ST_CORE_REG(regs.pc)), pc);
	}
}

static void share_fails(struct selftest *t)
{
	poisoned(t);
	st_equal("x0 of MEM_SHARE of a reclaimed page",
		 (uint64_t)st_hvc(t, ST_SHARE, ST_DATA, 0, 0),
		 (uint64_t)ST_INVALID);
	st_equal("x0 of MEM_UNSHARE of it",
		 (uint64_t)st_hvc(t, ST_UNSHARE, ST_DATA, 0, 0),
		 (uint64_t)ST_INVALID);
}

static void inject(struct selftest *t)
{
	struct kvm_vcpu_events e;

	memset(&e, 0, sizeof(e));
	e.exception.ext_dabt_pending = 1;
	st_errno("KVM_SET_VCPU_EVENTS with ext_dabt_pending",
		 kvm_ioctl(t->vcpu[0].fd, KVM_SET_VCPU_EVENTS, &e), 0);
}

static void sea(struct selftest *t)
{
	struct st_reply r;

	poisoned(t);
	st_load_fails(t, ST_DATA + 8, -EFAULT);
	inject(t);
	r = st_again(t, 0);
	st_aborts("the injected abort", &r, SEA, ST_DATA + 8);
	st_equal("what the guest reads elsewhere, afterwards",
		 st_load(t, NEIGHBOUR), ST_SECRET);
}

static void far_is_shown(struct selftest *t)
{
	poisoned(t);
	st_load_fails(t, ST_DATA + 16, -EFAULT);
	inject(t);
	st_equal("FAR_EL1", st_get_reg(t, FAR_EL1), ST_DATA + 16);
	st_equal("ESR_EL1", st_get_reg(t, ESR_EL1), SEA);
}

static void no_information(struct selftest *t)
{
	poisoned(t);
	st_load_fails(t, ST_DATA, -EFAULT);
	st_equal("kvm_run's exit_reason", t->vcpu[0].run->exit_reason,
		 KVM_EXIT_UNKNOWN);
}

static void only_that_page(struct selftest *t)
{
	poisoned(t);
	st_equal("what the guest reads from the page beside",
		 st_load(t, NEIGHBOUR), ST_SECRET);
	st_is_private(t, NEIGHBOUR);
	st_load_fails(t, ST_DATA, -EFAULT);
}

static void host_memory(struct selftest *t)
{
	uint64_t value = 1;
	void *page;

	poisoned(t);
	page = st_hva(t, ST_DATA);
	if (st_peek(page, &value, NULL, NULL))
		st_fail("the host's load of a reclaimed page: a signal");
	st_zeroed(t, "the reclaimed page", page, ST_PAGE);
	if (st_poke(page, 1, NULL, NULL))
		st_fail("the host's store to a reclaimed page: a signal");
}

static void does_not_heal(struct selftest *t)
{
	poisoned(t);
	st_anon(st_hva(t, ST_DATA), ST_PAGE, PROT_READ | PROT_WRITE);
	st_load_fails(t, ST_DATA, -EFAULT);
}

static void stays_charged(struct selftest *t)
{
	uint64_t before;

	poisoned(t);
	before = st_locked();
	st_load_fails(t, ST_DATA, -EFAULT);
	st_equal("VmLck after the page was reclaimed", st_locked(), before);
	st_differ("VmLck", before, 0);
}

static void other_vcpu(struct selftest *t)
{
	struct st_reply r;

	st_create(t);
	st_map(t);
	st_add_slot(t);
	st_vcpu(t, 0, false);
	st_vcpu(t, 1, true);
	st_store(t, ST_DATA, ST_SECRET);
	st_equal("x0 of CPU_ON",
		 (uint64_t)st_hvc(t, PSCI_CPU_ON, 1, ST_RAM, MAILBOX_OF(1)), 0);
	if (st_provoked(t))
		st_poison(t, ST_DATA);
	st_load_fails(t, ST_DATA, -EFAULT);
	r = st_try(t, 1, G_STORE, NEIGHBOUR, ST_SECRET, 0, 0);
	if (r.err || r.abort || r.exit)
		st_fail("the other vCPU cannot go on: error %d", r.err);
	r = st_try(t, 1, G_LOAD, ST_DATA, 0, 0, 0);
	fails("the other vCPU's access to the page", &r);
}

static void registers(struct selftest *t)
{
	poisoned(t);
	st_load_fails(t, ST_DATA, -EFAULT);
	/* x0 is the address in G_LOAD. */
	st_equal("x0", st_get_reg(t, ST_CORE_REG(regs.regs[0])), ST_DATA);
	st_set_reg(t, ST_CORE_REG(regs.regs[0]), NEIGHBOUR);
	st_equal("what the guest reads with another address",
		 st_again(t, 0).x[0], ST_SECRET);
}

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "poison.every_access_is_efault",
	  .promise = "a subsequent attempt to access reclaimed memory in the "
		     "pVM will return -EFAULT from the VCPU_RUN ioctl(): "
		     "loads, stores, pairs and fetches",
	  .source = D_PKVM, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the reclaim", .run = every_access },
	{ .name = "poison.repeats_at_the_same_pc",
	  .promise = "entering again fails again, at the same instruction",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the reclaim", .run = repeats },
	{ .name = "poison.run_tells_nothing",
	  .promise = "after that -EFAULT the exit reason is KVM_EXIT_UNKNOWN",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the reclaim", .run = no_information },
	{ .name = "poison.cannot_be_shared",
	  .promise = "MEM_SHARE and MEM_UNSHARE of a reclaimed page are "
		     "INVALID_PARAMETER",
	  .source = D_SEEN, .decides = K_SHARE, .seen = "7.3",
	  .provocation = "the reclaim", .run = share_fails },
	{ .name = "poison.abort_can_be_injected",
	  .promise = "KVM_SET_VCPU_EVENTS with ext_dabt_pending gives the "
		     "guest a synchronous external abort with the address, and "
		     "it may go on",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/guest.c:"
				       "__kvm_arm_vcpu_set_events",
	  .seen = "7.3", .provocation = "the reclaim", .run = sea },
	{ .name = "poison.injection_shows_the_address",
	  .promise = "after KVM_SET_VCPU_EVENTS with ext_dabt_pending "
		     "KVM_GET_ONE_REG shows the faulting address in FAR_EL1",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/inject_fault.c:"
				       "kvm_inject_sea",
	  .seen = "7.3", .provocation = "the reclaim", .run = far_is_shown },
	{ .name = "poison.page_beside_is_unharmed",
	  .promise = "what is reclaimed is one page",
	  .source = D_SEEN, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the reclaim", .run = only_that_page },
	{ .name = "poison.host_has_the_page",
	  .promise = "Reclaimed memory is zeroed by the hypervisor, and is the "
		     "host's to load and store",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the reclaim", .run = host_memory },
	{ .name = "poison.other_memory_does_not_heal",
	  .promise = "another page mapped in place of the reclaimed one does "
		     "not help the guest",
	  .source = D_SEEN, .decides = K_DONATE, .seen = "7.3",
	  .provocation = "the reclaim", .run = does_not_heal },
	{ .name = "poison.stays_charged",
	  .promise = "a reclaimed page stays charged to RLIMIT_MEMLOCK until "
		     "the pVM is destroyed",
	  .source = D_SEEN, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the reclaim", .run = stays_charged },
	{ .name = "poison.other_vcpu_goes_on",
	  .promise = "the -EFAULT of one vCPU is not the others'",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the reclaim", .run = other_vcpu },
	{ .name = "poison.registers_can_be_changed",
	  .promise = "CPU state isolation is unimplemented: the host can change "
		     "the registers of a vCPU that is stuck, and it goes on",
	  .source = D_PKVM, .decides = "arch/arm64/kvm/hyp/nvhe/hyp-main.c:"
				       "flush_hyp_vcpu",
	  .seen = "7.3", .provocation = "the reclaim", .run = registers },
};
/* clang-format on */

const struct selftest_area st_poison_area = { checks, ARRAY_SIZE(checks) };
