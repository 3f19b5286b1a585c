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

/* Whether the command has a terminal of its own. */
bool exec_wants_tty(const struct config_exec *c);

/*
 * The frame START of @c in @buf of @size bytes: its length, also when that is
 * more than @size, and @buf then of no use. With @tty the command gets a
 * terminal of @term_size.
 */
size_t exec_pack_start(uint8_t *buf, size_t size, const struct config_exec *c,
		       bool tty, struct exec_size term_size);

/* 0, or -EINVAL with the reason in p->error: START does not hold all of @c. */
int __must_check exec_check_start(const struct config_exec *c,
				  struct opt_parse *p);

#endif
