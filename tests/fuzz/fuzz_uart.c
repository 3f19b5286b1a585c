// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_uart.c: any sequence of register accesses and received bytes.
 *
 * Input: pairs of bytes. The first says what is done (bits 0-2 register,
 * bit 3 write, bits 4-5 width, bits 6-7 both set: receive instead), the second
 * is the value. Checked: the line has the level IIR tells, only changes are
 * told, received bytes come out once and in order, nothing is sent in loopback.
 *
 * Floor: devices/uart.c 90
 */
#include "fuzz.h"

#include "uart.h"

enum {
	DATA,
	IER,
	IIR,
	LCR,
	MCR,
	LSR
};

struct world {
	struct uart u;
	bool line, room;
	uint64_t nr_sent;
};

static void on_transmit(void *ctx, uint8_t byte)
{
	struct world *w = ctx;

	(void)byte;
	CHECK(!(w->u.mcr & 0x10));
	w->nr_sent++;
}

static void on_irq(void *ctx, bool high)
{
	struct world *w = ctx;

	CHECK(w->line != high);
	w->line = high;
}

static void on_room(void *ctx)
{
	struct world *w = ctx;

	w->room = true;
}

static void receive(struct world *w, uint8_t what, uint8_t value)
{
	uint8_t bytes[16];
	size_t len = what & 0xf, taken;

	if (value == 0) {
		uart_receive_break(&w->u);
		return;
	}
	memset(bytes, value, sizeof(bytes));
	w->room = false;
	taken = uart_receive(&w->u, bytes, len);
	CHECK(taken <= len);
	CHECK(!w->room); /* the caller knows what it was told */
	if (w->u.mcr & 0x10)
		CHECK(taken == 0);
}

static void access_register(struct world *w, uint8_t what, uint8_t value)
{
	unsigned int reg = what & 7, len = 1U << (what >> 4 & 3);
	unsigned int count = w->u.rx_count;
	bool dlab = w->u.lcr & 0x80;
	uint64_t all = value * 0x0101010101010101ULL;
	uint64_t got;

	if (what & 8) {
		uart_ops.write(&w->u, reg, len, all);
		return;
	}
	got = uart_ops.read(&w->u, reg, len);
	CHECK(got <= 0xff);
	if (reg == DATA && !dlab)
		CHECK(w->u.rx_count == (count ? count - 1 : 0));
	else
		CHECK(w->u.rx_count == count);
	if (reg == LSR)
		CHECK((got & 1) == (count > 0) && (got & 0x60) == 0x60);
}

/* IIR, read on a copy because reading acknowledges, and the line agree. */
static void check_line(const struct world *w)
{
	struct world copy = *w;
	uint64_t iir;

	copy.u.host.ctx = &copy;
	iir = uart_ops.read(&copy.u, IIR, 1);
	CHECK((iir & 1) == !w->line);
	CHECK(w->u.irq_high == w->line);
	CHECK(w->u.rx_count <= UART_FIFO_SIZE);
	CHECK(w->u.rx_head < UART_FIFO_SIZE);
	CHECK(w->u.n_transmitted == w->nr_sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { 0 };
	const struct uart_host host = { &w, on_transmit, on_irq, on_room };

	uart_init(&w.u, &host);
	for (; size >= 2; size -= 2, data += 2) {
		if (data[0] >> 6 == 3)
			receive(&w, data[0], data[1]);
		else
			access_register(&w, data[0], data[1]);
		check_line(&w);
	}
	uart_fini(&w.u);
	return 0;
}
