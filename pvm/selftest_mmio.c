// SPDX-License-Identifier: GPL-2.0-only
/* selftest_mmio.c: checks of what a pVM does where it has no memory. */
#include "selftest_vm.h"

#define K_MMIO "arch/arm64/kvm/mmio.c:io_mem_abort"

#define SEA	  0x96000010ULL /* data abort, synchronous external */
#define SEA_FETCH 0x86000010ULL
#define ADDR_SIZE 0x96000000ULL

static void mmio_loads(struct selftest *t)
{
	static const struct {
		unsigned int op;
		uint32_t len;
	} loads[] = { { G_LOAD, 8 }, { G_LOAD32, 4 }, { G_LOAD8, 1 } };
	struct st_reply r;

	st_boot(t);
	t->mmio_answer = ST_SECRET;
	for (unsigned int i = 0; i < ARRAY_SIZE(loads); i++) {
		uint64_t mask = loads[i].len == 8
					? UINT64_MAX
					: (1ULL << loads[i].len * 8) - 1;

		r = st_op(t, loads[i].op,
			  st_provoked(t) ? ST_UNBACKED : ST_DATA, 0, 0, 0);
		st_equal("MMIO exits of a load", r.nr_mmio, 1);
		st_equal("its address", r.mmio_gpa, ST_UNBACKED);
		st_equal("its length", r.mmio_len, loads[i].len);
		st_equal("is it a write", r.mmio_write, 0);
		st_equal("what the guest gets", r.x[0], ST_SECRET & mask);
	}
}

static void mmio_stores(struct selftest *t)
{
	static const struct {
		unsigned int op;
		uint32_t len;
	} stores[] = { { G_STORE, 8 }, { G_STORE32, 4 }, { G_STORE8, 1 } };
	struct st_reply r;

	st_boot(t);
	for (unsigned int i = 0; i < ARRAY_SIZE(stores); i++) {
		uint64_t mask = stores[i].len == 8
					? UINT64_MAX
					: (1ULL << stores[i].len * 8) - 1;

		r = st_op(t, stores[i].op,
			  st_provoked(t) ? ST_UNBACKED : ST_DATA, ST_SECRET, 0,
			  0);
		st_equal("MMIO exits of a store", r.nr_mmio, 1);
		st_equal("its address", r.mmio_gpa, ST_UNBACKED);
		st_equal("its length", r.mmio_len, stores[i].len);
		st_equal("is it a write", r.mmio_write, 1);
		st_equal("its data", r.mmio_data, ST_SECRET & mask);
	}
}

static void no_syndrome(struct selftest *t)
{
	static const unsigned int ops[] = { G_LDP, G_STP, G_LDXR, G_LDR_POST,
					    G_LDR_Q };
	struct st_reply r;

	st_boot(t);
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
		r = st_try(t, 0, st_provoked(t) ? ops[i] : G_LOAD, ST_UNBACKED,
			   0, 0, 0);
		st_aborts("an access without a valid syndrome", &r, SEA,
			  ST_UNBACKED);
		st_equal("exits to user space", r.nr_mmio, 0);
	}
}

static void fetch(struct selftest *t)
{
	struct st_reply r;

	st_boot(t);
	r = st_try(t, 0, G_CALL, ST_UNBACKED, 0, 0, 0);
	st_aborts("a fetch without memory", &r, SEA_FETCH, ST_UNBACKED);
}

static void beyond(struct selftest *t)
{
	struct pvm_caps caps;
	struct st_reply r;
	uint64_t far;

	st_boot(t);
	pvm_read_caps(t->kvm, &caps);
	if (caps.ipa_bits > 48)
		st_skip("guest addresses have %u bits here", caps.ipa_bits);
	far = 1ULL << (caps.ipa_bits - 1);
	if (far > ST_RAM)
		st_equal("MMIO exits of a load in the last half of addresses",
			 st_op(t, G_LOAD, far, 0, 0, 0).nr_mmio, 1);
	far = 1ULL << (caps.ipa_bits + 2);
	r = st_try(t, 0, G_LOAD, st_provoked(t) ? far : ST_DATA, 0, 0, 0);
	st_aborts("a load beyond all addresses", &r, ADDR_SIZE, far);
}

static void cache_ops(struct selftest *t)
{
	st_boot(t);
	st_equal("exits of DC CIVAC without memory",
		 st_op(t, G_DC_CIVAC, ST_UNBACKED, 0, 0, 0).nr_mmio, 0);
}

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "mmio.loads_exit", .run = mmio_loads,
	  .promise = "a load without memory behind it is KVM_EXIT_MMIO",
	  .source = D_SEEN, .decides = K_MMIO, .seen = "7.3",
	  .provocation = "the missing memory" },
	{ .name = "mmio.stores_exit", .run = mmio_stores,
	  .promise = "a store without memory behind it is KVM_EXIT_MMIO",
	  .source = D_SEEN, .decides = K_MMIO, .seen = "7.3",
	  .provocation = "the missing memory" },
	{ .name = "mmio.no_syndrome_aborts", .run = no_syndrome,
	  .promise = "an access without a valid syndrome and memory is a "
		     "synchronous external abort in the guest, and no exit",
	  .source = D_SEEN, .decides = K_MMIO, .seen = "7.3",
	  .provocation = "the missing syndrome" },
	{ .name = "mmio.fetch_aborts", .run = fetch,
	  .promise = "a fetch without memory is a synchronous external abort",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/mmu.c:"
				       "kvm_handle_guest_abort",
	  .seen = "7.3" },
	{ .name = "mmio.ends_with_the_addresses", .run = beyond,
	  .promise = "a load beyond the host's guest addresses is an address "
		     "size fault, below them an exit",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/mmu.c:"
				       "kvm_handle_guest_abort",
	  .seen = "7.3", .provocation = "the far address" },
	{ .name = "mmio.cache_maintenance_is_skipped", .run = cache_ops,
	  .promise = "DC CIVAC without memory does nothing",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/mmu.c:"
				       "kvm_handle_guest_abort",
	  .seen = "7.3" },
};
/* clang-format on */

const struct selftest_area st_mmio_area = { checks, ARRAY_SIZE(checks) };
