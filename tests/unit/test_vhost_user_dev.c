// SPDX-License-Identifier: GPL-2.0-only
/* test_vhost_user_dev.c: properties of a device served by vhost-user. */
#include "vhost_user_fixture.h"

#include "../../vmm/crash.h"
#include "virtio_blk.h"

START_TEST(queues_go_to_the_back_end_and_come_back)
{
	struct world *w = world_make(&lasting, VHOST_USER_FS);

	ck_assert_uint_eq(w->back.nr_connects, 1);
	for (unsigned int i = 0; i < 3; i++) {
		bring_up(w);
		ck_assert(!is_broken(w));
		virtio_dev_set_status(w->dev, 0);
		ck_assert_uint_eq(count(&w->back.nr_starts), 2 * (i + 1));
		ck_assert_uint_eq(count(&w->back.nr_stops), 2 * (i + 1));
	}
	ck_assert_uint_eq(w->back.agreed, PROTOCOL | MODERN | EVENTS);
	ck_assert_uint_eq(w->back.memory, LEN);
	/* One connection for all runs. */
	ck_assert_uint_eq(w->back.nr_connects, 1);
	world_free(w);
}
END_TEST

START_TEST(one_of_ours_is_another_for_each_run)
{
	struct world *w = world_make(&ours, VHOST_USER_FS);

	for (unsigned int i = 1; i < 4; i++) {
		bring_up(w);
		ck_assert_uint_eq(w->back.nr_connects, i);
		virtio_dev_set_status(w->dev, 0);
		ck_assert_uint_eq(w->back.nr_disconnects, i);
	}
	world_free(w);
}
END_TEST

START_TEST(only_what_it_can_do_is_offered)
{
	struct world *w = world_new(&lasting);

	w->back.features = PROTOCOL | MODERN | BIT(26) | BIT(34) | BIT(38) |
			   BIT(9) | BIT(12) | BIT(11);
	must(create(w, VHOST_USER_BLK) == 0);
	/* Flush; the limits of a request are ours. */
	ck_assert_uint_eq(w->dev->offered,
			  MODERN | PLATFORM | BIT(9) | BIT(1) | BIT(2));
	world_free(w);
}
END_TEST

START_TEST(a_disks_requests_fit_into_the_window)
{
	struct world *w = world_make(&lasting, VHOST_USER_BLK);
	uint32_t limits[2];
	uint8_t first, later[4];

	virtio_dev_config_read(w->dev, 0, &first, 1);
	virtio_dev_config_read(w->dev, 8, limits, 8);
	virtio_dev_config_read(w->dev, 56, later, 4);
	ck_assert_uint_eq(first, 0);
	ck_assert_uint_eq(limits[0], KIB(4));
	ck_assert_uint_eq(limits[1], VHOST_USER_QUEUE - 2);
	ck_assert_uint_eq(later[3], 59);
	world_free(w);
}
END_TEST

START_TEST(a_share_has_its_tag)
{
	struct world *w = world_make(&ours, VHOST_USER_FS);
	char tag[36] = "";
	uint32_t nr = 0;

	virtio_dev_config_read(w->dev, 0, tag, sizeof(tag));
	virtio_dev_config_read(w->dev, 36, &nr, sizeof(nr));
	ck_assert_str_eq(tag, "tag");
	ck_assert_uint_eq(nr, 1);
	world_free(w);
}
END_TEST

START_TEST(one_that_cannot_serve_it_is_refused)
{
	struct world *w = world_new(&lasting);

	w->back.features = PROTOCOL;
	ck_assert_int_eq(create(w, VHOST_USER_FS), -ENOTSUP);
	w->back.features = PROTOCOL | MODERN;
	w->back.protocol = BIT(0);
	ck_assert_int_eq(create(w, VHOST_USER_BLK), -ENOTSUP);
	w->back.refuses = true;
	ck_assert_int_eq(create(w, VHOST_USER_RNG), -ECONNREFUSED);
	world_free(w);
}
END_TEST

START_TEST(a_card_may_be_of_one_pair)
{
	struct world *w = world_new(&lasting);

	w->back.nr_queues = 0;
	ck_assert_int_eq(create(w, VHOST_USER_NET), -ENOTSUP);
	w->back.nr_queues = 1;
	ck_assert_int_eq(create(w, VHOST_USER_FS), -ENOTSUP);
	ck_assert_int_eq(create(w, VHOST_USER_NET), 0);
	bring_up(w);
	ck_assert(!is_broken(w));
	world_free(w);
}
END_TEST

START_TEST(a_card_tells_of_long_frames_when_they_are_known)
{
	static const uint16_t mtus[] = { 0, 65520 };

	for (unsigned int i = 0; i < ARRAY_SIZE(mtus); i++) {
		struct world *w = world_new(&lasting);
		uint16_t told = 1;

		w->mtu = mtus[i];
		must(create(w, VHOST_USER_NET) == 0);
		virtio_dev_config_read(w->dev, 10, &told, sizeof(told));
		ck_assert_uint_eq(told, mtus[i]);
		ck_assert_uint_eq(!!(w->dev->offered & BIT(3)), !!mtus[i]);
		world_free(w);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vhost_user_dev");
	TCase *t = tcase_create("vhost_user_dev");

	crash_handlers_install();
	log_set_level(LOG_ERROR);
	tcase_add_test(t, queues_go_to_the_back_end_and_come_back);
	tcase_add_test(t, one_of_ours_is_another_for_each_run);
	tcase_add_test(t, only_what_it_can_do_is_offered);
	tcase_add_test(t, a_disks_requests_fit_into_the_window);
	tcase_add_test(t, a_share_has_its_tag);
	tcase_add_test(t, one_that_cannot_serve_it_is_refused);
	tcase_add_test(t, a_card_may_be_of_one_pair);
	tcase_add_test(t, a_card_tells_of_long_frames_when_they_are_known);
	suite_add_tcase(s, t);
	return unit_main(s);
}
