/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selftest_guest.S: the code that the selftest's pVMs run, copied to the
 * beginning of their RAM (selftest_guest.h says what it does). Runs at any
 * page, at EL1, with translation and caches off. x28 is the mailbox.
 */
#include "selftest_guest.h"

	.section .rodata.selftest_guest, "a"
	.balign	4096
	.globl	selftest_guest_begin
	.globl	selftest_guest_size
selftest_guest_begin:
	mov	x28, x0
	adr	x1, vectors
	msr	vbar_el1, x1
	mov	x1, #3 << 20		/* CPACR_EL1.FPEN: for ldr q */
	msr	cpacr_el1, x1
	isb
next:
	ldr	x20, [x28, #ST_OP]
	ldr	x0, [x28, #ST_ARGS]
	ldr	x1, [x28, #ST_ARGS + 8]
	ldr	x2, [x28, #ST_ARGS + 16]
	ldr	x3, [x28, #ST_ARGS + 24]
	adr	x21, operations
	add	x21, x21, x20, lsl #5
	br	x21
done:
	str	x0, [x28, #ST_RESULTS]
	str	x1, [x28, #ST_RESULTS + 8]
	str	x2, [x28, #ST_RESULTS + 16]
	str	x3, [x28, #ST_RESULTS + 24]
	b	next

	/* Eight instructions each. */
	.macro	operation nr
	.org	operations + \nr * 32
	.endm

	.balign	32
operations:
	operation G_LOAD
	ldr	x0, [x0]
	b	done
	operation G_LOAD32
	ldr	w0, [x0]
	b	done
	operation G_LOAD8
	ldrb	w0, [x0]
	b	done
	operation G_STORE
	str	x1, [x0]
	b	done
	operation G_STORE32
	str	w1, [x0]
	b	done
	operation G_STORE8
	strb	w1, [x0]
	b	done
	operation G_HVC
	hvc	#0
	b	done
	operation G_SMC
	smc	#0
	b	done
	operation G_LDP
	ldp	x0, x1, [x0]
	b	done
	operation G_STP
	stp	x1, x2, [x0]
	b	done
	operation G_LDXR
	ldxr	x0, [x0]
	b	done
	operation G_LDR_POST
	ldr	x1, [x0], #8
	b	done
	operation G_LDR_Q
	ldr	q0, [x0]
	b	done
	operation G_FILL
1:	cbz	x1, done
	str	x2, [x0]
	add	x0, x0, x3
	sub	x1, x1, #1
	b	1b
	operation G_COUNT
	b	count
	operation G_CALL
	dsb	sy
	ic	iallu
	dsb	sy
	isb
	blr	x0
	b	done
	operation G_IDS
	mrs	x0, id_aa64pfr0_el1
	mrs	x1, mpidr_el1
	mrs	x2, CurrentEL
	mrs	x3, id_aa64dfr0_el1
	b	done
	operation G_PENDING
	mov	x0, #0xff
	msr	S3_0_C4_C6_0, x0	/* ICC_PMR_EL1 */
	mov	x0, #1
	msr	S3_0_C12_C12_7, x0	/* ICC_IGRPEN1_EL1 */
	isb
	mrs	x0, S3_0_C12_C12_2	/* ICC_HPPIR1_EL1 */
	b	done
	operation G_DC_CIVAC
	dc	civac, x0
	b	done

count:
	mov	x4, #0
2:	cbz	x1, 3f
	ldr	x5, [x0]
	cmp	x5, x2
	cinc	x4, x4, eq
	add	x0, x0, x3
	sub	x1, x1, #1
	b	2b
3:	mov	x0, x4
	b	done

report:
	mrs	x0, esr_el1
	mrs	x1, far_el1
	mrs	x2, elr_el1
	str	x0, [x28, #ST_REPORT]
	str	x1, [x28, #ST_REPORT + 8]
	str	x2, [x28, #ST_REPORT + 16]
	str	x19, [x28, #ST_REPORT + 24]
	adr	x0, next
	msr	elr_el1, x0
	eret

	.balign	2048
vectors:
	.set	offset, 0
	.rept	16
	.balign	128
	mov	x19, #offset
	b	report
	.set	offset, offset + 128
	.endr

	.balign	8
selftest_guest_size:
	.quad	. - selftest_guest_begin

	.section .note.GNU-stack, "", %progbits
