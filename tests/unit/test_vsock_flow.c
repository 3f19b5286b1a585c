// SPDX-License-Identifier: GPL-2.0-only
/* test_vsock_flow.c: the socket device under load, and against bad guests. */
#include "vsock_fixture.h"

#include <poll.h>

#include "../../vmm/crash.h"

/* --- credit ----------------------------------------------------------------- */

START_TEST(a_slow_reader_gets_all_in_order_and_stops_nobody_else)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h = { .fwd_cnt = 1000 };
	size_t sent = 1000, got = 1000, n;
	int l, slow, quick;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	slow = open_full(x, l, 1);
	quick = open_full(x, l, 2);
	/* As much as it may, with what it hears of credit on the way. */
	while (sent - h.fwd_cnt + 50000 <= FULL) {
		say_data(x, 1, 6000, sent, 50000);
		sent += 50000;
		while (take(x, &h, NULL))
			must(h.op == VIRTIO_VSOCK_OP_CREDIT_UPDATE);
	}
	ck_assert_uint_gt(stats(x).held, FULL / 2);
	ck_assert_uint_le(stats(x).held, FULL);
	say_data(x, 2, 6000, 1000, 5000);
	ck_assert_uint_eq(host_reads(quick, 1000), 5000);
	ck_assert_uint_eq(host_writes(slow, 0, 100), 100);
	serve(x);
	expect(x, VIRTIO_VSOCK_OP_RW, 1, 6000);
	while ((n = host_reads(slow, got)) > 0) {
		got += n;
		serve(x);
	}
	ck_assert_uint_eq(got, sent);
	ck_assert_uint_eq(stats(x).held, 0);
	while (take(x, &h, NULL))
		ck_assert_uint_eq(h.op, VIRTIO_VSOCK_OP_CREDIT_UPDATE);
	ck_assert_uint_ge(h.fwd_cnt + FULL / 2, sent);
	world_free(x);
}
END_TEST

START_TEST(a_guest_that_sends_more_than_it_may_is_reset)
{
	struct world *x = world_make();
	int l, fd, other;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	fd = guest_connects(x, l, 1);
	other = guest_connects(x, l, 2);
	say_data(x, 1, 6000, 0, FIRST + 1);
	expect(x, VIRTIO_VSOCK_OP_RST, 1, 6000);
	ck_assert(at_end(fd));
	say_data(x, 2, 6000, 0, FIRST);
	ck_assert_uint_eq(host_reads(other, 0), FIRST);
	ck_assert(!is_broken(x));
	ck_assert_uint_eq(stats(x).nr_conns, 1);
	world_free(x);
}
END_TEST

START_TEST(a_guest_that_sends_after_its_end_is_reset)
{
	struct world *x = world_make();
	int l, fd;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	fd = guest_connects(x, l, 1);
	say_end(x, 1, 6000, VIRTIO_VSOCK_SHUTDOWN_SEND);
	say_data(x, 1, 6000, 0, 10);
	expect(x, VIRTIO_VSOCK_OP_RST, 1, 6000);
	ck_assert_uint_eq(host_reads(fd, 0), 0);
	world_free(x);
}
END_TEST

START_TEST(a_guest_without_room_is_asked_once_and_sent_nothing)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h = packet(VIRTIO_VSOCK_OP_REQUEST, 1, 6000);
	int l, fd;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	h.buf_alloc = 100;
	put(x, &h, 0);
	expect(x, VIRTIO_VSOCK_OP_RESPONSE, 1, 6000);
	fd = accept4(l, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_uint_eq(host_writes(fd, 0, 250), 250);
	serve(x);
	ck_assert_uint_eq(expect(x, VIRTIO_VSOCK_OP_RW, 1, 6000).len, 100);
	expect(x, VIRTIO_VSOCK_OP_CREDIT_REQUEST, 1, 6000);
	expect_nothing(x);
	/* The loop sleeps meanwhile. */
	must(poll(&(struct pollfd){ x->loop.epoll_fd, POLLIN, 0 }, 1, 0) == 0);
	h.op = VIRTIO_VSOCK_OP_CREDIT_UPDATE;
	put(x, &h, 0); /* still none */
	expect_nothing(x);
	h.fwd_cnt = 100;
	put(x, &h, 0);
	ck_assert_uint_eq(expect(x, VIRTIO_VSOCK_OP_RW, 1, 6000).len, 100);
	expect(x, VIRTIO_VSOCK_OP_CREDIT_REQUEST, 1, 6000);
	h.fwd_cnt = 4000000000U; /* more than it ever got */
	put(x, &h, 0);
	expect_nothing(x);
	h.fwd_cnt = 200;
	h.buf_alloc = 0xffffffff;
	put(x, &h, 0);
	ck_assert_uint_eq(expect(x, VIRTIO_VSOCK_OP_RW, 1, 6000).len, 50);
	expect_nothing(x);
	world_free(x);
}
END_TEST

START_TEST(a_guest_that_asks_for_credit_is_told)
{
	struct world *x = world_make();
	int l;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	(void)guest_connects(x, l, 1);
	say(x, VIRTIO_VSOCK_OP_CREDIT_REQUEST, 1, 6000);
	ck_assert_uint_eq(
		expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 1, 6000).buf_alloc,
		FIRST);
	world_free(x);
}
END_TEST

START_TEST(all_promises_together_stay_within_their_bound)
{
	enum {
		NR = 700
	};
	struct world *x = world_make();
	int l, fds[NR];

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	for (uint32_t i = 0; i < NR; i++) {
		fds[i] = guest_connects(x, l, i + 1);
		say_data(x, i + 1, 6000, 0, 10);
		while (take(x, &(struct virtio_vsock_hdr){ 0 }, NULL))
			;
		must(host_reads(fds[i], 0) == 10);
	}
	ck_assert_uint_le(stats(x).promised, MIB(128));
	ck_assert_uint_gt(stats(x).promised, MIB(70));
	for (uint32_t i = 0; i < NR; i++)
		close(fds[i]);
	virtio_dev_set_status(x->dev, 0);
	ck_assert_uint_eq(stats(x).promised, 0);
	world_free(x);
}
END_TEST

/* --- buffers ---------------------------------------------------------------- */

START_TEST(a_burst_is_one_read_and_many_packets)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h;
	static uint8_t data[RX_ROOM];
	size_t got = 0;
	int l, fd;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	fd = guest_connects(x, l, 1);
	ck_assert_uint_eq(host_writes(fd, 0, 60000), 60000);
	serve(x);
	while (take(x, &h, data)) {
		ck_assert_uint_eq(h.op, VIRTIO_VSOCK_OP_RW);
		for (size_t i = 0; i < h.len; i++)
			must(data[i] == pattern(got + i));
		got += h.len;
		must(got == 60000 || h.len == RX_ROOM - HEADER);
	}
	ck_assert_uint_eq(got, 60000);
	world_free(x);
}
END_TEST

START_TEST(without_buffers_all_wait_and_the_loop_sleeps)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h;
	int l, fd[3];
	size_t n[4] = { 0 };

	bring_up(x, BASE, 3);
	x->keep_rx = true;
	l = host_listens(x, "_6000");
	for (uint32_t i = 0; i < 3; i++)
		fd[i] = guest_connects(x, l, i + 1);
	for (uint32_t i = 0; i < 3; i++)
		must(host_writes(fd[i], 0, 100000) == 100000);
	serve(x);
	expect_nothing(x);
	must(poll(&(struct pollfd){ x->loop.epoll_fd, POLLIN, 0 }, 1, 0) == 0);
	/* Then they take turns. */
	for (unsigned int i = 0; i < 60; i++) {
		offer_rx(x, 1);
		must(take(x, &h, NULL));
		ck_assert_uint_eq(h.op, VIRTIO_VSOCK_OP_RW);
		n[h.dst_port] += h.len;
	}
	for (uint32_t i = 1; i <= 3; i++)
		ck_assert_uint_eq(n[i], 20 * (RX_ROOM - HEADER));
	world_free(x);
}
END_TEST

START_TEST(a_flood_of_strangers_packets_stops_the_queue_and_no_more)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h = packet(VIRTIO_VSOCK_OP_RW, 1, 6000);
	unsigned int taken = 0, nr_rst = 0;
	gpa_t at = TX_DATA;

	bring_up(x, BASE, 0);
	/* Eight rounds of 16, with no buffer for the answers. */
	for (unsigned int i = 0; i < 128; i++) {
		struct vq_buf b = { at + 64 * i, HEADER, false };

		h.src_port = i;
		memcpy(vq_driver_mem(&x->w, b.gpa, HEADER), &h, HEADER);
		while (vq_driver_get(&x->d[1], NULL) >= 0)
			taken++;
		if (vq_driver_add(&x->d[1], &b, 1) < 0)
			break;
		(void)vq_driver_publish(&x->d[1]);
		kick(x, 1);
	}
	ck_assert_uint_eq(taken, 64);
	must(poll(&(struct pollfd){ x->loop.epoll_fd, POLLIN, 0 }, 1, 0) == 0);
	offer_rx(x, 128);
	while (take(x, &h, NULL)) {
		ck_assert_uint_eq(h.op, VIRTIO_VSOCK_OP_RST);
		ck_assert_uint_eq(h.dst_port, nr_rst++);
	}
	ck_assert_uint_eq(nr_rst, 64 + VIRTIO_VSOCK_TX_SIZE);
	world_free(x);
}
END_TEST

/* --- packets that are wrong ------------------------------------------------- */

START_TEST(strangers_are_reset_with_their_own_addresses)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h = packet(VIRTIO_VSOCK_OP_RW, 7, 8);
	struct virtio_stats s;

	bring_up(x, BASE, 64);
	put(x, &h, 0);
	expect(x, VIRTIO_VSOCK_OP_RST, 7, 8);
	h.dst_cid = 0x500000003; /* another machine */
	h.op = VIRTIO_VSOCK_OP_REQUEST;
	put(x, &h, 0);
	must(take(x, &h, NULL));
	ck_assert_uint_eq(h.op, VIRTIO_VSOCK_OP_RST);
	ck_assert_uint_eq(h.src_cid, 0x500000003);
	ck_assert_uint_eq(h.dst_port, 7);
	h = packet(VIRTIO_VSOCK_OP_REQUEST, 7, 8);
	h.type = VIRTIO_VSOCK_TYPE_SEQPACKET;
	put(x, &h, 0);
	must(take(x, &h, NULL));
	ck_assert_uint_eq(h.op, VIRTIO_VSOCK_OP_RST);
	ck_assert_uint_eq(h.type, VIRTIO_VSOCK_TYPE_SEQPACKET);
	/* Never an answer to a reset, or to one who is not the guest. */
	say(x, VIRTIO_VSOCK_OP_RST, 7, 8);
	h = packet(VIRTIO_VSOCK_OP_REQUEST, 7, 8);
	h.src_cid = CID + 1;
	put(x, &h, 0);
	expect_nothing(x);
	virtio_dev_stats(x->dev, &s);
	ck_assert_uint_eq(s.dropped, 1);
	ck_assert(!is_broken(x));
	world_free(x);
}
END_TEST

START_TEST(what_makes_no_sense_resets_its_connection)
{
	static const uint16_t ops[] = { VIRTIO_VSOCK_OP_INVALID,
					VIRTIO_VSOCK_OP_REQUEST,
					VIRTIO_VSOCK_OP_RESPONSE, 8, 0xffff };
	struct world *x = world_make();
	int l;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	for (uint32_t i = 0; i < ARRAY_SIZE(ops); i++) {
		int fd = guest_connects(x, l, i + 1);

		say(x, ops[i], i + 1, 6000);
		expect(x, VIRTIO_VSOCK_OP_RST, i + 1, 6000);
		ck_assert(at_end(fd));
	}
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	world_free(x);
}
END_TEST

START_TEST(packets_that_are_none_break_the_queue_and_end_all)
{
	static const struct vq_buf shapes[] = {
		{ TX_DATA, HEADER - 1, false },
		{ TX_DATA, HEADER, true },
		{ TX_DATA, HEADER + 99, false }, /* of which 100 are data */
	};
	struct world *x = world_make();
	struct virtio_vsock_hdr h = packet(VIRTIO_VSOCK_OP_RW, 1, 6000);
	int l = host_listens(x, "_6000");

	h.len = 100;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		int fd;

		bring_up(x, BASE, 64);
		fd = guest_connects(x, l, 1);
		memcpy(vq_driver_mem(&x->w, TX_DATA, HEADER), &h, HEADER);
		put_chain(x, &shapes[i], 1);
		ck_assert(is_broken(x));
		ck_assert(at_end(fd));
		ck_assert_uint_eq(stats(x).nr_conns, 0);
	}
	bring_up(x, BASE, 64);
	(void)guest_connects(x, l, 1);
	world_free(x);
}
END_TEST

START_TEST(a_queue_broken_from_without_ends_all)
{
	struct world *x = world_make();
	int l, fd, other;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	fd = guest_connects(x, l, 1);
	other = guest_connects(x, l, 2);
	virtio_dev_queue_disable(x->dev, 2);
	x->dev->queues[2].vq.size = VIRTIO_VSOCK_EV_SIZE;
	x->dev->queues[2].vq.desc_gpa = 1;
	virtio_dev_queue_enable(x->dev, 2);
	ck_assert(is_broken(x));
	ck_assert_uint_eq(host_writes(fd, 0, 1), 1);
	serve(x);
	ck_assert(is_over(fd));
	ck_assert(at_end(other));
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	world_free(x);
}
END_TEST

START_TEST(receive_buffers_that_are_none_break_the_queue)
{
	static const struct vq_buf shapes[] = {
		{ RX_DATA, HEADER, true },
		{ RX_DATA, KIB(4), false },
	};
	struct world *x = world_make();

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		bring_up(x, BASE, 0);
		must(vq_driver_add(&x->d[0], &shapes[i], 1) >= 0);
		(void)vq_driver_publish(&x->d[0]);
		kick(x, 0);
		say(x, VIRTIO_VSOCK_OP_REQUEST, 7, 8);
		ck_assert(is_broken(x));
	}
	world_free(x);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("vsock_flow");
	TCase *t = tcase_create("vsock_flow");

	tcase_add_test(t,
		       a_slow_reader_gets_all_in_order_and_stops_nobody_else);
	tcase_add_test(t, a_guest_that_sends_more_than_it_may_is_reset);
	tcase_add_test(t, a_guest_that_sends_after_its_end_is_reset);
	tcase_add_test(t, a_guest_without_room_is_asked_once_and_sent_nothing);
	tcase_add_test(t, a_guest_that_asks_for_credit_is_told);
	tcase_add_test(t, all_promises_together_stay_within_their_bound);
	tcase_add_test(t, a_burst_is_one_read_and_many_packets);
	tcase_add_test(t, without_buffers_all_wait_and_the_loop_sleeps);
	tcase_add_test(
		t, a_flood_of_strangers_packets_stops_the_queue_and_no_more);
	tcase_add_test(t, strangers_are_reset_with_their_own_addresses);
	tcase_add_test(t, what_makes_no_sense_resets_its_connection);
	tcase_add_test(t, packets_that_are_none_break_the_queue_and_end_all);
	tcase_add_test(t, a_queue_broken_from_without_ends_all);
	tcase_add_test(t, receive_buffers_that_are_none_break_the_queue);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	crash_handlers_install();
	return unit_main(suite());
}
