/* SPDX-License-Identifier: GPL-2.0-only */
/* user.h: the user's keys and signals. Main thread only. */
#ifndef LKVM_PVM_USER_H
#define LKVM_PVM_USER_H

#include "base.h"

struct vm;

/*
 * Ending signals become readable on a file descriptor of the loop; threads
 * inherit the mask. What our parent ignores stays ignored. SIGCONT comes after
 * a shell has had the terminal, SIGWINCH when it has another size. 0 or -errno.
 */
int __must_check user_watch_signals(struct vm *vm);
void user_unwatch_signals(struct vm *vm);

/*
 * Stdin and stdout are the guest's console from here on, or exec's; a terminal
 * is raw. 0 or -errno, logged; close it then, too.
 */
int __must_check user_open_terminal(struct vm *vm);
void user_close_terminal(struct vm *vm);

#endif
