// SPDX-License-Identifier: GPL-2.0-only
/* test_loop.c: properties of the I/O loop. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "loop.h"

struct reader {
	struct watch watch;
	struct loop *loop;
	unsigned int calls, wanted;
};

static void reader_ready(struct watch *w, uint32_t events)
{
	struct reader *r = container_of(w, struct reader, watch);
	char c;

	ck_assert_uint_ne(events & EPOLLIN, 0);
	ck_assert_int_eq(read(w->fd, &c, 1), 1);
	if (++r->calls == r->wanted)
		loop_stop(r->loop);
}

START_TEST(serves_a_watch_once_per_readiness)
{
	struct loop l;
	struct reader r = { .loop = &l, .wanted = 3 };
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(loop_init(&l), 0);
	r.watch = (struct watch){ fds[0], EPOLLIN, reader_ready };
	ck_assert_int_eq(loop_add(&l, &r.watch), 0);
	ck_assert_int_eq(write(fds[1], "abc", 3), 3);
	ck_assert_int_eq(loop_run(&l), 0);
	ck_assert_uint_eq(r.calls, 3);
	loop_remove(&l, &r.watch);
	loop_fini(&l);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static void *stop_it(void *l)
{
	usleep(10000);
	loop_stop(l);
	return NULL;
}

START_TEST(stops_when_told_by_another_thread)
{
	struct loop l;
	pthread_t t;

	ck_assert_int_eq(loop_init(&l), 0);
	pthread_create(&t, NULL, stop_it, &l);
	ck_assert_int_eq(loop_run(&l), 0);
	pthread_join(t, NULL);
	loop_fini(&l);
}
END_TEST

START_TEST(can_run_again_after_a_stop)
{
	struct loop l;

	ck_assert_int_eq(loop_init(&l), 0);
	loop_stop(&l);
	ck_assert_int_eq(loop_run(&l), 0);
	loop_stop(&l);
	ck_assert_int_eq(loop_run(&l), 0);
	loop_fini(&l);
}
END_TEST

START_TEST(poll_serves_what_is_ready_though_stopped)
{
	struct loop l;
	struct reader r = { .loop = &l };
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(loop_init(&l), 0);
	r.watch = (struct watch){ fds[0], EPOLLIN, reader_ready };
	ck_assert_int_eq(loop_add(&l, &r.watch), 0);
	ck_assert_int_eq(loop_poll(&l), 0);
	ck_assert_uint_eq(r.calls, 0);
	loop_stop(&l);
	ck_assert_int_eq(write(fds[1], "a", 1), 1);
	ck_assert_int_eq(loop_poll(&l), 0);
	ck_assert_uint_eq(r.calls, 1);
	loop_fini(&l);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(refuses_what_cannot_be_polled)
{
	struct loop l;
	struct watch w = { .events = EPOLLIN };

	ck_assert_int_eq(loop_init(&l), 0);
	w.fd = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(loop_add(&l, &w), -EPERM);
	close(w.fd);
	loop_fini(&l);
}
END_TEST

START_TEST(fini_can_be_repeated)
{
	struct loop l;

	ck_assert_int_eq(loop_init(&l), 0);
	loop_fini(&l);
	loop_fini(&l);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("loop");
	TCase *tc = tcase_create("loop");

	tcase_add_test(tc, serves_a_watch_once_per_readiness);
	tcase_add_test(tc, stops_when_told_by_another_thread);
	tcase_add_test(tc, can_run_again_after_a_stop);
	tcase_add_test(tc, poll_serves_what_is_ready_though_stopped);
	tcase_add_test(tc, refuses_what_cannot_be_polled);
	tcase_add_test(tc, fini_can_be_repeated);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
