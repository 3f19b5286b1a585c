// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_reclaim.c: checks of system calls that reach a private page by the
 * kernel's own mapping: they succeed, the page is wiped and taken from the
 * guest for good. With the provocation left out no such call is made.
 */
#include "selftest_vm.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <liburing.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Boots, and the guest fills the page. Ours to look for in what we get. */
static uint64_t *filled(struct selftest *t)
{
	st_boot(t);
	st_op(t, G_FILL, ST_DATA, ST_PAGE / 8, ST_SECRET, 8);
	return st_hva(t, ST_DATA);
}

/* The page is wiped, ordinary memory of ours, and the guest's no more. */
static void is_reclaimed(struct selftest *t)
{
	st_load_fails(t, ST_DATA, -EFAULT);
	st_zeroed(t, "the reclaimed page", st_hva(t, ST_DATA), ST_PAGE);
}

static void must_move(const char *what, ssize_t ret, size_t len)
{
	if (ret < 0)
		st_fail("%s: %m", what);
	st_equal(what, (uint64_t)ret, len);
}

static int self_mem(void)
{
	return st_must("/proc/self/mem",
		       open("/proc/self/mem", O_RDWR | O_CLOEXEC));
}

static void mem_read(struct selftest *t)
{
	uint64_t *page = filled(t), got[8];

	memset(got, 0xff, sizeof(got));
	if (st_provoked(t)) {
		must_move("read of /proc/self/mem",
			  pread(self_mem(), got, sizeof(got),
				(off_t)(uintptr_t)page),
			  sizeof(got));
		st_zeroed(t, "what was read", got, sizeof(got));
	}
	is_reclaimed(t);
}

static void mem_write(struct selftest *t)
{
	uint64_t *page = filled(t), zero[8] = { 0 };

	if (st_provoked(t))
		must_move("write to /proc/self/mem",
			  pwrite(self_mem(), zero, sizeof(zero),
				 (off_t)(uintptr_t)page),
			  sizeof(zero));
	is_reclaimed(t);
}

static void vm_read(struct selftest *t)
{
	uint64_t *page = filled(t), got[8];
	const struct iovec to = { got, sizeof(got) };
	const struct iovec from = { page, sizeof(got) };

	if (st_provoked(t)) {
		must_move("process_vm_readv()",
			  process_vm_readv(getpid(), &to, 1, &from, 1, 0),
			  sizeof(got));
		st_zeroed(t, "what was read", got, sizeof(got));
	}
	is_reclaimed(t);
}

static void vm_write(struct selftest *t)
{
	uint64_t *page = filled(t), zero[8] = { 0 };
	const struct iovec from = { zero, sizeof(zero) };
	const struct iovec to = { page, sizeof(zero) };

	if (st_provoked(t))
		must_move("process_vm_writev()",
			  process_vm_writev(getpid(), &from, 1, &to, 1, 0),
			  sizeof(zero));
	is_reclaimed(t);
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* In a child: peeks at its parent as a debugger does. */
static int peek_at_parent(const void *page)
{
	pid_t parent = getppid();

	if (ptrace(PTRACE_ATTACH, parent, NULL, NULL))
		return 2;
	wait_for(parent);
	errno = 0;
	if (ptrace(PTRACE_PEEKDATA, parent, page, NULL) != 0 || errno)
		return 3;
	return ptrace(PTRACE_DETACH, parent, NULL, NULL) ? 4 : 0;
}

static void debugger(struct selftest *t)
{
	uint64_t *page;
	pid_t pid;

	t->memory = ST_MEMFD; /* which fork() does not copy */
	page = filled(t);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (st_provoked(t)) {
		int status;

		pid = (pid_t)st_must("fork", fork());
		if (pid == 0)
			_exit(peek_at_parent(page));
		status = WEXITSTATUS(wait_for(pid));
		if (status == 2)
			st_skip("this process may not be traced");
		st_equal("PTRACE_PEEKDATA of a private page: step",
			 (uint64_t)status, 0);
	}
	is_reclaimed(t);
}

static void splice_from(struct selftest *t)
{
	uint64_t *page = filled(t), got[8];
	struct iovec from = { page, ST_PAGE };
	int fds[2];

	st_must("pipe", pipe(fds));
	if (st_provoked(t)) {
		must_move("vmsplice()", vmsplice(fds[1], &from, 1, 0), ST_PAGE);
		must_move("read of the pipe", read(fds[0], got, sizeof(got)),
			  sizeof(got));
		st_zeroed(t, "what was read", got, sizeof(got));
	}
	is_reclaimed(t);
}

/* The registration alone is harmless: what is read or written is not. */
static void fixed(struct selftest *t, bool write_it)
{
	int fd = st_must("memfd_create", memfd_create("file", MFD_CLOEXEC));
	struct io_uring ring;
	struct iovec buffer;

	st_uring(&ring);
	buffer = (struct iovec){ filled(t), ST_PAGE };
	st_must("ftruncate", ftruncate(fd, ST_PAGE));
	st_must("io_uring_register_buffers",
		io_uring_register_buffers(&ring, &buffer, 1));
	st_equal("what the guest reads after the registration",
		 st_load(t, ST_DATA), ST_SECRET);
	if (st_provoked(t)) {
		if (write_it)
			io_uring_prep_write_fixed(st_uring_entry(&ring), fd,
						  buffer.iov_base, 64, 0, 0);
		else
			io_uring_prep_read_fixed(st_uring_entry(&ring), fd,
						 buffer.iov_base, 64, 0, 0);
		st_equal("the result of the fixed buffer's request",
			 (uint64_t)st_uring_once(&ring), 64);
	}
	is_reclaimed(t);
}

static void fixed_write(struct selftest *t)
{
	fixed(t, true);
}

static void fixed_read(struct selftest *t)
{
	fixed(t, false);
}

static void direct(struct selftest *t)
{
	int fd = open("/dev/ram0", O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		st_skip("/dev/ram0: %m");
	filled(t);
	if (st_provoked(t))
		must_move("O_DIRECT read of a RAM disk",
			  read(fd, st_hva(t, ST_DATA), ST_PAGE), ST_PAGE);
	st_load_fails(t, ST_DATA, -EFAULT);
}

static void memfd_read(struct selftest *t)
{
	uint64_t got[8];

	t->memory = ST_MEMFD;
	filled(t);
	if (st_provoked(t)) {
		must_move("pread() of the guest's memfd",
			  pread(t->memfd, got, sizeof(got), ST_DATA - ST_RAM),
			  sizeof(got));
		st_zeroed(t, "what was read", got, sizeof(got));
	}
	is_reclaimed(t);
}

static void memfd_write(struct selftest *t)
{
	uint64_t zero[8] = { 0 };

	t->memory = ST_MEMFD;
	filled(t);
	if (st_provoked(t))
		must_move(
			"pwrite() of the guest's memfd",
			pwrite(t->memfd, zero, sizeof(zero), ST_DATA - ST_RAM),
			sizeof(zero));
	is_reclaimed(t);
}

static void send_file(struct selftest *t)
{
	off_t from = ST_DATA - ST_RAM;
	uint64_t got[8];
	int fds[2];

	t->memory = ST_MEMFD;
	filled(t);
	st_must("pipe", pipe(fds));
	if (st_provoked(t)) {
		must_move("sendfile() of the guest's memfd",
			  sendfile(fds[1], t->memfd, &from, sizeof(got)),
			  sizeof(got));
		must_move("read of the pipe", read(fds[0], got, sizeof(got)),
			  sizeof(got));
		st_zeroed(t, "what was read", got, sizeof(got));
	}
	is_reclaimed(t);
}

static void fork_copies(struct selftest *t)
{
	uint64_t *page = filled(t);
	pid_t pid;

	if (st_provoked(t)) {
		pid = (pid_t)st_must("fork", fork());
		if (pid == 0) {
			for (unsigned int i = 0; i < ST_PAGE / 8; i++)
				if (page[i])
					_exit(1);
			_exit(0);
		}
		if (WEXITSTATUS(wait_for(pid)))
			st_zeroed(t, "what the child sees", page, ST_PAGE);
	}
	/* The code is gone as well. */
	st_load_fails(t, ST_DATA, -EFAULT);
	st_zeroed(t, "the reclaimed page", page, ST_PAGE);
}

static int crash(void *arg)
{
	(void)arg;
	abort();
}

/* What a dump left in the working directory, which is ours alone. */
static void remove_dumps(const char *dir)
{
	glob_t dumps;

	if (glob("*", 0, NULL, &dumps) == 0) {
		for (size_t i = 0; i < dumps.gl_pathc; i++)
			unlink(dumps.gl_pathv[i]);
		globfree(&dumps);
	}
	if (chdir("/") || rmdir(dir))
		st_fail("%s: %m", dir);
}

/*
 * A dump is of an address space, and those who share it but are not of the
 * thread group survive: so does this process, and can ask its guest.
 */
static void core_dump(struct selftest *t)
{
	const struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };
	static const size_t stack = 65536;
	char dir[] = "/tmp/lkvm-pvm-selftest-XXXXXX";
	uint8_t *sp = malloc(stack);
	int status = 0;

	if (setrlimit(RLIMIT_CORE, &any))
		st_skip("RLIMIT_CORE: %m");
	if (!sp || !mkdtemp(dir) || chdir(dir))
		st_skip("%s: %m", dir);
	prctl(PR_SET_DUMPABLE, 1);
	filled(t);
	if (st_provoked(t))
		status = wait_for((pid_t)st_must(
			"clone",
			clone(crash, sp + stack,
			      CLONE_VM | CLONE_VFORK | SIGCHLD, NULL)));
	free(sp);
	remove_dumps(dir);
	if (st_provoked(t) && !WCOREDUMP(status))
		st_skip("no core dump was written");
	st_load_fails(t, ST_DATA, -EFAULT);
}

#define RECLAIM                                                                \
	"if a system call accesses pVM memory that has not been shared back "  \
	"then it will either return -EFAULT or forcefully reclaim the memory " \
	"pages, which are zeroed; a subsequent attempt to access them in the " \
	"pVM will return -EFAULT from the VCPU_RUN ioctl(): "

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "reclaim.proc_mem_read", .promise = RECLAIM "/proc/PID/mem",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the read", .run = mem_read },
	{ .name = "reclaim.proc_mem_write", .promise = RECLAIM "/proc/PID/mem",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the write", .run = mem_write },
	{ .name = "reclaim.process_vm_readv",
	  .promise = RECLAIM "process_vm_readv()",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the read", .run = vm_read },
	{ .name = "reclaim.process_vm_writev",
	  .promise = RECLAIM "process_vm_writev()",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the write", .run = vm_write },
	{ .name = "reclaim.ptrace", .promise = RECLAIM "ptrace()",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the debugger", .run = debugger },
	{ .name = "reclaim.vmsplice", .promise = RECLAIM "vmsplice()",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the splice", .run = splice_from },
	{ .name = "reclaim.io_uring_write_fixed",
	  .promise = RECLAIM "io_uring's registered buffers",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the write", .run = fixed_write },
	{ .name = "reclaim.io_uring_read_fixed",
	  .promise = RECLAIM "io_uring's registered buffers",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the read", .run = fixed_read },
	{ .name = "reclaim.o_direct_of_a_ram_disk",
	  .promise = RECLAIM "O_DIRECT where the CPU copies",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the read", .flags = SELFTEST_ROOT, .run = direct },
	{ .name = "reclaim.memfd_read",
	  .promise = RECLAIM "reading the file that is the guest's RAM",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the read", .run = memfd_read },
	{ .name = "reclaim.memfd_write",
	  .promise = RECLAIM "writing the file that is the guest's RAM",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the write", .run = memfd_write },
	{ .name = "reclaim.sendfile",
	  .promise = RECLAIM "sendfile() of the guest's RAM",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the call", .run = send_file },
	{ .name = "reclaim.fork_of_private_memory",
	  .promise = RECLAIM "fork(), which copies pinned anonymous pages",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the fork", .run = fork_copies },
	{ .name = "reclaim.core_dump", .promise = RECLAIM "a core dump",
	  .source = D_PKVM, .decides = K_FORCE, .seen = "7.3",
	  .provocation = "the dump", .run = core_dump },
};
/* clang-format on */

const struct selftest_area st_reclaim_area = { checks, ARRAY_SIZE(checks) };
