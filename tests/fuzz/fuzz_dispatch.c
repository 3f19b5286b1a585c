// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_dispatch.c: any sequence of exits on a machine with its devices.
 *
 * Input: records of kind, flags, length, address and data; what a guest can
 * make KVM_RUN return, and what it cannot.
 *
 * Floor: vmm/vcpu.c 49
 */
#include "fuzz.h"

#include "../../vmm/vm.h"
#include "../unit/fake_pvm.h"
#include "log.h"

struct record {
	uint8_t kind;
	uint8_t flags; /* bit 0: write; bits 1-2: which device */
	uint8_t len;
	uint8_t offset_lo, offset_hi;
	uint8_t data[8];
};

static void sink(void *ctx, uint8_t byte)
{
	(void)ctx;
	(void)byte;
}

static void irq(void *ctx, bool high)
{
	(void)pvm_set_spi(ctx, MACHINE_UART_SPI, high);
}

static void room(void *ctx)
{
	(void)ctx;
}

static void setup(struct vm *vm)
{
	static const struct config cfg = { .nr_vcpus = 1, .mem = MIB(64) };
	const struct uart_host host = { NULL, sink, irq, room };

	if (vm_init(vm, &cfg, NULL))
		abort();
	vm->uart.host = host;
	rtc_init(&vm->rtc);
	if (bus_add(&vm->bus, MACHINE_UART_BASE, MACHINE_UART_SIZE, "uart",
		    &uart_ops, &vm->uart) ||
	    bus_add(&vm->bus, MACHINE_RTC_BASE, MACHINE_RTC_SIZE, "rtc",
		    &rtc_ops, &vm->rtc))
		abort();
}

static gpa_t address(const struct record *r)
{
	uint64_t offset = r->offset_lo | (uint64_t)r->offset_hi << 8;
	uint64_t all;

	switch (r->flags >> 1 & 3) {
	case 0:
		return MACHINE_UART_BASE + offset % (MACHINE_UART_SIZE + 2);
	case 1:
		return MACHINE_RTC_BASE + offset % (MACHINE_RTC_SIZE + 8);
	case 2:
		return offset << 16;
	default:
		memcpy(&all, r->data, sizeof(all));
		return all;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	bool alive = true;
	struct record r;

	log_set_level(LOG_ERROR);
	setup(vm);
	while (alive && fuzz_next(&data, &size, &r, sizeof(r))) {
		struct pvm_exit e = { 0 };

		/* Mostly MMIO: every other kind but three ends the VM. */
		e.kind = r.kind % 4
				 ? PVM_EXIT_MMIO
				 : (enum pvm_exit_kind)(r.kind / 4 %
							(PVM_EXIT_OTHER + 1));
		e.err = r.kind & 0x80 ? r.len : 0;
		e.gpa = address(&r);
		e.len = r.flags & 0x80 ? r.len : 1U << (r.len & 3);
		e.is_write = r.flags & 1;
		e.data = r.data;
		if (r.flags & 0x40)
			(void)uart_receive(&vm->uart, r.data, r.len & 7);
		alive = vcpu_dispatch(&vm->vcpus[0], &e);
		if (alive == vm_finished(vm))
			abort();
	}
	vm_fini(vm);
	free(vm);
	return 0;
}
