// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaim.c: what is done when a guest touches a page that the host took from
 * it by force.
 *
 * How this works: KVM_RUN fails then, and would for ever: the page is gone. What
 * can be known of it is asked for right there, on the vCPU's thread, while the
 * other vCPUs run on. With --on-reclaim=inject the guest then takes an abort, as
 * of a memory error, and goes on: Linux kills the program that touched it, or
 * panics. A guest that tries the same access again would do so for ever, so
 * that is the end, and so are too many of them.
 */
#include "reclaim.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "vm.h"

#define TRACEFS "/sys/kernel/tracing"
#define TEXT	2048U

/* A kick or a signal may end a run before it faults. */
#define TRIES 8U

int reclaim_init(struct reclaim *r, const char *vmlinux)
{
	memset(r, 0, sizeof(*r));
	pthread_mutex_init(&r->lock, NULL);
	return vmlinux ? symbols_open(&r->symbols, vmlinux) : 0;
}

void reclaim_fini(struct reclaim *r)
{
	symbols_close(r->symbols);
	r->symbols = NULL;
	pthread_mutex_destroy(&r->lock);
}

/* --- what was asked for ----------------------------------------------------- */

static void note(struct reclaim *r, gpa_t *pages, unsigned int *nr, gpa_t gpa)
{
	pthread_mutex_lock(&r->lock);
	pages[(*nr)++ % RECLAIM_ASKED] = gpa;
	pthread_mutex_unlock(&r->lock);
}

static bool has(struct reclaim *r, const gpa_t *pages, const unsigned int *nr,
		gpa_t gpa)
{
	bool found = false;

	pthread_mutex_lock(&r->lock);
	for (unsigned int i = 0; i < RECLAIM_ASKED && i < *nr; i++)
		found |= pages[i] == gpa;
	pthread_mutex_unlock(&r->lock);
	return found;
}

void reclaim_asked(struct reclaim *r, gpa_t gpa)
{
	note(r, r->asked, &r->nr_asked, gpa);
}

static bool was_asked(struct reclaim *r, gpa_t gpa)
{
	return has(r, r->asked, &r->nr_asked, gpa);
}

bool reclaim_is_lost(struct reclaim *r, gpa_t gpa)
{
	return was_asked(r, gpa) || has(r, r->met, &r->nr_met, gpa);
}

/* --- what is known --------------------------------------------------------- */

static void why_no_trace(char *why, size_t size, int err)
{
	if (err == -ENODATA)
		(void)snprintf(why, size,
			       "tracefs told of no fault at this PC");
	else if (err == -ENOENT)
		(void)snprintf(why, size,
			       "no tracefs at " TRACEFS
			       ", or no kvm_guest_fault in it");
	else
		(void)snprintf(
			why, size,
			"only tracefs tells it, which takes root: " TRACEFS
			": %s",
			errno_text(err));
}

/* Whether vCPUs are to come out of the guest, for a pause or for good. */
static bool is_called(struct vm *vm)
{
	bool called;

	pthread_mutex_lock(&vm->state_lock);
	called = vm->finished || vm->pauses;
	pthread_mutex_unlock(&vm->state_lock);
	return called;
}

/*
 * Has KVM tell where the fault was by letting it happen again. @e is what the
 * vCPU did instead, if it did not.
 */
static void trace_fault(struct vcpu *v, struct reclaim_facts *f,
			struct pvm_exit *e)
{
	struct fault_record r;
	struct fault_trace t;
	int ret = fault_trace_begin(&t, TRACEFS, v->index);

	if (ret) {
		why_no_trace(f->ipa_source, sizeof(f->ipa_source), ret);
		return;
	}
	for (unsigned int i = 0; i < TRIES; i++) {
		/*
		 * Clear, then look, or a call is lost: another vCPU may have
		 * mapped a good page there, and this one does not come back.
		 */
		pvm_vcpu_set_immediate_exit(v->vm->pvm, v->index, false);
		if (is_called(v->vm))
			break;
		pvm_vcpu_fault_again(v->vm->pvm, v->index, e);
		if (e->kind != PVM_EXIT_INTERRUPTED)
			break;
	}
	ret = fault_trace_end(&t, f->state.pc, &r);
	if (ret) {
		why_no_trace(f->ipa_source, sizeof(f->ipa_source), ret);
		return;
	}
	f->has_ipa = true;
	f->ipa = r.ipa;
	f->access = fault_access(r.syndrome);
	(void)snprintf(f->ipa_source, sizeof(f->ipa_source),
		       "tracefs: kvm_guest_fault");
}

static enum reclaim_place place_of(const struct machine *m, gpa_t gpa)
{
	if (gpa - m->ram.gpa < m->ram.len)
		return RECLAIM_RAM;
	if (gpa - m->window.gpa < m->window.len)
		return RECLAIM_WINDOW;
	return RECLAIM_NOWHERE;
}

static void look_at_page(struct vm *vm, struct reclaim_facts *f)
{
	size_t len = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *bytes = malloc(len);
	int ret = bytes ? pvm_read_page(vm->pvm, f->ipa, bytes, len) : -ENOMEM;

	f->page_err = ret;
	if (ret == -EFAULT)
		f->page = RECLAIM_PAGE_GUEST;
	else if (!ret)
		f->page = bytes[0] || memcmp(bytes, bytes + 1, len - 1) != 0
				  ? RECLAIM_PAGE_BYTES
				  : RECLAIM_PAGE_ZEROS;
	free(bytes);
}

static void suspect(struct vm *vm, struct reclaim_facts *f)
{
	struct reclaim_suspects s = { .proc = "/proc",
				      .pid = getpid(),
				      .is_dumpable = vm->cfg->debug };
	struct stat file;

	s.is_asked = f->has_ipa && was_asked(&vm->reclaim, f->ipa);
	s.has_helper = vm->cfg->nr_vhost_users > 0;
	if (vm->devices && vm->devices->window.len > 0 &&
	    fstat(vm->devices->window.fd, &file) == 0)
		s.window = file.st_ino;
	for (unsigned int i = 0; !s.direct && i < vm->cfg->nr_disks; i++)
		if (vm->cfg->disks[i].file.direct)
			s.direct = vm->cfg->disks[i].file.path;
	reclaim_cause(&s, f->place, f->cause, sizeof(f->cause));
}

static void gather(struct vcpu *v, struct reclaim_facts *f, struct pvm_exit *e)
{
	struct vm *vm = v->vm;

	f->vcpu = v->index;
	f->state_err = pvm_vcpu_get_state(vm->pvm, v->index, &f->state);
	trace_fault(v, f, e);
	f->va_err = pvm_vcpu_fault_address(vm->pvm, v->index, &f->va);
	if (!f->has_ipa && !f->va_err && !f->state_err &&
	    !(f->state.sctlr_el1 & 1)) {
		f->has_ipa = true;
		f->ipa = f->va;
		(void)snprintf(f->ipa_source, sizeof(f->ipa_source),
			       "the address: the guest's MMU is off");
	}
	if (f->has_ipa) {
		f->ipa = align_down(f->ipa, (uint64_t)sysconf(_SC_PAGESIZE));
		f->place = place_of(&vm->machine, f->ipa);
		look_at_page(vm, f);
		if (f->page == RECLAIM_PAGE_ZEROS ||
		    f->page == RECLAIM_PAGE_BYTES)
			note(&vm->reclaim, vm->reclaim.met, &vm->reclaim.nr_met,
			     f->ipa);
	}
	suspect(vm, f);
}

static void tell(struct vm *vm, const struct reclaim_facts *f)
{
	char text[TEXT], gpa[32] = "", *rest = text, *line;

	reclaim_describe(f, vm->reclaim.symbols, vm->cfg->vmlinux, text,
			 sizeof(text));
	log_warn("vCPU %u: touched a page that the host had reclaimed:",
		 f->vcpu);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			log_warn("vCPU %u: %s", f->vcpu, line);
	if (f->has_ipa)
		(void)snprintf(gpa, sizeof(gpa), ",\"gpa\":%llu",
			       (unsigned long long)f->ipa);
	vm_tell(vm, "reclaimed", "\"vcpu\":%u,\"pc\":\"0x%llx\"%s", f->vcpu,
		(unsigned long long)f->state.pc, gpa);
}

/* --- what is done ---------------------------------------------------------- */

/* NULL, or why the guest is not to get an abort for this access. */
static const char *refuses(struct reclaim *r, const struct reclaim_facts *f)
{
	const char *why = NULL;

	if (f->state_err || f->va_err)
		return "KVM does not let it be answered with an abort";
	pthread_mutex_lock(&r->lock);
	for (unsigned int i = 0; !why && i < r->nr; i++)
		if (r->seen[i].pc == f->state.pc && r->seen[i].va == f->va)
			why = "after an abort it did the same again";
	if (!why && r->nr == RECLAIM_INJECTIONS)
		why = "it was given 64 aborts already";
	if (!why)
		r->seen[r->nr++] =
			(struct reclaim_access){ f->state.pc, f->va };
	pthread_mutex_unlock(&r->lock);
	static_assert(RECLAIM_INJECTIONS == 64, "named in the text");
	return why;
}

static bool end(struct vcpu *v, const char *why)
{
	struct verdict verdict = {
		.code = EXIT_GUEST_SHARING,
		.report = v->vm->cfg->on_reclaim != RECLAIM_KILL,
		.origin = "guest",
	};

	(void)snprintf(
		verdict.reason, sizeof(verdict.reason),
		"vCPU %u: touched a page that the host had reclaimed%s%s",
		v->index, why ? ", and " : "", why ? why : "");
	vm_finish(v->vm, &verdict);
	return false;
}

bool reclaim_handle(struct vcpu *v)
{
	struct pvm_exit e = { .kind = PVM_EXIT_POISONED };
	struct reclaim_facts f = { 0 };
	struct vm *vm = v->vm;
	const char *why;

	if (vm->cfg->on_reclaim == RECLAIM_KILL || vm_finished(vm))
		return end(v, NULL);
	gather(v, &f, &e);
	/* It did something else, which nobody has dealt with yet. */
	if (e.kind != PVM_EXIT_POISONED && e.kind != PVM_EXIT_INTERRUPTED)
		return vcpu_dispatch(v, &e);
	tell(vm, &f);
	if (vm->cfg->on_reclaim == RECLAIM_REPORT)
		return end(v, NULL);
	why = refuses(&vm->reclaim, &f);
	if (!why && pvm_vcpu_inject_abort(vm->pvm, v->index))
		why = "KVM does not let it be answered with an abort";
	if (why)
		return end(v, why);
	log_warn("vCPU %u: gets an abort for it and goes on", v->index);
	return true;
}
