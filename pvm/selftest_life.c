// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_life.c: checks of a pVM's end, orderly and otherwise: what becomes
 * of its memory, its slot, and of those who still hold a part of it.
 */
#include "selftest_vm.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARED	 (ST_DATA + ST_PAGE)
#define MANY_VMS 300U /* more than there are slots for */

/* A VM with @nr pages full of the secret, the second of which is shared. */
static void pages(struct selftest *t, unsigned int nr)
{
	st_boot(t);
	st_op(t, G_FILL, ST_DATA, nr * ST_PAGE / 8, ST_SECRET, 8);
	st_share(t, SHARED);
}

static void two_pages(struct selftest *t)
{
	pages(t, 2);
}

static void wiped(struct selftest *t)
{
	const unsigned int nr = ST_PAGES - (ST_DATA - ST_RAM) / ST_PAGE;

	pages(t, nr);
	if (!st_provoked(t))
		st_share(t, ST_DATA);
	st_close(t);
	for (unsigned int i = 0; i < nr; i++)
		if (i != (SHARED - ST_DATA) / ST_PAGE)
			st_zeroed(t, "a private page after the pVM's end",
				  st_hva(t, ST_DATA + i * ST_PAGE), ST_PAGE);
	st_zeroed(t, "its code", t->ram, ST_PAGE);
}

static void shared_stays(struct selftest *t)
{
	two_pages(t);
	if (!st_provoked(t))
		st_unshare(t, SHARED);
	st_close(t);
	st_equal("a shared page after the pVM's end",
		 *(volatile uint64_t *)st_hva(t, SHARED), ST_SECRET);
}

/* All but what @keep holds is closed; the page stays private. */
static void held(struct selftest *t, const char *what)
{
	uint64_t before = st_locked();

	st_close(t);
	st_errno(what, st_probe(st_hva(t, ST_DATA)), -EFAULT);
	st_equal("KiB of VmLck", st_locked(), before);
}

static void vcpu_fd_holds(struct selftest *t)
{
	int kept = -1;

	two_pages(t);
	if (st_provoked(t))
		kept = st_must("dup", dup(t->vcpu[0].fd));
	held(t, "the host's read while a vCPU's descriptor is open");
	if (st_provoked(t))
		close(kept);
	st_errno("the host's read after the last descriptor was closed",
		 st_probe(st_hva(t, ST_DATA)), 0);
	st_equal("KiB of VmLck then", st_locked(), 0);
}

static void mapping_holds(struct selftest *t)
{
	two_pages(t);
	if (st_provoked(t))
		t->vcpu[0].run = NULL; /* st_close() does not unmap it */
	held(t, "the host's read while a vCPU is mapped");
}

/* In a child: a VM on the parent's RAM, until it is killed. */
static void run_until_killed(struct selftest *t, int ready) __noreturn;
static void run_until_killed(struct selftest *t, int ready)
{
	st_create(t);
	st_add_slot(t);
	st_vcpu(t, 0, false);
	st_op(t, G_FILL, ST_DATA, 2 * ST_PAGE / 8, ST_SECRET, 8);
	st_share(t, SHARED);
	st_must("write", write(ready, "x", 1));
	for (;;)
		st_touch(t, ST_DATA + 4 * ST_PAGE, 8);
}

static void killed(struct selftest *t)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	t->memory = ST_MEMFD;
	st_map(t); /* before there is a VM: the child inherits it */
	st_must("pipe", pipe(ready));
	pid = (pid_t)st_must("fork", fork());
	if (pid == 0) {
		close(ready[0]);
		run_until_killed(t, ready[1]);
	}
	close(ready[1]);
	st_equal("bytes from the VM's process",
		 (uint64_t)read(ready[0], &byte, 1), 1);
	st_errno("the host's read while it lives", st_probe(st_hva(t, ST_DATA)),
		 -EFAULT);
	if (st_provoked(t)) {
		st_must("kill", kill(pid, SIGKILL));
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	st_errno("the host's read after its process was killed",
		 st_probe(st_hva(t, ST_DATA)), 0);
	st_zeroed(t, "a private page then", st_hva(t, ST_DATA), ST_PAGE);
	st_equal("a shared page then", *(volatile uint64_t *)st_hva(t, SHARED),
		 ST_SECRET);
}

static void again(struct selftest *t)
{
	uint8_t *ram;

	two_pages(t);
	ram = t->ram;
	if (st_provoked(t))
		st_close(t);
	st_create(t);
	st_map(t);
	st_add_slot(t);
	st_must("the last pVM's memory for another",
		st_set_slot(t, 1, 0, ST_RAM + (1ULL << 30), ST_PAGES * ST_PAGE,
			    ram));
	st_vcpu(t, 0, false);
	st_errno("KVM_RUN where it touches that",
		 st_try(t, 0, G_LOAD, ST_RAM + (1ULL << 30) + ST_DATA - ST_RAM,
			0, 0, 0)
			 .err,
		 0);
}

static void slots_come_back(struct selftest *t)
{
	int kvm = st_must("/dev/kvm", pvm_open_kvm()), vm;

	(void)t;
	for (unsigned int i = 0; i < MANY_VMS; i++) {
		vm = st_must("KVM_CREATE_VM, again and again",
			     kvm_ioctl_val(kvm, KVM_CREATE_VM,
					   KVM_VM_TYPE_ARM_PROTECTED));
		close(vm);
	}
}

static void other_process(struct selftest *t)
{
	int status;
	pid_t pid;

	t->memory = ST_MEMFD;
	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	pid = st_provoked(t) ? (pid_t)st_must("fork", fork()) : 0;
	if (pid == 0) {
		int ret = kvm_ioctl_val(t->vcpu[0].fd, KVM_RUN, 0);

		if (!st_provoked(t))
			st_errno("KVM_RUN", ret, -EIO);
		_exit(-ret);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	st_errno("KVM_RUN in a forked child", -WEXITSTATUS(status), -EIO);
	st_equal("what the guest reads", st_load(t, ST_DATA), ST_SECRET);
}

/* Children without a copy of the address space do no harm. */
static void spawn_is_harmless(struct selftest *t)
{
	char self[] = "/proc/self/exe", verb[] = "version";
	char *argv[] = { self, verb, NULL };
	posix_spawn_file_actions_t files;
	int status = -1, err;
	pid_t pid;

	st_private_page(t);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
					 1 /* O_WRONLY */, 0);
	err = posix_spawn(&pid, self, &files, NULL, argv, NULL);
	if (err)
		st_fail("posix_spawn: %s", strerror(err));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	st_equal("the child's exit status", (uint64_t)status, 0);
	st_intact(t);
	st_is_private(t, ST_DATA);
}

/* With @advice for its RAM, a fork() harms no page of the guest's. */
static void fork_after(struct selftest *t, const char *what, int advice)
{
	int status;
	pid_t pid;

	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	if (st_provoked(t))
		st_must(what, madvise(t->ram, t->pages * ST_PAGE, advice));
	pid = (pid_t)st_must("fork", fork());
	if (pid == 0)
		_exit(0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	st_intact(t);
	st_is_private(t, ST_DATA);
}

static void dontfork(struct selftest *t)
{
	fork_after(t, "MADV_DONTFORK", MADV_DONTFORK);
}

static void wipeonfork(struct selftest *t)
{
	fork_after(t, "MADV_WIPEONFORK", MADV_WIPEONFORK);
}

#define TEARDOWN                                                               \
	"memory stays locked, and metadata pages donated, until the pVM is "   \
	"destroyed: "

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "teardown.private_pages_are_zeroed", .run = wiped,
	  .promise = "the guest's private pages, its code too, are zero when "
		     "the host gets them back",
	  .source = D_SEEN, .decides = K_RECLAIM, .seen = "7.3",
	  .provocation = "the page's being private" },
	{ .name = "teardown.shared_pages_are_kept", .run = shared_stays,
	  .promise = "pages that are shared at its end keep what they hold",
	  .source = D_SEEN, .decides = K_RECLAIM, .seen = "7.3",
	  .provocation = "the share" },
	{ .name = "teardown.waits_for_the_last_descriptor",
	  .run = vcpu_fd_holds,
	  .promise = TEARDOWN "not while a descriptor of a vCPU is open",
	  .source = D_PKVM, .decides = "virt/kvm/kvm_main.c:kvm_put_kvm",
	  .seen = "7.3", .provocation = "the descriptor" },
	{ .name = "teardown.waits_for_the_last_mapping", .run = mapping_holds,
	  .promise = TEARDOWN "not while a vCPU is mapped",
	  .source = D_PKVM, .decides = "virt/kvm/kvm_main.c:kvm_put_kvm",
	  .seen = "7.3", .provocation = "the mapping" },
	{ .name = "teardown.kill_9_gives_all_back", .run = killed,
	  .promise = "a VMM that is killed leaves nothing: private pages are "
		     "zero and accessible, shared ones kept",
	  .source = D_SEEN, .decides = "virt/kvm/kvm_main.c:"
				       "kvm_mmu_notifier_release",
	  .seen = "7.3", .provocation = "the kill" },
	{ .name = "teardown.memory_serves_the_next_pvm", .run = again,
	  .promise = "the memory of a pVM that is gone can be another's",
	  .source = D_SEEN, .decides = K_RECLAIM, .seen = "7.3",
	  .provocation = "the end" },
	{ .name = "teardown.slots_come_back", .run = slots_come_back,
	  .promise = "a VM's place among the 255 is free when it is closed",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/hyp/nvhe/pkvm.c:"
				       "__pkvm_unreserve_vm",
	  .seen = "7.3", .flags = SELFTEST_SLOW },
	{ .name = "life.vcpus_run_in_their_process", .run = other_process,
	  .promise = "KVM_RUN in another process is -EIO",
	  .source = D_SEEN, .decides = "virt/kvm/kvm_main.c:kvm_vcpu_ioctl",
	  .seen = "7.3", .provocation = "the fork" },
	{ .name = "life.posix_spawn_is_harmless", .run = spawn_is_harmless,
	  .promise = "posix_spawn() shares the address space and reclaims "
		     "nothing",
	  .source = D_SEEN, .decides = "kernel/fork.c:copy_mm",
	  .seen = "7.3", .provocation = "the page's being private" },
	{ .name = "life.dontfork_keeps_fork_harmless", .run = dontfork,
	  .promise = "with MADV_DONTFORK fork() reclaims nothing",
	  .source = D_SEEN, .decides = "mm/memory.c:copy_page_range",
	  .seen = "7.3", .provocation = "the madvise()" },
	{ .name = "life.wipeonfork_keeps_fork_harmless", .run = wipeonfork,
	  .promise = "with MADV_WIPEONFORK fork() reclaims nothing",
	  .source = D_SEEN, .decides = "mm/memory.c:copy_page_range",
	  .seen = "7.3", .provocation = "the madvise()" },
};
/* clang-format on */

const struct selftest_area st_life_area = { checks, ARRAY_SIZE(checks) };
