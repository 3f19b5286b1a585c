// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm.c: prints nothing, looks where no device is, each life elsewhere, and
 * asks for a reset.
 */
#include "guest.h"

void guest_main(const void *dtb)
{
	(void)dtb;
	(void)read64(ECAM + (counter() & 0xfff) * PAGE);
	hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
}
