/* SPDX-License-Identifier: GPL-2.0-only */
/* exec_blob.S: exec's init (loader/init/), a program for the guest, as bytes. */
	.section .rodata
	.balign 16
	.globl exec_init
exec_init:
	.incbin "build/init/lkvm-pvm-init"
1:
	.balign 8
	.globl exec_init_len
exec_init_len:
	.quad 1b - exec_init
	.section .note.GNU-stack, "", %progbits
