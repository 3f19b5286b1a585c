// SPDX-License-Identifier: GPL-2.0-only
/* silent.c: prints nothing and waits for ever. */
#include "guest.h"

void guest_main(const void *dtb)
{
	(void)dtb;
	for (;;)
		__asm__ volatile("wfi");
}
