// SPDX-License-Identifier: GPL-2.0-only
/*
 * touchers.c: four vCPUs write to every page of RAM, all at the same time; then
 * it powers off.
 */
#include "guest.h"

#define VCPUS 4UL

struct share {
	uint64_t next, end, stride;
	volatile uint64_t is_done;
};

void secondary(struct share *s);

/* It has no stack. */
__asm__(".globl secondary\n"
	"secondary:\n"
	"	ldp	x1, x2, [x0]\n"
	"	ldr	x3, [x0, #16]\n"
	"1:	str	x1, [x1]\n"
	"	add	x1, x1, x3\n"
	"	cmp	x1, x2\n"
	"	b.lo	1b\n"
	"	str	x3, [x0, #24]\n"
	"2:	wfi\n"
	"	b	2b\n");

static struct share shares[VCPUS];

void guest_main(const void *dtb)
{
	uint64_t end = RAM + ram_size(dtb);

	for (uint64_t i = 0; i < VCPUS; i++) {
		shares[i].next = RAM + (8UL << 20) + i * PAGE;
		shares[i].end = end;
		shares[i].stride = VCPUS * PAGE;
		if (i > 0)
			hvc(PSCI_CPU_ON, i, (uintptr_t)secondary,
			    (uintptr_t)&shares[i]);
	}
	for (uint64_t a = shares[0].next; a < end; a += VCPUS * PAGE)
		write64(a, a);
	for (uint64_t i = 1; i < VCPUS; i++)
		while (!shares[i].is_done)
			;
	print("all touched\n");
}
