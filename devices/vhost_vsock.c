// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhost_vsock.c: the kernel connects the guest's sockets with AF_VSOCK of the
 * host. One device has both queues, and runs them together.
 */
#include "vhost.h"

#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "vhost_ioctl.h"
#include "virtio_vsock.h"

#define VHOST_VSOCK_PATH "/dev/vhost-vsock"

/* As many VMs are not on a host. */
#define MAX_TRIES 4096U

static struct vhost_vsock *vsock_of(struct ring_backend *b)
{
	return container_of(b, struct vhost_vsock, backend);
}

/* --- opening ----------------------------------------------------------------- */

static int set_cid(int fd, uint32_t cid)
{
	uint64_t value = cid;

	return vhost_call(fd, VHOST_VSOCK_SET_GUEST_CID, &value);
}

/* v->cid or, when somebody has it and another would do, the next that is free. */
static int take_cid(struct vhost_vsock *v, int fd)
{
	int err = set_cid(fd, v->cid);

	for (unsigned int i = 0; i < MAX_TRIES; i++) {
		if (v->keeps || err != -EADDRINUSE)
			break;
		v->cid = v->cid < VIRTIO_VSOCK_LAST_CID
				 ? v->cid + 1
				 : VIRTIO_VSOCK_FIRST_CID;
		err = set_cid(fd, v->cid);
	}
	return err;
}

static int open_device(struct vhost_vsock *v)
{
	uint64_t features = 0;
	int fd = vhost_open(VHOST_VSOCK_PATH, &features);
	int err;

	if (fd < 0)
		return fd;
	err = take_cid(v, fd);
	if (!err && !(features >> VIRTIO_F_VERSION_1 & 1))
		err = -EOPNOTSUPP;
	if (err) {
		close(fd);
		return err;
	}
	v->backend.features = features;
	v->fd = fd;
	return 0;
}

/* Connections of the guest's last life end as those of a guest that died. */
static void open_again(struct vhost_vsock *v)
{
	const uint32_t old = v->cid;
	int err;

	close(v->fd);
	v->fd = -1;
	err = open_device(v);
	if (err)
		log_warn("--vsock: cannot take the guest's CID %u again: %s",
			 old, errno_text(err));
	else if (v->cid != old)
		log_warn("--vsock: another VM took the guest's CID %u; it is "
			 "%u now",
			 old, v->cid);
}

/* --- the back end ------------------------------------------------------------ */

static int set_features(struct ring_backend *b, uint64_t features)
{
	struct vhost_vsock *v = vsock_of(b);
	int err = v->fd < 0 ? open_device(v) : 0;

	return err ? err : vhost_set_features(v->fd, features);
}

static int set_window(struct ring_backend *b, const struct window *w)
{
	return vhost_set_window(vsock_of(b)->fd, w);
}

static int set_running(const struct vhost_vsock *v, int running)
{
	return vhost_call(v->fd, VHOST_VSOCK_SET_RUNNING, &running);
}

static int queue_start(struct ring_backend *b, unsigned int q,
		       const struct ring_queue *r)
{
	struct vhost_vsock *v = vsock_of(b);
	int err = vhost_set_ring(v->fd, q, r);

	v->has[q] = true;
	if (!err && v->has[0] && v->has[1]) {
		err = set_running(v, 1);
		v->running = !err;
	}
	return err;
}

static int queue_stop(struct ring_backend *b, unsigned int q, uint16_t *base)
{
	struct vhost_vsock *v = vsock_of(b);
	int err;

	/* Takes each ring's lock: its worker is done with it. */
	if (v->running)
		(void)set_running(v, 0);
	v->running = false;
	v->has[q] = false;
	err = vhost_end_ring(v->fd, q, base);
	if (!v->has[0] && !v->has[1])
		open_again(v);
	return err;
}

static const struct ring_backend_class vhost_vsock_class = {
	.set_features = set_features,
	.set_window = set_window,
	.queue_start = queue_start,
	.queue_stop = queue_stop,
};

/* --- the device -------------------------------------------------------------- */

static int refuse(const struct vhost_vsock *v, int err)
{
	if (err == -ENOENT || err == -ENODEV || err == -ENXIO)
		log_err("--vsock: there is no " VHOST_VSOCK_PATH
			": load the module (modprobe vhost_vsock), or give "
			"socket=PATH");
	else if (err == -EACCES || err == -EPERM)
		log_err("--vsock: " VHOST_VSOCK_PATH
			": %s; ask for access to it (ls -l says of which "
			"group), or give socket=PATH",
			errno_text(err));
	else if (err == -EADDRINUSE)
		log_err("--vsock cid=%u: another VM has this CID; give another "
			"one, or auto",
			v->cid);
	else
		log_err("--vsock: " VHOST_VSOCK_PATH ": %s", errno_text(err));
	return err;
}

int vhost_vsock_open(struct vhost_vsock *v, uint32_t cid)
{
	int err;

	memset(v, 0, sizeof(*v));
	v->backend.class = &vhost_vsock_class;
	v->backend.in_order = true;
	v->fd = -1;
	v->keeps = cid != 0;
	v->cid = cid;
	if (!cid) /* easily told apart, and likely free */
		v->cid = getpid() < (pid_t)VIRTIO_VSOCK_FIRST_CID
				 ? VIRTIO_VSOCK_FIRST_CID
				 : (uint32_t)getpid();
	err = open_device(v);
	if (err)
		return refuse(v, err);
	v->is_open = true;
	return 0;
}

void vhost_vsock_close(struct vhost_vsock *v)
{
	if (v->is_open && v->fd >= 0)
		close(v->fd);
	v->is_open = false;
	v->fd = -1;
}
