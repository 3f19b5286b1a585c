// SPDX-License-Identifier: GPL-2.0-only
/* test_vsock_threads.c: a vCPU resets the socket device while the loop serves. */
#include "vsock_fixture.h"

#include <pthread.h>

#define ROUNDS 150U
#define NR     8U

static void *loop_thread(void *arg)
{
	struct world *x = arg;

	must(!loop_run(&x->loop));
	return NULL;
}

/* Both sides talk, nobody waits for anybody. */
static void stir(struct world *x, int listener, unsigned int round)
{
	int fds[2 * NR], nr = 0, fd;
	char bytes[2000];

	for (uint32_t i = 0; i < NR; i++)
		say(x, VIRTIO_VSOCK_OP_REQUEST, i + 1, 6000);
	for (uint32_t i = 0; i < NR; i++) {
		fds[nr++] = host_connects(x, "CONNECT 5\nand more");
		say_data(x, i + 1, 6000, 0, 3000);
	}
	while (nr < (int)(2 * NR) &&
	       (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		fds[nr++] = fd;
		(void)host_writes(fd, 0, 5000);
	}
	if (round % 3 == 0)
		say_end(x, 1, 6000, BOTH);
	while (nr > 0) {
		if (round % 2)
			(void)recv(fds[nr - 1], bytes, sizeof(bytes), 0);
		close(fds[--nr]);
	}
}

START_TEST(resets_while_everybody_talks_leave_nothing)
{
	struct world *x = world_make();
	pthread_t thread;
	int l = host_listens(x, "_6000"), fd;

	x->is_served = true;
	must(!pthread_create(&thread, NULL, loop_thread, x));
	for (unsigned int round = 0; round < ROUNDS; round++) {
		bring_up(x, BASE, 64);
		stir(x, l, round);
		virtio_dev_set_status(x->dev, 0);
		ck_assert_uint_eq(stats(x).nr_conns, 0);
		ck_assert_uint_eq(stats(x).promised, 0);
		ck_assert_uint_eq(stats(x).held, 0);
	}
	loop_stop(&x->loop);
	pthread_join(thread, NULL);
	x->is_served = false;
	while ((fd = accept(l, NULL, NULL)) >= 0)
		close(fd);
	serve(x); /* hangs up on those that came late */
	bring_up(x, BASE, 64);
	close(guest_connects(x, l, 9));
	world_free(x);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vsock_threads");
	TCase *t = tcase_create("vsock_threads");

	tcase_add_test(t, resets_while_everybody_talks_leave_nothing);
	suite_add_tcase(s, t);
	return unit_main(s);
}
