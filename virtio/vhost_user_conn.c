// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhost_user_conn.c: the connection of a device to the back end that serves it:
 * made, listened to, hung up.
 */
#include "vhost_user_dev.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

/* For a connection; all vCPUs may wait for it. */
#define CONNECT_MS 5000U
/* A program of ours has to be loaded first. */
#define LOAD_MS 15000U

static void stop_listening(struct virtio_vhost_user *v)
{
	if (v->said.fd >= 0)
		loop_remove(v->dev.loop, &v->said);
	v->said.fd = -1;
}

static void on_said(struct watch *w, uint32_t events)
{
	struct virtio_vhost_user *v =
		container_of(w, struct virtio_vhost_user, said);

	(void)events;
	pthread_mutex_lock(&v->dev.lock);
	if (w->fd >= 0 && !v->peer->class->hear(v->peer))
		stop_listening(v);
	pthread_mutex_unlock(&v->dev.lock);
}

void vhost_user_conn_init(struct virtio_vhost_user *v,
			  void (*on_hangup)(struct watch *w, uint32_t events))
{
	v->conn.fd = -1;
	v->hangup = (struct watch){ .fd = -1,
				    .events = EPOLLRDHUP,
				    .ready = on_hangup };
	v->said =
		(struct watch){ .fd = -1, .events = EPOLLIN, .ready = on_said };
}

void vhost_user_conn_hang_up(struct virtio_vhost_user *v)
{
	if (v->conn.fd < 0)
		return;
	if (v->hangup.fd >= 0)
		loop_remove(v->dev.loop, &v->hangup);
	v->hangup.fd = -1;
	stop_listening(v);
	v->is_barred |= v->conn.timed_out && !v->peer->class->is_ours;
	vhost_user_close(&v->conn);
	v->peer->class->disconnect(v->peer);
}

/* One attempt. 0, or -errno with peer->why set. */
static int connect_once(struct virtio_vhost_user *v)
{
	struct vhost_peer *p = v->peer;
	int fd = p->class->connect(p);
	int err;

	if (fd < 0)
		return fd;
	err = vhost_user_open(&v->conn, fd,
			      p->class->is_ours ? LOAD_MS : CONNECT_MS);
	if (err) {
		p->class->disconnect(p);
		/* What it said last is better than what we saw. */
		if (p->why[0] == '\0')
			(void)snprintf(p->why, sizeof(p->why), "%s",
				       v->conn.why);
	} else {
		p->has_spoken = true;
	}
	return err;
}

static int connect_peer(struct virtio_vhost_user *v)
{
	struct vhost_peer *p = v->peer;
	int err;

	do {
		err = connect_once(v);
	} while (err == -ENOTCONN && p->class->retry && p->class->retry(p));
	return err;
}

/* What the back end has to be able to do for this kind of device. */
static const char *lacks(const struct virtio_vhost_user *v)
{
	const struct vhost_user_kind *k = v->kind;
	/* Some count a card's pairs of queues: DPDK says 1. */
	const unsigned int least =
		k->class.id == VIRTIO_ID_NET ? 1 : k->nr_queues;

	if (!((v->conn.offered >> VIRTIO_F_VERSION_1) & 1))
		return "it knows no virtio 1.0 (VIRTIO_F_VERSION_1)";
	if (v->conn.max_queues < least)
		return "it serves fewer queues than the device has; is the "
		       "type= right?";
	if (k->adapt && !vhost_user_has(&v->conn, VHOST_USER_P_CONFIG))
		return "it does not tell the device's configuration "
		       "(VHOST_USER_PROTOCOL_F_CONFIG); is the type= right?";
	return NULL;
}

static int ask_config(struct virtio_vhost_user *v)
{
	uint8_t config[sizeof(v->config)] = { 0 };
	int err;

	if (!v->kind->adapt)
		return 0;
	err = vhost_user_get_config(&v->conn, 0, config, v->kind->config_len);
	if (err)
		return err;
	v->kind->adapt(v, config);
	memcpy(v->config, config, sizeof(config));
	return 0;
}

/* The guest waits for one that does not answer: once is enough. */
static void bar(struct virtio_vhost_user *v, int err)
{
	v->is_barred |= err == -ETIMEDOUT && !v->peer->class->is_ours;
}

int vhost_user_conn_meet(struct virtio_vhost_user *v, char *why, size_t size)
{
	struct vhost_peer *p = v->peer;
	int err = connect_peer(v);
	const char *lack;

	bar(v, err);
	if (err) {
		(void)snprintf(why, size, "%s", p->why);
		p->why[0] = '\0';
		return err;
	}
	lack = lacks(v);
	err = lack ? -ENOTSUP : ask_config(v);
	if (!err)
		return 0;
	(void)snprintf(why, size, "%s%s", lack ? lack : v->conn.why,
		       lack ? "" : "; is the type= right?");
	/* It has nothing of the guest's: it may be asked again another time. */
	bar(v, err);
	vhost_user_close(&v->conn);
	p->class->disconnect(p);
	return err;
}

int vhost_user_conn_watch(struct virtio_vhost_user *v)
{
	int err;

	if (v->hangup.fd >= 0)
		return 0;
	v->hangup.fd = v->conn.fd;
	err = loop_add(v->dev.loop, &v->hangup);
	if (err)
		v->hangup.fd = -1;
	if (err || !v->peer->class->hear)
		return err;
	v->said.fd = v->peer->said;
	err = loop_add(v->dev.loop, &v->said);
	if (err)
		v->said.fd = -1;
	return err;
}
