// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhost_user_fs.c: a share whose virtiofsd died: its queues are ours again, and
 * each request is answered with an error.
 *
 * virtiofsd serves a queue in order, so what it left unanswered is what lies
 * between the used index and the available one. With a server that does not, a
 * guest may find an answer it does not wait for and give the queue up: better
 * than to wait for ever.
 */
#include "vhost_user_dev.h"

#include <errno.h>
#include <linux/fuse.h>
#include <sys/epoll.h>

#include "event.h"

/* An answer without more; FORGETs want none. 0, or -errno: it cannot be had. */
static int answer(struct virtio_vhost_user *v, struct virtqueue *vq)
{
	const struct vq_chain *c = &v->chain;
	struct fuse_out_header out = { .len = sizeof(out), .error = -ENOTCONN };
	struct fuse_in_header in;
	uint32_t written = 0;

	if (c->read_len < sizeof(in) || vq_chain_read(c, 0, &in, sizeof(in))) {
		vq_break(vq, VQ_BAD_CHAIN, c);
		return -EINVAL;
	}
	out.unique = in.unique;
	if (c->write_len >= sizeof(out)) {
		if (vq_chain_write(c, 0, &out, sizeof(out))) {
			vq_break(vq, VQ_REVOKED, c);
			return -EINVAL;
		}
		written = sizeof(out);
	}
	return vq_push(vq, c->head, written);
}

/* All there are, as many as a queue holds; then others have their turn. */
static void answer_all(struct virtio_vhost_user *v, unsigned int q)
{
	struct virtqueue *vq = &v->dev.queues[q].vq;
	unsigned int nr = 0;
	int ret;

	do {
		ret = vq_pop(vq, &v->chain);
		if (ret == 1 && answer(v, vq))
			ret = -EINVAL;
		if (ret == 0)
			ret = vq_kicks_on(vq);
	} while (ret > 0 && ++nr < vq->num);
	if (ret > 0)
		virtio_kick_again(&v->dev, q);
	if (ret >= 0)
		virtio_publish(&v->dev, q);
}

static void on_kick(struct watch *w, uint32_t events)
{
	struct vhost_user_orphan *o =
		container_of(w, struct vhost_user_orphan, kick);
	struct virtio_vhost_user *v = o->owner;

	(void)events;
	pthread_mutex_lock(&v->dev.lock);
	if (w->fd >= 0 && event_drain(w->fd) > 0)
		answer_all(v, (unsigned int)(o - v->orphans));
	pthread_mutex_unlock(&v->dev.lock);
}

void vhost_user_fs_mourn(struct virtio_vhost_user *v)
{
	for (unsigned int q = 0; q < v->dev.nr_queues; q++) {
		struct watch *w = &v->orphans[q].kick;

		if (!v->dev.queues[q].vq.ready || w->fd >= 0 ||
		    vq_resume(&v->dev.queues[q].vq))
			continue;
		*w = (struct watch){ .fd = v->dev.queues[q].kick.fd,
				     .events = EPOLLIN,
				     .ready = on_kick };
		if (loop_add(v->dev.loop, w))
			w->fd = -1;
		else
			answer_all(v, q);
		/* It may have died between its last answer and this. */
		event_signal_shared(&v->dev.aio, v->dev.queues[q].call);
	}
}

void vhost_user_fs_forget(struct virtio_vhost_user *v)
{
	for (unsigned int q = 0; q < ARRAY_SIZE(v->orphans); q++) {
		struct watch *w = &v->orphans[q].kick;

		if (w->fd >= 0)
			loop_remove(v->dev.loop, w);
		w->fd = -1;
	}
}
