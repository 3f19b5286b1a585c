// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_rings.c: properties of queues that a back end serves, with one that
 * remembers what it was given.
 */
#include "queue_fixture.h"

#include <fcntl.h>
#include <linux/virtio_config.h>
#include <string.h>

#include "../../virtio/rings.h"
#include "../../vmm/crash.h"
#include "log.h"

#define NR_QUEUES 3U
#define NR_RINGS  2U /* the last queue is the device's own */
#define OWN	  (1ULL << 5)
#define EVENT_IDX (1ULL << VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT  (1ULL << VIRTIO_RING_F_INDIRECT_DESC)
#define REQUIRED  (1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM)
#define UP                                                                     \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |                \
	 VIRTIO_CONFIG_S_FEATURES_OK)

struct world {
	struct window w;
	struct loop loop;
	struct virtio_dev dev;
	struct virtio_rings rings;
	struct vq_driver d[NR_QUEUES];
	unsigned int nr_kicks[NR_QUEUES];
	/* The back end: what it has now. */
	struct ring_backend backend;
	uint64_t features;
	const struct window *table;
	struct ring_queue queues[NR_RINGS];
	bool has[NR_RINGS];
	uint16_t base[NR_RINGS]; /* how far it got */
	int fails_at;		 /* queue, or -1 */
	bool forgets;		 /* how far it got */
};

static struct world *world_of(struct virtio_dev *d)
{
	return container_of(d, struct world, dev);
}

static struct world *world_of_backend(struct ring_backend *b)
{
	return container_of(b, struct world, backend);
}

static int set_features(struct ring_backend *b, uint64_t features)
{
	struct world *w = world_of_backend(b);

	must(!w->has[0] && !w->has[1]);
	w->features = features;
	w->table = NULL;
	return 0;
}

static int set_window(struct ring_backend *b, const struct window *w)
{
	world_of_backend(b)->table = w;
	return 0;
}

static int queue_start(struct ring_backend *b, unsigned int q,
		       const struct ring_queue *r)
{
	struct world *w = world_of_backend(b);

	must(w->table && !w->has[q]);
	w->has[q] = true;
	w->queues[q] = *r;
	return (int)q == w->fails_at ? -EBUSY : 0;
}

static int queue_stop(struct ring_backend *b, unsigned int q, uint16_t *base)
{
	struct world *w = world_of_backend(b);

	must(w->has[q]);
	w->has[q] = false;
	if (w->forgets)
		return -EIO;
	*base = w->base[q];
	return 0;
}

static const struct ring_backend_class backend_class = {
	.set_features = set_features,
	.set_window = set_window,
	.queue_start = queue_start,
	.queue_stop = queue_stop,
};

static int dev_start(struct virtio_dev *d)
{
	return virtio_rings_start(&world_of(d)->rings);
}

static void dev_stop(struct virtio_dev *d)
{
	virtio_rings_stop(&world_of(d)->rings);
}

static int dev_queue_start(struct virtio_dev *d, unsigned int q)
{
	return q < NR_RINGS ? virtio_rings_queue_start(&world_of(d)->rings, q)
			    : 0;
}

static void dev_queue_stop(struct virtio_dev *d, unsigned int q)
{
	virtio_rings_queue_stop(&world_of(d)->rings, q);
}

static void dev_kick(struct virtio_dev *d, unsigned int q)
{
	world_of(d)->nr_kicks[q]++;
}

static const struct virtio_class class = {
	.name = "far",
	.max_size = 64,
	.start = dev_start,
	.stop = dev_stop,
	.kick = dev_kick,
	.queue_start = dev_queue_start,
	.queue_stop = dev_queue_stop,
};

static struct world *world_make(uint64_t backend_features)
{
	struct world *w = calloc(1, sizeof(*w));
	struct virtio_dev_init init = {
		.class = &class,
		.features = OWN,
		.nr_queues = NR_QUEUES,
		.foreign = (1U << NR_RINGS) - 1,
	};

	must(w);
	init.window = &w->w;
	init.loop = &w->loop;
	w->backend.class = &backend_class;
	w->backend.features = backend_features;
	w->fails_at = -1;
	must(window_init(&w->w, GPA, LEN) == 0);
	must(loop_init(&w->loop) == 0);
	must(virtio_dev_init(&w->dev, &init) == 0);
	must(virtio_rings_init(&w->rings, &w->dev, &w->backend, NR_RINGS) == 0);
	return w;
}

static void world_free(struct world *w)
{
	virtio_dev_fini(&w->dev);
	must(!w->has[0] && !w->has[1]);
	virtio_rings_fini(&w->rings);
	virtio_rings_fini(&w->rings);
	loop_fini(&w->loop);
	window_fini(&w->w);
	free(w);
}

static void enable_queue(struct world *w, unsigned int q)
{
	vq_driver_init(&w->d[q], &w->w, RING + q * KIB(16), 16, true);
	vq_driver_attach(&w->d[q], &w->dev.queues[q].vq);
	virtio_dev_queue_enable(&w->dev, q);
}

/* All that is offered is accepted; the first @nr queues are enabled. */
static void bring_up(struct world *w, unsigned int nr)
{
	virtio_dev_set_status(&w->dev, 0);
	for (unsigned int word = 0; word < 2; word++)
		virtio_dev_accept(&w->dev, word,
				  virtio_dev_offered(&w->dev, word));
	virtio_dev_set_status(&w->dev, UP);
	must(virtio_dev_status(&w->dev) == UP);
	for (unsigned int q = 0; q < nr; q++)
		enable_queue(w, q);
	virtio_dev_set_status(&w->dev, UP | VIRTIO_CONFIG_S_DRIVER_OK);
}

static bool is_broken(struct world *w)
{
	return virtio_dev_status(&w->dev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

static void signal_fd(int fd)
{
	const uint64_t one = 1;

	must(write(fd, &one, sizeof(one)) == 8);
}

/* The back end says that it cannot go on with queue @q, having taken @base. */
static void give_up(struct world *w, unsigned int q, uint16_t base)
{
	w->base[q] = base;
	signal_fd(w->queues[q].err);
	must(loop_poll(&w->loop) == 0);
}

START_TEST(the_ring_offers_what_the_back_end_can_do)
{
	const uint64_t has[] = { 0, EVENT_IDX, INDIRECT, EVENT_IDX | INDIRECT };

	for (unsigned int i = 0; i < ARRAY_SIZE(has); i++) {
		struct world *w = world_make(has[i] | OWN);

		must((w->dev.offered & (EVENT_IDX | INDIRECT)) == has[i]);
		must(w->dev.offered & OWN);
		bring_up(w, NR_QUEUES);
		must(w->features == (has[i] | OWN));
		world_free(w);
	}
}
END_TEST

START_TEST(a_back_end_never_sees_what_is_between_the_driver_and_us)
{
	struct world *w = world_make(~0ULL);

	bring_up(w, NR_QUEUES);
	must((w->dev.features & REQUIRED) == REQUIRED);
	must(virtio_has(&w->dev, VIRTIO_F_RING_RESET));
	must(!(w->features >> VIRTIO_F_ACCESS_PLATFORM & 1));
	must(!(w->features >> VIRTIO_F_RING_RESET & 1));
	must(w->features >> VIRTIO_F_VERSION_1 & 1);
	world_free(w);
}
END_TEST

START_TEST(queues_are_handed_over_as_they_were_checked)
{
	struct world *w = world_make(~0ULL);

	bring_up(w, NR_QUEUES);
	must(w->table == &w->w);
	for (unsigned int q = 0; q < NR_RINGS; q++) {
		const struct ring_queue *r = &w->queues[q];

		must(w->has[q] && r->num == 16 && r->base == 0);
		must(r->desc == w->d[q].desc && r->avail == w->d[q].avail);
		must(r->used == (void *)w->d[q].used);
		must(r->kick == w->dev.queues[q].kick.fd);
		must(r->call == w->dev.queues[q].call);
		must(r->err >= 0 && r->err != r->kick && r->err != r->call);
	}
	virtio_dev_set_status(&w->dev, 0);
	must(!w->has[0] && !w->has[1]);
	world_free(w);
}
END_TEST

START_TEST(kicks_of_its_queues_are_left_to_the_back_end)
{
	struct world *w = world_make(~0ULL);
	uint64_t n;

	bring_up(w, NR_QUEUES);
	must(loop_poll(&w->loop) == 0);
	must(w->nr_kicks[0] == 0 && w->nr_kicks[1] == 0);
	must(w->nr_kicks[2] == 1);
	/* The one for what was there before DRIVER_OK is in the eventfd. */
	must(read(w->queues[0].kick, &n, sizeof(n)) == 8 && n == 1);
	world_free(w);
}
END_TEST

START_TEST(a_queue_outside_the_window_is_never_handed_over)
{
	struct world *w = world_make(~0ULL);

	bring_up(w, 0);
	vq_driver_init(&w->d[0], &w->w, RING, 16, true);
	w->d[0].avail_gpa = GPA + LEN - 8;
	vq_driver_attach(&w->d[0], &w->dev.queues[0].vq);
	virtio_dev_queue_enable(&w->dev, 0);
	must(is_broken(w) && !w->has[0]);
	/* Nor is another, until the reset. */
	enable_queue(w, 1);
	must(!w->has[1]);
	bring_up(w, NR_QUEUES);
	must(!is_broken(w) && w->has[0] && w->has[1]);
	world_free(w);
}
END_TEST

START_TEST(a_queue_may_come_after_driver_ok)
{
	struct world *w = world_make(~0ULL);

	bring_up(w, 1);
	must(w->has[0] && !w->has[1]);
	enable_queue(w, 1);
	must(w->has[1]);
	enable_queue(w, 2);
	world_free(w);
}
END_TEST

START_TEST(a_back_end_that_refuses_leaves_nothing_handed_over)
{
	struct world *w = world_make(~0ULL);

	w->fails_at = 1;
	bring_up(w, NR_QUEUES);
	must(is_broken(w) && !w->dev.running);
	must(!w->has[0] && !w->has[1]);
	bring_up(w, 1);
	must(!is_broken(w) && w->has[0]);
	enable_queue(w, 1);
	must(is_broken(w) && !w->has[1]);
	w->fails_at = -1;
	bring_up(w, NR_QUEUES);
	must(!is_broken(w) && w->has[0] && w->has[1]);
	world_free(w);
}
END_TEST

START_TEST(one_queue_resets_while_the_other_runs)
{
	struct world *w = world_make(~0ULL);

	bring_up(w, NR_QUEUES);
	w->base[0] = 7;
	virtio_dev_queue_reset(&w->dev, 0);
	must(!w->has[0] && w->has[1]);
	virtio_dev_queue_reset(&w->dev, 0);
	enable_queue(w, 0);
	must(w->has[0] && w->queues[0].base == 0);
	virtio_dev_queue_reset(&w->dev, 2);
	world_free(w);
}
END_TEST

START_TEST(a_ring_taken_back_breaks_the_device_and_stops_its_back_end)
{
	struct world *w = world_make(~0ULL);
	const struct vq_buf buf = { DATA, 64, true };

	for (unsigned int part = 0; part < 3; part++) {
		void *page;

		bring_up(w, NR_QUEUES);
		/* Parts on pages of their own. */
		virtio_dev_queue_reset(&w->dev, 0);
		w->d[0].avail_gpa += KIB(64);
		w->d[0].used_gpa += KIB(128);
		w->d[0].avail = vq_driver_mem(&w->w, w->d[0].avail_gpa, 1);
		w->d[0].used = vq_driver_mem(&w->w, w->d[0].used_gpa, 1);
		vq_driver_attach(&w->d[0], &w->dev.queues[0].vq);
		virtio_dev_queue_enable(&w->dev, 0);
		must(!is_broken(w) && w->has[0]);
		must(vq_driver_add(&w->d[0], &buf, 1) >= 0);
		(void)vq_driver_publish(&w->d[0]);
		page = part == 0   ? (void *)w->d[0].desc
		       : part == 1 ? (void *)w->d[0].avail
				   : (void *)w->d[0].used;
		take_page(page);
		give_up(w, 0, 0);
		must(is_broken(w) && !w->has[0] && !w->has[1]);
		must(w->dev.queues[0].vq.error.fault == VQ_REVOKED);
		give_page(page);
	}
	must(w->dev.nr_sharing == 3);
	bring_up(w, NR_QUEUES);
	must(!is_broken(w) && w->has[0] && w->has[1]);
	world_free(w);
}
END_TEST

START_TEST(the_line_names_what_the_back_end_met)
{
	struct world *w = world_make(~0ULL);
	const struct vq_buf good = { DATA, 64, true };
	const struct vq_buf bad = { GPA + LEN, 128, true };
	const struct vq_error *e = &w->dev.queues[1].vq.error;

	bring_up(w, NR_QUEUES);
	must(vq_driver_add(&w->d[1], &good, 1) >= 0);
	must(vq_driver_add(&w->d[1], &bad, 1) >= 0);
	(void)vq_driver_publish(&w->d[1]);
	/* The first was taken, the second is what it gave up on. */
	give_up(w, 1, 1);
	must(is_broken(w) && e->fault == VQ_OUTSIDE);
	must(e->gpa == GPA + LEN && e->len == 128);

	/* Nothing to be seen there any more, or never. */
	bring_up(w, NR_QUEUES);
	must(vq_driver_add(&w->d[1], &good, 1) >= 0);
	(void)vq_driver_publish(&w->d[1]);
	give_up(w, 1, 0);
	must(is_broken(w) && e->fault == VQ_REFUSED);
	bring_up(w, NR_QUEUES);
	give_up(w, 1, 0);
	must(is_broken(w) && e->fault == VQ_REFUSED);
	world_free(w);
}
END_TEST

/* What is there may have been served long ago. */
START_TEST(the_line_leaves_the_guest_alone_when_the_place_is_unknown)
{
	struct world *w = world_make(~0ULL);
	const struct vq_error *e = &w->dev.queues[1].vq.error;

	bring_up(w, NR_QUEUES);
	w->d[1].avail->idx = 0x1234;
	w->forgets = true;
	give_up(w, 1, 0);
	must(is_broken(w) && e->fault == VQ_REFUSED);
	/* Nor is it remembered that it was. */
	w->forgets = false;
	bring_up(w, NR_QUEUES);
	must(!is_broken(w));
	w->d[1].avail->idx = 0x1234;
	give_up(w, 1, 0);
	must(is_broken(w) && e->fault == VQ_BAD_INDEX);
	world_free(w);
}
END_TEST

START_TEST(what_was_signalled_before_a_reset_breaks_nothing)
{
	struct world *w = world_make(~0ULL);

	bring_up(w, NR_QUEUES);
	signal_fd(w->queues[0].err);
	virtio_dev_set_status(&w->dev, 0);
	must(loop_poll(&w->loop) == 0);
	must(virtio_dev_status(&w->dev) == 0);
	signal_fd(w->queues[0].err);
	bring_up(w, 0);
	must(loop_poll(&w->loop) == 0);
	must(!is_broken(w));
	world_free(w);
}
END_TEST

START_TEST(a_thousand_leave_no_descriptor)
{
	unsigned int n = 0, before = 0;

	for (int i = 0; i < 1000; i++) {
		struct world *w;

		for (int fd = 0; i == 0 && fd < 256; fd++)
			before += fcntl(fd, F_GETFD) >= 0;
		w = world_make(~0ULL);
		if (i % 2)
			bring_up(w, NR_QUEUES);
		world_free(w);
	}
	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	must(n == before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rings");
	TCase *tc = tcase_create("rings");

	crash_handlers_install();
	log_set_level(LOG_ERROR); /* not the guest's mistakes */
	tcase_add_test(tc, the_ring_offers_what_the_back_end_can_do);
	tcase_add_test(tc,
		       a_back_end_never_sees_what_is_between_the_driver_and_us);
	tcase_add_test(tc, queues_are_handed_over_as_they_were_checked);
	tcase_add_test(tc, kicks_of_its_queues_are_left_to_the_back_end);
	tcase_add_test(tc, a_queue_outside_the_window_is_never_handed_over);
	tcase_add_test(tc, a_queue_may_come_after_driver_ok);
	tcase_add_test(tc, a_back_end_that_refuses_leaves_nothing_handed_over);
	tcase_add_test(tc, one_queue_resets_while_the_other_runs);
	tcase_add_test(
		tc, a_ring_taken_back_breaks_the_device_and_stops_its_back_end);
	tcase_add_test(tc, the_line_names_what_the_back_end_met);
	tcase_add_test(
		tc, the_line_leaves_the_guest_alone_when_the_place_is_unknown);
	tcase_add_test(tc, what_was_signalled_before_a_reset_breaks_nothing);
	tcase_add_test(tc, a_thousand_leave_no_descriptor);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
