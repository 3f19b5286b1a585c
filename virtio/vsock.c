// SPDX-License-Identifier: GPL-2.0-only
/*
 * vsock.c: a socket device in front of unix sockets: configuration, life, and
 * the programs of the host that connect. Packets are in vsock_rx.c and
 * vsock_tx.c, connections in vsock_conn.c.
 *
 * All of it runs on the loop's thread but start and stop, which come from a
 * vCPU's; the device's lock covers both.
 */
#include "vsock.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_vsock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "log.h"

#define NR_QUEUES 3U
/* Of before Debian 13's linux/virtio_vsock.h; virtio 1.3 §5.10.3. */
#define F_STREAM 0U

static_assert(sizeof(struct vsock_header) == sizeof(struct virtio_vsock_hdr),
	      "virtio 1.3 §5.10.6");
static_assert(offsetof(struct vsock_header, fwd_cnt) ==
		      offsetof(struct virtio_vsock_hdr, fwd_cnt),
	      "virtio 1.3 §5.10.6");
static_assert(sizeof(struct virtio_vsock_config) == sizeof(uint64_t),
	      "virtio 1.3 §5.10.4");

bool vsock_runs(const struct virtio_vsock *v)
{
	return v->dev.running && !(v->dev.status & VIRTIO_CONFIG_S_NEEDS_RESET);
}

void vsock_end_all(struct virtio_vsock *v)
{
	for (unsigned int i = 0; i < v->nr_made; i++) {
		if (v->conns[i]->state != CONN_FREE)
			conn_free(v->conns[i]);
	}
}

/* --- programs of the host --------------------------------------------------- */

/*
 * When accept fails though somebody is there (no descriptor is left), it is
 * tried again with the next one, not all the time.
 */
static void wait_for_next(struct virtio_vsock *v, bool failed)
{
	if (failed != v->listener_waits &&
	    loop_change(v->dev.loop, &v->listener,
			failed ? EPOLLIN | EPOLLET : EPOLLIN) == 0)
		v->listener_waits = failed;
}

static void on_client(struct watch *w, uint32_t events)
{
	struct virtio_vsock *v = container_of(w, struct virtio_vsock, listener);
	struct conn *c;
	int fd = -EAGAIN;

	(void)events;
	pthread_mutex_lock(&v->dev.lock);
	for (unsigned int i = 0; i < VSOCK_ACCEPTS; i++) {
		fd = vsock_unix_accept(&v->ends);
		if (fd < 0)
			break;
		if (!vsock_runs(v)) {
			close(fd); /* nobody is there to talk to */
			continue;
		}
		c = conn_make(v, fd, CONN_HELLO);
		if (c)
			conn_watch(c);
	}
	wait_for_next(v, fd < 0 && fd != -EAGAIN);
	pthread_mutex_unlock(&v->dev.lock);
}

/* --- the class -------------------------------------------------------------- */

static int vsock_start(struct virtio_dev *d)
{
	(void)d; /* the first kick of the queues finds all as stop left it */
	return 0;
}

static void vsock_stop(struct virtio_dev *d)
{
	struct virtio_vsock *v = vsock_of(d);

	vsock_end_all(v);
	vsock_rx_forget(v);
	v->nr_replies = 0;
	v->tx_waits = false;
}

static void vsock_queue_stop(struct virtio_dev *d, unsigned int q)
{
	if (q == VSOCK_RX)
		vsock_rx_forget(vsock_of(d));
}

static void vsock_kick(struct virtio_dev *d, unsigned int q)
{
	struct virtio_vsock *v = vsock_of(d);

	if (q == VSOCK_TX)
		vsock_tx_run(v);
	else if (q == VSOCK_RX)
		vsock_rx_run(v);
	/* Events are for guests that move to another host. */
}

static void vsock_config_read(struct virtio_dev *d, unsigned int offset,
			      void *buf, unsigned int len)
{
	const le64 cid = { vsock_of(d)->cid };

	memcpy(buf, (const uint8_t *)&cid + offset, len);
}

static const struct virtio_class vsock_class = {
	.name = "vsock",
	.id = VIRTIO_ID_VSOCK,
	.max_size = VIRTIO_VSOCK_RX_SIZE,
	.pci_class = 0x028000U << 8, /* network, other */
	.start = vsock_start,
	.stop = vsock_stop,
	.kick = vsock_kick,
	.config_read = vsock_config_read,
	.queue_stop = vsock_queue_stop,
};

/* --- beginning and end ------------------------------------------------------ */

static int init_device(struct virtio_vsock *v,
		       const struct virtio_vsock_init *i)
{
	const struct virtio_dev_init init = {
		.class = &vsock_class,
		.number = i->number,
		.window = i->window,
		.loop = i->loop,
		.features = 1ULL << F_STREAM,
		.config_len = sizeof(struct virtio_vsock_config),
		.nr_queues = NR_QUEUES,
	};
	int err = virtio_dev_init(&v->dev, &init);

	if (err)
		return err;
	/* One more bounce buffer for each packet. */
	v->dev.offered &= ~(1ULL << VIRTIO_RING_F_INDIRECT_DESC);
	vq_init(&v->dev.queues[VSOCK_TX].vq, i->window, VIRTIO_VSOCK_TX_SIZE);
	vq_init(&v->dev.queues[NR_QUEUES - 1].vq, i->window,
		VIRTIO_VSOCK_EV_SIZE);
	if (getrandom(&v->hash_by, sizeof(v->hash_by), GRND_NONBLOCK) < 0)
		v->hash_by = (uint64_t)(uintptr_t)v;
	v->hash_by |= 1;
	v->listener = (struct watch){
		.fd = v->ends.listener,
		.events = EPOLLIN,
		.ready = on_client,
	};
	err = v->listener.fd < 0 ? 0 : loop_add(i->loop, &v->listener);
	if (err)
		virtio_dev_fini(&v->dev);
	return err;
}

int virtio_vsock_create(struct virtio_vsock **out,
			const struct virtio_vsock_init *i)
{
	struct virtio_vsock *v = calloc(1, sizeof(*v));
	int err;

	if (!v) {
		log_err("vsock: out of memory");
		return -ENOMEM;
	}
	err = vsock_unix_open(&v->ends, i->path);
	if (err) {
		free(v);
		return err;
	}
	v->cid = i->cid;
	v->limit = vsock_unix_limit(VIRTIO_VSOCK_MAX_CONNS);
	LIST_INIT(&v->spare);
	TAILQ_INIT(&v->turns);
	err = init_device(v, i);
	if (err) {
		log_err("vsock: %s: cannot make a device of it: %s",
			i->path ? i->path : "no socket", errno_text(err));
		vsock_unix_close(&v->ends);
		free(v);
		return err;
	}
	*out = v;
	return 0;
}

void virtio_vsock_destroy(struct virtio_vsock *v)
{
	if (!v)
		return;
	virtio_dev_fini(&v->dev);
	loop_remove(v->dev.loop, &v->listener);
	vsock_unix_close(&v->ends);
	for (unsigned int i = 0; i < v->nr_made; i++)
		free(v->conns[i]);
	free(v);
}

struct virtio_dev *virtio_vsock_dev(struct virtio_vsock *v)
{
	return &v->dev;
}

void virtio_vsock_hand_over(struct virtio_vsock *v, uint32_t port, int fd)
{
	pthread_mutex_lock(&v->dev.lock);
	vsock_unix_hand_over(&v->ends, port, fd);
	pthread_mutex_unlock(&v->dev.lock);
}

void virtio_vsock_stats(struct virtio_vsock *v, struct virtio_vsock_stats *s)
{
	pthread_mutex_lock(&v->dev.lock);
	*s = (struct virtio_vsock_stats){
		.nr_conns = v->nr_conns,
		.limit = v->limit,
		.promised = v->promised,
		.held = v->held,
	};
	pthread_mutex_unlock(&v->dev.lock);
}
