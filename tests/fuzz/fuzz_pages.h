/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_pages.h: pages of a window that the guest took back, for fuzzers of what
 * lies there: an accessor's fault is then handled as lkvm-pvm does it, any other
 * is a crash like all crashes.
 */
#ifndef LKVM_PVM_TESTS_FUZZ_PAGES_H
#define LKVM_PVM_TESTS_FUZZ_PAGES_H

#include "fuzz.h"

#include <signal.h>
#include <sys/mman.h>

#include "window.h"

#define FUZZ_PAGE 4096U

static struct sigaction fuzz_other_faults;

static inline void fuzz_on_fault(int sig, siginfo_t *si, void *context)
{
	(void)si;
	/* The same fault once more is for the sanitizer to tell. */
	if (!window_fixup(context))
		(void)sigaction(sig, &fuzz_other_faults, NULL);
}

/* Takes the page of @gpa back: until fuzz_give_pages() no access succeeds. */
static inline void fuzz_take_page(const struct window *w, uint64_t gpa)
{
	struct sigaction sa = { .sa_sigaction = fuzz_on_fault,
				.sa_flags = SA_SIGINFO };
	uint64_t offset = (gpa - w->gpa) % w->len / FUZZ_PAGE * FUZZ_PAGE;

	if (!fuzz_other_faults.sa_sigaction)
		CHECK(!sigaction(SIGSEGV, &sa, &fuzz_other_faults));
	CHECK(!mprotect(w->hva + offset, FUZZ_PAGE, PROT_NONE));
}

static inline void fuzz_give_pages(const struct window *w)
{
	CHECK(!mprotect(w->hva, w->len, PROT_READ | PROT_WRITE));
}

#endif
