/* SPDX-License-Identifier: GPL-2.0-only */
/* config.h: what the command line asked for, parsed and checked. */
#ifndef LKVM_PVM_CONFIG_H
#define LKVM_PVM_CONFIG_H

#include "base.h"

#define CONFIG_MAX_INITRDS 16U

enum memlock_mode {
	MEMLOCK_CHECK, /* refuse to start when the limit is too low */
	MEMLOCK_LAZY,  /* start; pause when the limit is hit */
};

enum reset_action {
	RESET_EXIT,
	RESET_RESTART,
};

enum irqchip_kind {
	IRQCHIP_GICV3_ITS,
	IRQCHIP_GICV3,
};

struct config {
	/* Borrowed from argv. */
	const char *kernel;   /* -k: Image, compressed Image, zboot or flat */
	const char *firmware; /* --firmware: raw blob at the start of RAM */
	const char *initrds[CONFIG_MAX_INITRDS];
	unsigned int nr_initrds;
	const char *params;   /* -p, all of them joined; owned; "" if none */
	const char *dump_dtb; /* --dump-dtb FILE */
	const char *name;     /* --name */

	uint64_t mem; /* bytes, multiple of 2 MiB */
	unsigned int nr_vcpus;
	bool protected_vm;
	enum memlock_mode memlock;
	enum reset_action on_reset;
	enum irqchip_kind irqchip;

	/* --vcpu-affinity: affinity[i] is vCPU i's host CPU list or NULL. */
	char **affinity; /* owned, nr_vcpus entries, or NULL */
};

void config_fini(struct config *cfg);

#endif
