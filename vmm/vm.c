// SPDX-License-Identifier: GPL-2.0-only
/* vm.c: building one VM from its configuration, in order, and ending it. */
#include "vm.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "log.h"

/* --- the devices' view of the world --------------------------------------- */

void vm_heard(struct vm *vm, enum expect_port port, const uint8_t *bytes,
	      size_t len)
{
	static const char *const names[] = { "uart", "hvc0" };

	attach_hear(vm->attach, bytes, len);
	if (len == 0 || !vm->outputs)
		return;
	(void)__atomic_add_fetch(&vm->nr_heard, len, __ATOMIC_RELAXED);
	/* With both, Linux prints twice. */
	if (!vm->exec &&
	    (port == EXPECT_HVC) == (vm->cfg->console == CONSOLE_VIRTIO))
		outputs_hear(vm->outputs, bytes, len);
	if (expect_hear(&vm->outputs->expect, port, bytes, len))
		watchdog_hurry(vm);
	if (__atomic_load_n(&vm->has_spoken, __ATOMIC_RELAXED) ||
	    __atomic_exchange_n(&vm->has_spoken, true, __ATOMIC_RELAXED))
		return;
	vm_tell(vm, "first-output", "\"port\":\"%s\"", names[port]);
}

static void panic_told(void *ctx, unsigned int events)
{
	if (events & PVPANIC_PANICKED)
		watchdog_panicked(ctx);
}

static void uart_out(void *ctx, uint8_t byte)
{
	struct vm *vm = ctx;

	if (vm->exec && exec_hear_serial(vm->exec, byte))
		return;
	vm_heard(vm, EXPECT_UART, &byte, 1);
	if (vm->has_term && !vm->exec)
		term_write(&vm->term, &byte, 1);
}

static void uart_irq(void *ctx, bool high)
{
	struct vm *vm = ctx;

	(void)pvm_set_spi(vm->pvm, MACHINE_UART_SPI, high);
}

static void uart_room(void *ctx)
{
	struct vm *vm = ctx;

	if (vm->exec)
		exec_output_room(vm->exec);
	else if (vm->has_term)
		term_input_room(&vm->term);
	attach_input_room(vm->attach);
}

static void gpio_irq(void *ctx, bool high)
{
	struct vm *vm = ctx;

	(void)pvm_set_spi(vm->pvm, MACHINE_GPIO_SPI, high);
}

static void msi_arrived(void *ctx, unsigned int spi)
{
	struct vm *vm = ctx;

	(void)pvm_set_spi(vm->pvm, spi, true);
	(void)pvm_set_spi(vm->pvm, spi, false);
}

/* Where the guest finds which messages there are; ours come by irqfd. */
static int add_gicv2m(struct vm *vm)
{
	vm->gicv2m = (struct gicv2m){ .ctx = vm,
				      .raise = msi_arrived,
				      .first_spi = MACHINE_GICV2M_SPI,
				      .nr_spis = vm->machine.nr_msi_spis };
	if (!vm->gicv2m.nr_spis)
		return 0;
	return bus_add(&vm->bus, MACHINE_GICV2M_BASE, MACHINE_GICV2M_SIZE,
		       "gicv2m", &gicv2m_ops, &vm->gicv2m);
}

/* Those with a lock: it lasts for all lives. */
static void init_serial_and_gpio(struct vm *vm)
{
	const struct pl061_host gpio_host = { .ctx = vm, .set_irq = gpio_irq };
	const struct uart_host uart_host = {
		.ctx = vm,
		.transmit = uart_out,
		.set_irq = uart_irq,
		.rx_room = uart_room,
	};

	uart_init(&vm->uart, &uart_host);
	pl061_init(&vm->gpio, &gpio_host);
}

static int add_devices(struct vm *vm)
{
	int ret;

	bus_clear(&vm->bus);
	uart_power_on(&vm->uart);
	rtc_init(&vm->rtc);
	vm->pvpanic = (struct pvpanic){ .ctx = vm, .told = panic_told };
	pl061_power_on(&vm->gpio);
	ret = bus_add(&vm->bus, MACHINE_UART_BASE, MACHINE_UART_SIZE, "uart",
		      &uart_ops, &vm->uart);
	if (!ret)
		ret = bus_add(&vm->bus, MACHINE_RTC_BASE, MACHINE_RTC_SIZE,
			      "rtc", &rtc_ops, &vm->rtc);
	if (!ret)
		ret = bus_add(&vm->bus, MACHINE_PVPANIC_BASE,
			      MACHINE_PVPANIC_SIZE, "pvpanic", &pvpanic_ops,
			      &vm->pvpanic);
	if (!ret && vm->machine.has_power_key)
		ret = bus_add(&vm->bus, MACHINE_GPIO_BASE, MACHINE_GPIO_SIZE,
			      "gpio", &pl061_ops, &vm->gpio);
	if (!ret)
		ret = add_gicv2m(vm);
	return ret ? ret : devices_plug(vm);
}

int vm_build(struct vm *vm)
{
	struct ram_view ram = pvm_ram_view(vm->pvm);
	int ret;

	vm->finished = vm->has_spoken = false;
	vm->pauses = vm->held;
	memset(&vm->verdict, 0, sizeof(vm->verdict));
	vm->machine.ram = ram.range;

	ret = vm_load(vm, &ram);
	if (!ret)
		ret = add_devices(vm);
	if (!ret)
		ret = pvm_start_vm(vm->pvm, vm->machine.entry,
				   vm->machine.dtb.gpa);
	if (!ret && vm->cfg->debug && vm->cfg->protected_vm)
		donations_begin(&vm->donations, MACHINE_RAM_BASE,
				vm->cfg->mem / (uint64_t)sysconf(_SC_PAGESIZE));
	if (!ret)
		devices_start(vm);
	return ret;
}

void vm_destroy(struct vm *vm)
{
	struct host_memlock m;

	/* The hypervisor wipes and returns one page at a time. */
	if (!vm->ends_untold && vm->cfg->protected_vm && !host_memlock(&m) &&
	    m.locked >= MIB(64))
		log_info("tearing down %llu MiB",
			 (unsigned long long)(m.locked >> 20));
	map_scan_lose(vm); /* it looks at both */
	donations_end(&vm->donations);
	pvm_stop_vm(vm->pvm);
}

/* --- life and state ------------------------------------------------------- */

/* KVM, RAM and the window mapped; no VM yet. */
static int open_pvm(struct vm *vm)
{
	const struct config *cfg = vm->cfg;
	struct pvm_config pc = {
		.protected_vm = cfg->protected_vm,
		.nr_vcpus = cfg->nr_vcpus,
		.ram = devices_ram_range(cfg),
	};
	int ret = devices_init_window(vm);

	if (ret)
		return ret;
	if (devices_window_len(cfg)) {
		pc.window.gpa = vm->devices->window.gpa;
		pc.window.len = vm->devices->window.len;
		pc.window_hva = vm->devices->window.hva;
	}
	ret = pvm_open(&vm->pvm, &pc);
	return ret ? ret : devices_init(vm);
}

int vm_init(struct vm *vm, const struct config *cfg, struct spawner *spawner)
{
	int ret;

	memset(vm, 0, sizeof(*vm));
	vm->cfg = cfg;
	vm->spawner = spawner;
	vm->signals.fd = vm->stores.fd = vm->watchdog.timer.fd = -1;
	vm->watchdog.hurry.fd = vm->power_key.fd = -1;
	vm->donations.err = -ENODATA;
	pthread_mutex_init(&vm->io_lock, NULL);
	pthread_mutex_init(&vm->state_lock, NULL);
	pthread_cond_init(&vm->state_changed, NULL);
	init_serial_and_gpio(vm);

	ret = reclaim_init(&vm->reclaim, cfg->vmlinux);
	if (ret) {
		reclaim_fini(&vm->reclaim);
		return ret;
	}
	ret = loop_init(&vm->loop);
	if (ret) {
		log_err("cannot set up the I/O loop: %s", errno_text(ret));
		reclaim_fini(&vm->reclaim);
		return ret;
	}
	vm->vcpus = calloc(cfg->nr_vcpus, sizeof(*vm->vcpus));
	if (!vm->vcpus) {
		log_err("out of memory");
		loop_fini(&vm->loop);
		reclaim_fini(&vm->reclaim);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < cfg->nr_vcpus; i++)
		vm->vcpus[i] = (struct vcpu){ .vm = vm, .index = i };
	vcpus_prepare();

	ret = cfg->exec.on ? exec_create(&vm->exec, vm) : 0;
	if (!ret)
		ret = open_pvm(vm);
	if (ret)
		vm_fini(vm);
	return ret;
}

void vm_fini(struct vm *vm)
{
	donations_end(&vm->donations);
	map_scan_forget(vm);
	devices_fini(vm);
	pvm_close(vm->pvm);
	vm->pvm = NULL;
	devices_fini_window(vm);
	guard_fini(&vm->guard);
	exec_destroy(vm->exec);
	vm->exec = NULL;
	free(vm->vcpus);
	vm->vcpus = NULL;
	loop_fini(&vm->loop);
	reclaim_fini(&vm->reclaim);
	pl061_fini(&vm->gpio);
	uart_fini(&vm->uart);
	pthread_cond_destroy(&vm->state_changed);
	pthread_mutex_destroy(&vm->state_lock);
	pthread_mutex_destroy(&vm->io_lock);
}

static void tell_end(struct vm *vm, const struct verdict *v)
{
	char what[600];

	if (v->reset)
		vm_tell(vm, "reset", "\"life\":%u", vm->nr_restarts + 1);
	if (v->code == EXIT_GUEST_SHARING && !v->ran)
		vm_tell(vm, "violation", "\"what\":%s",
			json_quote(what, sizeof(what), v->reason));
}

void vm_finish(struct vm *vm, const struct verdict *v)
{
	bool first;

	pthread_mutex_lock(&vm->state_lock);
	first = !vm->finished;
	if (first || (vm->verdict.reset && !v->reset))
		vm->verdict = *v;
	__atomic_store_n(&vm->finished, true, __ATOMIC_SEQ_CST);
	pthread_cond_broadcast(&vm->state_changed);
	pthread_mutex_unlock(&vm->state_lock);
	if (!first)
		return;
	tell_end(vm, v);
	if (vm->has_term)
		term_release_writers(&vm->term);
	vcpus_kick(vm);
	loop_stop(&vm->loop);
}

void vm_finish_as(struct vm *vm, int code, const char *origin, const char *fmt,
		  ...)
{
	struct verdict v = { .code = code, .origin = origin };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(v.reason, sizeof(v.reason), fmt, ap);
	va_end(ap);
	vm_finish(vm, &v);
}

bool vm_finished(struct vm *vm)
{
	return __atomic_load_n(&vm->finished, __ATOMIC_SEQ_CST);
}

void vm_hurry(struct vm *vm)
{
	if (vm->has_term)
		term_hurry(&vm->term);
	if (vm->exec)
		exec_hurry(vm->exec);
}

void vm_pause(struct vm *vm)
{
	pthread_mutex_lock(&vm->state_lock);
	vm->pauses++;
	pthread_mutex_unlock(&vm->state_lock);
	vcpus_kick(vm);
}

void vm_resume(struct vm *vm)
{
	pthread_mutex_lock(&vm->state_lock);
	vm->pauses--;
	pthread_cond_broadcast(&vm->state_changed);
	pthread_mutex_unlock(&vm->state_lock);
}
