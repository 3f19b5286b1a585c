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
#include <sys/prctl.h>
#include <unistd.h>

#include "base.h"
#include "compat.h"
#include "guard.h"
#include "term.h"
#include "window.h"

#define FRAMES 32

static void say(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));

	(void)n; /* nobody left to tell */
}

/* A system call that the filters of guard.c refuse. */
static void say_refused(const siginfo_t *si)
{
	char name[40], thread[16] = "", line[200];

	guard_call_name(si->si_syscall, name, sizeof(name));
	(void)prctl(PR_GET_NAME, thread, 0, 0, 0);
	(void)snprintf(
		line, sizeof(line),
		"lkvm-pvm: bug: thread %s made the system call %s (%d), which its seccomp filter refuses; --seccomp=off runs without it; please report this:\n",
		thread, name, si->si_syscall);
	say(line);
}

static void say_fault(int sig, const siginfo_t *si)
{
	char line[128];

	(void)snprintf(
		line, sizeof(line),
		"lkvm-pvm: bug: SIG%s at address %p; please report this:\n",
		sigabbrev_np(sig), si->si_addr);
	say(line);
}

static void on_fault(int sig, siginfo_t *si, void *context)
{
	void *frames[FRAMES] = { NULL };

	if ((sig == SIGSEGV || sig == SIGBUS) && window_fixup(context))
		return; /* armed for the next one */
	/* Also what makes a second fault in here end the process. */
	(void)signal(sig, SIG_DFL);
	term_emergency_restore();
	if (sig == SIGSYS && si->si_code == SYS_SECCOMP)
		say_refused(si);
	else
		say_fault(sig, si);
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
