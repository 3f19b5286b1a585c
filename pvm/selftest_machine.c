// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_machine.c: checks of what a pVM gets from the host's KVM: PSCI and
 * other calls, and registers.
 */
#include "selftest_vm.h"

#include <errno.h>
#include <string.h>

/* PSCI, DEN0022 */
#define PSCI_GET_VERSION   0x84000000ULL
#define PSCI_CPU_OFF	   0x84000002ULL
#define PSCI_CPU_ON	   0xc4000003ULL
#define PSCI_AFFINITY_INFO 0xc4000004ULL
#define PSCI_MIGRATE_TYPE  0x84000006ULL
#define PSCI_OFF	   0x84000008ULL
#define PSCI_RESET	   0x84000009ULL
#define PSCI_SUSPEND	   0xc400000eULL
#define PSCI_RESET2	   0xc4000012ULL
#define PSCI_OFF2	   0xc4000015ULL
/* SMCCC, DEN0028; TRNG, DEN0098; FF-A, DEN0077; paravirtualized time, DEN0057 */
#define SMCCC_VERSION 0x80000000ULL
#define TRNG_VERSION  0x84000050ULL
#define TRNG_RND64    0xc4000053ULL
#define FFA_VERSION   0x84000063ULL
#define PV_TIME	      0xc5000020ULL
#define PTP_VIRTUAL   0x86000001ULL
#define NO_SUCH_CALL  0x8600003fULL

#define MAILBOX_1  (ST_MAILBOX + ST_MAILBOX_LEN)
#define BLOCKED_MS 300U

static uint64_t call(struct selftest *t, uint64_t fn, uint64_t a1, uint64_t a2,
		     uint64_t a3)
{
	return (uint64_t)st_hvc(t, fn, a1, a2, a3);
}

static void versions(struct selftest *t)
{
	st_boot(t);
	st_equal("PSCI_VERSION's major",
		 call(t, PSCI_GET_VERSION, 0, 0, 0) >> 16, 1);
	st_equal("SMCCC_VERSION's major", call(t, SMCCC_VERSION, 0, 0, 0) >> 16,
		 1);
	st_equal("MIGRATE_INFO_TYPE", call(t, PSCI_MIGRATE_TYPE, 0, 0, 0), 2);
}

/* The call ends in an exit with that type and first datum. */
static void ends_with(struct selftest *t, uint64_t fn, uint32_t type,
		      uint64_t data)
{
	const struct kvm_run *run;
	struct st_reply r;

	st_boot(t);
	run = t->vcpu[0].run;
	r = st_try(t, 0, G_HVC, st_provoked(t) ? fn : PSCI_GET_VERSION, 0, 0,
		   0);
	st_equal("the exit reason", r.exit, KVM_EXIT_SYSTEM_EVENT);
	st_equal("the event's type", run->system_event.type, type);
	st_equal("its data: how many", run->system_event.ndata, 1);
	st_equal("its data", run->system_event.data[0], data);
}

static void power_off(struct selftest *t)
{
	ends_with(t, PSCI_OFF, KVM_SYSTEM_EVENT_SHUTDOWN, 0);
}

static void hibernate(struct selftest *t)
{
	ends_with(t, PSCI_OFF2, KVM_SYSTEM_EVENT_SHUTDOWN, 1);
}

static void reset(struct selftest *t)
{
	ends_with(t, PSCI_RESET, KVM_SYSTEM_EVENT_RESET, 0);
}

static void reset2(struct selftest *t)
{
	ends_with(t, PSCI_RESET2, KVM_SYSTEM_EVENT_RESET, 1);
}

static void blocks(const char *what, const struct st_reply *r)
{
	char text[128];

	st_describe(r, text, sizeof(text));
	if (r->err != -EINTR)
		st_fail("%s: %s instead of blocking", what, text);
}

static void stays_off(struct selftest *t)
{
	struct kvm_mp_state state;
	struct st_reply r;

	st_boot(t);
	if (st_provoked(t))
		st_try(t, 0, G_HVC, PSCI_OFF, 0, 0, 0);
	r = st_try_for(t, 0, G_LOAD, ST_DATA, BLOCKED_MS);
	blocks("KVM_RUN after SYSTEM_OFF", &r);
	st_must("KVM_GET_MP_STATE",
		kvm_ioctl(t->vcpu[0].fd, KVM_GET_MP_STATE, &state));
	st_equal("mp_state", state.mp_state, KVM_MP_STATE_STOPPED);
}

/* VCPU_INIT again: the vCPU starts anew, RAM as the guest left it. */
static void starts_again(struct selftest *t)
{
	struct kvm_vcpu_init init;
	struct pvm_caps caps;

	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	st_try(t, 0, G_HVC, PSCI_OFF, 0, 0, 0);
	memset(&init, 0, sizeof(init));
	pvm_read_caps(t->kvm, &caps);
	st_must("KVM_ARM_PREFERRED_TARGET",
		kvm_ioctl(t->vm, KVM_ARM_PREFERRED_TARGET, &init));
	init.features[0] = 1U << KVM_ARM_VCPU_PSCI_0_2;
	if (caps.ptrauth_address && caps.ptrauth_generic)
		init.features[0] |= 1U << KVM_ARM_VCPU_PTRAUTH_ADDRESS |
				    1U << KVM_ARM_VCPU_PTRAUTH_GENERIC;
	st_must("KVM_ARM_VCPU_INIT once more",
		kvm_ioctl(t->vcpu[0].fd, KVM_ARM_VCPU_INIT, &init));
	st_equal("the PC", st_get_reg(t, ST_CORE_REG(regs.pc)), 0);
	st_set_reg(t, ST_CORE_REG(regs.pc), ST_RAM);
	st_set_reg(t, ST_CORE_REG(regs.regs[0]), ST_MAILBOX);
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
}

/* Two vCPUs, the second one off. */
static void two_vcpus(struct selftest *t)
{
	st_create(t);
	st_map(t);
	st_add_slot(t);
	st_vcpu(t, 0, false);
	st_vcpu(t, 1, true);
}

static void cpu_on(struct selftest *t)
{
	struct st_reply r;

	two_vcpus(t);
	st_equal("AFFINITY_INFO of a vCPU that is off",
		 call(t, PSCI_AFFINITY_INFO, 1, 0, 0), 1);
	if (st_provoked(t))
		st_equal("x0 of CPU_ON",
			 call(t, PSCI_CPU_ON, 1, ST_RAM, MAILBOX_1), 0);
	st_equal("AFFINITY_INFO of a vCPU that is on",
		 call(t, PSCI_AFFINITY_INFO, 1, 0, 0), 0);
	/* Its mailbox is what it got as context. */
	r = st_try(t, 1, G_IDS, 0, 0, 0, 0);
	st_equal("MPIDR_EL1.Aff of vCPU 1", r.x[1] & 0xffffff, 1);
}

static void cpu_on_refused(struct selftest *t)
{
	two_vcpus(t);
	st_equal("x0 of CPU_ON of no vCPU",
		 call(t, PSCI_CPU_ON, 7, ST_RAM, MAILBOX_1), (uint64_t)-2);
	if (st_provoked(t))
		call(t, PSCI_CPU_ON, 1, ST_RAM, MAILBOX_1);
	st_equal("x0 of a second CPU_ON",
		 call(t, PSCI_CPU_ON, 1, ST_RAM, MAILBOX_1), (uint64_t)-4);
}

static void cpu_off(struct selftest *t)
{
	struct st_reply r;

	two_vcpus(t);
	call(t, PSCI_CPU_ON, 1, ST_RAM, MAILBOX_1);
	r = st_try_for(t, 1, st_provoked(t) ? G_HVC : G_IDS, PSCI_CPU_OFF,
		       BLOCKED_MS);
	blocks("KVM_RUN of a vCPU after CPU_OFF", &r);
	/* On a slow host it may not have come to its call by then. */
	for (unsigned int i = 0;
	     i < 20 && call(t, PSCI_AFFINITY_INFO, 1, 0, 0) == 0; i++) {
		r = st_again_for(t, 1, BLOCKED_MS);
		blocks("KVM_RUN of a vCPU after CPU_OFF", &r);
	}
	st_equal("AFFINITY_INFO of it", call(t, PSCI_AFFINITY_INFO, 1, 0, 0),
		 1);
}

static void suspend(struct selftest *t)
{
	st_boot(t);
	st_equal("x0 of SYSTEM_SUSPEND", call(t, PSCI_SUSPEND, ST_RAM, 0, 0),
		 (uint64_t)ST_UNKNOWN);
}

static void other_calls(struct selftest *t)
{
	static const uint64_t fns[] = { FFA_VERSION, PV_TIME, NO_SUCH_CALL };
	struct st_reply r;

	st_boot(t);
	for (unsigned int i = 0; i < ARRAY_SIZE(fns); i++)
		st_equal("x0 of an unsupported call", call(t, fns[i], 0, 0, 0),
			 (uint64_t)ST_UNKNOWN);
	st_equal("TRNG_VERSION", call(t, TRNG_VERSION, 0, 0, 0), 0x10000);
	r = st_op(t, G_HVC, TRNG_RND64, 64, 0, 0);
	st_equal("x0 of TRNG_RND64", r.x[0], 0);
	st_differ("the random number", r.x[3], 0);
}

static void ptp(struct selftest *t)
{
	struct st_reply r;

	st_boot(t);
	r = st_op(t, G_HVC, st_provoked(t) ? PTP_VIRTUAL : NO_SUCH_CALL, 0, 0,
		  0);
	if (r.x[0] >> 63)
		st_fail("x0 of the PTP call: 0x%llx",
			(unsigned long long)r.x[0]);
	/* Nanoseconds since 1970, in two halves. */
	if (r.x[0] == UINT32_MAX || !(r.x[1] & UINT32_MAX))
		st_fail("the PTP call is not supported");
}

static void psci_by_smc(struct selftest *t)
{
	st_boot(t);
	st_equal("PSCI_VERSION by SMC, major",
		 st_op(t, G_SMC, PSCI_GET_VERSION, 0, 0, 0).x[0] >> 16, 1);
	st_equal("an unsupported call by SMC",
		 st_op(t, G_SMC, NO_SUCH_CALL, 0, 0, 0).x[0],
		 (uint64_t)ST_UNKNOWN);
}

static void enable_caps(struct selftest *t)
{
	static const uint32_t caps[] = { KVM_CAP_ARM_NISV_TO_USER,
					 KVM_CAP_ARM_SYSTEM_SUSPEND };

	st_create(t);
	for (unsigned int i = 0; i < ARRAY_SIZE(caps); i++) {
		struct kvm_enable_cap cap = { .cap = caps[i] };

		st_errno("KVM_ENABLE_CAP",
			 kvm_ioctl(t->vm, KVM_ENABLE_CAP, &cap), -EINVAL);
	}
}

static void single_step(struct selftest *t)
{
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE |
						    KVM_GUESTDBG_SINGLESTEP };
	struct st_reply r;

	st_boot(t);
	if (st_provoked(t))
		st_must("KVM_SET_GUEST_DEBUG",
			kvm_ioctl(t->vcpu[0].fd, KVM_SET_GUEST_DEBUG, &debug));
	r = st_try(t, 0, G_IDS, 0, 0, 0, 0);
	st_equal("the exit reason", r.exit, KVM_EXIT_DEBUG);
	st_equal("the PC after one step", st_get_reg(t, ST_CORE_REG(regs.pc)),
		 ST_RAM + 4);
}

static void registers_shown(struct selftest *t)
{
	st_boot(t);
	st_set_reg(t, ST_CORE_REG(regs.regs[19]), ST_SECRET);
	st_store(t, ST_DATA, 1);
	/* The guest's code leaves x19 alone. */
	st_equal("x19", st_get_reg(t, ST_CORE_REG(regs.regs[19])), ST_SECRET);
	if (!st_provoked(t))
		st_set_reg(t, ST_CORE_REG(regs.regs[28]), 0);
	st_equal("x28, which the guest set",
		 st_get_reg(t, ST_CORE_REG(regs.regs[28])), ST_MAILBOX);
}

#define K_PSCI	"arch/arm64/kvm/psci.c:kvm_psci_call"
#define K_SMCCC "arch/arm64/kvm/hypercalls.c:kvm_smccc_call_handler"

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "psci.versions", .run = versions,
	  .promise = "PSCI 1.x and SMCCC 1.x are there",
	  .source = D_SEEN, .decides = K_PSCI, .seen = "7.3" },
	{ .name = "psci.system_off_exits", .run = power_off,
	  .promise = "SYSTEM_OFF is KVM_EXIT_SYSTEM_EVENT, SHUTDOWN",
	  .source = D_SEEN, .decides = K_PSCI, .seen = "7.3",
	  .provocation = "the call" },
	{ .name = "psci.system_off2_exits", .run = hibernate,
	  .promise = "SYSTEM_OFF2 is KVM_EXIT_SYSTEM_EVENT, SHUTDOWN with "
		     "PSCI_OFF2",
	  .source = D_SEEN, .decides = K_PSCI, .seen = "7.3",
	  .provocation = "the call" },
	{ .name = "psci.system_reset_exits", .run = reset,
	  .promise = "SYSTEM_RESET is KVM_EXIT_SYSTEM_EVENT, RESET",
	  .source = D_SEEN, .decides = K_PSCI, .seen = "7.3",
	  .provocation = "the call" },
	{ .name = "psci.system_reset2_exits", .run = reset2,
	  .promise = "SYSTEM_RESET2 is KVM_EXIT_SYSTEM_EVENT, RESET with "
		     "PSCI_RESET2",
	  .source = D_SEEN, .decides = K_PSCI, .seen = "7.3",
	  .provocation = "the call" },
	{ .name = "psci.off_is_off", .run = stays_off,
	  .promise = "after SYSTEM_OFF KVM_RUN blocks, and the vCPU is STOPPED",
	  .source = D_SEEN, .decides = K_PSCI, .seen = "7.3",
	  .provocation = "the call" },
	{ .name = "psci.vcpu_can_be_initialised_again", .run = starts_again,
	  .promise = "KVM_ARM_VCPU_INIT after SYSTEM_OFF resets the vCPU; "
		     "memory is as the guest left it",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/arm.c:"
				       "kvm_arch_vcpu_ioctl_vcpu_init",
	  .seen = "7.3" },
	{ .name = "psci.cpu_on_starts_a_vcpu", .run = cpu_on,
	  .promise = "CPU_ON starts a vCPU with its context in x0",
	  .source = D_SEEN, .decides = K_PSCI, .seen = "7.3",
	  .provocation = "the call" },
	{ .name = "psci.cpu_on_is_refused", .run = cpu_on_refused,
	  .promise = "CPU_ON of a vCPU that is on is ALREADY_ON, of none "
		     "INVALID_PARAMETERS",
	  .source = D_SEEN, .decides = K_PSCI, .seen = "7.3",
	  .provocation = "the first call" },
	{ .name = "psci.cpu_off_blocks", .run = cpu_off,
	  .promise = "after CPU_OFF the vCPU's KVM_RUN blocks",
	  .source = D_SEEN, .decides = K_PSCI, .seen = "7.3",
	  .provocation = "the call" },
	{ .name = "psci.suspend_is_not_supported", .run = suspend,
	  .promise = "SYSTEM_SUSPEND is NOT_SUPPORTED",
	  .source = D_SEEN, .decides = K_PSCI, .seen = "7.3" },
	{ .name = "psci.by_smc", .run = psci_by_smc,
	  .promise = "PSCI calls may be made by SMC, too",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/handle_exit.c:"
				       "handle_smc",
	  .seen = "7.3" },
	{ .name = "calls.others_are_the_hosts", .run = other_calls,
	  .promise = "calls that are not the hypervisor's are answered by the "
		     "host's kernel: TRNG is there; FF-A, stolen time and "
		     "unknown ones are NOT_SUPPORTED",
	  .source = D_SEEN, .decides = K_SMCCC, .seen = "7.3" },
	{ .name = "calls.ptp_gives_the_hosts_time", .run = ptp,
	  .promise = "ARM_SMCCC_VENDOR_HYP_KVM_PTP_FUNC_ID: see ptp_kvm.rst",
	  .source = D_CALLS, .decides = "arch/arm64/kvm/hypercalls.c:"
					"kvm_ptp_get_time",
	  .seen = "7.3", .provocation = "the call" },
	{ .name = "create.capabilities_are_refused", .run = enable_caps,
	  .promise = "what a pVM cannot have cannot be enabled: "
		     "ARM_NISV_TO_USER, ARM_SYSTEM_SUSPEND",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/arm.c:"
				       "kvm_vm_ioctl_enable_cap",
	  .seen = "7.3", .provocation = "protection",
	  .flags = SELFTEST_UNPROTECT },
	{ .name = "debug.single_step", .run = single_step,
	  .promise = "CPU state isolation is unimplemented: the host can "
		     "single-step a pVM",
	  .source = D_PKVM, .decides = "arch/arm64/kvm/debug.c:"
				       "kvm_vcpu_load_debug",
	  .seen = "7.3", .provocation = "the step" },
	{ .name = "debug.registers_are_shown", .run = registers_shown,
	  .promise = "CPU state isolation is unimplemented: the host can read "
		     "and write a pVM's registers",
	  .source = D_PKVM, .decides = "arch/arm64/kvm/hyp/nvhe/hyp-main.c:"
				       "flush_hyp_vcpu",
	  .seen = "7.3", .provocation = "the guest's own value" },
};
/* clang-format on */

const struct selftest_area st_machine_area = { checks, ARRAY_SIZE(checks) };
