// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_vsock.c: any packets and rings of a guest, any behaviour of programs on
 * the host. What is checked: nothing beyond the window is written (guard
 * pages), what is held stays within what was promised and that within its
 * bound, no more connections exist than may, and a reset heals whatever was
 * broken and leaves none.
 *
 * Input: a byte of choices, then records of 16 bytes (struct record).
 *
 * Floor: virtio/vsock.c 73
 * Floor: virtio/vsock_conn.c 84
 * Floor: virtio/vsock_rx.c 83
 * Floor: virtio/vsock_tx.c 83
 * Floor: devices/vsock_unix.c 74
 */
#include "fuzz.h"

#include <errno.h>
#include <linux/virtio_vsock.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz_dev.h"
#include "fuzz_pages.h"
#include "log.h"
#include "virtio_vsock.h"

#define GPA	   0x7fe00000ULL
#define LEN	   MIB(2)
#define DATA	   (GPA + KIB(128))
#define CID	   3U
#define HEADER	   ((uint32_t)sizeof(struct virtio_vsock_hdr))
#define NR_QUEUES  3U
#define NR_CLIENTS 6U
#define NR_PORTS   3U
#define OWN_PORT   3U /* handed over, to the last client */

struct world {
	struct window w;
	struct loop loop;
	struct virtio_vsock *vsock;
	struct virtio_dev *dev;
	int listeners[NR_PORTS];
	int clients[NR_CLIENTS]; /* -1: none */
	struct vq_driver d[NR_QUEUES];
	uint16_t seen[NR_QUEUES];	    /* of the used index */
	bool busy[NR_QUEUES][FUZZ_ENTRIES]; /* entries the device has */
	uint32_t last_port;		    /* of a REQUEST to the guest */
	gpa_t gone; /* its page, at the next kick; 0: none */
};

struct record {
	uint8_t what, queue;
	uint16_t op, port;
	uint16_t flags;
	uint32_t where, len;
} __attribute__((packed));

static uint8_t bytes[KIB(64)];

static struct sockaddr_un address(int port)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *dir = getenv("TMPDIR"); /* removed by who runs it */
	int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s/vsock-%d",
			 dir ? dir : "/tmp", getpid());

	if (port >= 0)
		snprintf(a.sun_path + n, sizeof(a.sun_path) - (size_t)n, "_%d",
			 port);
	return a;
}

static void make_world(struct world *w)
{
	static struct sockaddr_un path;
	struct virtio_vsock_init init = { .cid = CID,
					  .window = &w->w,
					  .loop = &w->loop };

	log_set_level(LOG_ERROR);
	CHECK(!window_init(&w->w, GPA, LEN));
	CHECK(!loop_init(&w->loop));
	path = address(-1);
	init.path = path.sun_path;
	CHECK(!virtio_vsock_create(&w->vsock, &init));
	w->dev = virtio_vsock_dev(w->vsock);
	for (unsigned int i = 0; i < NR_CLIENTS; i++)
		w->clients[i] = -1;
	for (unsigned int i = 0; i < NR_PORTS; i++) {
		struct sockaddr_un a = address((int)i);

		w->listeners[i] =
			socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		CHECK(!bind(w->listeners[i], (struct sockaddr *)&a, sizeof(a)));
		CHECK(!listen(w->listeners[i], 8));
	}
}

static void serve(struct world *w)
{
	for (unsigned int i = 0; i < 4; i++)
		CHECK(!loop_poll(&w->loop));
}

static void bring_up(struct world *w, uint32_t without)
{
	fuzz_bring_up(w->dev, w->d, NR_QUEUES, &w->w, GPA, without);
	memset(w->seen, 0, sizeof(w->seen));
	memset(w->busy, 0, sizeof(w->busy));
	serve(w);
}

static void kick(struct world *w, unsigned int q)
{
	const uint64_t one = 1;

	if (w->gone)
		fuzz_take_page(&w->w, w->gone);
	CHECK(write(w->dev->queues[q].kick.fd, &one, sizeof(one)) == 8);
	serve(w);
	if (w->gone)
		fuzz_give_pages(&w->w);
	w->gone = 0;
}

/* --- the guest -------------------------------------------------------------- */

/* Takes back what came; the last packet's header into @h. */
static unsigned int take(struct world *w, unsigned int q,
			 struct virtio_vsock_hdr *h)
{
	const struct vq_driver *d = &w->d[q];
	unsigned int n = 0;

	for (; w->seen[q] != d->used->idx; w->seen[q]++, n++) {
		uint32_t id = d->used->ring[w->seen[q] % FUZZ_ENTRIES].id;
		const void *p;

		CHECK(id < FUZZ_ENTRIES);
		w->busy[q][id] = false;
		p = window_at(&w->w, d->desc[id].addr, HEADER);
		if (q != 0 || !p)
			continue;
		memcpy(h, p, HEADER);
		if (h->op == VIRTIO_VSOCK_OP_REQUEST)
			w->last_port = h->src_port;
	}
	return n;
}

/* One buffer as it should be; false: none is free. */
static bool offer(struct world *w, unsigned int q, gpa_t at, uint32_t len)
{
	for (uint16_t i = 0; i < FUZZ_ENTRIES; i++) {
		if (w->busy[q][i])
			continue;
		w->busy[q][i] = true;
		w->d[q].desc[i] = (struct vring_desc){
			.addr = at,
			.len = len,
			.flags = q == 0 ? VRING_DESC_F_WRITE : 0,
		};
		vq_driver_offer(&w->d[q], i);
		return true;
	}
	return false;
}

static void offer_rx(struct world *w, unsigned int n)
{
	while (n-- > 0 && offer(w, 0, DATA + KIB(4) * (n % 64), KIB(4)))
		;
	(void)vq_driver_publish(&w->d[0]);
	kick(w, 0);
}

static void send_packet(struct world *w, const struct virtio_vsock_hdr *h,
			uint32_t len)
{
	gpa_t at = DATA + MIB(1) + w->d[1].avail_idx % 8 * KIB(68);

	memcpy(vq_driver_mem(&w->w, at, HEADER + len), h, HEADER);
	if (offer(w, 1, at, HEADER + len))
		(void)vq_driver_publish(&w->d[1]);
	kick(w, 1);
}

static void guest_packet(struct world *w, const struct record *r)
{
	uint32_t len = r->len % KIB(64);
	struct virtio_vsock_hdr h = {
		.src_cid = r->flags & 256 ? r->where : CID,
		.dst_cid = r->flags & 512 ? r->where : 2,
		.src_port = r->port % 4,
		.dst_port = r->flags & 1024 ? w->last_port : r->port >> 8 & 3,
		.len = len,
		.type = r->flags & 2048 ? r->op : VIRTIO_VSOCK_TYPE_STREAM,
		.op = r->flags & 4096 ? r->op : r->op % 9,
		.flags = r->flags & 3,
		.buf_alloc = r->where,
		.fwd_cnt = r->where >> 16,
	};

	if (h.op != VIRTIO_VSOCK_OP_RW && !(r->flags & 8192))
		h.len = len = 0;
	if (r->flags & 16384)
		h.len = r->len;
	send_packet(w, &h, len);
}

/* --- the host --------------------------------------------------------------- */

static int *slot(struct world *w, const struct record *r)
{
	return &w->clients[r->queue % NR_CLIENTS];
}

static void client_comes(struct world *w, const struct record *r)
{
	struct sockaddr_un a = address(-1);
	int *fd = slot(w, r);
	char line[32];
	int n;

	if (*fd >= 0)
		close(*fd);
	if (r->flags & 1) {
		*fd = accept4(w->listeners[r->port % NR_PORTS], NULL, NULL,
			      SOCK_NONBLOCK);
		return;
	}
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(*fd, (struct sockaddr *)&a, sizeof(a)))
		return;
	n = snprintf(line, sizeof(line), "CONNECT %u\n", r->port % 4);
	if (r->flags & 2)
		memcpy(line + r->where % 16, &r->where, 8);
	(void)!send(*fd, line, (size_t)n, MSG_NOSIGNAL);
	serve(w);
}

static void client_acts(struct world *w, const struct record *r)
{
	int *fd = slot(w, r);

	if (*fd < 0)
		return;
	switch (r->op % 6) {
	case 0:
	case 1:
		(void)!send(*fd, bytes, r->len % sizeof(bytes), MSG_NOSIGNAL);
		break;
	case 2:
		while (recv(*fd, bytes, sizeof(bytes), 0) > 0)
			;
		break;
	case 3:
		(void)shutdown(*fd, SHUT_WR);
		break;
	case 4:
		(void)shutdown(*fd, SHUT_RD);
		break;
	default:
		close(*fd);
		*fd = -1;
	}
	serve(w);
}

/* --- one input -------------------------------------------------------------- */

static void write_desc(struct world *w, const struct record *r)
{
	unsigned int q = r->queue % NR_QUEUES;
	struct vring_desc *d = &w->d[q].desc[r->port % FUZZ_ENTRIES];

	d->addr = r->flags & 256 ? GPA - KIB(4) + r->where % (LEN + KIB(8))
				 : DATA + r->where % (LEN - KIB(256));
	d->len = r->flags & 512 ? r->len : r->len % 4096;
	d->flags = r->flags & 7;
	d->next = r->flags & 1024 ? r->op : r->op % FUZZ_ENTRIES;
	vq_driver_offer(&w->d[q], r->port % (FUZZ_ENTRIES + 1));
	(void)vq_driver_publish(&w->d[q]);
	kick(w, q);
}

static void step(struct world *w, const struct record *r)
{
	struct virtio_vsock_hdr h;
	struct virtio_vsock_stats s;

	switch (r->what % 9) {
	case 0:
	case 1:
	case 2:
		guest_packet(w, r);
		break;
	case 3:
		offer_rx(w, r->port % FUZZ_ENTRIES);
		break;
	case 4:
		client_comes(w, r);
		break;
	case 5:
		client_acts(w, r);
		break;
	case 6:
		if (r->flags & 32768)
			write_desc(w, r);
		break;
	case 7:
		virtio_dev_queue_reset(w->dev, r->queue % NR_QUEUES);
		if (r->flags & 1)
			virtio_dev_queue_enable(w->dev, r->queue % NR_QUEUES);
		serve(w);
		break;
	default:
		w->gone = r->flags & 1 ? GPA + r->where % LEN
				       : GPA + r->queue % NR_QUEUES * KIB(4);
	}
	(void)take(w, 0, &h);
	(void)take(w, 1, &h);
	virtio_vsock_stats(w->vsock, &s);
	CHECK(s.nr_conns <= s.limit && s.held <= s.promised &&
	      s.promised <= MIB(128));
}

/* The guest's next connection to OWN_PORT is the last client's. */
static void hand_over(struct world *w)
{
	int sv[2], *fd = &w->clients[NR_CLIENTS - 1];

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv));
	virtio_vsock_hand_over(w->vsock, OWN_PORT, sv[0]);
	if (*fd >= 0)
		close(*fd);
	*fd = sv[1];
}

static void forget_clients(struct world *w)
{
	int fd;

	for (unsigned int i = 0; i < NR_CLIENTS; i++) {
		if (w->clients[i] >= 0)
			close(w->clients[i]);
		w->clients[i] = -1;
	}
	for (unsigned int i = 0; i < NR_PORTS; i++) {
		while ((fd = accept(w->listeners[i], NULL, NULL)) >= 0)
			close(fd);
	}
}

/* Healed: a connection of the guest carries something both ways. */
static void check_works(struct world *w)
{
	struct virtio_vsock_hdr h = {
		.src_cid = CID,
		.dst_cid = 2,
		.src_port = 9,
		.type = VIRTIO_VSOCK_TYPE_STREAM,
		.op = VIRTIO_VSOCK_OP_REQUEST,
		.buf_alloc = 1000,
	};
	struct virtio_vsock_stats s;
	struct virtio_vsock_hdr got = { .op = 0 };
	int fd;

	w->gone = 0;
	bring_up(w, 0);
	forget_clients(w);
	virtio_vsock_stats(w->vsock, &s);
	CHECK(s.nr_conns == 0 && s.held == 0 && s.promised == 0);
	offer_rx(w, FUZZ_ENTRIES);
	send_packet(w, &h, 0);
	CHECK(take(w, 0, &got) == 1 && got.op == VIRTIO_VSOCK_OP_RESPONSE);
	fd = accept4(w->listeners[0], NULL, NULL, SOCK_NONBLOCK);
	h.op = VIRTIO_VSOCK_OP_RW;
	h.len = 100;
	send_packet(w, &h, 100);
	CHECK(recv(fd, bytes, sizeof(bytes), 0) == 100);
	CHECK(send(fd, bytes, 50, 0) == 50);
	serve(w);
	CHECK(take(w, 0, &got) == 2 && got.op == VIRTIO_VSOCK_OP_RW &&
	      got.len == 50);
	close(fd);
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
		without = 1U << VIRTIO_RING_F_EVENT_IDX;
	bring_up(w, without);
	hand_over(w);
	data++;
	size--;
	while (fuzz_next(&data, &size, &r, sizeof(r)))
		step(w, &r);
	check_works(w);
	return 0;
}
