// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaimed.c: reads a page of its own until that is an abort, and says what it
 * is told of it. With "mode=again" on its command line it then tries once more.
 * Its second vCPU counts, and says in the end that it still does.
 */
#include "guest.h"

#define VICTIM	(RAM + (16UL << 20) + 0x120)
#define COUNTER (RAM + (20UL << 20))

void secondary(void);
void vectors_of_mine(void);

__asm__(".globl secondary\n"
	"secondary:\n"
	"	ldr	x1, [x0]\n"
	"	add	x1, x1, #1\n"
	"	str	x1, [x0]\n"
	"	b	secondary\n"
	/* The four entries of an EL that uses SP_EL0, then those of SP_ELx. */
	"	.balign	2048\n"
	".globl vectors_of_mine\n"
	"vectors_of_mine:\n"
	"	.skip	512\n"
	"	b	1f\n"
	"	.balign	2048\n"
	"1:	stp	x0, x1, [sp, #-16]!\n"
	"	stp	x2, x3, [sp, #-16]!\n"
	"	stp	x4, x5, [sp, #-16]!\n"
	"	stp	x6, x7, [sp, #-16]!\n"
	"	stp	x8, x9, [sp, #-16]!\n"
	"	stp	x10, x11, [sp, #-16]!\n"
	"	stp	x12, x13, [sp, #-16]!\n"
	"	stp	x14, x15, [sp, #-16]!\n"
	"	stp	x16, x17, [sp, #-16]!\n"
	"	stp	x18, x30, [sp, #-16]!\n"
	"	mrs	x0, esr_el1\n"
	"	mrs	x1, far_el1\n"
	"	bl	aborted\n"
	"	cbz	x0, 2f\n"
	"	ldp	x18, x30, [sp], #16\n"
	"	ldp	x16, x17, [sp], #16\n"
	"	ldp	x14, x15, [sp], #16\n"
	"	ldp	x12, x13, [sp], #16\n"
	"	ldp	x10, x11, [sp], #16\n"
	"	ldp	x8, x9, [sp], #16\n"
	"	ldp	x6, x7, [sp], #16\n"
	"	ldp	x4, x5, [sp], #16\n"
	"	ldp	x2, x3, [sp], #16\n"
	"	ldp	x0, x1, [sp], #16\n"
	"	eret\n"
	"2:	mov	w0, #8\n"
	"	movk	w0, #0x8400, lsl #16\n"
	"	hvc	#0\n"
	"	b	2b\n");

static char mode;

uint64_t aborted(uint64_t esr, uint64_t far);
uint64_t aborted(uint64_t esr, uint64_t far)
{
	uint64_t before = read64(COUNTER);

	print("abort ");
	print_hex(esr);
	print(" ");
	print_hex(far);
	while (read64(COUNTER) == before)
		;
	print(" the other counts\n");
	return mode == 'a';
}

void guest_main(const void *dtb)
{
	mode = mode_of(dtb);
	write64(COUNTER, 0);
	__asm__ volatile("msr vbar_el1, %0\n isb"
			 :
			 : "r"((uintptr_t)vectors_of_mine));
	hvc(PSCI_CPU_ON, 1, (uintptr_t)secondary, COUNTER);
	write64(VICTIM, 0x5a5a);
	print("ready\n");
	while (read64(VICTIM) == 0x5a5a)
		;
	print("changed\n");
}
