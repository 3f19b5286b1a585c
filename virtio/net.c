// SPDX-License-Identifier: GPL-2.0-only
/*
 * net.c: a network card: features, configuration space, life, and when to wait
 * for the netdev. Frames are in net_rx.c and net_tx.c.
 *
 * All of it runs on the loop's thread but start and stop, which come from a
 * vCPU's; the device's lock covers both. An event that the loop took before a
 * stop finds rx_on and tx_on false and does nothing.
 */
#include "net.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "log.h"

#define FEATURE(f) (1ULL << VIRTIO_NET_F_##f)
/* Up to mtu: what is behind it belongs to features we do not have. */
#define CONFIG_LEN 12U
#define CTRL_SIZE  16U

static_assert(offsetof(struct virtio_net_config, mtu) + 2 == CONFIG_LEN,
	      "virtio 1.3 §5.1.4");
static_assert(sizeof(struct virtio_net_hdr_mrg_rxbuf) == NETDEV_HEADER,
	      "virtio 1.3 §5.1.6");

/* --- the netdev ------------------------------------------------------------- */

bool net_pair_runs(const struct net_pair *p)
{
	const struct virtio_dev *d = &p->net->dev;

	return d->running && !(d->status & VIRTIO_CONFIG_S_NEEDS_RESET) &&
	       !p->net->dead;
}

static void unwatch(struct net_pair *p)
{
	if (p->watched)
		loop_remove(p->net->dev.loop, &p->io);
	p->watched = false;
}

void net_watch(struct net_pair *p)
{
	uint32_t events =
		(p->rx_on ? EPOLLIN : 0U) | (p->tx_on ? EPOLLOUT : 0U);
	struct loop *loop = p->net->dev.loop;
	int err = 0;

	if (!events || p->net->dead) {
		unwatch(p);
	} else if (!p->watched) {
		p->io.fd = p->net->netdev->fd[p->index];
		p->io.events = events;
		err = loop_add(loop, &p->io);
		p->watched = !err;
	} else if (p->io.events != events) {
		err = loop_change(loop, &p->io, events);
	}
	if (err)
		net_died(p->net);
}

void net_died(struct virtio_net *v)
{
	if (v->dead)
		return;
	v->dead = true;
	log_warn("%s: %s is gone; the guest's link is down", v->dev.name,
		 v->netdev->name);
	for (unsigned int i = 0; i < v->nr_pairs; i++) {
		v->pairs[i].rx_on = v->pairs[i].tx_on = false;
		unwatch(&v->pairs[i]);
	}
	v->config.status &= (uint16_t)~VIRTIO_NET_S_LINK_UP;
	virtio_config_changed(&v->dev);
}

static void on_link(struct watch *w, uint32_t events)
{
	struct virtio_net *v = container_of(w, struct virtio_net, link);

	(void)events;
	pthread_mutex_lock(&v->dev.lock);
	/* The back end goes on: it drops what the guest still sends. */
	if (v->netdev->class->is_gone(v->netdev))
		net_died(v);
	pthread_mutex_unlock(&v->dev.lock);
}

static void on_io(struct watch *w, uint32_t events)
{
	struct net_pair *p = container_of(w, struct net_pair, io);
	struct virtio_net *v = p->net;

	pthread_mutex_lock(&v->dev.lock);
	if (!net_pair_runs(p))
		p->rx_on = p->tx_on = false;
	else if (events & (EPOLLERR | EPOLLHUP) && p->watched)
		net_died(v);
	if (p->tx_on && events & EPOLLOUT)
		net_tx_kick(p);
	if (p->rx_on && events & EPOLLIN)
		net_rx_ready(p);
	net_watch(p);
	pthread_mutex_unlock(&v->dev.lock);
}

/* --- the class -------------------------------------------------------------- */

static bool any_segments(const struct virtio_dev *d)
{
	return d->features &
	       (FEATURE(GUEST_TSO4) | FEATURE(GUEST_TSO6) |
		1ULL << NETDEV_F_GUEST_USO4 | 1ULL << NETDEV_F_GUEST_USO6);
}

static uint32_t longest_frame(const struct virtio_net *v)
{
	uint32_t mtu = v->netdev->mtu > 1500 ? v->netdev->mtu : 1500;

	if (any_segments(&v->dev))
		return NETDEV_MAX_FRAME;
	return mtu + NETDEV_MAX_FRAME - 65535U;
}

static void leave_control(struct virtio_net *v)
{
	if (v->minds_control)
		loop_remove(v->dev.loop, &v->dev.queues[2].kick);
	v->minds_control = false;
}

/*
 * Without MQ the third queue is no back end's: it controls. Its kicks, which
 * the loop leaves alone otherwise, are ours in this run.
 */
static int mind_control(struct virtio_net *v)
{
	int err = 0;

	v->rings.nr_given = v->rings.nr;
	if (v->nr_pairs > 1 && net_control_queue(v) == 2) {
		v->rings.nr_given = 2;
		err = loop_add(v->dev.loop, &v->dev.queues[2].kick);
		v->minds_control = !err;
	}
	return err;
}

static int start_far(struct virtio_net *v)
{
	int err = mind_control(v);

	if (!err && !v->dead)
		err = virtio_rings_start(&v->rings);
	if (err)
		leave_control(v);
	return err;
}

static int net_start(struct virtio_dev *d)
{
	struct virtio_net *v = net_of(d);
	int err = v->netdev->class->start(v->netdev, d->features);

	if (!err && v->nr_pairs > 1)
		err = v->netdev->class->set_pairs(v->netdev, 1);
	if (err && err != -ENOTCONN) {
		virtio_dev_failed(
			d, "cannot set its interface's offloads or queues",
			err);
		return err;
	}
	/* A helper may have been started again, an interface stays gone. */
	if (!err) {
		v->dead = false;
		v->config.status |= VIRTIO_NET_S_LINK_UP;
	}
	v->nr_active = 1;
	v->merge = virtio_has(d, VIRTIO_NET_F_MRG_RXBUF);
	v->need = NETDEV_HEADER + longest_frame(v);
	if (err)
		net_died(v);
	return v->far ? start_far(v) : 0;
}

static void forget(struct net_pair *p)
{
	p->tx_on = false;
	net_rx_forget(p);
	net_watch(p);
}

static void net_stop(struct virtio_dev *d)
{
	struct virtio_net *v = net_of(d);

	virtio_rings_stop(&v->rings);
	leave_control(v);
	for (unsigned int i = 0; i < v->nr_pairs; i++)
		forget(&v->pairs[i]);
}

static int net_queue_start(struct virtio_dev *d, unsigned int q)
{
	struct virtio_net *v = net_of(d);

	if (!v->far || v->dead || q >= v->rings.nr_given)
		return 0;
	return virtio_rings_queue_start(&v->rings, q);
}

static void net_queue_stop(struct virtio_dev *d, unsigned int q)
{
	struct virtio_net *v = net_of(d);
	struct net_pair *p;

	virtio_rings_queue_stop(&v->rings, q);
	if (v->far || q / 2 >= v->nr_pairs || q == net_control_queue(v))
		return;
	p = &v->pairs[q / 2];
	if (q == net_rx_queue(p))
		net_rx_forget(p);
	else
		p->tx_on = false;
	net_watch(p);
}

static void net_kick(struct virtio_dev *d, unsigned int q)
{
	struct virtio_net *v = net_of(d);

	if (q == net_control_queue(v))
		net_control_kick(v);
	else if (q / 2 >= v->nr_pairs)
		return; /* that of control, had MQ been agreed on */
	else if (q % 2 == 0)
		net_rx_kick(&v->pairs[q / 2]);
	else
		net_tx_kick(&v->pairs[q / 2]);
}

static void net_config_read(struct virtio_dev *d, unsigned int offset,
			    void *buf, unsigned int len)
{
	memcpy(buf, (const uint8_t *)&net_of(d)->config + offset, len);
}

static const struct virtio_class net_class = {
	.name = "net",
	.id = VIRTIO_ID_NET,
	.max_size = VIRTIO_NET_RX_SIZE,
	.pci_class = 0x020000U << 8, /* Ethernet */
	.start = net_start,
	.stop = net_stop,
	.kick = net_kick,
	.config_read = net_config_read,
	.queue_start = net_queue_start,
	.queue_stop = net_queue_stop,
};

/* --- beginning and end ------------------------------------------------------ */

static uint64_t features_of(const struct netdev *n,
			    const struct ring_backend *b)
{
	uint64_t f = FEATURE(MAC) | FEATURE(STATUS);

	f |= FEATURE(MRG_RXBUF) & (b ? b->features : ~0ULL);
	if (n->mtu)
		f |= FEATURE(MTU);
	if (n->nr_pairs > 1)
		f |= FEATURE(CTRL_VQ) | FEATURE(MQ);
	return f | n->features;
}

/* A back end has the queues; what we wait for is the netdev's end. */
static int init_far(struct virtio_net *v, const struct virtio_net_init *i)
{
	int err = virtio_rings_init(&v->rings, &v->dev, i->backend,
				    2 * v->nr_pairs);

	v->far = true;
	if (!err && i->netdev->class->is_gone && i->netdev->link_fd >= 0) {
		v->link.fd = i->netdev->link_fd;
		err = loop_add(i->loop, &v->link);
	}
	return err;
}

static int init_device(struct virtio_net *v, const struct virtio_net_init *i)
{
	const struct virtio_dev_init init = {
		.class = &net_class,
		.number = i->number,
		.window = i->window,
		.loop = i->loop,
		.features = features_of(i->netdev, i->backend),
		.config_len = CONFIG_LEN,
		.nr_queues = v->nr_pairs > 1 ? 2 * v->nr_pairs + 1 : 2,
		.foreign = i->backend ? (1U << 2 * v->nr_pairs) - 1 : 0,
	};
	int err = virtio_dev_init(&v->dev, &init);

	if (err)
		return err;
	for (unsigned int q = 1; q < v->dev.nr_queues; q += 2)
		vq_init(&v->dev.queues[q].vq, i->window, VIRTIO_NET_TX_SIZE);
	if (v->nr_pairs > 1)
		vq_init(&v->dev.queues[(size_t)2 * v->nr_pairs].vq, i->window,
			CTRL_SIZE);
	return i->backend ? init_far(v, i) : 0;
}

int virtio_net_create(struct virtio_net **out, const struct virtio_net_init *i)
{
	struct virtio_net *v = calloc(1, sizeof(*v));
	int err = -ENOMEM;

	if (v && !i->backend)
		v->spills = calloc(i->netdev->nr_pairs, NETDEV_MAX_FRAME);
	if (v && (v->spills || i->backend)) {
		v->netdev = i->netdev;
		v->link = (struct watch){ .fd = -1,
					  .events = EPOLLIN,
					  .ready = on_link };
		v->nr_pairs = i->netdev->nr_pairs;
		memcpy(v->config.mac, i->mac, sizeof(v->config.mac));
		v->config.status = VIRTIO_NET_S_LINK_UP;
		v->config.max_virtqueue_pairs = (uint16_t)v->nr_pairs;
		v->config.mtu = i->netdev->mtu;
		for (unsigned int n = 0; n < v->nr_pairs; n++) {
			v->pairs[n].net = v;
			v->pairs[n].index = n;
			if (v->spills)
				v->pairs[n].spill =
					v->spills +
					(size_t)n * NETDEV_MAX_FRAME;
			v->pairs[n].io =
				(struct watch){ .fd = -1, .ready = on_io };
		}
		err = init_device(v, i);
	}
	if (err) {
		log_err("network %s: cannot make a device of it: %s",
			i->netdev->name, errno_text(err));
		virtio_net_destroy(v);
		return err;
	}
	*out = v;
	return 0;
}

void virtio_net_destroy(struct virtio_net *v)
{
	if (!v)
		return;
	if (v->far && v->link.fd >= 0)
		loop_remove(v->rings.loop, &v->link);
	virtio_dev_fini(&v->dev);
	virtio_rings_fini(&v->rings);
	free(v->spills);
	free(v);
}

struct virtio_dev *virtio_net_dev(struct virtio_net *v)
{
	return &v->dev;
}
