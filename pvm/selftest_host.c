// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_host.c: the host's side of a check: its loads and stores, which may
 * be answered by a signal, its memory limit, and the emulator it may run on.
 */
#include "selftest_vm.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host.h"
#include "log.h"

/*
 * A load or store that may fault. The handler notes what it was told and
 * jumps back. A check has one thread.
 */
struct guarded {
	sigjmp_buf back;
	volatile int sig, code;
	const void *volatile addr;
};

static struct guarded *guarded;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	guarded->sig = sig;
	guarded->code = info->si_code;
	guarded->addr = info->si_addr;
	siglongjmp(guarded->back, 1);
}

static void catch_faults(bool on)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = on_fault;
	sa.sa_flags = SA_SIGINFO;
	if (!on) {
		sa.sa_handler = SIG_DFL;
		sa.sa_flags = 0;
	}
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

static int faulted(const struct guarded *g, int *code, const void **addr)
{
	catch_faults(false);
	guarded = NULL;
	if (code)
		*code = g->code;
	if (addr)
		*addr = g->addr;
	return g->sig;
}

int st_peek(const void *hva, uint64_t *value, int *code, const void **addr)
{
	struct guarded g;

	memset(&g, 0, sizeof(g));
	guarded = &g;
	catch_faults(true);
	if (!sigsetjmp(g.back, 1))
		*value = *(const volatile uint64_t *)hva;
	return faulted(&g, code, addr);
}

int st_poke(void *hva, uint64_t value, int *code, const void **addr)
{
	struct guarded g;

	memset(&g, 0, sizeof(g));
	guarded = &g;
	catch_faults(true);
	if (!sigsetjmp(g.back, 1))
		*(volatile uint64_t *)hva = value;
	return faulted(&g, code, addr);
}

int st_probe(const void *hva)
{
	int pipes[2], ret;

	st_must("pipe", pipe(pipes));
	ret = write(pipes[1], hva, 1) == 1 ? 0 : -errno;
	close(pipes[0]);
	close(pipes[1]);
	return ret;
}

void st_is_private(struct selftest *t, uint64_t ipa)
{
	st_errno("the host's read of a private page", st_probe(st_hva(t, ipa)),
		 -EFAULT);
}

void st_is_readable(struct selftest *t, uint64_t ipa, uint64_t value)
{
	uint64_t got = 0;
	int sig = st_peek(st_hva(t, ipa), &got, NULL, NULL);

	if (sig)
		st_fail("the host's load of a page it may read: signal %d",
			sig);
	st_equal("what the host reads", got, value);
}

void st_uring(struct io_uring *ring)
{
	int err = io_uring_queue_init(4, ring, 0);

	if (err < 0)
		st_skip("io_uring: %s", errno_text(err));
}

struct io_uring_sqe *st_uring_entry(struct io_uring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe)
		st_fail("io_uring has no entry");
	return sqe;
}

int st_uring_once(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	int ret = io_uring_submit_and_wait(ring, 1);

	if (ret < 0 || io_uring_wait_cqe(ring, &cqe))
		st_fail("io_uring did not complete a request");
	ret = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return ret;
}

void st_poison(struct selftest *t, uint64_t ipa)
{
	int fd = st_must("/proc/self/mem",
			 open("/proc/self/mem", O_RDWR | O_CLOEXEC));
	uint64_t value = 0;

	st_must("pread of /proc/self/mem",
		pread(fd, &value, sizeof(value),
		      (off_t)(uintptr_t)st_hva(t, ipa)));
	close(fd);
}

void st_may_warn(void)
{
	char text[16];

	if (host_read("", "/proc/sys/kernel/panic_on_warn", text,
		      sizeof(text)) > 0 &&
	    text[0] != '0')
		st_skip("Linux 7.2 warns of this, and panic_on_warn would stop this host");
}

void *st_private_page(struct selftest *t)
{
	st_boot(t);
	st_store(t, ST_DATA, ST_SECRET);
	if (!st_provoked(t))
		st_share(t, ST_DATA);
	return st_hva(t, ST_DATA);
}

void st_intact(struct selftest *t)
{
	st_equal("what the guest reads from its page", st_load(t, ST_DATA),
		 ST_SECRET);
}

/*
 * QEMU before 8.1 flushes the wrong TLB entries of EL2 when the hypervisor runs
 * with E2H (hVHE): its wiping then hits another page. Detected by all of: the
 * page was not wiped, the machine is QEMU's, and the mode is not nVHE.
 */
static bool emulator_wipes_the_wrong_page(const struct selftest *t)
{
	char text[256];
	struct pvm_host h;

	if (t->mode.no_quirks ||
	    host_read("", "/proc/device-tree/compatible", text, sizeof(text)) <
		    0 ||
	    strcmp(text, "linux,dummy-virt") != 0)
		return false;
	pvm_probe(&h, false);
	return h.mode != PVM_MODE_NVHE;
}

void st_zeroed(struct selftest *t, const char *what, const void *hva,
	       size_t len)
{
	const uint64_t *word = hva;

	for (size_t i = 0; i < len / sizeof(*word); i++) {
		if (!word[i])
			continue;
		if (emulator_wipes_the_wrong_page(t))
			st_skip("this emulator leaves reclaimed pages unwiped in hVHE mode, as QEMU before 8.1 does");
		st_fail("%s: not zeroed, 0x%llx at byte %zu", what,
			(unsigned long long)word[i], i * sizeof(*word));
	}
}

void *st_anon(void *at, size_t len, int prot)
{
	void *p =
		mmap(at, len, prot,
		     MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);

	if (p == MAP_FAILED)
		st_fail("mmap: %m");
	return p;
}

uint64_t st_locked(void)
{
	struct host_memlock m;

	st_must("/proc/self/status", host_memlock(&m));
	return m.locked >> 10;
}

static void drop_ipc_lock(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	memset(data, 0, sizeof(data));
	st_must("capget", syscall(__NR_capget, &head, data));
	data[0].effective &= ~(1U << CAP_IPC_LOCK);
	st_must("capset", syscall(__NR_capset, &head, data));
}

void st_memlock(uint64_t bytes)
{
	struct rlimit limit;

	drop_ipc_lock();
	st_must("getrlimit", getrlimit(RLIMIT_MEMLOCK, &limit));
	if (limit.rlim_max != RLIM_INFINITY && bytes > limit.rlim_max)
		st_skip("RLIMIT_MEMLOCK's hard limit is below %llu KiB",
			(unsigned long long)(bytes >> 10));
	limit.rlim_cur = bytes;
	st_must("setrlimit", setrlimit(RLIMIT_MEMLOCK, &limit));
}
