// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile.c: every vCPU accesses devices and nothing at random, with every
 * size, makes random PSCI and sharing calls, switches others off and on, and
 * in the end all of them ask for a reset at once. Exceptions skip the
 * instruction. The noise differs from life to life: its seed is the counter.
 */
#include "noise.h"

#define VCPUS	4U
#define ROUNDS	400U
#define SCRATCH (RAM + (16UL << 20)) /* pages to touch, share and unshare */

#define PSCI_SYSTEM_RESET2 0xc4000012UL

uint8_t stacks[VCPUS][2048] __attribute__((aligned(16)));
static volatile uint8_t done[VCPUS]; /* who made its noise */

void secondary(void);
void secondary_main(uint64_t self);

/* x0 is the number CPU_ON passed on; every exception goes one instruction on. */
__asm__(".balign 2048\n"
	"vectors:\n"
	".rept 16\n"
	"	stp	x0, x1, [sp, #-16]!\n"
	"	mrs	x0, elr_el1\n"
	"	add	x0, x0, #4\n"
	"	msr	elr_el1, x0\n"
	"	ldp	x0, x1, [sp], #16\n"
	"	eret\n"
	"	.balign 128\n"
	".endr\n"
	".globl secondary\n"
	"secondary:\n"
	"	adrp	x1, stacks\n"
	"	add	x1, x1, :lo12:stacks\n"
	"	add	x2, x0, #1\n"
	"	add	x1, x1, x2, lsl #11\n"
	"	mov	sp, x1\n"
	"	b	secondary_main\n");

static uintptr_t pick_address(uint64_t r)
{
	uintptr_t low = (r >> 8) & 0x1fff;

	switch (r & 7) {
	case 0:
	case 1:
		return UART + (low & 0xf);
	case 2:
		return 0x01010000UL + low; /* RTC, and behind it */
	case 3:
		return (r >> 8) & 0x3fffffffUL; /* below, in and around GIC */
	case 4:
		return 0x40000000UL + ((r >> 8) & 0x3fffffffUL); /* PCI */
	case 5:
		return (r >> 8) & 0x7ffffffffUL; /* anywhere */
	default:
		return SCRATCH + ((r >> 8) & 0xffff8);
	}
}

static void access(uintptr_t a, uint64_t r)
{
	uint64_t v = r;

	switch (r >> 60 & 7) {
	case 0:
		__asm__ volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(a));
		break;
	case 1:
		__asm__ volatile("ldrsh %0, [%1]" : "=r"(v) : "r"(a));
		break;
	case 2:
		__asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(a));
		break;
	case 3:
		__asm__ volatile("ldp %0, xzr, [%1]" : "=r"(v) : "r"(a));
		break;
	case 4:
		__asm__ volatile("strb %w0, [%1]" : : "r"(v), "r"(a));
		break;
	case 5:
		__asm__ volatile("strh %w0, [%1]" : : "r"(v), "r"(a));
		break;
	case 6:
		__asm__ volatile("str %w0, [%1]" : : "r"(v), "r"(a));
		break;
	default:
		__asm__ volatile("str %0, [%1]" : : "r"(v), "r"(a));
		break;
	}
}

/* What would stop the noise before its time: one vCPU may sleep, none ends. */
static int is_too_early(uint64_t fn, uint64_t self)
{
	switch (fn & 0x1f) {
	case 0x01: /* CPU_SUSPEND */
	case 0x02: /* CPU_OFF */
		return self != 3;
	case 0x03: /* CPU_ON, somewhere */
	case 0x08: /* SYSTEM_OFF */
	case 0x09: /* SYSTEM_RESET */
	case 0x12: /* SYSTEM_RESET2 */
	case 0x15: /* SYSTEM_OFF2 */
		return 1;
	default:
		return 0;
	}
}

static void call(uint64_t r, uint64_t self)
{
	uint64_t fn = (r & 0x40000000) | 0x84000000 | ((r >> 8) & 0x1f);

	switch (r & 3) {
	case 0:
		hvc(MEM_SHARE, SCRATCH + ((r >> 8) & 0xff000), 0, 0);
		break;
	case 1:
		hvc(MEM_UNSHARE, SCRATCH + ((r >> 8) & 0xff000), 0, 0);
		break;
	case 2:
		r = r >> 8 & 3;
		hvc(PSCI_CPU_ON, r, (uintptr_t)secondary, r);
		break;
	default:
		if (is_too_early(fn, self))
			fn = r | 0x20;
		hvc(fn, r, r >> 3, r >> 7);
		break;
	}
}

static void make_noise(uint64_t self)
{
	uint64_t state = counter() * (2 * self + 1) + 1, r;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		r = noise(&state);
		if (r >> 56 & 7)
			access(pick_address(r), noise(&state));
		else
			call(r >> 8, self);
	}
}

void secondary_main(uint64_t self)
{
	__asm__ volatile("adr x9, vectors\n msr vbar_el1, x9\n isb" : : : "x9");
	make_noise(self);
	done[self] = 1;
	/* Not for ever: one of them may have hit its own code or stack. */
	for (unsigned int i = 0;
	     i < 20000 && (!done[0] || !done[1] || !done[2]); i++)
		hvc(PSCI_CPU_ON, counter() & 3, (uintptr_t)secondary,
		    counter() & 3);
	for (;;)
		hvc(counter() & 2 ? PSCI_SYSTEM_RESET : PSCI_SYSTEM_RESET2, 0,
		    0, 0);
}

void guest_main(const void *dtb)
{
	(void)dtb;
	for (uint64_t i = 1; i < VCPUS; i++)
		hvc(PSCI_CPU_ON, i, (uintptr_t)secondary, i);
	secondary_main(0);
}
