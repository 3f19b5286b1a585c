// SPDX-License-Identifier: GPL-2.0-only
/* test_vsock.c: connections through the socket device: begin, carry, end. */
#include "vsock_fixture.h"

#include <sys/resource.h>

/* From the hello of a program on the host to both ends talking: its socket. */
static int open_from_host(struct world *x, uint32_t guest_port, uint32_t *port)
{
	char line[32];
	struct virtio_vsock_hdr h = { .op = 0 };
	int fd;

	snprintf(line, sizeof(line), "CONNECT %u\n", guest_port);
	fd = host_connects(x, line);
	must(take(x, &h, NULL) && h.op == VIRTIO_VSOCK_OP_REQUEST);
	must(h.dst_port == guest_port && h.buf_alloc > 0);
	*port = h.src_port;
	say(x, VIRTIO_VSOCK_OP_RESPONSE, guest_port, *port);
	snprintf(line, sizeof(line), "OK %u\n", *port);
	return fd;
}

static void skip_ok(int fd)
{
	char c = 0;

	while (c != '\n')
		must(recv(fd, &c, 1, 0) == 1);
}

/* A guest that runs, its port 9 connected with a program's socket, @fd. */
static struct world *connected(int *fd)
{
	struct world *x = world_make();

	bring_up(x, BASE, 64);
	*fd = guest_connects(x, host_listens(x, "_6000"), 9);
	return x;
}

START_TEST(configuration_has_the_guests_cid)
{
	struct world *x = world_make();
	uint64_t cid;
	uint32_t high;

	virtio_dev_config_read(x->dev, 0, &cid, 8);
	ck_assert_uint_eq(cid, CID);
	virtio_dev_config_read(x->dev, 4, &high, 4);
	ck_assert_uint_eq(high, 0);
	world_free(x);
}
END_TEST

START_TEST(guest_reaches_who_listens_on_the_ports_path)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h = { .op = 0 };
	static uint8_t data[RX_ROOM];
	int l, fd;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	fd = guest_connects(x, l, 1234);
	say_data(x, 1234, 6000, 0, 1000);
	ck_assert_uint_eq(host_reads(fd, 0), 1000);
	ck_assert_uint_eq(host_writes(fd, 0, 700), 700);
	serve(x);
	/* It proved to be alive: there is more credit now. */
	h = expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 1234, 6000);
	ck_assert_uint_eq(h.buf_alloc, 256 << 10);
	ck_assert_uint_eq(h.fwd_cnt, 1000);
	must(take(x, &h, data));
	ck_assert_uint_eq(h.op, VIRTIO_VSOCK_OP_RW);
	ck_assert_uint_eq(h.len, 700);
	ck_assert_uint_eq(h.fwd_cnt, 1000);
	for (size_t i = 0; i < 700; i++)
		must(data[i] == pattern(i));
	world_free(x);
	ck_assert(at_end(fd));
}
END_TEST

START_TEST(guest_is_refused_where_nobody_listens)
{
	struct world *x = world_make();

	bring_up(x, BASE, 64);
	say(x, VIRTIO_VSOCK_OP_REQUEST, 1234, 6001);
	expect(x, VIRTIO_VSOCK_OP_RST, 1234, 6001);
	expect_nothing(x);
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	world_free(x);
}
END_TEST

START_TEST(program_of_the_host_says_hello_and_is_told_ok)
{
	struct world *x = world_make();
	uint32_t port;
	char line[32] = "", ok[32];
	int fd;

	bring_up(x, BASE, 64);
	fd = open_from_host(x, 5000, &port);
	snprintf(ok, sizeof(ok), "OK %u\n", port);
	must(recv(fd, line, sizeof(line) - 1, 0) > 0);
	ck_assert_str_eq(line, ok);
	ck_assert_uint_ge(port, 1U << 30);
	say_data(x, 5000, port, 0, 10);
	ck_assert_uint_eq(host_reads(fd, 0), 10);
	world_free(x);
}
END_TEST

START_TEST(what_is_said_behind_the_hello_is_the_guests)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h;
	static uint8_t data[RX_ROOM];
	int fd;

	bring_up(x, BASE, 64);
	fd = host_connects(x, "CONNECT");
	expect_nothing(x);
	must(send(fd, " 77\nhi", 6, 0) == 6);
	close(fd); /* it does not even wait */
	serve(x);
	must(take(x, &h, NULL) && h.op == VIRTIO_VSOCK_OP_REQUEST);
	expect_nothing(x);
	say(x, VIRTIO_VSOCK_OP_RESPONSE, 77, h.src_port);
	must(take(x, &h, data));
	ck_assert_uint_eq(h.op, VIRTIO_VSOCK_OP_RW);
	ck_assert_uint_eq(h.len, 2);
	ck_assert_mem_eq(data, "hi", 2);
	h = expect(x, VIRTIO_VSOCK_OP_SHUTDOWN, 77, h.src_port);
	ck_assert_uint_eq(h.flags, BOTH);
	say(x, VIRTIO_VSOCK_OP_RST, 77, h.src_port);
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	world_free(x);
}
END_TEST

START_TEST(other_hellos_are_hung_up_on)
{
	static const char *const bad[] = {
		"connect\n",
		"CONNECT \n",
		"CONNECT 1x\n",
		"GET / HTTP/1.1\r\n",
		"CONNECT -1\n",
		"CONNECT 4294967295\n",
		"CONNECT 99999999999\n",
		"\n",
		"CONNECTCONNECTCONNECT",
	};
	struct world *x = world_make();
	int fd;

	bring_up(x, BASE, 64);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		fd = host_connects(x, bad[i]);
		ck_assert_msg(is_over(fd), "%s", bad[i]);
		close(fd);
	}
	close(host_connects(x, "CONN"));
	expect_nothing(x);
	fd = host_connects(x, "CONN");
	must(!shutdown(fd, SHUT_WR)); /* it still reads */
	serve(x);
	ck_assert(is_over(fd));
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	world_free(x);
}
END_TEST

START_TEST(guest_that_refuses_ends_the_programs_socket)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h;
	int fd;

	bring_up(x, BASE, 64);
	fd = host_connects(x, "CONNECT 5000\r\n");
	must(take(x, &h, NULL));
	say(x, VIRTIO_VSOCK_OP_RST, 5000, h.src_port);
	ck_assert(at_end(fd));
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	/* Anything but an answer is one, too. */
	fd = host_connects(x, "CONNECT 5000\n");
	must(take(x, &h, NULL));
	say(x, VIRTIO_VSOCK_OP_RW, 5000, h.src_port);
	ck_assert(at_end(fd));
	expect(x, VIRTIO_VSOCK_OP_RST, 5000, h.src_port);
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	world_free(x);
}
END_TEST

/* --- ends ------------------------------------------------------------------- */

START_TEST(guest_may_end_its_sending_and_still_receive)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h;
	uint32_t port;
	int fd;

	bring_up(x, BASE, 64);
	fd = open_from_host(x, 5000, &port);
	skip_ok(fd);
	say_end(x, 5000, port, VIRTIO_VSOCK_SHUTDOWN_SEND);
	ck_assert(at_end(fd));
	ck_assert_uint_eq(host_writes(fd, 0, 300), 300);
	serve(x);
	h = expect(x, VIRTIO_VSOCK_OP_RW, 5000, port);
	ck_assert_uint_eq(h.len, 300);
	expect_nothing(x);
	close(fd);
	serve(x);
	h = expect(x, VIRTIO_VSOCK_OP_SHUTDOWN, 5000, port);
	ck_assert_uint_eq(h.flags, BOTH);
	say(x, VIRTIO_VSOCK_OP_RST, 5000, port);
	expect_nothing(x);
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	world_free(x);
}
END_TEST

START_TEST(host_may_end_its_sending_and_still_receive)
{
	int fd;
	struct world *x = connected(&fd);
	struct virtio_vsock_hdr h;

	must(!shutdown(fd, SHUT_WR));
	serve(x);
	h = expect(x, VIRTIO_VSOCK_OP_SHUTDOWN, 9, 6000);
	ck_assert_uint_eq(h.flags, VIRTIO_VSOCK_SHUTDOWN_SEND);
	say_data(x, 9, 6000, 0, 5000);
	ck_assert_uint_eq(host_reads(fd, 0), 5000);
	expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 9, 6000);
	say_end(x, 9, 6000, BOTH);
	expect(x, VIRTIO_VSOCK_OP_RST, 9, 6000);
	ck_assert(at_end(fd));
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	world_free(x);
}
END_TEST

START_TEST(both_may_end_their_sending_one_after_the_other)
{
	int fd;
	struct world *x = connected(&fd);
	struct virtio_vsock_hdr h;

	say_data(x, 9, 6000, 0, 50);
	expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 9, 6000);
	say_end(x, 9, 6000, VIRTIO_VSOCK_SHUTDOWN_SEND);
	ck_assert_uint_eq(host_writes(fd, 0, 60), 60);
	must(!shutdown(fd, SHUT_WR));
	serve(x);
	h = expect(x, VIRTIO_VSOCK_OP_RW, 9, 6000);
	ck_assert_uint_eq(h.len, 60);
	h = expect(x, VIRTIO_VSOCK_OP_SHUTDOWN, 9, 6000);
	ck_assert_uint_eq(h.flags, BOTH);
	say(x, VIRTIO_VSOCK_OP_RST, 9, 6000);
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	ck_assert_uint_eq(host_reads(fd, 0), 50);
	ck_assert(at_end(fd));
	world_free(x);
}
END_TEST

START_TEST(a_guest_that_does_not_receive_any_more_is_sent_nothing)
{
	int fd;
	struct world *x = connected(&fd);

	say_end(x, 9, 6000, VIRTIO_VSOCK_SHUTDOWN_RCV);
	ck_assert_uint_eq(host_writes(fd, 0, 10), 0);
	ck_assert_int_eq(errno, EPIPE);
	expect_nothing(x);
	say_data(x, 9, 6000, 0, 80);
	ck_assert_uint_eq(host_reads(fd, 0), 80);
	expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 9, 6000);
	say_end(x, 9, 6000, VIRTIO_VSOCK_SHUTDOWN_SEND);
	expect(x, VIRTIO_VSOCK_OP_RST, 9, 6000);
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	world_free(x);
}
END_TEST

START_TEST(a_host_that_does_not_read_any_more_is_told_to_the_guest)
{
	int fd;
	struct world *x = connected(&fd);
	struct virtio_vsock_hdr h;

	must(!shutdown(fd, SHUT_RD));
	say_data(x, 9, 6000, 0, 80);
	h = expect(x, VIRTIO_VSOCK_OP_SHUTDOWN, 9, 6000);
	ck_assert_uint_eq(h.flags, VIRTIO_VSOCK_SHUTDOWN_RCV);
	say_data(x, 9, 6000, 80, 80); /* was on its way: harmless */
	ck_assert_uint_eq(host_writes(fd, 0, 10), 10);
	serve(x);
	expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 9, 6000);
	expect(x, VIRTIO_VSOCK_OP_RW, 9, 6000);
	world_free(x);
}
END_TEST

START_TEST(a_program_that_leaves_is_told_after_its_last_words)
{
	int fd;
	struct world *x = connected(&fd);
	struct virtio_vsock_hdr h;

	say_data(x, 9, 6000, 0, 80); /* which it does not read: ECONNRESET */
	expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 9, 6000);
	ck_assert_uint_eq(host_writes(fd, 0, 10000), 10000);
	close(fd);
	serve(x);
	for (unsigned int left = 10000; left > 0; left -= h.len)
		h = expect(x, VIRTIO_VSOCK_OP_RW, 9, 6000);
	h = expect(x, VIRTIO_VSOCK_OP_SHUTDOWN, 9, 6000);
	ck_assert_uint_eq(h.flags, BOTH);
	say_data(x, 9, 6000, 80, 80); /* was on its way */
	expect_nothing(x);
	ck_assert_uint_eq(stats(x).nr_conns, 1);
	say_end(x, 9, 6000, BOTH); /* it closes, too, before it saw ours */
	expect(x, VIRTIO_VSOCK_OP_RST, 9, 6000);
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	world_free(x);
}
END_TEST

START_TEST(what_the_guest_sent_arrives_though_it_closed_long_ago)
{
	int fd;
	struct world *x = connected(&fd);
	size_t sum = 0, n;

	say_data(x, 9, 6000, 0, 1000);
	expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 9, 6000);
	for (size_t at = 1000; at < 250000; at += 50000)
		say_data(x, 9, 6000, at, 50000);
	ck_assert_uint_gt(stats(x).held, 0);
	say_end(x, 9, 6000, BOTH);
	while (expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 9, 6000).fwd_cnt <
	       125000)
		;
	expect(x, VIRTIO_VSOCK_OP_RST, 9, 6000);
	/* The guest may use the port again meanwhile. */
	close(guest_connects(x, x->listener, 9));
	do {
		n = host_reads(fd, sum);
		sum += n;
		serve(x);
	} while (n > 0);
	ck_assert_uint_eq(sum, 251000);
	ck_assert(at_end(fd));
	ck_assert_uint_eq(stats(x).held, 0);
	world_free(x);
}
END_TEST

START_TEST(a_reset_by_the_guest_is_the_end_at_once)
{
	int fd;
	struct world *x = connected(&fd);

	say(x, VIRTIO_VSOCK_OP_RST, 9, 6000);
	ck_assert(at_end(fd));
	expect_nothing(x);
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	ck_assert_uint_eq(stats(x).promised, 0);
	world_free(x);
}
END_TEST

START_TEST(a_reset_of_the_device_ends_all_and_it_starts_anew)
{
	int fd, client;
	struct world *x = connected(&fd);

	host_writes(fd, 0, 100000);
	client = host_connects(x, "CONNECT 5");
	virtio_dev_set_status(x->dev, 0);
	ck_assert(is_over(client));
	ck_assert(is_over(fd));
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	/* Nobody is there to talk to. */
	client = host_connects(x, "CONNECT 5000\n");
	must(is_over(client));
	bring_up(x, BASE, 64);
	expect_nothing(x);
	fd = guest_connects(x, x->listener, 9);
	say_data(x, 9, 6000, 0, 80);
	ck_assert_uint_eq(host_reads(fd, 0), 80);
	world_free(x);
}
END_TEST

START_TEST(more_than_the_limit_is_refused_on_either_side)
{
	const struct rlimit r = { 256 + 20, 256 + 20 };
	struct world *x;
	int l, fd;

	must(!setrlimit(RLIMIT_NOFILE, &r));
	x = world_make();
	ck_assert_uint_eq(stats(x).limit, 20);
	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	for (uint32_t i = 0; i < 20; i++)
		must(guest_connects(x, l, i + 1) >= 0);
	say(x, VIRTIO_VSOCK_OP_REQUEST, 1234, 6000);
	expect(x, VIRTIO_VSOCK_OP_RST, 1234, 6000);
	fd = host_connects(x, "CONNECT 5000\n");
	must(is_over(fd));
	say(x, VIRTIO_VSOCK_OP_RST, 7, 6000);
	must(guest_connects(x, l, 1234) >= 0);
	world_free(x);
}
END_TEST

START_TEST(thousands_of_connections_are_told_apart)
{
	enum {
		NR = 3000
	};
	static int fds[NR];
	struct world *x = world_make();
	struct virtio_vsock_hdr h;
	int l;

	if (stats(x).limit < NR) {
		world_free(x);
		return; /* this machine's hard limit of open files */
	}
	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	for (uint32_t i = 0; i < NR; i++)
		fds[i] = guest_connects(x, l, 10000 + i);
	for (uint32_t i = 0; i < NR; i += 7) {
		must(host_writes(fds[i], 0, i % 100 + 1) == i % 100 + 1);
		serve(x);
		h = expect(x, VIRTIO_VSOCK_OP_RW, 10000 + i, 6000);
		ck_assert_uint_eq(h.len, i % 100 + 1);
	}
	ck_assert_uint_eq(stats(x).nr_conns, NR);
	virtio_dev_set_status(x->dev, 0);
	ck_assert_uint_eq(stats(x).nr_conns, 0);
	for (uint32_t i = 0; i < NR; i++)
		must(at_end(fds[i]) && !close(fds[i]));
	world_free(x);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("vsock");
	TCase *t = tcase_create("vsock");

	tcase_add_test(t, configuration_has_the_guests_cid);
	tcase_add_test(t, guest_reaches_who_listens_on_the_ports_path);
	tcase_add_test(t, guest_is_refused_where_nobody_listens);
	tcase_add_test(t, program_of_the_host_says_hello_and_is_told_ok);
	tcase_add_test(t, what_is_said_behind_the_hello_is_the_guests);
	tcase_add_test(t, other_hellos_are_hung_up_on);
	tcase_add_test(t, guest_that_refuses_ends_the_programs_socket);
	tcase_add_test(t, guest_may_end_its_sending_and_still_receive);
	tcase_add_test(t, host_may_end_its_sending_and_still_receive);
	tcase_add_test(t, both_may_end_their_sending_one_after_the_other);
	tcase_add_test(t,
		       a_guest_that_does_not_receive_any_more_is_sent_nothing);
	tcase_add_test(t,
		       a_host_that_does_not_read_any_more_is_told_to_the_guest);
	tcase_add_test(t, a_program_that_leaves_is_told_after_its_last_words);
	tcase_add_test(t,
		       what_the_guest_sent_arrives_though_it_closed_long_ago);
	tcase_add_test(t, a_reset_by_the_guest_is_the_end_at_once);
	tcase_add_test(t, a_reset_of_the_device_ends_all_and_it_starts_anew);
	tcase_add_test(t, thousands_of_connections_are_told_apart);
	/* The last: the limit stays. */
	tcase_add_test(t, more_than_the_limit_is_refused_on_either_side);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_main(suite());
}
