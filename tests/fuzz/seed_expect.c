// SPDX-License-Identifier: GPL-2.0-only
/* seed_expect.c: consoles on which Linux says what is looked for. */
#include "seed.h"

#define SEED(name, text) seed_write(name, text, sizeof(text) - 1)

static void seed_write_all(void)
{
	SEED("boot", "\x10[    1.0] Run /init as init process\naaab\n yzq");
	SEED("panic", "\x12[    1.0][    T1] Kernel panic - not syncing: Oh\r\n"
		      "\x0b---[ end Kernel panic - not syncing\n");
	SEED("bug", "\x0f"
		    "x yyyBUG\r\n");
}
