// SPDX-License-Identifier: GPL-2.0-only
/* undecodable.c: reads a device's registers in a pair, which KVM cannot decode. */
#include "guest.h"

void guest_main(const void *dtb)
{
	(void)dtb;
	print("two at once\n");
	__asm__ volatile("ldp x0, x1, [%0]" : : "r"(UART) : "x0", "x1");
	print("that went well\n");
}
