// SPDX-License-Identifier: GPL-2.0-only
/*
 * devices.c: the virtio devices of a VM: which there are (add_all()), and their
 * lives. window_size.c says what they need of the window.
 */
#include "vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "network.h"

/* --- transports ------------------------------------------------------------- */

static int slot_init(struct vm *vm, unsigned int i, struct virtio_dev *dev)
{
	static const enum virtio_pci_msi msi[] = {
		[IRQCHIP_GICV3_V2M] = VIRTIO_PCI_GICV2M,
		[IRQCHIP_GICV3_ITS] = VIRTIO_PCI_ITS,
		[IRQCHIP_GICV3] = VIRTIO_PCI_INTX,
	};
	struct devices *ds = vm->devices;

	if (vm->virtio_mmio)
		return virtio_mmio_init(&ds->slots[i].mmio, dev, i);
	return virtio_pci_init(&ds->slots[i].pci, dev, &ds->pci,
			       msi[vm->cfg->irqchip]);
}

static void slot_fini(struct vm *vm, union devices_slot *s)
{
	if (vm->virtio_mmio)
		virtio_mmio_fini(&s->mmio);
	else
		virtio_pci_fini(&s->pci);
}

static void slot_start(struct vm *vm, union devices_slot *s)
{
	if (vm->virtio_mmio)
		virtio_mmio_start(&s->mmio, vm->pvm);
	else
		virtio_pci_start(&s->pci, vm->pvm);
}

static void slot_stop(struct vm *vm, union devices_slot *s)
{
	if (vm->virtio_mmio)
		virtio_mmio_stop(&s->mmio);
	else
		virtio_pci_stop(&s->pci);
}

static int map_slots(struct vm *vm)
{
	struct devices *ds = vm->devices;
	int ret = 0;

	if (!vm->virtio_mmio) {
		pci_host_power_on(&ds->pci);
		return pci_host_map(&ds->pci, &vm->bus);
	}
	for (unsigned int i = 0; !ret && i < ds->nr; i++)
		ret = virtio_mmio_map(&ds->slots[i].mmio, &vm->bus);
	return ret;
}

/* --- what becomes of them, as events ----------------------------------------- */

static void device_ready(void *ctx, const struct virtio_dev *d)
{
	struct vm *vm = ctx;

	vm_tell(vm, "device-ready", "\"device\":\"%s\"", d->name);
}

static void device_violated(void *ctx, const struct virtio_dev *d,
			    const char *what, const struct vq_error *e,
			    unsigned int q)
{
	struct vm *vm = ctx;
	char text[700];

	if (d->waits_for_sharing || d->lacks_means)
		watchdog_hurry(vm);
	if (!what)
		return;
	json_quote(text, sizeof(text), what);
	if (e)
		vm_tell(vm, "violation",
			"\"device\":\"%s\",\"queue\":%u,\"gpa\":%llu,\"len\":%llu,\"what\":%s",
			d->name, q, (unsigned long long)e->gpa,
			(unsigned long long)e->len, text);
	else
		vm_tell(vm, "violation", "\"device\":\"%s\",\"what\":%s",
			d->name, text);
}

static const struct virtio_watcher watcher = {
	.ready = device_ready,
	.violated = device_violated,
};

/* --- which devices there are ----------------------------------------------- */

/* @dev, initialised, gets the next slot. */
static int add(struct vm *vm, struct virtio_dev *dev)
{
	struct devices *ds = vm->devices;

	if (ds->nr == DEVICES_MAX) {
		log_err("more than %u virtio devices; leave some out",
			DEVICES_MAX);
		virtio_dev_fini(dev);
		return -ENOSPC;
	}
	ds->all[ds->nr++] = dev;
	dev->watcher_ctx = vm;
	dev->watcher = &watcher;
	dev->orderly_ctx = &vm->orderly;
	dev->orderly = orderly_do;
	return 0;
}

static int add_rng(struct vm *vm)
{
	struct devices *ds = vm->devices;
	int ret = virtio_rng_init(&ds->rng, &ds->window, &vm->loop, 0);

	if (ret) {
		log_err("--rng: %s", errno_text(ret));
		return ret;
	}
	return add(vm, &ds->rng.dev);
}

static int add_disk(struct vm *vm, unsigned int number)
{
	const struct config_disk *d = &vm->cfg->disks[number];
	struct devices *ds = vm->devices;
	const struct virtio_blk_init init = {
		.file = d->file,
		.serial = d->serial,
		.id = d->id,
		.number = number,
		.nr_queues = d->queues,
		.guest_page = vm->cfg->guest_page,
		.window = &ds->window,
		.loop = &vm->loop,
	};
	int ret;

	if (number == DEVICES_MAX) {
		log_err("more than %u disks; leave some out", DEVICES_MAX);
		return -ENOSPC;
	}
	ret = virtio_blk_create(&ds->disks[number], &init);
	if (ret)
		return ret;
	ds->nr_disks++;
	return add(vm, virtio_blk_dev(ds->disks[number]));
}

static int add_net(struct vm *vm, unsigned int number)
{
	const struct config_net *c = &vm->cfg->nets[number];
	struct devices *ds = vm->devices;
	struct devices_net *n = &ds->nets[number];
	struct virtio_net_init init = {
		.netdev = &n->netdev,
		.number = number,
		.window = &ds->window,
		.loop = &vm->loop,
	};
	int ret;

	if (number == DEVICES_MAX) {
		log_err("more than %u network cards; leave some out",
			DEVICES_MAX);
		return -ENOSPC;
	}
	ds->nr_nets++;
	ret = backend_open_passt(&n->passt, vm, number);
	if (ret != -ENOTSUP)
		return ret ? ret
			   : add(vm, virtio_vhost_user_dev(n->passt.device));
	ret = network_open(&n->netdev, c, vm->spawner);
	if (ret)
		return ret;
	if (c->kind == NET_TAP && c->vhost != VHOST_OFF) {
		bool wanted = c->vhost == VHOST_ON;

		ret = vhost_net_open(&n->vhost, &n->netdev, wanted);
		if (ret && wanted)
			return ret;
		if (!ret)
			init.backend = &n->vhost.backend;
	}
	if (c->has_mac)
		memcpy(init.mac, c->mac, sizeof(init.mac));
	else
		network_mac(init.mac, n->netdev.name, number);
	ret = virtio_net_create(&n->net, &init);
	return ret ? ret : add(vm, virtio_net_dev(n->net));
}

static int add_vsock(struct vm *vm)
{
	struct devices *ds = vm->devices;
	int ret =
		vsock_open(&ds->vsock, &vm->cfg->vsock, &ds->window, &vm->loop);

	if (!ret && config_has_exec_vsock(vm->cfg))
		ret = exec_vsock(vm->exec, ds->vsock.own);
	return ret ? ret : add(vm, ds->vsock.dev);
}

static int add_vhost_user(struct vm *vm, unsigned int at)
{
	struct devices *ds = vm->devices;
	struct backend *b = &ds->vhost_users[at];
	int ret;

	if (at == DEVICES_MAX) {
		log_err("more than %u shares and back ends; leave some out",
			DEVICES_MAX);
		return -ENOSPC;
	}
	ds->nr_vhost_users++;
	ret = backend_open(b, vm, at);
	return ret ? ret : add(vm, virtio_vhost_user_dev(b->device));
}

static int add_console(struct vm *vm)
{
	int ret = consoles_init(vm);

	return ret ? ret
		   : add(vm, virtio_console_dev(vm->devices->consoles.device));
}

/* In the order of their slots. */
static int add_all(struct vm *vm)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < vm->cfg->nr_disks; i++)
		ret = add_disk(vm, i);
	if (!ret && config_has_console(vm->cfg))
		ret = add_console(vm);
	if (!ret && vm->cfg->rng)
		ret = add_rng(vm);
	for (unsigned int i = 0; !ret && i < vm->cfg->nr_nets; i++)
		ret = add_net(vm, i);
	if (!ret && vm->cfg->vsock.kind != VSOCK_NONE)
		ret = add_vsock(vm);
	for (unsigned int i = 0; !ret && i < vm->cfg->nr_vhost_users; i++)
		ret = add_vhost_user(vm, i);
	return ret;
}

/* --- made once ------------------------------------------------------------- */

static void set_line(void *ctx, unsigned int line, bool high)
{
	struct vm *vm = ctx;

	(void)pvm_set_spi(vm->pvm, MACHINE_PCI_INTX_SPI + line, high);
}

static int refuse_window(const struct config *cfg, uint64_t len)
{
	log_err("-m %llu: the window for the virtio devices takes %llu KiB of it, which leaves too little RAM; raise -m to %llu or more%s",
		(unsigned long long)(cfg->mem >> 20),
		(unsigned long long)(len >> 10),
		(unsigned long long)(align_up(len + CONFIG_MEM_ALIGN,
					      CONFIG_MEM_ALIGN) >>
				     20),
		cfg->window_kind == WINDOW_SIZE ? ", or lower --window" : "");
	return -ENOSPC;
}

int devices_init_window(struct vm *vm)
{
	const struct gpa_range range = devices_window_range(vm->cfg);
	struct devices *ds;
	int ret;

	if (!config_has_devices(vm->cfg))
		return 0;
	if (range.len + CONFIG_MEM_ALIGN > vm->cfg->mem)
		return refuse_window(vm->cfg, range.len);
	ds = calloc(1, sizeof(*ds));
	if (!ds) {
		log_err("out of memory");
		return -ENOMEM;
	}
	ds->window.fd = -1;
	if (range.len) {
		ret = window_init(&ds->window, range.gpa, range.len);
		if (ret) {
			free(ds);
			return ret;
		}
	}
	vm->devices = ds;
	return 0;
}

/* Whole steps of the GIC's: one for each queue and configuration at least. */
unsigned int devices_nr_msi_spis(const struct vm *vm)
{
	const struct devices *ds = vm->devices;
	uint64_t nr = MACHINE_GICV2M_SPI;

	if (!ds || vm->virtio_mmio || vm->cfg->irqchip != IRQCHIP_GICV3_V2M)
		return 0;
	for (unsigned int i = 0; i < ds->nr; i++)
		nr += ds->all[i]->nr_queues + 1;
	return (unsigned int)align_up(nr, 32) - MACHINE_GICV2M_SPI;
}

int devices_init(struct vm *vm)
{
	struct devices *ds = vm->devices;
	struct ram_view ram;

	if (!ds)
		return 0;
	if (!ds->window.len) {
		/* --window=off: an ordinary VM, whose RAM stays ours too. */
		ram = pvm_ram_view(vm->pvm);
		ds->window.gpa = ram.range.gpa;
		ds->window.len = ram.range.len;
		ds->window.hva = ram.hva;
	}
	pci_host_init(&ds->pci, set_line, vm);
	return add_all(vm);
}

int devices_connect(struct vm *vm)
{
	struct devices *ds = vm->devices;
	int ret = 0;

	for (unsigned int i = 0; !ret && ds && i < ds->nr; i++) {
		ret = slot_init(vm, i, ds->all[i]);
		if (ret)
			log_err("%s: cannot make its registers: %s",
				ds->all[i]->name, errno_text(ret));
	}
	return ret;
}

void devices_fini(struct vm *vm)
{
	struct devices *ds = vm->devices;

	if (!ds || !ds->pci.set_line)
		return;
	while (ds->nr > 0) {
		slot_fini(vm, &ds->slots[--ds->nr]);
		virtio_dev_fini(ds->all[ds->nr]);
	}
	while (ds->nr_disks > 0)
		virtio_blk_destroy(ds->disks[--ds->nr_disks]);
	while (ds->nr_nets > 0) {
		struct devices_net *n = &ds->nets[--ds->nr_nets];

		virtio_net_destroy(n->net);
		vhost_net_close(&n->vhost);
		netdev_close(&n->netdev);
		backend_close(&n->passt);
	}
	while (ds->nr_vhost_users > 0)
		backend_close(&ds->vhost_users[--ds->nr_vhost_users]);
	vsock_close(&ds->vsock);
	consoles_fini(vm);
	pci_host_fini(&ds->pci);
}

void devices_fini_window(struct vm *vm)
{
	if (!vm->devices)
		return;
	if (devices_window_len(vm->cfg))
		window_fini(&vm->devices->window);
	free(vm->devices);
	vm->devices = NULL;
}

/* --- each life ------------------------------------------------------------- */

int devices_plug(struct vm *vm)
{
	struct devices *ds = vm->devices;
	uint64_t len = devices_window_len(vm->cfg);
	int ret;

	if (!ds)
		return 0;
	if (len && ds->window_used) {
		ret = window_clear(&ds->window);
		if (ret) {
			log_err("cannot clear the window of virtio devices: %s",
				errno_text(ret));
			return ret;
		}
	}
	ds->window_used = true;
	return map_slots(vm);
}

void devices_start(struct vm *vm)
{
	struct devices *ds = vm->devices;

	pthread_mutex_lock(&vm->io_lock);
	for (unsigned int i = 0; ds && i < ds->nr; i++)
		slot_start(vm, &ds->slots[i]);
	pthread_mutex_unlock(&vm->io_lock);
}

void devices_stop(struct vm *vm)
{
	struct devices *ds = vm->devices;

	pthread_mutex_lock(&vm->io_lock);
	for (unsigned int i = 0; ds && i < ds->nr; i++)
		slot_stop(vm, &ds->slots[i]);
	pthread_mutex_unlock(&vm->io_lock);
}

static bool is_unshared(const struct virtio_dev *dev)
{
	return __atomic_load_n(&dev->nr_sharing, __ATOMIC_RELAXED) > 0;
}

static bool is_waiting(const struct virtio_dev *dev)
{
	return __atomic_load_n(&dev->waits_for_sharing, __ATOMIC_RELAXED);
}

static bool is_lacking(const struct virtio_dev *dev)
{
	return __atomic_load_n(&dev->lacks_means, __ATOMIC_RELAXED);
}

/* Without their locks: a guest may have them held for long. */
static const char *first_device(struct vm *vm,
				bool (*is)(const struct virtio_dev *))
{
	struct devices *ds = vm->devices;

	for (unsigned int i = 0; ds && i < ds->nr; i++) {
		if (is(ds->all[i]))
			return ds->all[i]->name;
	}
	return NULL;
}

const char *devices_unshared(struct vm *vm)
{
	return first_device(vm, is_unshared);
}

const char *devices_waiting(struct vm *vm)
{
	return first_device(vm, is_waiting);
}

const char *devices_lacking(struct vm *vm)
{
	return first_device(vm, is_lacking);
}

uint64_t devices_activity(struct vm *vm)
{
	struct devices *ds = vm->devices;
	struct virtio_stats s;
	uint64_t sum = 0;

	for (unsigned int i = 0; ds && i < ds->nr; i++) {
		virtio_dev_stats(ds->all[i], &s);
		sum += s.requests + s.kicks + s.interrupts;
	}
	return sum;
}
