// SPDX-License-Identifier: GPL-2.0-only
// Prints all memory that a process names to the kernel behind a pointer.
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * usage: iovtrace PID
 *
 * A trace of system calls shows their arguments; this shows what is behind them:
 * iovecs, those in messages, and requests of io_uring and AIO. A line for each piece,
 * "CALL START END": the call's number, or u and the operation of io_uring, and
 * addresses in hexadecimal. Follows threads and exec, not children. "attached"
 * comes first.
 *
 * Only arrays that lie in the process' own memory may be read so: a look at a
 * protected guest's page would destroy it.
 */
#define MAX_IOVECS 1024U
#define MAX_RINGS  32U
/* Since Linux 6.6; of <linux/io_uring.h>, which may be older. */
#define NO_SQARRAY (1U << 16)

struct ring {
	int fd;
	struct io_uring_params params;
	uint64_t sq, sqes; /* where they are mapped */
};

static struct ring rings[MAX_RINGS];
static unsigned int nr_rings;

/* The system call a thread is in, for what is known at its end. */
static struct call {
	pid_t tid;
	uint64_t nr, args[6];
} calls[256];

static int peek(pid_t tid, uint64_t from, void *to, size_t len)
{
	struct iovec local = { to, len };
	struct iovec remote = { (void *)(uintptr_t)from, len };

	return process_vm_readv(tid, &local, 1, &remote, 1, 0) == (ssize_t)len;
}

static void put(const char *kind, uint64_t nr, uint64_t start, uint64_t len)
{
	if (len)
		printf("%s%llu %llx %llx\n", kind, (unsigned long long)nr,
		       (unsigned long long)start,
		       (unsigned long long)(start + len));
}

static void put_iovecs(pid_t tid, const char *kind, uint64_t nr, uint64_t at,
		       uint64_t count)
{
	static struct iovec iov[MAX_IOVECS];

	if (count > MAX_IOVECS || !peek(tid, at, iov, count * sizeof(iov[0])))
		return;
	for (uint64_t i = 0; i < count; i++)
		put(kind, nr, (uintptr_t)iov[i].iov_base, iov[i].iov_len);
}

static void put_message(pid_t tid, const char *kind, uint64_t nr, uint64_t at)
{
	struct msghdr m;

	if (!peek(tid, at, &m, sizeof(m)))
		return;
	put(kind, nr, (uintptr_t)m.msg_name, m.msg_namelen);
	put(kind, nr, (uintptr_t)m.msg_control, m.msg_controllen);
	put_iovecs(tid, kind, nr, (uintptr_t)m.msg_iov, m.msg_iovlen);
}

static void put_messages(pid_t tid, uint64_t nr, uint64_t at, uint64_t count)
{
	for (uint64_t i = 0; i < count && i < MAX_IOVECS; i++)
		put_message(tid, "", nr, at + i * sizeof(struct mmsghdr));
}

static void put_requests(pid_t tid, uint64_t nr, uint64_t at, uint64_t count)
{
	struct iocb request;
	uint64_t where;

	for (uint64_t i = 0; i < count && i < MAX_IOVECS; i++)
		if (peek(tid, at + i * sizeof(where), &where, sizeof(where)) &&
		    peek(tid, where, &request, sizeof(request)))
			put("", nr, request.aio_buf, request.aio_nbytes);
}

/* --- io_uring ---------------------------------------------------------------- */

static void put_entry(pid_t tid, const struct io_uring_sqe *e)
{
	switch (e->opcode) {
	case IORING_OP_READV:
	case IORING_OP_WRITEV:
		put_iovecs(tid, "u", e->opcode, e->addr, e->len);
		break;
	case IORING_OP_SENDMSG:
	case IORING_OP_RECVMSG:
		put_message(tid, "u", e->opcode, e->addr);
		break;
	case IORING_OP_READ:
	case IORING_OP_WRITE:
	case IORING_OP_READ_FIXED:
	case IORING_OP_WRITE_FIXED:
	case IORING_OP_SEND:
	case IORING_OP_RECV:
		put("u", e->opcode, e->addr, e->len);
		break;
	default: /* others have no buffer; where one begins, if they do */
		put("u", e->opcode, e->addr, e->addr != 0);
	}
}

static void put_entries(pid_t tid, const struct call *c)
{
	const struct ring *r = NULL;
	struct io_uring_sqe e;
	uint32_t head, mask, i, at;

	for (i = 0; i < nr_rings; i++)
		if (rings[i].fd == (int)c->args[0])
			r = &rings[i];
	if (!r || (c->args[3] & IORING_ENTER_REGISTERED_RING))
		errx(1, "a ring that was not seen");
	if (!peek(tid, r->sq + r->params.sq_off.head, &head, sizeof(head)) ||
	    !peek(tid, r->sq + r->params.sq_off.ring_mask, &mask, sizeof(mask)))
		err(1, "ring");
	for (i = 0; i < c->args[1]; i++, head++) {
		at = head & mask;
		if ((!(r->params.flags & NO_SQARRAY) &&
		     !peek(tid,
			   r->sq + r->params.sq_off.array + at * sizeof(at),
			   &at, sizeof(at))) ||
		    !peek(tid, r->sqes + at * sizeof(e), &e, sizeof(e)))
			err(1, "ring's entry");
		put_entry(tid, &e);
	}
}

static void note_ring(pid_t tid, int fd, uint64_t params)
{
	unsigned int i;

	for (i = 0; i < nr_rings && rings[i].fd != fd; i++)
		;
	if (i == MAX_RINGS)
		errx(1, "too many rings");
	memset(&rings[i], 0, sizeof(rings[i]));
	rings[i].fd = fd;
	if (!peek(tid, params, &rings[i].params, sizeof(rings[i].params)))
		err(1, "io_uring_setup");
	if (i == nr_rings)
		nr_rings++;
}

static void note_mapping(int fd, uint64_t offset, uint64_t at)
{
	for (unsigned int i = 0; i < nr_rings; i++) {
		if (rings[i].fd != fd)
			continue;
		if (offset == IORING_OFF_SQ_RING)
			rings[i].sq = at;
		else if (offset == IORING_OFF_SQES)
			rings[i].sqes = at;
	}
}

/* --- system calls ------------------------------------------------------------ */

static struct call *call_of(pid_t tid)
{
	unsigned int i;

	for (i = 0; calls[i].tid && calls[i].tid != tid; i++)
		if (i + 2 == sizeof(calls) / sizeof(calls[0]))
			errx(1, "too many threads");
	calls[i].tid = tid;
	return &calls[i];
}

static void enter(pid_t tid, const struct call *c)
{
	switch (c->nr) {
	case SYS_readv:
	case SYS_writev:
	case SYS_preadv:
	case SYS_pwritev:
	case SYS_preadv2:
	case SYS_pwritev2:
	case SYS_vmsplice:
		put_iovecs(tid, "", c->nr, c->args[1], c->args[2]);
		break;
	case SYS_sendmsg:
	case SYS_recvmsg:
		put_message(tid, "", c->nr, c->args[1]);
		break;
	case SYS_sendmmsg:
	case SYS_recvmmsg:
		put_messages(tid, c->nr, c->args[1], c->args[2]);
		break;
	case SYS_io_submit:
		put_requests(tid, c->nr, c->args[2], c->args[1]);
		break;
	case SYS_io_uring_enter:
		put_entries(tid, c);
		break;
	default:
		break;
	}
}

static void leave(pid_t tid, const struct call *c, int64_t ret)
{
	if (ret < 0)
		return;
	if (c->nr == SYS_io_uring_setup)
		note_ring(tid, (int)ret, c->args[1]);
	else if (c->nr == SYS_mmap)
		note_mapping((int)c->args[4], c->args[5], (uint64_t)ret);
}

static void look(pid_t tid)
{
	struct __ptrace_syscall_info info;
	struct call *c = call_of(tid);

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		c->nr = info.entry.nr;
		memcpy(c->args, info.entry.args, sizeof(c->args));
		enter(tid, c);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		leave(tid, c, info.exit.rval);
	}
}

/* Lets the thread go on from what it stopped for. */
static void go_on(pid_t tid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (sig == (SIGTRAP | 0x80)) {
		look(tid);
		sig = 0;
	} else if (event) {
		sig = 0;
	}
	ptrace(PTRACE_SYSCALL, tid, NULL, sig);
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
	int status;

	if (!pid)
		errx(2, "usage: iovtrace PID");
	if (ptrace(PTRACE_SEIZE, pid, NULL,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
			   PTRACE_O_TRACEEXEC) ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL))
		err(1, "ptrace %d", (int)pid);
	printf("attached\n");
	fflush(stdout);
	for (;;) {
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == ECHILD)
			break;
		if (tid > 0 && WIFSTOPPED(status))
			go_on(tid, status);
	}
	printf("ended\n");
	return fflush(stdout) != 0;
}
