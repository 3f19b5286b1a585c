// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_slots.c: checks of memslots, and of what the guest sees when the
 * mapping behind one changes.
 */
#include "selftest_vm.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define LEN   (ST_PAGES * ST_PAGE)
#define MOVED (ST_RAM + (1ULL << 30))
#define EXTRA (ST_RAM + (2ULL << 30))

/* Boots and, unless left out, lets the vCPU run. */
static void started(struct selftest *t)
{
	st_boot(t);
	if (st_provoked(t))
		st_store(t, ST_DATA, ST_SECRET);
}

/* Memory for another slot. */
static void *extra(size_t len)
{
	return st_anon(NULL, len, PROT_READ | PROT_WRITE);
}

static void delete_slot(struct selftest *t)
{
	started(t);
	st_errno("deletion of a memslot after the first KVM_RUN",
		 st_set_slot(t, 0, 0, ST_RAM, 0, t->ram), -EPERM);
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
}

static void move_slot(struct selftest *t)
{
	started(t);
	st_errno("moving a memslot after the first KVM_RUN",
		 st_set_slot(t, 0, 0, MOVED, LEN, t->ram), -EPERM);
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
}

static void delete_untouched(struct selftest *t)
{
	st_boot(t);
	st_must("another memslot",
		st_set_slot(t, 1, 0, EXTRA, ST_PAGE, extra(ST_PAGE)));
	if (st_provoked(t))
		st_store(t, ST_DATA, ST_SECRET);
	st_errno("deletion of a memslot the guest never touched",
		 st_set_slot(t, 1, 0, EXTRA, 0, NULL), -EPERM);
}

static void immediate_exit(struct selftest *t)
{
	st_boot(t);
	if (st_provoked(t)) {
		t->vcpu[0].run->immediate_exit = 1;
		st_errno("KVM_RUN with immediate_exit",
			 kvm_ioctl_val(t->vcpu[0].fd, KVM_RUN, 0), -EINTR);
	}
	st_errno("deletion of a memslot after such a KVM_RUN",
		 st_set_slot(t, 0, 0, ST_RAM, 0, t->ram), -EPERM);
}

static void before_run(struct selftest *t)
{
	st_boot(t);
	st_must("moving a memslot before the first KVM_RUN",
		st_set_slot(t, 0, 0, MOVED, LEN, t->ram));
	st_must("its deletion", st_set_slot(t, 0, 0, MOVED, 0, t->ram));
	st_add_slot(t);
	st_store(t, ST_DATA, ST_SECRET);
}

static void same_again(struct selftest *t)
{
	started(t);
	st_must("the same memslot once more",
		st_set_slot(t, 0, 0, ST_RAM, LEN, t->ram));
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
}

static void added_later(struct selftest *t)
{
	uint64_t *page = extra(ST_PAGE);

	st_boot(t);
	st_store(t, ST_DATA, 1);
	page[0] = ST_SECRET;
	if (st_provoked(t))
		st_must("a new memslot after the first KVM_RUN",
			st_set_slot(t, 1, 0, EXTRA, ST_PAGE, page));
	st_equal("what the guest reads there", st_load(t, EXTRA), ST_SECRET);
	st_errno("the host's read of it", st_probe(page), -EFAULT);
}

/* @change: what a change of the flag of a memslot that is there ends in. */
static void flags_refused(struct selftest *t, uint32_t flag, int change)
{
	uint32_t flags = st_provoked(t) ? flag : 0;
	void *page = extra(ST_PAGE);

	st_boot(t);
	st_errno("a memslot with that flag, before the first KVM_RUN",
		 st_set_slot(t, 1, flags, EXTRA, ST_PAGE, page), -EPERM);
	st_errno("that flag for a memslot that is there",
		 st_set_slot(t, 0, flags, ST_RAM, LEN, t->ram), change);
	st_store(t, ST_DATA, ST_SECRET);
	st_errno("a memslot with that flag, after the first KVM_RUN",
		 st_set_slot(t, 1, flags, EXTRA, ST_PAGE, page), -EPERM);
	st_errno("that flag for a memslot in use",
		 st_set_slot(t, 0, flags, ST_RAM, LEN, t->ram), change);
}

static void readonly(struct selftest *t)
{
	flags_refused(t, KVM_MEM_READONLY, -EINVAL);
}

static void dirty_log(struct selftest *t)
{
	flags_refused(t, KVM_MEM_LOG_DIRTY_PAGES, -EPERM);
}

static void no_dirty_log(struct selftest *t)
{
	uint64_t bitmap[1];
	struct kvm_dirty_log log = { .dirty_bitmap = bitmap };

	started(t);
	st_errno("KVM_GET_DIRTY_LOG", kvm_ioctl(t->vm, KVM_GET_DIRTY_LOG, &log),
		 -ENOENT);
}

static void resize(struct selftest *t)
{
	st_boot(t);
	if (!st_provoked(t))
		t->pages *= 2;
	st_errno("another size for a memslot",
		 st_set_slot(t, 0, 0, ST_RAM, t->pages / 2 * ST_PAGE, t->ram),
		 -EINVAL);
	st_errno("other memory for a memslot",
		 st_set_slot(t, 0, 0, ST_RAM, LEN, extra(LEN)), -EINVAL);
}

/* The host has a new one, of zeros, the guest the one it had. */
static void expect_two_pages(struct selftest *t, void *page)
{
	uint64_t value = 1;

	if (st_peek(page, &value, NULL, NULL))
		st_fail("the host's load of its new page: a signal");
	st_equal("what the host reads from its new page", value, 0);
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
}

/* Maps new memory over the page; the guest keeps the one it has. */
static void mapped_over(struct selftest *t)
{
	void *page;

	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	page = st_hva(t, ST_DATA);
	if (st_provoked(t))
		st_anon(page, ST_PAGE, PROT_READ | PROT_WRITE);
	expect_two_pages(t, page);
	/* Sharing does not bring the two together. */
	st_share(t, ST_DATA);
	st_equal("what the host reads after a share",
		 *(volatile uint64_t *)page, 0);
}

static void dropped(struct selftest *t)
{
	void *page;

	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	page = st_hva(t, ST_DATA);
	if (st_provoked(t))
		st_must("MADV_DONTNEED", madvise(page, ST_PAGE, MADV_DONTNEED));
	expect_two_pages(t, page);
}

static void unmapped(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	if (st_provoked(t))
		st_must("munmap", munmap(st_hva(t, ST_DATA), ST_PAGE));
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
	st_errno("msync() of what the host unmapped",
		 msync(st_hva(t, ST_DATA), ST_PAGE, MS_ASYNC) ? -errno : 0,
		 -ENOMEM);
}

static void forbidden(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA + ST_PAGE, 1); /* the code is donated by now */
	if (st_provoked(t))
		st_store(t, ST_DATA, ST_SECRET);
	st_must("mprotect", mprotect(st_hva(t, ST_DATA), ST_PAGE, PROT_NONE));
	st_share(t, ST_DATA);
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
}

static void alias(struct selftest *t)
{
	struct st_reply r;

	st_may_warn();
	st_boot(t);
	st_must("a second memslot of the same memory",
		st_set_slot(t, 1, 0, EXTRA, LEN, t->ram));
	if (st_provoked(t))
		st_store(t, ST_DATA, ST_SECRET);
	r = st_try(t, 0, G_LOAD, EXTRA + (ST_DATA - ST_RAM), 0, 0, 0);
	st_errno("KVM_RUN where the guest touches its page by another address",
		 r.err, -EPERM);
}

/* The same page in two VMs, the second one ordinary or protected. */
static void two_vms(struct selftest *t, unsigned long type)
{
	struct selftest other = *t;
	struct st_reply r;

	st_may_warn();
	t->memory = ST_MEMFD;
	st_boot(t);
	if (st_provoked(t))
		st_store(t, ST_DATA, ST_SECRET);
	/* A page of its own for the code, the rest is the first one's. */
	st_must("KVM_GET_VCPU_MMAP_SIZE", (long)t->run_size);
	other.kvm = t->kvm;
	other.run_size = t->run_size;
	other.vm = st_must("KVM_CREATE_VM",
			   kvm_ioctl_val(t->kvm, KVM_CREATE_VM, type));
	other.pages = 16;
	st_map(&other);
	st_add_slot(&other);
	st_must("the memslot of the other VM",
		st_set_slot(&other, 1, 0, EXTRA, LEN, t->ram));
	st_vcpu(&other, 0, false);
	r = st_try(&other, 0, G_LOAD, EXTRA + (ST_DATA - ST_RAM), 0, 0, 0);
	st_errno("KVM_RUN where another VM's guest touches the page", r.err,
		 -EPERM);
	st_equal("what the first guest reads", st_load(t, ST_DATA), ST_SECRET);
}

static void two_protected(struct selftest *t)
{
	two_vms(t, KVM_VM_TYPE_ARM_PROTECTED);
}

static void beside_ordinary(struct selftest *t)
{
	two_vms(t, 0);
}

#define FROZEN                                                                 \
	"Memslots cannot be moved or deleted once the pVM has started running"
#define CHANGES                                                                \
	"Changes to the VMM address space (e.g. a MAP_FIXED mmap() over a "    \
	"mapping associated with a memslot) are not reflected in the guest "   \
	"and may lead to loss of coherency"
#define K_UNMAP "arch/arm64/kvm/mmu.c:kvm_unmap_gfn_range"

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "slots.cannot_be_deleted", .promise = FROZEN,
	  .source = D_PKVM, .decides = K_SLOTS, .seen = "7.3",
	  .provocation = "the first KVM_RUN", .run = delete_slot },
	{ .name = "slots.cannot_be_moved", .promise = FROZEN,
	  .source = D_PKVM, .decides = K_SLOTS, .seen = "7.3",
	  .provocation = "the first KVM_RUN", .run = move_slot },
	{ .name = "slots.untouched_ones_cannot_be_deleted", .promise = FROZEN,
	  .source = D_PKVM, .decides = K_SLOTS, .seen = "7.3",
	  .provocation = "the first KVM_RUN", .run = delete_untouched },
	{ .name = "slots.immediate_exit_counts_as_running",
	  .promise = "a KVM_RUN that ends at once (immediate_exit) is the "
		     "first one too: memslots are frozen",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/arm.c:"
				       "kvm_arch_vcpu_run_pid_change",
	  .seen = "7.3", .provocation = "the KVM_RUN",
	  .run = immediate_exit },
	{ .name = "slots.may_change_before_the_first_run",
	  .promise = "before the first KVM_RUN memslots can be moved and "
		     "deleted",
	  .source = D_SEEN, .decides = K_SLOTS, .seen = "7.3",
	  .run = before_run },
	{ .name = "slots.same_again_is_accepted",
	  .promise = "a memslot in use may be set again as it is",
	  .source = D_SEEN, .decides = "virt/kvm/kvm_main.c:"
				       "kvm_set_memory_region",
	  .seen = "7.3", .provocation = "the guest's store",
	  .run = same_again },
	{ .name = "slots.can_be_added_later",
	  .promise = "a new memslot may be added while the pVM runs",
	  .source = D_SEEN, .decides = K_SLOTS, .seen = "7.3",
	  .provocation = "the new memslot", .run = added_later },
	{ .name = "slots.readonly_is_refused",
	  .promise = "Read-only memslots and dirty logging are not supported",
	  .source = D_PKVM, .decides = K_SLOTS, .seen = "7.3",
	  .provocation = "the flag", .run = readonly },
	{ .name = "slots.dirty_logging_is_refused",
	  .promise = "Read-only memslots and dirty logging are not supported",
	  .source = D_PKVM, .decides = K_SLOTS, .seen = "7.3",
	  .provocation = "the flag", .run = dirty_log },
	{ .name = "slots.have_no_dirty_log",
	  .promise = "Read-only memslots and dirty logging are not supported",
	  .source = D_PKVM, .decides = "virt/kvm/kvm_main.c:"
				       "kvm_get_dirty_log_protect",
	  .seen = "7.3", .run = no_dirty_log },
	{ .name = "slots.cannot_be_resized",
	  .promise = "neither size nor memory of a memslot can be changed",
	  .source = D_SEEN, .decides = "virt/kvm/kvm_main.c:"
				       "kvm_set_memory_region",
	  .seen = "7.3", .provocation = "the other size", .run = resize },
	{ .name = "slots.mmap_over_them_is_not_reflected", .promise = CHANGES,
	  .source = D_PKVM, .decides = K_UNMAP, .seen = "7.3",
	  .provocation = "the mmap()", .run = mapped_over },
	{ .name = "slots.dontneed_is_not_reflected", .promise = CHANGES,
	  .source = D_PKVM, .decides = K_UNMAP, .seen = "7.3",
	  .provocation = "the madvise()", .run = dropped },
	{ .name = "slots.munmap_is_not_reflected", .promise = CHANGES,
	  .source = D_PKVM, .decides = K_UNMAP, .seen = "7.3",
	  .provocation = "the munmap()", .run = unmapped },
	{ .name = "slots.mprotect_is_not_reflected",
	  .promise = "what the host may do at its own address of a donated "
		     "page does not matter to the guest, nor to MEM_SHARE",
	  .source = D_SEEN, .decides = K_SHARE, .seen = "7.3",
	  .provocation = "the first touch", .run = forbidden },
	{ .name = "slots.page_has_one_address",
	  .promise = "a page is donated at one guest address only: by another "
		     "one KVM_RUN is -EPERM",
	  .source = D_SEEN, .decides = K_DONATE, .seen = "7.3",
	  .provocation = "the first touch", .run = alias },
	{ .name = "slots.page_is_of_one_pvm",
	  .promise = "a page donated to one pVM is no other's: KVM_RUN is "
		     "-EPERM there, and the first is unharmed",
	  .source = D_SEEN, .decides = K_DONATE, .seen = "7.3",
	  .provocation = "the first touch", .run = two_protected },
	{ .name = "slots.page_is_not_an_ordinary_vms",
	  .promise = "a page donated to a pVM is no ordinary VM's: KVM_RUN is "
		     "-EPERM there, and the pVM is unharmed",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/hyp/nvhe/mem_protect.c:"
				       "__pkvm_host_share_guest",
	  .seen = "7.3", .provocation = "the first touch",
	  .run = beside_ordinary },
};
/* clang-format on */

const struct selftest_area st_slots_area = { checks, ARRAY_SIZE(checks) };
