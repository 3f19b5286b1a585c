// SPDX-License-Identifier: GPL-2.0-only
/* vm.c: building one VM from its configuration, in order, and ending it. */
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "devicetree.h"
#include "exec_channel.h"
#include "host.h"
#include "log.h"

/*
 * Room for the device tree, in bytes. libfdt clears all of it, so it is kept
 * near the need; Linux maps 2 MiB at most, which 512 vCPUs do not reach.
 */
static uint64_t dtb_room(const struct config *cfg)
{
	uint64_t params = cfg->params ? strlen(cfg->params) : 0;

	return align_up(KIB(16) + params + cfg->nr_vcpus * 512ULL, KIB(64));
}

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

static int add_devices(struct vm *vm)
{
	const struct pl061_host gpio_host = { .ctx = vm, .set_irq = gpio_irq };
	const struct uart_host host = {
		.ctx = vm,
		.transmit = uart_out,
		.set_irq = uart_irq,
		.rx_room = uart_room,
	};
	int ret;

	bus_clear(&vm->bus);
	uart_init(&vm->uart, &host);
	rtc_init(&vm->rtc);
	vm->pvpanic = (struct pvpanic){ .ctx = vm, .told = panic_told };
	pl061_init(&vm->gpio, &gpio_host);
	ret = bus_add(&vm->bus, MACHINE_UART_BASE, MACHINE_UART_SIZE, "uart",
		      &uart_ops, &vm->uart);
	if (!ret)
		ret = bus_add(&vm->bus, MACHINE_RTC_BASE, MACHINE_RTC_SIZE,
			      "rtc", &rtc_ops, &vm->rtc);
	if (!ret)
		ret = bus_add(&vm->bus, MACHINE_PVPANIC_BASE,
			      MACHINE_PVPANIC_SIZE, "pvpanic", &pvpanic_ops,
			      &vm->pvpanic);
	if (!ret)
		ret = bus_add(&vm->bus, MACHINE_GPIO_BASE, MACHINE_GPIO_SIZE,
			      "gpio", &pl061_ops, &vm->gpio);
	if (!ret)
		ret = add_gicv2m(vm);
	return ret ? ret : devices_plug(vm);
}

/* --- images and device tree ----------------------------------------------- */

static int load_images(struct vm *vm, const struct ram_view *ram)
{
	const struct config *cfg = vm->cfg;
	struct loader_inputs in = {
		.kernel = cfg->kernel,
		.firmware = cfg->firmware,
		.initrds = cfg->initrds,
		.nr_initrds = cfg->nr_initrds,
		.dtb_room = dtb_room(cfg),
		.window = cfg->mem - ram->range.len,
		.host_page_size = (uint64_t)sysconf(_SC_PAGESIZE),
		.no_warnings = vm->nr_restarts > 0,
	};
	int ret;

	if (vm->exec)
		in.last_initrd = exec_initrd(vm->exec, &in.last_initrd_len);
	ret = loader_load(&in, ram, &vm->placement);
	return ret ? ret : vm_settle(vm, ram);
}

/* Whether the user says how much the kernel is to print. */
static bool is_talkative(const char *params)
{
	return strstr(params, "loglevel=") || strstr(params, "debug") ||
	       strstr(params, "quiet");
}

/*
 * What the guest is told: the user's words, and a console unless one is
 * named. Owned by the caller; NULL without memory.
 */
static char *boot_arguments(const struct config *cfg)
{
	const char *params = cfg->params ? cfg->params : "";
	bool has_console = strstr(params, "console=") != NULL;
	bool has_earlycon = strstr(params, "earlycon") != NULL;
	const char *console = cfg->console == CONSOLE_VIRTIO
				      ? " console=hvc0"
				      : " console=ttyS0,115200";
	const char *exec = exec_channel_params(cfg);
	const char *quiet =
		cfg->exec.on && !is_talkative(params) ? " quiet" : "";
	char *args;

	if (cfg->nodefaults) {
		if (asprintf(&args, "%s%s", params, exec) < 0)
			return NULL;
		return args;
	}

	/* After the user's words: a "quiet" there is then in force already
	 * when earlycon starts to print. Without a speed Linux would take the
	 * console for one of 9600 baud, whatever stdout-path says. */
	if (asprintf(&args, "%s%s%s%s%s", params, quiet,
		     has_console ? "" : console,
		     has_earlycon ? "" : " earlycon", exec) < 0)
		return NULL;
	if (*args == ' ')
		memmove(args, args + 1, strlen(args));
	return args;
}

static int describe_machine(struct vm *vm)
{
	struct machine *m = &vm->machine;
	uint8_t seeds[sizeof(m->kaslr_seed) + sizeof(m->rng_seed)];

	if (getrandom(seeds, sizeof(seeds), 0) != (ssize_t)sizeof(seeds)) {
		log_err("cannot get random seeds for the guest");
		return -EIO;
	}
	memcpy(&m->kaslr_seed, seeds, sizeof(m->kaslr_seed));
	if (vm->cfg->has_kaslr_seed)
		m->kaslr_seed = vm->cfg->kaslr_seed;
	memcpy(m->rng_seed, seeds + sizeof(m->kaslr_seed), sizeof(m->rng_seed));
	m->nr_vcpus = vm->cfg->nr_vcpus;
	m->has_pci = vm->devices && !vm->virtio_mmio;
	m->nr_virtio_mmio =
		vm->devices && vm->virtio_mmio ? vm->devices->nr : 0;
	m->window = devices_window_range(vm->cfg);
	m->initrd = vm->placement.initrd;
	m->dtb = vm->placement.dtb;
	m->entry = vm->placement.entry;
	return 0;
}

static int dump_tree(const char *option, const char *path, const void *tree,
		     size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t n = -1;
	int err;

	if (fd >= 0) {
		errno = ENOSPC; /* what a short write means */
		n = write(fd, tree, len);
	}
	err = errno;
	if (fd >= 0 && close(fd) && n == (ssize_t)len) {
		err = errno;
		n = -1;
	}
	if (n == (ssize_t)len)
		return 0;
	log_err("%s %s: %s", option, path, errno_text(err));
	return -err;
}

static int place_tree(struct vm *vm, const struct ram_view *ram)
{
	const struct machine *m = &vm->machine;
	uint8_t *room = ram->hva + (m->dtb.gpa - ram->range.gpa);
	int len = devicetree_build(m, room, m->dtb.len);

	if (len < 0) {
		log_err("the device tree does not fit into %llu KiB: shorten -p or lower -c",
			(unsigned long long)(m->dtb.len >> 10));
		return len;
	}
	if (vm->cfg->dump_dtb) {
		int ret = dump_tree("--dump-dtb", vm->cfg->dump_dtb, room,
				    (size_t)len);

		if (ret)
			return ret;
	}
	return vm->outputs->dtb_path
		       ? dump_tree("--artifacts", vm->outputs->dtb_path, room,
				   (size_t)len)
		       : 0;
}

int vm_build(struct vm *vm)
{
	struct ram_view ram = pvm_ram_view(vm->pvm);
	char *bootargs;
	int ret;

	vm->finished = vm->has_spoken = false;
	vm->pauses = vm->held;
	memset(&vm->verdict, 0, sizeof(vm->verdict));
	vm->machine.ram = ram.range;

	ret = load_images(vm, &ram);
	if (ret)
		return ret;
	vm_tell(vm, "loaded", "\"kernel_bytes\":%llu,\"initrd_bytes\":%llu",
		(unsigned long long)vm->placement.kernel_loaded,
		(unsigned long long)vm->placement.initrd.len);
	ret = describe_machine(vm);
	if (ret)
		return ret;

	bootargs = boot_arguments(vm->cfg);
	if (!bootargs) {
		log_err("out of memory");
		return -ENOMEM;
	}
	vm->machine.bootargs = bootargs;
	ret = place_tree(vm, &ram);
	vm->machine.bootargs = NULL;
	free(bootargs);
	if (ret)
		return ret;

	ret = add_devices(vm);
	if (ret)
		return ret;
	ret = pvm_start_vm(vm->pvm, vm->machine.entry, vm->machine.dtb.gpa);
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
