/* SPDX-License-Identifier: GPL-2.0-only */
/* uart_fixture.h: a UART, what it sent and its interrupt line. */
#ifndef LKVM_PVM_TESTS_UART_FIXTURE_H
#define LKVM_PVM_TESTS_UART_FIXTURE_H

#include "unit.h"

#include <string.h>

#include "uart.h"

enum {
	DATA,
	IER,
	IIR,
	LCR,
	MCR,
	LSR,
	MSR,
	SCR,
	FCR = IIR
};

struct world {
	struct uart u;
	uint8_t sent[64];
	size_t nr_sent;
	bool line;
	unsigned int nr_edges, nr_room;
};

static inline void on_transmit(void *ctx, uint8_t byte)
{
	struct world *w = ctx;

	w->sent[w->nr_sent++ % sizeof(w->sent)] = byte;
}

static inline void on_irq(void *ctx, bool high)
{
	struct world *w = ctx;

	ck_assert(w->line != high); /* only changes are told */
	w->line = high;
	w->nr_edges++;
}

static inline void on_room(void *ctx)
{
	struct world *w = ctx;

	w->nr_room++;
}

static inline void start(struct world *w)
{
	struct uart_host host = { w, on_transmit, on_irq, on_room };

	memset(w, 0, sizeof(*w));
	uart_init(&w->u, &host);
}

static inline uint8_t get(struct world *w, unsigned int reg)
{
	uint64_t value = uart_ops.read(&w->u, reg, 1);

	ck_assert_uint_le(value, 0xff);
	return (uint8_t)value;
}

static inline void put(struct world *w, unsigned int reg, unsigned int value)
{
	uart_ops.write(&w->u, reg, 1, value);
}

/* What Linux does before the first byte arrives: FIFO on, listening. */
static inline void start_listening(struct world *w)
{
	start(w);
	put(w, FCR, 0x87);
	put(w, IER, 0x05);
}

static inline size_t receive(struct world *w, const char *text)
{
	return uart_receive(&w->u, (const uint8_t *)text, strlen(text));
}

#endif
