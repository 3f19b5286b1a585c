/* SPDX-License-Identifier: GPL-2.0-only */
/* exec_root.h: --root of exec: what it is, and the device that it takes. */
#ifndef LKVM_PVM_EXEC_ROOT_H
#define LKVM_PVM_EXEC_ROOT_H

#include "config.h"

/*
 * Looks at what cfg->exec.root names and adds the share or disk for it. 0, or a
 * negative number with the reason in p->error. Without --root nothing happens.
 */
int __must_check exec_root_find(struct config *cfg, struct opt_parse *p);

/* The file system in the first bytes of an image; NULL: none that is known. */
const char *exec_root_fs(const uint8_t *bytes, size_t len);

/* How much of an image exec_root_fs() looks at. */
#define EXEC_ROOT_LOOK 66048U

/* "CONFIG_EXT4_FS" for "ext4": what a kernel without it has not. */
const char *exec_root_option(const char *fs);

#endif
