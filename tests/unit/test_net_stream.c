// SPDX-License-Identifier: GPL-2.0-only
/* test_net_stream.c: properties of the network card on a stream socket. */
#include "net_fixture.h"

#include <arpa/inet.h>

#include "../../devices/netstream.h"

#define FEATURES (BASE | F(MRG_RXBUF))
#define LENGTH	 3000U

static const struct netdev_class stream_class = {
	.send = netstream_send,
	.flush = netstream_flush,
	.receive = netstream_receive,
	.start = netstream_start,
	.close = wire_close,
	.reads_ahead = true,
};

static struct netstream stream;

/* The card's socket is one of a stream, which takes @room bytes or so. */
static struct card *stream_card(int room)
{
	struct card *c = card_make(1);
	int sv[2];

	close(c->netdev.fd[0]);
	close(c->wire[0]);
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv));
	must(!setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)));
	memset(&stream, 0, sizeof(stream));
	c->netdev.class = &stream_class;
	c->netdev.own = &stream;
	c->netdev.fd[0] = sv[0];
	c->wire[0] = sv[1];
	return c;
}

static size_t take(struct card *c, uint8_t *to, size_t len)
{
	ssize_t n = read(c->wire[0], to, len);

	return n < 0 ? 0 : (size_t)n;
}

START_TEST(frames_leave_whole_however_little_the_socket_takes)
{
	static uint8_t all[13 * (LENGTH + 4)];
	struct card *c = stream_card(1);
	size_t n = 0;

	bring_up(c, FEATURES, 128);
	for (unsigned int i = 0; i < 13; i++) {
		uint8_t *p;

		must(offer_tx(c, 1, LENGTH) >= 0);
		p = vq_driver_mem(&c->w, TX_DATA + i * KIB(4), 1);
		*p = 0; /* no checksum is left to the host */
	}
	kick(c, 1);
	for (unsigned int i = 0; i < 1000 && n < sizeof(all); i++) {
		serve(c);
		n += take(c, all + n,
			  sizeof(all) - n < 700 ? sizeof(all) - n : 700);
	}
	ck_assert_uint_eq(n, sizeof(all));
	for (size_t at = 0; at < n; at += LENGTH + 4) {
		must(ntohl(*(uint32_t *)(void *)(all + at)) == LENGTH);
		for (size_t i = 0; i < LENGTH; i++)
			must(all[at + 4 + i] == pattern(i));
		must(vq_driver_get(&c->d[1], NULL) >= 0);
	}
	ck_assert_uint_eq(stream.out_end, 0);
	card_free(c);
}
END_TEST

START_TEST(a_reset_amid_a_frame_does_not_tear_the_stream)
{
	static uint8_t all[60004 + 64];
	const struct vq_buf b = { RX_DATA, NETDEV_HEADER + 60000, false };
	struct card *c = stream_card(1);
	size_t n = 0;

	bring_up(c, FEATURES, 128);
	memset(vq_driver_mem(&c->w, RX_DATA, b.len), 0, b.len);
	must(vq_driver_add(&c->d[1], &b, 1) >= 0);
	(void)vq_driver_publish(&c->d[1]);
	kick(c, 1);
	must(!loop_poll(&c->loop));
	ck_assert_uint_gt(stream.out_end, 0); /* or this tests nothing */
	bring_up(c, FEATURES, 128);
	memset(vq_driver_mem(&c->w, RX_DATA, b.len), 0xff, b.len);
	must(offer_tx(c, 1, 60) >= 0);
	*(uint8_t *)vq_driver_mem(&c->w, TX_DATA, 1) = 0;
	kick(c, 1);
	for (unsigned int i = 0; i < 1000 && n < sizeof(all); i++) {
		serve(c);
		n += take(c, all + n, sizeof(all) - n);
	}
	ck_assert_uint_eq(n, sizeof(all));
	for (size_t i = 4; i < 60004; i++)
		must(all[i] == 0);
	must(ntohl(*(uint32_t *)(void *)(all + 60004)) == 60);
	card_free(c);
}
END_TEST

/* More than one wake-up's worth, and nothing more comes to wake us. */
START_TEST(frames_read_ahead_are_all_given)
{
	static uint8_t f[64];
	struct card *c = stream_card(1 << 20);
	uint32_t prefix = htonl(60);

	bring_up(c, FEATURES, 128);
	memcpy(f, &prefix, 4);
	for (unsigned int i = 0; i < 120; i++)
		must(write(c->wire[0], f, sizeof(f)) == sizeof(f));
	offer_rx(c, 128);
	for (unsigned int i = 0; i < 120; i++)
		must(vq_driver_get(&c->d[0], NULL) >= 0);
	ck_assert(vq_driver_get(&c->d[0], NULL) < 0);
	card_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net_stream");
	TCase *t = tcase_create("net_stream");

	tcase_add_test(t, frames_leave_whole_however_little_the_socket_takes);
	tcase_add_test(t, a_reset_amid_a_frame_does_not_tear_the_stream);
	tcase_add_test(t, frames_read_ahead_are_all_given);
	suite_add_tcase(s, t);
	return unit_main(s);
}
