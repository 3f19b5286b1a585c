// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_vhost_user.c: properties of the vhost-user front end's messages, with a
 * back end whose answers are there before it is asked.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../virtio/vhost_user.h"

#define PROTOCOL (1ULL << VHOST_USER_F_PROTOCOL_FEATURES)
#define MODERN	 (1ULL << 32)
#define ACK	 (1ULL << VHOST_USER_P_REPLY_ACK)
#define MQ	 (1ULL << VHOST_USER_P_MQ)
#define CONFIG	 (1ULL << VHOST_USER_P_CONFIG)

#define GPA 0x7fe00000ULL
#define LEN MIB(2)

static struct vhost_user u;
static struct window w;
static int peer, front;

/* A message as it is on the wire. */
struct message {
	uint32_t request, flags, size;
	uint8_t payload[300];
	int fd; /* that came along, or -1 */
};

static void setup(void)
{
	int sv[2];

	ck_assert(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv));
	front = sv[0];
	peer = sv[1];
	u = (struct vhost_user){ .fd = -1 };
	ck_assert_int_eq(window_init(&w, GPA, LEN), 0);
}

static void teardown(void)
{
	vhost_user_close(&u);
	close(peer);
	window_fini(&w);
}

/* --- the back end ------------------------------------------------------------ */

static void put(const void *p, size_t len)
{
	ck_assert_int_eq(write(peer, p, len), (ssize_t)len);
}

static void say(uint32_t request, uint32_t flags, const void *p, uint32_t len)
{
	const uint32_t h[] = { request, flags, len };

	put(h, sizeof(h));
	if (len)
		put(p, len);
}

static void say_u64(uint32_t request, uint64_t value)
{
	say(request, 5, &value, sizeof(value));
}

/* The next message of the front end; false: there is none. */
static bool hear(struct message *m)
{
	union {
		char buf[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { m, 12 };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	m->fd = -1;
	if (recvmsg(peer, &h, 0) != 12)
		return false;
	c = CMSG_FIRSTHDR(&h);
	if (c) {
		ck_assert_uint_eq(c->cmsg_len, CMSG_LEN(sizeof(int)));
		memcpy(&m->fd, CMSG_DATA(c), sizeof(int));
	}
	ck_assert_uint_le(m->size, sizeof(m->payload));
	ck_assert(!m->size ||
		  read(peer, m->payload, m->size) == (ssize_t)m->size);
	ck_assert_uint_eq(m->flags & ~8U, 1);
	return true;
}

static struct message heard(uint32_t request)
{
	struct message m = { .request = 0 };

	ck_assert_msg(hear(&m), "no request %u", request);
	ck_assert_uint_eq(m.request, request);
	return m;
}

static uint64_t u64_of(const struct message *m, unsigned int at)
{
	uint64_t v;

	memcpy(&v, m->payload + at, sizeof(v));
	return v;
}

static uint32_t u32_of(const struct message *m, unsigned int at)
{
	return (uint32_t)u64_of(m, at);
}

/* A connection to a back end that can do @protocol. */
static void meet(uint64_t protocol)
{
	struct message m;

	say_u64(1, PROTOCOL | MODERN);
	say_u64(15, protocol);
	if (protocol & MQ)
		say_u64(17, 3);
	if (protocol & ACK)
		say_u64(3, 0);
	ck_assert_int_eq(vhost_user_open(&u, front, 1000), 0);
	while (hear(&m))
		ck_assert_int_eq(m.fd, -1);
}

static int nr_fds(void)
{
	int fd = dup(0);

	ck_assert_int_ge(fd, 0);
	close(fd);
	return fd; /* the lowest that is free */
}

/* --- what a good one makes of it ---------------------------------------------- */

START_TEST(opening_learns_what_it_can_do)
{
	struct message m;

	say_u64(1, PROTOCOL | MODERN | 5);
	say_u64(15, MQ | ACK | CONFIG | 1ULL << 5 | 1ULL << 12);
	say_u64(17, 7);
	say_u64(3, 0);
	ck_assert_int_eq(vhost_user_open(&u, front, 1000), 0);
	ck_assert_uint_eq(u.offered, PROTOCOL | MODERN | 5);
	ck_assert_uint_eq(u.protocol, MQ | ACK | CONFIG);
	ck_assert_uint_eq(u.max_queues, 7);
	(void)heard(1);
	(void)heard(15);
	m = heard(16);
	ck_assert_uint_eq(u64_of(&m, 0), MQ | ACK | CONFIG);
	(void)heard(17);
	m = heard(3);
	ck_assert_uint_eq(m.flags, 9);
	ck_assert(!hear(&m));
}
END_TEST

START_TEST(one_without_protocol_features_is_asked_less)
{
	const struct vhost_user_vring r = { .kick = 0, .call = 0, .err = 0 };
	struct message m;

	say_u64(1, MODERN);
	ck_assert_int_eq(vhost_user_open(&u, front, 1000), 0);
	(void)heard(1);
	(void)heard(3);
	ck_assert_int_eq(vhost_user_set_features(&u, MODERN), 0);
	m = heard(2);
	ck_assert_uint_eq(u64_of(&m, 0), MODERN);
	ck_assert_int_eq(vhost_user_start_vring(&u, &r), 0);
	for (unsigned int i = 0; i < 6; i++) {
		ck_assert(hear(&m));
		ck_assert_uint_ne(m.request, 18); /* no enable */
	}
	ck_assert(!hear(&m));
}
END_TEST

START_TEST(memory_is_the_window_and_cannot_be_resized)
{
	struct stat ours, theirs;
	struct message m;

	meet(0);
	ck_assert_int_eq(vhost_user_set_memory(&u, &w), 0);
	m = heard(5);
	ck_assert_uint_eq(m.size, 40);
	ck_assert_uint_eq(u32_of(&m, 0), 1);
	ck_assert_uint_eq(u64_of(&m, 8), GPA);
	ck_assert_uint_eq(u64_of(&m, 16), LEN);
	ck_assert_uint_eq(u64_of(&m, 24), GPA);
	ck_assert_uint_eq(u64_of(&m, 32), 0);
	ck_assert(!fstat(w.fd, &ours) && !fstat(m.fd, &theirs));
	ck_assert_uint_eq(ours.st_ino, theirs.st_ino);
	ck_assert(ftruncate(m.fd, 4096) && errno == EPERM);
	ck_assert(ftruncate(m.fd, LEN * 2) && errno == EPERM);
	close(m.fd);
}
END_TEST

static void expect_fd(uint32_t request, int fd)
{
	struct message m = heard(request);
	const uint64_t some = 5;
	uint64_t got = 0;

	ck_assert_uint_eq(u64_of(&m, 0), 1);
	ck_assert_int_ge(m.fd, 0);
	ck_assert(write(m.fd, &some, 8) == 8 && read(fd, &got, 8) == 8);
	ck_assert_uint_eq(got, some);
	close(m.fd);
}

START_TEST(a_queue_is_handed_over_with_three_eventfds)
{
	struct vhost_user_vring r = {
		.index = 1,
		.num = 64,
		.base = 9,
		.desc = GPA,
		.avail = GPA + 4096,
		.used = GPA + 8192,
		.kick = eventfd(0, 0),
		.call = eventfd(0, 0),
		.err = eventfd(0, 0),
	};
	struct message m;

	meet(0);
	ck_assert_int_eq(vhost_user_start_vring(&u, &r), 0);
	m = heard(8);
	ck_assert(u32_of(&m, 0) == 1 && u32_of(&m, 4) == 64);
	m = heard(10);
	ck_assert(u32_of(&m, 0) == 1 && u32_of(&m, 4) == 9);
	m = heard(9);
	ck_assert(u32_of(&m, 0) == 1 && u32_of(&m, 4) == 0);
	ck_assert_uint_eq(u64_of(&m, 8), GPA);
	ck_assert_uint_eq(u64_of(&m, 16), GPA + 8192);
	ck_assert_uint_eq(u64_of(&m, 24), GPA + 4096);
	expect_fd(14, r.err);
	expect_fd(13, r.call);
	expect_fd(12, r.kick);
	m = heard(18);
	ck_assert(u32_of(&m, 0) == 1 && u32_of(&m, 4) == 1);
	ck_assert(!hear(&m));
	close(r.kick);
	close(r.call);
	close(r.err);
}
END_TEST

START_TEST(a_queue_comes_back_with_its_place)
{
	const uint32_t state[] = { 1, 0x1234 };
	uint16_t base = 0;

	meet(ACK);
	say(11, 5, state, sizeof(state));
	ck_assert_int_eq(vhost_user_stop_vring(&u, 1, &base), 0);
	ck_assert_uint_eq(base, 0x1234);
}
END_TEST

START_TEST(configuration_is_asked_for)
{
	const struct {
		uint32_t offset, size, flags;
		char bytes[8];
	} c = { 4, 8, 0, "ABCDEFG" };
	char got[8];

	meet(CONFIG);
	say(24, 5, &c, sizeof(c));
	ck_assert_int_eq(vhost_user_get_config(&u, 4, got, 8), 0);
	ck_assert_str_eq(got, "ABCDEFG");
}
END_TEST

START_TEST(a_refusal_leaves_the_connection)
{
	char got[8];

	meet(ACK | CONFIG);
	say_u64(2, 1);
	ck_assert_int_eq(vhost_user_set_features(&u, MODERN), -EIO);
	say(24, 5, NULL, 0);
	ck_assert_int_eq(vhost_user_get_config(&u, 0, got, 8), -EIO);
	say_u64(2, 0);
	ck_assert_int_eq(vhost_user_set_features(&u, MODERN), 0);
	ck_assert(!vhost_user_is_gone(&u));
}
END_TEST

/* --- what a bad one may try --------------------------------------------------- */

/* All later calls fail at once, and say nothing. */
static void expect_over(void)
{
	int64_t start = clock_ms();
	struct message m;
	uint16_t base;

	while (hear(&m))
		continue;
	vhost_user_deadline(&u, 5000);
	ck_assert_ptr_nonnull(u.why);
	ck_assert_int_eq(vhost_user_set_features(&u, 0), -ENOTCONN);
	ck_assert_int_eq(vhost_user_stop_vring(&u, 0, &base), -ENOTCONN);
	ck_assert(!hear(&m));
	ck_assert(vhost_user_is_gone(&u));
	ck_assert_int_lt(clock_ms() - start, 1000);
}

/* A queue is asked back, within @ms; what comes of it is the end. */
static void expect_end(unsigned int queue, unsigned int ms, int err)
{
	uint16_t base;

	vhost_user_deadline(&u, ms);
	ck_assert_int_eq(vhost_user_stop_vring(&u, queue, &base), err);
	expect_over();
}

START_TEST(nonsense_ends_the_conversation)
{
	static const struct {
		uint32_t request, flags, size;
	} bad[] = {
		{ 10, 5, 8 },	      /* another request */
		{ 11, 1, 8 },	      /* no reply */
		{ 11, 6, 8 },	      /* another version */
		{ 11, 5, 7 },	      /* too short */
		{ 11, 5, 9 },	      /* too long */
		{ 11, 5, 0 },	      /* nothing */
		{ 11, 5, UINT32_MAX } /* everything */
	};
	const uint8_t bytes[16] = { 0 };

	meet(ACK);
	put(&bad[_i], sizeof(bad[_i]));
	put(bytes, sizeof(bytes));
	expect_end(0, 1000, -EPROTO);
}
END_TEST

START_TEST(an_answer_for_another_queue_is_none)
{
	const uint32_t state[] = { 2, 0 };

	meet(ACK);
	say(11, 5, state, sizeof(state));
	expect_end(1, 1000, -EPROTO);
}
END_TEST

START_TEST(an_answer_for_other_bytes_is_none)
{
	const uint32_t c[] = { 4, 8, 0, 0, 0 };
	char got[8];

	meet(CONFIG);
	say(24, 5, c, sizeof(c));
	ck_assert_int_eq(vhost_user_get_config(&u, 0, got, 8), -EPROTO);
	expect_over();
}
END_TEST

START_TEST(a_half_answer_is_waited_for_no_longer_than_said)
{
	const uint32_t header[] = { 11, 5, 8 };
	int64_t start = clock_ms();

	meet(ACK);
	put(header, _i == 0 ? 0 : _i == 1 ? 5 : 12);
	expect_end(0, 100, -ETIMEDOUT);
	ck_assert_int_ge(clock_ms() - start, 100);
	ck_assert_int_lt(clock_ms() - start, 4000);
}
END_TEST

START_TEST(one_that_hangs_up_is_noticed)
{
	const uint32_t header[] = { 11, 5, 8 };

	meet(ACK);
	ck_assert(!vhost_user_is_gone(&u));
	put(header, _i ? 12 : 0);
	ck_assert(!shutdown(peer, SHUT_RDWR));
	expect_end(0, 5000, -ENOTCONN);
}
END_TEST

START_TEST(one_that_does_not_read_is_not_waited_for)
{
	const int64_t start = clock_ms();
	int err = 0;

	meet(0);
	vhost_user_deadline(&u, 200);
	for (unsigned int i = 0; !err && i < 1000000; i++)
		err = vhost_user_set_features(&u, MODERN);
	ck_assert_int_eq(err, -ETIMEDOUT);
	ck_assert_int_lt(clock_ms() - start, 5000);
}
END_TEST

static void say_with_fds(unsigned int nr)
{
	union {
		char buf[CMSG_SPACE(200 * sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = { 0 } };
	uint32_t reply[] = { 11, 5, 8, 0, 0 };
	struct iovec iov = { reply, sizeof(reply) };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = CMSG_SPACE(nr * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(nr * sizeof(int));
	for (unsigned int i = 0; i < nr; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), &(int){ 0 }, 4);
	ck_assert_int_eq(sendmsg(peer, &h, 0), sizeof(reply));
}

START_TEST(descriptors_it_sends_are_closed)
{
	const int before = nr_fds();

	meet(ACK);
	say_with_fds(_i ? 200 : 1);
	expect_end(0, 1000, -EPROTO);
	ck_assert_int_eq(nr_fds(), before);
}
END_TEST

START_TEST(opening_fails_with_the_socket_closed)
{
	const int before = nr_fds();

	if (_i == 0)
		say_u64(2, 0);
	else
		ck_assert(!shutdown(peer, SHUT_WR));
	ck_assert_int_eq(vhost_user_open(&u, dup(front), 1000),
			 _i == 0 ? -EPROTO : -ENOTCONN);
	ck_assert_int_eq(u.fd, -1);
	ck_assert_int_eq(nr_fds(), before);
	close(front);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vhost_user");
	TCase *t = tcase_create("vhost_user");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, opening_learns_what_it_can_do);
	tcase_add_test(t, one_without_protocol_features_is_asked_less);
	tcase_add_test(t, memory_is_the_window_and_cannot_be_resized);
	tcase_add_test(t, a_queue_is_handed_over_with_three_eventfds);
	tcase_add_test(t, a_queue_comes_back_with_its_place);
	tcase_add_test(t, configuration_is_asked_for);
	tcase_add_test(t, a_refusal_leaves_the_connection);
	tcase_add_loop_test(t, nonsense_ends_the_conversation, 0, 7);
	tcase_add_test(t, an_answer_for_another_queue_is_none);
	tcase_add_test(t, an_answer_for_other_bytes_is_none);
	tcase_add_loop_test(t, a_half_answer_is_waited_for_no_longer_than_said,
			    0, 3);
	tcase_add_loop_test(t, one_that_hangs_up_is_noticed, 0, 2);
	tcase_add_test(t, one_that_does_not_read_is_not_waited_for);
	tcase_add_loop_test(t, descriptors_it_sends_are_closed, 0, 2);
	tcase_add_loop_test(t, opening_fails_with_the_socket_closed, 0, 2);
	suite_add_tcase(s, t);
	return unit_main(s);
}
