// SPDX-License-Identifier: GPL-2.0-only
/* seed_exec.c: what exec's init sends of commands that run and that do not. */
#include "seed.h"

#define SEED(name, text) seed_write(name, text, sizeof(text) - 1)
#define HELLO		 "\x2c\1\0\0\0\4\0\0\0\2\0\0\0"

static void seed_write_all(void)
{
	SEED("runs", HELLO "\x1c\2\0\0\0\0\0\0\0"
			   "\x27\3\0\0\0\2\0\0\0ab\x26\4\0\0\0\2\0\0\0cd"
			   "\x2c\5\0\0\0\4\0\0\0\1\0\0\0"
			   "\x3c\6\0\0\0\x8\0\0\0\0\0\0\0\7\0\0\0");
	SEED("killed", HELLO "\x1c\2\0\0\0\0\0\0\0"
			     "\x3c\6\0\0\0\x8\0\0\0\1\0\0\0\x9\0\0\0");
	SEED("not-there", HELLO "\x3c\6\0\0\0\x8\0\0\0\2\0\0\0\2\0\0\0");
}
