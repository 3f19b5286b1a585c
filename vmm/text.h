/* SPDX-License-Identifier: GPL-2.0-only */
/* text.h: text that a guest or a file gave, fit to be shown. No locks. */
#ifndef LKVM_PVM_TEXT_H
#define LKVM_PVM_TEXT_H

#include <stdio.h>

#include "base.h"

/* Bytes of the UTF-8 character at @text, a string's NUL too; 0: it is none. */
size_t utf8_len(const char *text);

/*
 * @from in @to of @size bytes (1 at least): whole characters, as many as fit.
 * What is no UTF-8, what a terminal could obey and what would move or hide text
 * beside it is a '?' each. Returns @to.
 */
char *text_copy(char *to, size_t size, const char *from);

/* The same, behind the string that @to holds. */
char *text_add(char *to, size_t size, const char *from);

/*
 * Closes @f, which open_memstream() made for *@text. -ENOMEM: there was no memory
 * for all of it; *@text, which may be NULL then, is still to be freed.
 */
int __must_check text_close(FILE *f, char *const *text);

#endif
