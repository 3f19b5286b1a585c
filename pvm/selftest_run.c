// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_run.c: the guest of a check, one operation at a time. Its mailbox
 * has no memory behind it, so each access is an exit that is answered here.
 */
#include "selftest_vm.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "clock.h"
#include "log.h"

enum step {
	STEP_ON,    /* the guest goes on */
	STEP_REPLY, /* the reply is complete */
};

/* A store to the mailbox: the last result, or the last of a report, ends it. */
static enum step mailbox_store(struct st_reply *r, uint64_t offset,
			       uint64_t value)
{
	if (offset >= ST_REPORT) {
		uint64_t *report[] = { &r->esr, &r->far, &r->elr };
		uint64_t i = (offset - ST_REPORT) / 8;

		if (i < ARRAY_SIZE(report))
			*report[i] = value;
		r->abort = true;
		return i == 3 ? STEP_REPLY : STEP_ON;
	}
	r->x[(offset - ST_RESULTS) / 8 % 4] = value;
	return offset == ST_RESULTS + 24 ? STEP_REPLY : STEP_ON;
}

static enum step serve_mmio(struct selftest *t, unsigned int i,
			    struct st_reply *r)
{
	uint64_t mailbox = ST_MAILBOX + i * ST_MAILBOX_LEN;
	struct kvm_run *run = t->vcpu[i].run;
	uint64_t offset = run->mmio.phys_addr - mailbox, value = 0;

	memcpy(&value, run->mmio.data, run->mmio.len & 15);
	if (offset < ST_RESULTS && !run->mmio.is_write) {
		memcpy(run->mmio.data, &t->vcpu[i].out[offset / 8 % 5], 8);
		return STEP_ON;
	}
	if (offset < ST_MAILBOX_LEN && run->mmio.is_write)
		return mailbox_store(r, offset, value);
	r->nr_mmio++;
	r->mmio_write = run->mmio.is_write;
	r->mmio_len = run->mmio.len;
	r->mmio_gpa = run->mmio.phys_addr;
	r->mmio_data = value;
	if (!run->mmio.is_write)
		memcpy(run->mmio.data, &t->mmio_answer, 8);
	return STEP_ON;
}

static struct st_reply run_until(struct selftest *t, unsigned int i,
				 int64_t deadline)
{
	struct kvm_run *run = t->vcpu[i].run;
	struct st_reply r;

	memset(&r, 0, sizeof(r));
	for (;;) {
		r.err = kvm_ioctl_val(t->vcpu[i].fd, KVM_RUN, 0);
		/* io_uring's work on this thread interrupts it as well. */
		if (r.err == -EINTR && (!deadline || clock_ms() < deadline))
			continue;
		if (r.err)
			return r;
		if (run->exit_reason != KVM_EXIT_MMIO) {
			r.exit = run->exit_reason;
			return r;
		}
		if (serve_mmio(t, i, &r) == STEP_REPLY)
			return r;
	}
}

struct st_reply st_again(struct selftest *t, unsigned int i)
{
	return run_until(t, i, 0);
}

static void interrupt(int sig)
{
	(void)sig;
}

/* Ticks until it is disarmed: one that comes too early does no harm. */
static void tick_every(unsigned int us)
{
	const struct sigaction sa = { .sa_handler = interrupt };
	const struct itimerval every = { .it_interval = { 0, us },
					 .it_value = { 0, us } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

struct st_reply st_again_for(struct selftest *t, unsigned int i,
			     unsigned int ms)
{
	struct st_reply r;

	tick_every(20000);
	r = run_until(t, i, clock_ms() + ms);
	tick_every(0);
	return r;
}

static void post(struct selftest *t, unsigned int i, unsigned int op)
{
	memset(t->vcpu[i].out, 0, sizeof(t->vcpu[i].out));
	t->vcpu[i].out[0] = op;
}

struct st_reply st_try_for(struct selftest *t, unsigned int i, unsigned int op,
			   uint64_t x0, unsigned int ms)
{
	post(t, i, op);
	t->vcpu[i].out[1] = x0;
	return st_again_for(t, i, ms);
}

struct st_reply st_try(struct selftest *t, unsigned int i, unsigned int op,
		       uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
	const uint64_t x[] = { x0, x1, x2, x3 };

	post(t, i, op);
	memcpy(&t->vcpu[i].out[1], x, sizeof(x));
	return run_until(t, i, 0);
}

void st_describe(const struct st_reply *r, char *text, size_t len)
{
	if (r->err)
		snprintf(text, len, "KVM_RUN failed: %s", errno_text(r->err));
	else if (r->exit)
		snprintf(text, len, "exit reason %u", r->exit);
	else if (r->abort)
		snprintf(text, len, "the guest took ESR_EL1 0x%llx, FAR 0x%llx",
			 (unsigned long long)r->esr,
			 (unsigned long long)r->far);
	else
		snprintf(text, len, "it succeeded, x0 = 0x%llx",
			 (unsigned long long)r->x[0]);
}

static void must_succeed(const char *what, const struct st_reply *r)
{
	char text[128];

	if (!r->err && !r->exit && !r->abort)
		return;
	st_describe(r, text, sizeof(text));
	st_fail("%s in the guest: %s", what, text);
}

struct st_reply st_op(struct selftest *t, unsigned int op, uint64_t x0,
		      uint64_t x1, uint64_t x2, uint64_t x3)
{
	struct st_reply r = st_try(t, 0, op, x0, x1, x2, x3);

	must_succeed("an operation", &r);
	return r;
}

uint64_t st_load(struct selftest *t, uint64_t ipa)
{
	struct st_reply r = st_try(t, 0, G_LOAD, ipa, 0, 0, 0);

	must_succeed("a load", &r);
	return r.x[0];
}

void st_store(struct selftest *t, uint64_t ipa, uint64_t value)
{
	struct st_reply r = st_try(t, 0, G_STORE, ipa, value, 0, 0);

	must_succeed("a store", &r);
}

void st_touch(struct selftest *t, uint64_t ipa, unsigned int nr)
{
	struct st_reply r = st_try(t, 0, G_FILL, ipa, nr, ST_SECRET, ST_PAGE);

	must_succeed("stores to pages", &r);
}

int64_t st_hvc(struct selftest *t, uint64_t fn, uint64_t a1, uint64_t a2,
	       uint64_t a3)
{
	struct st_reply r = st_try(t, 0, G_HVC, fn, a1, a2, a3);

	must_succeed("a hypercall", &r);
	return (int64_t)r.x[0];
}

void st_share(struct selftest *t, uint64_t ipa)
{
	st_equal("x0 of MEM_SHARE", (uint64_t)st_hvc(t, ST_SHARE, ipa, 0, 0),
		 0);
}

void st_unshare(struct selftest *t, uint64_t ipa)
{
	st_equal("x0 of MEM_UNSHARE",
		 (uint64_t)st_hvc(t, ST_UNSHARE, ipa, 0, 0), 0);
}

void st_load_fails(struct selftest *t, uint64_t ipa, int err)
{
	struct st_reply r = st_try(t, 0, G_LOAD, ipa, 0, 0, 0);
	char text[128];

	if (r.err == err)
		return;
	st_describe(&r, text, sizeof(text));
	st_fail("the guest's load of 0x%llx was to end in KVM_RUN = %s: %s",
		(unsigned long long)ipa, errno_text(err), text);
}

void st_aborts(const char *what, const struct st_reply *r, uint64_t esr,
	       uint64_t far)
{
	char text[128];

	st_describe(r, text, sizeof(text));
	if (!r->abort || r->esr != esr)
		st_fail("%s: %s instead of ESR_EL1 0x%llx", what, text,
			(unsigned long long)esr);
	if (r->far != far)
		st_fail("%s: %s instead of FAR 0x%llx", what, text,
			(unsigned long long)far);
}
