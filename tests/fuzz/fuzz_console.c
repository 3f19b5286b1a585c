// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_console.c: a guest that says and offers anything to a console, while
 * bytes come, clients come and go, and readers are slow.
 *
 * Input: records of 8 bytes: what, queue or port, short, long.
 *
 * Floor: virtio/console.c 87
 * Floor: virtio/console_ports.c 88
 */
#include "fuzz.h"

#include <linux/virtio_config.h>
#include <linux/virtio_console.h>
#include <unistd.h>

#include "../unit/vq_driver.h"
#include "fuzz_pages.h"
#include "log.h"
#include "virtio.h"
#include "virtio_console.h"

#define GPA	  0x7fe00000ULL
#define LEN	  MIB(2)
#define DATA	  (GPA + KIB(256))
#define NR_PORTS  3U
#define NR_QUEUES (2 + 2 * NR_PORTS)
#define UP                                                                     \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |                \
	 VIRTIO_CONFIG_S_FEATURES_OK)
struct world {
	struct window w;
	struct loop loop;
	struct virtio_console *c;
	struct virtio_dev *d;
	struct vq_driver drv[NR_QUEUES];
	size_t appetite[NR_PORTS];
	bool waits[NR_PORTS]; /* input was refused */
	uint8_t sum;
	gpa_t gone; /* its page, at the next kick; 0: none */
};

struct record {
	uint8_t what, small;
	uint16_t value;
	uint32_t wide;
};

struct port {
	struct world *w;
	unsigned int nr;
};

static size_t take_output(void *ctx, const uint8_t *bytes, size_t len)
{
	struct port *p = ctx;

	if (len > p->w->appetite[p->nr])
		len = p->w->appetite[p->nr];
	for (size_t i = 0; i < len; i++) /* all of it is there */
		p->w->sum ^= bytes[i];
	p->w->appetite[p->nr] -= len;
	return len;
}

static void hear_room(void *ctx)
{
	struct port *p = ctx;

	CHECK(p->w->waits[p->nr]);
	p->w->waits[p->nr] = false;
}

static void make(struct world *w, bool has_hvc)
{
	static struct port behind[NR_PORTS];
	struct virtio_console_port ports[NR_PORTS] = { 0 };
	const struct virtio_console_init init = {
		.window = &w->w,
		.loop = &w->loop,
		.ports = ports,
		.nr_ports = NR_PORTS,
		.has_hvc = has_hvc,
		.has_size = has_hvc,
		.cols = 80,
		.rows = 25,
	};

	for (unsigned int i = 0; i < NR_PORTS; i++) {
		behind[i] = (struct port){ w, i };
		ports[i].name = "port";
		ports[i].host =
			(struct virtio_console_host){ &behind[i], take_output,
						      hear_room };
		w->appetite[i] = 100000;
		w->waits[i] = false;
	}
	CHECK(virtio_console_create(&w->c, &init) == 0);
	w->d = virtio_console_dev(w->c);
}

/* The driver starts over; with which features @r says. */
static void bring_up(struct world *w, const struct record *r)
{
	uint64_t f = 1ULL << VIRTIO_F_VERSION_1 |
		     1ULL << VIRTIO_F_ACCESS_PLATFORM | (r->value & 3) << 0;

	if (r->value & 4)
		f |= 1ULL << VIRTIO_RING_F_INDIRECT_DESC;
	f &= w->d->offered;
	virtio_dev_set_status(w->d, 0);
	virtio_dev_set_status(w->d, UP & ~VIRTIO_CONFIG_S_FEATURES_OK);
	virtio_dev_accept(w->d, 0, (uint32_t)f);
	virtio_dev_accept(w->d, 1, (uint32_t)(f >> 32));
	virtio_dev_set_status(w->d, UP);
	for (unsigned int q = 0; q < NR_QUEUES; q++) {
		vq_driver_init(&w->drv[q], &w->w, GPA + q * KIB(16),
			       VIRTIO_CONSOLE_QUEUE, false);
		vq_driver_attach(&w->drv[q], &w->d->queues[q].vq);
		if (r->wide >> q & 1)
			virtio_dev_queue_enable(w->d, q);
	}
	virtio_dev_set_status(w->d, UP | VIRTIO_CONFIG_S_DRIVER_OK);
}

static void kick(struct world *w, unsigned int q)
{
	const uint64_t one = 1;

	if (w->gone)
		fuzz_take_page(&w->w, w->gone);
	CHECK(write(w->d->queues[q].kick.fd, &one, sizeof(one)) == 8);
	CHECK(loop_poll(&w->loop) == 0);
	if (w->gone)
		fuzz_give_pages(&w->w);
	w->gone = 0;
}

/* A chain of one buffer, or of nonsense. */
static void offer(struct world *w, const struct record *r, uint16_t flags)
{
	unsigned int q = r->small % NR_QUEUES;
	struct vq_driver *d = &w->drv[q];
	uint16_t head = (r->small >> 4) % VIRTIO_CONSOLE_QUEUE;

	if (!d->desc)
		return;
	d->desc[head] = (struct vring_desc){
		.addr = DATA + r->wide % (LEN + KIB(4) - KIB(256)),
		.len = r->value,
		.flags = flags,
		.next = r->wide >> 28,
	};
	vq_driver_offer(d, head);
	(void)vq_driver_publish(d);
	kick(w, q);
}

static void tell(struct world *w, const struct record *r)
{
	const struct virtio_console_control m = {
		.id = r->wide & 0x100 ? r->wide : r->wide % NR_PORTS,
		.event = r->wide & 0x200 ? r->value : r->value % 8,
		.value = r->wide >> 31,
	};
	const struct vq_buf b = { DATA, sizeof(m), false };

	if (!w->drv[3].desc)
		return;
	memcpy(vq_driver_mem(&w->w, DATA, sizeof(m)), &m, sizeof(m));
	w->drv[3].desc[r->small & 7] =
		(struct vring_desc){ b.gpa, b.len, 0, 0 };
	vq_driver_offer(&w->drv[3], r->small & 7);
	(void)vq_driver_publish(&w->drv[3]);
	kick(w, 3);
}

static void config(struct world *w, const struct record *r)
{
	uint8_t buf[16] = { 0 };
	unsigned int len = r->small % 16;

	virtio_dev_config_read(w->d, r->value % 32, buf, len);
	virtio_dev_config_write(w->d, r->value % 32, &r->wide,
				len % sizeof(r->wide));
}

/* Readers are quick again: a reset waits for those that are not. */
static void feed(struct world *w)
{
	for (unsigned int i = 0; i < NR_PORTS; i++)
		w->appetite[i] = 100000;
}

static void step(struct world *w, const struct record *r)
{
	static const uint8_t bytes[300];
	unsigned int port = r->small % NR_PORTS;
	size_t n = r->value % sizeof(bytes);
	bool waited, refused;

	switch (r->what % 11) {
	case 0:
		if (r->small != 0x5a)
			feed(w);
		bring_up(w, r);
		break;
	case 1:
		offer(w, r, VRING_DESC_F_WRITE);
		break;
	case 2:
		offer(w, r, 0);
		break;
	case 3:
		offer(w, r, (r->wide >> 20) & 7);
		break;
	case 4:
		tell(w, r);
		break;
	case 5:
		waited = w->waits[port];
		w->waits[port] = true;
		refused = virtio_console_input(w->c, port, bytes, n) < n;
		/* One who was refused before waits until it is told. */
		w->waits[port] = refused || (waited && w->waits[port]);
		break;
	case 6:
		w->appetite[port] = r->value;
		virtio_console_output_room(w->c, port);
		break;
	case 7:
		virtio_console_connected(w->c, port, r->value & 1);
		break;
	case 8:
		virtio_console_resize(w->c, r->value, (uint16_t)r->wide);
		break;
	case 9:
		w->gone = r->small & 1 ? GPA + r->wide % LEN
				       : GPA + r->value % NR_QUEUES * KIB(16);
		break;
	default:
		config(w, r);
		break;
	}
	CHECK(loop_poll(&w->loop) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w = { .w = { .fd = -1 } };
	const struct record up = { 0, 0, 3, 0xff };
	struct record r;

	log_set_level(LOG_ERROR);
	if (w.w.fd < 0) {
		CHECK(window_init(&w.w, GPA, LEN) == 0);
		CHECK(loop_init(&w.loop) == 0);
	}
	memset(w.drv, 0, sizeof(w.drv));
	w.gone = 0;
	make(&w, size % 2 == 0);
	bring_up(&w, &up);
	while (fuzz_next(&data, &size, &r, sizeof(r)))
		step(&w, &r);
	feed(&w);
	virtio_console_destroy(w.c);
	return 0;
}
