// SPDX-License-Identifier: GPL-2.0-only
/* test_held.c: properties of the look at the buffers that a device holds. */
#include "queue_fixture.h"

#include <pthread.h>
#include <string.h>

#include "../../vmm/crash.h"
#include "vq_held.h"

static struct vq_held *held;

/* It is as if nobody had looked: the queue, and all of the window. */
static void look(struct ring *r, enum vq_server by)
{
	struct virtqueue before = r->q;
	uint8_t *bytes = malloc(KIB(256));

	must(bytes != NULL);
	memcpy(bytes, mem(r, RING), KIB(256));
	vq_held_look(&r->q, by, held);
	must(memcmp(&before, &r->q, sizeof(before)) == 0);
	must(memcmp(bytes, mem(r, RING), KIB(256)) == 0);
	free(bytes);
}

static void expect_unknown(const char *why)
{
	must(!held->is_counted && held->nr == 0 && held->nr_pieces == 0);
	ck_assert_str_eq(held->why, why);
}

static void expect_all(unsigned int nr, unsigned int nr_pieces)
{
	if (!held->is_counted || held->why)
		ck_abort_msg("unknown: %s", held->why);
	must(held->nr_unknown == 0);
	ck_assert_uint_eq(held->nr, nr);
	ck_assert_uint_eq(held->nr_pieces, nr_pieces);
}

static void offer_buffer(struct ring *r, unsigned int nr)
{
	const struct vq_buf bufs[] = {
		{ DATA + nr * KIB(4), 16, false },
		{ DATA + nr * KIB(4) + 64, 512, true },
	};

	must(vq_driver_add(&r->d, bufs, 2) >= 0);
	(void)vq_driver_publish(&r->d);
}

static void setup(void)
{
	held = malloc(sizeof(*held));
	ck_assert_ptr_nonnull(held);
	memset(held, 0xaa, sizeof(*held));
}

static void teardown(void)
{
	free(held);
}

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

/* --- hostile drivers ---------------------------------------------------------- */

START_TEST(a_bad_buffer_is_counted_and_the_next_one_followed)
{
	static const struct {
		struct vring_desc d;
		const char *why;
	} bad[] = {
		{ { DATA, 8, VRING_DESC_F_NEXT, 1 }, "longer than the queue" },
		{ { DATA, 8, VRING_DESC_F_NEXT, 99 }, "an index out of range" },
		{ { GPA - 4096, 8, 0, 0 }, "not in the window" },
		{ { GPA + LEN - 4, 8, 0, 0 }, "not in the window" },
		{ { UINT64_MAX - 4, 8, 0, 0 }, "not in the window" },
		{ { DATA, 0, 0, 0 }, "a malformed chain" },
		{ { DATA, 16, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 0 },
		  "a malformed chain" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct ring *r = ring_make(16, ALL_FEATURES);

		r->d.desc[1] = bad[i].d;
		vq_driver_offer(&r->d, 1);
		r->d.desc[5] = (struct vring_desc){ DATA, 8, 0, 0 };
		vq_driver_offer(&r->d, 5);
		(void)vq_driver_publish(&r->d);
		for (int by = VQ_WE; by <= VQ_IN_ORDER; by++) {
			look(r, (enum vq_server)by);
			must(held->is_counted && held->nr == 2);
			must(held->nr_unknown == 1 && held->nr_pieces == 1);
			must(held->pieces[0].gpa == DATA);
			must(strstr(held->why, bad[i].why) != NULL);
		}
		/* And the device still finds it for itself. */
		must(r->q.error.fault == VQ_OK);
		must(r->q.stats.outside == 0);
		must(vq_pop(&r->q, &r->c) < 0);
		ring_free(r);
	}
}
END_TEST

START_TEST(a_head_offered_twice_or_out_of_range_is_unknown)
{
	struct ring *r = ring_make(16, 0);

	r->d.desc[3] = (struct vring_desc){ DATA, 8, 0, 0 };
	vq_driver_offer(&r->d, 3);
	vq_driver_offer(&r->d, 3);
	vq_driver_offer(&r->d, 4000);
	(void)vq_driver_publish(&r->d);
	look(r, VQ_WE);
	must(held->nr == 3 && held->nr_unknown == 2 && held->nr_pieces == 1);
	/* The first reason is the one that is told. */
	must(strstr(held->why, "offered again") != NULL);
	must(vq_pop(&r->q, &r->c) == 1);
	look(r, VQ_WE);
	must(held->nr == 3 && held->nr_unknown == 2 && held->nr_pieces == 1);
	ring_free(r);
}
END_TEST

START_TEST(an_index_that_jumps_says_nothing)
{
	struct ring *r = ring_make(16, 0);

	offer_buffer(r, 0);
	for (unsigned int ahead = 17; ahead < 65536; ahead += 13) {
		r->d.avail->idx = (uint16_t)ahead;
		for (int by = VQ_WE; by <= VQ_ANY_ORDER; by++) {
			vq_held_look(&r->q, (enum vq_server)by, held);
			expect_unknown("an index out of range");
		}
	}
	ring_free(r);
}
END_TEST

/* Each entry an indirect table of itself and its like, as long as may be. */
START_TEST(the_look_is_bounded_whatever_the_ring_says)
{
	struct ring *r = ring_make(VQ_MAX_SIZE, ALL_FEATURES);
	struct vring_desc *t = (void *)mem(r, TABLE);

	for (unsigned int i = 0; i < VQ_MAX_SIZE; i++) {
		t[i] = (struct vring_desc){ GPA, (uint32_t)LEN,
					    VRING_DESC_F_NEXT |
						    VRING_DESC_F_WRITE,
					    (uint16_t)(i + 1) };
		r->d.desc[i] = (struct vring_desc){ TABLE, VQ_MAX_SIZE * 16,
						    VRING_DESC_F_INDIRECT, 0 };
		vq_driver_offer(&r->d, (uint16_t)i);
	}
	t[VQ_MAX_SIZE - 1].flags = VRING_DESC_F_WRITE;
	(void)vq_driver_publish(&r->d);
	look(r, VQ_WE);
	must(held->nr == VQ_MAX_SIZE && held->nr_pieces == VQ_HELD_MAX);
	must(held->nr_unknown == VQ_MAX_SIZE - VQ_HELD_MAX / VQ_MAX_IOV);
	ck_assert_str_eq(held->why, "more descriptors than are looked at");
	/* Loops have no piece, and are not followed for ever either. */
	t[VQ_MAX_SIZE - 1].flags = VRING_DESC_F_WRITE | VRING_DESC_F_NEXT;
	t[VQ_MAX_SIZE - 1].next = 0;
	look(r, VQ_WE);
	must(held->nr == VQ_MAX_SIZE && held->nr_unknown == VQ_MAX_SIZE);
	must(held->nr_pieces == 0 && held->nr_read == VQ_HELD_MAX);
	ring_free(r);
}
END_TEST

START_TEST(a_page_taken_back_is_survived)
{
	struct ring *r = ring_make(16, ALL_FEATURES);
	struct vq_driver *d = &r->d;
	uint8_t *parts[3];

	d->desc_gpa = RING;
	d->avail_gpa = RING + KIB(64);
	d->used_gpa = RING + KIB(128);
	parts[0] = mem(r, d->desc_gpa);
	parts[1] = mem(r, d->avail_gpa);
	parts[2] = mem(r, d->used_gpa);
	d->desc = (void *)parts[0];
	d->avail = (void *)parts[1];
	d->used = (void *)parts[2];
	vq_reset(&r->q);
	vq_driver_attach(d, &r->q);
	must(vq_start(&r->q, ALL_FEATURES) == 0);
	offer_buffer(r, 0);
	for (int by = VQ_WE; by <= VQ_IN_ORDER; by++) {
		take_page(parts[0]);
		vq_held_look(&r->q, (enum vq_server)by, held);
		must(held->nr == 1 && held->nr_unknown == 1);
		ck_assert_str_eq(held->why, "a page that is not shared");
		give_page(parts[0]);
		take_page(parts[1]);
		vq_held_look(&r->q, (enum vq_server)by, held);
		expect_unknown("a page that is not shared");
		give_page(parts[1]);
	}
	take_page(parts[2]);
	vq_held_look(&r->q, VQ_WE, held);
	expect_all(1, 2);
	vq_held_look(&r->q, VQ_ANY_ORDER, held);
	expect_unknown("a page that is not shared");
	give_page(parts[2]);
	/* What the buffer names is not touched. */
	take_page(mem(r, DATA));
	vq_held_look(&r->q, VQ_WE, held);
	expect_all(1, 2);
	give_page(mem(r, DATA));
	must(r->q.error.fault == VQ_OK);
	must(vq_pop(&r->q, &r->c) == 1);
	ring_free(r);
}
END_TEST

struct mutator {
	struct ring *r;
	bool stop; /* atomic */
};

/* Both rings, every byte, and the pages below them. */
static void *mutate(void *arg)
{
	struct mutator *m = arg;
	uint8_t *bytes = mem(m->r, RING);
	uint32_t x = 1;

	while (!__atomic_load_n(&m->stop, __ATOMIC_RELAXED)) {
		x = x * 1664525 + 1013904223;
		__atomic_store_n(&bytes[(x >> 8) % 1024], (uint8_t)(x >> 3),
				 __ATOMIC_RELAXED);
		if (x >> 20 == 0) {
			take_page(bytes);
			give_page(bytes);
		}
	}
	return NULL;
}

START_TEST(a_ring_that_changes_all_the_time_harms_nobody)
{
	struct mutator m = { .r = ring_make(16, ALL_FEATURES) };
	struct virtqueue before = m.r->q;
	const struct vring_desc d = { DATA, 8, 0, 0 };
	unsigned int nr_counted = 0, nr_pieces = 0;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, mutate, &m), 0);
	/* Until it has seen enough of each; the test's timeout says else. */
	for (unsigned int i = 0;
	     i < 100000 || nr_counted < 10000 || nr_pieces < 10000; i++) {
		(void)!window_store16(&m.r->d.avail->idx, i % 17);
		(void)!window_store16(&m.r->d.used->idx, 0);
		(void)!window_write(&m.r->d.desc[i % 16], &d, sizeof(d));
		vq_held_look(&m.r->q, (enum vq_server)(i % 3), held);
		must(held->nr <= 16 && held->nr_unknown <= held->nr);
		must((held->why != NULL) ==
		     (!held->is_counted || held->nr_unknown > 0));
		nr_counted += held->is_counted;
		nr_pieces += held->nr_pieces;
		for (unsigned int p = 0; p < held->nr_pieces; p++) {
			must(window_at(&m.r->w, held->pieces[p].gpa,
				       held->pieces[p].len));
			must(held->pieces[p].buffer < held->nr);
		}
	}
	__atomic_store_n(&m.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	must(memcmp(&before, &m.r->q, sizeof(before)) == 0);
	ring_free(m.r);
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
	/* Until it has seen enough of each; the test's timeout says else. */
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
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_popped_and_what_was_not_is_held);
	tcase_add_test(tc, buffers_may_be_given_back_in_any_order);
	tcase_add_test(tc, a_full_queue_of_receive_buffers_is_held);
	tcase_add_test(tc, an_indirect_table_is_followed);
	tcase_add_test(tc, a_back_end_in_order_holds_what_it_did_not_give_back);
	tcase_add_test(tc, of_a_back_end_in_any_order_only_the_number_is_known);
	tcase_add_test(tc, nothing_is_said_of_a_queue_that_stands_still);
	tcase_add_test(tc, a_bad_buffer_is_counted_and_the_next_one_followed);
	tcase_add_test(tc, a_head_offered_twice_or_out_of_range_is_unknown);
	tcase_add_test(tc, an_index_that_jumps_says_nothing);
	tcase_add_test(tc, the_look_is_bounded_whatever_the_ring_says);
	tcase_add_test(tc, a_page_taken_back_is_survived);
	tcase_add_test(tc, a_ring_that_changes_all_the_time_harms_nobody);
	tcase_add_test(tc, no_buffer_is_made_of_two);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
