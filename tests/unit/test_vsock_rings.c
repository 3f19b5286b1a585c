// SPDX-License-Identifier: GPL-2.0-only
/* test_vsock_rings.c: a socket device whose rings a back end serves. */
#include "queue_fixture.h"

#include <fcntl.h>
#include <linux/virtio_config.h>
#include <linux/virtio_vsock.h>

#include "log.h"
#include "virtio_vsock_rings.h"

#define SEQPACKET (1ULL << VIRTIO_VSOCK_F_SEQPACKET)
#define UP                                                                     \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |                \
	 VIRTIO_CONFIG_S_FEATURES_OK)

struct world {
	struct window w;
	struct loop loop;
	struct ring_backend backend;
	uint64_t features;
	unsigned int has; /* a bit for each queue */
	uint32_t cid;
	struct virtio_vsock_rings *vsock;
	struct virtio_dev *dev;
	struct vq_driver d[3];
};

static struct world *world_of(struct ring_backend *b)
{
	return container_of(b, struct world, backend);
}

static int set_features(struct ring_backend *b, uint64_t features)
{
	world_of(b)->features = features;
	return 0;
}

static int set_window(struct ring_backend *b, const struct window *w)
{
	must(w == &world_of(b)->w);
	return 0;
}

static int queue_start(struct ring_backend *b, unsigned int q,
		       const struct ring_queue *r)
{
	must(!(world_of(b)->has >> q & 1) && r->num == 16);
	world_of(b)->has |= 1U << q;
	return 0;
}

static int queue_stop(struct ring_backend *b, unsigned int q, uint16_t *base)
{
	*base = 5;
	must(world_of(b)->has >> q & 1);
	world_of(b)->has &= ~(1U << q);
	return 0;
}

static const struct ring_backend_class backend_class = {
	.set_features = set_features,
	.set_window = set_window,
	.queue_start = queue_start,
	.queue_stop = queue_stop,
};

static struct world *world_make(uint64_t features)
{
	struct world *w = calloc(1, sizeof(*w));
	struct virtio_vsock_rings_init init;

	must(w);
	w->backend = (struct ring_backend){ .class = &backend_class,
					    .features = features };
	w->cid = 77;
	init = (struct virtio_vsock_rings_init){
		.backend = &w->backend,
		.cid = &w->cid,
		.window = &w->w,
		.loop = &w->loop,
	};
	must(!window_init(&w->w, GPA, LEN));
	must(!loop_init(&w->loop));
	must(!virtio_vsock_rings_create(&w->vsock, &init));
	w->dev = virtio_vsock_rings_dev(w->vsock);
	return w;
}

static void world_free(struct world *w)
{
	virtio_vsock_rings_destroy(w->vsock);
	must(!w->has);
	loop_fini(&w->loop);
	window_fini(&w->w);
	free(w);
}

/* Accepts all that is offered; the queues whose bit is in @which are enabled. */
static void bring_up(struct world *w, unsigned int which)
{
	virtio_dev_set_status(w->dev, 0);
	for (unsigned int word = 0; word < 2; word++)
		virtio_dev_accept(w->dev, word,
				  virtio_dev_offered(w->dev, word));
	virtio_dev_set_status(w->dev, UP);
	must(virtio_dev_status(w->dev) == UP);
	for (unsigned int q = 0; q < 3; q++) {
		vq_driver_init(&w->d[q], &w->w, RING + q * KIB(16), 16, false);
		vq_driver_attach(&w->d[q], &w->dev->queues[q].vq);
		if (which >> q & 1)
			virtio_dev_queue_enable(w->dev, q);
	}
	virtio_dev_set_status(w->dev, UP | VIRTIO_CONFIG_S_DRIVER_OK);
}

START_TEST(the_back_end_gets_all_queues_but_that_of_events)
{
	struct world *w = world_make(~0ULL);

	ck_assert_uint_eq(w->dev->nr_queues, 3);
	bring_up(w, 7);
	must(w->has == 3);
	must(w->features & SEQPACKET);
	must(!(w->features >> VIRTIO_RING_F_INDIRECT_DESC & 1));
	must(!(w->features >> VIRTIO_F_ACCESS_PLATFORM & 1));
	must(!loop_poll(&w->loop));
	virtio_dev_set_status(w->dev, 0);
	must(w->has == 0);
	world_free(w);
}
END_TEST

START_TEST(queues_may_come_one_after_the_other)
{
	struct world *w = world_make(~0ULL);

	bring_up(w, 1);
	must(w->has == 1);
	virtio_dev_queue_enable(w->dev, 2);
	must(w->has == 1);
	virtio_dev_queue_enable(w->dev, 1);
	must(w->has == 3);
	world_free(w);
}
END_TEST

START_TEST(what_the_back_end_lacks_is_not_offered)
{
	struct world *w = world_make(0);

	must(!(virtio_dev_offered(w->dev, 0) & SEQPACKET));
	must(!(w->dev->offered & ALL_FEATURES));
	must(!(w->dev->offered >> VIRTIO_F_RING_RESET & 1));
	bring_up(w, 7);
	must(w->features == 0 && w->has == 3);
	world_free(w);
}
END_TEST

START_TEST(the_guest_reads_its_address_as_it_is_now)
{
	struct world *w = world_make(~0ULL);
	le64 cid;

	virtio_dev_config_read(w->dev, 0, &cid, sizeof(cid));
	ck_assert_uint_eq(le64_get(cid), 77);
	w->cid = 0xfffffffe;
	virtio_dev_config_read(w->dev, 0, &cid, sizeof(cid));
	ck_assert_uint_eq(le64_get(cid), 0xfffffffe);
	virtio_dev_config_read(w->dev, 8, &cid, sizeof(cid));
	ck_assert_uint_eq(le64_get(cid), 0);
	virtio_dev_config_write(w->dev, 0, &cid, sizeof(cid));
	world_free(w);
}
END_TEST

START_TEST(a_thousand_devices_leave_no_descriptor)
{
	unsigned int n[2] = { 0 };

	for (int i = 0; i < 1000; i++) {
		struct world *w;

		for (int fd = 0; i == 0 && fd < 256; fd++)
			n[0] += fcntl(fd, F_GETFD) >= 0;
		w = world_make(~0ULL);
		if (i % 2)
			bring_up(w, 7);
		world_free(w);
	}
	for (int fd = 0; fd < 256; fd++)
		n[1] += fcntl(fd, F_GETFD) >= 0;
	must(n[0] == n[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vsock_rings");
	TCase *tc = tcase_create("vsock_rings");

	log_set_level(LOG_ERROR);
	tcase_add_test(tc, the_back_end_gets_all_queues_but_that_of_events);
	tcase_add_test(tc, queues_may_come_one_after_the_other);
	tcase_add_test(tc, what_the_back_end_lacks_is_not_offered);
	tcase_add_test(tc, the_guest_reads_its_address_as_it_is_now);
	tcase_add_test(tc, a_thousand_devices_leave_no_descriptor);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
