// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_net.c: any bytes in the rings, headers and commands of a network card,
 * any frames from its wire. What is checked: nothing beyond the window is
 * written (guard pages), no frame comes out that is longer than one may be, and
 * a reset heals whatever was broken.
 *
 * Input: a byte of choices, then records of 16 bytes (struct record).
 *
 * Floor: virtio/net.c 66
 * Floor: virtio/net_control.c 92
 * Floor: virtio/net_rx.c 88
 * Floor: virtio/net_tx.c 82
 */
#include "fuzz.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz_dev.h"
#include "fuzz_pages.h"
#include "log.h"
#include "virtio_net.h"

#define GPA	  0x7fe00000ULL
#define LEN	  MIB(2)
#define DATA	  (GPA + KIB(128))
#define NR_QUEUES 5U

struct world {
	struct window w;
	struct loop loop;
	struct netdev netdev;
	struct virtio_net *net;
	struct virtio_dev *dev;
	int wire[2];
	struct vq_driver d[NR_QUEUES];
	bool is_gone; /* what is behind the card */
};

struct record {
	uint8_t what, queue;
	uint16_t head, flags, next;
	uint32_t where, len;
} __attribute__((packed));

static uint8_t bytes[NETDEV_HEADER + NETDEV_MAX_FRAME + 1];

static int wire_send(struct netdev *n, unsigned int pair, struct iovec *iov,
		     unsigned int nr)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < nr; i++)
		sum += iov[i].iov_len;
	CHECK(nr > 1 && iov[0].iov_len == NETDEV_HEADER);
	CHECK(sum <= NETDEV_HEADER + NETDEV_MAX_FRAME);
	return writev(n->fd[pair], iov, (int)nr) < 0 ? -errno : 0;
}

static bool is_gone(struct netdev *n)
{
	return container_of(n, struct world, netdev)->is_gone;
}

static ssize_t wire_receive(struct netdev *n, unsigned int pair,
			    const struct iovec *iov, unsigned int nr)
{
	ssize_t ret = readv(n->fd[pair], iov, (int)nr);

	if (is_gone(n))
		return -ENOTCONN;
	return ret < 0 ? -errno : ret < (ssize_t)NETDEV_HEADER ? -EIO : ret;
}

static int wire_start(struct netdev *n, uint64_t features)
{
	(void)features;
	return is_gone(n) ? -ENOTCONN : 0;
}

static int wire_set_pairs(struct netdev *n, unsigned int nr)
{
	CHECK(nr >= 1 && nr <= n->nr_pairs);
	return 0;
}

static const struct netdev_class wire_class = {
	.send = wire_send,
	.receive = wire_receive,
	.start = wire_start,
	.set_pairs = wire_set_pairs,
};

static void make_world(struct world *w)
{
	struct virtio_net_init init = { .netdev = &w->netdev,
					.window = &w->w,
					.loop = &w->loop };

	log_set_level(LOG_ERROR);
	CHECK(!window_init(&w->w, GPA, LEN));
	CHECK(!loop_init(&w->loop));
	w->netdev = (struct netdev){ .class = &wire_class,
				     .features = 0x7fff,
				     .nr_pairs = 2 };
	for (unsigned int i = 0; i < 2; i++) {
		int sv[2];

		CHECK(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sv));
		w->netdev.fd[i] = sv[0];
		w->wire[i] = sv[1];
	}
	CHECK(!virtio_net_create(&w->net, &init));
	w->dev = virtio_net_dev(w->net);
}

static void bring_up(struct world *w, uint32_t without)
{
	fuzz_bring_up(w->dev, w->d, NR_QUEUES, &w->w, GPA, without);
}

static void serve(struct world *w)
{
	for (unsigned int i = 0; i < 3; i++)
		CHECK(!loop_poll(&w->loop));
}

static void drain(struct world *w)
{
	for (unsigned int i = 0; i < 2; i++) {
		while (recv(w->wire[i], bytes, sizeof(bytes), 0) >= 0)
			;
		while (recv(w->netdev.fd[i], bytes, sizeof(bytes), 0) >= 0)
			;
	}
}

/* Perhaps a page is gone meanwhile: of the queue's ring, or any. */
static void kick(struct world *w, unsigned int q, const struct record *r)
{
	const uint64_t one = 1;

	if (r->flags & 256)
		fuzz_take_page(&w->w, r->flags & 512 ? DATA + r->where
						     : GPA + KIB(4) * q);
	CHECK(write(w->dev->queues[q].kick.fd, &one, sizeof(one)) == 8);
	serve(w);
	if (r->flags & 256)
		fuzz_give_pages(&w->w);
}

static void read_config(struct world *w, const struct record *r)
{
	uint8_t config[64];

	virtio_dev_config_read(w->dev, r->where, config, r->len % 64 + 1);
	virtio_dev_config_write(w->dev, r->where, config, r->len % 64 + 1);
}

/* A descriptor, as it comes or of the sort that a driver makes. */
static void write_desc(struct world *w, const struct record *r)
{
	struct vring_desc *d =
		&w->d[r->queue % NR_QUEUES].desc[r->head % FUZZ_ENTRIES];

	d->addr = r->flags & 256 ? GPA - KIB(4) + r->where % (LEN + KIB(8))
				 : DATA + r->where % (LEN - KIB(256));
	d->len = r->flags & 512 ? r->len : r->len % 4096;
	d->flags = r->flags & 7;
	d->next = r->flags & 1024 ? r->next : r->next % FUZZ_ENTRIES;
}

static void step(struct world *w, const struct record *r)
{
	unsigned int q = r->queue % NR_QUEUES;
	size_t len;

	switch (r->what % 10) {
	case 0:
	case 1:
		write_desc(w, r);
		break;
	case 2:
		vq_driver_offer(&w->d[q], r->head % (FUZZ_ENTRIES + 1));
		(void)vq_driver_publish(&w->d[q]);
		break;
	case 3:
		kick(w, q, r);
		break;
	case 4: /* a frame arrives */
		len = r->len % sizeof(bytes);
		memset(bytes, r->flags & 255, len);
		(void)!send(w->wire[r->queue % 2], bytes, len, 0);
		serve(w);
		break;
	case 5: /* bytes of a header or a command */
		memcpy(vq_driver_mem(&w->w, DATA + r->where % KIB(4), 8),
		       &r->flags, 8);
		break;
	case 6:
		virtio_dev_queue_reset(w->dev, q);
		if (r->flags & 1)
			virtio_dev_queue_enable(w->dev, q);
		serve(w);
		break;
	case 8:
		read_config(w, r);
		break;
	case 9:
		w->is_gone = r->flags & 1;
		serve(w);
		break;
	default:
		while (recv(w->wire[r->queue % 2], bytes, sizeof(bytes), 0) >=
		       0)
			;
		serve(w);
		break;
	}
}

/* Healed: one frame each way. */
static void check_works(struct world *w)
{
	const struct vq_buf out = { DATA, NETDEV_HEADER + 60, false };
	uint32_t written;

	drain(w);
	w->is_gone = false;
	bring_up(w, 0);
	CHECK(!(virtio_dev_status(w->dev) & VIRTIO_CONFIG_S_NEEDS_RESET));
	memset(vq_driver_mem(&w->w, DATA, out.len), 0, out.len);
	CHECK(vq_driver_add(&w->d[1], &out, 1) >= 0);
	(void)vq_driver_publish(&w->d[1]);
	for (unsigned int i = 0; i < FUZZ_ENTRIES; i++) {
		const struct vq_buf in = { DATA + KIB(4) * (i + 1), KIB(4),
					   true };

		CHECK(vq_driver_add(&w->d[0], &in, 1) >= 0);
	}
	(void)vq_driver_publish(&w->d[0]);
	serve(w);
	CHECK(recv(w->wire[0], bytes, sizeof(bytes), 0) == out.len);
	CHECK(send(w->wire[0], bytes, out.len, 0) == out.len);
	serve(w);
	CHECK(vq_driver_get(&w->d[0], &written) >= 0 && written == out.len);
	CHECK(vq_driver_get(&w->d[1], NULL) >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world *w;
	struct record r;
	uint32_t without = 0;

	if (!w) {
		w = calloc(1, sizeof(*w));
		CHECK(w);
		make_world(w);
	}
	if (size < 1)
		return 0;
	if (data[0] & 1)
		without |= 1U << VIRTIO_NET_F_MRG_RXBUF;
	if (data[0] & 2)
		without |= 1U << VIRTIO_NET_F_MQ;
	if (data[0] & 4)
		without |= 1U << VIRTIO_RING_F_EVENT_IDX;
	if (data[0] & 8)
		without |= 1U << VIRTIO_RING_F_INDIRECT_DESC;
	bring_up(w, without);
	data++;
	size--;
	while (fuzz_next(&data, &size, &r, sizeof(r)))
		step(w, &r);
	check_works(w);
	return 0;
}
