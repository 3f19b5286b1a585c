/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h: the guest's machine: where things are and which interrupts they
 * have. One description, filled in by vmm/, read by fdt/ and pvm/.
 *
 * The map is kvmtool's for arm64, so that payloads built for it run unchanged:
 *
 *   0x0100_0000  8250 UART          0x0101_0000  PL031 RTC
 *   0x0102_0000  pvpanic (ours)     0x0103_0000  PL061 GPIO (ours)
 *   0x0104_0000  GICv2m frame (ours)
 *   0x0300_0000  virtio-mmio
 *   0x3fff_0000  GICv3 distributor; redistributors, then the ITS, below it
 *   0x4000_0000  PCI ECAM (256 MiB) 0x5000_0000  PCI MMIO (512 MiB)
 *   0x8000_0000  the window, if any, and RAM behind it: -m in all
 *
 * Firmware is where RAM begins and RAM then where it is without a window: the
 * window ends there.
 */
#ifndef LKVM_PVM_MACHINE_H
#define LKVM_PVM_MACHINE_H

#include "base.h"

/* An SPI's number here is its GIC interrupt id minus this. */
#define MACHINE_SPI_BASE 32U

#define MACHINE_UART_BASE     0x01000000ULL
#define MACHINE_UART_SIZE     0x8ULL
#define MACHINE_UART_SPI      0
#define MACHINE_UART_CLOCK_HZ 1843200U

#define MACHINE_RTC_BASE 0x01010000ULL
#define MACHINE_RTC_SIZE 0x1000ULL

#define MACHINE_PVPANIC_BASE 0x01020000ULL
#define MACHINE_PVPANIC_SIZE 0x2ULL

/* A page and an SPI for each device; INTx of PCI has the four before these. */
#define MACHINE_VIRTIO_MMIO_BASE  0x03000000ULL
#define MACHINE_VIRTIO_MMIO_SIZE  0x1000ULL
#define MACHINE_VIRTIO_MMIO_SLOTS 32U
#define MACHINE_VIRTIO_MMIO_SPI	  6U

/* PL061; the SPI is kvmtool's for the RTC, which has none here. */
#define MACHINE_GPIO_BASE      0x01030000ULL
#define MACHINE_GPIO_SIZE      0x1000ULL
#define MACHINE_GPIO_SPI       1U
#define MACHINE_GPIO_POWER_KEY 3U /* line */

/*
 * The frame that makes SPIs of messages, and the first of them: those that
 * virtio-mmio has otherwise.
 */
#define MACHINE_GICV2M_BASE 0x01040000ULL
#define MACHINE_GICV2M_SIZE 0x1000ULL
#define MACHINE_GICV2M_SPI  MACHINE_VIRTIO_MMIO_SPI

#define MACHINE_GIC_DIST_BASE	0x3fff0000ULL
#define MACHINE_GIC_DIST_SIZE	0x10000ULL
#define MACHINE_GIC_REDIST_SIZE 0x20000ULL /* each vCPU's two 64 KiB frames */
#define MACHINE_GIC_ITS_SIZE	0x20000ULL
/*
 * SPIs the distributor implements, in steps of 32: with virtio-mmio, or with PCI
 * and no more messages than there is room for. Linux writes to each one's
 * register when it boots.
 */
#define MACHINE_GIC_SPIS     64U
#define MACHINE_GIC_SPIS_PCI 32U

#define MACHINE_PCI_ECAM_BASE 0x40000000ULL
#define MACHINE_PCI_ECAM_SIZE 0x10000000ULL
#define MACHINE_PCI_MMIO_BASE 0x50000000ULL
#define MACHINE_PCI_MMIO_SIZE 0x20000000ULL

/* One bus holds 32 slots of 8 functions; Linux maps 1 MiB of ECAM for it. */
#define MACHINE_PCI_BUSES    1U
#define MACHINE_PCI_INTX_SPI 2 /* four, INTA to INTD, of --irqchip=gicv3 */

#define MACHINE_RAM_BASE 0x80000000ULL
/* As much as there is between PCI's memory and RAM. */
#define MACHINE_WINDOW_MAX                                                     \
	(MACHINE_RAM_BASE - MACHINE_PCI_MMIO_BASE - MACHINE_PCI_MMIO_SIZE)

/* KVM allows 512; the redistributors of as many fit below the distributor. */
#define MACHINE_MAX_VCPUS 512U

/* A range of guest physical addresses; absent when len is 0. */
struct gpa_range {
	gpa_t gpa;
	uint64_t len; /* bytes */
};

struct machine {
	unsigned int nr_vcpus;
	struct gpa_range ram;
	struct gpa_range window; /* guest-shared bounce window, or absent */
	bool has_its;
	unsigned int nr_msi_spis; /* of the GICv2m frame; 0: there is none */
	bool has_pci;
	bool has_power_key;
	unsigned int nr_virtio_mmio; /* devices, from the first slot on */

	/* What the loader placed; the FDT's /chosen tells the guest. */
	struct gpa_range initrd;
	struct gpa_range dtb; /* room reserved for the tree */
	gpa_t entry;

	const char *bootargs;
	uint64_t kaslr_seed;
	uint8_t rng_seed[64];
};

static inline struct gpa_range machine_gic_redist(const struct machine *m)
{
	uint64_t len = m->nr_vcpus * MACHINE_GIC_REDIST_SIZE;

	return (struct gpa_range){ MACHINE_GIC_DIST_BASE - len, len };
}

static inline struct gpa_range machine_gic_its(const struct machine *m)
{
	gpa_t base = machine_gic_redist(m).gpa - MACHINE_GIC_ITS_SIZE;

	return (struct gpa_range){ base, MACHINE_GIC_ITS_SIZE };
}

/* vCPU @i's MPIDR affinity fields, 16 per Aff0 as GICv3 SGIs reach them. */
static inline uint64_t machine_mpidr(unsigned int i)
{
	return ((uint64_t)(i >> 4) << 8) | (i & 0xf);
}

#endif
