// SPDX-License-Identifier: GPL-2.0-only
/* selftest_share.c: checks of the hypercalls that share memory, and back. */
#include "selftest_vm.h"

#include <errno.h>
#include <sys/mman.h>

#define OTHER (ST_DATA + ST_PAGE)

/* Vendor-specific hypervisor service calls (SMCCC, DEN0028). */
#define CALL_UID      0x8600ff01ULL
#define MMIO_GUARD    0xc6000007ULL
#define DISCOVER_VER  0xc6000040ULL
#define DISCOVER_CPUS 0xc6000041ULL

static void call_uid(struct selftest *t)
{
	/* 28b46fb6-2ec5-11e9-a9ca-4b564d003a74, four bytes a register */
	static const uint32_t uid[] = { 0xb66fb428, 0xe911c52e, 0x564bcaa9,
					0x743a004d };
	struct st_reply r;

	st_boot(t);
	r = st_op(t, G_HVC, st_provoked(t) ? CALL_UID : MMIO_GUARD, 0, 0, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(uid); i++)
		st_equal("a register of the UID", r.x[i] & UINT32_MAX, uid[i]);
}

static void features(struct selftest *t)
{
	struct st_reply r;

	st_boot(t);
	r = st_op(t, G_HVC, ST_FEATURES, 0, 0, 0);
	/* FEATURES, HYP_MEMINFO, MEM_SHARE, MEM_UNSHARE */
	st_equal("functions 0-31", r.x[0], 0x1d);
	st_equal("functions 32-63", r.x[1], 0);
	st_equal("functions 64-95", r.x[2], 0);
	st_equal("functions 96-127", r.x[3], 0);
}

static void meminfo(struct selftest *t)
{
	st_boot(t);
	st_equal("x0 of HYP_MEMINFO", (uint64_t)st_hvc(t, ST_MEMINFO, 0, 0, 0),
		 ST_PAGE);
}

/* Calls @fn on @ipa with each reserved argument in turn. */
static void reserved(struct selftest *t, uint64_t fn, uint64_t ipa)
{
	uint64_t v = st_provoked(t) ? 1 : 0;

	st_equal("x0 with x2 not zero", (uint64_t)st_hvc(t, fn, ipa, v, 0),
		 (uint64_t)ST_INVALID);
	st_equal("x0 with x3 not zero", (uint64_t)st_hvc(t, fn, ipa, 0, v),
		 (uint64_t)ST_INVALID);
}

static void meminfo_reserved(struct selftest *t)
{
	st_boot(t);
	st_equal("x0 with x1 not zero",
		 (uint64_t)st_hvc(t, ST_MEMINFO, st_provoked(t) ? 1 : 0, 0, 0),
		 (uint64_t)ST_INVALID);
	reserved(t, ST_MEMINFO, 0);
}

static void share_reserved(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	reserved(t, ST_SHARE, ST_DATA);
	st_is_private(t, ST_DATA);
}

static void unshare_reserved(struct selftest *t)
{
	st_boot(t);
	st_share(t, ST_DATA);
	reserved(t, ST_UNSHARE, ST_DATA);
	st_errno("the host's read of the page", st_probe(st_hva(t, ST_DATA)),
		 0);
}

static void share_reads(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	if (st_provoked(t))
		st_share(t, ST_DATA);
	st_is_readable(t, ST_DATA, ST_SECRET);
}

static void share_writes(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, 1);
	if (st_provoked(t))
		st_share(t, ST_DATA);
	if (st_poke(st_hva(t, ST_DATA), ST_SECRET, NULL, NULL))
		st_fail("the host's store to a shared page: a signal");
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
}

static void share_executes(struct selftest *t)
{
	/* mov w0, #42; ret */
	const uint64_t code = 0xd65f03c052800540ULL;
	int (*fn)(void);

	st_boot(t);
	st_store(t, ST_DATA, code);
	if (st_provoked(t))
		st_share(t, ST_DATA);
	st_must("mprotect",
		mprotect(st_hva(t, ST_DATA), ST_PAGE, PROT_READ | PROT_EXEC));
	__builtin___clear_cache((char *)st_hva(t, ST_DATA),
				(char *)st_hva(t, ST_DATA) + 8);
	fn = (int (*)(void))(uintptr_t)st_hva(t, ST_DATA);
	st_equal("what the guest's code returns to the host", (uint64_t)fn(),
		 42);
}

static void share_untouched(struct selftest *t)
{
	st_boot(t);
	*(uint64_t *)st_hva(t, ST_DATA) = ST_SECRET;
	if (st_provoked(t))
		st_share(t, ST_DATA);
	else
		st_op(t, G_FILL, ST_DATA, ST_PAGE / 8, 0, 8);
	st_is_readable(t, ST_DATA, ST_SECRET);
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
}

static void share_one_page(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, 1);
	st_touch(t, OTHER, 1);
	st_share(t, ST_DATA);
	if (!st_provoked(t))
		st_share(t, OTHER);
	st_is_private(t, OTHER);
}

static void share_twice(struct selftest *t)
{
	st_boot(t);
	if (st_provoked(t))
		st_share(t, ST_DATA);
	st_equal("x0 of a second MEM_SHARE",
		 (uint64_t)st_hvc(t, ST_SHARE, ST_DATA, 0, 0),
		 (uint64_t)ST_INVALID);
}

static void share_unaligned(struct selftest *t)
{
	uint64_t ipa = ST_DATA + (st_provoked(t) ? 8 : 0);

	st_boot(t);
	st_store(t, ST_DATA, 1);
	st_equal("x0 of MEM_SHARE", (uint64_t)st_hvc(t, ST_SHARE, ipa, 0, 0),
		 (uint64_t)ST_INVALID);
}

static void share_far(struct selftest *t)
{
	uint64_t ipa = st_provoked(t) ? 1ULL << 52 : ST_DATA;

	st_boot(t);
	st_equal("x0 of MEM_SHARE", (uint64_t)st_hvc(t, ST_SHARE, ipa, 0, 0),
		 (uint64_t)ST_INVALID);
}

static void share_unbacked(struct selftest *t)
{
	uint64_t ipa = st_provoked(t) ? ST_UNBACKED : ST_DATA;
	struct st_reply r;

	st_boot(t);
	r = st_try(t, 0, G_HVC, ST_SHARE, ipa, 0, 0);
	st_aborts("MEM_SHARE without memory", &r, 0x96000010, 0);
	st_equal("exits to user space", r.nr_mmio, 0);
}

static void unshare_takes(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	st_share(t, ST_DATA);
	st_is_readable(t, ST_DATA, ST_SECRET);
	if (st_provoked(t))
		st_unshare(t, ST_DATA);
	st_is_private(t, ST_DATA);
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
}

static void unshare_keeps(struct selftest *t)
{
	st_boot(t);
	st_share(t, ST_DATA);
	if (st_provoked(t))
		for (unsigned int i = 0; i < ST_PAGE / 8; i++)
			((volatile uint64_t *)st_hva(t, ST_DATA))[i] =
				ST_SECRET;
	st_unshare(t, ST_DATA);
	st_equal("words that the guest finds as they were written",
		 st_op(t, G_COUNT, ST_DATA, ST_PAGE / 8, ST_SECRET, 8).x[0],
		 ST_PAGE / 8);
}

static void unshare_fails(struct selftest *t, uint64_t ipa)
{
	st_equal("x0 of MEM_UNSHARE",
		 (uint64_t)st_hvc(t, ST_UNSHARE, ipa, 0, 0),
		 (uint64_t)ST_INVALID);
}

static void unshare_private(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, 1);
	if (!st_provoked(t))
		st_share(t, ST_DATA);
	unshare_fails(t, ST_DATA);
}

static void unshare_untouched(struct selftest *t)
{
	st_boot(t);
	if (!st_provoked(t))
		st_share(t, ST_DATA);
	unshare_fails(t, ST_DATA);
}

static void unshare_unaligned(struct selftest *t)
{
	st_boot(t);
	st_share(t, ST_DATA);
	unshare_fails(t, ST_DATA + (st_provoked(t) ? 8 : 0));
}

static void many_times(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, 0);
	for (uint64_t i = 1; i <= 20; i++) {
		st_share(t, ST_DATA);
		st_is_readable(t, ST_DATA, i - 1);
		st_store(t, ST_DATA, i);
		if (i != 10 || st_provoked(t))
			st_unshare(t, ST_DATA);
	}
	st_is_private(t, ST_DATA);
}

static void not_offered(struct selftest *t)
{
	static const uint64_t fns[] = { MMIO_GUARD, DISCOVER_VER,
					DISCOVER_CPUS };

	st_boot(t);
	for (unsigned int i = 0; i < ARRAY_SIZE(fns); i++)
		st_equal("x0 of a call that is not offered",
			 (uint64_t)st_hvc(t, fns[i], 0, 0, 0),
			 (uint64_t)ST_UNKNOWN);
}

static void by_smc(struct selftest *t)
{
	struct st_reply r;

	st_boot(t);
	st_store(t, ST_DATA, 1);
	r = st_op(t, st_provoked(t) ? G_SMC : G_HVC, ST_SHARE, ST_DATA, 0, 0);
	st_equal("x0 of MEM_SHARE by SMC", r.x[0], (uint64_t)ST_UNKNOWN);
	st_is_private(t, ST_DATA);
}

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "share.uid_is_kvms",
	  .promise = "All KVM/arm64-specific hypercalls are allocated within "
		     "the \"Vendor Specific Hypervisor Service Call\" range "
		     "with a UID of 28b46fb6-2ec5-11e9-a9ca-4b564d003a74",
	  .source = D_CALLS, .decides = "arch/arm64/kvm/hypercalls.c:"
					"kvm_smccc_call_handler",
	  .seen = "7.3", .provocation = "the Call UID function",
	  .run = call_uid },
	{ .name = "share.features_name_the_calls",
	  .promise = "ARM_SMCCC_VENDOR_HYP_KVM_FEATURES_FUNC_ID provides a "
		     "discovery mechanism for other KVM/arm64 hypercalls: "
		     "HYP_MEMINFO, MEM_SHARE and MEM_UNSHARE",
	  .source = D_CALLS, .decides = K_HVC, .seen = "7.3",
	  .provocation = "protection", .flags = SELFTEST_UNPROTECT,
	  .run = features },
	{ .name = "share.meminfo_is_the_granule",
	  .promise = "HYP_MEMINFO returns the memory protection granule in "
		     "bytes",
	  .source = D_CALLS, .decides = K_HVC, .seen = "7.3",
	  .provocation = "protection", .flags = SELFTEST_UNPROTECT,
	  .run = meminfo },
	{ .name = "share.meminfo_takes_no_arguments",
	  .promise = "HYP_MEMINFO: R1, R2, R3 are reserved and must be zero, "
		     "otherwise INVALID_PARAMETER",
	  .source = D_CALLS, .decides = K_HVC, .seen = "7.3",
	  .provocation = "the arguments", .run = meminfo_reserved },
	{ .name = "share.host_may_read",
	  .promise = "MEM_SHARE: share a region of memory with the KVM host, "
		     "granting it read, write and execute permissions",
	  .source = D_CALLS, .decides = K_SHARE, .seen = "7.3",
	  .provocation = "the share", .run = share_reads },
	{ .name = "share.host_may_write",
	  .promise = "MEM_SHARE: share a region of memory with the KVM host, "
		     "granting it read, write and execute permissions",
	  .source = D_CALLS, .decides = K_SHARE, .seen = "7.3",
	  .provocation = "the share", .run = share_writes },
	{ .name = "share.host_may_execute",
	  .promise = "MEM_SHARE: share a region of memory with the KVM host, "
		     "granting it read, write and execute permissions",
	  .source = D_CALLS, .decides = K_SHARE, .seen = "7.3",
	  .provocation = "the share", .run = share_executes },
	{ .name = "share.region_is_one_granule",
	  .promise = "MEM_SHARE: the size of the region is equal to the "
		     "memory protection granule advertised by HYP_MEMINFO",
	  .source = D_CALLS, .decides = K_SHARE, .seen = "7.3",
	  .provocation = "the other page's being private",
	  .run = share_one_page },
	{ .name = "share.untouched_page_keeps_content",
	  .promise = "a page that the guest shares before it touched it keeps "
		     "what the host wrote, and MEM_SHARE returns 0",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/hyp/nvhe/pkvm.c:"
				       "pkvm_memshare_call",
	  .seen = "7.3", .provocation = "the share", .run = share_untouched },
	{ .name = "share.reserved_arguments_are_refused",
	  .promise = "MEM_SHARE: R2, R3 are reserved and must be zero, "
		     "otherwise INVALID_PARAMETER, and nothing is shared",
	  .source = D_CALLS, .decides = K_HVC, .seen = "7.3",
	  .provocation = "the arguments", .run = share_reserved },
	{ .name = "share.twice_is_refused",
	  .promise = "MEM_SHARE of a page that is shared is "
		     "INVALID_PARAMETER",
	  .source = D_SEEN, .decides = K_SHARE, .seen = "7.3",
	  .provocation = "the first share", .run = share_twice },
	{ .name = "share.unaligned_is_refused",
	  .promise = "MEM_SHARE of an address that is no page's is "
		     "INVALID_PARAMETER",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/hyp/nvhe/pkvm.c:"
				       "pkvm_memshare_call",
	  .seen = "7.3", .provocation = "the odd address",
	  .run = share_unaligned },
	{ .name = "share.beyond_addresses_is_refused",
	  .promise = "MEM_SHARE of an address no guest can have is "
		     "INVALID_PARAMETER",
	  .source = D_SEEN, .decides = K_SHARE, .seen = "7.3",
	  .provocation = "the far address", .run = share_far },
	{ .name = "share.without_memory_aborts",
	  .promise = "MEM_SHARE of an address without memory is a synchronous "
		     "external abort in the guest, and no exit",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/hyp/nvhe/pkvm.c:"
				       "__pkvm_memshare_page_req",
	  .seen = "7.3", .provocation = "the address without memory",
	  .run = share_unbacked },
	{ .name = "unshare.revokes_the_hosts_access",
	  .promise = "MEM_UNSHARE: revoke access permission from the KVM host "
		     "to a memory region previously shared with MEM_SHARE",
	  .source = D_CALLS, .decides = K_UNSHARE, .seen = "7.3",
	  .provocation = "the unshare", .run = unshare_takes },
	{ .name = "unshare.keeps_what_the_host_wrote",
	  .promise = "a page keeps its content when it is unshared",
	  .source = D_SEEN, .decides = K_UNSHARE, .seen = "7.3",
	  .provocation = "the host's store", .run = unshare_keeps },
	{ .name = "unshare.reserved_arguments_are_refused",
	  .promise = "MEM_UNSHARE: R2, R3 are reserved and must be zero, "
		     "otherwise INVALID_PARAMETER, and the page stays shared",
	  .source = D_CALLS, .decides = K_HVC, .seen = "7.3",
	  .provocation = "the arguments", .run = unshare_reserved },
	{ .name = "unshare.private_is_refused",
	  .promise = "MEM_UNSHARE of a page that is not shared is "
		     "INVALID_PARAMETER",
	  .source = D_SEEN, .decides = K_UNSHARE, .seen = "7.3",
	  .provocation = "the page's being private", .run = unshare_private },
	{ .name = "unshare.untouched_is_refused",
	  .promise = "MEM_UNSHARE of a page that was never touched is "
		     "INVALID_PARAMETER",
	  .source = D_SEEN, .decides = K_UNSHARE, .seen = "7.3",
	  .provocation = "the page's being untouched",
	  .run = unshare_untouched },
	{ .name = "unshare.unaligned_is_refused",
	  .promise = "MEM_UNSHARE of an address that is no page's is "
		     "INVALID_PARAMETER",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/hyp/nvhe/pkvm.c:"
				       "pkvm_memunshare_call",
	  .seen = "7.3", .provocation = "the odd address",
	  .run = unshare_unaligned },
	{ .name = "unshare.and_share_alternate",
	  .promise = "a page may be shared and unshared again and again",
	  .source = D_SEEN, .decides = K_UNSHARE, .seen = "7.3",
	  .provocation = "one unshare", .run = many_times },
	{ .name = "share.other_calls_are_not_supported",
	  .promise = "MMIO_GUARD, DISCOVER_IMPL_VER and DISCOVER_IMPL_CPUS are "
		     "optional: a pVM's are NOT_SUPPORTED",
	  .source = D_CALLS, .decides = "arch/arm64/kvm/hypercalls.c:"
					"kvm_smccc_call_handler",
	  .seen = "7.3", .run = not_offered },
	{ .name = "share.calls_are_hvc_only",
	  .promise = "these hypercalls are issued using the HVC instruction: "
		     "MEM_SHARE by SMC does nothing",
	  .source = D_CALLS, .decides = "arch/arm64/kvm/hyp/nvhe/switch.c:"
					"pvm_exit_handlers",
	  .seen = "7.3", .provocation = "the SMC", .run = by_smc },
};
/* clang-format on */

const struct selftest_area st_share_area = { checks, ARRAY_SIZE(checks) };
