/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * devices.h: the virtio devices of a VM, their window and their transports:
 * made once, plugged in anew for each life of the VM.
 */
#ifndef LKVM_PVM_DEVICES_H
#define LKVM_PVM_DEVICES_H

#include "backend.h"
#include "consoles.h"
#include "netdev.h"
#include "pci.h"
#include "vhost.h"
#include "virtio_blk.h"
#include "virtio_mmio.h"
#include "virtio_net.h"
#include "virtio_pci.h"
#include "virtio_rng.h"
#include "virtio_vhost_user.h"
#include "vsock.h"
#include "window.h"

struct vm;
struct config;

/* Either transport has as many places. */
#define DEVICES_MAX PCI_SLOTS

struct devices {
	struct window window;
	bool window_used; /* a guest had it: cleared before the next */
	struct pci_host
		pci; /* no function in it with --virtio-transport=mmio */
	unsigned int nr;
	struct virtio_dev *all[DEVICES_MAX]; /* nr of them, by their slots */
	union devices_slot {
		struct virtio_pci pci;
		struct virtio_mmio mmio;
	} slots[DEVICES_MAX];
	struct virtio_blk *disks[DEVICES_MAX]; /* nr_disks of them */
	unsigned int nr_disks;
	struct virtio_rng rng;
	struct devices_net {
		struct netdev netdev;
		struct vhost_net vhost;
		struct virtio_net *net;
		struct backend passt; /* instead of all three */
	} nets[DEVICES_MAX];	      /* nr_nets of them */
	unsigned int nr_nets;
	struct vsock vsock;
	struct backend vhost_users[DEVICES_MAX]; /* nr_vhost_users of them */
	unsigned int nr_vhost_users;
	struct consoles consoles;
};

/* Bytes of the window this configuration gets; 0: none. */
uint64_t devices_window_len(const struct config *cfg);
/* Where it is, and RAM: both together are -m, the window the lower one. */
struct gpa_range devices_window_range(const struct config *cfg);
struct gpa_range devices_ram_range(const struct config *cfg);

/*
 * The window comes before pvm_open(), which maps it to the guest; the devices
 * after it. 0, or -errno with the reason logged; fini of what was made, in
 * vm_fini() before pvm_close(), and the window's after it.
 */
int __must_check devices_init_window(struct vm *vm);
int __must_check devices_init(struct vm *vm);
/* Their registers, of vm->virtio_mmio: once, before the first devices_plug(). */
int __must_check devices_connect(struct vm *vm);
/* SPIs the GICv2m frame needs for them; 0: there is none. */
unsigned int devices_nr_msi_spis(const struct vm *vm);
void devices_fini(struct vm *vm);
void devices_fini_window(struct vm *vm);

/*
 * A life: plug puts them on the bus, as after power-on, and tells the machine's
 * description; start and stop enclose what the VM's vCPUs do. The VM exists
 * between start and stop.
 */
int __must_check devices_plug(struct vm *vm);
void devices_start(struct vm *vm);
void devices_stop(struct vm *vm);

/* A number that grows when a driver uses a device of ours. */
uint64_t devices_activity(struct vm *vm);

/* The first device the guest gave memory it had not shared, or NULL. */
const char *devices_unshared(struct vm *vm);
/* The first that stands still for that, until the guest resets it, or NULL. */
const char *devices_waiting(struct vm *vm);
/* The first that the host could not start when the guest wanted it, or NULL. */
const char *devices_lacking(struct vm *vm);

#endif
