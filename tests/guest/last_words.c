// SPDX-License-Identifier: GPL-2.0-only
/*
 * last_words.c: offers a virtio console a line and powers off at once: nobody
 * has told the device, which is to look before it goes.
 */
#include "vpci.h"

void guest_main(const void *dtb)
{
	static const char line[] = "these are the last words\r\n";
	struct vpci d;

	(void)dtb;
	if (vpci_scan(&d, 1) != 1 || d.type != TYPE_CONSOLE)
		return;
	for (uintptr_t p = 0; p < VPCI_PAGES; p++)
		(void)hvc(MEM_SHARE, vpci_page(&d, p), 0, 0);
	if (!vpci_start(&d))
		return;
	for (unsigned int i = 0; line[i]; i++)
		write8(vpci_page(&d, P_DATA) + i, (uint8_t)line[i]);
	vpci_desc(vpci_page(&d, P_DESC), 0, vpci_page(&d, P_DATA),
		  sizeof(line) - 1, 0, 0);
	vpci_offer(&d, 0);
	__asm__ volatile("dsb sy" : : : "memory");
	write16(vpci_page(&d, P_AVAIL) + 2, d.avail);
	__asm__ volatile("dsb sy" : : : "memory");
}
