// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapped.c: shares every fourth page of a MiB or four, and looks for ever
 * whether each of its pages has what it wrote: a dot for each time, an X for
 * the first page that has not.
 */
#include "guest.h"

#define FIRST (RAM + (16UL << 20))
#define NR    1024UL

void guest_main(const void *dtb)
{
	(void)dtb;
	for (uint64_t i = 0; i < NR; i++) {
		for (uint64_t k = 0; k < PAGE; k += 64)
			write64(FIRST + i * PAGE + k, i * 0x10001 + k);
		if (i % 4 == 0 && hvc(MEM_SHARE, FIRST + i * PAGE, 0, 0))
			print("no sharing\n");
	}
	print("mapped\n");
	for (;;) {
		for (uint64_t i = 0; i < NR; i++)
			for (uint64_t k = 0; k < PAGE; k += 64)
				if (read64(FIRST + i * PAGE + k) !=
				    i * 0x10001 + k) {
					print("X\n");
					return;
				}
		print(".\n");
	}
}
