/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symbols.h: names for the addresses of a guest's kernel, from its vmlinux (an
 * arm64 ELF file with a symbol table) or its System.map.
 */
#ifndef LKVM_PVM_SYMBOLS_H
#define LKVM_PVM_SYMBOLS_H

#include "base.h"

struct symbols;

/*
 * Reads @path, or the file @fd. 0, or -errno: -ENOEXEC, it is neither of the
 * two; -ENODATA, it has no symbols. symbols_open() logs the reason.
 */
int __must_check symbols_open(struct symbols **out, const char *path);
int __must_check symbols_read(struct symbols **out, int fd);
void symbols_close(struct symbols *s); /* NULL is fine */

/*
 * The function @addr is in, or NULL; how far into it, and its length, which
 * ends where the next begins. @s may be NULL.
 */
const char *symbols_find(const struct symbols *s, uint64_t addr,
			 uint64_t *offset, uint64_t *len);

/* The address of the function @name; false: there is none of that name. */
bool symbols_address(const struct symbols *s, const char *name, uint64_t *addr);

/*
 * By how much a kernel whose vectors are at @vbar was moved (KASLR). False
 * when they are not where those of this kernel can be.
 */
bool symbols_slide(const struct symbols *s, uint64_t vbar, uint64_t *slide);

#endif
