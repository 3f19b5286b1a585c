/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pl061.h: a PL061 GPIO controller (Arm DDI 0190), eight lines. The guest's
 * power key is one of them. Any thread may call any function at any time between
 * pl061_init() and pl061_fini(): it has a lock of its own, as the UART (uart.h).
 */
#ifndef LKVM_PVM_PL061_H
#define LKVM_PVM_PL061_H

#include <pthread.h>

#include "bus.h"

/* Called with the device's lock held. */
struct pl061_host {
	void *ctx;
	/* Level of the interrupt line; called only when it changes. */
	void (*set_irq)(void *ctx, bool high);
};

struct pl061 {
	struct pl061_host host;
	pthread_mutex_t lock; /* guards all that follows: one life's */
	uint8_t in;	      /* what is outside, a bit per line */
	uint8_t out, dir, is_level, both_edges, rising, enabled, afsel;
	uint8_t edges;	   /* interrupts of edges, until cleared */
	uint8_t seen_high; /* lines the guest has read as high since they rose */
	bool irq_high;
};

extern const struct bus_ops pl061_ops;

void pl061_init(struct pl061 *p, const struct pl061_host *host);
void pl061_fini(struct pl061 *p);
/* Another life of the VM, as uart_power_on() */
void pl061_power_on(struct pl061 *p);
void pl061_set_input(struct pl061 *p, unsigned int line, bool high);
/* Whether the guest wants interrupts of @line: it has a driver for it. */
bool pl061_is_listened_to(struct pl061 *p, unsigned int line);
/* Whether the guest has read @line as high since it last rose. */
bool pl061_was_seen(struct pl061 *p, unsigned int line);

#endif
