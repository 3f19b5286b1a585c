// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhost_user_dev.c: a device whose queues a back end serves by vhost-user, and
 * what becomes of it without one.
 *
 * A back end of somebody else's is connected to once and keeps its connection
 * over resets of the device; one that we start ourselves (virtiofsd) has the
 * state of its guest and is a new one for each run of the device. One that
 * hangs up, or does not follow the protocol, is not waited for: the device asks
 * for a reset, whose next start connects again. Not so to one that did not
 * answer: it may serve the queues still, and what it writes to is the window
 * of the next run, too. One of ours is dead by then.
 */
#include "vhost_user_dev.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dev.h"
#include "event.h"
#include "log.h"
#include "virtio_net.h"

/* For a start, or a stop, of all its queues. */
#define ANSWER_MS 5000U

/* What the guest sends may be what ends it. */
#define MAX_LOSSES 16U

#define RING_FEATURES                                                          \
	(1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_RING_F_EVENT_IDX)

static struct virtio_vhost_user *vhost_user_of(struct virtio_dev *d)
{
	return container_of(d, struct virtio_vhost_user, dev);
}

/* --- the back end of the rings ----------------------------------------------- */

static struct virtio_vhost_user *of_backend(struct ring_backend *b)
{
	return container_of(b, struct virtio_vhost_user, backend);
}

/* A vCPU waits, and with it all that make an exit. */
static void begin(struct ring_backend *b)
{
	vhost_user_deadline(&of_backend(b)->conn, ANSWER_MS);
}

static int set_features(struct ring_backend *b, uint64_t features)
{
	struct virtio_vhost_user *v = of_backend(b);

	/* Started anew, it may be another program by now. */
	if (features & ~v->conn.offered) {
		v->conn.why = "it cannot do what it could do before";
		return -ENOTSUP;
	}
	return vhost_user_set_features(&v->conn, features);
}

static int set_window(struct ring_backend *b, const struct window *w)
{
	struct virtio_vhost_user *v = of_backend(b);

	return vhost_user_set_memory(&v->conn, w);
}

static int queue_start(struct ring_backend *b, unsigned int q,
		       const struct ring_queue *r)
{
	struct virtio_vhost_user *v = of_backend(b);
	const struct vhost_user_vring ring = {
		.index = q,
		.num = r->num,
		.base = r->base,
		.desc = window_gpa(v->window, r->desc),
		.avail = window_gpa(v->window, r->avail),
		.used = window_gpa(v->window, r->used),
		.kick = r->kick,
		.call = r->call,
		.err = r->err,
	};

	return vhost_user_start_vring(&v->conn, &ring);
}

static int queue_stop(struct ring_backend *b, unsigned int q, uint16_t *base)
{
	struct virtio_vhost_user *v = of_backend(b);
	int err = vhost_user_stop_vring(&v->conn, q, base);

	/* One that does not answer is hung up on (let_go()). */
	if (err)
		v->conn.broken = true;
	return err;
}

/* --- it is gone -------------------------------------------------------------- */

static void set_link(struct virtio_vhost_user *v, bool is_up)
{
	v->config[offsetof(struct virtio_net_config, status)] =
		is_up ? VIRTIO_NET_S_LINK_UP : 0;
}

/* What the guest sees of a device that nobody serves until it is reset. */
static void mourn(struct virtio_vhost_user *v)
{
	if (v->dev.class->id == VIRTIO_ID_FS)
		vhost_user_fs_mourn(v);
	if (v->dev.class->id == VIRTIO_ID_NET) {
		set_link(v, false);
		virtio_config_changed(&v->dev);
	}
}

/* Whether the next start connects once more. */
static bool may_connect(const struct virtio_vhost_user *v)
{
	return !v->is_barred && v->nr_losses <= MAX_LOSSES;
}

/*
 * It is gone, or might as well be; one that is awaited has not come back, and
 * is not lost once more. @why: NULL, or what is wrong with it.
 */
static void lost(struct virtio_vhost_user *v, const char *why, bool awaited)
{
	struct virtio_dev *d = &v->dev;
	char what[400];

	v->conn.broken = v->lost = true;
	v->nr_losses += !awaited;
	virtio_rings_stop(&v->rings);
	vhost_user_conn_hang_up(v);
	(void)snprintf(what, sizeof(what), "%s is gone%s%s%s%s; %s",
		       v->peer->name, why ? ": " : "", why ? why : "",
		       v->peer->why[0] ? ": " : "", v->peer->why,
		       may_connect(v) ? "a reset of the guest connects again"
				      : "it is not connected to again");
	virtio_dev_failed(d, what, 0);
	mourn(v);
}

/* The end of a run that it took part in: its queues were taken back. */
static void let_go(struct virtio_vhost_user *v)
{
	if (v->conn.broken && v->conn.fd >= 0) {
		v->lost = true;
		v->nr_losses++;
		virtio_blame(
			&v->dev,
			"%s does not give its queues back (%s): hung up on it",
			v->peer->name, v->conn.why ? v->conn.why : "no answer");
	}
	if (v->conn.broken || v->peer->class->is_ours)
		vhost_user_conn_hang_up(v);
}

static void on_hangup(struct watch *w, uint32_t events)
{
	struct virtio_vhost_user *v =
		container_of(w, struct virtio_vhost_user, hangup);

	(void)events;
	pthread_mutex_lock(&v->dev.lock);
	/* The event may be of a connection before the present one. */
	if (w->fd >= 0 && vhost_user_is_gone(&v->conn)) {
		/* Not running: the next start connects. */
		if (v->dev.running)
			lost(v, NULL, false);
		else
			vhost_user_conn_hang_up(v);
	}
	pthread_mutex_unlock(&v->dev.lock);
}

/* --- it cannot go on with a queue -------------------------------------------- */

static void gave_up(struct ring_backend *b)
{
	struct virtio_vhost_user *v = of_backend(b);

	let_go(v);
	mourn(v);
}

static const struct ring_backend_class backend_class = {
	.begin = begin,
	.set_features = set_features,
	.set_window = set_window,
	.queue_start = queue_start,
	.queue_stop = queue_stop,
	.gave_up = gave_up,
};

/* --- the class --------------------------------------------------------------- */

/* There is no connection any more. 0, or -errno with the reason in @why. */
static int connect_again(struct virtio_vhost_user *v, char *why, size_t size)
{
	uint8_t before[sizeof(v->config)];
	int err;

	vhost_user_conn_hang_up(v);
	if (!may_connect(v)) {
		(void)snprintf(why, size, "%s",
			       v->is_barred ? "it did not answer before"
					    : "too often by now");
		return -ENOTCONN;
	}
	memcpy(before, v->config, sizeof(before));
	err = vhost_user_conn_meet(v, why, size);
	if (err)
		return err;
	if (v->lost)
		log_info(
			"%s: %s: connected again%s", v->dev.name, v->peer->name,
			v->nr_losses == MAX_LOSSES ? " for the last time" : "");
	v->lost = false;
	/* The driver has read it by now. */
	if (memcmp(before, v->config, sizeof(before)) != 0)
		virtio_config_changed(&v->dev);
	return 0;
}

/* 0, or -errno with the reason in @why. */
static int start(struct virtio_vhost_user *v, char *why, size_t size)
{
	int err = 0;

	if (vhost_user_is_gone(&v->conn)) {
		err = connect_again(v, why, size);
		if (err)
			return err;
	}
	err = vhost_user_conn_watch(v);
	if (err) {
		(void)snprintf(why, size, "%s", errno_text(err));
		return err;
	}
	err = virtio_rings_start(&v->rings);
	if (err)
		(void)snprintf(why, size, "%s", v->conn.why);
	return err;
}

int vhost_user_dev_start(struct virtio_dev *d)
{
	struct virtio_vhost_user *v = vhost_user_of(d);
	char why[256];
	int err = start(v, why, sizeof(why));

	if (err)
		lost(v, why, err == -EBUSY);
	else if (d->class->id == VIRTIO_ID_NET)
		set_link(v, true);
	/* It runs: what comes is answered, if by errors. */
	return 0;
}

void vhost_user_dev_stop(struct virtio_dev *d)
{
	struct virtio_vhost_user *v = vhost_user_of(d);

	vhost_user_fs_forget(v);
	virtio_rings_stop(&v->rings);
	let_go(v);
}

int vhost_user_dev_queue_start(struct virtio_dev *d, unsigned int q)
{
	struct virtio_vhost_user *v = vhost_user_of(d);

	if (virtio_rings_queue_start(&v->rings, q)) {
		/* It may serve the others still. */
		virtio_rings_stop(&v->rings);
		lost(v, v->conn.why, false);
	}
	return 0;
}

void vhost_user_dev_config_read(struct virtio_dev *d, unsigned int offset,
				void *buf, unsigned int len)
{
	memcpy(buf, vhost_user_of(d)->config + offset, len);
}

/* --- beginning and end ------------------------------------------------------- */

static int init_device(struct virtio_vhost_user *v,
		       const struct virtio_vhost_user_init *i)
{
	const struct vhost_user_kind *k = v->kind;
	struct virtio_dev_init init = {
		.class = &k->class,
		.number = i->number,
		.window = i->window,
		.loop = i->loop,
		.features = (v->conn.offered & k->passed) | k->ours,
		.config_len = k->config_len,
		.nr_queues = k->nr_queues,
	};
	int err;

	if (k->configure)
		k->configure(v, i);
	if (i->type == VHOST_USER_NET && i->mtu)
		init.features |= 1ULL << VIRTIO_NET_F_MTU;
	err = virtio_dev_init(&v->dev, &init);
	if (err)
		return err;
	/* A frame that is sent may be one entry and 64 KiB of the window. */
	if (i->type == VHOST_USER_NET)
		vq_init(&v->dev.queues[1].vq, i->window, VIRTIO_NET_TX_SIZE);
	/*
	 * Of the ring's features EVENT_IDX alone: with indirect tables requests
	 * would be longer than a queue, and the window would not hold them.
	 */
	v->dev.aio = event_aio_open();
	v->backend.class = &backend_class;
	v->backend.features = v->conn.offered & (RING_FEATURES | k->passed);
	/* So do virtiofsd, without threads, and passt; of others nobody knows. */
	v->backend.in_order = v->peer->class->is_ours;
	return virtio_rings_init(&v->rings, &v->dev, &v->backend, k->nr_queues);
}

int virtio_vhost_user_create(struct virtio_vhost_user **out,
			     const struct virtio_vhost_user_init *i)
{
	struct virtio_vhost_user *v = calloc(1, sizeof(*v));
	char why[256];
	int err;

	if (!v) {
		log_err("%s: out of memory", i->peer->name);
		return -ENOMEM;
	}
	v->peer = i->peer;
	v->kind = &vhost_user_kinds[i->type];
	v->window = i->window;
	v->blk_segment = i->blk_segment;
	vhost_user_conn_init(v, on_hangup);
	for (size_t q = 0; q < ARRAY_SIZE(v->orphans); q++) {
		v->orphans[q].owner = v;
		v->orphans[q].kick.fd = -1;
	}
	err = vhost_user_conn_meet(v, why, sizeof(why));
	if (err) {
		log_err("%s: %s", v->peer->name, why);
	} else {
		err = init_device(v, i);
		if (err)
			log_err("%s: cannot make a device of it: %s",
				v->peer->name, errno_text(err));
	}
	if (err) {
		virtio_vhost_user_destroy(v);
		return err;
	}
	*out = v;
	return 0;
}

void virtio_vhost_user_destroy(struct virtio_vhost_user *v)
{
	if (!v)
		return;
	virtio_dev_fini(&v->dev);
	virtio_rings_fini(&v->rings);
	vhost_user_conn_hang_up(v);
	free(v);
}

struct virtio_dev *virtio_vhost_user_dev(struct virtio_vhost_user *v)
{
	return &v->dev;
}
