// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaim_text.c: what is known of a reclaimed page, a line a field, each with
 * where it is from in brackets.
 */
#include "reclaim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

#define PSTATE_EL(p) ((unsigned int)((p) >> 2) & 3)

struct text {
	char *buf;
	size_t size, len;
};

static void __printf(2, 3) put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n;
}

/* " (name+0x10/0x40 of FILE, moved by 0x...)", or why there is no name. */
static void put_symbol(struct text *t, const struct pvm_vcpu_state *st,
		       const struct symbols *s, const char *vmlinux)
{
	uint64_t offset, len, slide = 0;
	bool moved = symbols_slide(s, st->vbar_el1, &slide);
	const char *name;

	if (!s)
		return;
	name = symbols_find(s, st->pc - slide, &offset, &len);
	if (PSTATE_EL(st->pstate) == 0)
		put(t, " (a program's)");
	else if (!name)
		put(t, " (nothing of %s%s)", vmlinux,
		    moved ? "" : ": its vectors are not where VBAR_EL1 points");
	else
		put(t, " (%s+0x%llx/0x%llx of %s", name,
		    (unsigned long long)offset, (unsigned long long)len,
		    vmlinux);
	if (PSTATE_EL(st->pstate) == 0 || !name)
		return;
	if (slide)
		put(t, ", moved by 0x%llx: VBAR_EL1",
		    (unsigned long long)slide);
	put(t, ")");
}

void reclaim_symbol(const struct pvm_vcpu_state *st, const struct symbols *s,
		    const char *vmlinux, char *buf, size_t size)
{
	struct text t = { .size = size };

	t.buf = buf;
	buf[0] = '\0';
	put_symbol(&t, st, s, vmlinux);
}

static void put_pc(struct text *t, const struct reclaim_facts *f,
		   const struct symbols *s, const char *vmlinux)
{
	if (f->state_err) {
		put(t, "PC unknown: the kernel hides it: %s\n",
		    errno_text(f->state_err));
		return;
	}
	put(t, "PC 0x%llx", (unsigned long long)f->state.pc);
	put_symbol(t, &f->state, s, vmlinux);
	put(t, ", EL%u [KVM_GET_ONE_REG]\n", PSTATE_EL(f->state.pstate));
}

static void put_address(struct text *t, const struct reclaim_facts *f)
{
	if (f->va_err)
		put(t, "address unknown: KVM injects no abort: %s\n",
		    errno_text(f->va_err));
	else
		put(t,
		    "address 0x%llx [FAR_EL1 of an abort, injected and taken back]\n",
		    (unsigned long long)f->va);
}

static const char *place_text(enum reclaim_place place)
{
	switch (place) {
	case RECLAIM_RAM:
		return "in RAM";
	case RECLAIM_WINDOW:
		return "in the window";
	case RECLAIM_NOWHERE:
		break;
	}
	return "where there is no memory";
}

static void put_page(struct text *t, const struct reclaim_facts *f)
{
	if (!f->has_ipa) {
		put(t, "guest page unknown: %s\n", f->ipa_source);
		put(t, "page now: unknown, as it is not known which\n");
		return;
	}
	put(t, "guest page 0x%llx, %s%s%s [%s]\n", (unsigned long long)f->ipa,
	    place_text(f->place), f->access ? ", " : "",
	    f->access ? f->access : "", f->ipa_source);
	switch (f->page) {
	case RECLAIM_PAGE_ZEROS:
		put(t,
		    "page before: the guest's own [no other can be reclaimed]; now: the host's, all zeros [read]\n");
		break;
	case RECLAIM_PAGE_BYTES:
		put(t,
		    "page before: the guest's own [no other can be reclaimed]; now: the host's, not only zeros [read]\n");
		break;
	case RECLAIM_PAGE_GUEST:
		put(t, "page now: the guest's own [the host cannot read it]\n");
		break;
	case RECLAIM_PAGE_UNKNOWN:
		put(t, "page now: unknown: %s\n", errno_text(f->page_err));
		break;
	}
}

void reclaim_describe(const struct reclaim_facts *f, const struct symbols *s,
		      const char *vmlinux, char *buf, size_t size)
{
	struct text t = { .size = size };

	t.buf = buf;
	put_pc(&t, f, s, vmlinux);
	put_address(&t, f);
	put_page(&t, f);
	put(&t, "likely cause: %s\n", f->cause);
}
