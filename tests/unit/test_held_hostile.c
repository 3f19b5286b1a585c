// SPDX-License-Identifier: GPL-2.0-only
/* test_held_hostile.c: the look at buffers of a driver that means harm. */
#include "held_fixture.h"

#include <pthread.h>

#include "../../vmm/crash.h"

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
	/* Until it has seen enough of each; tests/unit/run ends it otherwise. */
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

int main(void)
{
	Suite *s = suite_create("held_hostile");
	TCase *tc = tcase_create("held_hostile");

	crash_handlers_install();
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_bad_buffer_is_counted_and_the_next_one_followed);
	tcase_add_test(tc, a_head_offered_twice_or_out_of_range_is_unknown);
	tcase_add_test(tc, an_index_that_jumps_says_nothing);
	tcase_add_test(tc, the_look_is_bounded_whatever_the_ring_says);
	tcase_add_test(tc, a_page_taken_back_is_survived);
	tcase_add_test(tc, a_ring_that_changes_all_the_time_harms_nobody);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
