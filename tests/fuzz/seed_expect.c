// SPDX-License-Identifier: GPL-2.0-only
/* seed_expect.c: consoles on which Linux says what is looked for. */
#include "seed.h"

#define SEED(name, expression, text)                                           \
	seed_write(name, expression "\0" text, sizeof(expression "\0" text) - 1)

static void seed_write_all(void)
{
	SEED("boot", "^[[:alpha:]]+ (ok|[]x]{2,3})*$",
	     "\x10[    1.0] Run /init as init process\naaab\n yzq");
	SEED("panic", "((a?)+\\+|b{,9}){255}",
	     "\x12[    1.0][    T1] Kernel panic - not syncing: Oh\r\n"
	     "\x0b---[ end Kernel panic - not syncing\n");
	SEED("depth", "((((((((((((((((((((((((((((((((((a))))))))))))))))))))",
	     "");
	SEED("reference", "(a)\\1", "");
	SEED("open", "a)(b[[.x.]", "");
	SEED("bug", "x{3",
	     "\x0f"
	     "x yyyBUG\r\n");
}
