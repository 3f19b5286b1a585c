/* SPDX-License-Identifier: GPL-2.0-only */
/* exitcode.h: the exit codes of lkvm-pvm, a contract (see lkvm-pvm.1). */
#ifndef LKVM_PVM_EXITCODE_H
#define LKVM_PVM_EXITCODE_H

enum exitcode {
	EXIT_GUEST_OFF = 0, /* run: the guest powered off */
	EXIT_SELFTEST_FAILED = 1,
	EXIT_TESTS_FAILED = 1, /* says KTAP in the guest's output */
	EXIT_GUEST_RESET = 110,
	EXIT_GUEST_CRASHED = 111, /* the VM cannot go on; also killed by user */
	EXIT_GUEST_PANIC = 112,
	EXIT_GUEST_HUNG = 113,
	EXIT_GUEST_SHARING = 114, /* memory-sharing violation */
	EXIT_GUEST_CONSOLE = 115, /* --fail-on, or no --expect */
	EXIT_TIMEOUT = 124,
	EXIT_HOST = 125,	 /* lkvm-pvm or the host could not do it */
	EXIT_NOT_RUNNABLE = 126, /* exec: the command */
	EXIT_NOT_FOUND = 127,
	EXIT_BISECT_STOP = 255, /* exec --bisect: for git bisect run */
};

#endif
