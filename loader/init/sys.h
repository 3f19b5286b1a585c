/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sys.h: what exec's init, which has no C library, asks of the guest's kernel,
 * and the few functions on strings that it needs. A call returns -errno.
 */
#ifndef LKVM_PVM_INIT_SYS_H
#define LKVM_PVM_INIT_SYS_H

#include <asm/unistd.h>

#include "base.h"

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}

#define sys(nr, a, b, c, d, e)                                                 \
	sys6(__NR_##nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), \
	     0)

void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int c, size_t len);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

/* Copies what fits @size, its NUL included; false when that is not all. */
bool copy_string(char *to, size_t size, const char *from);
/* Adds to a string, likewise. */
bool add_string(char *to, size_t size, const char *more);

/* @text on the console, and the number of an error unless 0. */
void say(const char *text, long err);

/* Says why, lets it be printed, and switches the guest off. */
void __noreturn give_up(const char *text, long err);

#endif
