// SPDX-License-Identifier: GPL-2.0-only
/*
 * touch.c: writes to every page of RAM, reads them all back, prints how many
 * MiB kept what was written, powers off.
 */
#include "guest.h"

static void print_dec(uint64_t v)
{
	if (v >= 10)
		print_dec(v / 10);
	write8(UART, (uint8_t)('0' + v % 10));
}

void guest_main(const void *dtb)
{
	uint64_t end = RAM + ram_size(dtb), good = 0;
	/* Kernel, device tree and this stack lie in the first 8 MiB. */
	uint64_t start = RAM + (8UL << 20);

	for (uint64_t a = start; a < end; a += PAGE)
		write64(a, a ^ 0x5a5a);
	for (uint64_t a = start; a < end; a += PAGE)
		good += read64(a) == (a ^ 0x5a5a);
	print("touched ");
	print_dec(good * PAGE >> 20);
	print(" MiB\n");
}
