// SPDX-License-Identifier: GPL-2.0-only
/* seed_gdb.c: what a debugger says, without having to guess checksums. */
#include "seed.h"

#include <stdio.h>
#include <string.h>

static void session(const char *name, const char *const *packets, size_t nr)
{
	char text[4096];
	size_t len = 0;

	for (size_t i = 0; i < nr; i++) {
		unsigned int sum = 0;

		for (const char *c = packets[i]; *c; c++)
			sum += (unsigned char)*c;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"+$%s#%02x", packets[i], sum & 0xff);
	}
	seed_write(name, text, len);
}

static void seed_write_all(void)
{
	static const char *const first[] = {
		"qSupported:swbreak+",
		"vMustReplyEmpty",
		"QStartNoAckMode",
		"?",
		"qXfer:features:read:target.xml:0,ffb",
		"qXfer:features:read:target.xml:10,20",
		"qfThreadInfo",
		"qsThreadInfo",
		"qThreadExtraInfo,2",
		"qC",
		"qAttached:1",
		"Hgp1.2",
		"Hc-1",
		"T3",
		"vCont?",
	};
	static const char *const work[] = {
		"g",
		"p20",
		"P1f=0010000000000000",
		"m1000,40",
		"M1000,2:abcd",
		"Z0,1000,4",
		"Z1,1000,4",
		"z0,1000,4",
		"z1,1000,4",
		"Z2,1,4",
		"Z3,1000,10",
		"z4,1000,1",
		"vCont;s:1;c",
		"\x03",
		"s",
		"c",
		"C05",
		"D;1",
		"vKill;1",
		"k",
		"G00",
		"qX",
	};

	session("first", first, sizeof(first) / sizeof(first[0]));
	session("work", work, sizeof(work) / sizeof(work[0]));
}
