// SPDX-License-Identifier: GPL-2.0-only
/* backend.c: from --share, --vhost-user and -n passt to who serves them. */
#include "backend.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "netdev.h"
#include "network.h"
#include "vm.h"

static bool is_root(const struct vm *vm, const struct config_vhost_user *c)
{
	return vm->exec && c->tag && strcmp(c->tag, EXEC_ROOT) == 0;
}

static int open_peer(struct vhost_peer *p, const struct vm *vm,
		     const struct config_vhost_user *c)
{
	const struct virtiofsd_config virtiofsd = { .dir = c->dir,
						    .ro = c->ro,
						    .is_root = is_root(vm, c),
						    .spawner = vm->spawner };

	return c->dir ? virtiofsd_open(p, &virtiofsd)
		      : vhost_socket_open(p, c->socket);
}

/* One of a kind is number 0; the numbers of -n come first. */
static unsigned int number_of(const struct config *cfg, unsigned int at)
{
	enum vhost_user_type type = cfg->vhost_users[at].type;
	unsigned int nr = type == VHOST_USER_NET ? cfg->nr_nets : 0;

	for (unsigned int i = 0; i < at; i++)
		nr += cfg->vhost_users[i].type == type;
	return nr;
}

int backend_open(struct backend *b, struct vm *vm, unsigned int at)
{
	const struct config_vhost_user *c = &vm->cfg->vhost_users[at];
	struct virtio_vhost_user_init init = {
		.type = c->type,
		.peer = &b->peer,
		.tag = c->tag,
		.blk_segment = virtio_blk_segment(vm->cfg->guest_page),
		.number = number_of(vm->cfg, at),
		.window = &vm->devices->window,
		.loop = &vm->loop,
	};
	int ret = open_peer(&b->peer, vm, c);

	if (ret)
		return ret;
	if (c->has_mac)
		memcpy(init.mac, c->mac, sizeof(init.mac));
	else
		network_mac(init.mac, b->peer.name, init.number);
	return virtio_vhost_user_create(&b->device, &init);
}

int backend_open_passt(struct backend *b, struct vm *vm, unsigned int number)
{
	const struct config_net *c = &vm->cfg->nets[number];
	const struct passt_config passt = { .tcp = c->tcp,
					    .udp = c->udp,
					    .spawner = vm->spawner };
	struct virtio_vhost_user_init init = {
		.type = VHOST_USER_NET,
		.peer = &b->peer,
		.mtu = PASST_MTU,
		.number = number,
		.window = &vm->devices->window,
		.loop = &vm->loop,
	};
	int ret;

	/* With --window=off there is no file to hand over. */
	if (c->kind != NET_PASST || c->vhost == VHOST_OFF ||
	    vm->devices->window.fd < 0)
		return -ENOTSUP;
	ret = passt_peer_open(&b->peer, &passt);
	if (ret == -ENOTSUP && c->vhost == VHOST_ON) {
		log_err("network passt,vhost=on: there is no passt with "
			"--vhost-user on PATH; install a newer one (Debian "
			"13), or leave vhost=on out");
		return -ENOENT;
	}
	if (ret)
		return ret;
	if (c->has_mac)
		memcpy(init.mac, c->mac, sizeof(init.mac));
	else
		network_mac(init.mac, b->peer.name, number);
	return virtio_vhost_user_create(&b->device, &init);
}

void backend_close(struct backend *b)
{
	virtio_vhost_user_destroy(b->device);
	b->device = NULL;
	vhost_peer_close(&b->peer);
}
