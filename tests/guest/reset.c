// SPDX-License-Identifier: GPL-2.0-only
/* reset.c: prints a line and asks for a reset. */
#include "guest.h"

void guest_main(const void *dtb)
{
	(void)dtb;
	print("reset\n");
	hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
}
