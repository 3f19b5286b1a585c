// SPDX-License-Identifier: GPL-2.0-only
/* test_queue.c: properties of the ring with a driver that keeps the rules. */
#include "queue_fixture.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

START_TEST(start_demands_size_alignment_and_window)
{
	struct ring *r = ring_make(16, ALL_FEATURES);
	struct virtqueue *q = &r->q;
	static const uint16_t bad_sizes[] = { 0, 1, 3, 12, 48, 257, 512 };

	for (size_t i = 0; i < ARRAY_SIZE(bad_sizes); i++) {
		q->size = bad_sizes[i];
		ck_assert_int_eq(vq_start(q, ALL_FEATURES), -EINVAL);
		ck_assert_int_eq(q->error.fault, VQ_MISALIGNED);
		ck_assert(!q->ready);
	}
	q->size = 16;
	for (unsigned int off = 1; off < 16; off++) {
		vq_driver_attach(&r->d, q);
		q->desc_gpa += off;
		ck_assert_int_eq(vq_start(q, ALL_FEATURES), -EINVAL);
		ck_assert_int_eq(q->error.fault, VQ_MISALIGNED);
	}
	vq_driver_attach(&r->d, q);
	q->avail_gpa++;
	ck_assert_int_eq(vq_start(q, ALL_FEATURES), -EINVAL);
	ck_assert_int_eq(q->error.fault, VQ_MISALIGNED);
	vq_driver_attach(&r->d, q);
	q->used_gpa += 2;
	ck_assert_int_eq(vq_start(q, ALL_FEATURES), -EINVAL);
	ck_assert_int_eq(q->error.fault, VQ_MISALIGNED);
	vq_driver_attach(&r->d, q);
	ck_assert_int_eq(vq_start(q, ALL_FEATURES), 0);
	ck_assert(q->ready);
	ring_free(r);
}
END_TEST

START_TEST(a_size_above_the_offered_one_is_refused)
{
	struct ring *r = ring_make(16, 0);

	r->q.max_size = 8;
	ck_assert_int_eq(vq_start(&r->q, 0), -EINVAL);
	ring_free(r);
}
END_TEST

/* Whether a ring whose @which'th part is at @gpa starts. */
static bool starts_at(struct ring *r, unsigned int which, gpa_t gpa,
		      uint64_t features)
{
	vq_driver_attach(&r->d, &r->q);
	*(which == 0   ? &r->q.desc_gpa
	  : which == 1 ? &r->q.avail_gpa
		       : &r->q.used_gpa) = gpa;
	if (vq_start(&r->q, features) == 0)
		return true;
	must(r->q.error.fault == VQ_OUTSIDE);
	must(r->q.error.gpa == gpa);
	return false;
}

START_TEST(start_knows_the_last_byte_of_each_part)
{
	struct ring *r = ring_make(16, 0);
	static const uint64_t align[] = { 16, 2, 4 };

	for (int event_idx = 0; event_idx < 2; event_idx++) {
		const uint64_t event = event_idx ? 2 : 0;
		const uint64_t len[] = { 256, 4 + 32 + event, 4 + 128 + event };
		uint64_t f = event_idx ? 1ULL << VIRTIO_RING_F_EVENT_IDX : 0;

		for (unsigned int p = 0; p < 3; p++) {
			gpa_t last = align_down(GPA + LEN - len[p], align[p]);

			for (gpa_t at = last - 320; at < GPA + LEN + 320;
			     at += align[p])
				must(starts_at(r, p, at, f) == (at <= last));
			must(starts_at(r, p, GPA, f));
			must(!starts_at(r, p, GPA - align[p], f));
			must(!starts_at(r, p, 0, f));
			must(!starts_at(r, p, 0 - align[p], f));
		}
	}
	ring_free(r);
}
END_TEST

START_TEST(chains_come_out_as_they_were_put_in)
{
	struct ring *r = ring_make(8, ALL_FEATURES);
	const struct vq_buf bufs[] = {
		{ DATA, 16, false },
		{ DATA + 100, 7, false },
		{ DATA + 200, 4096, true },
		{ DATA + 9000, 1, true },
	};

	for (int indirect = 0; indirect < 2; indirect++) {
		int head =
			indirect ? vq_driver_add_indirect(&r->d, TABLE, bufs, 4)
				 : vq_driver_add(&r->d, bufs, 4);

		ck_assert_int_eq(vq_pop(&r->q, &r->c), 0);
		vq_driver_publish(&r->d);
		ck_assert_int_eq(vq_pop(&r->q, &r->c), 1);
		ck_assert_int_eq(r->c.head, head);
		ck_assert_uint_eq(r->c.nr_read, 2);
		ck_assert_uint_eq(r->c.nr_write, 2);
		ck_assert_uint_eq(r->c.read_len, 23);
		ck_assert_uint_eq(r->c.write_len, 4097);
		for (size_t i = 0; i < ARRAY_SIZE(bufs); i++) {
			ck_assert_ptr_eq(r->c.iov[i].iov_base,
					 mem(r, bufs[i].gpa));
			ck_assert_uint_eq(r->c.iov[i].iov_len, bufs[i].len);
		}
		ring_return(r, 4097);
		ck_assert_int_eq(vq_pop(&r->q, &r->c), 0);
	}
	ck_assert_uint_eq(r->q.stats.requests, 2);
	ck_assert_uint_eq(r->q.stats.bytes, 2 * (23 + 4097));
	ck_assert_uint_eq(r->q.stats.max_segment, 4096);
	ck_assert_uint_eq(r->q.stats.in_flight, 0);
	ck_assert_uint_eq(r->q.stats.max_in_flight, 1);
	ring_free(r);
}
END_TEST

START_TEST(all_indices_wrap_with_every_ring_size)
{
	for (uint16_t size = 2; size <= VQ_MAX_SIZE; size *= 2) {
		struct ring *r = ring_make(size, ALL_FEATURES);
		unsigned int nr = 0;

		/* Twice around 65536, in batches of all lengths. */
		for (unsigned int batch = 1; nr < 140000;
		     batch = batch % size + 1) {
			for (unsigned int i = 0; i < batch; i++)
				(void)ring_offer_one(r);
			(void)vq_driver_publish(&r->d);
			for (unsigned int i = 0; i < batch; i++) {
				must(vq_pop(&r->q, &r->c) == 1);
				must(vq_push(&r->q, r->c.head, nr) == 0);
				nr++;
			}
			must(vq_pop(&r->q, &r->c) == 0);
			must(vq_publish(&r->q) >= 0);
			for (unsigned int i = 0; i < batch; i++) {
				uint32_t written = 0;

				must(vq_driver_get(&r->d, &written) >= 0);
				must(written == nr - batch + i);
			}
		}
		must(r->d.nr_free == size);
		ring_free(r);
	}
}
END_TEST

START_TEST(chains_may_come_back_in_any_order)
{
	struct ring *r = ring_make(8, 0);
	uint16_t heads[8];
	static const unsigned int order[8] = { 3, 0, 7, 1, 6, 2, 5, 4 };

	for (int i = 0; i < 8; i++)
		(void)ring_offer_one(r);
	vq_driver_publish(&r->d);
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(vq_pop(&r->q, &r->c), 1);
		heads[i] = r->c.head;
	}
	ck_assert_uint_eq(r->q.stats.in_flight, 8);
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(vq_push(&r->q, heads[order[i]], 0), 0);
		ck_assert_int_eq(vq_publish(&r->q), 1);
		ck_assert_int_eq(vq_driver_get(&r->d, NULL), heads[order[i]]);
	}
	ck_assert_uint_eq(r->q.stats.max_in_flight, 8);
	ring_free(r);
}
END_TEST

START_TEST(unpop_gives_the_same_chain_again)
{
	struct ring *r = ring_make(4, ALL_FEATURES);

	for (int i = 0; i < 70000; i++) {
		uint16_t head = (uint16_t)ring_offer_one(r);

		(void)vq_driver_publish(&r->d);
		must(vq_pop(&r->q, &r->c) == 1);
		vq_unpop(&r->q, &r->c);
		must(r->q.stats.in_flight == 0);
		must(vq_pop(&r->q, &r->c) == 1);
		must(r->c.head == head);
		ring_return(r, 0);
	}
	must(r->q.stats.requests == 70000);
	ring_free(r);
}
END_TEST

START_TEST(an_unpopped_chain_is_seen_by_kicks_on)
{
	struct ring *r = ring_make(4, ALL_FEATURES);

	(void)ring_offer_one(r);
	(void)vq_driver_publish(&r->d);
	ck_assert_int_eq(vq_pop(&r->q, &r->c), 1);
	ck_assert_int_eq(vq_kicks_on(&r->q), 0);
	vq_unpop(&r->q, &r->c);
	ck_assert_int_eq(vq_kicks_on(&r->q), 1);
	ring_free(r);
}
END_TEST

START_TEST(nothing_is_shown_before_publish)
{
	struct ring *r = ring_make(4, 0);

	(void)ring_offer_one(r);
	vq_driver_publish(&r->d);
	ck_assert_int_eq(vq_pop(&r->q, &r->c), 1);
	ck_assert_int_eq(vq_push(&r->q, r->c.head, 1), 0);
	ck_assert_int_eq(vq_driver_get(&r->d, NULL), -1);
	ck_assert_int_eq(vq_publish(&r->q), 1);
	ck_assert_int_ge(vq_driver_get(&r->d, NULL), 0);
	ck_assert_int_eq(vq_publish(&r->q), 0);
	ring_free(r);
}
END_TEST

/* With used_event @event: is an interrupt wanted for @batch after @before? */
static int wanted(struct ring *r, uint16_t event, uint16_t before,
		  uint16_t batch)
{
	r->q.next_used = r->q.published = before;
	r->q.next_used = (uint16_t)(before + batch);
	*vq_driver_used_event(&r->d) = event;
	return vq_publish(&r->q);
}

START_TEST(interrupts_follow_used_event_around_the_circle)
{
	struct ring *r = ring_make(256, ALL_FEATURES);
	static const uint16_t starts[] = { 0,	  1,	 255,	256,
					   32767, 32768, 65534, 65535 };

	for (size_t s = 0; s < ARRAY_SIZE(starts); s++) {
		for (uint16_t batch = 1; batch <= 256; batch += 15) {
			for (int off = -300; off < 600; off++) {
				uint16_t event = (uint16_t)(starts[s] + off);
				bool passed = off >= 0 && off < batch;

				must(wanted(r, event, starts[s], batch) ==
				     passed);
			}
		}
	}
	ring_free(r);
}
END_TEST

START_TEST(interrupts_follow_the_flag_without_event_idx)
{
	struct ring *r = ring_make(4, 0);

	for (int i = 0; i < 10; i++) {
		r->d.avail->flags = i & 1;
		(void)ring_offer_one(r);
		vq_driver_publish(&r->d);
		ck_assert_int_eq(vq_pop(&r->q, &r->c), 1);
		ck_assert_int_eq(vq_push(&r->q, r->c.head, 0), 0);
		ck_assert_int_eq(vq_publish(&r->q), !(i & 1));
		ck_assert_int_ge(vq_driver_get(&r->d, NULL), 0);
	}
	ck_assert_uint_eq(r->q.stats.interrupts, 5);
	ring_free(r);
}
END_TEST

START_TEST(kicks_are_wanted_exactly_when_asked_for)
{
	for (int event_idx = 0; event_idx < 2; event_idx++) {
		struct ring *r = ring_make(4, event_idx ? ALL_FEATURES : 0);

		for (int i = 0; i < 70000; i++) {
			must(vq_kicks_on(&r->q) == 0);
			(void)ring_offer_one(r);
			must(vq_driver_publish(&r->d));
			vq_kicks_off(&r->q);
			(void)ring_offer_one(r);
			must(!vq_driver_publish(&r->d));
			must(vq_pop(&r->q, &r->c) == 1);
			ring_return(r, 0);
			must(vq_kicks_on(&r->q) == 1);
			must(vq_pop(&r->q, &r->c) == 1);
			ring_return(r, 0);
		}
		ring_free(r);
	}
}
END_TEST

START_TEST(chain_bytes_cross_buffers_at_every_offset)
{
	struct ring *r = ring_make(8, 0);
	const struct vq_buf bufs[] = {
		{ DATA, 3, false },	 { DATA + 50, 1, false },
		{ DATA + 60, 9, false }, { DATA + 100, 5, true },
		{ DATA + 200, 2, true },
	};
	uint8_t flat[13], got[13];

	for (unsigned int i = 0; i < 13; i++)
		flat[i] = (uint8_t)(i + 1);
	memcpy(mem(r, DATA), flat, 3);
	memcpy(mem(r, DATA + 50), flat + 3, 1);
	memcpy(mem(r, DATA + 60), flat + 4, 9);
	(void)vq_driver_add(&r->d, bufs, 5);
	vq_driver_publish(&r->d);
	must(vq_pop(&r->q, &r->c) == 1);
	for (uint32_t off = 0; off <= 15; off++) {
		for (uint32_t len = 0; len <= 15; len++) {
			bool fits = off + len <= 13;
			static struct iovec out[VQ_MAX_IOV];
			int n = vq_chain_readable(&r->c, off, len, out);
			uint32_t at = off;

			must((fits ? 0 : -ERANGE) == (n < 0 ? n : 0));
			for (int i = 0; i < n; i++) {
				ck_assert_mem_eq(out[i].iov_base, flat + at,
						 out[i].iov_len);
				at += (uint32_t)out[i].iov_len;
			}
			must(n < 0 || at == off + len);
			if (len > 13)
				continue;
			must(vq_chain_read(&r->c, off, got, len) ==
			     (fits ? 0 : -ERANGE));
			if (fits)
				ck_assert_mem_eq(got, flat + off, len);
		}
	}
	ring_free(r);
}
END_TEST

START_TEST(chain_writes_stay_in_the_writable_part)
{
	struct ring *r = ring_make(8, 0);
	const struct vq_buf bufs[] = {
		{ DATA, 3, false },
		{ DATA + 100, 5, true },
		{ DATA + 200, 2, true },
	};
	static struct iovec out[VQ_MAX_IOV];

	(void)vq_driver_add(&r->d, bufs, 3);
	vq_driver_publish(&r->d);
	ck_assert_int_eq(vq_pop(&r->q, &r->c), 1);
	ck_assert_int_eq(vq_chain_write(&r->c, 4, "abc", 3), 0);
	ck_assert_mem_eq(mem(r, DATA + 104), "a\0", 2);
	ck_assert_mem_eq(mem(r, DATA + 200), "bc\0", 3);
	ck_assert_int_eq(vq_chain_write(&r->c, 5, "abc", 3), -ERANGE);
	ck_assert_int_eq(vq_chain_write(&r->c, 8, "", 0), -ERANGE);
	ck_assert_int_eq(vq_chain_write(&r->c, 7, "", 0), 0);
	ck_assert_int_eq(vq_chain_writable(&r->c, 0, 7, out), 2);
	ck_assert_int_eq(vq_chain_writable(&r->c, 1, 7, out), -ERANGE);
	ck_assert_int_eq(vq_chain_writable(&r->c, UINT32_MAX, 2, out), -ERANGE);
	ck_assert_int_eq(vq_chain_writable(&r->c, 0, 0, out), 0);
	ring_free(r);
}
END_TEST

START_TEST(a_reset_forgets_everything_but_figures_and_max_size)
{
	struct ring *r = ring_make(4, ALL_FEATURES);

	(void)ring_offer_one(r);
	vq_driver_publish(&r->d);
	ck_assert_int_eq(vq_pop(&r->q, &r->c), 1);
	vq_reset(&r->q);
	ck_assert(!r->q.ready);
	ck_assert_uint_eq(r->q.size, VQ_MAX_SIZE);
	ck_assert_uint_eq(r->q.desc_gpa, 0);
	ck_assert_uint_eq(r->q.stats.requests, 1);
	ck_assert_uint_eq(r->q.stats.in_flight, 0);
	ck_assert_int_eq(vq_pop(&r->q, &r->c), -EINVAL);
	ck_assert_int_eq(vq_publish(&r->q), -EINVAL);
	ck_assert_int_eq(vq_kicks_on(&r->q), -EINVAL);
	vq_kicks_off(&r->q);
	/* The same head again is fine: nothing is in flight. */
	vq_driver_attach(&r->d, &r->q);
	ck_assert_int_eq(vq_start(&r->q, ALL_FEATURES), 0);
	ck_assert_int_eq(vq_pop(&r->q, &r->c), 1);
	ring_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("queue");
	TCase *tc = tcase_create("queue");

	tcase_add_test(tc, start_demands_size_alignment_and_window);
	tcase_add_test(tc, a_size_above_the_offered_one_is_refused);
	tcase_add_test(tc, start_knows_the_last_byte_of_each_part);
	tcase_add_test(tc, chains_come_out_as_they_were_put_in);
	tcase_add_test(tc, all_indices_wrap_with_every_ring_size);
	tcase_add_test(tc, chains_may_come_back_in_any_order);
	tcase_add_test(tc, unpop_gives_the_same_chain_again);
	tcase_add_test(tc, an_unpopped_chain_is_seen_by_kicks_on);
	tcase_add_test(tc, nothing_is_shown_before_publish);
	tcase_add_test(tc, interrupts_follow_used_event_around_the_circle);
	tcase_add_test(tc, interrupts_follow_the_flag_without_event_idx);
	tcase_add_test(tc, kicks_are_wanted_exactly_when_asked_for);
	tcase_add_test(tc, chain_bytes_cross_buffers_at_every_offset);
	tcase_add_test(tc, chain_writes_stay_in_the_writable_part);
	tcase_add_test(tc, a_reset_forgets_everything_but_figures_and_max_size);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
