/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vsock_fixture.h: a socket device with its unix sockets in a directory of its
 * own, and a model of the guest: its driver's queues, packets in and out.
 */
#ifndef LKVM_PVM_TESTS_VSOCK_FIXTURE_H
#define LKVM_PVM_TESTS_VSOCK_FIXTURE_H

#include "queue_fixture.h"

#include <linux/virtio_config.h>
#include <linux/virtio_vsock.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "log.h"
#include "virtio_vsock.h"

#define CID    42U
#define HEADER ((uint32_t)sizeof(struct virtio_vsock_hdr))
#define BASE                                                                   \
	(1ULL << VIRTIO_RING_F_EVENT_IDX | 1ULL << VIRTIO_F_VERSION_1 |        \
	 1ULL << VIRTIO_F_ACCESS_PLATFORM)
#define UP                                                                     \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |                \
	 VIRTIO_CONFIG_S_FEATURES_OK)
#define BOTH	 (VIRTIO_VSOCK_SHUTDOWN_RCV | VIRTIO_VSOCK_SHUTDOWN_SEND)
#define RX_DATA	 (GPA + KIB(512))
#define RX_ROOM	 4096U
#define TX_DATA	 (GPA + KIB(1024))
#define TX_ROOM	 KIB(80)
#define TX_SLOTS 12U

struct world {
	struct window w;
	struct loop loop;
	struct virtio_vsock *vsock;
	struct virtio_dev *dev;
	struct vq_driver d[3];
	char dir[32], path[64];
	int listener; /* the last of host_listens() */
	unsigned int nr_tx;
	unsigned int nr_rx; /* buffers offered so far */
	bool keep_rx;	    /* take() gives no buffers back */
	bool is_served;	    /* the loop has a thread of its own */
};

static inline void serve(struct world *x)
{
	for (unsigned int i = 0; i < 12 && !x->is_served; i++)
		must(!loop_poll(&x->loop));
}

static inline void kick(struct world *x, unsigned int q)
{
	const uint64_t one = 1;

	must(write(x->dev->queues[q].kick.fd, &one, sizeof(one)) == 8);
	serve(x);
}

static inline struct world *world_make(void)
{
	struct world *x = calloc(1, sizeof(*x));
	struct virtio_vsock_init init;

	must(x);
	log_set_level(LOG_ERROR);
	strcpy(x->dir, "/tmp/vsock-XXXXXX");
	must(mkdtemp(x->dir));
	snprintf(x->path, sizeof(x->path), "%s/v", x->dir);
	must(!window_init(&x->w, GPA, LEN));
	must(!loop_init(&x->loop));
	init = (struct virtio_vsock_init){
		.path = x->path,
		.cid = CID,
		.window = &x->w,
		.loop = &x->loop,
	};
	must(!virtio_vsock_create(&x->vsock, &init));
	x->dev = virtio_vsock_dev(x->vsock);
	return x;
}

static inline void world_free(struct world *x)
{
	char command[64];

	virtio_vsock_destroy(x->vsock);
	must(access(x->path, F_OK) != 0);
	loop_fini(&x->loop);
	window_fini(&x->w);
	snprintf(command, sizeof(command), "rm -r %s", x->dir);
	must(system(command) == 0);
	free(x);
}

static inline void enable_queue(struct world *x, unsigned int q, uint16_t size,
				uint64_t features)
{
	vq_driver_init(&x->d[q], &x->w, RING + q * KIB(16), size,
		       features >> VIRTIO_RING_F_EVENT_IDX & 1);
	vq_driver_attach(&x->d[q], &x->dev->queues[q].vq);
	virtio_dev_queue_enable(x->dev, q);
}

static inline void offer_rx(struct world *x, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct vq_buf b = { RX_DATA + x->nr_rx++ % 128 * RX_ROOM,
				    RX_ROOM, true };

		must(vq_driver_add(&x->d[0], &b, 1) >= 0);
	}
	if (vq_driver_publish(&x->d[0]))
		kick(x, 0);
	serve(x);
}

/* To DRIVER_OK, with @nr_rx receive buffers. */
static inline void bring_up(struct world *x, uint64_t features,
			    unsigned int nr_rx)
{
	virtio_dev_set_status(x->dev, 0);
	virtio_dev_set_status(x->dev, VIRTIO_CONFIG_S_ACKNOWLEDGE |
					      VIRTIO_CONFIG_S_DRIVER);
	virtio_dev_accept(x->dev, 0, (uint32_t)features);
	virtio_dev_accept(x->dev, 1, (uint32_t)(features >> 32));
	virtio_dev_set_status(x->dev, UP);
	must(virtio_dev_status(x->dev) == UP);
	enable_queue(x, 0, VIRTIO_VSOCK_RX_SIZE, features);
	enable_queue(x, 1, VIRTIO_VSOCK_TX_SIZE, features);
	enable_queue(x, 2, VIRTIO_VSOCK_EV_SIZE, features);
	x->nr_rx = 0;
	virtio_dev_set_status(x->dev, UP | VIRTIO_CONFIG_S_DRIVER_OK);
	offer_rx(x, nr_rx);
	serve(x);
}

static inline bool is_broken(struct world *x)
{
	return virtio_dev_status(x->dev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

static inline struct virtio_vsock_stats stats(struct world *x)
{
	struct virtio_vsock_stats s;

	virtio_vsock_stats(x->vsock, &s);
	return s;
}

/* --- packets of the guest --------------------------------------------------- */

static inline uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static inline struct virtio_vsock_hdr packet(uint16_t op, uint32_t guest_port,
					     uint32_t host_port)
{
	return (struct virtio_vsock_hdr){
		.src_cid = CID,
		.dst_cid = 2,
		.src_port = guest_port,
		.dst_port = host_port,
		.type = VIRTIO_VSOCK_TYPE_STREAM,
		.op = op,
		.buf_alloc = 1 << 18,
	};
}

/* Sends @h and h->len bytes of the pattern from @first on; two buffers. */
static inline void put(struct world *x, const struct virtio_vsock_hdr *h,
		       size_t first)
{
	gpa_t at = TX_DATA + x->nr_tx++ % TX_SLOTS * TX_ROOM;
	struct vq_buf b[] = { { at, HEADER, false },
			      { at + HEADER, h->len, false } };
	uint8_t *p = vq_driver_mem(&x->w, at, HEADER + h->len);

	while (vq_driver_get(&x->d[1], NULL) >= 0)
		;
	memcpy(p, h, HEADER);
	/* With a thread: to TSan the ring orders nothing. */
	for (size_t i = 0; i < h->len && !x->is_served; i++)
		p[HEADER + i] = pattern(first + i);
	must(vq_driver_add(&x->d[1], b, h->len ? 2 : 1) >= 0);
	if (vq_driver_publish(&x->d[1]))
		kick(x, 1);
	serve(x);
}

static inline void say(struct world *x, uint16_t op, uint32_t guest_port,
		       uint32_t host_port)
{
	const struct virtio_vsock_hdr h = packet(op, guest_port, host_port);

	put(x, &h, 0);
}

static inline void say_data(struct world *x, uint32_t guest_port,
			    uint32_t host_port, size_t first, uint32_t len)
{
	struct virtio_vsock_hdr h =
		packet(VIRTIO_VSOCK_OP_RW, guest_port, host_port);

	h.len = len;
	put(x, &h, first);
}

static inline void say_end(struct world *x, uint32_t guest_port,
			   uint32_t host_port, uint32_t flags)
{
	struct virtio_vsock_hdr h =
		packet(VIRTIO_VSOCK_OP_SHUTDOWN, guest_port, host_port);

	h.flags = flags;
	put(x, &h, 0);
}

/* The next packet for the guest; false: there is none. @data: RX_ROOM bytes. */
static inline bool take(struct world *x, struct virtio_vsock_hdr *h,
			uint8_t *data)
{
	uint32_t len;
	int head = vq_driver_get(&x->d[0], &len);
	const uint8_t *p;

	if (head < 0)
		return false;
	must(len >= HEADER && len <= RX_ROOM);
	p = vq_driver_mem(&x->w, x->d[0].desc[head].addr, len);
	memcpy(h, p, HEADER);
	must(h->len == len - HEADER && h->dst_cid == CID);
	if (data)
		memcpy(data, p + HEADER, h->len);
	if (!x->keep_rx)
		offer_rx(x, 1);
	return true;
}

/* The next packet is that, and says so of its ends. */
static inline struct virtio_vsock_hdr
expect(struct world *x, uint16_t op, uint32_t guest_port, uint32_t host_port)
{
	struct virtio_vsock_hdr h = { .op = 0 };

	ck_assert_msg(take(x, &h, NULL), "no packet instead of %u", op);
	ck_assert_uint_eq(h.op, op);
	ck_assert_uint_eq(h.src_cid, 2);
	ck_assert_uint_eq(h.src_port, host_port);
	ck_assert_uint_eq(h.dst_port, guest_port);
	ck_assert_uint_eq(h.type, VIRTIO_VSOCK_TYPE_STREAM);
	return h;
}

static inline void expect_nothing(struct world *x)
{
	struct virtio_vsock_hdr h = { .op = 0 };

	serve(x);
	ck_assert_msg(!take(x, &h, NULL), "a packet, %u", h.op);
}

/* --- programs of the host --------------------------------------------------- */

static inline struct sockaddr_un address(struct world *x, const char *behind)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	must(snprintf(a.sun_path, sizeof(a.sun_path), "%s%s", x->path, behind) <
	     (int)sizeof(a.sun_path));
	return a;
}

static inline int host_listens(struct world *x, const char *behind)
{
	struct sockaddr_un a = address(x, behind);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	must(fd >= 0 && !bind(fd, (struct sockaddr *)&a, sizeof(a)) &&
	     !listen(fd, 4096));
	x->listener = fd;
	return fd;
}

static inline int host_connects(struct world *x, const char *hello)
{
	struct sockaddr_un a = address(x, "");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	must(fd >= 0);
	while (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		must(x->is_served && errno == EAGAIN && !sched_yield());
	must(send(fd, hello, strlen(hello), MSG_NOSIGNAL) ==
		     (ssize_t)strlen(hello) ||
	     x->is_served);
	serve(x);
	return fd;
}

/* A connection of the guest's port to host port 6000 of @listener. */
static inline int guest_connects(struct world *x, int listener,
				 uint32_t guest_port)
{
	int fd;

	say(x, VIRTIO_VSOCK_OP_REQUEST, guest_port, 6000);
	expect(x, VIRTIO_VSOCK_OP_RESPONSE, guest_port, 6000);
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	must(fd >= 0);
	return fd;
}

/* Reads what is there: as many bytes of the pattern from @first on. */
static inline size_t host_reads(int fd, size_t first)
{
	static uint8_t buf[1 << 20];
	size_t sum = 0;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			must(buf[i] == pattern(first + sum + (size_t)i));
		sum += (size_t)n;
	}
	return sum;
}

static inline bool at_end(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_PEEK) == 0;
}

/* The same, or reset since something was not read at the other end. */
static inline bool is_over(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

/* Writes as much of the pattern as there is room for, @len at most. */
static inline size_t host_writes(int fd, size_t first, size_t len)
{
	static uint8_t buf[1 << 20];
	ssize_t n;

	for (size_t i = 0; i < len; i++)
		buf[i] = pattern(first + i);
	n = send(fd, buf, len, MSG_NOSIGNAL);
	return n < 0 ? 0 : (size_t)n;
}

/* What a connection may send ahead, and once it carried something. */
#define FIRST (16U << 10)
#define FULL  (256U << 10)

/* A connection that has all the credit it gets; 1000 bytes went over. */
static inline int open_full(struct world *x, int listener, uint32_t guest_port)
{
	int fd = guest_connects(x, listener, guest_port);
	struct virtio_vsock_hdr h;

	say_data(x, guest_port, 6000, 0, 1000);
	h = expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, guest_port, 6000);
	must(h.buf_alloc == FULL && h.fwd_cnt == 1000);
	must(host_reads(fd, 0) == 1000);
	return fd;
}

/* One chain of @n buffers, kicked. */
static inline void put_chain(struct world *x, const struct vq_buf *b,
			     unsigned int n)
{
	must(vq_driver_add(&x->d[1], b, n) >= 0);
	(void)vq_driver_publish(&x->d[1]);
	kick(x, 1);
}

#endif
