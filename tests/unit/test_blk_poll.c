// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_blk_poll.c: when a virtio disk's thread watches for a driver that is soon
 * back, and when that driver must kick; also run under TSan.
 */
#include "blk_fixture.h"

#include <pthread.h>
#include <sched.h>

#include "../../virtio/blk.h"
#include "log.h"

static struct blk_rig rig;

static void start(void)
{
	static const struct virtio_blk_init plain;

	rig_start(&rig, plain);
}

static void stop(void)
{
	rig_fini(&rig);
}

#define FOR_EVER (1ULL << 62)

/* A driver that is back within so many ns is soon back. */
static void watch_for(uint64_t ns)
{
	pthread_mutex_lock(&rig.dev->lock);
	rig.blk->poll.limit_ns = ns;
	pthread_mutex_unlock(&rig.dev->lock);
}

static uint64_t watches_for(void)
{
	uint64_t ns;

	pthread_mutex_lock(&rig.dev->lock);
	ns = rig.blk->poll.limit_ns;
	pthread_mutex_unlock(&rig.dev->lock);
	return ns;
}

/*
 * Makes a request; whether that took a kick. It is offered while the lock is
 * free: the worker watches then, or it sleeps. @gave_way: it sleeps because
 * others wanted the CPU; that is forgotten.
 */
static bool took_a_kick(bool *gave_way)
{
	struct blk_poll *p = &rig.blk->poll;
	uint32_t written;
	bool kick;

	ck_assert_int_ge(rig_offer(&rig, 0, VIRTIO_BLK_T_IN, 0, DATA(0), 512),
			 0);
	pthread_mutex_lock(&rig.dev->lock);
	kick = vq_driver_publish(&rig.d);
	*gave_way = p->not_before_ns != 0;
	p->not_before_ns = 0;
	pthread_mutex_unlock(&rig.dev->lock);
	if (kick)
		rig_kick(&rig, 0);
	ck_assert_int_ge(rig_answer(&rig, &written), 0);
	ck_assert_uint_eq(rig_status(&rig, 0), VIRTIO_BLK_S_OK);
	return kick;
}

/* Until a request took no kick; only others, who want the CPU, may delay it. */
static void be_watched_for(void)
{
	bool gave_way;

	watch_for(FOR_EVER);
	/* That the driver is soon back is learnt from two. */
	(void)took_a_kick(&gave_way);
	(void)took_a_kick(&gave_way);
	while (took_a_kick(&gave_way))
		ck_assert(gave_way);
}

START_TEST(a_driver_that_is_soon_back_need_not_kick)
{
	for (unsigned int n = 0; n < 10; n++)
		be_watched_for();
}
END_TEST

START_TEST(a_driver_that_is_not_watched_for_must_kick)
{
	bool gave_way;

	watch_for(0);
	for (unsigned int n = 0; n < 100; n++)
		ck_assert(took_a_kick(&gave_way));
}
END_TEST

static bool is_asked_to_kick(void)
{
	return __atomic_load_n(vq_driver_avail_event(&rig.d),
			       __ATOMIC_ACQUIRE) == rig.d.avail_idx;
}

START_TEST(a_driver_that_stays_away_must_kick)
{
	bool gave_way;

	do {
		be_watched_for();
		watch_for(1);
		while (!is_asked_to_kick())
			usleep(1000);
		ck_assert(took_a_kick(&gave_way));
	} while (gave_way);
}
END_TEST

/* Alone on a CPU it would keep the guest from what it waits for. */
START_TEST(it_watches_for_a_moment_and_only_beside_another_cpu)
{
	cpu_set_t all, one;
	uint64_t beside, alone;
	int cpu = 0;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	beside = watches_for();
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	rig_up(&rig, 0);
	alone = watches_for();
	ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
	ck_assert((beside > 0) == (CPU_COUNT(&all) > 1));
	ck_assert_uint_le(beside, 1000000);
	ck_assert_uint_eq(alone, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk_poll");
	TCase *tc = tcase_create("poll");

	log_set_level(LOG_ERROR);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, a_driver_that_is_soon_back_need_not_kick);
	tcase_add_test(tc, a_driver_that_is_not_watched_for_must_kick);
	tcase_add_test(tc, a_driver_that_stays_away_must_kick);
	tcase_add_test(tc, it_watches_for_a_moment_and_only_beside_another_cpu);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
