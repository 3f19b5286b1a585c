/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gicv2m.h: a frame of registers that makes SPIs of messages ("arm,gic-v2m-frame"
 * in the device tree; ARM Server Base System Architecture 2.3, appendix E), for
 * MSI-X without an ITS. Devices of ours never write to it: what a driver tells
 * them to send is an irqfd.
 */
#ifndef LKVM_PVM_GICV2M_H
#define LKVM_PVM_GICV2M_H

#include <errno.h>

#include "bus.h"
#include "machine.h"

#define GICV2M_SET_SPI 0x40U /* the register a message is written to */

struct gicv2m {
	void *ctx;
	/* SPI @spi (0-based), an edge. The device's lock is held. */
	void (*raise)(void *ctx, unsigned int spi);
	unsigned int first_spi, nr_spis; /* 0-based; those it has */
};

extern const struct bus_ops gicv2m_ops;

/*
 * The SPI of a message of @data to @address, or -EINVAL: it is none for the
 * frame at @frame, or of an SPI below @first.
 */
static inline int gicv2m_spi(gpa_t frame, unsigned int first, uint64_t address,
			     uint32_t data)
{
	if (address != frame + GICV2M_SET_SPI ||
	    data < MACHINE_SPI_BASE + first || data > 1019)
		return -EINVAL;
	return (int)(data - MACHINE_SPI_BASE);
}

#endif
