/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * net_fixture.h: a network card in front of a socket pair, whose other end the
 * test has: each packet there is a frame with its header. Model drivers for its
 * queues, a loop, a window.
 */
#ifndef LKVM_PVM_TESTS_NET_FIXTURE_H
#define LKVM_PVM_TESTS_NET_FIXTURE_H

#include "queue_fixture.h"

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "log.h"
#include "virtio_net.h"

#define MAX_QUEUES 5U
#define F(name)	   (1ULL << VIRTIO_NET_F_##name)
#define BASE                                                                   \
	(ALL_FEATURES | 1ULL << VIRTIO_F_VERSION_1 |                           \
	 1ULL << VIRTIO_F_ACCESS_PLATFORM | F(MAC))
#define UP                                                                     \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |                \
	 VIRTIO_CONFIG_S_FEATURES_OK)
#define RX_DATA	   (GPA + KIB(512))
#define TX_DATA	   (GPA + KIB(1536))
#define CTRL_DATA  (GPA + KIB(256))
#define RX_BUF_LEN 2048U

struct card {
	struct window w;
	struct loop loop;
	struct netdev netdev;
	struct virtio_net *net;
	struct virtio_dev *dev;
	int wire[2]; /* the test's ends, of the pairs */
	struct vq_driver d[MAX_QUEUES];
	unsigned int nr_config_changed, nr_starts, pairs_set;
	int start_error;
	unsigned int nr_rx; /* buffers offered so far */
};

static struct card *card_of(struct netdev *n)
{
	return container_of(n, struct card, netdev);
}

static int wire_send(struct netdev *n, unsigned int pair, struct iovec *iov,
		     unsigned int nr)
{
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = nr };

	if (sendmsg(n->fd[pair], &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return 0;
	return errno == EPIPE ? -ENOTCONN : -errno;
}

static ssize_t wire_receive(struct netdev *n, unsigned int pair,
			    const struct iovec *iov, unsigned int nr)
{
	ssize_t ret = readv(n->fd[pair], iov, (int)nr);

	return ret == 0 ? -ENOTCONN : ret < 0 ? -errno : ret;
}

static int wire_start(struct netdev *n, uint64_t features)
{
	(void)features;
	card_of(n)->nr_starts++;
	return card_of(n)->start_error;
}

static int wire_set_pairs(struct netdev *n, unsigned int nr)
{
	card_of(n)->pairs_set = nr;
	return 0;
}

/* Readable when the interface is gone. */
static bool wire_is_gone(struct netdev *n)
{
	uint64_t gone;

	return read(n->link_fd, &gone, sizeof(gone)) == sizeof(gone) &&
	       gone == 1;
}

static void wire_close(struct netdev *n)
{
	close(n->link_fd);
	for (unsigned int i = 0; i < n->nr_pairs; i++)
		close(n->fd[i]);
}

static const struct netdev_class wire_class = {
	.send = wire_send,
	.receive = wire_receive,
	.start = wire_start,
	.set_pairs = wire_set_pairs,
	.is_gone = wire_is_gone,
	.close = wire_close,
};

static void count_config_change(void *ctx)
{
	((struct card *)ctx)->nr_config_changed++;
}

static const struct virtio_transport card_transport = {
	.config_changed = count_config_change,
};

/* With @backend, or NULL: it moves the frames then. */
static inline struct card *card_make_far(unsigned int nr_pairs,
					 struct ring_backend *backend)
{
	struct card *c = calloc(1, sizeof(*c));
	struct virtio_net_init init;

	must(c);
	log_set_level(LOG_ERROR);
	c->netdev = (struct netdev){
		.class = &wire_class,
		.name = "wire",
		.features =
			F(CSUM) | F(GUEST_CSUM) | F(GUEST_TSO4) | F(HOST_TSO4),
		.mtu = 1500,
		.nr_pairs = nr_pairs,
		.link_fd = eventfd(0, EFD_NONBLOCK),
	};
	for (unsigned int i = 0; i < nr_pairs; i++) {
		int sv[2], size = 1 << 20;

		must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
				 sv));
		must(!setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size)));
		must(!setsockopt(sv[1], SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size)));
		c->netdev.fd[i] = sv[0];
		c->wire[i] = sv[1];
	}
	must(!window_init(&c->w, GPA, LEN));
	must(!loop_init(&c->loop));
	init = (struct virtio_net_init){
		.netdev = &c->netdev,
		.backend = backend,
		.mac = { 2, 1, 2, 3, 4, 5 },
		.number = 1,
		.window = &c->w,
		.loop = &c->loop,
	};
	must(!virtio_net_create(&c->net, &init));
	c->dev = virtio_net_dev(c->net);
	c->dev->transport = &card_transport;
	c->dev->transport_ctx = c;
	return c;
}

static inline struct card *card_make(unsigned int nr_pairs)
{
	return card_make_far(nr_pairs, NULL);
}

static inline void card_free(struct card *c)
{
	virtio_net_destroy(c->net);
	for (unsigned int i = 0; i < c->netdev.nr_pairs; i++)
		close(c->wire[i]);
	netdev_close(&c->netdev);
	loop_fini(&c->loop);
	window_fini(&c->w);
	free(c);
}

static inline void enable_queue(struct card *c, unsigned int q, uint16_t size,
				uint64_t features)
{
	vq_driver_init(&c->d[q], &c->w, RING + q * KIB(16), size,
		       features >> VIRTIO_RING_F_EVENT_IDX & 1);
	vq_driver_attach(&c->d[q], &c->dev->queues[q].vq);
	virtio_dev_queue_enable(c->dev, q);
}

static inline void bring_up(struct card *c, uint64_t features, uint16_t rx_size)
{
	virtio_dev_set_status(c->dev, 0);
	virtio_dev_set_status(c->dev, VIRTIO_CONFIG_S_ACKNOWLEDGE |
					      VIRTIO_CONFIG_S_DRIVER);
	virtio_dev_accept(c->dev, 0, (uint32_t)features);
	virtio_dev_accept(c->dev, 1, (uint32_t)(features >> 32));
	virtio_dev_set_status(c->dev, UP);
	must(virtio_dev_status(c->dev) == UP);
	for (unsigned int q = 0; q < c->dev->nr_queues; q++)
		enable_queue(c, q,
			     q + 1 == MAX_QUEUES ? 16
			     : q % 2		 ? VIRTIO_NET_TX_SIZE
						 : rx_size,
			     features);
	c->nr_rx = 0;
	virtio_dev_set_status(c->dev, UP | VIRTIO_CONFIG_S_DRIVER_OK);
	must(!loop_poll(&c->loop));
}

static inline bool is_broken(struct card *c)
{
	return virtio_dev_status(c->dev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

static inline void kick(struct card *c, unsigned int q)
{
	const uint64_t one = 1;

	must(write(c->dev->queues[q].kick.fd, &one, sizeof(one)) == 8);
}

static inline void serve(struct card *c)
{
	for (unsigned int i = 0; i < 8; i++)
		must(!loop_poll(&c->loop));
}

static inline uint64_t interrupts(struct card *c, unsigned int q)
{
	uint64_t n;

	return read(c->dev->queues[q].call, &n, sizeof(n)) == 8 ? n : 0;
}

/* Offers @nr receive buffers of RX_BUF_LEN on pair 0; head n is at n's place
 * of RX_DATA only for the first round. */
static inline void offer_rx(struct card *c, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct vq_buf b = { RX_DATA + (c->nr_rx++ % 256) * RX_BUF_LEN,
				    RX_BUF_LEN, true };

		must(vq_driver_add(&c->d[0], &b, 1) >= 0);
	}
	if (vq_driver_publish(&c->d[0]))
		kick(c, 0);
	serve(c);
}

static inline uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

/* A frame of @len bytes behind its header comes from the wire. */
static inline void wire_put(struct card *c, unsigned int pair, size_t len)
{
	uint8_t *f = calloc(1, NETDEV_HEADER + len);

	must(f);
	for (size_t i = 0; i < len; i++)
		f[NETDEV_HEADER + i] = pattern(i);
	f[1] = VIRTIO_NET_HDR_GSO_TCPV4; /* to be seen again */
	must(send(c->wire[pair], f, NETDEV_HEADER + len, 0) ==
	     (ssize_t)(NETDEV_HEADER + len));
	free(f);
}

/* Takes one frame off the wire; its length behind the header, -1: none. */
static inline ssize_t wire_get(struct card *c, unsigned int pair, uint8_t *buf,
			       size_t room)
{
	ssize_t n = recv(c->wire[pair], buf, room, 0);

	return n < 0 ? -1 : n - (ssize_t)NETDEV_HEADER;
}

/* The guest sends @len bytes behind a header, in two buffers. */
static inline int offer_tx(struct card *c, unsigned int q, size_t len)
{
	gpa_t at = TX_DATA + (c->d[q].avail_idx % 64) * KIB(4);
	struct vq_buf b[] = { { at, NETDEV_HEADER, false },
			      { at + NETDEV_HEADER, (uint32_t)len, false } };
	uint8_t *p = vq_driver_mem(&c->w, at, NETDEV_HEADER + len);
	int head;

	memset(p, 0, NETDEV_HEADER);
	p[0] = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	for (size_t i = 0; i < len; i++)
		p[NETDEV_HEADER + i] = pattern(i);
	head = vq_driver_add(&c->d[q], b, 2);
	if (vq_driver_publish(&c->d[q]))
		kick(c, q);
	return head;
}

#endif
