/* SPDX-License-Identifier: GPL-2.0-only */
/* exec_pack.h: what `lkvm-pvm exec` gives to its init: an archive, a command. */
#ifndef LKVM_PVM_EXEC_PACK_H
#define LKVM_PVM_EXEC_PACK_H

#include "config.h"
#include "exec_proto.h"

/*
 * An archive of the one file @name, as the kernel unpacks initrds (cpio, newc).
 * Owned by the caller; NULL without memory.
 */
void *exec_pack_file(const char *name, const void *bytes, size_t len,
		     size_t *archive_len);

/*
 * The frame START of @c in @buf of @size bytes: its length, or -E2BIG. With
 * @tty the command gets a terminal of @size.
 */
int exec_pack_start(uint8_t *buf, size_t size, const struct config_exec *c,
		    bool tty, struct exec_size term_size);

#endif
