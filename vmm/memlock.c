// SPDX-License-Identifier: GPL-2.0-only
/*
 * memlock.c: RLIMIT_MEMLOCK and free memory: checked before the VM is built,
 * and what happens when a running guest meets the limit.
 *
 * How this works: every page a protected guest touches is pinned until the VM
 * dies and counts as locked memory. The default limit on most machines is
 * 8 MiB, so a guest would stop soon after it started; hence the whole need is
 * compared with the limit before anything is created. With --memlock=lazy the
 * guest starts anyway: KVM_RUN then fails at the limit without losing
 * anything, the VM is paused, and it goes on once the limit is higher.
 */
#include "vm.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "log.h"

#define MEMLOCK_POLL_MS 100

static unsigned long long mib_up(uint64_t bytes)
{
	return (bytes + MIB(1) - 1) >> 20;
}

static unsigned long long kib_up(uint64_t bytes)
{
	return (bytes + KIB(1) - 1) >> 10;
}

static int refuse(uint64_t need, const struct host_memlock *m)
{
	log_err("RLIMIT_MEMLOCK is %llu KiB and this protected VM needs %llu KiB, because all of its memory stays locked: raise it (as root, one of: `ulimit -l %llu` before starting; \"USER - memlock %llu\" in /etc/security/limits.d/; LimitMEMLOCK=%lluM in a systemd unit), lower -m, or start with --memlock=lazy",
		kib_up(m->hard), kib_up(need), kib_up(need), kib_up(need),
		mib_up(need));
	return -ENOMEM;
}

static int check_limit(const struct config *cfg)
{
	struct host_memlock m;
	uint64_t need;
	int ret = host_memlock(&m);

	if (ret) {
		log_err("cannot read the memlock limit: %s", errno_text(ret));
		return ret;
	}
	if (m.exempt)
		return 0;
	need = host_memlock_need(cfg->mem) + m.locked;
	if (m.soft >= need)
		return 0;
	(void)host_memlock_raise(need);
	if (m.hard >= need || cfg->memlock == MEMLOCK_LAZY)
		return 0;
	return refuse(need, &m);
}

static int check_memory(const struct config *cfg)
{
	uint64_t need = host_memory_need(cfg->mem), available;
	const char *what;

	if (host_memory_available(&available, &what) || need <= available)
		return 0;
	log_err("-m %llu: a protected guest's memory cannot be swapped out, and only %llu MiB are left (%s); lower -m or free memory",
		mib_up(cfg->mem), (unsigned long long)(available >> 20), what);
	return -ENOMEM;
}

int memlock_prepare(const struct config *cfg)
{
	int ret;

	if (!cfg->protected_vm)
		return 0;
	ret = check_memory(cfg);
	return ret ? ret : check_limit(cfg);
}

/* Whether RLIMIT_MEMLOCK leaves room for one more page. */
static bool limit_has_room(struct host_memlock *m)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (host_memlock(m))
		return true; /* let KVM_RUN say */
	return m->exempt || m->soft == UINT64_MAX ||
	       m->locked + page <= m->soft;
}

static void tell_pause(struct vm *vm, const struct host_memlock *m,
		       uint64_t need)
{
	vm_tell(vm, "memlock",
		"\"state\":\"paused\",\"locked\":%llu,\"limit\":%llu,\"need\":%llu",
		(unsigned long long)m->locked, (unsigned long long)m->soft,
		(unsigned long long)need);
	log_warn(
		"paused: the guest reached RLIMIT_MEMLOCK (%llu KiB locked of %llu KiB) and may need up to %llu KiB; as root: prlimit --pid %d --memlock=%llu",
		kib_up(m->locked), kib_up(m->soft), kib_up(need), (int)getpid(),
		(unsigned long long)need);
}

bool memlock_wait(struct vcpu *v)
{
	const struct timespec interval = { .tv_nsec =
						   MEMLOCK_POLL_MS * 1000000L };
	struct vm *vm = v->vm;
	uint64_t need = host_memlock_need(vm->cfg->mem);
	struct host_memlock m;

	if (limit_has_room(&m))
		return false;
	vm_pause(vm);
	/* Several vCPUs may get here before they are called: one speaks. */
	if (__atomic_fetch_add(&vm->nr_limited, 1, __ATOMIC_SEQ_CST) == 0)
		tell_pause(vm, &m, need);
	while (!vm_finished(vm) && !limit_has_room(&m)) {
		(void)nanosleep(&interval, NULL);
		/* Up to a hard limit that root has raised meanwhile. */
		if (!__atomic_load_n(&vm->keeps_memlock, __ATOMIC_RELAXED))
			(void)host_memlock_raise(need);
	}
	if (__atomic_sub_fetch(&vm->nr_limited, 1, __ATOMIC_SEQ_CST) == 0 &&
	    !vm_finished(vm)) {
		log_info("RLIMIT_MEMLOCK was raised: the guest goes on");
		vm_tell(vm, "memlock", "\"state\":\"resumed\"");
	}
	vm_resume(vm);
	return true;
}

int memlock_set(struct vm *vm, const uint64_t *bytes)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return -errno;
	if (bytes && *bytes > limit.rlim_max)
		return -EPERM;
	limit.rlim_cur = bytes ? *bytes : limit.rlim_max;
	__atomic_store_n(&vm->keeps_memlock, bytes != NULL, __ATOMIC_RELAXED);
	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0;
}
