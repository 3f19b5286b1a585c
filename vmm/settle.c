// SPDX-License-Identifier: GPL-2.0-only
/*
 * settle.c: what machine a VM's kernel gets, which is known once its image is
 * loaded: the transport of its virtio devices, and whether there is an ITS.
 *
 * Who asked for one gets it. Otherwise nothing is there that nobody uses: PCI
 * and the ITS cost a guest a thousand exits (HACKING.md), and exec's port alone
 * needs neither where the kernel says that it knows virtio-mmio.
 */
#include "vm.h"

#include "log.h"

/* SPIs below those of virtio-mmio's devices are there in any case. */
static unsigned int nr_spis(const struct vm *vm)
{
	const uint64_t nr =
		MACHINE_VIRTIO_MMIO_SPI + (vm->devices ? vm->devices->nr : 0);

	if (vm->machine.nr_msi_spis)
		return MACHINE_GICV2M_SPI + vm->machine.nr_msi_spis;
	if (vm->devices && vm->virtio_mmio)
		return (unsigned int)align_up(nr, 32);
	return MACHINE_GIC_SPIS_PCI;
}

/* Nothing but exec's port, which no user sees. */
static bool has_port_alone(const struct vm *vm)
{
	return vm->devices && vm->devices->nr == 1 &&
	       config_has_channel_alone(vm->cfg) && !vm->cfg->has_transport &&
	       !vm->cfg->has_irqchip;
}

/* Flat payloads, and what firmware starts, look for what they were made for. */
static bool needs_its(const struct vm *vm)
{
	const struct config *cfg = vm->cfg;

	if (cfg->irqchip != IRQCHIP_GICV3_ITS)
		return false;
	return cfg->has_irqchip || vm->placement.kind != LOADER_IMAGE ||
	       cfg->firmware || (vm->devices && !vm->virtio_mmio);
}

/* The words of `lkvm-pvm check -k`, for what a guest cannot do without. */
static void warn(const struct vm *vm, const struct loader_kconfig *kc)
{
	static const unsigned int by_irqchip[] = {
		[IRQCHIP_GICV3_ITS] = LOADER_NEEDED_ON_ITS,
		[IRQCHIP_GICV3_V2M] = LOADER_NEEDED_ON_V2M,
		[IRQCHIP_GICV3] = 0,
	};

	loader_kconfig_warn(vm->cfg->kernel, kc,
			    vm->virtio_mmio
				    ? LOADER_NEEDED_ON_MMIO
				    : LOADER_NEEDED_ON_PCI |
					      by_irqchip[vm->cfg->irqchip]);
}

/* In the image; false: it does not say. */
static bool find_kconfig(const struct vm *vm, const struct ram_view *ram,
			 struct loader_kconfig *found)
{
	const struct loader_placement *pl = &vm->placement;

	if (pl->kind == LOADER_FLAT || !pl->kernel_loaded)
		return false;
	return !loader_kconfig_from_memory(
		ram->hva + (pl->kernel.gpa - ram->range.gpa), pl->kernel_loaded,
		found);
}

int vm_settle(struct vm *vm, const struct ram_view *ram)
{
	const struct loader_kconfig *kc = &vm->cfg->exec.kconfig;
	struct loader_kconfig found = { 0 };

	if (vm->is_settled)
		return 0;
	vm->is_settled = true;
	vm->virtio_mmio = vm->cfg->virtio_mmio;
	if (!kc->text)
		kc = find_kconfig(vm, ram, &found) ? &found : NULL;
	if (kc && has_port_alone(vm) &&
	    loader_kconfig_get(kc, "CONFIG_VIRTIO_MMIO") == 'y')
		vm->virtio_mmio = true;
	if (kc)
		warn(vm, kc);
	loader_kconfig_fini(&found);
	vm->machine.has_its = needs_its(vm);
	/* Linux writes to the registers of each SPI there is. */
	vm->machine.nr_msi_spis = devices_nr_msi_spis(vm);
	pvm_set_irqchip(vm->pvm, vm->machine.has_its, nr_spis(vm));
	return devices_connect(vm);
}
