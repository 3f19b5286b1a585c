// SPDX-License-Identifier: GPL-2.0-only
/* hello.c: prints one byte and powers off: the smallest life of a VM. */
#include "guest.h"

void guest_main(const void *dtb)
{
	(void)dtb;
	write8(UART, '!');
}
