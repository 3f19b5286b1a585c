// SPDX-License-Identifier: GPL-2.0-only
/*
 * rng_driver.c: drives a virtio entropy device on PCI by polling, in one of the
 * ways the kernel's command line names:
 *
 *   mode=shared    the ring and the buffer lie in the window, which is shared
 *   mode=unshared  the same, not shared: a kernel without CONFIG_ARM_PKVM_GUEST
 *   mode=ram       the buffer is in RAM: one without CONFIG_DMA_RESTRICTED_POOL
 *   mode=its       shared, with an MSI whose ITS tables are not: Linux < 6.13
 *
 * Prints "served" or "stopped", then powers off.
 */
#include "guest.h"

#define COMMON (MMIO + 0x0000)
#define NOTIFY (MMIO + 0x3000)
#define MSIX   (MMIO + 0x4000)
#define DESC   WINDOW
#define AVAIL  (WINDOW + 0x1000)
#define USED   (WINDOW + 0x2000)
#define BUFFER (WINDOW + 0x3000)
#define LEN    64U

#define GICR 0x3ffd0000UL /* of one vCPU */
#define ITS  0x3ffb0000UL

#define NEEDS_RESET 64U

static void share_window(void)
{
	for (uint64_t page = WINDOW; page <= BUFFER; page += PAGE)
		(void)hvc(MEM_SHARE, page, 0, 0);
}

/* An ITS whose tables and commands the host cannot see. */
static void set_up_private_its(void)
{
	const uint64_t valid = 1UL << 63, tables = RAM + (16UL << 20);
	const uint64_t k64 = 65536;

	write32(GICR + 0x14, 0);	    /* GICR_WAKER: awake */
	write64(GICR + 0x70, tables | 13);  /* GICR_PROPBASER */
	write64(GICR + 0x78, tables + k64); /* GICR_PENDBASER */
	write32(GICR + 0x00, 1);	    /* EnableLPIs */
	write64(ITS + 0x100, valid | (tables + 2 * k64) | 2UL << 8 | 15);
	write64(ITS + 0x108, valid | (tables + 3 * k64) | 2UL << 8 | 15);
	write64(ITS + 0x80, valid | (tables + 4 * k64) | 15);
	write32(ITS + 0x00, 1); /* GITS_CTLR.Enabled */
	write32(ITS + 0x88, 0); /* the commands that would follow vanish */

	write32(MSIX + 0, (uint32_t)(ITS + 0x10040)); /* GITS_TRANSLATER */
	write32(MSIX + 4, 0);
	write32(MSIX + 8, 0);
	write32(MSIX + 12, 0);
	write32(ECAM + 0x40, 0x80000000); /* MSI-X: on */
	write16(COMMON + 26, 0);	  /* queue 0: vector 0 */
}

static void start_device(char mode)
{
	write32(ECAM + 0x10, MMIO);
	write16(ECAM + 0x04, 6);
	write8(COMMON + 20, 0);
	write8(COMMON + 20, 3);
	write32(COMMON + 8, 1);
	write32(COMMON + 12, 3); /* VERSION_1, ACCESS_PLATFORM */
	write8(COMMON + 20, 11);
	write16(COMMON + 22, 0);
	write16(COMMON + 24, 8);
	write32(COMMON + 32, DESC);
	write32(COMMON + 40, AVAIL);
	write32(COMMON + 48, USED);
	if (mode == 'i')
		set_up_private_its();
	write16(COMMON + 28, 1);
	write8(COMMON + 20, 15);
}

static void request(char mode)
{
	uint64_t at = mode == 'r' ? RAM + (24UL << 20) : BUFFER;

	write64(BUFFER, 0);
	write64(DESC, at);
	write64(DESC + 8, LEN | 2UL << 32); /* the device writes it */
	write32(AVAIL, 1U << 16);	    /* head 0 offered */
	write16(USED + 2, 0);
	write16(NOTIFY, 0);
}

static int is_served(void)
{
	for (unsigned int i = 0; i < 20000000; i++) {
		if (read16(USED + 2) == 1)
			return read64(BUFFER) != 0;
		/* An exit: not with each look. */
		if (i % 65536 == 0 && (read8(COMMON + 20) & NEEDS_RESET))
			return 0;
	}
	return 0;
}

void guest_main(const void *dtb)
{
	char mode = mode_of(dtb);

	if (mode != 'u')
		share_window();
	start_device(mode);
	write32(AVAIL, 0);
	request(mode);
	print(is_served() ? "served\n" : "stopped\n");
}
