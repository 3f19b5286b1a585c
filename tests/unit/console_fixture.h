/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console_fixture.h: a console device with a terminal and two ports, what is
 * behind each, and a model driver per queue.
 */
#ifndef LKVM_PVM_TESTS_CONSOLE_FIXTURE_H
#define LKVM_PVM_TESTS_CONSOLE_FIXTURE_H

#include "queue_fixture.h"

#include <linux/virtio_config.h>
#include <linux/virtio_console.h>
#include <string.h>

#include "log.h"
#include "virtio.h"
#include "virtio_console.h"

#define NR_PORTS  3U
#define NR_QUEUES (2 + 2 * NR_PORTS)
#define CTRL_IN	  2U
#define CTRL_OUT  3U
#define PORT	  1U
#define IN	  4U /* queues of port 1 */
#define OUT	  5U
#define ENTRIES	  VIRTIO_CONSOLE_QUEUE
#define UP                                                                     \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |                \
	 VIRTIO_CONFIG_S_FEATURES_OK)
#define NEEDED	   (1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM)
#define FEATURE(f) (1ULL << VIRTIO_CONSOLE_F_##f)

/* Behind a port: takes @appetite bytes; a slow one a byte in 5 ms. */
struct far_end {
	uint8_t got[KIB(128)];
	size_t nr_got, appetite;
	bool is_slow;
	unsigned int nr_rooms;
};

struct world {
	struct window w;
	struct loop loop;
	struct virtio_console *c;
	struct virtio_dev *dev;
	uint64_t features;
	struct far_end ends[NR_PORTS];
	struct vq_driver d[NR_QUEUES];
	unsigned int nr_config_changed;
};

static inline size_t take_output(void *ctx, const uint8_t *bytes, size_t len)
{
	struct far_end *e = ctx;

	if (e->is_slow) {
		(void)usleep(5000);
		len = 1;
	}
	if (len > e->appetite)
		len = e->appetite;
	must(e->nr_got + len <= sizeof(e->got));
	memcpy(e->got + e->nr_got, bytes, len);
	e->nr_got += len;
	e->appetite -= len;
	return len;
}

static inline void hear_room(void *ctx)
{
	struct far_end *e = ctx;

	e->nr_rooms++;
}

static inline void hear_config(void *ctx)
{
	struct world *t = ctx;

	t->nr_config_changed++;
}

static const struct virtio_transport console_transport = {
	.config_changed = hear_config,
};

/* @nr_ports of them; port 0 is a terminal of 80 columns and 25 rows, or none. */
static inline struct world *world_make_with(unsigned int nr_ports, bool has_hvc)
{
	static const char *const names[NR_PORTS] = { NULL, "one", "two" };
	struct virtio_console_port ports[NR_PORTS] = { 0 };
	struct world *t = calloc(1, sizeof(*t));
	const struct virtio_console_init init = {
		.number = 0,
		.window = &t->w,
		.loop = &t->loop,
		.ports = ports,
		.nr_ports = nr_ports,
		.has_hvc = has_hvc,
		.has_size = has_hvc,
		.cols = 80,
		.rows = 25,
	};

	must(t);
	log_set_level(LOG_ERROR);
	for (unsigned int i = 0; i < nr_ports; i++) {
		t->ends[i].appetite = SIZE_MAX;
		ports[i] = (struct virtio_console_port){
			.name = names[i],
			.host = { &t->ends[i], take_output, hear_room },
			.is_connected = i != 2,
		};
	}
	must(window_init(&t->w, GPA, LEN) == 0);
	must(loop_init(&t->loop) == 0);
	must(virtio_console_create(&t->c, &init) == 0);
	t->dev = virtio_console_dev(t->c);
	t->dev->transport = &console_transport;
	t->dev->transport_ctx = t;
	return t;
}

static inline struct world *world_make(unsigned int nr_ports)
{
	return world_make_with(nr_ports, true);
}

static inline void world_free(struct world *t)
{
	virtio_console_destroy(t->c);
	loop_fini(&t->loop);
	window_fini(&t->w);
	free(t);
}

static inline void poll_loop(struct world *t)
{
	for (unsigned int i = 0; i < 4; i++) /* what kicks itself again */
		must(loop_poll(&t->loop) == 0);
}

static inline void kick(struct world *t, unsigned int q)
{
	const uint64_t one = 1;

	must(write(t->dev->queues[q].kick.fd, &one, sizeof(one)) == 8);
}

/* Shows the device what was added, kicks if it wants that, and serves it. */
static inline void show(struct world *t, unsigned int q)
{
	if (vq_driver_publish(&t->d[q]))
		kick(t, q);
	poll_loop(t);
}

/* A driver from discovery to DRIVER_OK, with these of the console's features. */
static inline void bring_up(struct world *t, uint64_t own)
{
	const uint64_t ring = 1ULL << VIRTIO_RING_F_EVENT_IDX;

	virtio_dev_set_status(t->dev, 0);
	virtio_dev_set_status(t->dev, UP & ~VIRTIO_CONFIG_S_FEATURES_OK);
	t->features = own | NEEDED | ring;
	virtio_dev_accept(t->dev, 0, (uint32_t)t->features);
	virtio_dev_accept(t->dev, 1, (uint32_t)(t->features >> 32));
	virtio_dev_set_status(t->dev, UP);
	must(virtio_dev_status(t->dev) == UP);
	for (unsigned int q = 0; q < t->dev->nr_queues; q++) {
		vq_driver_init(&t->d[q], &t->w, RING + q * KIB(16), ENTRIES,
			       true);
		vq_driver_attach(&t->d[q], &t->dev->queues[q].vq);
		virtio_dev_queue_enable(t->dev, q);
	}
	virtio_dev_set_status(t->dev, UP | VIRTIO_CONFIG_S_DRIVER_OK);
	poll_loop(t);
}

static inline bool is_broken(struct world *t)
{
	return virtio_dev_status(t->dev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

/* Where queue @q's buffers of 1 KiB are. */
static inline gpa_t place(unsigned int q, unsigned int i)
{
	return DATA + q * KIB(32) + i * KIB(1);
}

static inline void fill_in(struct world *t, unsigned int q, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		const struct vq_buf b = { place(q, i), KIB(1), true };

		must(vq_driver_add(&t->d[q], &b, 1) >= 0);
	}
	show(t, q);
}

/* A buffer that came back: its bytes; NULL: none did. */
static inline const uint8_t *next_in(struct world *t, unsigned int q,
				     uint32_t *len)
{
	int head = vq_driver_get(&t->d[q], len);

	if (head < 0)
		return NULL;
	return vq_driver_mem(&t->w, t->d[q].desc[head].addr, *len);
}

static inline void send_out(struct world *t, unsigned int q, const void *bytes,
			    uint32_t len)
{
	const struct vq_buf b = { place(q, 0), len, false };

	memcpy(vq_driver_mem(&t->w, b.gpa, len), bytes, len);
	must(vq_driver_add(&t->d[q], &b, 1) >= 0);
	show(t, q);
}

/* Whether exactly one chain came back. */
static inline bool is_returned(struct world *t, unsigned int q)
{
	int first = vq_driver_get(&t->d[q], NULL);
	int second = vq_driver_get(&t->d[q], NULL);

	return first >= 0 && second < 0;
}

static inline void tell(struct world *t, uint32_t id, uint16_t event,
			uint16_t value)
{
	const struct virtio_console_control m = { id, event, value };

	send_out(t, CTRL_OUT, &m, sizeof(m));
	must(is_broken(t) || is_returned(t, CTRL_OUT));
}

/* The next control message is this, with @more behind it. */
static inline void expect_message(struct world *t, uint32_t id, uint16_t event,
				  uint16_t value, const void *more, uint32_t n)
{
	struct virtio_console_control m = { 0 };
	const uint8_t *p;
	uint32_t len = 0;

	p = next_in(t, CTRL_IN, &len);
	must(p != NULL);
	ck_assert_uint_eq(len, sizeof(m) + n);
	memcpy(&m, p, sizeof(m));
	ck_assert_uint_eq(m.id, id);
	ck_assert_uint_eq(m.event, event);
	ck_assert_uint_eq(m.value, value);
	must(n == 0 || !memcmp(p + sizeof(m), more, n));
}

static inline void expect_silence(struct world *t)
{
	ck_assert_int_lt(vq_driver_get(&t->d[CTRL_IN], NULL), 0);
}

/* Up with all features, and port @port ready and open. */
static inline void bring_up_port(struct world *t, unsigned int port)
{
	uint32_t len;

	bring_up(t, FEATURE(MULTIPORT) | FEATURE(SIZE));
	fill_in(t, CTRL_IN, ENTRIES);
	tell(t, VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
	tell(t, port, VIRTIO_CONSOLE_PORT_READY, 1);
	tell(t, port, VIRTIO_CONSOLE_PORT_OPEN, 1);
	while (next_in(t, CTRL_IN, &len))
		;
}

#endif
