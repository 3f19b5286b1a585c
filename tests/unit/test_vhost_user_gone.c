// SPDX-License-Identifier: GPL-2.0-only
/* test_vhost_user_gone.c: a back end by vhost-user that dies, and comes back. */
#include "vhost_user_fixture.h"

#include "../../vmm/crash.h"
#include "virtio_blk.h"

START_TEST(one_that_dies_asks_for_a_reset_and_is_found_again)
{
	struct world *w = world_make(&lasting, VHOST_USER_RNG);

	bring_up(w);
	settle(w);
	ck_assert(!is_broken(w));
	lose(w);
	ck_assert_uint_eq(w->nr_config_changed, 1);
	w->back.refuses = true;
	bring_up(w);
	ck_assert(is_broken(w));
	w->back.refuses = false;
	bring_up(w);
	ck_assert(!is_broken(w));
	ck_assert_uint_eq(w->back.nr_connects, 2);
	world_free(w);
}
END_TEST

/* Or the loop would find the same event for ever. */
START_TEST(one_that_dies_with_a_word_on_its_lips_is_gone)
{
	struct world *w = world_make(&lasting, VHOST_USER_RNG);

	bring_up(w);
	must(send(w->back.fd, "?", 1, MSG_NOSIGNAL) == 1);
	lose(w);
	ck_assert_uint_eq(w->back.nr_disconnects, 1);
	world_free(w);
}
END_TEST

START_TEST(one_that_dies_again_and_again_is_given_up)
{
	struct world *w = world_make(&lasting, VHOST_USER_RNG);

	for (unsigned int i = 0; i < 40; i++) {
		bring_up(w);
		lose(w);
	}
	ck_assert_uint_le(w->back.nr_connects, 20);
	world_free(w);
}
END_TEST

/* Whatever its guest does until it has ended. */
START_TEST(one_of_ours_that_has_to_end_first_is_awaited)
{
	struct world *w = world_make(&ours, VHOST_USER_FS);

	bring_up(w);
	w->back.is_busy = true;
	for (unsigned int i = 0; i < 40; i++) {
		bring_up(w);
		ck_assert(is_broken(w));
	}
	w->back.is_busy = false;
	bring_up(w);
	ck_assert(!is_broken(w));
	ck_assert_uint_eq(w->back.nr_connects, 2);
	world_free(w);
}
END_TEST

START_TEST(one_that_changed_is_not_trusted)
{
	struct world *w = world_make(&lasting, VHOST_USER_RNG);

	bring_up(w);
	lose(w);
	w->back.features &= ~EVENTS;
	bring_up(w);
	ck_assert(is_broken(w));
	world_free(w);
}
END_TEST

START_TEST(one_that_comes_back_with_another_disk_tells_the_driver)
{
	struct world *w = world_make(&lasting, VHOST_USER_BLK);
	unsigned int told = 0;

	bring_up(w);
	for (uint8_t i = 0; i < 3; i++) {
		uint8_t c[12], generation = virtio_dev_generation(w->dev);
		uint32_t size_max;

		lose(w);
		ck_assert_uint_eq(w->nr_config_changed, ++told);
		w->back.capacity = i / 2;
		bring_up(w);
		ck_assert(!is_broken(w));
		virtio_dev_config_read(w->dev, 0, c, sizeof(c));
		memcpy(&size_max, c + 8, sizeof(size_max));
		ck_assert_uint_eq(c[0], i / 2);
		ck_assert_uint_eq(c[1], 1);
		ck_assert_uint_eq(size_max, KIB(4));
		/* Only when it is another one. */
		told += i / 2;
		ck_assert_uint_eq(w->nr_config_changed, told);
		ck_assert_uint_eq(virtio_dev_generation(w->dev),
				  generation + i / 2);
	}
	world_free(w);
}
END_TEST

START_TEST(one_that_comes_back_as_something_else_is_not_used)
{
	struct world *w = world_make(&lasting, VHOST_USER_BLK);
	const uint64_t protocol = w->back.protocol;

	bring_up(w);
	lose(w);
	w->back.protocol = BIT(0);
	bring_up(w);
	ck_assert(is_broken(w));
	ck_assert_uint_eq(count(&w->back.nr_starts), 1);
	ck_assert_uint_eq(w->back.nr_disconnects, 2);
	w->back.protocol = protocol;
	bring_up(w);
	ck_assert(!is_broken(w));
	world_free(w);
}
END_TEST

START_TEST(a_card_loses_its_link)
{
	struct world *w = world_make(&lasting, VHOST_USER_NET);
	uint8_t c[8];

	bring_up(w);
	virtio_dev_config_read(w->dev, 0, c, sizeof(c));
	ck_assert(c[0] == 2 && c[5] == 9 && c[6] == 1);
	lose(w);
	virtio_dev_config_read(w->dev, 0, c, sizeof(c));
	ck_assert_uint_eq(c[6], 0);
	bring_up(w);
	virtio_dev_config_read(w->dev, 0, c, sizeof(c));
	ck_assert_uint_eq(c[6], 1);
	world_free(w);
}
END_TEST

START_TEST(a_card_whose_back_end_gave_up_loses_its_link)
{
	struct world *w = world_make(&lasting, VHOST_USER_NET);
	uint8_t c[8];

	bring_up(w);
	give_up(w, 1);
	ck_assert(is_broken(w));
	virtio_dev_config_read(w->dev, 0, c, sizeof(c));
	ck_assert_uint_eq(c[6], 0);
	/* It is there still. */
	bring_up(w);
	ck_assert(!is_broken(w));
	virtio_dev_config_read(w->dev, 0, c, sizeof(c));
	ck_assert_uint_eq(c[6], 1);
	ck_assert_uint_eq(w->back.nr_connects, 1);
	world_free(w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vhost_user_gone");
	TCase *t = tcase_create("vhost_user_gone");

	crash_handlers_install();
	log_set_level(LOG_ERROR);
	tcase_add_test(t, one_that_dies_asks_for_a_reset_and_is_found_again);
	tcase_add_test(t, one_that_dies_with_a_word_on_its_lips_is_gone);
	tcase_add_test(t, one_that_dies_again_and_again_is_given_up);
	tcase_add_test(t, one_of_ours_that_has_to_end_first_is_awaited);
	tcase_add_test(t, one_that_changed_is_not_trusted);
	tcase_add_test(t,
		       one_that_comes_back_with_another_disk_tells_the_driver);
	tcase_add_test(t, one_that_comes_back_as_something_else_is_not_used);
	tcase_add_test(t, a_card_loses_its_link);
	tcase_add_test(t, a_card_whose_back_end_gave_up_loses_its_link);
	suite_add_tcase(s, t);
	return unit_main(s);
}
