/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spawner.h: a process that starts programs for us.
 *
 * What we may do no more once our system calls are filtered, and the filter
 * itself, would be a child's inheritance. So children come from a process that
 * was forked off before there was a filter, and before there was guest RAM. They
 * are our children all the same: we wait for them and end them.
 */
#ifndef LKVM_PVM_SPAWNER_H
#define LKVM_PVM_SPAWNER_H

#include "base.h"

struct spawner;

/*
 * Forks it off: before there is another thread, or a page of a guest. 0 or
 * -errno, logged.
 */
int __must_check spawner_start(struct spawner **out);
/* It ends with us in any case. NULL is fine. */
void spawner_end(struct spawner *s);

#endif
