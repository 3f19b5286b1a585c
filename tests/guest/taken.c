// SPDX-License-Identifier: GPL-2.0-only
/*
 * taken.c: gives its first device, a disk or a source of random bytes, requests
 * whose last page it takes back sooner or later after that, and looks at that
 * page, which is its own then. Says "still there" when it was each of 4000 times,
 * of 400 with "mode=few" on its command line.
 */
#include "vpci.h"

#define TRIES 4000U
#define PARTS 100U /* of a disk's request, a page each */

static void put_request(struct vpci *d)
{
	uintptr_t table = vpci_page(d, P_DESC), head = vpci_page(d, P_HEAD);
	uintptr_t taken = vpci_page(d, P_DATA), other = taken + PAGE;

	if (d->type == TYPE_RNG) {
		vpci_desc(table, 0, taken, 64, D_WRITE, 0);
	} else {
		write64(head, 0); /* VIRTIO_BLK_T_IN */
		write64(head + 8, 0);
		vpci_desc(table, 0, head, 16, D_NEXT, 1);
		for (uint16_t i = 1; i <= PARTS; i++)
			vpci_desc(table, i, i < PARTS ? other : taken, PAGE,
				  D_NEXT | D_WRITE, (uint16_t)(i + 1));
		vpci_desc(table, PARTS + 1, head + 16, 1, D_WRITE, 0);
	}
	vpci_offer(d, 0);
}

static void wait_us(uint64_t us)
{
	const uint64_t start = counter();

	while ((counter() - start) * 1000 < ticks_of_ms(us))
		;
}

void guest_main(const void *dtb)
{
	const unsigned int tries = mode_of(dtb) == 'f' ? TRIES / 10 : TRIES;
	struct vpci d;

	if (vpci_scan(&d, 1) != 1)
		return;
	for (uintptr_t p = 0; p < VPCI_PAGES; p++)
		(void)hvc(MEM_SHARE, vpci_page(&d, p), 0, 0);
	if (!vpci_start(&d))
		return;
	print("ready\n");
	for (unsigned int i = 0; i < tries; i++) {
		uint16_t nr = (uint16_t)(vpci_used(&d) + 1);

		put_request(&d);
		vpci_kick(&d);
		wait_us(i % 50 * 40);
		if (hvc(MEM_UNSHARE, vpci_page(&d, P_DATA), 0, 0))
			return;
		/* Who serves random bytes may never give any. */
		(void)vpci_wait(&d, nr, d.type == TYPE_RNG ? 20 : 20000);
		(void)read64(vpci_page(&d, P_DATA));
		(void)hvc(MEM_SHARE, vpci_page(&d, P_DATA), 0, 0);
	}
	print("still there\n");
}
