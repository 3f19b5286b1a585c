// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhost_net.c: the kernel moves frames between a tap and a card's queues. Each
 * pair of queues is a device of its own, with a worker of its own.
 */
#include "vhost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "vhost_ioctl.h"

#define VHOST_NET_PATH "/dev/vhost-net"
#define ZEROCOPY_PATH  "/sys/module/vhost_net/parameters/experimental_zcopytx"

#define NEEDED (1ULL << VIRTIO_F_VERSION_1)

static const struct vhost_net *net_of(struct ring_backend *b)
{
	return container_of(b, struct vhost_net, backend);
}

/* --- the back end ------------------------------------------------------------ */

static int set_features(struct ring_backend *b, uint64_t features)
{
	const struct vhost_net *v = net_of(b);
	int err = 0;

	for (unsigned int i = 0; !err && i < v->nr_pairs; i++)
		err = vhost_set_features(v->fd[i], features);
	return err;
}

static int set_window(struct ring_backend *b, const struct window *w)
{
	const struct vhost_net *v = net_of(b);
	int err = 0;

	for (unsigned int i = 0; !err && i < v->nr_pairs; i++)
		err = vhost_set_window(v->fd[i], w);
	return err;
}

/* The tap at the ring's other end; -1: none, and the ring is let go. */
static int set_tap(int fd, unsigned int index, int tap)
{
	struct vhost_vring_file f = { .index = index, .fd = tap };

	return vhost_call(fd, VHOST_NET_SET_BACKEND, &f);
}

static int queue_start(struct ring_backend *b, unsigned int q,
		       const struct ring_queue *r)
{
	const struct vhost_net *v = net_of(b);
	int err = vhost_set_ring(v->fd[q / 2], q % 2, r);

	return err ? err : set_tap(v->fd[q / 2], q % 2, v->netdev->fd[q / 2]);
}

static int queue_stop(struct ring_backend *b, unsigned int q, uint16_t *base)
{
	const struct vhost_net *v = net_of(b);

	/* Waits until the worker is done with the ring. */
	(void)set_tap(v->fd[q / 2], q % 2, -1);
	return vhost_end_ring(v->fd[q / 2], q % 2, base);
}

static const struct ring_backend_class vhost_net_class = {
	.set_features = set_features,
	.set_window = set_window,
	.queue_start = queue_start,
	.queue_stop = queue_stop,
};

/* --- opening ----------------------------------------------------------------- */

static int refuse(const struct netdev *n, bool wanted, int err,
		  const char *what, const char *remedy)
{
	log_msg(wanted ? LOG_ERROR : LOG_DEBUG,
		wanted ? "network %s: vhost=on: %s; %s"
		       : "network %s: without vhost: %s (%s)",
		n->name, what, remedy);
	return err;
}

static int refuse_open(const struct netdev *n, bool wanted, int err)
{
	const char *remedy = "try vhost=off";

	if (err == -ENOENT || err == -ENODEV || err == -ENXIO)
		return refuse(n, wanted, err, "there is no " VHOST_NET_PATH,
			      "load the module (modprobe vhost_net), or leave "
			      "it out");
	if (err == -EACCES || err == -EPERM)
		remedy = "ask for access to " VHOST_NET_PATH
			 " (ls -l says of which group), or leave it out";
	return refuse(n, wanted, err, errno_text(err), remedy);
}

/* It would send from pinned pages: of a guest that takes one back, they die. */
static bool sends_without_copy(void)
{
	int fd = open(ZEROCOPY_PATH, O_RDONLY | O_CLOEXEC);
	char value = '0';

	if (fd < 0)
		return false;
	(void)!read(fd, &value, 1);
	close(fd);
	return value != '0';
}

int vhost_net_open(struct vhost_net *v, const struct netdev *n, bool wanted)
{
	memset(v, 0, sizeof(*v));
	v->backend.class = &vhost_net_class;
	v->backend.in_order = true;
	v->backend.features = ~0ULL;
	v->netdev = n;
	for (unsigned int i = 0; i < n->nr_pairs; i++) {
		uint64_t features = 0;
		int fd = vhost_open(VHOST_NET_PATH, &features);

		if (fd < 0) {
			vhost_net_close(v);
			return refuse_open(n, wanted, fd);
		}
		v->fd[v->nr_pairs++] = fd;
		v->backend.features &= features;
	}
	if (!sends_without_copy() && (v->backend.features & NEEDED) == NEEDED) {
		log_debug("network %s: served by the kernel, " VHOST_NET_PATH,
			  n->name);
		return 0;
	}
	vhost_net_close(v);
	if (sends_without_copy())
		return refuse(n, wanted, -EOPNOTSUPP,
			      "this host's sends without copying, which "
			      "destroys pages that a guest takes back",
			      "load vhost_net with experimental_zcopytx=0");
	return refuse(n, wanted, -EOPNOTSUPP, "this host's is too old",
		      "leave it out");
}

void vhost_net_close(struct vhost_net *v)
{
	while (v->nr_pairs > 0)
		close(v->fd[--v->nr_pairs]);
}
