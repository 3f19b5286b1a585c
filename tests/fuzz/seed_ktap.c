// SPDX-License-Identifier: GPL-2.0-only
/* seed_ktap.c: KTAP with subtests of both kinds, and every directive. */
#include "seed.h"

#define SEED(name, text) seed_write(name, text, sizeof(text) - 1)

static void seed_write_all(void)
{
	SEED("kunit", "\7KTAP version 1\n1..2\n  KTAP version 1\n"
		      "  # Subtest: s\n  1..2\n  # bad: 1\n  not ok 1 a\n"
		      "  ok 2 b # SKIP why\nnot ok 1 s\nok 2 t\n");
	SEED("kselftest", "\1TAP version 13\n1..2\n# TAP version 13\n# 1..1\n"
			  "# ok 1 x\nok 1 y # SKIP\nnot ok 2 z # TIMEOUT 45\n"
			  "ok 3 - w # TODO\nok 4 v # XFAIL\nBail out! no\n");
	SEED("none", "\3TAP version 14\n1..0 # SKIP\n");
	SEED("printk", "\x1f[    0.1] KTAP version 1\r\n[  0.2]     ok 1 p\r\n"
		       "[    0.3] ok 1 \xff\x01<&>\r\n");
}
