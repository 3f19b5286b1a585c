// SPDX-License-Identifier: GPL-2.0-only
/* idle.c: prints a line and waits for ever. */
#include "guest.h"

void guest_main(const void *dtb)
{
	(void)dtb;
	print("idle\n");
	for (;;)
		__asm__ volatile("wfi");
}
