// SPDX-License-Identifier: GPL-2.0-only
/* vectors.c: prints nothing and takes an exception without vectors. */
#include "guest.h"

void guest_main(const void *dtb)
{
	(void)dtb;
	__asm__ volatile(".inst 0");
}
