// SPDX-License-Identifier: GPL-2.0-only
/* test_virtio_dev.c: properties of what all virtio devices have in common. */
#include "dev_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "../../vmm/crash.h"

START_TEST(a_driver_that_keeps_the_order_gets_its_requests_served)
{
	struct bench *b = bench_make();
	uint32_t written;

	ck_assert_str_eq(b->dev.name, "echo3");
	bring_up(b);
	ck_assert_uint_eq(b->nr_starts, 1);
	ck_assert_uint_eq(b->nr_runs[0], 1);
	ck_assert_uint_eq(b->nr_runs[1], 1);
	poll_loop(b);
	for (unsigned int q = 0; q < NR_QUEUES; q++) {
		offer_echo(b, q, (uint8_t)(77 + q));
		poll_loop(b);
		ck_assert_uint_eq(interrupts(b, q), 1);
		ck_assert_int_ge(vq_driver_get(&b->d[q], &written), 0);
		ck_assert_uint_eq(written, 1);
		ck_assert_uint_eq(
			*(uint8_t *)vq_driver_mem(&b->w, DATA + 64, 1), 77 + q);
	}
	bench_free(b);
}
END_TEST

START_TEST(chains_offered_before_driver_ok_are_found_without_a_kick)
{
	struct bench *b = bench_make();
	const struct vq_buf buf = { DATA, 1, true };

	virtio_dev_set_status(&b->dev, UP & ~VIRTIO_CONFIG_S_FEATURES_OK);
	accept_features(b, GOOD);
	virtio_dev_set_status(&b->dev, UP);
	enable_queue(b, 1, 16);
	(void)vq_driver_add(&b->d[1], &buf, 1);
	(void)vq_driver_publish(&b->d[1]);
	poll_loop(b);
	ck_assert_uint_eq(b->nr_kicks, 0);
	virtio_dev_set_status(&b->dev, UP | VIRTIO_CONFIG_S_DRIVER_OK);
	poll_loop(b);
	ck_assert_int_ge(vq_driver_get(&b->d[1], NULL), 0);
	bench_free(b);
}
END_TEST

/* Whether FEATURES_OK sticks when the driver accepts @features. */
static bool agrees(struct bench *b, uint64_t features)
{
	virtio_dev_set_status(&b->dev, 0);
	accept_features(b, features);
	virtio_dev_set_status(&b->dev, UP);
	return virtio_dev_status(&b->dev) & VIRTIO_CONFIG_S_FEATURES_OK;
}

START_TEST(features_must_hold_the_required_and_none_not_offered)
{
	struct bench *b = bench_make();

	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t f = 1ULL << bit;
		bool required = bit == VIRTIO_F_VERSION_1 ||
				bit == VIRTIO_F_ACCESS_PLATFORM;
		bool offered =
			virtio_dev_offered(&b->dev, bit / 32) >> (bit % 32) & 1;

		must(agrees(b, GOOD & ~f) == !required);
		must(agrees(b, GOOD | f) == offered);
	}
	must(agrees(b, GOOD | OWN_FEATURE));
	must(!agrees(b, 0));
	must(virtio_dev_offered(&b->dev, 2) == 0);
	bench_free(b);
}
END_TEST

START_TEST(features_are_fixed_once_agreed_on)
{
	struct bench *b = bench_make();

	must(agrees(b, GOOD));
	accept_features(b, 0);
	virtio_dev_accept(&b->dev, 2, 1);
	must(b->dev.features == GOOD && b->dev.driver_features == GOOD);
	must(virtio_has(&b->dev, VIRTIO_F_RING_RESET));
	virtio_dev_set_status(&b->dev, 0);
	must(b->dev.features == 0);
	bench_free(b);
}
END_TEST

START_TEST(status_bits_are_only_added_and_needs_reset_is_ours)
{
	struct bench *b = bench_make();

	bring_up(b);
	virtio_dev_set_status(&b->dev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	must(virtio_dev_status(&b->dev) == (UP | VIRTIO_CONFIG_S_DRIVER_OK));
	virtio_dev_set_status(&b->dev, VIRTIO_CONFIG_S_NEEDS_RESET);
	must(!is_broken(b));
	must(b->nr_starts == 1 && b->nr_stops == 0);
	bench_free(b);
}
END_TEST

START_TEST(driver_ok_without_features_ok_starts_nothing)
{
	struct bench *b = bench_make();

	virtio_dev_set_status(&b->dev, 0xff & ~VIRTIO_CONFIG_S_FAILED);
	must(b->nr_starts == 0 && is_broken(b));
	must(!(virtio_dev_status(&b->dev) & VIRTIO_CONFIG_S_DRIVER_OK));
	virtio_dev_set_status(&b->dev, 0);
	must(virtio_dev_status(&b->dev) == 0);
	/* No queue either. */
	enable_queue(b, 0, 16);
	must(!b->dev.queues[0].vq.ready && is_broken(b));
	bench_free(b);
}
END_TEST

START_TEST(a_device_that_cannot_start_asks_for_a_reset)
{
	struct bench *b = bench_make();

	b->start_error = -ENOMEM;
	bring_up(b);
	must(is_broken(b) && !b->dev.running && b->dev.lacks_means);
	must(b->nr_config_changed == 1);
	offer_echo(b, 0, 1);
	poll_loop(b);
	must(b->nr_kicks == 0);
	virtio_dev_set_status(&b->dev, 0);
	must(b->nr_stops == 0);
	b->start_error = 0;
	bring_up(b);
	must(!is_broken(b) && b->dev.running);
	bench_free(b);
	/* bench_free() stops it. */
}
END_TEST

START_TEST(reset_stops_once_and_forgets_the_queues)
{
	struct bench *b = bench_make();

	bring_up(b);
	offer_echo(b, 0, 1);
	virtio_dev_set_status(&b->dev, 0);
	must(b->nr_stops == 1);
	must(b->nr_ends[0] == 1 && b->nr_ends[1] == 1);
	must(!b->dev.queues[0].vq.ready && b->dev.queues[0].vq.size == 64);
	/* The kick of before finds nobody. */
	poll_loop(b);
	must(b->nr_kicks == 0);
	virtio_dev_set_status(&b->dev, 0);
	must(b->nr_stops == 1 && b->nr_ends[0] == 1);
	bring_up(b);
	must(b->nr_starts == 2);
	bench_free(b);
}
END_TEST

START_TEST(a_bad_queue_breaks_its_device_until_reset)
{
	struct bench *b = bench_make();

	must(agrees(b, GOOD));
	vq_driver_init(&b->d[0], &b->w, RING, 16, true);
	vq_driver_attach(&b->d[0], &b->dev.queues[0].vq);
	b->dev.queues[0].vq.used_gpa = GPA + LEN;
	virtio_dev_queue_enable(&b->dev, 0);
	must(is_broken(b) && b->nr_config_changed == 0);
	/* Only a driver that is up may be interrupted. */
	virtio_dev_set_status(&b->dev, UP | VIRTIO_CONFIG_S_DRIVER_OK);
	must(b->nr_starts == 0 && b->nr_config_changed == 1);
	bring_up(b);
	must(!is_broken(b));
	virtio_dev_queue_enable(&b->dev, NR_QUEUES);
	virtio_dev_queue_enable(&b->dev, UINT32_MAX);
	must(!is_broken(b));
	bench_free(b);
}
END_TEST

START_TEST(a_broken_ring_stops_the_whole_device_and_tells_once)
{
	struct bench *b = bench_make();

	bring_up(b);
	poll_loop(b);
	b->d[0].avail->idx = 40000;
	kick(b, 0);
	poll_loop(b);
	must(is_broken(b) && b->nr_config_changed == 1);
	b->nr_kicks = 0;
	for (int i = 0; i < 5; i++) {
		offer_echo(b, 1, 1);
		kick(b, 0);
		poll_loop(b);
	}
	must(b->nr_kicks == 0 && b->nr_config_changed == 1);
	must(interrupts(b, 1) == 0);
	bring_up(b);
	poll_loop(b);
	offer_echo(b, 1, 1);
	poll_loop(b);
	must(interrupts(b, 1) == 1);
	bench_free(b);
}
END_TEST

START_TEST(one_queue_resets_while_the_other_runs)
{
	struct bench *b = bench_make();

	bring_up(b);
	poll_loop(b);
	for (unsigned int i = 1; i < 20; i++) {
		virtio_dev_queue_reset(&b->dev, 0);
		must(!b->dev.queues[0].vq.ready);
		must(b->nr_queue_stops == i && b->nr_ends[0] == i);
		/* Of a queue that is not running: nothing to stop. */
		virtio_dev_queue_reset(&b->dev, 0);
		must(b->nr_queue_stops == i && b->nr_ends[0] == i);
		offer_echo(b, 1, 1);
		poll_loop(b);
		must(vq_driver_get(&b->d[1], NULL) >= 0);
		enable_queue(b, 0, (uint16_t)(2U << i % 5));
		must(b->nr_runs[0] == i + 1);
		offer_echo(b, 0, 1);
		poll_loop(b);
		must(vq_driver_get(&b->d[0], NULL) >= 0);
	}
	virtio_dev_queue_reset(&b->dev, NR_QUEUES);
	must(!is_broken(b));
	bench_free(b);
}
END_TEST

START_TEST(queue_reset_wants_its_feature)
{
	struct bench *b = bench_make();

	must(agrees(b, GOOD & ~(1ULL << VIRTIO_F_RING_RESET)));
	enable_queue(b, 0, 16);
	virtio_dev_set_status(&b->dev, UP | VIRTIO_CONFIG_S_DRIVER_OK);
	virtio_dev_queue_reset(&b->dev, 0);
	must(b->nr_queue_stops == 0 && b->dev.queues[0].vq.ready);
	bench_free(b);
}
END_TEST

START_TEST(config_space_ends_at_its_last_byte)
{
	struct bench *b = bench_make();
	uint8_t buf[16];

	memcpy(b->config, "1234567", 7);
	for (unsigned int off = 0; off < 20; off++) {
		for (unsigned int len = 1; len <= 8; len *= 2) {
			memset(buf, 0xee, sizeof(buf));
			virtio_dev_config_read(&b->dev, off, buf, len);
			for (unsigned int i = 0; i < sizeof(buf); i++)
				must(buf[i] == (i >= len ? 0xee
						: off + i >= 7
							? 0
							: '1' + off + i));
		}
	}
	virtio_dev_config_read(&b->dev, UINT32_MAX, buf, 8);
	must(buf[0] == 0);
	virtio_dev_config_write(&b->dev, 5, "abcd", 4);
	virtio_dev_config_write(&b->dev, 7, "abcd", 4);
	virtio_dev_config_write(&b->dev, UINT32_MAX - 1, "abcd", 4);
	must(!memcmp(b->config, "12345ab", 7));
	bench_free(b);
}
END_TEST

START_TEST(config_changes_are_numbered_and_told_to_a_driver_that_is_up)
{
	struct bench *b = bench_make();
	uint8_t before = virtio_dev_generation(&b->dev);

	virtio_config_changed(&b->dev);
	must(b->nr_config_changed == 0);
	bring_up(b);
	pthread_mutex_lock(&b->dev.lock);
	virtio_config_changed(&b->dev);
	pthread_mutex_unlock(&b->dev.lock);
	must(b->nr_config_changed == 1);
	must(virtio_dev_generation(&b->dev) == (uint8_t)(before + 2));
	bench_free(b);
}
END_TEST

static unsigned int nr_open_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(a_thousand_devices_leave_no_descriptor)
{
	unsigned int before = nr_open_fds();

	for (int i = 0; i < 1000; i++) {
		struct bench *b = bench_make();

		if (i % 2)
			bring_up(b);
		bench_free(b);
	}
	must(nr_open_fds() == before);
}
END_TEST

START_TEST(a_host_at_its_limits_gets_no_half_device)
{
	const struct virtio_dev_init init = { .class = &echo_class,
					      .nr_queues = NR_QUEUES };
	unsigned int before = nr_open_fds();
	struct bench *b = bench_make();
	static struct virtio_dev d;
	struct rlimit old, now;
	int lowest = dup(0);

	must(lowest >= 0 && getrlimit(RLIMIT_NOFILE, &old) == 0);
	close(lowest);
	for (rlim_t more = 0; more < 2; more++) {
		struct virtio_dev_init i = init;

		i.window = &b->w;
		i.loop = &b->loop;
		now = (struct rlimit){ (rlim_t)lowest + more, old.rlim_max };
		must(setrlimit(RLIMIT_NOFILE, &now) == 0);
		must(virtio_dev_init(&d, &i) == -EMFILE);
		must(setrlimit(RLIMIT_NOFILE, &old) == 0);
		must(d.class == NULL);
	}
	bench_free(b);
	must(nr_open_fds() == before);
}
END_TEST

START_TEST(a_page_lost_before_the_answer_breaks_the_device)
{
	struct bench *b = bench_make();

	bring_up(b);
	poll_loop(b);
	/* Readable while it pops, gone when the used ring is written. */
	offer_echo(b, 0, 1);
	mprotect(b->d[0].desc, 4096, PROT_READ);
	poll_loop(b);
	must(is_broken(b) && interrupts(b, 0) == 0);
	mprotect(b->d[0].desc, 4096, PROT_READ | PROT_WRITE);
	bench_free(b);
}
END_TEST

/* A vCPU that programs the device's registers while another kicks it. */
static void *reset_storm(void *arg)
{
	struct bench *b = arg;
	struct virtio_stats stats;
	uint64_t last = 0;

	for (int i = 0; i < 1500; i++) {
		bring_up(b);
		for (unsigned int q = 0; q < NR_QUEUES; q++)
			offer_echo(b, q, 1);
		if (i % 3 == 0)
			virtio_dev_queue_reset(&b->dev, 0);
		if (i % 7 == 0)
			take_page(b->d[1].avail);
		kick(b, 1);
		(void)virtio_dev_status(&b->dev);
		virtio_dev_stats(&b->dev, &stats);
		must(stats.requests >= last);
		last = stats.requests;
		virtio_dev_set_status(&b->dev, 0);
		give_page(b->d[1].avail);
	}
	loop_stop(&b->loop);
	return NULL;
}

START_TEST(figures_are_of_all_queues_and_lives)
{
	struct bench *b = bench_make();
	const struct vq_buf big = { DATA, 4096, true };
	struct virtio_stats s;

	virtio_dev_stats(&b->dev, &s);
	ck_assert_uint_eq(s.requests + s.kicks + s.interrupts, 0);
	for (unsigned int life = 0; life < 3; life++) {
		bring_up(b);
		poll_loop(b);
		for (unsigned int q = 0; q < NR_QUEUES; q++) {
			(void)vq_driver_arm(&b->d[q]);
			offer_echo(b, q, 1);
			poll_loop(b);
		}
		virtio_dev_power_on(&b->dev);
	}
	virtio_dev_stats(&b->dev, &s);
	ck_assert_uint_eq(s.requests, 6);
	ck_assert_uint_eq(s.bytes, 12);
	ck_assert_uint_ge(s.kicks, 6);
	ck_assert_uint_eq(s.interrupts, 6);
	ck_assert_uint_eq(s.max_in_flight, 1);
	ck_assert_uint_eq(s.max_segment, 1);
	ck_assert_uint_eq(s.outside, 0);
	ck_assert(!s.partial);

	bring_up(b);
	must(vq_driver_add(&b->d[0], &big, 1) >= 0);
	(void)vq_driver_publish(&b->d[0]);
	kick(b, 0);
	poll_loop(b);
	b->d[1].desc[0].addr = 0x1000;
	vq_driver_offer(&b->d[1], 0);
	(void)vq_driver_publish(&b->d[1]);
	kick(b, 1);
	poll_loop(b);
	b->dev.calls_uncounted = true;
	virtio_dev_power_on(&b->dev);
	virtio_dev_stats(&b->dev, &s);
	ck_assert_uint_eq(s.max_segment, 4096);
	ck_assert_uint_eq(s.outside, 1);
	ck_assert(s.partial);
	bench_free(b);
}
END_TEST

START_TEST(resets_may_come_while_the_loop_serves)
{
	struct bench *b = bench_make();
	pthread_t vcpu;

	must(pthread_create(&vcpu, NULL, reset_storm, b) == 0);
	must(loop_run(&b->loop) == 0);
	pthread_join(vcpu, NULL);
	must(b->nr_starts == 1500 && b->nr_stops == 1500);
	must(b->nr_runs[0] == b->nr_ends[0]);
	bench_free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("virtio_dev");
	TCase *tc = tcase_create("virtio_dev");

	crash_handlers_install();
	log_set_level(LOG_ERROR); /* not the guest's mistakes */
	tcase_add_test(tc,
		       a_driver_that_keeps_the_order_gets_its_requests_served);
	tcase_add_test(
		tc, chains_offered_before_driver_ok_are_found_without_a_kick);
	tcase_add_test(tc,
		       features_must_hold_the_required_and_none_not_offered);
	tcase_add_test(tc, features_are_fixed_once_agreed_on);
	tcase_add_test(tc, status_bits_are_only_added_and_needs_reset_is_ours);
	tcase_add_test(tc, driver_ok_without_features_ok_starts_nothing);
	tcase_add_test(tc, a_device_that_cannot_start_asks_for_a_reset);
	tcase_add_test(tc, reset_stops_once_and_forgets_the_queues);
	tcase_add_test(tc, a_bad_queue_breaks_its_device_until_reset);
	tcase_add_test(tc, a_broken_ring_stops_the_whole_device_and_tells_once);
	tcase_add_test(tc, one_queue_resets_while_the_other_runs);
	tcase_add_test(tc, queue_reset_wants_its_feature);
	tcase_add_test(tc, config_space_ends_at_its_last_byte);
	tcase_add_test(
		tc,
		config_changes_are_numbered_and_told_to_a_driver_that_is_up);
	tcase_add_test(tc, a_thousand_devices_leave_no_descriptor);
	tcase_add_test(tc, a_host_at_its_limits_gets_no_half_device);
	tcase_add_test(tc, a_page_lost_before_the_answer_breaks_the_device);
	tcase_add_test(tc, figures_are_of_all_queues_and_lives);
	tcase_add_test(tc, resets_may_come_while_the_loop_serves);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
