// SPDX-License-Identifier: GPL-2.0-only
/* pl061.c: a PL061 GPIO controller. */
#include "pl061.h"

#include <assert.h>
#include <string.h>

#define LINES 8U

enum {
	REG_DATA = 0x000,     /* bits 9:2 of the address are a mask */
	REG_DATA_END = 0x400, /* first after it */
	REG_DIR = 0x400,      /* 1: output */
	REG_IS = 0x404,	      /* 1: level, 0: edge */
	REG_IBE = 0x408,      /* both edges */
	REG_IEV = 0x40c,      /* rising, or high */
	REG_IE = 0x410,
	REG_RIS = 0x414,
	REG_MIS = 0x418,
	REG_IC = 0x41c,
	REG_AFSEL = 0x420,
	REG_ID = 0xfe0, /* eight registers of one byte each */
};

/* Peripheral id (part 0x061, designer 'A'), then the PrimeCell id. */
static const uint8_t pl061_id[] = { 0x61, 0x10, 0x04, 0x00,
				    0x0d, 0xf0, 0x05, 0xb1 };

static uint8_t raw_interrupts(const struct pl061 *p)
{
	uint8_t active = (uint8_t) ~(p->in ^ p->rising);

	return (uint8_t)((p->edges & ~p->is_level) | (active & p->is_level));
}

static void update_irq(struct pl061 *p)
{
	bool high = (raw_interrupts(p) & p->enabled) != 0;

	if (high == p->irq_high)
		return;
	p->irq_high = high;
	p->host.set_irq(p->host.ctx, high);
}

static uint8_t read_data(struct pl061 *p, uint8_t mask)
{
	uint8_t lines = (uint8_t)((p->in & ~p->dir) | (p->out & p->dir));

	p->seen_high |= p->in & ~p->dir & mask;
	return lines & mask;
}

static uint8_t read_register(struct pl061 *p, uint64_t reg)
{
	if (reg < REG_DATA_END)
		return read_data(p, (uint8_t)(reg >> 2));
	switch (reg) {
	case REG_DIR:
		return p->dir;
	case REG_IS:
		return p->is_level;
	case REG_IBE:
		return p->both_edges;
	case REG_IEV:
		return p->rising;
	case REG_IE:
		return p->enabled;
	case REG_RIS:
		return raw_interrupts(p);
	case REG_MIS:
		return raw_interrupts(p) & p->enabled;
	case REG_AFSEL:
		return p->afsel;
	default:
		if (reg >= REG_ID && (reg - REG_ID) / 4 < sizeof(pl061_id))
			return pl061_id[(reg - REG_ID) / 4];
		return 0;
	}
}

static uint64_t pl061_read(void *dev, uint64_t offset, unsigned int len)
{
	struct pl061 *p = dev;
	uint8_t value;

	(void)len;
	if (offset & 3) /* registers of one byte, in the lowest of their four */
		return 0;
	pthread_mutex_lock(&p->lock);
	value = read_register(p, offset);
	pthread_mutex_unlock(&p->lock);
	return value;
}

static void write_register(struct pl061 *p, uint64_t reg, uint8_t value)
{
	uint8_t mask = (uint8_t)(reg >> 2);

	if (reg < REG_DATA_END) {
		p->out = (uint8_t)((p->out & ~mask) | (value & mask));
		return;
	}
	switch (reg) {
	case REG_DIR:
		p->dir = value;
		break;
	case REG_IS:
		p->is_level = value;
		break;
	case REG_IBE:
		p->both_edges = value;
		break;
	case REG_IEV:
		p->rising = value;
		break;
	case REG_IE:
		p->enabled = value;
		break;
	case REG_IC:
		p->edges &= (uint8_t)~value;
		break;
	case REG_AFSEL:
		p->afsel = value;
		break;
	default:
		break;
	}
}

static void pl061_write(void *dev, uint64_t offset, unsigned int len,
			uint64_t value)
{
	struct pl061 *p = dev;

	(void)len;
	if (offset & 3)
		return;
	pthread_mutex_lock(&p->lock);
	write_register(p, offset, (uint8_t)value);
	update_irq(p);
	pthread_mutex_unlock(&p->lock);
}

const struct bus_ops pl061_ops = { .read = pl061_read, .write = pl061_write };

void pl061_init(struct pl061 *p, const struct pl061_host *host)
{
	p->host = *host;
	pthread_mutex_init(&p->lock, NULL);
	pl061_power_on(p);
}

void pl061_fini(struct pl061 *p)
{
	pthread_mutex_destroy(&p->lock);
}

void pl061_power_on(struct pl061 *p)
{
	const size_t kept = offsetof(struct pl061, in);

	pthread_mutex_lock(&p->lock);
	memset((char *)p + kept, 0, sizeof(*p) - kept);
	pthread_mutex_unlock(&p->lock);
}

void pl061_set_input(struct pl061 *p, unsigned int line, bool high)
{
	uint8_t bit = (uint8_t)(1U << line);

	assert(line < LINES);
	pthread_mutex_lock(&p->lock);
	if (high != ((p->in & bit) != 0)) {
		p->in ^= bit;
		p->seen_high &= (uint8_t)~bit;
		if (p->both_edges & bit || high == ((p->rising & bit) != 0))
			p->edges |= bit;
		update_irq(p);
	}
	pthread_mutex_unlock(&p->lock);
}

static bool bit_of(struct pl061 *p, const uint8_t *lines, unsigned int line)
{
	bool bit;

	pthread_mutex_lock(&p->lock);
	bit = *lines >> line & 1;
	pthread_mutex_unlock(&p->lock);
	return bit;
}

bool pl061_is_listened_to(struct pl061 *p, unsigned int line)
{
	return bit_of(p, &p->enabled, line);
}

bool pl061_was_seen(struct pl061 *p, unsigned int line)
{
	return bit_of(p, &p->seen_high, line);
}
