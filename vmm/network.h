/* SPDX-License-Identifier: GPL-2.0-only */
/* network.h: from -n to a network card: its back end on the host, its MAC. */
#ifndef LKVM_PVM_NETWORK_H
#define LKVM_PVM_NETWORK_H

#include "config.h"
#include "netdev.h"
#include "virtio_net.h"

/* What it starts, it starts by @spawner. 0, or -errno, reason logged. */
int __must_check network_open(struct netdev *n, const struct config_net *c,
			      struct spawner *spawner);

/*
 * The address of the VM's card @number in front of interface @name: the same
 * each time on this machine, another one elsewhere; locally administered.
 */
void network_mac(uint8_t mac[VIRTIO_NET_MAC_LEN], const char *name,
		 unsigned int number);

#endif
