// SPDX-License-Identifier: GPL-2.0-only
/* network.c: from -n to a network card: its back end on the host, its MAC. */
#include "network.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Linux's, D-Bus's and systemd's name of this installation. */
#define MACHINE_ID "/etc/machine-id"

static uint64_t hash(uint64_t h, const char *text, size_t len)
{
	/* FNV-1a, 64 bits */
	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)text[i]) * 0x100000001b3ULL;
	return h;
}

static size_t machine_id(char *id, size_t room)
{
	int fd = open(MACHINE_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id, room);

	if (fd >= 0)
		close(fd);
	if (n > 0)
		return (size_t)n;
	return gethostname(id, room) ? 0 : strnlen(id, room);
}

void network_mac(uint8_t mac[VIRTIO_NET_MAC_LEN], const char *name,
		 unsigned int number)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	char id[64] = "";

	h = hash(h, id, machine_id(id, sizeof(id)));
	h = hash(h, name, strlen(name) + 1);
	h = hash(h, (const char *)&number, sizeof(number));
	h ^= h >> 48;
	memcpy(mac, &h, VIRTIO_NET_MAC_LEN);
	/* One card's, and nobody's who makes cards. */
	mac[0] = (uint8_t)((mac[0] & ~1U) | 2U);
}

int network_open(struct netdev *n, const struct config_net *c,
		 struct spawner *spawner)
{
	const struct tap_config tap = { .ifname = c->ifname,
					.fd = c->fd,
					.nr_pairs = c->queues };
	const struct passt_config passt = { .tcp = c->tcp,
					    .udp = c->udp,
					    .spawner = spawner };

	return c->kind == NET_TAP ? tap_open(n, &tap) : passt_open(n, &passt);
}
