// SPDX-License-Identifier: GPL-2.0-only
/* gicv2m.c: the registers of a frame that makes SPIs of messages. */
#include "gicv2m.h"

enum {
	REG_TYPER = 0x008,
	REG_SET_SPI = GICV2M_SET_SPI,
};

/* The GIC's number of an SPI. */
#define SPI_BASE 32U

static uint64_t gicv2m_read(void *dev, uint64_t offset, unsigned int len)
{
	const struct gicv2m *g = dev;

	/* Of no vendor whose frame is known for its bugs: IIDR is 0. */
	if (offset != REG_TYPER || len != 4)
		return 0;
	return (SPI_BASE + g->first_spi) << 16 | g->nr_spis;
}

static void gicv2m_write(void *dev, uint64_t offset, unsigned int len,
			 uint64_t value)
{
	const struct gicv2m *g = dev;
	uint64_t first = SPI_BASE + g->first_spi;

	/* 2 bytes: a message's data may be as long. */
	if (offset != REG_SET_SPI || len < 2 || len > 4 || value < first ||
	    value >= first + g->nr_spis)
		return;
	g->raise(g->ctx, (unsigned int)value - SPI_BASE);
}

const struct bus_ops gicv2m_ops = { .read = gicv2m_read,
				    .write = gicv2m_write };
