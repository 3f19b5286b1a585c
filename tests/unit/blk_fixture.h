/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blk_fixture.h: a virtio disk on a file, in a window, with a model driver at
 * the other end of its first queue.
 */
#ifndef LKVM_PVM_TESTS_BLK_FIXTURE_H
#define LKVM_PVM_TESTS_BLK_FIXTURE_H

#include "disk_fixture.h"

#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>

#include "virtio_blk.h"
#include "vq_driver.h"

#define GPA	  0x7fe00000ULL
#define LEN	  MIB(2)
#define RING(q)	  (GPA + KIB(64) * (1ULL + (q)))
#define HEADER(n) (GPA + KIB(256) + 64ULL * (n)) /* and status */
#define DATA(n)	  (GPA + KIB(512) + KIB(8) * (uint64_t)(n))
#define ENTRIES	  64U
#define IMAGE	  MIB(1)
#define NO_STATUS 0xee

struct blk_rig {
	char path[64];
	struct window w;
	struct loop loop;
	struct virtio_blk *blk;
	struct virtio_dev *dev;
	struct vq_driver d;
	unsigned int nr_config_changes;
};

static inline void on_fault(int sig, siginfo_t *si, void *context)
{
	(void)si;
	if (!window_fixup(context))
		(void)signal(sig, SIG_DFL);
}

static inline void rig_config_changed(void *ctx)
{
	struct blk_rig *r = ctx;

	__atomic_add_fetch(&r->nr_config_changes, 1, __ATOMIC_RELAXED);
}

static inline void rig_queue_changed(void *ctx, unsigned int q, bool running)
{
	(void)ctx;
	(void)q;
	(void)running;
}

static const struct virtio_transport rig_transport = {
	.config_changed = rig_config_changed,
	.queue_changed = rig_queue_changed,
};

static inline void rig_init(struct blk_rig *r, struct virtio_blk_init i)
{
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO };

	memset(r, 0, sizeof(*r));
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	image_make(r->path, "/tmp", IMAGE);
	ck_assert_int_eq(window_init(&r->w, GPA, LEN), 0);
	ck_assert_int_eq(loop_init(&r->loop), 0);
	i.file.path = r->path;
	i.window = &r->w;
	i.loop = &r->loop;
	i.nr_queues = i.nr_queues ? i.nr_queues : 1;
	ck_assert_int_eq(virtio_blk_create(&r->blk, &i), 0);
	r->dev = virtio_blk_dev(r->blk);
	r->dev->transport = &rig_transport;
	r->dev->transport_ctx = r;
}

static inline void rig_fini(struct blk_rig *r)
{
	virtio_blk_destroy(r->blk);
	loop_fini(&r->loop);
	window_fini(&r->w);
	unlink(r->path);
}

static inline void *mem(struct blk_rig *r, gpa_t gpa)
{
	return vq_driver_mem(&r->w, gpa, 1);
}

static inline void rig_queue_up(struct blk_rig *r, unsigned int q,
				struct vq_driver *d)
{
	vq_driver_init(d, &r->w, RING(q), ENTRIES,
		       virtio_has(r->dev, VIRTIO_RING_F_EVENT_IDX));
	vq_driver_attach(d, &r->dev->queues[q].vq);
	virtio_dev_queue_enable(r->dev, q);
}

/* Reset to DRIVER_OK, with all of the offered features but @without. */
static inline void rig_up(struct blk_rig *r, uint64_t without)
{
	uint8_t s = 0;

	virtio_dev_set_status(r->dev, s);
	virtio_dev_set_status(r->dev, s |= VIRTIO_CONFIG_S_ACKNOWLEDGE);
	virtio_dev_set_status(r->dev, s |= VIRTIO_CONFIG_S_DRIVER);
	without = ~without;
	for (unsigned int w = 0; w < 2; w++)
		virtio_dev_accept(r->dev, w,
				  virtio_dev_offered(r->dev, w) &
					  (uint32_t)(without >> (32 * w)));
	virtio_dev_set_status(r->dev, s |= VIRTIO_CONFIG_S_FEATURES_OK);
	ck_assert_uint_eq(virtio_dev_status(r->dev), s);
	rig_queue_up(r, 0, &r->d);
	virtio_dev_set_status(r->dev, s |= VIRTIO_CONFIG_S_DRIVER_OK);
	/* Who scribbles in its rings meanwhile may have broken it already. */
	ck_assert_uint_eq(virtio_dev_status(r->dev) &
				  ~(unsigned int)VIRTIO_CONFIG_S_NEEDS_RESET,
			  s);
}

static inline void rig_start(struct blk_rig *r, struct virtio_blk_init i)
{
	rig_init(r, i);
	rig_up(r, 0);
}

static inline void rig_kick(struct blk_rig *r, unsigned int q)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(r->dev->queues[q].kick.fd, &one, 8), 8);
}

/* Fills in header number @n and its status; the header's address. */
static inline gpa_t rig_header(struct blk_rig *r, unsigned int n, uint32_t type,
			       uint64_t sector)
{
	const struct virtio_blk_outhdr h = { .type = type, .sector = sector };

	memcpy(mem(r, HEADER(n)), &h, sizeof(h));
	*(uint8_t *)mem(r, HEADER(n) + 32) = NO_STATUS;
	return HEADER(n);
}

static inline uint8_t rig_status(struct blk_rig *r, unsigned int n)
{
	return __atomic_load_n((uint8_t *)mem(r, HEADER(n) + 32),
			       __ATOMIC_ACQUIRE);
}

/* Offers request @n with @len bytes at @data; the head. */
static inline int rig_offer(struct blk_rig *r, unsigned int n, uint32_t type,
			    uint64_t sector, gpa_t data, uint32_t len)
{
	struct vq_buf bufs[3];
	unsigned int nr = 0;
	bool out = type == VIRTIO_BLK_T_OUT || type == VIRTIO_BLK_T_DISCARD ||
		   type == VIRTIO_BLK_T_WRITE_ZEROES;

	bufs[nr++] =
		(struct vq_buf){ rig_header(r, n, type, sector), 16, false };
	if (len)
		bufs[nr++] = (struct vq_buf){ data, len, !out };
	bufs[nr++] = (struct vq_buf){ HEADER(n) + 32, 1, true };
	return vq_driver_add(&r->d, bufs, nr);
}

/* Waits for an answer; its head, -1 after some seconds without one. */
static inline int rig_answer(struct blk_rig *r, uint32_t *written)
{
	for (unsigned int i = 0; i < 50; i++) {
		struct pollfd p = { .fd = r->dev->queues[0].call,
				    .events = POLLIN };
		uint64_t count;
		int head = vq_driver_get(&r->d, written);

		if (head >= 0)
			return head;
		if (vq_driver_arm(&r->d))
			continue;
		if (poll(&p, 1, 100) > 0)
			(void)!read(p.fd, &count, sizeof(count));
	}
	return -1;
}

/* One request from offer to answer; its status. */
static inline uint8_t rig_request(struct blk_rig *r, uint32_t type,
				  uint64_t sector, gpa_t data, uint32_t len)
{
	uint32_t written;
	int head = rig_offer(r, 0, type, sector, data, len);

	ck_assert_int_ge(head, 0);
	if (vq_driver_publish(&r->d))
		rig_kick(r, 0);
	if (rig_answer(r, &written) != head)
		return NO_STATUS;
	return rig_status(r, 0);
}

/* Whether the device asks for a reset, soon. */
static inline bool rig_needs_reset(struct blk_rig *r)
{
	for (unsigned int i = 0; i < 500; i++) {
		if (virtio_dev_status(r->dev) & VIRTIO_CONFIG_S_NEEDS_RESET)
			return true;
		usleep(10000);
	}
	return false;
}

#endif
