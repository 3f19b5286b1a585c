// SPDX-License-Identifier: GPL-2.0-only
/* test_vhost_user_fs.c: properties of a share whose server died. */
#include "vhost_user_fixture.h"

#include <linux/fuse.h>

#include "../../vmm/crash.h"

/* A request on queue @q, whose unique number is its place. */
static int request(struct world *w, unsigned int q, uint64_t unique,
		   bool forget)
{
	const gpa_t at = DATA + unique * 512;
	const struct vq_buf bufs[] = { { at, 40, false },
				       { at + 64, 100, true } };
	struct fuse_in_header in = { .len = 40, .unique = unique };

	memcpy(vq_driver_mem(&w->w, at, sizeof(in)), &in, sizeof(in));
	memset(vq_driver_mem(&w->w, at + 64, 100), 0xee, 100);
	return vq_driver_add(&w->d[q], bufs, forget ? 1 : 2);
}

static void publish(struct world *w, unsigned int q)
{
	const uint64_t one = 1;

	(void)vq_driver_publish(&w->d[q]);
	must(write(w->dev->queues[q].kick.fd, &one, 8) == 8);
}

static void expect_error(struct world *w, unsigned int q, uint64_t unique,
			 int head)
{
	struct fuse_out_header out;
	uint32_t written = 0;

	ck_assert_int_eq(vq_driver_get(&w->d[q], &written), head);
	ck_assert_uint_eq(written, sizeof(out));
	memcpy(&out, vq_driver_mem(&w->w, DATA + unique * 512 + 64, 16),
	       sizeof(out));
	ck_assert_uint_eq(out.len, sizeof(out));
	ck_assert_int_eq(out.error, -ENOTCONN);
	ck_assert_uint_eq(out.unique, unique);
}

START_TEST(requests_of_a_dead_share_get_an_error)
{
	struct world *w = world_make(&ours, VHOST_USER_FS);
	int heads[4];
	uint64_t n;

	bring_up(w);
	heads[0] = request(w, 1, 0, false);
	heads[1] = request(w, 1, 1, false);
	publish(w, 1);
	/* The first of them was answered before it died. */
	w->d[1].used->ring[0].id = (uint32_t)heads[0];
	w->d[1].used->idx = 1;
	ck_assert_int_eq(vq_driver_get(&w->d[1], NULL), heads[0]);
	lose(w);
	expect_error(w, 1, 1, heads[1]);
	ck_assert(read(w->dev->queues[1].call, &n, 8) == 8);
	/* And those that come now. */
	heads[2] = request(w, 1, 2, false);
	publish(w, 1);
	heads[3] = request(w, 0, 3, true);
	publish(w, 0);
	settle(w);
	expect_error(w, 1, 2, heads[2]);
	ck_assert_int_eq(vq_driver_get(&w->d[0], NULL), heads[3]);
	/* Not once it is back. */
	bring_up(w);
	ck_assert(!is_broken(w));
	(void)request(w, 1, 4, false);
	publish(w, 1);
	settle(w);
	ck_assert_int_eq(vq_driver_get(&w->d[1], NULL), -1);
	world_free(w);
}
END_TEST

START_TEST(nonsense_to_a_dead_share_harms_nobody)
{
	struct world *w = world_make(&ours, VHOST_USER_FS);
	const struct vq_buf tiny = { DATA, 8, false };

	bring_up(w);
	die(&w->back);
	w->d[0].used->idx = 0x4321; /* its guest's own */
	settle(w);
	(void)vq_driver_add(&w->d[1], &tiny, 1);
	publish(w, 1);
	(void)request(w, 0, 1, false);
	publish(w, 0);
	settle(w);
	ck_assert_int_eq(vq_driver_get(&w->d[1], NULL), -1);
	bring_up(w);
	ck_assert(!is_broken(w));
	world_free(w);
}
END_TEST

START_TEST(a_share_that_cannot_start_answers_too)
{
	struct world *w = world_make(&ours, VHOST_USER_FS);
	int head;

	bring_up(w);
	virtio_dev_set_status(w->dev, 0);
	w->back.refuses = true;
	bring_up(w);
	ck_assert(is_broken(w));
	head = request(w, 1, 7, false);
	publish(w, 1);
	settle(w);
	expect_error(w, 1, 7, head);
	world_free(w);
}
END_TEST

START_TEST(requests_of_a_share_that_gave_up_get_an_error)
{
	struct world *w = world_make(_i ? &lasting : &ours, VHOST_USER_FS);
	int heads[3];

	bring_up(w);
	heads[0] = request(w, 1, 0, false);
	publish(w, 1);
	give_up(w, 1);
	ck_assert(is_broken(w));
	ck_assert_uint_eq(w->back.nr_disconnects, _i ? 0 : 1);
	expect_error(w, 1, 0, heads[0]);
	heads[1] = request(w, 1, 1, false);
	publish(w, 1);
	heads[2] = request(w, 0, 2, false);
	publish(w, 0);
	settle(w);
	expect_error(w, 1, 1, heads[1]);
	expect_error(w, 0, 2, heads[2]);
	bring_up(w);
	ck_assert(!is_broken(w));
	ck_assert_uint_eq(w->back.nr_connects, _i ? 1 : 2);
	world_free(w);
}
END_TEST

/* It refuses the queue, or died. */
START_TEST(a_share_whose_second_queue_cannot_be_started_answers_at_both)
{
	struct world *w = world_new(&lasting);
	int heads[2];

	w->back.protocol |= BIT(3);
	must(create(w, VHOST_USER_FS) == 0);
	bring_up_some(w, 1);
	ck_assert(!is_broken(w));
	if (_i)
		die(&w->back);
	w->back.nacks = true;
	enable_queue(w, 1);
	ck_assert(is_broken(w));
	ck_assert_uint_eq(w->back.nr_disconnects, 1);
	/* It was asked for them first. */
	ck_assert_uint_eq(count(&w->back.nr_stops), _i ? 0 : 2);
	for (unsigned int q = 0; q < 2; q++) {
		heads[q] = request(w, q, q, false);
		publish(w, q);
	}
	settle(w);
	expect_error(w, 0, 0, heads[0]);
	expect_error(w, 1, 1, heads[1]);
	w->back.nacks = false;
	bring_up(w);
	ck_assert(!is_broken(w));
	ck_assert_uint_eq(w->back.nr_connects, 2);
	world_free(w);
}
END_TEST

/* It has the eventfds of its queues still, and nobody reads them. */
START_TEST(an_error_for_a_dead_share_does_not_wait_for_an_eventfd)
{
	struct world *w = world_make(&lasting, VHOST_USER_FS);
	const uint64_t full = UINT64_MAX - 1;
	int head, call;

	w->back.clears = true;
	bring_up(w);
	call = w->dev->queues[1].call;
	head = request(w, 1, 0, false);
	publish(w, 1);
	while (__atomic_load_n(&w->back.nr_cleared, __ATOMIC_RELAXED) < 6)
		(void)usleep(1000);
	must(!(fcntl(call, F_GETFL) & O_NONBLOCK));
	must(write(call, &full, sizeof(full)) == 8);
	lose(w);
	expect_error(w, 1, 0, head);
	world_free(w);
}
END_TEST

/* The other queue is in good order. */
START_TEST(a_share_whose_guest_broke_one_queue_answers_at_the_other)
{
	struct world *w = world_make(&ours, VHOST_USER_FS);
	const struct vq_buf outside = { GPA + LEN, 40, false };
	int head;

	bring_up(w);
	head = request(w, 1, 0, false);
	publish(w, 1);
	must(vq_driver_add(&w->d[0], &outside, 1) >= 0);
	publish(w, 0);
	give_up(w, 0);
	ck_assert(is_broken(w));
	expect_error(w, 1, 0, head);
	publish(w, 0);
	settle(w);
	ck_assert_int_eq(vq_driver_get(&w->d[0], NULL), -1);
	bring_up(w);
	ck_assert(!is_broken(w));
	world_free(w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vhost_user_fs");
	TCase *t = tcase_create("vhost_user_fs");

	crash_handlers_install();
	log_set_level(LOG_ERROR);
	tcase_add_test(t, requests_of_a_dead_share_get_an_error);
	tcase_add_test(t, nonsense_to_a_dead_share_harms_nobody);
	tcase_add_test(t, a_share_that_cannot_start_answers_too);
	tcase_add_loop_test(t, requests_of_a_share_that_gave_up_get_an_error, 0,
			    2);
	tcase_add_loop_test(
		t, a_share_whose_second_queue_cannot_be_started_answers_at_both,
		0, 2);
	tcase_add_test(t,
		       an_error_for_a_dead_share_does_not_wait_for_an_eventfd);
	tcase_add_test(
		t, a_share_whose_guest_broke_one_queue_answers_at_the_other);
	suite_add_tcase(s, t);
	return unit_main(s);
}
