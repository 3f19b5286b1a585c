// SPDX-License-Identifier: GPL-2.0-only
/* test_rng.c: properties of the entropy device. */
#include "queue_fixture.h"

#include <linux/virtio_config.h>
#include <string.h>

#include "log.h"
#include "virtio_rng.h"

#define UP (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)

struct world {
	struct window w;
	struct loop loop;
	struct virtio_rng rng;
	struct vq_driver d;
};

/* A driver that runs. */
static struct world *start(void)
{
	struct world *t = calloc(1, sizeof(*t));
	struct virtio_dev *d;

	must(t);
	log_set_level(LOG_ERROR);
	must(window_init(&t->w, GPA, LEN) == 0);
	must(loop_init(&t->loop) == 0);
	must(virtio_rng_init(&t->rng, &t->w, &t->loop, 0) == 0);
	d = &t->rng.dev;
	virtio_dev_set_status(d, UP);
	virtio_dev_accept(d, 0, 1U << VIRTIO_RING_F_EVENT_IDX);
	virtio_dev_accept(d, 1, 3); /* VERSION_1, ACCESS_PLATFORM */
	virtio_dev_set_status(d, UP | VIRTIO_CONFIG_S_FEATURES_OK);
	vq_driver_init(&t->d, &t->w, RING, VIRTIO_RNG_QUEUE, true);
	vq_driver_attach(&t->d, &d->queues[0].vq);
	virtio_dev_queue_enable(d, 0);
	virtio_dev_set_status(d, UP | VIRTIO_CONFIG_S_FEATURES_OK |
					 VIRTIO_CONFIG_S_DRIVER_OK);
	must(loop_poll(&t->loop) == 0);
	return t;
}

static void end(struct world *t)
{
	virtio_dev_fini(&t->rng.dev);
	loop_fini(&t->loop);
	window_fini(&t->w);
	free(t);
}

static void ask(struct world *t, const struct vq_buf *bufs, unsigned int n)
{
	const uint64_t one = 1;

	must(vq_driver_add(&t->d, bufs, n) >= 0);
	/* Kicks when it has to: the device asks for the next one. */
	must(vq_driver_publish(&t->d));
	must(write(t->rng.dev.queues[0].kick.fd, &one, 8) == 8);
	must(loop_poll(&t->loop) == 0);
}

static bool is_zero(struct world *t, gpa_t gpa, uint32_t len)
{
	const uint8_t *p = vq_driver_mem(&t->w, gpa, len);

	for (uint32_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

START_TEST(buffer_is_filled_to_its_end)
{
	const struct vq_buf b = { DATA, 1000, true };
	struct world *t = start();
	uint64_t called;
	uint32_t written;

	ask(t, &b, 1);
	ck_assert_int_ge(vq_driver_get(&t->d, &written), 0);
	ck_assert_uint_eq(written, 1000);
	for (unsigned int i = 0; i < 1000; i += 40)
		ck_assert(!is_zero(t, DATA + i, 40));
	ck_assert(is_zero(t, DATA + 1000, 64));
	ck_assert_int_eq(read(t->rng.dev.queues[0].call, &called, 8), 8);
	end(t);
}
END_TEST

START_TEST(buffers_of_a_chain_are_filled_in_turn)
{
	const struct vq_buf b[] = { { DATA, 33, true },
				    { DATA + 100, 300, true } };
	struct world *t = start();
	uint32_t written;

	ask(t, b, 2);
	ck_assert_int_ge(vq_driver_get(&t->d, &written), 0);
	ck_assert_uint_eq(written, 333);
	ck_assert(!is_zero(t, DATA + 100 + 260, 40));
	ck_assert(is_zero(t, DATA + 33, 67));
	end(t);
}
END_TEST

START_TEST(large_request_is_answered_in_part)
{
	const struct vq_buf b = { DATA, 100000, true };
	struct world *t = start();
	uint32_t written;

	ask(t, &b, 1);
	ck_assert_int_ge(vq_driver_get(&t->d, &written), 0);
	ck_assert_uint_eq(written, VIRTIO_RNG_BYTES);
	ck_assert(is_zero(t, DATA + VIRTIO_RNG_BYTES, 4096));
	end(t);
}
END_TEST

START_TEST(what_the_driver_wrote_stays)
{
	const struct vq_buf b = { DATA, 64, false };
	struct world *t = start();
	uint32_t written;

	ask(t, &b, 1);
	ck_assert_int_ge(vq_driver_get(&t->d, &written), 0);
	ck_assert_uint_eq(written, 0);
	ck_assert(is_zero(t, DATA, 64));
	end(t);
}
END_TEST

START_TEST(each_request_is_kicked_served_and_told)
{
	const struct vq_buf b = { DATA, 64, true };
	struct world *t = start();
	uint64_t called;
	uint32_t written;

	for (unsigned int i = 0; i < 3 * VIRTIO_RNG_QUEUE; i++) {
		(void)vq_driver_arm(&t->d);
		ask(t, &b, 1);
		ck_assert_int_ge(vq_driver_get(&t->d, &written), 0);
		ck_assert_int_eq(read(t->rng.dev.queues[0].call, &called, 8),
				 8);
	}
	end(t);
}
END_TEST

START_TEST(full_queue_is_served)
{
	const struct vq_buf b = { DATA, 64, true };
	struct world *t = start();
	uint32_t written;

	for (unsigned int i = 0; i < VIRTIO_RNG_QUEUE - 1; i++)
		must(vq_driver_add(&t->d, &b, 1) >= 0);
	ask(t, &b, 1);
	must(loop_poll(&t->loop) == 0);
	for (unsigned int i = 0; i < VIRTIO_RNG_QUEUE; i++)
		ck_assert_int_ge(vq_driver_get(&t->d, &written), 0);
	end(t);
}
END_TEST

START_TEST(buffer_outside_the_window_breaks_the_queue)
{
	const struct vq_buf b = { 0x80000000, 64, true };
	struct world *t = start();

	ask(t, &b, 1);
	ck_assert(virtio_dev_status(&t->rng.dev) & VIRTIO_CONFIG_S_NEEDS_RESET);
	end(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rng");
	TCase *tc = tcase_create("rng");

	tcase_add_test(tc, buffer_is_filled_to_its_end);
	tcase_add_test(tc, buffers_of_a_chain_are_filled_in_turn);
	tcase_add_test(tc, large_request_is_answered_in_part);
	tcase_add_test(tc, what_the_driver_wrote_stays);
	tcase_add_test(tc, each_request_is_kicked_served_and_told);
	tcase_add_test(tc, full_queue_is_served);
	tcase_add_test(tc, buffer_outside_the_window_breaks_the_queue);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
