/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selftest_guest.h: what the selftest's host and its guest agree upon; read by
 * the assembler too.
 *
 * The guest is an interpreter: it loads an operation and four arguments from
 * its mailbox, an address without memory, so that each load is an exit to us;
 * carries it out; stores four results there; and asks for the next. An
 * exception is a report in place of the results. So no page is shared, and
 * nothing but what a check asks for happens in the guest.
 */
#ifndef LKVM_PVM_PVM_SELFTEST_GUEST_H
#define LKVM_PVM_PVM_SELFTEST_GUEST_H

/* Mailbox, offsets: operation, arguments, results, exception report */
#define ST_MAILBOX     0x0a000000
#define ST_MAILBOX_LEN 0x1000 /* each vCPU has one */
#define ST_OP	       0x00
#define ST_ARGS	       0x08
#define ST_RESULTS     0x40
#define ST_REPORT      0x80 /* ESR, FAR, ELR, vector */

/* Operations: x0.. are arguments and results. */
#define G_LOAD	   0 /* [x0] */
#define G_LOAD32   1
#define G_LOAD8	   2
#define G_STORE	   3 /* [x0] = x1 */
#define G_STORE32  4
#define G_STORE8   5
#define G_HVC	   6
#define G_SMC	   7
#define G_LDP	   8 /* no valid syndrome, from here on, at [x0] */
#define G_STP	   9
#define G_LDXR	   10
#define G_LDR_POST 11
#define G_LDR_Q	   12
#define G_FILL	   13 /* x1 times [x0] = x2, x0 += x3 */
#define G_COUNT	   14 /* how many of x1 times [x0] == x2, x0 += x3 */
#define G_CALL	   15 /* x0 is code that returns */
#define G_IDS	   16 /* ID_AA64PFR0, MPIDR, CurrentEL, ID_AA64DFR0 */
#define G_PENDING  17 /* the highest pending interrupt of group 1 */
#define G_DC_CIVAC 18

#endif
