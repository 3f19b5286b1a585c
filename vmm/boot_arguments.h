/* SPDX-License-Identifier: GPL-2.0-only */
/* boot_arguments.h: the guest kernel's command line. */
#ifndef LKVM_PVM_BOOT_ARGUMENTS_H
#define LKVM_PVM_BOOT_ARGUMENTS_H

#include "config.h"

/*
 * The user's words; a console, and no DMA pools in a protected guest, unless they
 * are named; and exec's words: in front of a "--", behind which Linux gives all to
 * its first program. Owned by the caller; NULL without memory.
 */
char *boot_arguments(const struct config *cfg);

/* Whether they have Linux print next to nothing. */
bool boot_arguments_quiet(const struct config *cfg);

/*
 * Whether Linux reads all of them: a warning if not, and for exec, whose first
 * program Linux may then not be told of, an error in @p.
 */
int __must_check boot_arguments_check(const struct config *cfg,
				      struct opt_parse *p);

#endif
