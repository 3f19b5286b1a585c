// SPDX-License-Identifier: GPL-2.0-only
/* test_queue_hostile.c: properties of the ring with a driver that breaks rules. */
#include "queue_fixture.h"

#include <string.h>

/* The queue is broken for @fault, and stays so until it is started again. */
static void check_broken(struct ring *r, enum vq_fault fault)
{
	must(vq_pop(&r->q, &r->c) == -EINVAL);
	if (r->q.error.fault != fault)
		ck_abort_msg("%s", vq_fault_text(r->q.error.fault));
	must(vq_pop(&r->q, &r->c) == -EINVAL);
	must(vq_publish(&r->q) == -EINVAL);
	must(vq_kicks_on(&r->q) == -EINVAL);
	must(r->q.error.fault == fault);
	must(r->q.stats.in_flight == 0);
}

START_TEST(pop_rejects_an_avail_index_that_ran_ahead)
{
	struct ring *r = ring_make(16, ALL_FEATURES);

	for (unsigned int ahead = 17; ahead < 65536; ahead += 251) {
		restart(r, ALL_FEATURES);
		r->d.avail->idx = (uint16_t)ahead;
		check_broken(r, VQ_BAD_INDEX);
		must(r->q.error.gpa == r->d.avail_gpa + 2);
	}
	restart(r, ALL_FEATURES);
	r->d.avail->idx = 17;
	must(vq_kicks_on(&r->q) == -EINVAL);
	check_broken(r, VQ_BAD_INDEX);
	ring_free(r);
}
END_TEST

START_TEST(pop_rejects_an_avail_index_that_runs_back)
{
	struct ring *r = ring_make(16, 0);

	(void)ring_offer_one(r);
	(void)vq_driver_publish(&r->d);
	must(vq_pop(&r->q, &r->c) == 1);
	ring_return(r, 0);
	r->d.avail->idx = 0;
	check_broken(r, VQ_BAD_INDEX);
	ring_free(r);
}
END_TEST

START_TEST(pop_rejects_every_head_out_of_range)
{
	struct ring *r = ring_make(16, ALL_FEATURES);

	for (unsigned int head = 16; head < 65536; head += 13) {
		restart(r, ALL_FEATURES);
		offer(r, (uint16_t)head);
		check_broken(r, VQ_BAD_INDEX);
	}
	ring_free(r);
}
END_TEST

START_TEST(pop_rejects_every_next_out_of_range)
{
	struct ring *r = ring_make(16, ALL_FEATURES);

	for (unsigned int next = 16; next < 65536; next += 13) {
		restart(r, ALL_FEATURES);
		r->d.desc[5] = (struct vring_desc){ DATA, 1, VRING_DESC_F_NEXT,
						    (uint16_t)next };
		offer(r, 5);
		check_broken(r, VQ_BAD_INDEX);
	}
	ring_free(r);
}
END_TEST

START_TEST(pop_rejects_loops_of_every_length)
{
	struct ring *r = ring_make(16, ALL_FEATURES);

	for (uint16_t len = 1; len <= 16; len++) {
		restart(r, ALL_FEATURES);
		for (uint16_t i = 0; i < len; i++)
			r->d.desc[i] = (struct vring_desc){
				DATA, 1, VRING_DESC_F_NEXT,
				(uint16_t)((i + 1) % len)
			};
		offer(r, 0);
		check_broken(r, VQ_LOOP);
		/* The same table as an indirect one. */
		restart(r, ALL_FEATURES);
		for (uint16_t i = 0; i < len; i++)
			((struct vring_desc *)(void *)mem(r, TABLE))[i] =
				(struct vring_desc){ DATA, 1, VRING_DESC_F_NEXT,
						     (uint16_t)((i + 1) %
								len) };
		r->d.desc[0] = (struct vring_desc){ TABLE, 16U * len,
						    VRING_DESC_F_INDIRECT, 0 };
		offer(r, 0);
		check_broken(r, VQ_LOOP);
	}
	ring_free(r);
}
END_TEST

START_TEST(a_chain_as_long_as_the_queue_is_fine)
{
	struct ring *r = ring_make(VQ_MAX_SIZE, 0);
	static struct vq_buf bufs[VQ_MAX_SIZE];

	for (unsigned int i = 0; i < VQ_MAX_SIZE; i++)
		bufs[i] = (struct vq_buf){ DATA + i, 1, i >= 100 };
	must(vq_driver_add(&r->d, bufs, VQ_MAX_SIZE) == 0);
	(void)vq_driver_publish(&r->d);
	must(vq_pop(&r->q, &r->c) == 1);
	must(r->c.nr_read == 100 && r->c.nr_write == VQ_MAX_SIZE - 100);
	must(r->c.iov[VQ_MAX_SIZE - 1].iov_base == mem(r, DATA + 255));
	ring_return(r, 0);
	ring_free(r);
}
END_TEST

START_TEST(a_head_in_flight_cannot_be_offered_again)
{
	struct ring *r = ring_make(16, 0);
	uint16_t head = (uint16_t)ring_offer_one(r);

	(void)vq_driver_publish(&r->d);
	must(vq_pop(&r->q, &r->c) == 1);
	offer(r, head);
	must(vq_pop(&r->q, &r->c) == -EINVAL);
	must(r->q.error.fault == VQ_IN_FLIGHT);
	must(r->q.stats.in_flight == 1);
	/* What is in flight is taken back, but not shown any more. */
	must(vq_push(&r->q, head, 0) == -EINVAL);
	must(r->q.stats.in_flight == 0);
	must(r->d.used->idx == 0);
	ring_free(r);
}
END_TEST

/* One buffer of @len at @gpa: 1 when it was taken. */
static int take(struct ring *r, gpa_t gpa, uint32_t len)
{
	restart(r, ALL_FEATURES);
	r->d.desc[0] = (struct vring_desc){ gpa, len, VRING_DESC_F_WRITE, 0 };
	offer(r, 0);
	return vq_pop(&r->q, &r->c);
}

START_TEST(buffers_are_held_to_the_window_at_every_byte)
{
	struct ring *r = ring_make(2, ALL_FEATURES);
	uint64_t nr_outside = r->q.stats.outside;

	for (uint32_t len = 1; len < 66; len++) {
		for (gpa_t at = GPA + LEN - 70; at < GPA + LEN + 70; at++) {
			bool in = at + len <= GPA + LEN;

			must(take(r, at, len) == (in ? 1 : -EINVAL));
			must(in || r->q.error.fault == VQ_OUTSIDE);
			must(in || r->q.error.gpa == at);
			nr_outside += !in;
		}
		must(take(r, GPA - 1, len) == -EINVAL);
		must(take(r, GPA - len, len) == -EINVAL);
		must(take(r, GPA, len) == 1);
		must(take(r, 0 - (gpa_t)len, len) == -EINVAL);
		must(take(r, UINT64_MAX, len) == -EINVAL);
		must(take(r, 0, len) == -EINVAL);
		nr_outside += 5;
	}
	must(take(r, GPA, (uint32_t)LEN) == 1);
	must(take(r, GPA, (uint32_t)LEN + 1) == -EINVAL);
	must(take(r, GPA + 1, UINT32_MAX) == -EINVAL);
	must(r->q.stats.outside == nr_outside + 2);
	must(take(r, GPA, 0) == -EINVAL);
	must(r->q.error.fault == VQ_BAD_CHAIN);
	ring_free(r);
}
END_TEST

START_TEST(writable_before_readable_is_refused)
{
	struct ring *r = ring_make(4, ALL_FEATURES);
	const struct vq_buf bufs[] = { { DATA, 1, true }, { DATA, 1, false } };

	(void)vq_driver_add(&r->d, bufs, 2);
	(void)vq_driver_publish(&r->d);
	check_broken(r, VQ_BAD_CHAIN);
	restart(r, ALL_FEATURES);
	(void)vq_driver_add_indirect(&r->d, TABLE, bufs, 2);
	(void)vq_driver_publish(&r->d);
	check_broken(r, VQ_BAD_CHAIN);
	ring_free(r);
}
END_TEST

START_TEST(lengths_beyond_32_bits_are_refused)
{
	struct ring *r = ring_make(VQ_MAX_SIZE, ALL_FEATURES);
	struct window big = { .gpa = GPA, .fd = -1 };
	struct virtqueue *q = &r->q;

	/* The table in a window that claims to be of 3 GiB; nobody looks. */
	big.hva = r->w.hva;
	big.len = GIB(3);
	q->window = &big;
	for (int write = 0; write < 2; write++) {
		uint16_t flags = write ? VRING_DESC_F_WRITE : 0;

		restart(r, ALL_FEATURES);
		r->d.desc[0] =
			(struct vring_desc){ GPA, (uint32_t)GIB(3),
					     flags | VRING_DESC_F_NEXT, 1 };
		r->d.desc[1] = (struct vring_desc){ GPA, (uint32_t)GIB(1) - 1,
						    flags, 2 };
		offer(r, 0);
		must(vq_pop(q, &r->c) == 1);
		must((write ? r->c.write_len : r->c.read_len) == UINT32_MAX);
		restart(r, ALL_FEATURES);
		r->d.desc[0] =
			(struct vring_desc){ GPA, (uint32_t)GIB(3),
					     flags | VRING_DESC_F_NEXT, 1 };
		r->d.desc[1] =
			(struct vring_desc){ GPA, (uint32_t)GIB(1), flags, 2 };
		offer(r, 0);
		check_broken(r, VQ_BAD_LENGTH);
	}
	ring_free(r);
}
END_TEST

START_TEST(indirect_tables_keep_their_rules)
{
	struct ring *r = ring_make(4, ALL_FEATURES);
	const struct vring_desc one = { DATA, 1, 0, 0 };
	const struct vring_desc nested = { TABLE, 16, VRING_DESC_F_INDIRECT,
					   0 };

	memcpy(mem(r, TABLE), &one, sizeof(one));
	memcpy(mem(r, GPA + LEN - 16), &one, sizeof(one));
	must(take_indirect(r, TABLE, 16, 0, ALL_FEATURES) == 1);
	/* The write flag of the outer descriptor means nothing. */
	must(take_indirect(r, TABLE, 16, VRING_DESC_F_WRITE, ALL_FEATURES) ==
	     1);
	must(take_indirect(r, TABLE, 16, VRING_DESC_F_NEXT, ALL_FEATURES) ==
	     -EINVAL);
	must(r->q.error.fault == VQ_BAD_CHAIN);
	must(take_indirect(r, TABLE, 16, 0, 0) == -EINVAL);
	must(r->q.error.fault == VQ_BAD_CHAIN);
	for (uint32_t len = 0; len < 80; len++)
		must(take_indirect(r, TABLE, len, 0, ALL_FEATURES) ==
		     (len > 0 && len % 16 == 0 ? 1 : -EINVAL));
	for (unsigned int off = 0; off < 40; off++) {
		must(take_indirect(r, GPA + LEN - 16 + off, 16, 0,
				   ALL_FEATURES) == (off ? -EINVAL : 1));
		must(off == 0 || r->q.error.fault == VQ_OUTSIDE);
	}
	memcpy(mem(r, TABLE), &nested, sizeof(nested));
	must(take_indirect(r, TABLE, 16, 0, ALL_FEATURES) == -EINVAL);
	must(r->q.error.fault == VQ_BAD_CHAIN);
	ring_free(r);
}
END_TEST

START_TEST(an_indirect_table_may_be_longer_than_the_queue_but_bounded)
{
	struct ring *r = ring_make(4, ALL_FEATURES);
	static struct vq_buf bufs[VQ_MAX_IOV + 1];

	for (unsigned int i = 0; i <= VQ_MAX_IOV; i++)
		bufs[i] = (struct vq_buf){ DATA + i, 1, true };
	(void)vq_driver_add_indirect(&r->d, TABLE, bufs, VQ_MAX_IOV);
	(void)vq_driver_publish(&r->d);
	must(vq_pop(&r->q, &r->c) == 1);
	must(r->c.nr_write == VQ_MAX_IOV);
	ring_return(r, 0);
	(void)vq_driver_add_indirect(&r->d, TABLE, bufs, VQ_MAX_IOV + 1);
	(void)vq_driver_publish(&r->d);
	check_broken(r, VQ_LOOP);
	/* Direct ones before it count, too. */
	restart(r, ALL_FEATURES);
	(void)vq_driver_add_indirect(&r->d, TABLE, bufs, VQ_MAX_IOV);
	r->d.desc[1] = r->d.desc[0];
	r->d.desc[0] = (struct vring_desc){
		DATA, 1, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1
	};
	(void)vq_driver_publish(&r->d);
	check_broken(r, VQ_LOOP);
	ring_free(r);
}
END_TEST

START_TEST(registers_written_while_it_runs_change_nothing)
{
	struct ring *r = ring_make(4, ALL_FEATURES);

	r->q.size = VQ_MAX_SIZE;
	r->q.desc_gpa = r->q.avail_gpa = r->q.used_gpa = GPA + LEN - 64;
	for (int i = 0; i < 100; i++) {
		(void)ring_offer_one(r);
		(void)vq_driver_publish(&r->d);
		must(vq_pop(&r->q, &r->c) == 1);
		ring_return(r, 1);
	}
	for (unsigned int i = 0; i < 256; i++)
		must(*mem(r, GPA + LEN - 256 + i) == 0);
	ring_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("queue_hostile");
	TCase *tc = tcase_create("queue_hostile");

	tcase_add_test(tc, pop_rejects_an_avail_index_that_ran_ahead);
	tcase_add_test(tc, pop_rejects_an_avail_index_that_runs_back);
	tcase_add_test(tc, pop_rejects_every_head_out_of_range);
	tcase_add_test(tc, pop_rejects_every_next_out_of_range);
	tcase_add_test(tc, pop_rejects_loops_of_every_length);
	tcase_add_test(tc, a_chain_as_long_as_the_queue_is_fine);
	tcase_add_test(tc, a_head_in_flight_cannot_be_offered_again);
	tcase_add_test(tc, buffers_are_held_to_the_window_at_every_byte);
	tcase_add_test(tc, writable_before_readable_is_refused);
	tcase_add_test(tc, lengths_beyond_32_bits_are_refused);
	tcase_add_test(tc, indirect_tables_keep_their_rules);
	tcase_add_test(
		tc, an_indirect_table_may_be_longer_than_the_queue_but_bounded);
	tcase_add_test(tc, registers_written_while_it_runs_change_nothing);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
