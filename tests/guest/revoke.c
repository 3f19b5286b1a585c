// SPDX-License-Identifier: GPL-2.0-only
/*
 * revoke.c: the guest's half of tests/seam/revoke.c: shares two pages of the
 * window, takes the second one back and gives it again, and says over the UART
 * where it is. What it finds in its own pages is its own to judge.
 */
#include "guest.h"

#define FIRST  (RAM - (2UL << 20)) /* the window's first page: always shared */
#define SECOND (FIRST + PAGE)

static void fill(uintptr_t page, uint64_t with)
{
	for (uintptr_t a = page; a < page + PAGE; a += 8)
		write64(a, with);
}

static int is_filled(uintptr_t page, uint64_t with)
{
	for (uintptr_t a = page; a < page + PAGE; a += 8)
		if (read64(a) != with)
			return 0;
	return 1;
}

/* Thousands of times, while the host copies into and out of the page. */
static int take_and_give(void)
{
	for (uint64_t i = 0; i < 4000; i++) {
		if (hvc(MEM_UNSHARE, SECOND, 0, 0) != 0)
			return 0;
		/* Private now: nobody else's bytes may get in. */
		write64(SECOND + 8 * (i % 512), i);
		for (unsigned int k = 0; k < 20; k++)
			if (read64(SECOND + 8 * (i % 512)) != i)
				return 0;
		if (hvc(MEM_SHARE, SECOND, 0, 0) != 0)
			return 0;
	}
	return 1;
}

void guest_main(const void *dtb)
{
	(void)dtb;
	if (hvc(MEM_SHARE, FIRST, 0, 0) || hvc(MEM_SHARE, SECOND, 0, 0)) {
		print("?");
		return;
	}
	fill(SECOND, 0x5a5a5a5a5a5a5a5a);
	print("a"); /* shared */
	hvc(MEM_UNSHARE, SECOND, 0, 0);
	fill(SECOND, 0xc3c3c3c3c3c3c3c3);
	print("b"); /* taken back, and something else in it */
	print(is_filled(SECOND, 0xc3c3c3c3c3c3c3c3) ? "B" : "-");
	hvc(MEM_SHARE, SECOND, 0, 0);
	print("c"); /* shared again */
	print(take_and_give() ? "C" : "-");
	print("d"); /* enough */
}
