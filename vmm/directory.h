/* SPDX-License-Identifier: GPL-2.0-only */
/* directory.h: directories that we make. */
#ifndef LKVM_PVM_DIRECTORY_H
#define LKVM_PVM_DIRECTORY_H

#include <sys/types.h>

#include "base.h"

/*
 * Makes @path with @mode, of which the umask takes nothing that is its owner's: 0,
 * also when something of that name is there, or -errno. No other thread may make
 * files meanwhile: the umask is the process's.
 */
int __must_check directory_make(const char *path, mode_t mode);

#endif
