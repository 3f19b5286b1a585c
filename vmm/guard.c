// SPDX-License-Identifier: GPL-2.0-only
/*
 * guard.c: the lists of system calls (guard.h), and putting the filters in
 * force.
 *
 * The kernel remembers which calls a filter allows whatever their arguments are
 * (seccomp's cache of constant actions), and runs no filter for them. So no rule
 * looks at an argument of what is called for data: ioctl, read, write and their
 * vectors, io_uring_enter, ppoll, epoll_pwait, futex, sendmsg, recvmsg.
 */
#include "guard.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat.h"
#include "log.h"

/* enum io_uring_register_op, linux/io_uring.h: what pins buffers. */
#define RING_BUFFERS	    0
#define RING_BUFFERS2	    15
#define RING_BUFFERS_UPDATE 16
#define RING_CLONE_BUFFERS  30

/* Of nobody in the process, whatever the arguments are. */
static const char *const refused[] = {
	/* Copies the process: each private page is read, and so destroyed. */
	"fork",
	"vfork",
	/* Ends our memory. Children come from the spawner. */
	"execve",
	"execveat",
	/* Reach pages by the kernel's own mapping: they succeed and destroy. */
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"vmsplice",
	"splice",
	"tee",
	"sendfile",
	"copy_file_range",
	/* Advice and faults by another way than madvise(2). */
	"process_madvise",
	"process_mrelease",
	"userfaultfd",
	"remap_file_pages",
	"migrate_pages",
	"move_pages",
	/* May replace mappings, and has its address elsewhere than mmap(2). */
	"shmat",
	/* KVM locks what it must, and counts it; this would count it twice. */
	"mlockall",
};

/* What a vCPU's thread may call; `guard_memory` and the list above, too. */
static const char *const vcpu_calls[] = {
	"ioctl", /* KVM_RUN; registers, interrupts, vhost for registers written */
	/* Waiting for, and waking, other threads. */
	"futex",
	"write",   /* eventfds; stderr; the pipe of a page that is looked at */
	"preadv2", /* eventfds that are emptied, without waiting */
	"read",	   /* the files below */
	"writev",
	"io_submit", /* eventfds that a back end has, too (virtio/event.c) */
	"io_getevents",
	"epoll_ctl", /* the loop's, for a register that was written */
	/* Signals: being called out of the guest. */
	"rt_sigreturn",
	"rt_sigprocmask",
	"rt_sigaction",
	"restart_syscall",
	"tgkill",
	"getpid",
	"gettid",
	/* Time. */
	"clock_gettime",
	"clock_nanosleep",
	"nanosleep",
	"timerfd_settime",
	"sched_yield",
	/* malloc(3), and the end of a thread. */
	"brk",
	"mmap",
	"munmap",
	"mprotect",
	"mremap",
	"madvise",
	"sched_getaffinity", /* how many arenas there may be */
	"exit",
	"exit_group",
	/* At the limit of locked memory: /proc/self/status, and its raising. */
	"openat",
	"close",
	"prlimit64",
	/* For a page that was reclaimed: a trace, and who may have done it. */
	"newfstatat",
	"fstat",
	"lseek",
	"pread64",
	"readlinkat",
	"faccessat",
	"ppoll",
	"getdents64",
	"mkdirat",
	"unlinkat",
	"pipe2",
	"fcntl",
};

struct rules {
	scmp_filter_ctx ctx;
	int err; /* the first */
};

static void add(struct rules *r, uint32_t action, const char *name,
		unsigned int nr, const struct scmp_arg_cmp *args)
{
	int call = seccomp_syscall_resolve_name(name);

	/* Not of this machine, or newer than libseccomp. */
	if (call == __NR_SCMP_ERROR || r->err)
		return;
	r->err = seccomp_rule_add_array(r->ctx, action, call, nr, args);
}

static void refuse_if(struct rules *r, const char *name,
		      struct scmp_arg_cmp one)
{
	add(r, SCMP_ACT_TRAP, name, 1, &one);
}

static void refuse_both(struct rules *r, const char *name,
			struct scmp_arg_cmp one, struct scmp_arg_cmp two)
{
	const struct scmp_arg_cmp both[] = { one, two };

	add(r, SCMP_ACT_TRAP, name, 2, both);
}

/* An int: of what the register has above it nothing is said. */
static struct scmp_arg_cmp int_is(unsigned int arg, uint32_t value)
{
	return SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, UINT32_MAX, value);
}

static struct scmp_arg_cmp is_not(unsigned int arg, uint64_t value)
{
	return SCMP_CMP(arg, SCMP_CMP_NE, value, 0);
}

static struct scmp_arg_cmp has_bit(unsigned int arg, uint32_t bit)
{
	return SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, bit, bit);
}

static void refuse_forms(struct rules *r)
{
	static const uint32_t advices[] = {
		MADV_REMOVE,	 MADV_DOFORK,	MADV_MERGEABLE,	   MADV_DODUMP,
		MADV_KEEPONFORK, MADV_HWPOISON, MADV_SOFT_OFFLINE,
	};
	static const uint32_t registers[] = {
		RING_BUFFERS,
		RING_BUFFERS2,
		RING_BUFFERS_UPDATE,
		RING_CLONE_BUFFERS,
	};

	for (size_t i = 0; i < ARRAY_SIZE(advices); i++)
		refuse_if(r, "madvise", int_is(2, advices[i]));
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		refuse_if(r, "io_uring_register", int_is(1, registers[i]));
	refuse_if(r, "mremap", has_bit(3, MREMAP_FIXED));
	refuse_if(r, "mremap", has_bit(3, MREMAP_DONTUNMAP));
	/* Without it a setting of MSG_ZEROCOPY does nothing. */
	refuse_both(r, "setsockopt", int_is(1, SOL_SOCKET),
		    int_is(2, SO_ZEROCOPY));
	/* Threads, yes; a copy of the process, no. */
	refuse_if(r, "clone", SCMP_CMP(0, SCMP_CMP_MASKED_EQ, CLONE_VM, 0));
	/* Its arguments are in memory; the C library then takes clone(). */
	add(r, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
	refuse_both(r, "prctl", int_is(0, PR_SET_DUMPABLE), is_not(1, 0));
	refuse_both(r, "prctl", int_is(0, PR_SET_MEMORY_MERGE), is_not(1, 0));
	refuse_if(r, "prctl", int_is(0, PR_SET_MM));
}

/* Its file: punched and filled as a whole, between two lives; nothing else. */
static void refuse_window(struct rules *r, const struct guard_memory *m)
{
	if (m->window_fd < 0)
		return;
	refuse_both(r, "fallocate", int_is(0, (uint32_t)m->window_fd),
		    is_not(2, 0));
	refuse_both(r, "fallocate", int_is(0, (uint32_t)m->window_fd),
		    is_not(3, m->window.len));
	refuse_if(r, "ftruncate", int_is(0, (uint32_t)m->window_fd));
}

/* --- in force ----------------------------------------------------------------- */

static int load_program(unsigned int flags, const struct sock_filter *f,
			unsigned short nr)
{
	struct sock_fprog prog = {
		.len = nr,
		.filter = (struct sock_filter *)(uintptr_t)f,
	};
	long ret = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);

	/* More than 0: the thread that could not be brought along. */
	if (ret > 0)
		return -EBUSY;
	return ret ? -errno : 0;
}

static int confine_memory(const struct guard_memory *m)
{
	unsigned short nr;
	struct sock_filter *f = guard_memory_filter(m, SECCOMP_RET_TRAP, &nr);
	int ret = -ENOMEM;

	if (f)
		ret = load_program(SECCOMP_FILTER_FLAG_TSYNC, f, nr);
	free(f);
	return ret;
}

static int confine_process(const struct guard_memory *m)
{
	struct rules r = { .ctx = seccomp_init(SCMP_ACT_ALLOW) };

	if (!r.ctx)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		add(&r, SCMP_ACT_TRAP, refused[i], 0, NULL);
	refuse_forms(&r);
	refuse_window(&r, m);
	if (!r.err)
		r.err = seccomp_attr_set(r.ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	/* With the filter comes no_new_privs, for whoever is not root. */
	if (!r.err)
		r.err = seccomp_load(r.ctx);
	seccomp_release(r.ctx);
	return r.err;
}

/* libseccomp of Debian 12 hands a filter over by file only. */
static int take_program(struct guard *g, scmp_filter_ctx ctx)
{
	int fd = memfd_create("lkvm-pvm-filter", MFD_CLOEXEC);
	struct stat st;
	int err = fd < 0 ? -errno : seccomp_export_bpf(ctx, fd);

	if (!err && fstat(fd, &st))
		err = -errno;
	if (!err) {
		g->nr_vcpu =
			(unsigned short)((size_t)st.st_size / sizeof(*g->vcpu));
		g->vcpu = calloc(g->nr_vcpu, sizeof(*g->vcpu));
		if (!g->vcpu)
			err = -ENOMEM;
		else if (pread(fd, g->vcpu, (size_t)st.st_size, 0) !=
			 st.st_size)
			err = -EIO;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int prepare_vcpus(struct guard *g)
{
	struct rules r = { .ctx = seccomp_init(SCMP_ACT_TRAP) };

	if (!r.ctx)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(vcpu_calls); i++)
		add(&r, SCMP_ACT_ALLOW, vcpu_calls[i], 0, NULL);
	/* For the report of a call that was refused. */
	add(&r, SCMP_ACT_ALLOW, "prctl", 1,
	    &(struct scmp_arg_cmp){ 0, SCMP_CMP_EQ, PR_GET_NAME, 0 });
	if (!r.err)
		r.err = take_program(g, r.ctx);
	seccomp_release(r.ctx);
	return r.err;
}

int guard_process(struct guard *g, const struct guard_memory *m)
{
	int ret;

	memset(g, 0, sizeof(*g));
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL) {
		log_warn("this kernel has no seccomp: system calls that could "
			 "harm the guest are not filtered");
		return 0;
	}
	ret = prepare_vcpus(g);
	if (!ret)
		ret = confine_process(m);
	if (!ret)
		ret = confine_memory(m);
	if (ret) {
		log_err("cannot filter system calls: %s; --seccomp=off runs "
			"without",
			errno_text(ret));
		guard_fini(g);
	}
	return ret;
}

int guard_vcpu(const struct guard *g)
{
	return g->vcpu ? load_program(0, g->vcpu, g->nr_vcpu) : 0;
}

void guard_fini(struct guard *g)
{
	free(g->vcpu);
	memset(g, 0, sizeof(*g));
}

/* --- the report ----------------------------------------------------------------- */

void guard_call_name(int nr, char *name, size_t size)
{
	/* malloc(3) makes these, and may hold its locks: no more of it then. */
	static const struct {
		int nr;
		const char *name;
	} own[] = {
		{ __NR_brk, "brk" },
		{ __NR_mmap, "mmap" },
		{ __NR_munmap, "munmap" },
		{ __NR_mremap, "mremap" },
		{ __NR_mprotect, "mprotect" },
		{ __NR_madvise, "madvise" },
		{ __NR_sched_getaffinity, "sched_getaffinity" },
	};
	char *found;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (own[i].nr == nr) {
			(void)snprintf(name, size, "%s", own[i].name);
			return;
		}
	}
	found = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
	(void)snprintf(name, size, "%s", found ? found : "unknown");
	free(found);
}
