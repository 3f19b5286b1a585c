/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uart.h: a 16550A UART, the guest's first console. Complete enough for
 * Linux' 8250 driver, its earlycon and kvm-unit-tests. Follows the PC16550D
 * data sheet. Transmission is instant: what the guest writes goes to the sink.
 *
 * Any thread may call any function at any time between uart_init() and
 * uart_fini(): the UART has a lock of its own, which nests inside that of the
 * bus (struct vm: io_lock). Who types does not wait for a vCPU that waits for
 * another device.
 */
#ifndef LKVM_PVM_UART_H
#define LKVM_PVM_UART_H

#include <pthread.h>

#include "bus.h"

/*
 * Received bytes we hold for the guest, and what the device tree says a driver
 * may send in one go (the transmitter never fills).
 */
#define UART_FIFO_SIZE 64U

/* What the UART needs of the world. Called with the UART's lock held. */
struct uart_host {
	void *ctx;
	/* One transmitted byte; the bus' lock is held, too. */
	void (*transmit)(void *ctx, uint8_t byte);
	/* Level of the interrupt line; called only when it changes. */
	void (*set_irq)(void *ctx, bool high);
	/* uart_receive() would take more, after it took less than offered. */
	void (*rx_room)(void *ctx);
};

struct uart {
	struct uart_host host;
	pthread_mutex_t lock; /* guards all that follows: one life's */
	uint8_t ier, lcr, mcr, scr, fcr, dll, dlm;
	uint8_t msr_delta; /* modem lines that changed since MSR was read */
	uint8_t lsr_error; /* overrun, until LSR is read */
	uint8_t rx[UART_FIFO_SIZE];
	uint64_t rx_breaks; /* bit i: rx[i] is a break not yet reported */
	unsigned int rx_head, rx_count;
	bool thre_pending; /* transmitter-empty interrupt not yet acknowledged */
	bool irq_high;
	bool rx_refused;      /* rx_room() is owed */
	unsigned int n_polls; /* LSR reads in a row */
	uint64_t n_transmitted;
};

extern const struct bus_ops uart_ops;

void uart_init(struct uart *u, const struct uart_host *host);
void uart_fini(struct uart *u);
/* Another life of the VM. Its interrupt line is low: nobody is told. */
void uart_power_on(struct uart *u);

/*
 * Offers @len received bytes; returns how many were taken. None while the
 * guest does not listen (neither receive interrupt enabled nor polling), so
 * that input which is there before the guest's driver is not thrown away when
 * that resets the FIFO.
 */
size_t uart_receive(struct uart *u, const uint8_t *bytes, size_t len);
/* A break condition (sysrq in Linux); lost when the FIFO is full. */
void uart_receive_break(struct uart *u);

#endif
