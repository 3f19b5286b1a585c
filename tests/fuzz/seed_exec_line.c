// SPDX-License-Identifier: GPL-2.0-only
/* seed_exec_line.c: the serial port's output of a guest whose init says HELLO. */
#include "seed.h"

#include "../../include/exec_proto.h"

#define SEED(name, text) seed_write(name, text, sizeof(text) - 1)

static char letter(uint32_t six)
{
	return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	       "0123456789+/"[six & 63];
}

/* Line @number with HELLO: 1 + 12 + 2 bytes are 20 characters. */
static size_t hello(char *to, uint8_t number)
{
	uint8_t raw[15] = { number, EXEC_HELLO, 0, 0, 0,
			    4,	    0,		0, 0, EXEC_VERSION };
	uint16_t sum = exec_line_sum(raw, 13);

	raw[13] = sum & 0xff;
	raw[14] = (uint8_t)(sum >> 8);
	*to++ = EXEC_LINE_MARK;
	for (size_t i = 0; i < sizeof(raw); i += 3) {
		uint32_t bits = (uint32_t)raw[i] << 16 |
				(uint32_t)raw[i + 1] << 8 | raw[i + 2];

		*to++ = letter(bits >> 18);
		*to++ = letter(bits >> 12);
		*to++ = letter(bits >> 6);
		*to++ = letter(bits);
	}
	*to = '\n';
	return 22;
}

static void seed_write_all(void)
{
	char both[64] = "[  1.0] word\r\n";

	seed_write("lines", both,
		   14 + hello(both + 14, 0) + hello(both + 36, 1));
	seed_write("gap", both, 14 + hello(both + 14, 0) + hello(both + 36, 3));
	SEED("broken", "\x10"
		       "ab[ 1.0] Kernel panic\n\x10"
		       "AAAA\n");
}
