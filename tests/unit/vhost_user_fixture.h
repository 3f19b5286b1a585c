/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vhost_user_fixture.h: a device that a vhost-user back end serves, with a back
 * end that knows the messages and serves nothing.
 */
#ifndef LKVM_PVM_TESTS_VHOST_USER_FIXTURE_H
#define LKVM_PVM_TESTS_VHOST_USER_FIXTURE_H

#include "queue_fixture.h"

#include <fcntl.h>
#include <linux/virtio_config.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../../virtio/vhost_user_dev.h"
#include "log.h"

#define BIT(n)	 (1ULL << (n))
#define PROTOCOL BIT(30)
#define MODERN	 BIT(32)
#define EVENTS	 BIT(29)
#define INDIRECT BIT(28)
#define PLATFORM BIT(33)
#define UP                                                                     \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |                \
	 VIRTIO_CONFIG_S_FEATURES_OK)
#define NR_QUEUES 2U

/* The back end, a thread for each connection. */
struct back {
	struct vhost_peer peer;
	uint64_t features, protocol;
	uint64_t nr_queues;
	uint8_t capacity; /* the first byte of its configuration */
	bool is_silent;	  /* at GET_VRING_BASE */
	bool errs;	  /* there, too */
	bool nacks;	  /* each request that wants to be acknowledged */
	uint32_t mute_at; /* the request that it does not answer */
	bool clears;	  /* O_NONBLOCK of what it is given, as crosvm does */
	unsigned int nr_cleared;
	unsigned int delay_ms; /* before each answer */
	bool refuses, is_busy;
	/* What it was told. */
	pthread_t thread;
	bool has_thread;
	int fd;
	uint64_t agreed, memory;
	uint64_t nr_starts, nr_stops; /* of queues */
	unsigned int nr_connects, nr_disconnects;
};

struct world {
	struct window w;
	struct loop loop;
	struct back back;
	struct virtio_vhost_user *v;
	struct virtio_dev *dev;
	struct vq_driver d[NR_QUEUES];
	uint16_t mtu;
	unsigned int nr_config_changed;
};

/* --- the back end ------------------------------------------------------------ */

struct message {
	uint32_t request, flags, size;
	uint8_t payload[300];
};

static void reply(const struct back *b, struct message *m, const void *p,
		  uint32_t size)
{
	m->flags = 5;
	m->size = size;
	memmove(m->payload, p, size);
	(void)!send(b->fd, m, 12 + (size_t)size, MSG_NOSIGNAL);
}

static void answer(struct back *b, struct message *m)
{
	const bool acks = m->flags & 8;
	uint64_t v = 0;

	if (m->request == b->mute_at)
		return;
	(void)usleep(b->delay_ms * 1000);
	memcpy(&v, m->payload, sizeof(v));
	switch (m->request) {
	case 1:
		reply(b, m, &b->features, 8);
		break;
	case 2:
		b->agreed = v;
		break;
	case 5:
		memcpy(&b->memory, m->payload + 16, 8);
		break;
	case 11:
		__atomic_add_fetch(&b->nr_stops, 1, __ATOMIC_RELAXED);
		if (!b->is_silent)
			reply(b, m, m->payload, b->errs ? 4 : 8);
		break;
	case 15:
		reply(b, m, &b->protocol, 8);
		break;
	case 17:
		v = b->nr_queues;
		reply(b, m, &v, 8);
		break;
	case 18:
		__atomic_add_fetch(&b->nr_starts, 1, __ATOMIC_RELAXED);
		break;
	case 24:
		/* Each byte of its configuration is its number, but one. */
		for (uint32_t i = 12; i < m->size; i++)
			m->payload[i] = (uint8_t)(i - 12);
		m->payload[12] = b->capacity;
		reply(b, m, m->payload, m->size);
		break;
	default:
		break;
	}
	v = b->nacks;
	if (acks)
		reply(b, m, &v, 8);
}

/* And what comes along. */
static bool receive_header(struct back *b, struct message *m)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { m, 12 };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *c;
	int fd;

	if (recvmsg(b->fd, &h, MSG_WAITALL) != 12)
		return false;
	c = CMSG_FIRSTHDR(&h);
	if (!c)
		return true;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (b->clears && m->request >= 12 && m->request <= 14) {
		must(!fcntl(fd, F_SETFL, 0));
		__atomic_add_fetch(&b->nr_cleared, 1, __ATOMIC_RELAXED);
	}
	close(fd);
	return true;
}

static void *serve(void *arg)
{
	struct back *b = arg;
	struct message m;

	while (receive_header(b, &m)) {
		must(m.size <= sizeof(m.payload));
		if (m.size &&
		    recv(b->fd, m.payload, m.size, MSG_WAITALL) != m.size)
			break;
		answer(b, &m);
	}
	return NULL;
}

static struct back *back_of(struct vhost_peer *p)
{
	return container_of(p, struct back, peer);
}

/* It dies: the front end finds its socket closed. */
static void die(struct back *b)
{
	if (!b->has_thread)
		return;
	(void)shutdown(b->fd, SHUT_RDWR);
	pthread_join(b->thread, NULL);
	close(b->fd);
	b->has_thread = false;
}

static int back_connect(struct vhost_peer *p)
{
	struct back *b = back_of(p);
	int sv[2];

	if (b->is_busy)
		return -EBUSY;
	if (b->refuses) {
		(void)snprintf(p->why, sizeof(p->why), "not today");
		return -ECONNREFUSED;
	}
	die(b);
	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	must(!fcntl(sv[0], F_SETFL, O_NONBLOCK));
	b->fd = sv[1];
	b->nr_connects++;
	must(!pthread_create(&b->thread, NULL, serve, b));
	b->has_thread = true;
	return sv[0];
}

static void back_disconnect(struct vhost_peer *p)
{
	p->why[0] = '\0';
	back_of(p)->nr_disconnects++;
}

static const struct vhost_peer_class __attribute__((unused)) lasting = {
	.connect = back_connect,
	.disconnect = back_disconnect,
};

static const struct vhost_peer_class __attribute__((unused)) ours = {
	.connect = back_connect,
	.disconnect = back_disconnect,
	.is_ours = true,
};

/* --- the world --------------------------------------------------------------- */

static void on_config_changed(void *ctx)
{
	((struct world *)ctx)->nr_config_changed++;
}

static const struct virtio_transport transport = { on_config_changed, NULL };

static inline struct world *world_new(const struct vhost_peer_class *class)
{
	struct world *w = calloc(1, sizeof(*w));

	must(w);
	must(window_init(&w->w, GPA, LEN) == 0);
	must(loop_init(&w->loop) == 0);
	w->back.peer.class = class;
	strcpy(w->back.peer.name, "it");
	w->back.features = PROTOCOL | MODERN | EVENTS | INDIRECT;
	w->back.protocol = BIT(0) | BIT(9);
	w->back.nr_queues = 2;
	return w;
}

static inline int create(struct world *w, enum vhost_user_type type)
{
	const struct virtio_vhost_user_init i = {
		.type = type,
		.peer = &w->back.peer,
		.tag = "tag",
		.mac = { 2, 0, 0, 0, 0, 9 },
		.mtu = w->mtu,
		.window = &w->w,
		.loop = &w->loop,
		.blk_segment = KIB(4),
	};
	int err = virtio_vhost_user_create(&w->v, &i);

	if (!err) {
		w->dev = virtio_vhost_user_dev(w->v);
		w->dev->transport = &transport;
		w->dev->transport_ctx = w;
	}
	return err;
}

static inline struct world *world_make(const struct vhost_peer_class *class,
				       enum vhost_user_type type)
{
	struct world *w = world_new(class);

	must(create(w, type) == 0);
	return w;
}

static inline void world_free(struct world *w)
{
	virtio_vhost_user_destroy(w->v);
	die(&w->back);
	loop_fini(&w->loop);
	window_fini(&w->w);
	free(w);
}

static inline void enable_queue(struct world *w, unsigned int q)
{
	vq_driver_init(&w->d[q], &w->w, RING + q * KIB(16), 16, true);
	vq_driver_attach(&w->d[q], &w->dev->queues[q].vq);
	virtio_dev_queue_enable(w->dev, q);
}

/* The first @nr queues. */
static inline void bring_up_some(struct world *w, unsigned int nr)
{
	const uint64_t f = MODERN | PLATFORM | EVENTS;

	virtio_dev_set_status(w->dev, 0);
	virtio_dev_set_status(w->dev, UP & ~VIRTIO_CONFIG_S_FEATURES_OK);
	virtio_dev_accept(w->dev, 0, (uint32_t)f);
	virtio_dev_accept(w->dev, 1, (uint32_t)(f >> 32));
	virtio_dev_set_status(w->dev, UP);
	must(virtio_dev_status(w->dev) == UP);
	for (unsigned int q = 0; q < nr; q++)
		enable_queue(w, q);
	virtio_dev_set_status(w->dev, UP | VIRTIO_CONFIG_S_DRIVER_OK);
}

static inline void bring_up(struct world *w)
{
	bring_up_some(w, w->dev->nr_queues);
}

static inline bool is_broken(struct world *w)
{
	return virtio_dev_status(w->dev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

/* What the back end's err eventfd does: it cannot go on with queue @q. */
static inline void give_up(struct world *w, unsigned int q)
{
	const uint64_t one = 1;

	must(write(w->v->rings.queues[q].err.fd, &one, 8) == 8);
	must(loop_poll(&w->loop) == 0);
}

static inline void settle(struct world *w)
{
	for (unsigned int i = 0; i < 3; i++)
		must(loop_poll(&w->loop) == 0);
}

/* The back end dies, which is noticed. */
static inline void lose(struct world *w)
{
	die(&w->back);
	settle(w);
	ck_assert(is_broken(w));
}

static inline uint64_t count(const uint64_t *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

#endif
