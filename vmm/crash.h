/* SPDX-License-Identifier: GPL-2.0-only */
/* crash.h: what lkvm-pvm does about a fault of its own. */
#ifndef LKVM_PVM_CRASH_H
#define LKVM_PVM_CRASH_H

/*
 * On SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT: restores the terminal, prints
 * a backtrace, dies of that signal; unless an accessor of the window faulted,
 * which then returns -EFAULT. Call once, before threads.
 */
void crash_handlers_install(void);

#endif
