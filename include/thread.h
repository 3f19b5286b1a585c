/* SPDX-License-Identifier: GPL-2.0-only */
/* thread.h: starts the threads that are not a vCPU's. */
#ifndef LKVM_PVM_THREAD_H
#define LKVM_PVM_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

/*
 * A thread that runs fn(@ctx), named @name (15 bytes are seen). Signals that end
 * us are for the main thread, who knows what to do then: it hears none but those
 * of a fault. 0 or -errno.
 */
static inline int thread_start(pthread_t *thread, const char *name,
			       void *(*fn)(void *ctx), void *ctx)
{
	static const int faults[] = { SIGSEGV, SIGBUS,	SIGFPE, SIGILL,
				      SIGABRT, SIGTRAP, SIGSYS };
	sigset_t mask, old;
	char seen[16] = "";
	int ret;

	sigfillset(&mask);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&mask, faults[i]);
	pthread_sigmask(SIG_SETMASK, &mask, &old);
	ret = -pthread_create(thread, NULL, fn, ctx);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		return ret;
	/* cppcheck-suppress arrayIndexOutOfBoundsCond */
	for (size_t i = 0; i + 1 < sizeof(seen) && name[i]; i++)
		seen[i] = name[i];
	(void)pthread_setname_np(*thread, seen);
	return 0;
}

#endif
