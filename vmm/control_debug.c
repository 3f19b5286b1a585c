// SPDX-License-Identifier: GPL-2.0-only
/*
 * control_debug.c: what the control socket's requests of `lkvm-pvm debug` do: they
 * provoke what a guest, its devices and this VMM should cope with. Nobody waits
 * here: what takes its time says "pending" and is asked again.
 */
#include "vm.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#include "backtrace.h"
#include "control.h"
#include "host.h"
#include "log.h"

/* Pages that are looked at one by one for one of the guest's own. */
#define TRIES 256U

static json_t *refuse(const char *why)
{
	return json_pack("{s:s}", "error", why);
}

static json_t *pending(unsigned int nr)
{
	return json_pack("{s:i}", "pending", (int)nr);
}

/* --- pages ------------------------------------------------------------------ */

static const char *state_name(uint8_t state)
{
	switch ((enum pvm_page)state) {
	case PVM_PAGE_UNTOUCHED:
		return "untouched";
	case PVM_PAGE_PRIVATE:
		return "private";
	case PVM_PAGE_READABLE:
		break;
	}
	return "readable";
}

static uint64_t random_below(uint64_t n)
{
	uint64_t r = 0;

	(void)!getrandom(&r, sizeof(r), 0);
	return r % n;
}

/*
 * The first page of the guest's own from a random one on, and round again; every
 * page is looked at once at most. 0, -ENOENT: there is none, or another -errno.
 */
static int next_private(struct vm *vm, gpa_t *gpa)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const struct gpa_range *ram = &vm->machine.ram;
	uint64_t nr = ram->len / page, first = random_below(nr), at = first;
	uint8_t states[PVM_MAP_MAX];
	unsigned int n;
	int ret;

	for (uint64_t left = nr; left; left -= n) {
		n = left < PVM_MAP_MAX ? (unsigned int)left : PVM_MAP_MAX;
		if (n > nr - at)
			n = (unsigned int)(nr - at);
		ret = pvm_map_pages(vm->pvm, ram->gpa + at * page, n, states);
		if (ret)
			return ret;
		for (unsigned int i = 0; i < n; i++) {
			if (states[i] != PVM_PAGE_PRIVATE)
				continue;
			*gpa = ram->gpa + (at + i) * page;
			return 0;
		}
		at = at + n == nr ? 0 : at + n;
	}
	return -ENOENT;
}

/* One of many is soon met by chance; of few the next one does. */
static int random_private(struct vm *vm, gpa_t *gpa)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const struct gpa_range *ram = &vm->machine.ram;
	uint8_t state;
	int ret;

	for (unsigned int i = 0; i < TRIES; i++) {
		*gpa = ram->gpa + random_below(ram->len / page) * page;
		ret = pvm_map_pages(vm->pvm, *gpa, 1, &state);
		if (ret || state == PVM_PAGE_PRIVATE)
			return ret;
	}
	return next_private(vm, gpa);
}

static json_t *page_answer(struct vm *vm, gpa_t gpa, uint8_t before)
{
	uint8_t now = before;
	int ret = pvm_map_pages(vm->pvm, gpa, 1, &now);

	return json_pack("{s:I, s:s, s:s}", "page", (json_int_t)gpa, "before",
			 state_name(before), "now",
			 ret ? "unknown" : state_name(now));
}

static json_t *answer_reclaim(struct vm *vm, const struct control_request *r)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	gpa_t gpa = align_down(r->page, page);
	uint8_t before;
	int ret = 0;

	if (!vm->cfg->protected_vm)
		return refuse(
			"reclaim: an ordinary VM has no pages that are its own");
	if (!r->has_page)
		ret = random_private(vm, &gpa);
	if (ret == -ENOENT)
		return refuse("reclaim: the guest has no page of its own yet");
	if (ret || pvm_map_pages(vm->pvm, gpa, 1, &before))
		return refuse("reclaim: there is neither RAM nor window there");
	if (before != PVM_PAGE_PRIVATE)
		return refuse(
			before == PVM_PAGE_READABLE
				? "reclaim: not the guest's own page: it is shared, or the host's still"
				: "reclaim: not the guest's own page: it never touched it");
	reclaim_asked(&vm->reclaim, gpa);
	log_warn("debug: takes page 0x%llx from the guest, as asked",
		 (unsigned long long)gpa);
	ret = pvm_reclaim_page(vm->pvm, gpa);
	return ret ? refuse(errno_text(ret)) : page_answer(vm, gpa, before);
}

static json_t *answer_unplug(struct vm *vm, const struct control_request *r)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const struct gpa_range *w = &vm->machine.window;
	gpa_t gpa = align_down(r->page, page);
	uint8_t before;
	int ret;

	if (!w->len)
		return refuse("unplug-window-page: this VM has no window");
	if (!r->has_page)
		gpa = w->gpa + random_below(w->len / page) * page;
	if (gpa - w->gpa >= w->len || pvm_map_pages(vm->pvm, gpa, 1, &before))
		return refuse("unplug-window-page: that is not in the window");
	log_warn("debug: puts another page behind window page 0x%llx, as asked",
		 (unsigned long long)gpa);
	ret = window_unplug(&vm->devices->window, gpa, page);
	return ret ? refuse(errno_text(ret)) : page_answer(vm, gpa, before);
}

/* --- the memlock limit ------------------------------------------------------ */

static json_t *limit(uint64_t n)
{
	return n > INT64_MAX ? json_null() : json_integer((json_int_t)n);
}

static json_t *answer_memlock(struct vm *vm, const struct control_request *r)
{
	struct host_memlock m;
	int ret = host_memlock(&m);

	if (ret)
		return refuse(errno_text(ret));
	if (!vm->cfg->protected_vm)
		return refuse("memlock: an ordinary VM locks no memory");
	if (m.exempt)
		return refuse(
			"memlock: this lkvm-pvm may lock without a limit (CAP_IPC_LOCK); start it as a user");
	ret = memlock_set(vm, r->has_bytes ? &r->bytes : NULL);
	if (ret == -EPERM)
		return refuse(
			"memlock: above the hard limit, which only root raises: prlimit --memlock");
	if (ret || host_memlock(&m))
		return refuse("memlock: the limit cannot be set");
	return json_pack("{s:o, s:o, s:o}", "locked", limit(m.locked), "soft",
			 limit(m.soft), "hard", limit(m.hard));
}

/* --- vCPUs ------------------------------------------------------------------ */

static json_t *hex(uint64_t n)
{
	return json_sprintf("0x%llx", (unsigned long long)n);
}

static json_t *state_json(struct vm *vm, unsigned int i,
			  const struct pvm_vcpu_state *s)
{
	json_t *x = json_array(), *o;
	char name[160];

	for (size_t r = 0; r < ARRAY_SIZE(s->x); r++)
		(void)!json_array_append_new(x, hex(s->x[r]));
	o = json_pack(
		"{s:i, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"vcpu", (int)i, "off", (int)s->stopped, "held",
		(int)vm->vcpus[i].held, "pc", hex(s->pc), "pstate",
		hex(s->pstate), "sp_el1", hex(s->sp_el1), "esr_el1",
		hex(s->esr_el1), "far_el1", hex(s->far_el1), "elr_el1",
		hex(s->elr_el1), "vbar_el1", hex(s->vbar_el1), "sctlr_el1",
		hex(s->sctlr_el1), "x", x);
	reclaim_symbol(s, vm->reclaim.symbols, vm->cfg->vmlinux, name,
		       sizeof(name));
	if (o && name[0])
		(void)!json_object_set_new(o, "symbol", json_string(name));
	return o;
}

static json_t *unknown_json(unsigned int i, int err)
{
	json_t *why =
		json_sprintf("the kernel does not tell: %s", errno_text(err));

	return json_pack("{s:i, s:o}", "vcpu", (int)i, "unknown", why);
}

static json_t *answer_regs(struct vm *vm, const struct control_request *r)
{
	unsigned int i = r->has_vcpu ? r->vcpu : 0, nr_pending = 0;
	unsigned int end = r->has_vcpu ? r->vcpu + 1 : vm->cfg->nr_vcpus;
	json_t *all, *one;
	struct pvm_vcpu_state s;
	int ret;

	/* All are asked before any answer is taken: an answer is given once. */
	for (unsigned int k = i; k < end; k++)
		if (!vcpu_has_answer(&vm->vcpus[k], VCPU_ASK_STATE)) {
			(void)!vcpu_ask(&vm->vcpus[k], VCPU_ASK_STATE, &s);
			nr_pending++;
		}
	if (nr_pending)
		return pending(nr_pending);
	all = json_array();
	for (; i < end; i++) {
		ret = vcpu_ask(&vm->vcpus[i], VCPU_ASK_STATE, &s);
		one = ret ? unknown_json(i, ret) : state_json(vm, i, &s);
		(void)!json_array_append_new(all, one);
	}
	return json_pack("{s:o}", "vcpus", all);
}

static json_t *answer_step(struct vm *vm, unsigned int i)
{
	struct pvm_vcpu_state s;
	int ret;

	ret = vcpu_ask(&vm->vcpus[i], VCPU_ASK_STEP, &s);
	if (ret == -EBUSY)
		return refuse("step: first stop it, with stop-vcpu");
	if (ret == -EAGAIN)
		return pending(1);
	if (ret)
		return refuse(errno_text(ret));
	return json_pack("{s:[o]}", "vcpus", state_json(vm, i, &s));
}

static json_t *answer_start(struct vm *vm, unsigned int i)
{
	vcpu_release(&vm->vcpus[i]);
	return json_object();
}

json_t *control_debug_answer(struct vm *vm, const struct control_request *r)
{
	if (!vm->cfg->debug)
		return refuse(
			"it was started without --debug; give that to lkvm-pvm run");
	if (vm->gdb &&
	    (r->verb == CONTROL_STOP_VCPU || r->verb == CONTROL_START_VCPU ||
	     r->verb == CONTROL_STEP))
		return refuse("its vCPUs are gdb's to stop, start and step");
	if (r->has_vcpu && r->vcpu >= vm->cfg->nr_vcpus)
		return refuse("it has no vCPU of that number");
	switch (r->verb) {
	case CONTROL_RECLAIM:
		return answer_reclaim(vm, r);
	case CONTROL_UNPLUG:
		return answer_unplug(vm, r);
	case CONTROL_MEMLOCK:
		return answer_memlock(vm, r);
	case CONTROL_STOP_VCPU:
		return vcpu_hold(&vm->vcpus[r->vcpu]) ? json_object()
						      : pending(1);
	case CONTROL_START_VCPU:
		return answer_start(vm, r->vcpu);
	case CONTROL_REGS:
		return answer_regs(vm, r);
	case CONTROL_STEP:
		return answer_step(vm, r->vcpu);
	case CONTROL_BACKTRACE:
		return backtrace_json("/proc/self");
	case CONTROL_LIST:
	case CONTROL_STAT:
	case CONTROL_WAIT:
	case CONTROL_STOP:
	case CONTROL_KILL:
	case CONTROL_PAUSE:
	case CONTROL_RESUME:
	case CONTROL_SYSRQ:
	case CONTROL_MAP:
	case CONTROL_CONSOLE:
	case CONTROL_NR_VERBS:
		break; /* control_vm.c's */
	}
	return NULL;
}
