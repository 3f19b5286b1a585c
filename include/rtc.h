/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rtc.h: a PL031 real-time clock (Arm DDI 0224). Reads the host's wall clock;
 * a guest's write moves only the guest's offset. No alarm interrupt is wired:
 * the match register and masks read back, and RTCRIS says when it matched.
 * Guarded like every bus device (struct vm: io_lock).
 */
#ifndef LKVM_PVM_RTC_H
#define LKVM_PVM_RTC_H

#include "bus.h"

struct rtc {
	uint32_t offset; /* guest seconds minus host seconds, modulo 2^32 */
	uint32_t match, load;
	bool masked_in; /* RTCIMSC bit 0 */
	bool armed;	/* match lies ahead */
	bool matched;	/* ... or has been reached and not been cleared */
};

extern const struct bus_ops rtc_ops;

void rtc_init(struct rtc *r);

#endif
