/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * start.S: entry of the flat payloads, loaded anywhere in RAM with the MMU
 * off; x0 is the device tree's address, as for Linux.
 */
	.section .text.start, "ax"
	.globl	_start
_start:
	adrp	x1, stack_top
	add	x1, x1, :lo12:stack_top
	mov	sp, x1
	bl	guest_main
	/* guest_main() came back: PSCI SYSTEM_OFF. */
	mov	w0, #8
	movk	w0, #0x8400, lsl #16
	hvc	#0
1:	wfi
	b	1b

	.section .bss
	.balign	16
	.skip	4096
	.globl	stack_top
stack_top:
