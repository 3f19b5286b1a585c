// SPDX-License-Identifier: GPL-2.0-only
/* images.c: what is in a guest's memory when it starts: images, device tree. */
#include "vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "boot_arguments.h"
#include "devicetree.h"
#include "log.h"
#include "output_file.h"

/*
 * Room for the device tree, in bytes. libfdt clears all of it, so it is kept
 * near the need; Linux maps 2 MiB at most, which 512 vCPUs do not reach.
 */
static uint64_t dtb_room(const struct config *cfg)
{
	uint64_t params = cfg->params ? strlen(cfg->params) : 0;

	return align_up(KIB(16) + params + cfg->nr_vcpus * 512ULL, KIB(64));
}

int vm_look_at_kernel(struct config *cfg)
{
	if (!cfg->kernel || !config_has_devices(cfg))
		return 0;
	return loader_page_size(cfg->kernel, &cfg->guest_page);
}

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
	/* exec's init is asked to end by its channel (exec_stop()). */
	m->has_power_key = !vm->exec;
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
	int fd = output_open(option, path);
	int ret;

	if (fd < 0)
		return fd;
	ret = output_write(fd, tree, len);
	if (close(fd) && !ret)
		ret = -errno;
	if (ret)
		log_err("%s %s: %s", option, path, errno_text(ret));
	return ret;
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

int vm_load(struct vm *vm, const struct ram_view *ram)
{
	char *bootargs;
	int ret;

	ret = load_images(vm, ram);
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
	ret = place_tree(vm, ram);
	vm->machine.bootargs = NULL;
	free(bootargs);
	return ret;
}
