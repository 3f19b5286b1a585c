// SPDX-License-Identifier: GPL-2.0-only
/* test_net_rings.c: a network card whose frames a back end moves. */
#include "net_fixture.h"

#include <fcntl.h>

#define MANY (BASE | F(MRG_RXBUF) | F(CTRL_VQ) | F(MQ))

/* A back end that remembers which queues it has. */
struct far {
	struct ring_backend backend;
	uint64_t features;
	unsigned int has; /* a bit for each queue */
};

static struct far *far_of(struct ring_backend *b)
{
	return container_of(b, struct far, backend);
}

static int set_features(struct ring_backend *b, uint64_t features)
{
	must(!far_of(b)->has);
	far_of(b)->features = features;
	return 0;
}

static int set_window(struct ring_backend *b, const struct window *w)
{
	(void)b;
	must(w->gpa == GPA && w->len == LEN);
	return 0;
}

static int queue_start(struct ring_backend *b, unsigned int q,
		       const struct ring_queue *r)
{
	must(!(far_of(b)->has >> q & 1) && r->num >= 16);
	far_of(b)->has |= 1U << q;
	return 0;
}

static int queue_stop(struct ring_backend *b, unsigned int q, uint16_t *base)
{
	(void)base;
	must(far_of(b)->has >> q & 1);
	far_of(b)->has &= ~(1U << q);
	return 0;
}

static const struct ring_backend_class far_class = {
	.set_features = set_features,
	.set_window = set_window,
	.queue_start = queue_start,
	.queue_stop = queue_stop,
};

static struct far far_make(uint64_t features)
{
	return (struct far){ .backend = { &far_class, features } };
}

START_TEST(frames_and_kicks_are_left_to_the_back_end)
{
	struct far far = far_make(~0ULL);
	struct card *c = card_make_far(1, &far.backend);
	uint8_t frame[256];

	bring_up(c, BASE | F(MRG_RXBUF) | F(CSUM), 128);
	must(far.has == 3 && c->nr_starts == 1);
	must(far.features >> VIRTIO_NET_F_MRG_RXBUF & 1);
	offer_rx(c, 4);
	wire_put(c, 0, 100);
	(void)offer_tx(c, 1, 100);
	serve(c);
	must(vq_driver_get(&c->d[0], NULL) < 0);
	must(wire_get(c, 0, frame, sizeof(frame)) < 0);
	virtio_dev_set_status(c->dev, 0);
	must(!far.has);
	bring_up(c, BASE, 128);
	must(far.has == 3);
	card_free(c);
	must(!far.has);
}
END_TEST

START_TEST(buffers_merge_if_the_back_end_can)
{
	struct far far = far_make(~F(MRG_RXBUF));
	struct card *c = card_make_far(1, &far.backend);

	must(!(virtio_dev_offered(c->dev, 0) & F(MRG_RXBUF)));
	must(virtio_dev_offered(c->dev, 0) & F(CSUM));
	card_free(c);
}
END_TEST

/* The answer to "two pairs", given to queue @q; -1: there is none. */
static int command(struct card *c, unsigned int q)
{
	const uint8_t bytes[] = { VIRTIO_NET_CTRL_MQ,
				  VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 2, 0 };
	const struct vq_buf b[] = { { CTRL_DATA, sizeof(bytes), false },
				    { CTRL_DATA + 64, 1, true } };
	uint8_t *ack = vq_driver_mem(&c->w, CTRL_DATA + 64, 1);

	memcpy(vq_driver_mem(&c->w, CTRL_DATA, 4), bytes, sizeof(bytes));
	*ack = 77;
	must(vq_driver_add(&c->d[q], b, 2) >= 0);
	(void)vq_driver_publish(&c->d[q]);
	kick(c, q);
	serve(c);
	return vq_driver_get(&c->d[q], NULL) < 0 ? -1 : *ack;
}

START_TEST(the_control_queue_stays_ours)
{
	struct far far = far_make(~0ULL);
	struct card *c = card_make_far(2, &far.backend);

	bring_up(c, MANY, 128);
	must(far.has == 0xf && c->pairs_set == 1);
	must(command(c, 4) == VIRTIO_NET_OK && c->pairs_set == 2);
	must(far.has == 0xf);
	card_free(c);
}
END_TEST

/* virtio 1.3 §5.1.2 */
START_TEST(without_pairs_agreed_on_the_third_queue_is_ours)
{
	struct far far = far_make(~0ULL);
	struct card *c = card_make_far(2, &far.backend);

	for (unsigned int i = 0; i < 2; i++) {
		bring_up(c, MANY & ~F(MQ), 128);
		must(far.has == 3);
		must(command(c, 2) == VIRTIO_NET_ERR);
		must(command(c, 2) == VIRTIO_NET_ERR);
		must(far.has == 3 && !is_broken(c));
		/* The next driver may agree on them. */
		bring_up(c, MANY, 128);
		must(far.has == 0xf);
		must(command(c, 2) == -1);
		must(command(c, 4) == VIRTIO_NET_OK);
	}
	card_free(c);
}
END_TEST

START_TEST(the_third_queue_answers_though_the_interface_is_gone)
{
	struct far far = far_make(~0ULL);
	struct card *c = card_make_far(2, &far.backend);

	c->start_error = -ENOTCONN;
	bring_up(c, MANY & ~F(MQ), 128);
	must(!far.has && !is_broken(c));
	must(command(c, 2) == VIRTIO_NET_ERR);
	card_free(c);
}
END_TEST

START_TEST(one_queue_resets_alone)
{
	struct far far = far_make(~0ULL);
	struct card *c = card_make_far(2, &far.backend);

	bring_up(c, MANY | 1ULL << VIRTIO_F_RING_RESET, 128);
	virtio_dev_queue_reset(c->dev, 2);
	must(far.has == (0xf & ~4U));
	virtio_dev_queue_reset(c->dev, 4);
	must(far.has == (0xf & ~4U));
	enable_queue(c, 2, 128, BASE);
	must(far.has == 0xf);
	card_free(c);
}
END_TEST

START_TEST(an_interface_that_goes_takes_the_link_down_once)
{
	struct far far = far_make(~0ULL);
	struct card *c = card_make_far(1, &far.backend);
	const uint64_t one = 1, two = 2;
	le16 status;

	bring_up(c, BASE | F(STATUS), 128);
	/* Something else happened to it. */
	must(write(c->netdev.link_fd, &two, sizeof(two)) == 8);
	serve(c);
	must(c->nr_config_changed == 0);
	must(write(c->netdev.link_fd, &one, sizeof(one)) == 8);
	serve(c);
	must(c->nr_config_changed == 1);
	virtio_dev_config_read(c->dev, 6, &status, sizeof(status));
	must(!(le16_get(status) & VIRTIO_NET_S_LINK_UP));
	must(write(c->netdev.link_fd, &one, sizeof(one)) == 8);
	serve(c);
	must(c->nr_config_changed == 1 && !is_broken(c));
	/* The guest starts anew: nothing is there to be served. */
	c->start_error = -ENOTCONN;
	bring_up(c, BASE | F(STATUS), 128);
	must(!is_broken(c) && !far.has);
	card_free(c);
}
END_TEST

START_TEST(a_thousand_cards_leave_no_descriptor)
{
	unsigned int n[2] = { 0 };

	for (int i = 0; i < 1000; i++) {
		struct far far = far_make(~0ULL);
		struct card *c;

		for (int fd = 0; i == 0 && fd < 256; fd++)
			n[0] += fcntl(fd, F_GETFD) >= 0;
		c = card_make_far(1 + (unsigned int)i % 2, &far.backend);
		if (i % 3)
			bring_up(c, BASE, 128);
		card_free(c);
	}
	for (int fd = 0; fd < 256; fd++)
		n[1] += fcntl(fd, F_GETFD) >= 0;
	must(n[0] == n[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net_rings");
	TCase *tc = tcase_create("net_rings");

	tcase_add_test(tc, frames_and_kicks_are_left_to_the_back_end);
	tcase_add_test(tc, buffers_merge_if_the_back_end_can);
	tcase_add_test(tc, the_control_queue_stays_ours);
	tcase_add_test(tc, without_pairs_agreed_on_the_third_queue_is_ours);
	tcase_add_test(tc,
		       the_third_queue_answers_though_the_interface_is_gone);
	tcase_add_test(tc, one_queue_resets_alone);
	tcase_add_test(tc, an_interface_that_goes_takes_the_link_down_once);
	tcase_add_test(tc, a_thousand_cards_leave_no_descriptor);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
