/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ere.h: extended regular expressions (POSIX.1-2017, Base Definitions, 9.4) on
 * bytes, with glibc's \w \s \b \< and their like, and without back-references.
 *
 * Not regexec(3): what a guest prints is matched here, and there are expressions
 * for which that takes minutes and gigabytes for a line that a guest may print.
 * Here a byte of it costs 2 * ERE_MAX steps at most, and nothing grows.
 */
#ifndef LKVM_PVM_ERE_H
#define LKVM_PVM_ERE_H

#include <stdbool.h>

/*
 * Instructions of an expression: one for a byte or a set, one or two more for an
 * operator; what is repeated {n} has n times those of its part.
 */
#define ERE_MAX 2048U

struct ere;

/* Owned by the caller, who calls ere_free(). NULL: why not, in @why. */
struct ere *ere_compile(const char *text, const char **why);
void ere_free(struct ere *e);

/* Whether a part of @text, a line, matches. One thread at a time. */
bool ere_match(struct ere *e, const char *text);

#endif
