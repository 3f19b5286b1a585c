/* SPDX-License-Identifier: GPL-2.0-only */
/* check_items.h: how check_judge.c and check_host.c fill in a report. */
#ifndef LKVM_PVM_CHECK_ITEMS_H
#define LKVM_PVM_CHECK_ITEMS_H

#include "hostcheck.h"

struct check_item *check_add(struct check_report *r, enum check_state state,
			     const char *thing, const char *fmt, ...)
	__printf(4, 5);
void check_remedy(struct check_item *item, const char *fmt, ...) __printf(2, 3);

void check_judge_host(const struct check_facts *f, struct check_report *r);

#endif
