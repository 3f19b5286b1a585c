// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_memory.c: checks of the accounting of a guest's pages, and of what
 * memory can be a guest's at all.
 */
#include "selftest_vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#define TOUCHED	      8U /* pages a check's guest touches, besides its code */
#define KIB_OF(pages) ((pages)*ST_PAGE / 1024)

static void charged(struct selftest *t)
{
	uint64_t before, after;

	st_boot(t);
	st_store(t, ST_DATA, 1); /* the code is donated by now */
	before = st_locked();
	if (st_provoked(t))
		st_touch(t, ST_DATA + ST_PAGE, TOUCHED);
	after = st_locked();
	st_equal("KiB of VmLck for the pages touched", after - before,
		 KIB_OF(TOUCHED));
}

static void reading_charges(struct selftest *t)
{
	uint64_t before;

	st_boot(t);
	st_store(t, ST_DATA, 1);
	before = st_locked();
	if (st_provoked(t))
		st_equal("what the guest reads from a page nobody wrote",
			 st_load(t, ST_DATA + ST_PAGE), 0);
	st_equal("KiB of VmLck for a page read", st_locked() - before,
		 KIB_OF(1));
}

static void ordinary_is_free(struct selftest *t)
{
	st_boot(t);
	st_touch(t, ST_DATA, TOUCHED);
	if (!st_locked())
		st_fail("VmLck is 0 with a pVM's pages donated");
}

/* Boots with a limit that @pages more are within, code touched. */
static void limited(struct selftest *t, unsigned int pages)
{
	st_memlock(8 << 20);
	st_boot(t);
	st_store(t, ST_DATA, 1);
	if (st_provoked(t))
		st_memlock((st_locked() << 10) + pages * ST_PAGE);
}

static void limit(struct selftest *t)
{
	struct st_reply r;

	limited(t, TOUCHED);
	st_touch(t, ST_DATA + ST_PAGE, TOUCHED);
	r = st_try(t, 0, G_STORE, ST_DATA + (1 + TOUCHED) * ST_PAGE, 1, 0, 0);
	st_errno("KVM_RUN at the limit", r.err, -ENOMEM);
	r = st_again(t, 0);
	st_errno("KVM_RUN at the limit, again", r.err, -ENOMEM);
	st_equal("exit reason", t->vcpu[0].run->exit_reason, KVM_EXIT_UNKNOWN);
}

static void limit_raised(struct selftest *t)
{
	uint64_t ipa = ST_DATA + ST_PAGE;
	struct st_reply r;

	limited(t, 0);
	r = st_try(t, 0, G_STORE, ipa, ST_SECRET, 0, 0);
	st_errno("KVM_RUN at the limit", r.err, -ENOMEM);
	st_memlock(8 << 20);
	r = st_again(t, 0);
	st_errno("KVM_RUN with the limit raised", r.err, 0);
	st_equal("what the guest reads", st_load(t, ipa), ST_SECRET);
}

static void limit_at_share(struct selftest *t)
{
	uint64_t ipa = ST_DATA + ST_PAGE;
	struct st_reply r;

	limited(t, 0);
	r = st_try(t, 0, G_HVC, ST_SHARE, ipa, 0, 0);
	st_errno("KVM_RUN at the limit, in MEM_SHARE", r.err, -ENOMEM);
	st_memlock(8 << 20);
	r = st_again(t, 0);
	st_errno("KVM_RUN with the limit raised", r.err, 0);
	st_equal("x0 of that MEM_SHARE", r.x[0], 0);
	st_errno("the host's read", st_probe(st_hva(t, ipa)), 0);
}

static void limit_lowered(struct selftest *t)
{
	struct st_reply r;

	st_memlock(8 << 20);
	st_boot(t);
	st_touch(t, ST_DATA, TOUCHED);
	if (st_provoked(t))
		st_memlock(0);
	st_touch(t, ST_DATA, TOUCHED);
	r = st_try(t, 0, G_STORE, ST_DATA + TOUCHED * ST_PAGE, 1, 0, 0);
	st_errno("KVM_RUN at a new page, the limit lowered", r.err, -ENOMEM);
}

static void exempt(struct selftest *t)
{
	struct rlimit none = { 0, 0 };

	st_boot(t);
	if (!st_provoked(t))
		st_memlock(0);
	else
		st_must("setrlimit", setrlimit(RLIMIT_MEMLOCK, &none));
	st_touch(t, ST_DATA, TOUCHED);
	st_differ("VmLck with CAP_IPC_LOCK", st_locked(), 0);
}

static void released(struct selftest *t)
{
	st_boot(t);
	st_touch(t, ST_DATA, TOUCHED);
	st_differ("VmLck while the pVM is there", st_locked(), 0);
	if (st_provoked(t))
		st_close(t);
	st_equal("KiB of VmLck after the pVM is gone", st_locked(), 0);
}

static void not_before(struct selftest *t)
{
	uint64_t before;

	st_boot(t);
	st_touch(t, ST_DATA, TOUCHED);
	before = st_locked();
	st_share(t, ST_DATA);
	st_unshare(t, ST_DATA);
	st_must("MADV_DONTNEED",
		madvise(st_hva(t, ST_DATA), TOUCHED * ST_PAGE, MADV_DONTNEED));
	st_must("munmap", munmap(st_hva(t, ST_DATA), TOUCHED * ST_PAGE));
	if (!st_provoked(t))
		st_close(t);
	st_equal(
		"KiB of VmLck after share, unshare, MADV_DONTNEED and munmap()",
		st_locked(), before);
}

/* Another pVM of this process; its code is the first it has donated. */
static void limit_of_process(struct selftest *t)
{
	struct selftest other = *t;
	struct st_reply r;

	limited(t, 0);
	other.kvm = t->kvm;
	other.run_size = t->run_size;
	other.vm = st_must("KVM_CREATE_VM",
			   kvm_ioctl_val(t->kvm, KVM_CREATE_VM,
					 KVM_VM_TYPE_ARM_PROTECTED));
	st_map(&other);
	st_add_slot(&other);
	st_vcpu(&other, 0, false);
	r = st_try(&other, 0, G_STORE, ST_DATA, 1, 0, 0);
	st_errno("KVM_RUN of a second pVM, the first at the limit", r.err,
		 -ENOMEM);
}

/* Root, but no longer with the capability. */
static void exempt_page_by_page(struct selftest *t)
{
	struct rlimit none = { 0, 0 };
	struct st_reply r;

	st_boot(t);
	st_must("setrlimit", setrlimit(RLIMIT_MEMLOCK, &none));
	st_touch(t, ST_DATA, TOUCHED);
	if (st_provoked(t))
		st_memlock(0);
	st_touch(t, ST_DATA, TOUCHED);
	r = st_try(t, 0, G_STORE, ST_DATA + TOUCHED * ST_PAGE, 1, 0, 0);
	st_errno("KVM_RUN at a new page, without CAP_IPC_LOCK", r.err, -ENOMEM);
}

static void mlock_adds(struct selftest *t)
{
	uint64_t before;

	st_boot(t);
	st_touch(t, ST_DATA, TOUCHED);
	before = st_locked();
	if (st_provoked(t))
		st_must("mlock", mlock(st_hva(t, ST_DATA), TOUCHED * ST_PAGE));
	st_equal("KiB of VmLck that mlock() of donated pages adds",
		 st_locked() - before, KIB_OF(TOUCHED));
}

/* --- backing --------------------------------------------------------------- */

/* Puts @mapping (or what it failed with) at a slot, and the guest touches it:
 * KVM_RUN's error. */
static int touch_mapping(struct selftest *t, uint32_t slot, void *mapping,
			 uint64_t len)
{
	uint64_t ipa = ST_RAM + ((uint64_t)slot << 30);
	struct st_reply r;

	if (mapping == MAP_FAILED)
		st_skip("mmap: %m");
	st_must("a memslot", st_set_slot(t, slot, 0, ipa, len, mapping));
	r = st_try(t, 0, G_LOAD, ipa, 0, 0, 0);
	if (r.abort || r.exit)
		st_fail("the guest's load: exception or exit");
	return r.err;
}

static void *map_fd(int fd, int flags, int prot)
{
	return mmap(NULL, ST_PAGE, prot, flags, fd, 0);
}

static int memfd(unsigned int flags)
{
	int fd = st_must("memfd_create", memfd_create("backing", flags));

	st_must("ftruncate", ftruncate(fd, ST_PAGE));
	return fd;
}

#define RW (PROT_READ | PROT_WRITE)

static void swap_backed(struct selftest *t)
{
	int zero = st_must("/dev/zero", open("/dev/zero", O_RDWR | O_CLOEXEC));
	void *mappings[] = {
		map_fd(-1, MAP_PRIVATE | MAP_ANONYMOUS, RW),
		map_fd(-1, MAP_SHARED | MAP_ANONYMOUS, RW),
		map_fd(-1, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, RW),
		map_fd(memfd(0), MAP_SHARED, RW),
		map_fd(memfd(0), MAP_PRIVATE, RW),
		map_fd(zero, MAP_SHARED, RW),
		map_fd(zero, MAP_PRIVATE, RW),
	};

	st_boot(t);
	for (uint32_t i = 0; i < ARRAY_SIZE(mappings); i++) {
		st_errno("KVM_RUN with swap-backed memory",
			 touch_mapping(t, i + 1, mappings[i], ST_PAGE), 0);
		st_errno("the host's read of it", st_probe(mappings[i]),
			 -EFAULT);
	}
}

/* A file on a file system that is not in memory, or skip. */
static int disk_file(void)
{
	static const char *const dirs[] = { ".", "/var/tmp", "/tmp" };
	struct statfs fs;
	char path[64];
	int fd;

	for (unsigned int i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (statfs(dirs[i], &fs) || fs.f_type == TMPFS_MAGIC ||
		    fs.f_type == RAMFS_MAGIC ||
		    fs.f_type == OVERLAYFS_SUPER_MAGIC)
			continue;
		snprintf(path, sizeof(path), "%s/lkvm-pvm-selftest-XXXXXX",
			 dirs[i]);
		fd = mkstemp(path);
		if (fd < 0)
			continue;
		unlink(path);
		st_must("ftruncate", ftruncate(fd, ST_PAGE));
		return fd;
	}
	st_skip("neither the working directory nor /var/tmp or /tmp is writable and on a disk");
}

static void file_shared(struct selftest *t)
{
	int fd = st_provoked(t) ? disk_file() : memfd(0);

	st_boot(t);
	st_errno("KVM_RUN with a shared mapping of a file on a disk",
		 touch_mapping(t, 1, map_fd(fd, MAP_SHARED, RW), ST_PAGE),
		 -EFAULT);
}

static void file_private(struct selftest *t)
{
	uint64_t *page;
	int fd = disk_file();
	const uint64_t secret = ST_SECRET;

	st_must("pwrite", pwrite(fd, &secret, sizeof(secret), 0));
	page = map_fd(fd, MAP_PRIVATE, RW);
	st_boot(t);
	st_errno("KVM_RUN with a private mapping of a file on a disk",
		 touch_mapping(t, 1, page, ST_PAGE), 0);
	st_equal("what the guest reads", st_load(t, ST_RAM + (1ULL << 30)),
		 ST_SECRET);
}

static void inaccessible(struct selftest *t)
{
	int prot = st_provoked(t) ? PROT_READ : RW;
	struct st_reply r;
	void *page;

	st_boot(t);
	page = map_fd(-1, MAP_PRIVATE | MAP_ANONYMOUS, prot);
	st_errno("KVM_RUN with memory mapped PROT_READ",
		 touch_mapping(t, 1, page, ST_PAGE), -EFAULT);
	st_must("mprotect", mprotect(page, ST_PAGE, RW));
	r = st_again(t, 0);
	st_errno("KVM_RUN with that memory made writable", r.err, 0);
	page = map_fd(-1, MAP_PRIVATE | MAP_ANONYMOUS, PROT_NONE);
	st_errno("KVM_RUN with memory mapped PROT_NONE",
		 touch_mapping(t, 2, page, ST_PAGE), -EFAULT);
}

static void hole(struct selftest *t)
{
	struct st_reply r;
	uint8_t *two;

	st_boot(t);
	two = st_anon(NULL, 2 * ST_PAGE, RW);
	if (st_provoked(t))
		st_must("munmap", munmap(two, ST_PAGE));
	st_errno("KVM_RUN where the host mapped nothing",
		 touch_mapping(t, 1, two, 2 * ST_PAGE), -EFAULT);
	st_anon(two, ST_PAGE, RW);
	r = st_again(t, 0);
	st_errno("KVM_RUN after something was mapped there", r.err, 0);
}

static void beyond_end(struct selftest *t)
{
	int fd = memfd(0);
	void *page = map_fd(fd, MAP_SHARED, RW);

	if (st_provoked(t))
		st_must("ftruncate", ftruncate(fd, 0));
	st_boot(t);
	st_errno("KVM_RUN behind the end of a memfd",
		 touch_mapping(t, 1, page, ST_PAGE), -EFAULT);
}

static void hugetlb(struct selftest *t)
{
	const size_t len = 2 << 20;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *page;

	if (st_provoked(t))
		flags |= MAP_HUGETLB;
	page = mmap(NULL, len, RW, flags, -1, 0);
	if (page == MAP_FAILED)
		st_skip("no huge pages are reserved (vm.nr_hugepages)");
	st_boot(t);
	st_errno("KVM_RUN with hugetlb memory", touch_mapping(t, 1, page, len),
		 -EIO);
}

#define CHARGED                                                                 \
	"Donated pages are accounted against RLIMIT_MLOCK and so the VMM must " \
	"have a sufficient resource limit or be granted CAP_IPC_LOCK"
#define STAYS                                                                   \
	"The lack of a runtime reclaim mechanism means that memory locked for " \
	"a pVM will remain locked until the pVM is destroyed"
#define BACKING                                                                \
	"With the exception of swap, file-backed pages cannot be mapped into " \
	"a pVM"

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "memlock.donated_pages_are_charged", .promise = CHARGED,
	  .source = D_PKVM, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the touching", .run = charged },
	{ .name = "memlock.pages_read_are_charged",
	  .promise = "a page that the guest only reads is donated and charged",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the load", .run = reading_charges },
	{ .name = "memlock.ordinary_vms_are_not_charged",
	  .promise = "pages of an ordinary VM are not charged, a pVM's are",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "protection", .flags = SELFTEST_UNPROTECT,
	  .run = ordinary_is_free },
	{ .name = "memlock.limit_is_enomem", .promise = CHARGED,
	  .source = D_PKVM, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the limit", .run = limit },
	{ .name = "memlock.guest_goes_on_when_it_is_raised",
	  .promise = "the -ENOMEM of KVM_RUN loses nothing: with the limit "
		     "raised the guest goes on",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the limit", .run = limit_raised },
	{ .name = "memlock.share_goes_on_when_it_is_raised",
	  .promise = "MEM_SHARE of an untouched page at the limit: -ENOMEM, "
		     "and 0 with the limit raised",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the limit", .run = limit_at_share },
	{ .name = "memlock.lowering_harms_no_page",
	  .promise = "a limit below what is charged counts for the next page "
		     "only",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the lowering", .run = limit_lowered },
	{ .name = "memlock.cap_ipc_lock_has_no_limit", .promise = CHARGED,
	  .source = D_PKVM, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the capability", .flags = SELFTEST_ROOT,
	  .run = exempt },
	{ .name = "memlock.cap_ipc_lock_counts_at_each_page",
	  .promise = "a process that gives CAP_IPC_LOCK up keeps its pages "
		     "and is at the limit at the next one",
	  .source = D_SEEN, .decides = "mm/util.c:__account_locked_vm",
	  .seen = "7.3", .provocation = "giving it up",
	  .flags = SELFTEST_ROOT, .run = exempt_page_by_page },
	{ .name = "memlock.limit_is_the_processs",
	  .promise = "all pVMs of a process are charged to its one limit",
	  .source = D_SEEN, .decides = "mm/util.c:__account_locked_vm",
	  .seen = "7.3", .provocation = "the limit",
	  .run = limit_of_process },
	{ .name = "memlock.released_with_the_pvm", .promise = STAYS,
	  .source = D_PKVM, .decides = "arch/arm64/kvm/pkvm.c:"
				       "__pkvm_pgtable_stage2_reclaim",
	  .seen = "7.3", .provocation = "the destruction", .run = released },
	{ .name = "memlock.held_as_long_as_the_pvm", .promise = STAYS,
	  .source = D_PKVM, .decides = "arch/arm64/kvm/mmu.c:"
				       "kvm_unmap_gfn_range",
	  .seen = "7.3", .provocation = "the pVM's going on",
	  .run = not_before },
	{ .name = "memlock.mlock_counts_besides",
	  .promise = "mlock() of a guest's pages is charged once more",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the mlock()", .run = mlock_adds },
	{ .name = "backing.swap_backed_memory_works", .promise = BACKING
		": anonymous memory, memfd and tmpfs can",
	  .source = D_PKVM, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "protection", .flags = SELFTEST_UNPROTECT,
	  .run = swap_backed },
	{ .name = "backing.shared_file_is_refused", .promise = BACKING,
	  .source = D_PKVM, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the disk's file", .run = file_shared },
	{ .name = "backing.private_file_is_copied",
	  .promise = "a private mapping of a file is anonymous once written: "
		     "the guest gets a copy",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .run = file_private },
	{ .name = "backing.has_to_be_writable",
	  .promise = "memory the host mapped read-only or not at all is "
		     "-EFAULT of KVM_RUN, until it is mapped writable",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "PROT_READ", .run = inaccessible },
	{ .name = "backing.has_to_be_mapped",
	  .promise = "a hole in the host's mapping is -EFAULT of KVM_RUN, "
		     "until something is mapped there",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the hole", .run = hole },
	{ .name = "backing.ends_with_its_memfd",
	  .promise = "behind the end of a memfd KVM_RUN is -EFAULT, and there "
		     "is no SIGBUS",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "the truncation", .run = beyond_end },
	{ .name = "backing.hugetlb_is_refused",
	  .promise = "hugetlb memory is -EIO of KVM_RUN",
	  .source = D_SEEN, .decides = K_ABORT, .seen = "7.3",
	  .provocation = "hugetlb", .run = hugetlb },
};
/* clang-format on */

const struct selftest_area st_memory_area = { checks, ARRAY_SIZE(checks) };
