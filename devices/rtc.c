// SPDX-License-Identifier: GPL-2.0-only
/* rtc.c: a PL031 real-time clock showing the host's wall clock. */
#include "rtc.h"

#include <string.h>
#include <time.h>

enum {
	REG_DR = 0x00,	 /* now */
	REG_MR = 0x04,	 /* alarm */
	REG_LR = 0x08,	 /* sets the time */
	REG_CR = 0x0c,	 /* runs since reset; cannot be stopped */
	REG_IMSC = 0x10, /* interrupt mask */
	REG_RIS = 0x14,
	REG_MIS = 0x18,
	REG_ICR = 0x1c,
	REG_ID = 0xfe0, /* eight registers of one byte each */
};

/* Peripheral id (part 0x031, designer 'A'), then the PrimeCell id. */
static const uint8_t rtc_id[] = {
	0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1
};

static uint32_t rtc_now(const struct rtc *r)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint32_t)now.tv_sec + r->offset;
}

static bool is_reached(uint32_t now, uint32_t when)
{
	return (int32_t)(now - when) >= 0;
}

/* Catches up with time: no timer runs for an alarm nobody is told of. */
static void rtc_catch_up(struct rtc *r)
{
	if (!r->armed || !is_reached(rtc_now(r), r->match))
		return;
	r->armed = false;
	r->matched = true;
}

static void rtc_arm(struct rtc *r)
{
	r->armed = is_reached(r->match, rtc_now(r));
}

static uint32_t rtc_read_register(const struct rtc *r, uint64_t reg)
{
	switch (reg) {
	case REG_DR:
		return rtc_now(r);
	case REG_MR:
		return r->match;
	case REG_LR:
		return r->load;
	case REG_CR:
		return 1;
	case REG_IMSC:
		return r->masked_in;
	case REG_RIS:
		return r->matched;
	case REG_MIS:
		return r->matched && r->masked_in;
	default:
		if (reg >= REG_ID && (reg - REG_ID) / 4 < sizeof(rtc_id))
			return rtc_id[(reg - REG_ID) / 4];
		return 0;
	}
}

static uint64_t rtc_read(void *dev, uint64_t offset, unsigned int len)
{
	struct rtc *r = dev;

	(void)len; /* registers are 32 bits; narrow reads get their part */
	rtc_catch_up(r);
	return rtc_read_register(r, offset & ~3ULL) >> (offset & 3) * 8;
}

static void rtc_write(void *dev, uint64_t offset, unsigned int len,
		      uint64_t value)
{
	struct rtc *r = dev;

	if (len < 4)
		return;
	rtc_catch_up(r);
	switch (offset) {
	case REG_MR:
		r->match = (uint32_t)value;
		rtc_arm(r);
		break;
	case REG_LR:
		r->load = (uint32_t)value;
		r->offset += r->load - rtc_now(r);
		rtc_arm(r);
		break;
	case REG_IMSC:
		r->masked_in = value & 1;
		break;
	case REG_ICR:
		if (value & 1)
			r->matched = false;
		break;
	default:
		break;
	}
}

const struct bus_ops rtc_ops = { .read = rtc_read, .write = rtc_write };

void rtc_init(struct rtc *r)
{
	memset(r, 0, sizeof(*r));
}
