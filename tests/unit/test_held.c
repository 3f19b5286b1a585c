// SPDX-License-Identifier: GPL-2.0-only
/* test_held.c: properties of the look at the buffers that a device holds. */
#include "held_fixture.h"

#include <pthread.h>

#include "../../vmm/crash.h"

START_TEST(what_was_popped_and_what_was_not_is_held)
{
	struct ring *r = ring_make(16, ALL_FEATURES);

	look(r, VQ_WE);
	expect_all(0, 0);
	for (unsigned int i = 0; i < 3; i++)
		offer_buffer(r, i);
	look(r, VQ_WE);
	expect_all(3, 6);
	must(vq_pop(&r->q, &r->c) == 1);
	look(r, VQ_WE);
	expect_all(3, 6);
	must(held->pieces[0].gpa == DATA && held->pieces[0].len == 16);
	must(!held->pieces[0].write && held->pieces[1].write);
	must(held->pieces[1].gpa == DATA + 64 && held->pieces[1].len == 512);
	must(held->pieces[5].buffer == 2);
	/* Given back, though the driver has not looked yet */
	must(vq_push(&r->q, r->c.head, 0) == 0);
	must(vq_publish(&r->q) >= 0);
	look(r, VQ_WE);
	expect_all(2, 4);
	ring_free(r);
}
END_TEST

START_TEST(buffers_may_be_given_back_in_any_order)
{
	struct ring *r = ring_make(16, 0);
	uint16_t first;

	for (unsigned int i = 0; i < 2; i++)
		offer_buffer(r, i);
	must(vq_pop(&r->q, &r->c) == 1);
	first = r->c.head;
	for (unsigned int i = 0; i < 100; i++) {
		must(vq_pop(&r->q, &r->c) == 1);
		ring_return(r, 0);
		offer_buffer(r, 2 + i % 8);
	}
	look(r, VQ_WE);
	expect_all(2, 4);
	must(held->pieces[0].gpa == DATA);
	must(vq_push(&r->q, first, 0) == 0);
	look(r, VQ_WE);
	expect_all(1, 2);
	ring_free(r);
}
END_TEST

START_TEST(a_full_queue_of_receive_buffers_is_held)
{
	struct ring *r = ring_make(VQ_MAX_SIZE, ALL_FEATURES);

	for (unsigned int i = 0; i < VQ_MAX_SIZE; i++) {
		const struct vq_buf b = { DATA + i * 1536, 1526, true };

		must(vq_driver_add(&r->d, &b, 1) >= 0);
	}
	(void)vq_driver_publish(&r->d);
	for (int by = VQ_WE; by <= VQ_ANY_ORDER; by++) {
		look(r, (enum vq_server)by);
		expect_all(VQ_MAX_SIZE, VQ_MAX_SIZE);
		must(held->pieces[255].write &&
		     held->pieces[255].gpa == DATA + 255 * 1536);
	}
	ring_free(r);
}
END_TEST

START_TEST(an_indirect_table_is_followed)
{
	struct ring *r = ring_make(16, ALL_FEATURES);
	struct vq_buf bufs[40];

	for (unsigned int i = 0; i < 40; i++)
		bufs[i] = (struct vq_buf){ DATA + i * KIB(4), 8, i > 3 };
	must(vq_driver_add_indirect(&r->d, TABLE, bufs, 40) >= 0);
	(void)vq_driver_publish(&r->d);
	look(r, VQ_WE);
	expect_all(1, 40);
	must(!held->pieces[3].write && held->pieces[4].write);
	ring_free(r);
}
END_TEST

/* --- served by others --------------------------------------------------------- */

/* As a back end does it, with a ring that it alone knows. */
static void serve(struct ring *r, struct virtqueue *theirs)
{
	must(vq_pop(theirs, &r->c) == 1);
	must(vq_push(theirs, r->c.head, 0) == 0);
	must(vq_publish(theirs) >= 0);
	must(vq_driver_get(&r->d, NULL) >= 0);
}

START_TEST(a_back_end_in_order_holds_what_it_did_not_give_back)
{
	struct ring *r = ring_make(16, 0);
	struct virtqueue theirs = r->q;

	for (unsigned int i = 0; i < 5; i++)
		offer_buffer(r, i);
	/* Round the ring many times, and over the end of its indices. */
	for (unsigned int i = 0; i < 66000; i++) {
		serve(r, &theirs);
		offer_buffer(r, 5 + i % 16);
		if (i % 1000)
			continue;
		look(r, VQ_IN_ORDER);
		expect_all(5, 10);
	}
	/* It has taken some, and answered none of these. */
	must(vq_pop(&theirs, &r->c) == 1);
	look(r, VQ_IN_ORDER);
	expect_all(5, 10);
	ring_free(r);
}
END_TEST

START_TEST(of_a_back_end_in_any_order_only_the_number_is_known)
{
	struct ring *r = ring_make(16, 0);
	struct virtqueue theirs = r->q;

	look(r, VQ_ANY_ORDER);
	expect_all(0, 0);
	for (unsigned int i = 0; i < 3; i++)
		offer_buffer(r, i);
	look(r, VQ_ANY_ORDER);
	must(held->is_counted && held->nr == 3 && held->nr_unknown == 3);
	must(held->nr_pieces == 0);
	ck_assert_str_eq(held->why, "its back end may answer in any order");
	for (unsigned int i = 0; i < 3; i++)
		serve(r, &theirs);
	look(r, VQ_ANY_ORDER);
	expect_all(0, 0);
	ring_free(r);
}
END_TEST

START_TEST(nothing_is_said_of_a_queue_that_stands_still)
{
	struct ring *r = ring_make(16, 0);

	offer_buffer(r, 0);
	look(r, VQ_NOBODY);
	expect_unknown("the device waits for a reset");
	r->d.avail->idx = 1000;
	must(vq_pop(&r->q, &r->c) < 0);
	look(r, VQ_WE);
	expect_unknown("an index out of range");
	ring_free(r);
}
END_TEST

struct mover {
	struct ring *r;
	struct virtqueue theirs;
	bool stop; /* atomic */
};

/* A driver and its back end, who never rest. */
static void *move(void *arg)
{
	struct mover *m = arg;

	for (unsigned int i = 6; !__atomic_load_n(&m->stop, __ATOMIC_RELAXED);
	     i++) {
		serve(m->r, &m->theirs);
		offer_buffer(m->r, i % 64);
	}
	return NULL;
}

/* Of what moves all the time: what is told was held while it was looked. */
START_TEST(no_buffer_is_made_of_two)
{
	struct mover m = { .r = ring_make(16, 0) };
	unsigned int nr_moved = 0, nr_buffers = 0;
	pthread_t thread;

	m.theirs = m.r->q;
	for (unsigned int i = 0; i < 6; i++)
		offer_buffer(m.r, i);
	ck_assert_int_eq(pthread_create(&thread, NULL, move, &m), 0);
	/* Until it has seen enough of each; tests/unit/run ends it otherwise. */
	while (nr_moved < 20000 || nr_buffers < 200000) {
		vq_held_look(&m.r->q, VQ_IN_ORDER, held);
		if (!held->is_counted)
			continue;
		must(held->nr_unknown == 0 && held->nr <= 7);
		must(held->nr_pieces == 2 * held->nr);
		for (unsigned int i = 0; i < held->nr_pieces; i += 2) {
			const struct vq_piece *p = &held->pieces[i];

			must(p[0].len == 16 && p[1].len == 512);
			must(p[1].gpa == p[0].gpa + 64);
			must(p[0].buffer == i / 2 && p[1].buffer == i / 2);
			/* One after the other, as they were offered. */
			must(i == 0 ||
			     (p[0].gpa - p[-2].gpa) % KIB(256) == KIB(4));
		}
		nr_moved += held->nr < 6;
		nr_buffers += held->nr;
	}
	__atomic_store_n(&m.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	ring_free(m.r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("held");
	TCase *tc = tcase_create("held");

	crash_handlers_install();
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_popped_and_what_was_not_is_held);
	tcase_add_test(tc, buffers_may_be_given_back_in_any_order);
	tcase_add_test(tc, a_full_queue_of_receive_buffers_is_held);
	tcase_add_test(tc, an_indirect_table_is_followed);
	tcase_add_test(tc, a_back_end_in_order_holds_what_it_did_not_give_back);
	tcase_add_test(tc, of_a_back_end_in_any_order_only_the_number_is_known);
	tcase_add_test(tc, nothing_is_said_of_a_queue_that_stands_still);
	tcase_add_test(tc, no_buffer_is_made_of_two);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
