// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm.c: prints nothing, looks where no device is, each life elsewhere, and
 * asks for a reset.
 */
#include "guest.h"

void guest_main(const void *dtb)
{
	uint64_t now;

	(void)dtb;
	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(now));
	(void)read64(0x40000000UL + (now & 0xfff) * PAGE);
	hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
}
