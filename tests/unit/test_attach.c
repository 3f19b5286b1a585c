// SPDX-License-Identifier: GPL-2.0-only
/* test_attach.c: properties of being attached to a console by its socket. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../vmm/attach.h"

static struct loop loop;
static struct attach *attach;
static uint8_t typed[65536];
static size_t nr_typed, appetite;
static unsigned int nr_breaks;

static size_t on_input(void *ctx, const uint8_t *bytes, size_t len)
{
	ck_assert_ptr_eq(ctx, &loop);
	len = len < appetite ? len : appetite;
	ck_assert_uint_le(nr_typed + len, sizeof(typed));
	memcpy(typed + nr_typed, bytes, len);
	nr_typed += len;
	appetite -= len;
	return len;
}

static void on_break(void *ctx)
{
	ck_assert_ptr_eq(ctx, &loop);
	nr_breaks++;
}

static void setup(void)
{
	const struct attach_host host = { &loop, on_input, on_break };

	nr_typed = nr_breaks = 0;
	appetite = sizeof(typed);
	ck_assert_int_eq(loop_init(&loop), 0);
	ck_assert_int_eq(attach_open(&attach, &loop, &host), 0);
}

static void teardown(void)
{
	attach_close(attach, NULL);
	attach = NULL;
	loop_fini(&loop);
}

/* What is gathered has come out, too. */
static void serve(void)
{
	const struct timespec gathering = { .tv_nsec = 10000000 };

	(void)nanosleep(&gathering, NULL);
	for (unsigned int i = 0; i < 8; i++)
		ck_assert_int_eq(loop_poll(&loop), 0);
}

static int client(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(attach_add(attach, fds[0]), 0);
	return fds[1];
}

static void prints(const char *text)
{
	attach_hear(attach, (const uint8_t *)text, strlen(text));
}

/* What a client was shown. */
struct shown {
	char line[128], end[512], text[4 * ATTACH_KEPT];
	size_t len;
	uint64_t dropped;
	bool is_over; /* the connection */
};

static bool get(int fd, void *bytes, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n =
			recv(fd, (char *)bytes + at, len - at, MSG_DONTWAIT);

		if (n == 0)
			return false;
		if (n < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			if (at == 0)
				return false;
			serve();
			continue;
		}
		at += (size_t)n;
	}
	return true;
}

static void see_frame(int fd, struct shown *s, const struct attach_head *h)
{
	size_t len = le16_get(h->len);
	le64 nr;

	ck_assert_uint_le(len, ATTACH_PAYLOAD);
	if (h->type == ATTACH_OUTPUT) {
		ck_assert_uint_le(s->len + len, sizeof(s->text));
		ck_assert(get(fd, s->text + s->len, len));
		s->len += len;
	} else if (h->type == ATTACH_DROPPED) {
		ck_assert_uint_eq(len, sizeof(nr));
		ck_assert(get(fd, &nr, sizeof(nr)));
		s->dropped += le64_get(nr);
	} else {
		ck_assert_int_eq(h->type, ATTACH_END);
		ck_assert_uint_lt(len, sizeof(s->end));
		ck_assert(get(fd, s->end, len));
	}
}

static void see(int fd, struct shown *s)
{
	struct attach_head h;
	size_t at = 0;
	char c;

	if (!s->line[0])
		while (at + 1 < sizeof(s->line) && get(fd, &c, 1) && c != '\n')
			s->line[at++] = c;
	while (get(fd, &h, sizeof(h)))
		see_frame(fd, s, &h);
	s->is_over = recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

static struct shown *shown(void)
{
	struct shown *s = calloc(1, sizeof(*s));

	ck_assert_ptr_nonnull(s);
	return s;
}

static void sends(int fd, uint8_t type, const char *bytes, size_t len)
{
	struct attach_head h = { .type = type, .len = { (uint16_t)len } };

	ck_assert_int_eq(send(fd, &h, sizeof(h), MSG_NOSIGNAL), sizeof(h));
	if (len)
		ck_assert_int_eq(send(fd, bytes, len, MSG_NOSIGNAL),
				 (ssize_t)len);
	serve();
}

START_TEST(who_comes_late_sees_what_was_said_and_what_comes)
{
	struct shown *s = shown();
	int fd;

	prints("early\n");
	fd = client();
	see(fd, s);
	ck_assert_str_eq(s->line,
			 "{\"v\":1,\"ok\":true,\"input\":true,\"missed\":0}");
	ck_assert_str_eq(s->text, "early\n");
	prints("late");
	prints("r\n");
	serve();
	see(fd, s);
	ck_assert_str_eq(s->text, "early\nlater\n");
	ck_assert_uint_eq(s->dropped, 0);
	close(fd);
	serve();
	free(s);
}
END_TEST

START_TEST(a_replay_that_is_not_whole_begins_with_a_line)
{
	struct shown *s = shown();
	int fd;

	for (unsigned int i = 0; i < ATTACH_KEPT / 8 + 100; i++)
		prints("0123456\n");
	prints("x");
	fd = client();
	for (unsigned int i = 0; i < 100; i++) {
		see(fd, s);
		ck_assert_int_eq(loop_poll(&loop), 0);
	}
	ck_assert_ptr_nonnull(strstr(s->line, "\"missed\":808"));
	ck_assert_int_eq(s->text[0], '0');
	ck_assert_uint_eq(s->len, ATTACH_KEPT - 8 + 1);
	ck_assert_int_eq(s->text[s->len - 1], 'x');
	close(fd);
	free(s);
}
END_TEST

START_TEST(who_does_not_read_is_told_what_it_missed)
{
	static char text[ATTACH_KEPT + 1];
	struct shown *slow = shown(), *quick = shown();
	int lazy = client(), eager = client();

	memset(text, 'x', sizeof(text) - 1);
	for (unsigned int i = 1; i <= 3; i++) {
		prints(text);
		for (unsigned int n = 0;
		     n < 500 && quick->len < i * ATTACH_KEPT; n++) {
			serve();
			see(eager, quick);
		}
	}
	ck_assert_uint_eq(quick->len, 3 * ATTACH_KEPT);
	ck_assert_uint_eq(quick->dropped, 0);
	for (unsigned int n = 0; n < 100; n++) {
		see(lazy, slow);
		ck_assert_int_eq(loop_poll(&loop), 0);
	}
	ck_assert_uint_gt(slow->dropped, 0);
	ck_assert_uint_ge(slow->len, ATTACH_KEPT);
	ck_assert_uint_eq(slow->len + slow->dropped, 3 * ATTACH_KEPT);
	close(lazy);
	close(eager);
	free(slow);
	free(quick);
}
END_TEST

START_TEST(all_may_type_and_who_has_no_room_loses_nothing)
{
	int one = client(), two = client();

	appetite = 7;
	sends(one, ATTACH_INPUT, "hello", 5);
	sends(two, ATTACH_INPUT, " world", 6);
	sends(two, ATTACH_BREAK, NULL, 0);
	sends(two, ATTACH_INPUT, "!", 1);
	ck_assert_uint_eq(nr_typed, 7);
	ck_assert_uint_eq(nr_breaks, 0);
	appetite = 100;
	attach_input_room(attach);
	serve();
	ck_assert_uint_eq(nr_typed, 12);
	ck_assert_uint_eq(nr_breaks, 1);
	ck_assert_int_eq(memcmp(typed, "hello world!", 12), 0);
	close(one);
	close(two);
}
END_TEST

static void types(int fd, size_t nr)
{
	char text[1000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	for (; nr; nr -= sizeof(text))
		sends(fd, ATTACH_INPUT, text, sizeof(text));
}

/* A shell echoes, so there is something to show to who is gone. */
START_TEST(what_was_typed_is_not_lost_when_its_typist_leaves)
{
	int fd = client();

	appetite = 0;
	types(fd, 9000);
	prints("echo\n");
	close(fd);
	serve();
	for (unsigned int i = 0; i < ATTACH_CLIENTS; i++)
		close(client());
	appetite = 8999;
	attach_input_room(attach);
	serve();
	ck_assert_uint_eq(nr_typed, 8999);
	appetite = 100;
	attach_input_room(attach);
	serve();
	ck_assert_uint_eq(nr_typed, 9000);
	for (size_t i = 0; i < nr_typed; i++)
		ck_assert_int_eq(typed[i], 'a' + (int)(i % 1000 % 26));
}
END_TEST

START_TEST(who_types_more_than_is_kept_waits_and_loses_the_rest)
{
	int fd = client(), other = client();
	const size_t nr = ATTACH_TYPED / 1000 * 1000 + 6000;

	appetite = 0;
	types(fd, nr);
	appetite = 6000;
	attach_input_room(attach);
	serve();
	ck_assert_uint_eq(nr_typed, 6000);
	/* All of it has found room by now. */
	sends(other, ATTACH_INPUT, "other", 5);
	sends(fd, ATTACH_BREAK, NULL, 0);
	types(fd, 3000);
	close(fd);
	serve();
	nr_typed = 0;
	appetite = sizeof(typed);
	attach_input_room(attach);
	serve();
	ck_assert_uint_eq(nr_typed, nr - 6000 + 5);
	ck_assert_uint_eq(nr_breaks, 0);
	for (unsigned int i = 1; i < ATTACH_CLIENTS; i++)
		(void)client();
	ck_assert_int_eq(attach_add(attach, 0), -EBUSY);
	close(other);
}
END_TEST

START_TEST(nonsense_is_hung_up_on)
{
	static const struct attach_head bad[] = {
		{ .type = 'z' },
		{ .type = ATTACH_BREAK, .len = { 1 } },
		{ .type = ATTACH_INPUT, .zero = 1, .len = { 1 } },
		{ .type = ATTACH_INPUT, .len = { ATTACH_PAYLOAD + 1 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct shown *s = shown();
		int fd = client();

		ck_assert_int_gt(send(fd, &bad[i], sizeof(bad[i]), 0), 0);
		(void)!send(fd, "x", 1, MSG_NOSIGNAL);
		serve();
		see(fd, s);
		ck_assert(s->is_over);
		close(fd);
		free(s);
	}
	ck_assert_uint_eq(nr_typed, 0);
	/* They left; there is room for others. */
	for (unsigned int i = 0; i < ATTACH_CLIENTS; i++)
		(void)client();
	ck_assert_int_eq(attach_add(attach, 0), -EBUSY);
}
END_TEST

START_TEST(the_end_comes_behind_the_last_words)
{
	json_t *end = json_pack("{s:i}", "code", 42);
	struct shown *s = shown();
	int fd = client(), gone = client();

	close(gone);
	attach_stop(attach);
	prints("last words");
	attach_close(attach, end);
	attach = NULL;
	see(fd, s);
	ck_assert_str_eq(s->text, "last words");
	ck_assert_str_eq(s->end, "{\"code\":42}");
	ck_assert(s->is_over);
	json_decref(end);
	close(fd);
	free(s);
}
END_TEST

START_TEST(who_does_not_read_holds_up_the_end_for_seconds_at_most)
{
	static char text[ATTACH_KEPT + 1];
	json_t *end = json_pack("{s:i}", "code", 42);
	int fd = client();

	memset(text, 'x', sizeof(text) - 1);
	prints(text);
	attach_close(attach, end); /* the suite's limit is the bound */
	attach = NULL;
	json_decref(end);
	close(fd);
}
END_TEST

/* The timer and the client's own event come in one batch, whatever their order. */
START_TEST(who_hangs_up_while_it_is_shown_something_is_gone_once)
{
	const struct timespec gathering = { .tv_nsec = 20000000 };
	int fds[3];

	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = client();
	serve();
	prints("hello\n");
	(void)nanosleep(&gathering, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	serve();
	for (unsigned int i = 0; i < ATTACH_CLIENTS; i++)
		close(client());
	serve();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("attach");
	TCase *tc = tcase_create("attach");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, who_comes_late_sees_what_was_said_and_what_comes);
	tcase_add_test(tc, a_replay_that_is_not_whole_begins_with_a_line);
	tcase_add_test(tc, who_does_not_read_is_told_what_it_missed);
	tcase_add_test(tc, all_may_type_and_who_has_no_room_loses_nothing);
	tcase_add_test(tc, what_was_typed_is_not_lost_when_its_typist_leaves);
	tcase_add_test(tc,
		       who_types_more_than_is_kept_waits_and_loses_the_rest);
	tcase_add_test(tc, nonsense_is_hung_up_on);
	tcase_add_test(tc, the_end_comes_behind_the_last_words);
	tcase_add_test(tc,
		       who_does_not_read_holds_up_the_end_for_seconds_at_most);
	tcase_add_test(tc,
		       who_hangs_up_while_it_is_shown_something_is_gone_once);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
