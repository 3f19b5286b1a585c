// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_access.c: checks of the host's accesses to a private page that are
 * refused and harm nobody: its own loads and stores, and system calls that
 * copy through its mapping. With the provocation left out the page is shared.
 */
#include "selftest_vm.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OFFSET 0x128UL /* in the page: the exact address is reported */

static int err_of(long ret)
{
	return ret < 0 ? -errno : 0;
}

static void is_segv(int sig, int code, const void *addr, const uint8_t *page)
{
	st_equal("the signal", (uint64_t)sig, SIGSEGV);
	st_equal("its code", (uint64_t)code, SEGV_ACCERR);
	st_equal("its address", (uint64_t)(uintptr_t)addr,
		 (uint64_t)(uintptr_t)(page + OFFSET));
}

static void load(struct selftest *t)
{
	uint8_t *page = st_private_page(t);
	const void *addr;
	uint64_t value;
	int code, sig = st_peek(page + OFFSET, &value, &code, &addr);

	is_segv(sig, code, addr, page);
	st_intact(t);
}

static void store(struct selftest *t)
{
	uint8_t *page = st_private_page(t);
	const void *addr;
	int code, sig = st_poke(page + OFFSET, 1, &code, &addr);

	is_segv(sig, code, addr, page);
	st_intact(t);
}

static void after_unshare(struct selftest *t)
{
	const void *addr;
	uint8_t *page;
	uint64_t value;
	int code, sig;

	st_boot(t);
	page = st_hva(t, ST_DATA);
	st_share(t, ST_DATA);
	*(volatile uint64_t *)st_hva(t, ST_DATA) = ST_SECRET;
	if (st_provoked(t))
		st_unshare(t, ST_DATA);
	sig = st_peek(page + OFFSET, &value, &code, &addr);
	is_segv(sig, code, addr, page);
	st_intact(t);
}

static void pipes(struct selftest *t)
{
	uint8_t *page = st_private_page(t);
	char byte = 0;
	int fds[2];

	st_must("pipe", pipe(fds));
	st_errno("write() of a private page to a pipe",
		 err_of(write(fds[1], page, 64)), -EFAULT);
	st_must("write to a pipe", write(fds[1], "x", 1));
	st_errno("read() of a pipe into a private page",
		 err_of(read(fds[0], page, 1)), -EFAULT);
	st_must("read of what is left in the pipe", read(fds[0], &byte, 1));
	st_equal("the byte left in the pipe", (uint64_t)byte, 'x');
	st_intact(t);
}

static void files(struct selftest *t)
{
	uint8_t *page = st_private_page(t);
	int fd = st_must("memfd_create", memfd_create("file", MFD_CLOEXEC));
	int zero = st_must("/dev/zero", open("/dev/zero", O_RDONLY));

	st_must("ftruncate", ftruncate(fd, ST_PAGE));
	st_errno("pwrite() of a private page", err_of(pwrite(fd, page, 64, 0)),
		 -EFAULT);
	st_errno("pread() into a private page", err_of(pread(fd, page, 64, 0)),
		 -EFAULT);
	st_errno("read() of /dev/zero into it", err_of(read(zero, page, 64)),
		 -EFAULT);
	st_intact(t);
}

static void straddle(struct selftest *t)
{
	int fd = st_must("memfd_create", memfd_create("file", MFD_CLOEXEC));
	uint8_t *page;

	st_boot(t);
	st_share(t, ST_DATA);
	st_store(t, ST_DATA + ST_PAGE, ST_SECRET);
	if (!st_provoked(t))
		st_share(t, ST_DATA + ST_PAGE);
	page = st_hva(t, ST_DATA);
	st_equal("pwrite() from a shared into a private page",
		 (uint64_t)pwrite(fd, page + ST_PAGE - 100, 200, 0), 100);
	st_equal("what the guest reads", st_load(t, ST_DATA + ST_PAGE),
		 ST_SECRET);
}

static void sockets(struct selftest *t)
{
	uint8_t *page = st_private_page(t);
	char byte;
	int fds[2];

	st_must("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, fds));
	st_errno("send() of a private page",
		 err_of(send(fds[0], page, 64, MSG_DONTWAIT)), -EFAULT);
	st_must("send", send(fds[0], "x", 1, MSG_DONTWAIT));
	st_errno("recv() into a private page",
		 err_of(recv(fds[1], page, 64, MSG_DONTWAIT)), -EFAULT);
	/* The datagram is gone. */
	st_errno("recv() once more",
		 err_of(recv(fds[1], &byte, 1, MSG_DONTWAIT)), -EAGAIN);
	st_intact(t);
}

static void arguments(struct selftest *t)
{
	void *page = st_private_page(t);
	struct kvm_one_reg reg = { .id = ST_CORE_REG(regs.pc),
				   .addr = (uint64_t)(uintptr_t)page };
	int fds[2];

	st_must("pipe", pipe(fds));
	st_errno("clock_gettime() into a private page",
		 err_of(syscall(__NR_clock_gettime, CLOCK_MONOTONIC, page)),
		 -EFAULT);
	st_errno("getrandom() into it", err_of(getrandom(page, 16, 0)),
		 -EFAULT);
	st_errno("writev() with its vector there",
		 err_of(writev(fds[1], page, 1)), -EFAULT);
	st_errno("an ioctl() with its argument there",
		 kvm_ioctl(t->vcpu[0].fd, KVM_GET_ONE_REG, page), -EFAULT);
	st_errno("KVM_GET_ONE_REG with its value there",
		 kvm_ioctl(t->vcpu[0].fd, KVM_GET_ONE_REG, &reg), -EFAULT);
	st_intact(t);
}

static void futex(struct selftest *t)
{
	const struct timespec soon = { .tv_nsec = 1000000 };
	void *page = st_private_page(t);

	st_errno("FUTEX_WAIT on a private page",
		 err_of(syscall(__NR_futex, page, FUTEX_WAIT_PRIVATE, 0, &soon,
				NULL, 0)),
		 -EFAULT);
	st_intact(t);
}

static void uring(struct selftest *t)
{
	int fd = st_must("memfd_create", memfd_create("file", MFD_CLOEXEC));
	struct io_uring ring;
	uint8_t *page;

	st_uring(&ring);
	page = st_private_page(t);
	st_must("ftruncate", ftruncate(fd, ST_PAGE));
	io_uring_prep_write(st_uring_entry(&ring), fd, page, 64, 0);
	st_equal("io_uring's WRITE of a private page",
		 (uint64_t)st_uring_once(&ring), (uint64_t)-EFAULT);
	io_uring_prep_read(st_uring_entry(&ring), fd, page, 64, 0);
	st_equal("io_uring's READ into a private page",
		 (uint64_t)st_uring_once(&ring), (uint64_t)-EFAULT);
	st_intact(t);
}

static void second_mapping(struct selftest *t)
{
	uint8_t *other;
	uint64_t value;

	t->memory = ST_MEMFD;
	st_private_page(t);
	other = mmap(NULL, t->pages * ST_PAGE, PROT_READ, MAP_SHARED, t->memfd,
		     0);
	if (other == MAP_FAILED)
		st_fail("mmap: %m");
	st_equal("the signal",
		 (uint64_t)st_peek(other + (ST_DATA - ST_RAM), &value, NULL,
				   NULL),
		 SIGSEGV);
	st_intact(t);
}

static void moved(struct selftest *t)
{
	uint8_t *page = st_private_page(t), *to = st_anon(NULL, ST_PAGE, 0);
	uint64_t value;

	if (mremap(page, ST_PAGE, ST_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) !=
	    to)
		st_fail("mremap: %m");
	st_equal("the signal of a load where the page was moved",
		 (uint64_t)st_peek(to, &value, NULL, NULL), SIGSEGV);
	st_intact(t);
}

/* A read of an empty pipe is under way when the guest takes its buffer back. */
static void in_flight(struct selftest *t)
{
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	char byte = 0;
	int fds[2];

	st_uring(&ring);
	st_must("pipe", pipe(fds));
	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	st_share(t, ST_DATA);
	io_uring_prep_read(st_uring_entry(&ring), fds[0],
			   (uint8_t *)st_hva(t, ST_DATA) + 64, 64, 0);
	st_must("io_uring_submit", io_uring_submit(&ring));
	if (st_provoked(t))
		st_unshare(t, ST_DATA);
	st_must("write to the pipe", write(fds[1], "x", 1));
	if (io_uring_wait_cqe(&ring, &cqe))
		st_fail("io_uring did not complete a request");
	st_errno("io_uring's READ into a page that was unshared since",
		 cqe->res, -EFAULT);
	st_must("read of what is left in the pipe", read(fds[0], &byte, 1));
	st_equal("the byte left in the pipe", (uint64_t)byte, 'x');
	st_intact(t);
}

/* A registered buffer is pinned; the hypervisor does not know of pins. */
static void pinned(struct selftest *t)
{
	struct io_uring ring;
	struct iovec buffer;
	uint64_t value;

	st_uring(&ring);
	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	st_share(t, ST_DATA);
	buffer = (struct iovec){ st_hva(t, ST_DATA), ST_PAGE };
	st_must("io_uring_register_buffers",
		io_uring_register_buffers(&ring, &buffer, 1));
	if (st_provoked(t))
		st_unshare(t, ST_DATA);
	st_equal("the signal of a load of a pinned page that was unshared",
		 (uint64_t)st_peek(st_hva(t, ST_DATA), &value, NULL, NULL),
		 SIGSEGV);
	st_intact(t);
}

static void fork_of_shared(struct selftest *t)
{
	uint64_t value;
	int status;
	void *page;
	pid_t pid;

	t->memory = ST_MEMFD;
	page = st_private_page(t);
	pid = (pid_t)st_must("fork", fork());
	if (pid == 0)
		_exit(st_peek(page, &value, NULL, NULL));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	st_equal("the signal of the child's load",
		 (uint64_t)WEXITSTATUS(status), SIGSEGV);
	st_intact(t);
}

static void only_looked_at(struct selftest *t)
{
	static const int advices[] = { MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT,
				       MADV_FREE };
	uint8_t *page = st_private_page(t);
	unsigned char vec;

	st_must("mincore", mincore(page, ST_PAGE, &vec));
	st_must("mprotect", mprotect(page, ST_PAGE, PROT_NONE));
	st_must("mprotect", mprotect(page, ST_PAGE, PROT_READ | PROT_WRITE));
	for (unsigned int i = 0; i < ARRAY_SIZE(advices); i++)
		st_must("madvise", madvise(page, ST_PAGE, advices[i]));
	st_intact(t);
	st_is_private(t, ST_DATA);
}

#define USER_COPY                                                              \
	"if a system call accesses pVM memory that has not been shared back "  \
	"then it will either return -EFAULT or forcefully reclaim the memory " \
	"pages: "

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "access.load_is_sigsegv",
	  .promise = "Accessing pVM memory that has not been shared back will "
		     "result in the delivery of a SIGSEGV: SEGV_ACCERR at the "
		     "exact address, and the page stays the guest's",
	  .source = D_PKVM, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = load },
	{ .name = "access.store_is_sigsegv",
	  .promise = "Accessing pVM memory that has not been shared back will "
		     "result in the delivery of a SIGSEGV: SEGV_ACCERR at the "
		     "exact address, and the page stays the guest's",
	  .source = D_PKVM, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = store },
	{ .name = "access.unshared_again_is_sigsegv",
	  .promise = "a page that was shared and written to, and unshared, is "
		     "as one that never was",
	  .source = D_SEEN, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the unshare", .run = after_unshare },
	{ .name = "access.pipes_refuse",
	  .promise = USER_COPY "-EFAULT of pipes, and the bytes stay in them",
	  .source = D_PKVM, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = pipes },
	{ .name = "access.files_refuse",
	  .promise = USER_COPY "-EFAULT of read and write of files",
	  .source = D_PKVM, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = files },
	{ .name = "access.io_ends_at_the_private_page",
	  .promise = "a write to a file from a shared page on into a private "
		     "one is short",
	  .source = D_SEEN, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the other page's being private", .run = straddle },
	{ .name = "access.sockets_refuse",
	  .promise = USER_COPY "-EFAULT of sockets; a datagram is lost",
	  .source = D_PKVM, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = sockets },
	{ .name = "access.arguments_refuse",
	  .promise = USER_COPY "-EFAULT of arguments in memory",
	  .source = D_PKVM, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = arguments },
	{ .name = "access.futexes_refuse",
	  .promise = USER_COPY "-EFAULT of FUTEX_WAIT",
	  .source = D_PKVM, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = futex },
	{ .name = "access.io_uring_refuses",
	  .promise = USER_COPY "-EFAULT of io_uring without fixed buffers",
	  .source = D_PKVM, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = uring },
	{ .name = "access.second_mapping_is_sigsegv",
	  .promise = "every mapping of a guest's page is a SIGSEGV, not only "
		     "the memslot's",
	  .source = D_SEEN, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = second_mapping },
	{ .name = "access.fork_of_shared_memory_is_harmless",
	  .promise = "fork() with RAM in a shared mapping harms no page, and "
		     "the child's access is a SIGSEGV",
	  .source = D_SEEN, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = fork_of_shared },
	{ .name = "access.moved_page_is_sigsegv",
	  .promise = "mremap() moves a private page: it stays the guest's, "
		     "and the host's load is SIGSEGV there, too",
	  .source = D_SEEN, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the page's being private", .run = moved },
	{ .name = "access.reads_in_flight_refuse",
	  .promise = "io_uring's READ into a page that the guest unshares "
		     "meanwhile is -EFAULT, the data stays in the pipe, and "
		     "the page is unharmed",
	  .source = D_SEEN, .decides = K_FAULT, .seen = "7.3",
	  .provocation = "the unshare", .run = in_flight },
	{ .name = "access.pins_keep_no_page_shared",
	  .promise = "a page that the host has pinned can be unshared all the "
		     "same",
	  .source = D_SEEN, .decides = K_UNSHARE, .seen = "7.3",
	  .provocation = "the unshare", .run = pinned },
	{ .name = "access.advice_is_harmless",
	  .promise = "mincore(), mprotect() and madvise() leave a guest's page "
		     "alone: it is pinned",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/mmu.c:"
				       "kvm_unmap_gfn_range",
	  .seen = "7.3", .provocation = "the page's being private",
	  .run = only_looked_at },
};
/* clang-format on */

const struct selftest_area st_access_area = { checks, ARRAY_SIZE(checks) };
