// SPDX-License-Identifier: GPL-2.0-only
/* test_devices.c: the virtio devices of a VM over its lives. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "../../vmm/vm.h"
#include "fake_pvm.h"
#include "log.h"

#define STATUS 20U

static void gzip(const char *text, uint8_t *out, size_t size)
{
	z_stream z = { .next_in = (const Bytef *)text,
		       .avail_in = (unsigned int)strlen(text),
		       .next_out = out,
		       .avail_out = (unsigned int)size };

	ck_assert_int_eq(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
}

static struct config config_with(bool rng)
{
	return (struct config){
		.nr_vcpus = 1,
		.mem = MIB(64),
		.protected_vm = true,
		.rng = rng,
	};
}

static struct vm *vm_new(const struct config *cfg)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	ck_assert_ptr_nonnull(vm);
	memset(&fake_pvm, 0, sizeof(fake_pvm));
	log_set_level(LOG_ERROR);
	ck_assert_int_eq(vm_init(vm, cfg, NULL), 0);
	return vm;
}

/* A kernel with the configuration @kconfig, or NULL: none that is known. */
static void settle(struct vm *vm, const char *kconfig)
{
	uint8_t image[KIB(1)] = { 0 };
	const struct ram_view ram = { .range = { 0, sizeof(image) },
				      .hva = image };

	vm->placement = (struct loader_placement){ .kind = LOADER_IMAGE };
	if (kconfig) {
		memcpy(image, "IKCFG_ST", 8);
		gzip(kconfig, image + 8, sizeof(image) - 8);
		vm->placement.kernel_loaded = sizeof(image);
	}
	ck_assert_int_eq(vm_settle(vm, &ram), 0);
}

static void vm_delete(struct vm *vm)
{
	vm_fini(vm);
	free(vm);
}

static uint64_t load(struct vm *vm, gpa_t gpa, unsigned int len)
{
	uint64_t v = 0;

	bus_access(&vm->bus, gpa, (uint8_t *)&v, len, false);
	return v;
}

static void store(struct vm *vm, gpa_t gpa, unsigned int len, uint64_t v)
{
	bus_access(&vm->bus, gpa, (uint8_t *)&v, len, true);
}

START_TEST(without_devices_there_is_no_window)
{
	const struct config cfg = config_with(false);
	struct vm *vm = vm_new(&cfg);

	ck_assert_ptr_null(vm->devices);
	ck_assert_uint_eq(devices_window_len(&cfg), 0);
	ck_assert_int_eq(devices_plug(vm), 0);
	ck_assert_uint_eq(vm->bus.nr_devices, 0);
	devices_start(vm);
	devices_stop(vm);
	vm_delete(vm);
}
END_TEST

START_TEST(window_is_what_the_devices_need_in_steps)
{
	struct config cfg = config_with(true);

	ck_assert_uint_eq(devices_window_len(&cfg), CONFIG_WINDOW_ALIGN);
	cfg.window_kind = WINDOW_SIZE;
	cfg.window = MIB(6);
	ck_assert_uint_eq(devices_window_len(&cfg), MIB(6));
	cfg.window_kind = WINDOW_OFF;
	ck_assert_uint_eq(devices_window_len(&cfg), 0);
	cfg.window_kind = WINDOW_SIZE;
	cfg.rng = false;
	ck_assert_uint_eq(devices_window_len(&cfg), 0);
}
END_TEST

START_TEST(window_is_larger_for_larger_pages)
{
	struct config cfg = config_with(true);
	struct config_net net = { .queues = 1 };
	struct config_disk disk = { .queues = 1 };
	uint64_t small, large;

	cfg.nets = &net;
	cfg.nr_nets = 1;
	cfg.disks = &disk;
	cfg.nr_disks = 1;
	small = devices_window_len(&cfg);
	cfg.guest_page = KIB(4);
	ck_assert_uint_eq(devices_window_len(&cfg), small);
	cfg.guest_page = KIB(16);
	large = devices_window_len(&cfg);
	/* The card's receive queue is full of pages, each of the disk's names one. */
	ck_assert_uint_ge(large - small, 128 * KIB(12) + MIB(1));
	cfg.guest_page = KIB(64);
	ck_assert_uint_gt(devices_window_len(&cfg), large);

	/* A console's queues are full of pages, too, of 16 KiB if nobody knows. */
	cfg.nr_nets = cfg.nr_disks = 0;
	cfg.console = CONSOLE_VIRTIO;
	large = devices_window_len(&cfg);
	cfg.guest_page = KIB(4);
	small = devices_window_len(&cfg);
	ck_assert_uint_lt(small, large);
}
END_TEST

START_TEST(cards_need_more_when_alone)
{
	struct config cfg = config_with(false);
	struct config_net nets[2] = { { .queues = 1 }, { .queues = 1 } };
	struct config_disk disk = { .queues = 1 };
	uint64_t cards, both;

	cfg.nets = nets;
	cfg.nr_nets = 2;
	cards = devices_window_len(&cfg);
	cfg.disks = &disk;
	cfg.nr_disks = 1;
	both = devices_window_len(&cfg);
	cfg.nr_nets = 0;
	ck_assert_uint_lt(both, cards + devices_window_len(&cfg));
	ck_assert_uint_gt(both, cards);
}
END_TEST

START_TEST(window_and_ram_are_all_of_the_memory)
{
	struct config cfg = config_with(true);
	struct gpa_range window = devices_window_range(&cfg);
	struct gpa_range ram = devices_ram_range(&cfg);
	struct vm *vm = vm_new(&cfg);

	ck_assert_uint_eq(window.gpa, MACHINE_RAM_BASE);
	ck_assert_uint_eq(window.gpa + window.len, ram.gpa);
	ck_assert_uint_eq(ram.gpa + ram.len, MACHINE_RAM_BASE + cfg.mem);
	ck_assert_uint_eq(vm->devices->window.gpa, window.gpa);
	ck_assert_uint_eq(vm->devices->window.len, window.len);
	ck_assert_ptr_nonnull(vm->devices->window.hva);
	vm_delete(vm);

	cfg.rng = false;
	ram = devices_ram_range(&cfg);
	ck_assert_uint_eq(ram.gpa, MACHINE_RAM_BASE);
	ck_assert_uint_eq(ram.len, cfg.mem);
}
END_TEST

START_TEST(firmware_is_where_ram_begins_without_a_window)
{
	struct config cfg = config_with(true);
	struct gpa_range window, ram;

	cfg.firmware = "fw.bin";
	window = devices_window_range(&cfg);
	ram = devices_ram_range(&cfg);
	ck_assert_uint_eq(ram.gpa, MACHINE_RAM_BASE);
	ck_assert_uint_eq(window.gpa + window.len, MACHINE_RAM_BASE);
	ck_assert_uint_eq(ram.len + window.len, cfg.mem);
}
END_TEST

START_TEST(window_leaves_room_for_ram)
{
	struct config cfg = config_with(true);
	struct vm *vm = calloc(1, sizeof(*vm));

	ck_assert_ptr_nonnull(vm);
	cfg.window_kind = WINDOW_SIZE;
	cfg.window = cfg.mem - MIB(1);
	ck_assert_int_eq(vm_init(vm, &cfg, NULL), -ENOSPC);
	cfg.window = cfg.mem - MIB(2);
	ck_assert_int_eq(vm_init(vm, &cfg, NULL), 0);
	vm_delete(vm);
}
END_TEST

START_TEST(each_life_finds_the_device_anew)
{
	const struct config cfg = config_with(true);
	struct vm *vm = vm_new(&cfg);
	uint8_t *hva = vm->devices->window.hva;

	settle(vm, NULL);
	for (unsigned int life = 0; life < 3; life++) {
		gpa_t ecam = MACHINE_PCI_ECAM_BASE, bar = MACHINE_PCI_MMIO_BASE;

		memset(&vm->bus, 0, sizeof(vm->bus));
		ck_assert_int_eq(devices_plug(vm), 0);
		devices_start(vm);
		ck_assert_uint_eq(hva[4096], 0);
		ck_assert_uint_eq(load(vm, ecam, 4), 0x10441af4);
		ck_assert_uint_eq(load(vm, ecam + 4, 2), 0);
		store(vm, ecam + 4, 2, 6);
		ck_assert_uint_eq(load(vm, bar + STATUS, 1), 0);
		store(vm, bar + STATUS, 1, 3);
		ck_assert_uint_eq(load(vm, bar + STATUS, 1), 3);
		hva[4096] = 42;
		devices_stop(vm);
	}
	vm_delete(vm);
}
END_TEST

START_TEST(on_mmio_there_is_no_pci)
{
	struct config cfg = config_with(true);
	gpa_t regs = MACHINE_VIRTIO_MMIO_BASE;
	struct vm *vm;

	cfg.virtio_mmio = true;
	vm = vm_new(&cfg);
	settle(vm, NULL);
	for (unsigned int life = 0; life < 3; life++) {
		bus_clear(&vm->bus);
		ck_assert_int_eq(devices_plug(vm), 0);
		devices_start(vm);
		ck_assert_uint_eq(load(vm, MACHINE_PCI_ECAM_BASE, 4),
				  UINT32_MAX);
		ck_assert_uint_eq(load(vm, regs, 4), 0x74726976);
		ck_assert_uint_eq(load(vm, regs + 0x70, 4), 0);
		store(vm, regs + 0x70, 4, 3);
		ck_assert_uint_eq(load(vm, regs + 0x70, 4), 3);
		ck_assert_uint_eq(load(vm, regs + MACHINE_VIRTIO_MMIO_SIZE, 4),
				  UINT32_MAX);
		devices_stop(vm);
	}
	ck_assert_ptr_null(devices_unshared(vm));
	vm_delete(vm);
}
END_TEST

/* Whether it got virtio-mmio; *its: and an ITS. */
static bool gets_mmio(const struct config *cfg, const char *kconfig, bool *its)
{
	struct vm *vm = vm_new(cfg);
	bool mmio;

	settle(vm, kconfig);
	mmio = vm->virtio_mmio;
	*its = vm->machine.has_its;
	vm_delete(vm);
	return mmio;
}

START_TEST(channel_alone_is_on_mmio_where_the_kernel_knows_it)
{
	static const char both[] = "CONFIG_VIRTIO_MMIO=y\n";
	static const char module[] = "CONFIG_VIRTIO_MMIO=m\n";
	struct config cfg = config_with(false);
	bool its;

	cfg.exec.on = true;
	ck_assert(gets_mmio(&cfg, both, &its));
	ck_assert(!its);
	ck_assert(!gets_mmio(&cfg, module, &its));
	ck_assert(its);
	ck_assert(!gets_mmio(&cfg, NULL, &its));
	ck_assert(its);
	cfg.has_irqchip = true;
	ck_assert(!gets_mmio(&cfg, both, &its));
	ck_assert(its);
	cfg.has_irqchip = false;
	cfg.has_transport = true;
	ck_assert(!gets_mmio(&cfg, both, &its));
	cfg.has_transport = false;
	cfg.rng = true;
	ck_assert(!gets_mmio(&cfg, both, &its));
	ck_assert(its);
	cfg.exec.on = false;
	ck_assert(!gets_mmio(&cfg, both, &its));
}
END_TEST

START_TEST(its_is_there_for_who_uses_it_or_asks)
{
	struct config cfg = config_with(false);
	struct vm *vm = vm_new(&cfg);
	const struct ram_view ram = { .range = { 0, 0 } };
	bool its;

	ck_assert(!gets_mmio(&cfg, NULL, &its));
	ck_assert(!its);
	cfg.has_irqchip = true;
	(void)gets_mmio(&cfg, NULL, &its);
	ck_assert(its);
	cfg.irqchip = IRQCHIP_GICV3;
	(void)gets_mmio(&cfg, NULL, &its);
	ck_assert(!its);
	cfg = config_with(false);
	vm->placement.kind = LOADER_FLAT;
	ck_assert_int_eq(vm_settle(vm, &ram), 0);
	ck_assert(vm->machine.has_its);
	vm_delete(vm);
}
END_TEST

START_TEST(channel_alone_has_few_buffers)
{
	struct config cfg = config_with(false);
	struct vm *vm;

	cfg.exec.on = true;
	ck_assert_uint_eq(devices_window_len(&cfg), KIB(512));
	cfg.guest_page = KIB(4);
	ck_assert_uint_eq(devices_window_len(&cfg), KIB(256));
	vm = vm_new(&cfg);
	ck_assert_uint_eq(vm->devices->all[0]->nr_queues, 4);
	ck_assert_uint_eq(vm->devices->all[0]->queues[1].vq.max_size,
			  VIRTIO_CONSOLE_FEW);
	vm_delete(vm);
	cfg.console = CONSOLE_VIRTIO;
	ck_assert_uint_gt(devices_window_len(&cfg), MIB(1));
	vm = vm_new(&cfg);
	ck_assert_uint_eq(vm->devices->all[0]->queues[5].vq.max_size,
			  VIRTIO_CONSOLE_QUEUE);
	vm_delete(vm);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("devices");
	TCase *tc = tcase_create("devices");

	tcase_add_test(tc, without_devices_there_is_no_window);
	tcase_add_test(tc, window_is_what_the_devices_need_in_steps);
	tcase_add_test(tc, window_is_larger_for_larger_pages);
	tcase_add_test(tc, cards_need_more_when_alone);
	tcase_add_test(tc, window_and_ram_are_all_of_the_memory);
	tcase_add_test(tc, firmware_is_where_ram_begins_without_a_window);
	tcase_add_test(tc, window_leaves_room_for_ram);
	tcase_add_test(tc, each_life_finds_the_device_anew);
	tcase_add_test(tc, on_mmio_there_is_no_pci);
	tcase_add_test(tc, channel_alone_is_on_mmio_where_the_kernel_knows_it);
	tcase_add_test(tc, its_is_there_for_who_uses_it_or_asks);
	tcase_add_test(tc, channel_alone_has_few_buffers);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
