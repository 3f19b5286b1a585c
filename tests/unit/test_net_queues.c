// SPDX-License-Identifier: GPL-2.0-only
/* test_net_queues.c: the network card's pairs of queues and its control queue. */
#include "net_fixture.h"

#include "../../vmm/crash.h"

#define MANY (BASE | F(MRG_RXBUF) | F(CTRL_VQ) | F(MQ))

static uint8_t frame[NETDEV_HEADER + NETDEV_MAX_FRAME];

/* What the device answers a command of @len bytes at queue @q. */
static uint8_t command(struct card *c, unsigned int q, const uint8_t *bytes,
		       uint32_t len)
{
	const struct vq_buf b[] = { { CTRL_DATA, len, false },
				    { CTRL_DATA + 64, 1, true } };
	uint8_t *ack = vq_driver_mem(&c->w, CTRL_DATA + 64, 1);
	uint32_t written;

	memcpy(vq_driver_mem(&c->w, CTRL_DATA, len), bytes, len);
	*ack = 77;
	must(vq_driver_add(&c->d[q], b, 2) >= 0);
	if (vq_driver_publish(&c->d[q]))
		kick(c, q);
	serve(c);
	must(vq_driver_get(&c->d[q], &written) >= 0 && written == 1);
	return *ack;
}

static uint8_t set_pairs(struct card *c, uint16_t nr)
{
	const uint8_t bytes[] = { VIRTIO_NET_CTRL_MQ,
				  VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, (uint8_t)nr,
				  (uint8_t)(nr >> 8) };

	return command(c, 4, bytes, sizeof(bytes));
}

static void offer_rx_on(struct card *c, unsigned int q, gpa_t at)
{
	for (unsigned int i = 0; i < 100; i++) {
		struct vq_buf b = { at + i * RX_BUF_LEN, RX_BUF_LEN, true };

		must(vq_driver_add(&c->d[q], &b, 1) >= 0);
	}
	if (vq_driver_publish(&c->d[q]))
		kick(c, q);
	serve(c);
}

START_TEST(pairs_are_used_once_the_driver_says_so)
{
	struct card *c = card_make(2);

	ck_assert_uint_eq(c->dev->nr_queues, 5);
	bring_up(c, MANY, 128);
	ck_assert_uint_eq(c->pairs_set, 1);
	offer_rx_on(c, 0, RX_DATA);
	offer_rx_on(c, 2, RX_DATA + KIB(512));
	wire_put(c, 1, 100);
	serve(c);
	ck_assert_int_lt(vq_driver_get(&c->d[2], NULL), 0);
	ck_assert_uint_eq(set_pairs(c, 2), VIRTIO_NET_OK);
	ck_assert_uint_eq(c->pairs_set, 2);
	/* Said again, it is no change that others would wait for. */
	c->pairs_set = 0;
	ck_assert_uint_eq(set_pairs(c, 2), VIRTIO_NET_OK);
	ck_assert_uint_eq(c->pairs_set, 0);
	serve(c);
	ck_assert_int_ge(vq_driver_get(&c->d[2], NULL), 0);
	wire_put(c, 0, 100);
	serve(c);
	ck_assert_int_ge(vq_driver_get(&c->d[0], NULL), 0);
	for (unsigned int pair = 0; pair < 2; pair++) {
		must(offer_tx(c, 2 * pair + 1, 60 + pair) >= 0);
		serve(c);
		ck_assert_int_eq(wire_get(c, pair, frame, sizeof(frame)),
				 60 + pair);
	}
	ck_assert_uint_eq(set_pairs(c, 1), VIRTIO_NET_OK);
	wire_put(c, 1, 100);
	serve(c);
	ck_assert_int_lt(vq_driver_get(&c->d[2], NULL), 0);
	card_free(c);
}
END_TEST

START_TEST(commands_that_make_no_sense_are_refused)
{
	static const struct {
		uint8_t bytes[4];
		uint32_t len;
	} bad[] = {
		{ { VIRTIO_NET_CTRL_MQ, 0, 0, 0 }, 4 },	  /* no pair */
		{ { VIRTIO_NET_CTRL_MQ, 0, 3, 0 }, 4 },	  /* more than are */
		{ { VIRTIO_NET_CTRL_MQ, 0, 1, 128 }, 4 }, /* many more */
		{ { VIRTIO_NET_CTRL_MQ, 0, 1 }, 3 },	  /* cut short */
		{ { VIRTIO_NET_CTRL_MQ, 1, 1, 0 }, 4 },	  /* RSS */
		{ { VIRTIO_NET_CTRL_RX, 0, 1 }, 3 },
		{ { VIRTIO_NET_CTRL_VLAN, 0, 1, 0 }, 4 },
		{ { 255, 255 }, 2 },
	};
	struct card *c = card_make(2);

	bring_up(c, MANY, 128);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		must(command(c, 4, bad[i].bytes, bad[i].len) == VIRTIO_NET_ERR);
	ck_assert_uint_eq(c->pairs_set, 1);
	ck_assert(!is_broken(c));
	card_free(c);
}
END_TEST

START_TEST(command_without_head_or_answer_breaks_the_queue)
{
	const struct vq_buf bad[][2] = {
		{ { CTRL_DATA, 1, false }, { CTRL_DATA + 64, 1, true } },
		{ { CTRL_DATA, 2, false }, { CTRL_DATA + 64, 1, false } },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct card *c = card_make(2);

		bring_up(c, MANY, 128);
		must(vq_driver_add(&c->d[4], bad[i], 2) >= 0);
		(void)vq_driver_publish(&c->d[4]);
		kick(c, 4);
		serve(c);
		ck_assert(is_broken(c));
		card_free(c);
	}
}
END_TEST

START_TEST(answer_in_a_page_taken_back_breaks_the_queue)
{
	struct card *c = card_make(2);
	const struct vq_buf b[] = { { CTRL_DATA, 4, false },
				    { CTRL_DATA + KIB(4), 1, true } };

	bring_up(c, MANY, 128);
	must(!mprotect(vq_driver_mem(&c->w, CTRL_DATA + KIB(4), KIB(4)), KIB(4),
		       PROT_NONE));
	must(vq_driver_add(&c->d[4], b, 2) >= 0);
	(void)vq_driver_publish(&c->d[4]);
	kick(c, 4);
	serve(c);
	ck_assert(is_broken(c));
	ck_assert_int_eq(c->dev->queues[4].vq.error.fault, VQ_REVOKED);
	ck_assert_uint_eq(c->dev->queues[4].vq.error.gpa, CTRL_DATA + KIB(4));
	card_free(c);
}
END_TEST

START_TEST(without_pairs_agreed_on_the_third_queue_controls)
{
	const uint8_t bytes[] = { VIRTIO_NET_CTRL_MQ,
				  VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 1, 0 };
	struct card *c = card_make(2);

	bring_up(c, MANY & ~F(MQ), 128);
	ck_assert_uint_eq(command(c, 2, bytes, 4), VIRTIO_NET_ERR);
	must(offer_tx(c, 1, 60) >= 0);
	serve(c);
	ck_assert_int_eq(wire_get(c, 0, frame, sizeof(frame)), 60);
	/* The last one is nobody's then. */
	kick(c, 4);
	serve(c);
	ck_assert(!is_broken(c));
	card_free(c);
}
END_TEST

START_TEST(a_flood_on_one_queue_leaves_the_others_their_turn)
{
	struct card *c = card_make(2);
	unsigned int n = 0;

	bring_up(c, MANY, 128);
	ck_assert_uint_eq(set_pairs(c, 2), VIRTIO_NET_OK);
	offer_rx_on(c, 0, RX_DATA);
	offer_rx_on(c, 2, RX_DATA + KIB(512));
	for (unsigned int i = 0; i < 90; i++)
		wire_put(c, 0, 60);
	wire_put(c, 1, 60);
	must(!loop_poll(&c->loop));
	while (vq_driver_get(&c->d[0], NULL) >= 0)
		n++;
	ck_assert_uint_lt(n, 90);
	ck_assert_int_ge(vq_driver_get(&c->d[2], NULL), 0);
	card_free(c);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("net_queues");
	TCase *t = tcase_create("net_queues");

	tcase_add_test(t, pairs_are_used_once_the_driver_says_so);
	tcase_add_test(t, commands_that_make_no_sense_are_refused);
	tcase_add_test(t, command_without_head_or_answer_breaks_the_queue);
	tcase_add_test(t, answer_in_a_page_taken_back_breaks_the_queue);
	tcase_add_test(t, without_pairs_agreed_on_the_third_queue_controls);
	tcase_add_test(t, a_flood_on_one_queue_leaves_the_others_their_turn);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	crash_handlers_install();
	return unit_main(suite());
}
