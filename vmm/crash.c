// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash.c: faults. One of an accessor of the window is the guest's doing and
 * handled there; any other is lkvm-pvm's own: the terminal is given back, the
 * place is named, and the signal takes its course.
 */
#include "crash.h"

#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "term.h"
#include "window.h"

#define FRAMES 32

static void say(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));

	(void)n; /* nobody left to tell */
}

static void on_fault(int sig, siginfo_t *si, void *context)
{
	void *frames[FRAMES] = { NULL };
	char line[128];

	if ((sig == SIGSEGV || sig == SIGBUS) && window_fixup(context))
		return; /* armed for the next one */
	/* Also what makes a second fault in here end the process. */
	(void)signal(sig, SIG_DFL);
	term_emergency_restore();
	(void)snprintf(
		line, sizeof(line),
		"lkvm-pvm: bug: SIG%s at address %p; please report this:\n",
		sigabbrev_np(sig), si->si_addr);
	say(line);
	backtrace_symbols_fd(frames, backtrace(frames, FRAMES), STDERR_FILENO);
	(void)raise(sig);
}

void crash_handlers_install(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS,	 SIGILL, SIGFPE,
				       SIGABRT, SIGTRAP, SIGSYS };
	struct sigaction sa = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO,
	};

	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, NULL);
}
