// SPDX-License-Identifier: GPL-2.0-only
/* test_net.c: properties of the network card, both ways of a frame. */
#include "net_fixture.h"

#include "../../vmm/crash.h"

#define MERGE (BASE | F(MRG_RXBUF) | F(GUEST_CSUM) | F(GUEST_TSO4) | F(CSUM))

static uint8_t frame[NETDEV_HEADER + NETDEV_MAX_FRAME];

static uint64_t dropped(struct card *c, bool tx)
{
	uint64_t n = 0;

	for (unsigned int q = tx; q < c->dev->nr_queues; q += 2)
		n += c->dev->queues[q].vq.stats.dropped;
	return n;
}

START_TEST(configuration_has_mac_link_and_mtu)
{
	struct card *c = card_make(1);
	uint8_t b[16];

	virtio_dev_config_read(c->dev, 0, b, sizeof(b));
	ck_assert_mem_eq(b, ((uint8_t[]){ 2, 1, 2, 3, 4, 5 }), 6);
	ck_assert_uint_eq(b[6], VIRTIO_NET_S_LINK_UP);
	ck_assert_uint_eq(b[8], 1);
	ck_assert_uint_eq(b[10] | b[11] << 8, 1500);
	ck_assert_uint_eq(b[12], 0); /* behind the end */
	ck_assert_uint_eq(c->dev->nr_queues, 2);
	ck_assert(!(c->dev->offered & (F(CTRL_VQ) | F(MQ) | F(HOST_TSO6))));
	ck_assert(c->dev->offered & F(HOST_TSO4));
	card_free(c);
}
END_TEST

START_TEST(frames_sent_arrive_with_their_headers)
{
	struct card *c = card_make(1);

	bring_up(c, MERGE, 128);
	for (size_t len = 14; len < 1600; len += 13) {
		uint32_t written = 1;

		must(offer_tx(c, 1, len) >= 0);
		serve(c);
		must(wire_get(c, 0, frame, sizeof(frame)) == (ssize_t)len);
		must(frame[0] == VIRTIO_NET_HDR_F_NEEDS_CSUM);
		for (size_t i = 0; i < len; i++)
			must(frame[NETDEV_HEADER + i] == pattern(i));
		must(vq_driver_get(&c->d[1], &written) >= 0 && written == 0);
	}
	ck_assert_uint_eq(dropped(c, true), 0);
	card_free(c);
}
END_TEST

START_TEST(what_is_no_frame_is_dropped_and_returned)
{
	struct card *c = card_make(1);

	bring_up(c, MERGE, 128);
	must(offer_tx(c, 1, 13) >= 0);
	must(offer_tx(c, 1, NETDEV_MAX_FRAME + 1) >= 0);
	serve(c);
	ck_assert_uint_eq(dropped(c, true), 2);
	must(vq_driver_get(&c->d[1], NULL) >= 0);
	must(vq_driver_get(&c->d[1], NULL) >= 0);
	ck_assert(wire_get(c, 0, frame, sizeof(frame)) < 0);
	ck_assert(!is_broken(c));
	card_free(c);
}
END_TEST

START_TEST(header_that_is_short_or_writable_breaks_the_queue)
{
	const struct vq_buf bad[] = { { TX_DATA, NETDEV_HEADER - 1, false },
				      { TX_DATA, 100, true } };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct card *c = card_make(1);

		bring_up(c, MERGE, 128);
		must(vq_driver_add(&c->d[1], &bad[i], 1) >= 0);
		(void)vq_driver_publish(&c->d[1]);
		kick(c, 1);
		serve(c);
		ck_assert(is_broken(c));
		ck_assert_int_eq(c->dev->queues[1].vq.error.fault,
				 VQ_BAD_CHAIN);
		bring_up(c, MERGE, 128);
		must(offer_tx(c, 1, 60) >= 0);
		serve(c);
		ck_assert_int_eq(wire_get(c, 0, frame, sizeof(frame)), 60);
		card_free(c);
	}
}
END_TEST

START_TEST(full_wire_holds_frames_back_and_loses_none)
{
	struct card *c = card_make(1);
	unsigned int sent = 0, got = 0;
	int size = 1;

	must(!setsockopt(c->netdev.fd[0], SOL_SOCKET, SO_SNDBUF, &size,
			 sizeof(size)));
	bring_up(c, MERGE, 128);
	while (sent < 13) {
		must(offer_tx(c, 1, 1000) >= 0);
		sent++;
	}
	serve(c);
	while (wire_get(c, 0, frame, sizeof(frame)) == 1000) {
		got++;
		serve(c);
	}
	ck_assert_uint_eq(got, sent);
	for (unsigned int i = 0; i < sent; i++)
		must(vq_driver_get(&c->d[1], NULL) >= 0);
	ck_assert_uint_eq(dropped(c, true), 0);
	card_free(c);
}
END_TEST

START_TEST(a_batch_of_frames_is_one_interrupt)
{
	struct card *c = card_make(1);

	bring_up(c, MERGE, 128);
	offer_rx(c, 120);
	(void)interrupts(c, 0);
	for (unsigned int i = 0; i < 24; i++)
		wire_put(c, 0, 100);
	must(!loop_poll(&c->loop));
	ck_assert_uint_eq(interrupts(c, 0), 1);
	ck_assert_uint_eq(c->dev->queues[0].vq.stats.interrupts, 1);
	for (unsigned int i = 0; i < 24; i++)
		must(vq_driver_get(&c->d[0], NULL) >= 0);
	card_free(c);
}
END_TEST

START_TEST(one_wake_up_takes_a_bounded_number_of_frames)
{
	struct card *c = card_make(1);
	unsigned int n = 0;

	bring_up(c, MERGE, 128);
	offer_rx(c, 128);
	for (unsigned int i = 0; i < 100; i++)
		wire_put(c, 0, 60);
	must(!loop_poll(&c->loop));
	while (vq_driver_get(&c->d[0], NULL) >= 0)
		n++;
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_lt(n, 100);
	serve(c);
	while (vq_driver_get(&c->d[0], NULL) >= 0)
		n++;
	ck_assert_uint_eq(n, 100);
	card_free(c);
}
END_TEST

/* Compares what the driver got with the pattern; the buffers it took. */
static unsigned int check_received(struct card *c, size_t len)
{
	size_t at = 0, skip = NETDEV_HEADER;
	unsigned int nr = 0, expected = 1;
	uint32_t written;
	int head;

	while (at < len) {
		const struct virtio_net_hdr_mrg_rxbuf *h;
		uint8_t *p;

		head = vq_driver_get(&c->d[0], &written);
		must(head >= 0 && written > skip && written <= RX_BUF_LEN);
		p = vq_driver_mem(&c->w, c->d[0].desc[head].addr, written);
		h = (const void *)p;
		if (nr++ == 0) {
			expected = h->num_buffers;
			must(h->hdr.gso_type == VIRTIO_NET_HDR_GSO_TCPV4);
		}
		for (size_t i = skip; i < written; i++)
			must(p[i] == pattern(at + i - skip));
		at += written - skip;
		skip = 0;
	}
	must(at == len && nr == expected);
	return nr;
}

START_TEST(a_frame_is_spread_over_as_many_buffers_as_it_takes)
{
	static const size_t lens[] = {
		60,   1500,  RX_BUF_LEN - 12, RX_BUF_LEN - 11, 2 * RX_BUF_LEN,
		9000, 65535, NETDEV_MAX_FRAME
	};
	struct card *c = card_make(1);

	bring_up(c, MERGE, 128);
	offer_rx(c, 128);
	for (unsigned int round = 0; round < 20; round++) {
		size_t len = lens[round % ARRAY_SIZE(lens)];
		unsigned int nr;

		wire_put(c, 0, len);
		serve(c);
		nr = check_received(c, len);
		must(nr == (len + NETDEV_HEADER + RX_BUF_LEN - 1) / RX_BUF_LEN);
		offer_rx(c, nr);
	}
	ck_assert_uint_eq(dropped(c, false), 0);
	card_free(c);
}
END_TEST

START_TEST(without_merging_a_frame_has_one_buffer_or_none)
{
	struct card *c = card_make(1);

	bring_up(c, BASE, 64);
	offer_rx(c, 64);
	wire_put(c, 0, RX_BUF_LEN - NETDEV_HEADER);
	wire_put(c, 0, RX_BUF_LEN - NETDEV_HEADER + 1);
	wire_put(c, 0, 60);
	serve(c);
	ck_assert_uint_eq(check_received(c, RX_BUF_LEN - NETDEV_HEADER), 1);
	ck_assert_uint_eq(check_received(c, 60), 1);
	ck_assert_uint_eq(dropped(c, false), 1);
	card_free(c);
}
END_TEST

START_TEST(without_buffers_frames_wait_and_the_loop_sleeps)
{
	struct card *c = card_make(1);

	bring_up(c, MERGE, 128);
	serve(c);
	for (unsigned int i = 0; i < 3; i++)
		wire_put(c, 0, 100);
	/* Nothing is ready: a watched file would be. */
	ck_assert_int_eq(recv(c->netdev.fd[0], frame, 1, MSG_PEEK), 1);
	serve(c);
	ck_assert(vq_driver_get(&c->d[0], NULL) < 0);
	offer_rx(c, 100);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_uint_eq(check_received(c, 100), 1);
	ck_assert_uint_eq(dropped(c, false), 0);
	card_free(c);
}
END_TEST

START_TEST(small_queue_of_small_buffers_still_gets_small_frames)
{
	struct card *c = card_make(1);

	bring_up(c, MERGE, 8);
	offer_rx(c, 8);
	wire_put(c, 0, 65535); /* more than it can ever hold */
	wire_put(c, 0, 3000);
	serve(c);
	ck_assert_uint_eq(check_received(c, 3000), 2);
	ck_assert_uint_eq(dropped(c, false), 1);
	card_free(c);
}
END_TEST

/* Two such chains are all we keep; that the driver has more changes nothing. */
START_TEST(buffers_in_crumbs_are_filled_and_bounded)
{
	struct card *c = card_make(1);
	static struct vq_buf crumbs[VQ_MAX_IOV];
	uint32_t written;

	bring_up(c, MERGE, 128);
	for (unsigned int i = 0; i < 8; i++) {
		for (unsigned int k = 0; k < VQ_MAX_IOV; k++)
			crumbs[k] =
				(struct vq_buf){ RX_DATA + KIB(4) * i + 2 * k,
						 1, true };
		must(vq_driver_add_indirect(&c->d[0], TABLE + KIB(8) * i,
					    crumbs, VQ_MAX_IOV) >= 0);
	}
	(void)vq_driver_publish(&c->d[0]);
	kick(c, 0);
	serve(c);
	wire_put(c, 0, 1500); /* more than two hold */
	wire_put(c, 0, 300);
	serve(c);
	ck_assert_uint_eq(dropped(c, false), 1);
	must(vq_driver_get(&c->d[0], &written) >= 0 && written == VQ_MAX_IOV);
	must(vq_driver_get(&c->d[0], &written) >= 0 && written == 312 - 256);
	for (size_t i = 0; i < 300; i++) {
		size_t at = (i + 12) % 256 * 2 + (i + 12) / 256 * KIB(4);

		must(*(uint8_t *)vq_driver_mem(&c->w, RX_DATA + at, 1) ==
		     pattern(i));
	}
	card_free(c);
}
END_TEST

START_TEST(after_a_reset_nothing_of_before_touches_the_window)
{
	struct card *c = card_make(1);
	uint8_t *p;

	bring_up(c, MERGE, 128);
	offer_rx(c, 120);
	virtio_dev_set_status(c->dev, 0);
	p = vq_driver_mem(&c->w, RX_DATA, KIB(512));
	memset(p, 0x5a, KIB(512));
	wire_put(c, 0, 1000);
	serve(c);
	for (size_t i = 0; i < KIB(512); i++)
		must(p[i] == 0x5a);
	bring_up(c, MERGE, 128);
	ck_assert_uint_eq(c->nr_starts, 2);
	offer_rx(c, 120);
	ck_assert_uint_eq(check_received(c, 1000), 1);
	card_free(c);
}
END_TEST

START_TEST(a_stopped_queue_gives_its_buffers_up)
{
	struct card *c = card_make(1);
	const uint64_t f = MERGE | 1ULL << VIRTIO_F_RING_RESET;

	bring_up(c, f, 128);
	offer_rx(c, 120);
	virtio_dev_queue_reset(c->dev, 0);
	wire_put(c, 0, 1000);
	serve(c);
	ck_assert(vq_driver_get(&c->d[0], NULL) < 0);
	must(offer_tx(c, 1, 60) >= 0); /* that one goes on */
	serve(c);
	ck_assert_int_eq(wire_get(c, 0, frame, sizeof(frame)), 60);
	enable_queue(c, 0, 128, f);
	c->nr_rx = 0;
	offer_rx(c, 120);
	ck_assert_uint_eq(check_received(c, 1000), 1);
	card_free(c);
}
END_TEST

START_TEST(a_dead_wire_takes_the_link_down_and_frames_are_dropped)
{
	struct card *c = card_make(1);
	uint8_t status;

	bring_up(c, MERGE, 128);
	offer_rx(c, 120);
	shutdown(c->wire[0], SHUT_RDWR);
	serve(c);
	ck_assert_uint_eq(c->nr_config_changed, 1);
	virtio_dev_config_read(c->dev, 6, &status, 1);
	ck_assert_uint_eq(status, 0);
	must(offer_tx(c, 1, 60) >= 0);
	serve(c);
	must(vq_driver_get(&c->d[1], NULL) >= 0);
	ck_assert_uint_eq(dropped(c, true), 1);
	ck_assert(!is_broken(c));
	/* The next life finds it dead, or alive again. */
	c->start_error = -ENOTCONN;
	bring_up(c, MERGE, 128);
	virtio_dev_config_read(c->dev, 6, &status, 1);
	ck_assert_uint_eq(status, 0);
	c->start_error = 0;
	bring_up(c, MERGE, 128);
	virtio_dev_config_read(c->dev, 6, &status, 1);
	ck_assert_uint_eq(status, VIRTIO_NET_S_LINK_UP);
	card_free(c);
}
END_TEST

/* --- pages the guest took back ----------------------------------------------- */

static void take_back(struct card *c, gpa_t gpa)
{
	must(!mprotect(vq_driver_mem(&c->w, gpa, 4096), 4096, PROT_NONE));
}

START_TEST(header_in_a_page_taken_back_breaks_the_queue)
{
	struct card *c = card_make(1);

	bring_up(c, MERGE, 128);
	must(offer_tx(c, 1, 60) >= 0);
	take_back(c, TX_DATA);
	kick(c, 1);
	serve(c);
	ck_assert(is_broken(c));
	ck_assert_int_eq(c->dev->queues[1].vq.error.fault, VQ_REVOKED);
	card_free(c);
}
END_TEST

START_TEST(payload_in_a_page_taken_back_is_one_frame_less)
{
	struct card *c = card_make(1);
	const struct vq_buf b[] = { { TX_DATA, NETDEV_HEADER, false },
				    { TX_DATA + KIB(64), 100, false } };

	bring_up(c, MERGE, 128);
	take_back(c, TX_DATA + KIB(64));
	must(vq_driver_add(&c->d[1], b, 2) >= 0);
	(void)vq_driver_publish(&c->d[1]);
	kick(c, 1);
	serve(c);
	ck_assert(!is_broken(c));
	ck_assert_uint_eq(dropped(c, true), 1);
	must(vq_driver_get(&c->d[1], NULL) >= 0);
	card_free(c);
}
END_TEST

/* A tap says success when a page is gone: only our store of the header shows
 * it. A socket says EFAULT. Either way the queue is broken. */
START_TEST(receive_buffer_taken_back_breaks_the_queue)
{
	struct card *c = card_make(1);

	bring_up(c, MERGE, 128);
	offer_rx(c, 120);
	take_back(c, RX_DATA);
	wire_put(c, 0, 100);
	serve(c);
	ck_assert(is_broken(c));
	ck_assert_int_eq(c->dev->queues[0].vq.error.fault, VQ_REVOKED);
	card_free(c);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("net");
	TCase *t = tcase_create("net");

	tcase_add_test(t, configuration_has_mac_link_and_mtu);
	tcase_add_test(t, frames_sent_arrive_with_their_headers);
	tcase_add_test(t, what_is_no_frame_is_dropped_and_returned);
	tcase_add_test(t, header_that_is_short_or_writable_breaks_the_queue);
	tcase_add_test(t, full_wire_holds_frames_back_and_loses_none);
	tcase_add_test(t, a_batch_of_frames_is_one_interrupt);
	tcase_add_test(t, one_wake_up_takes_a_bounded_number_of_frames);
	tcase_add_test(t, a_frame_is_spread_over_as_many_buffers_as_it_takes);
	tcase_add_test(t, without_merging_a_frame_has_one_buffer_or_none);
	tcase_add_test(t, without_buffers_frames_wait_and_the_loop_sleeps);
	tcase_add_test(t, small_queue_of_small_buffers_still_gets_small_frames);
	tcase_add_test(t, buffers_in_crumbs_are_filled_and_bounded);
	tcase_add_test(t, after_a_reset_nothing_of_before_touches_the_window);
	tcase_add_test(t, a_stopped_queue_gives_its_buffers_up);
	tcase_add_test(t,
		       a_dead_wire_takes_the_link_down_and_frames_are_dropped);
	tcase_add_test(t, header_in_a_page_taken_back_breaks_the_queue);
	tcase_add_test(t, payload_in_a_page_taken_back_is_one_frame_less);
	tcase_add_test(t, receive_buffer_taken_back_breaks_the_queue);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	crash_handlers_install();
	return unit_main(suite());
}
