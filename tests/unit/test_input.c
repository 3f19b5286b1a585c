// SPDX-License-Identifier: GPL-2.0-only
/* test_input.c: large files, which several threads read. */
#include "loader_fixture.h"

#include <errno.h>
#include <pthread.h>

#define LARGE (MIB(9) + 5U)

static struct fixture f;
static const char *initrd;
static uint32_t *words;

static void setup(void)
{
	static uint8_t image[KIB(8)];

	fixture_init(&f, MIB(64));
	make_image(image, sizeof(image), 0, KIB(12), 0);
	f.in.kernel =
		fixture_sparse(&f, "Image", image, sizeof(image), KIB(12));
	words = malloc(LARGE);
	ck_assert_ptr_nonnull(words);
	for (uint32_t i = 0; i < LARGE / 4; i++)
		words[i] = i * 2654435761U;
	((char *)words)[LARGE - 1] = 'e';
	initrd = fixture_file(&f, "initrd", words, LARGE);
	f.in.initrds = &initrd;
	f.in.nr_initrds = 1;
}

static void teardown(void)
{
	free(words);
	fixture_fini(&f);
}

START_TEST(large_file_arrives_whole_and_in_order)
{
	ck_loads(&f);
	ck_assert_int_eq(
		memcmp(f.ram.hva + (f.out.initrd.gpa - RAM_BASE), words, LARGE),
		0);
}
END_TEST

struct shrinker {
	const char *path;
	bool stop;
};

static void *shrink(void *arg)
{
	struct shrinker *s = arg;

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		(void)!truncate(s->path, KIB(1));
		(void)!truncate(s->path, LARGE);
	}
	return NULL;
}

START_TEST(file_that_shrinks_meanwhile_is_one_line)
{
	struct shrinker s = { .path = initrd };
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, shrink, &s), 0);
	for (int i = 0; i < 200; i++) {
		int ret = fixture_load(&f);
		const char *end = strchr(f.said, '\n');

		ck_assert_msg(ret == 0 || ret == -EINVAL, "%d", ret);
		ck_assert_msg(ret == 0 ? !end : end && !end[1], "%s", f.said);
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("input");
	TCase *tc = tcase_create("input");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, large_file_arrives_whole_and_in_order);
	tcase_add_test(tc, file_that_shrinks_meanwhile_is_one_line);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
