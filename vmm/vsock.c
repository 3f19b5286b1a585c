// SPDX-License-Identifier: GPL-2.0-only
/* vsock.c: from --vsock to a socket device, whoever connects it. */
#include "vsock.h"

#include <string.h>

#include "log.h"

static int open_own(struct vsock *v, const struct config_vsock *c,
		    const struct window *w, struct loop *loop)
{
	const struct virtio_vsock_init init = {
		.path = c->socket,
		.cid = c->cid,
		.window = w,
		.loop = loop,
	};
	int ret = virtio_vsock_create(&v->own, &init);

	if (!ret)
		v->dev = virtio_vsock_dev(v->own);
	return ret;
}

static int open_vhost(struct vsock *v, const struct config_vsock *c,
		      const struct window *w, struct loop *loop)
{
	const struct virtio_vsock_rings_init init = {
		.backend = &v->vhost.backend,
		.cid = &v->vhost.cid,
		.window = w,
		.loop = loop,
	};
	int ret = vhost_vsock_open(&v->vhost, (uint32_t)c->cid);

	if (ret)
		return ret;
	log_msg(c->cid ? LOG_DEBUG : LOG_INFO, "--vsock: the guest's CID is %u",
		v->vhost.cid);
	ret = virtio_vsock_rings_create(&v->rings, &init);
	if (!ret)
		v->dev = virtio_vsock_rings_dev(v->rings);
	return ret;
}

int vsock_open(struct vsock *v, const struct config_vsock *c,
	       const struct window *w, struct loop *loop)
{
	return c->kind == VSOCK_UNIX ? open_own(v, c, w, loop)
				     : open_vhost(v, c, w, loop);
}

void vsock_close(struct vsock *v)
{
	virtio_vsock_destroy(v->own);
	virtio_vsock_rings_destroy(v->rings);
	vhost_vsock_close(&v->vhost);
	memset(v, 0, sizeof(*v));
}
