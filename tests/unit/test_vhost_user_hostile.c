// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_vhost_user_hostile.c: a back end by vhost-user that keeps what it has,
 * makes others wait, or talks nonsense.
 */
#include "vhost_user_fixture.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include "../../virtio/event.h"
#include "../../vmm/crash.h"

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

int main(void)
{
	Suite *s = suite_create("vhost_user_hostile");
	TCase *t = tcase_create("vhost_user_hostile");

	crash_handlers_install();
	log_set_level(LOG_ERROR);
	tcase_add_test(t, one_that_keeps_its_queues_is_hung_up_on);
	tcase_add_test(t, one_of_ours_that_keeps_its_queues_is_ended);
	tcase_add_test(t, one_that_gave_up_and_keeps_its_queues_is_hung_up_on);
	tcase_add_loop_test(t, one_that_comes_back_silent_is_asked_once, 0, 2);
	tcase_add_test(t,
		       one_that_takes_its_time_for_each_answer_gets_5_s_in_all);
	tcase_add_test(t, one_that_talks_nonsense_again_and_again_is_given_up);
	tcase_add_test(t, one_that_makes_eventfds_block_holds_nobody_up);
	tcase_add_test(t, one_that_blocks_them_all_the_time_does_not_either);
	suite_add_tcase(s, t);
	return unit_main(s);
}
