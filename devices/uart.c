// SPDX-License-Identifier: GPL-2.0-only
/*
 * uart.c: a 16550A UART.
 *
 * How this works: there is no baud rate. A byte written to THR is on the line
 * at once, so LSR always says "empty", and the transmitter-empty interrupt is
 * pending again after each write. Received bytes wait in a FIFO until the guest
 * reads them; below the trigger level the data sheet waits four characters'
 * time before it interrupts, we do so at once (as a character timeout, so
 * that a driver which counts on the level for the cause reads the right one).
 *
 * The interrupt line is a level, computed from the state after each access,
 * and handed to the host only when it changed: an interrupt the guest does not
 * acknowledge costs nothing further.
 */
#include "uart.h"

#include <string.h>

enum {
	REG_DATA = 0, /* RBR, THR; DLL with DLAB */
	REG_IER = 1,  /* DLM with DLAB */
	REG_IIR = 2,  /* FCR on writing */
	REG_LCR = 3,
	REG_MCR = 4,
	REG_LSR = 5,
	REG_MSR = 6,
	REG_SCR = 7,
};

#define IER_RX	  0x01
#define IER_THRE  0x02
#define IER_LINE  0x04
#define IER_MODEM 0x08
#define IER_MASK  0x0f

#define IIR_MODEM   0x00
#define IIR_NONE    0x01
#define IIR_THRE    0x02
#define IIR_RX	    0x04
#define IIR_LINE    0x06
#define IIR_TIMEOUT 0x0c
#define IIR_FIFO_ON 0xc0

#define FCR_ENABLE   0x01
#define FCR_CLEAR_RX 0x02
#define FCR_KEPT     0xc9 /* trigger level, DMA mode, enable */

#define LCR_DLAB 0x80

#define MCR_DTR	 0x01
#define MCR_RTS	 0x02
#define MCR_OUT1 0x04
#define MCR_OUT2 0x08
#define MCR_LOOP 0x10
#define MCR_MASK 0x1f

#define LSR_DATA       0x01
#define LSR_OVERRUN    0x02
#define LSR_BREAK      0x10
#define LSR_THRE       0x20
#define LSR_TEMT       0x40
#define LSR_FIFO_ERROR 0x80

#define MSR_CTS		  0x10
#define MSR_DSR		  0x20
#define MSR_RI		  0x40
#define MSR_DCD		  0x80
#define MSR_LINES	  0xf0 /* changes since the last read are 4 bits below */
#define MSR_DELTA_RI	  0x04 /* trailing edge only */
#define MSR_LINE_IS_THERE (MSR_CTS | MSR_DSR | MSR_DCD)

/* LSR reads in a row, nothing else between, that mean a guest that waits for
 * input by polling. Linux' console output reads it at most a few times. */
#define POLLS_OF_A_LISTENER 16U

/* The divisor after reset: 115200 baud with the usual 1.8432 MHz clock. */
#define RESET_DIVISOR 1

static bool uart_fifo_on(const struct uart *u)
{
	return u->fcr & FCR_ENABLE;
}

static unsigned int rx_trigger(const struct uart *u)
{
	static const uint8_t levels[] = { 1, 4, 8, 14 };

	return uart_fifo_on(u) ? levels[u->fcr >> 6] : 1;
}

static bool rx_head_is_break(const struct uart *u)
{
	return u->rx_count > 0 && (u->rx_breaks >> u->rx_head & 1);
}

static uint8_t line_status(const struct uart *u)
{
	uint8_t lsr = LSR_THRE | LSR_TEMT | u->lsr_error;

	if (u->rx_count > 0)
		lsr |= LSR_DATA;
	if (rx_head_is_break(u))
		lsr |= LSR_BREAK;
	if (uart_fifo_on(u) && u->rx_breaks)
		lsr |= LSR_FIFO_ERROR;
	return lsr;
}

/* The upper half of MSR: loopback feeds the modem outputs to the inputs. */
static uint8_t modem_lines(const struct uart *u)
{
	if (!(u->mcr & MCR_LOOP))
		return MSR_LINE_IS_THERE;
	return (u->mcr & MCR_RTS ? MSR_CTS : 0) |
	       (u->mcr & MCR_DTR ? MSR_DSR : 0) |
	       (u->mcr & MCR_OUT1 ? MSR_RI : 0) |
	       (u->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

/* The cause of highest priority, in the data sheet's order. */
static uint8_t irq_cause(const struct uart *u)
{
	if ((u->ier & IER_LINE) && (line_status(u) & (LSR_OVERRUN | LSR_BREAK)))
		return IIR_LINE;
	if ((u->ier & IER_RX) && u->rx_count >= rx_trigger(u))
		return IIR_RX;
	if ((u->ier & IER_RX) && u->rx_count > 0)
		return IIR_TIMEOUT;
	if ((u->ier & IER_THRE) && u->thre_pending)
		return IIR_THRE;
	if ((u->ier & IER_MODEM) && u->msr_delta)
		return IIR_MODEM;
	return IIR_NONE;
}

static void update_irq(struct uart *u)
{
	bool high = irq_cause(u) != IIR_NONE;

	if (high == u->irq_high)
		return;
	u->irq_high = high;
	u->host.set_irq(u->host.ctx, high);
}

static bool uart_listens(const struct uart *u)
{
	if (u->mcr & MCR_LOOP)
		return false;
	return (u->ier & IER_RX) || u->n_polls >= POLLS_OF_A_LISTENER;
}

static bool rx_full(const struct uart *u)
{
	return u->rx_count >= (uart_fifo_on(u) ? UART_FIFO_SIZE : 1);
}

/* Something may have made room: keep the promise uart_receive() gave. */
static void offer_room(struct uart *u)
{
	if (!u->rx_refused || !uart_listens(u) || rx_full(u))
		return;
	u->rx_refused = false;
	u->host.rx_room(u->host.ctx);
}

static void rx_push(struct uart *u, uint8_t byte, bool is_break)
{
	unsigned int at = (u->rx_head + u->rx_count) % UART_FIFO_SIZE;

	u->rx[at] = byte;
	if (is_break)
		u->rx_breaks |= 1ULL << at;
	u->rx_count++;
}

static void rx_clear(struct uart *u)
{
	u->rx_count = 0;
	u->rx_breaks = 0;
}

static uint8_t rx_pop(struct uart *u)
{
	uint8_t byte;

	if (u->rx_count == 0)
		return 0;
	byte = u->rx[u->rx_head];
	u->rx_breaks &= ~(1ULL << u->rx_head);
	u->rx_head = (u->rx_head + 1) % UART_FIFO_SIZE;
	u->rx_count--;
	return byte;
}

static uint8_t read_iir(struct uart *u)
{
	uint8_t cause = irq_cause(u);

	if (cause == IIR_THRE)
		u->thre_pending = false;
	return cause | (uart_fifo_on(u) ? IIR_FIFO_ON : 0);
}

static uint8_t read_lsr(struct uart *u)
{
	uint8_t lsr = line_status(u);

	u->lsr_error = 0;
	if (lsr & LSR_BREAK) /* reported once */
		u->rx_breaks &= ~(1ULL << u->rx_head);
	if (u->n_polls < POLLS_OF_A_LISTENER)
		u->n_polls++;
	return lsr;
}

static uint8_t read_msr(struct uart *u)
{
	uint8_t msr = modem_lines(u) | u->msr_delta;

	u->msr_delta = 0;
	return msr;
}

static uint64_t uart_read(void *dev, uint64_t offset, unsigned int len)
{
	struct uart *u = dev;
	uint8_t value = 0;

	(void)len; /* a byte-wide device: the other bytes read as zero */
	pthread_mutex_lock(&u->lock);
	switch (offset) {
	case REG_DATA:
		value = u->lcr & LCR_DLAB ? u->dll : rx_pop(u);
		break;
	case REG_IER:
		value = u->lcr & LCR_DLAB ? u->dlm : u->ier;
		break;
	case REG_IIR:
		value = read_iir(u);
		break;
	case REG_LCR:
		value = u->lcr;
		break;
	case REG_MCR:
		value = u->mcr;
		break;
	case REG_LSR:
		value = read_lsr(u);
		break;
	case REG_MSR:
		value = read_msr(u);
		break;
	case REG_SCR:
		value = u->scr;
		break;
	default:
		break;
	}
	update_irq(u);
	offer_room(u);
	pthread_mutex_unlock(&u->lock);
	return value;
}

static void write_thr(struct uart *u, uint8_t byte)
{
	u->n_polls = 0;
	u->thre_pending = true;
	if (!(u->mcr & MCR_LOOP)) {
		u->n_transmitted++;
		u->host.transmit(u->host.ctx, byte);
	} else if (rx_full(u)) {
		u->lsr_error |= LSR_OVERRUN;
	} else {
		rx_push(u, byte, false);
	}
}

static void write_ier(struct uart *u, uint8_t value)
{
	value &= IER_MASK;
	/* Enabling the interrupt while the transmitter is empty raises it. */
	if ((value & IER_THRE) && !(u->ier & IER_THRE))
		u->thre_pending = true;
	u->ier = value;
}

/*
 * Switching the FIFOs on or off clears them in the data sheet. Linux does so
 * when a terminal is opened, after it began to listen: typed bytes would be
 * lost, so only an explicit clear is one here.
 */
static void write_fcr(struct uart *u, uint8_t value)
{
	if (value & FCR_CLEAR_RX)
		rx_clear(u);
	u->fcr = value & FCR_ENABLE ? value & FCR_KEPT : 0;
}

static void write_mcr(struct uart *u, uint8_t value)
{
	uint8_t before = modem_lines(u), now;

	u->mcr = value & MCR_MASK;
	now = modem_lines(u);
	u->msr_delta |= ((before ^ now) & ~MSR_RI & MSR_LINES) >> 4;
	if (before & ~now & MSR_RI)
		u->msr_delta |= MSR_DELTA_RI;
}

static void uart_write(void *dev, uint64_t offset, unsigned int len,
		       uint64_t value)
{
	struct uart *u = dev;
	uint8_t byte = (uint8_t)value;

	(void)len;
	pthread_mutex_lock(&u->lock);
	switch (offset) {
	case REG_DATA:
		if (u->lcr & LCR_DLAB)
			u->dll = byte;
		else
			write_thr(u, byte);
		break;
	case REG_IER:
		if (u->lcr & LCR_DLAB)
			u->dlm = byte;
		else
			write_ier(u, byte);
		break;
	case REG_IIR:
		write_fcr(u, byte);
		break;
	case REG_LCR:
		u->lcr = byte;
		break;
	case REG_MCR:
		write_mcr(u, byte);
		break;
	case REG_SCR:
		u->scr = byte;
		break;
	default: /* LSR and MSR are for reading */
		break;
	}
	update_irq(u);
	offer_room(u);
	pthread_mutex_unlock(&u->lock);
}

const struct bus_ops uart_ops = { .read = uart_read, .write = uart_write };

void uart_init(struct uart *u, const struct uart_host *host)
{
	u->host = *host;
	pthread_mutex_init(&u->lock, NULL);
	uart_power_on(u);
}

void uart_fini(struct uart *u)
{
	pthread_mutex_destroy(&u->lock);
}

void uart_power_on(struct uart *u)
{
	const size_t kept = offsetof(struct uart, ier);

	pthread_mutex_lock(&u->lock);
	memset((char *)u + kept, 0, sizeof(*u) - kept);
	u->dll = RESET_DIVISOR;
	u->thre_pending = true;
	pthread_mutex_unlock(&u->lock);
}

size_t uart_receive(struct uart *u, const uint8_t *bytes, size_t len)
{
	size_t taken = 0;

	pthread_mutex_lock(&u->lock);
	if (uart_listens(u)) {
		while (taken < len && !rx_full(u))
			rx_push(u, bytes[taken++], false);
	}
	if (taken < len)
		u->rx_refused = true;
	update_irq(u);
	pthread_mutex_unlock(&u->lock);
	return taken;
}

void uart_receive_break(struct uart *u)
{
	pthread_mutex_lock(&u->lock);
	if (uart_listens(u) && !rx_full(u))
		rx_push(u, 0, true);
	update_irq(u);
	pthread_mutex_unlock(&u->lock);
}
