// SPDX-License-Identifier: GPL-2.0-only
/*
 * seam.c: the guest's half of tests/seam: rings a doorbell that is an
 * ioeventfd, then waits for an SPI and an LPI that the host raises through
 * irqfds, and says over the UART what it saw.
 *
 * How the LPI gets here: the guest shares the ITS' command queue and the LPI
 * tables with the host (MEM_SHARE), maps device 8, event 0 to LPI 8192 on
 * collection 0 (GICv3 specification, Arm IHI 0069, 5.3), and polls for it.
 */
#include "guest.h"

#define DOORBELL 0x50000000UL
#define GICD	 0x3fff0000UL
#define GICR	 0x3ffd0000UL /* of one vCPU */
#define ITS	 0x3ffb0000UL

#define SPI    40U
#define DEVICE 8UL
#define LPI    8192UL

#define K64	    65536UL
#define TABLES	    (RAM + (16UL << 20)) /* five tables of 64 KiB */
#define COMMANDS    (TABLES + 0 * K64)
#define DEVICES	    (TABLES + 1 * K64)
#define ITT	    (TABLES + 2 * K64)
#define CONFIG	    (TABLES + 3 * K64)
#define PENDING	    (TABLES + 4 * K64)
#define COLLECTIONS (TABLES + 5 * K64)
#define TABLES_END  (TABLES + 6 * K64)

static int share_tables(void)
{
	for (uint64_t a = TABLES; a < TABLES_END; a += PAGE)
		if (hvc(MEM_SHARE, a, 0, 0) != 0)
			return 0;
	return 1;
}

static void command(unsigned int i, uint64_t dw0, uint64_t dw1, uint64_t dw2)
{
	write64(COMMANDS + i * 32, dw0);
	write64(COMMANDS + i * 32 + 8, dw1);
	write64(COMMANDS + i * 32 + 16, dw2);
	write64(COMMANDS + i * 32 + 24, 0);
}

static void set_up_lpi(void)
{
	const uint64_t valid = 1UL << 63;

	write8(CONFIG, 0xa0 | 1); /* LPI 8192: priority 0xa0, enabled */
	write32(GICR + 0x14, 0);  /* GICR_WAKER: awake */
	write64(GICR + 0x70, CONFIG | 13); /* GICR_PROPBASER, 14 id bits */
	write64(GICR + 0x78, PENDING);	   /* GICR_PENDBASER */
	write32(GICR + 0x00, 1);	   /* GICR_CTLR.EnableLPIs */

	write64(ITS + 0x100, valid | DEVICES | 2UL << 8 | 15); /* BASER0 */
	write64(ITS + 0x108, valid | COLLECTIONS | 2UL << 8 | 15);
	write64(ITS + 0x80, valid | COMMANDS | 15); /* GITS_CBASER */
	write32(ITS + 0x00, 1);			    /* GITS_CTLR.Enabled */

	command(0, 0x08 | DEVICE << 32, 4, valid | ITT); /* MAPD */
	command(1, 0x09, 0, valid);			 /* MAPC 0 -> vCPU 0 */
	command(2, 0x0a | DEVICE << 32, LPI << 32, 0);	 /* MAPTI event 0 */
	command(3, 0x05, 0, 0);				 /* SYNC */
	write64(ITS + 0x88, 4 * 32);			 /* GITS_CWRITER */
}

static uint64_t highest_pending(void)
{
	uint64_t v;

	__asm__ volatile("mrs %0, S3_0_C12_C12_2" : "=r"(v)); /* HPPIR1 */
	return v & 0xffffff;
}

/* The host injects from a worker thread: seconds later, when it is busy. */
static int wait_for_spi(void)
{
	for (unsigned int i = 0; i < 100000; i++)
		if (read32(GICD + 0x200 + SPI / 32 * 4) >> SPI % 32 & 1)
			return 1;
	return 0;
}

static int wait_for_lpi(void)
{
	for (unsigned int i = 0; i < 50000000; i++)
		if (highest_pending() == LPI)
			return 1;
	return 0;
}

void guest_main(const void *dtb)
{
	(void)dtb;
	write32(DOORBELL, 0x1234);
	print("d");

	__asm__ volatile("msr S3_0_C4_C6_0, %0" : : "r"(0xffUL)); /* PMR */
	__asm__ volatile("msr S3_0_C12_C12_7, %0" : : "r"(1UL));  /* IGRPEN1 */
	write32(GICD, 0x12); /* GICD_CTLR: ARE, group 1 */
	print("s");	     /* the host raises the SPI now */
	print(wait_for_spi() ? "S" : "-");

	if (!share_tables())
		print("?");
	set_up_lpi();
	print("m"); /* the host sends the MSI now */
	print(wait_for_lpi() ? "M" : "-");
}
