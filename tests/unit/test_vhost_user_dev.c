// SPDX-License-Identifier: GPL-2.0-only
/* test_vhost_user_dev.c: properties of a device served by vhost-user. */
#include "vhost_user_fixture.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include "../../virtio/event.h"
#include "../../vmm/crash.h"
#include "virtio_blk.h"

START_TEST(queues_go_to_the_back_end_and_come_back)
{
	struct world *w = world_make(&lasting, VHOST_USER_FS);

	ck_assert_uint_eq(w->back.nr_connects, 1);
	for (unsigned int i = 0; i < 3; i++) {
		bring_up(w);
		ck_assert(!is_broken(w));
		virtio_dev_set_status(w->dev, 0);
		ck_assert_uint_eq(count(&w->back.nr_starts), 2 * (i + 1));
		ck_assert_uint_eq(count(&w->back.nr_stops), 2 * (i + 1));
	}
	ck_assert_uint_eq(w->back.agreed, PROTOCOL | MODERN | EVENTS);
	ck_assert_uint_eq(w->back.memory, LEN);
	/* One connection for all runs. */
	ck_assert_uint_eq(w->back.nr_connects, 1);
	world_free(w);
}
END_TEST

START_TEST(one_of_ours_is_another_for_each_run)
{
	struct world *w = world_make(&ours, VHOST_USER_FS);

	for (unsigned int i = 1; i < 4; i++) {
		bring_up(w);
		ck_assert_uint_eq(w->back.nr_connects, i);
		virtio_dev_set_status(w->dev, 0);
		ck_assert_uint_eq(w->back.nr_disconnects, i);
	}
	world_free(w);
}
END_TEST

START_TEST(only_what_it_can_do_is_offered)
{
	struct world *w = world_new(&lasting);

	w->back.features = PROTOCOL | MODERN | BIT(26) | BIT(34) | BIT(38) |
			   BIT(9) | BIT(12) | BIT(11);
	must(create(w, VHOST_USER_BLK) == 0);
	/* Flush; the limits of a request are ours. */
	ck_assert_uint_eq(w->dev->offered,
			  MODERN | PLATFORM | BIT(9) | BIT(1) | BIT(2));
	world_free(w);
}
END_TEST

START_TEST(a_disks_requests_fit_into_the_window)
{
	struct world *w = world_make(&lasting, VHOST_USER_BLK);
	uint32_t limits[2];
	uint8_t first, later[4];

	virtio_dev_config_read(w->dev, 0, &first, 1);
	virtio_dev_config_read(w->dev, 8, limits, 8);
	virtio_dev_config_read(w->dev, 56, later, 4);
	ck_assert_uint_eq(first, 0);
	ck_assert_uint_eq(limits[0], VIRTIO_BLK_SEGMENT);
	ck_assert_uint_eq(limits[1], VHOST_USER_QUEUE - 2);
	ck_assert_uint_eq(later[3], 59);
	world_free(w);
}
END_TEST

START_TEST(a_share_has_its_tag)
{
	struct world *w = world_make(&ours, VHOST_USER_FS);
	char tag[36] = "";
	uint32_t nr = 0;

	virtio_dev_config_read(w->dev, 0, tag, sizeof(tag));
	virtio_dev_config_read(w->dev, 36, &nr, sizeof(nr));
	ck_assert_str_eq(tag, "tag");
	ck_assert_uint_eq(nr, 1);
	world_free(w);
}
END_TEST

START_TEST(one_that_cannot_serve_it_is_refused)
{
	struct world *w = world_new(&lasting);

	w->back.features = PROTOCOL;
	ck_assert_int_eq(create(w, VHOST_USER_FS), -ENOTSUP);
	w->back.features = PROTOCOL | MODERN;
	w->back.protocol = BIT(0);
	ck_assert_int_eq(create(w, VHOST_USER_BLK), -ENOTSUP);
	w->back.refuses = true;
	ck_assert_int_eq(create(w, VHOST_USER_RNG), -ECONNREFUSED);
	world_free(w);
}
END_TEST

START_TEST(one_that_dies_asks_for_a_reset_and_is_found_again)
{
	struct world *w = world_make(&lasting, VHOST_USER_RNG);

	bring_up(w);
	settle(w);
	ck_assert(!is_broken(w));
	lose(w);
	ck_assert_uint_eq(w->nr_config_changed, 1);
	w->back.refuses = true;
	bring_up(w);
	ck_assert(is_broken(w));
	w->back.refuses = false;
	bring_up(w);
	ck_assert(!is_broken(w));
	ck_assert_uint_eq(w->back.nr_connects, 2);
	world_free(w);
}
END_TEST

/* Or the loop would find the same event for ever. */
START_TEST(one_that_dies_with_a_word_on_its_lips_is_gone)
{
	struct world *w = world_make(&lasting, VHOST_USER_RNG);

	bring_up(w);
	must(send(w->back.fd, "?", 1, MSG_NOSIGNAL) == 1);
	lose(w);
	ck_assert_uint_eq(w->back.nr_disconnects, 1);
	world_free(w);
}
END_TEST

START_TEST(one_that_dies_again_and_again_is_given_up)
{
	struct world *w = world_make(&lasting, VHOST_USER_RNG);

	for (unsigned int i = 0; i < 40; i++) {
		bring_up(w);
		lose(w);
	}
	ck_assert_uint_le(w->back.nr_connects, 20);
	world_free(w);
}
END_TEST

/* Whatever its guest does until it has ended. */
START_TEST(one_of_ours_that_has_to_end_first_is_awaited)
{
	struct world *w = world_make(&ours, VHOST_USER_FS);

	bring_up(w);
	w->back.is_busy = true;
	for (unsigned int i = 0; i < 40; i++) {
		bring_up(w);
		ck_assert(is_broken(w));
	}
	w->back.is_busy = false;
	bring_up(w);
	ck_assert(!is_broken(w));
	ck_assert_uint_eq(w->back.nr_connects, 2);
	world_free(w);
}
END_TEST

START_TEST(one_that_changed_is_not_trusted)
{
	struct world *w = world_make(&lasting, VHOST_USER_RNG);

	bring_up(w);
	lose(w);
	w->back.features &= ~EVENTS;
	bring_up(w);
	ck_assert(is_broken(w));
	world_free(w);
}
END_TEST

START_TEST(one_that_comes_back_with_another_disk_tells_the_driver)
{
	struct world *w = world_make(&lasting, VHOST_USER_BLK);
	unsigned int told = 0;

	bring_up(w);
	for (uint8_t i = 0; i < 3; i++) {
		uint8_t c[12], generation = virtio_dev_generation(w->dev);
		uint32_t size_max;

		lose(w);
		ck_assert_uint_eq(w->nr_config_changed, ++told);
		w->back.capacity = i / 2;
		bring_up(w);
		ck_assert(!is_broken(w));
		virtio_dev_config_read(w->dev, 0, c, sizeof(c));
		memcpy(&size_max, c + 8, sizeof(size_max));
		ck_assert_uint_eq(c[0], i / 2);
		ck_assert_uint_eq(c[1], 1);
		ck_assert_uint_eq(size_max, VIRTIO_BLK_SEGMENT);
		/* Only when it is another one. */
		told += i / 2;
		ck_assert_uint_eq(w->nr_config_changed, told);
		ck_assert_uint_eq(virtio_dev_generation(w->dev),
				  generation + i / 2);
	}
	world_free(w);
}
END_TEST

START_TEST(one_that_comes_back_as_something_else_is_not_used)
{
	struct world *w = world_make(&lasting, VHOST_USER_BLK);
	const uint64_t protocol = w->back.protocol;

	bring_up(w);
	lose(w);
	w->back.protocol = BIT(0);
	bring_up(w);
	ck_assert(is_broken(w));
	ck_assert_uint_eq(count(&w->back.nr_starts), 1);
	ck_assert_uint_eq(w->back.nr_disconnects, 2);
	w->back.protocol = protocol;
	bring_up(w);
	ck_assert(!is_broken(w));
	world_free(w);
}
END_TEST

START_TEST(one_that_keeps_its_queues_is_hung_up_on)
{
	struct world *w = world_make(&lasting, VHOST_USER_FS);

	w->back.is_silent = true;
	bring_up(w);
	virtio_dev_set_status(w->dev, 0); /* 5 s */
	ck_assert_uint_eq(count(&w->back.nr_stops), 1);
	ck_assert_uint_eq(w->back.nr_disconnects, 1);
	/* It may serve them still. */
	w->back.is_silent = false;
	for (unsigned int i = 0; i < 3; i++) {
		bring_up(w);
		ck_assert(is_broken(w));
	}
	ck_assert_uint_eq(w->back.nr_connects, 1);
	world_free(w);
}
END_TEST

START_TEST(one_of_ours_that_keeps_its_queues_is_ended)
{
	struct world *w = world_make(&ours, VHOST_USER_RNG);

	w->back.is_silent = true;
	bring_up(w);
	virtio_dev_set_status(w->dev, 0); /* 5 s */
	w->back.is_silent = false;
	bring_up(w);
	ck_assert(!is_broken(w));
	ck_assert_uint_eq(w->back.nr_connects, 2);
	world_free(w);
}
END_TEST

/* They wait when it is connected to again, too. */
START_TEST(one_that_comes_back_silent_is_asked_once)
{
	struct world *w = world_make(&lasting, VHOST_USER_BLK);
	int64_t begin = clock_ms();

	bring_up(w);
	lose(w);
	w->back.mute_at = _i ? 24 : 1; /* GET_CONFIG, GET_FEATURES */
	for (unsigned int i = 0; i < 3; i++) {
		bring_up(w); /* 5 s, the first time */
		ck_assert(is_broken(w));
	}
	ck_assert(clock_ms() - begin < 7000);
	w->back.mute_at = 0;
	bring_up(w);
	ck_assert(is_broken(w));
	ck_assert_uint_eq(w->back.nr_connects, 2);
	world_free(w);
}
END_TEST

/* All vCPUs wait meanwhile; 16 answers, 7 of them about one queue. */
START_TEST(one_that_takes_its_time_for_each_answer_gets_5_s_in_all)
{
	struct world *w = world_new(&lasting);
	int64_t begin;

	w->back.protocol |= BIT(3);
	must(create(w, VHOST_USER_FS) == 0);
	w->back.delay_ms = 500;
	begin = clock_ms();
	bring_up(w);
	ck_assert(clock_ms() - begin < 7000);
	ck_assert(is_broken(w));
	w->back.delay_ms = 0;
	world_free(w);
}
END_TEST

/* A guest that resets again and again has to wait for each. */
START_TEST(one_that_talks_nonsense_again_and_again_is_given_up)
{
	struct world *w = world_make(&lasting, VHOST_USER_RNG);

	w->back.errs = true;
	for (unsigned int i = 0; i < 40; i++) {
		bring_up(w);
		virtio_dev_set_status(w->dev, 0);
	}
	ck_assert_uint_le(w->back.nr_connects, 20);
	world_free(w);
}
END_TEST

/* Their file descriptions are the back end's, too. */
START_TEST(one_that_makes_eventfds_block_holds_nobody_up)
{
	struct world *w = world_make(&lasting, VHOST_USER_FS);
	const uint64_t full = UINT64_MAX - 1;

	w->back.clears = true;
	bring_up(w);
	virtio_dev_set_status(w->dev, 0);
	ck_assert_uint_eq(w->back.nr_cleared, 6);
	for (unsigned int q = 0; q < NR_QUEUES; q++) {
		const int fds[] = { w->dev->queues[q].kick.fd,
				    w->dev->queues[q].call };

		for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++) {
			must(!fcntl(fds[i], F_SETFL, 0)); /* again */
			ck_assert_uint_eq(event_drain(fds[i]), 0);
			must(write(fds[i], &full, 8) == 8);
			event_signal_shared(&w->dev->aio, fds[i]);
			ck_assert_uint_ge(event_drain(fds[i]), full);
			event_signal_shared(&w->dev->aio, fds[i]);
			ck_assert_uint_eq(event_drain(fds[i]), 1);
		}
	}
	world_free(w);
}
END_TEST

struct blocker {
	int fd;
	bool enough; /* atomic */
};

/* Between any two calls of ours. */
static void *make_it_block(void *arg)
{
	const uint64_t full = UINT64_MAX - 1;
	struct blocker *b = arg;

	while (!__atomic_load_n(&b->enough, __ATOMIC_RELAXED)) {
		(void)fcntl(b->fd, F_SETFL, O_NONBLOCK);
		(void)!write(b->fd, &full, sizeof(full));
		(void)fcntl(b->fd, F_SETFL, 0);
	}
	(void)fcntl(b->fd, F_SETFL, O_NONBLOCK);
	return NULL;
}

START_TEST(one_that_blocks_them_all_the_time_does_not_either)
{
	struct blocker b = { eventfd(0, EFD_NONBLOCK), false };
	struct event_aio a = event_aio_open();
	pthread_t thread;

	must(b.fd >= 0);
	if (a.context) { /* or the kernel has none */
		must(!pthread_create(&thread, NULL, make_it_block, &b));
		for (unsigned int i = 0; i < 50000; i++) {
			event_signal_shared(&a, b.fd);
			must(i % 2 || event_drain(b.fd) >= 1);
		}
		__atomic_store_n(&b.enough, true, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
	}
	event_aio_close(&a);
	event_aio_close(&a);
	close(b.fd);
}
END_TEST

START_TEST(a_card_may_be_of_one_pair)
{
	struct world *w = world_new(&lasting);

	w->back.nr_queues = 0;
	ck_assert_int_eq(create(w, VHOST_USER_NET), -ENOTSUP);
	w->back.nr_queues = 1;
	ck_assert_int_eq(create(w, VHOST_USER_FS), -ENOTSUP);
	ck_assert_int_eq(create(w, VHOST_USER_NET), 0);
	bring_up(w);
	ck_assert(!is_broken(w));
	world_free(w);
}
END_TEST

START_TEST(a_card_tells_of_long_frames_when_they_are_known)
{
	static const uint16_t mtus[] = { 0, 65520 };

	for (unsigned int i = 0; i < ARRAY_SIZE(mtus); i++) {
		struct world *w = world_new(&lasting);
		uint16_t told = 1;

		w->mtu = mtus[i];
		must(create(w, VHOST_USER_NET) == 0);
		virtio_dev_config_read(w->dev, 10, &told, sizeof(told));
		ck_assert_uint_eq(told, mtus[i]);
		ck_assert_uint_eq(!!(w->dev->offered & BIT(3)), !!mtus[i]);
		world_free(w);
	}
}
END_TEST

START_TEST(a_card_loses_its_link)
{
	struct world *w = world_make(&lasting, VHOST_USER_NET);
	uint8_t c[8];

	bring_up(w);
	virtio_dev_config_read(w->dev, 0, c, sizeof(c));
	ck_assert(c[0] == 2 && c[5] == 9 && c[6] == 1);
	lose(w);
	virtio_dev_config_read(w->dev, 0, c, sizeof(c));
	ck_assert_uint_eq(c[6], 0);
	bring_up(w);
	virtio_dev_config_read(w->dev, 0, c, sizeof(c));
	ck_assert_uint_eq(c[6], 1);
	world_free(w);
}
END_TEST

START_TEST(a_card_whose_back_end_gave_up_loses_its_link)
{
	struct world *w = world_make(&lasting, VHOST_USER_NET);
	uint8_t c[8];

	bring_up(w);
	give_up(w, 1);
	ck_assert(is_broken(w));
	virtio_dev_config_read(w->dev, 0, c, sizeof(c));
	ck_assert_uint_eq(c[6], 0);
	/* It is there still. */
	bring_up(w);
	ck_assert(!is_broken(w));
	virtio_dev_config_read(w->dev, 0, c, sizeof(c));
	ck_assert_uint_eq(c[6], 1);
	ck_assert_uint_eq(w->back.nr_connects, 1);
	world_free(w);
}
END_TEST

START_TEST(one_that_gave_up_and_keeps_its_queues_is_hung_up_on)
{
	struct world *w = world_make(&lasting, VHOST_USER_RNG);

	bring_up(w);
	w->back.errs = true;
	give_up(w, 0);
	ck_assert(is_broken(w));
	ck_assert_uint_eq(w->back.nr_disconnects, 1);
	w->back.errs = false;
	bring_up(w);
	ck_assert(!is_broken(w));
	ck_assert_uint_eq(w->back.nr_connects, 2);
	world_free(w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vhost_user_dev");
	TCase *t = tcase_create("vhost_user_dev");

	crash_handlers_install();
	log_set_level(LOG_ERROR);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, queues_go_to_the_back_end_and_come_back);
	tcase_add_test(t, one_of_ours_is_another_for_each_run);
	tcase_add_test(t, only_what_it_can_do_is_offered);
	tcase_add_test(t, a_disks_requests_fit_into_the_window);
	tcase_add_test(t, a_share_has_its_tag);
	tcase_add_test(t, one_that_cannot_serve_it_is_refused);
	tcase_add_test(t, one_that_dies_asks_for_a_reset_and_is_found_again);
	tcase_add_test(t, one_that_dies_with_a_word_on_its_lips_is_gone);
	tcase_add_test(t, one_that_dies_again_and_again_is_given_up);
	tcase_add_test(t, one_of_ours_that_has_to_end_first_is_awaited);
	tcase_add_test(t, one_that_changed_is_not_trusted);
	tcase_add_test(t,
		       one_that_comes_back_with_another_disk_tells_the_driver);
	tcase_add_test(t, one_that_comes_back_as_something_else_is_not_used);
	tcase_add_test(t, one_that_keeps_its_queues_is_hung_up_on);
	tcase_add_test(t, one_of_ours_that_keeps_its_queues_is_ended);
	tcase_add_loop_test(t, one_that_comes_back_silent_is_asked_once, 0, 2);
	tcase_add_test(t,
		       one_that_takes_its_time_for_each_answer_gets_5_s_in_all);
	tcase_add_test(t, one_that_talks_nonsense_again_and_again_is_given_up);
	tcase_add_test(t, one_that_makes_eventfds_block_holds_nobody_up);
	tcase_add_test(t, one_that_blocks_them_all_the_time_does_not_either);
	tcase_add_test(t, a_card_may_be_of_one_pair);
	tcase_add_test(t, a_card_tells_of_long_frames_when_they_are_known);
	tcase_add_test(t, a_card_loses_its_link);
	tcase_add_test(t, a_card_whose_back_end_gave_up_loses_its_link);
	tcase_add_test(t, one_that_gave_up_and_keeps_its_queues_is_hung_up_on);
	suite_add_tcase(s, t);
	return unit_main(s);
}
