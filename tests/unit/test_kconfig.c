// SPDX-License-Identifier: GPL-2.0-only
/* test_kconfig.c: the configuration in a kernel, and what it lacks. */
#include "loader_fixture.h"

#include <errno.h>

#include "log.h"

#define KERNEL_SIZE KIB(100)

static struct fixture f;
static struct loader_kconfig kc;
static uint8_t image[KERNEL_SIZE], packed[KERNEL_SIZE + 4096];

static const char config[] = "CONFIG_FIRST=y\n"
			     "# CONFIG_UNSET is not set\n"
			     "CONFIG_MODULE=m\n"
			     "CONFIG_PREFIX_LONGER=y\n"
			     "XCONFIG_PREFIX=y\n"
			     "CONFIG_NUMBER=8\n"
			     "CONFIG_NO=n\n"
			     "CONFIG_TEXT=\"landlock\"\n"
			     "CONFIG_LAST=y";

static void setup(void)
{
	fixture_init(&f, MIB(2));
	make_image(image, KERNEL_SIZE, 0, KERNEL_SIZE, 0);
}

static void teardown(void)
{
	loader_kconfig_fini(&kc);
	fixture_fini(&f);
}

/* Puts the configuration @text at @off of the image. */
static size_t embed(size_t off, const char *text, size_t len)
{
	size_t n;

	put(image + off, "IKCFG_ST", 8);
	n = make_gzip(text, len, image + off + 8, KERNEL_SIZE - off - 16);
	put(image + off + 8 + n, "IKCFG_ED", 8);
	return n + 16;
}

static void ck_finds(size_t len)
{
	ck_assert_int_eq(loader_kconfig_from_memory(image, len, &kc), 0);
	ck_assert_ptr_nonnull(kc.text);
	ck_assert_str_eq(kc.text, config);
	ck_assert_uint_eq(kc.len, strlen(config));
	loader_kconfig_fini(&kc);
}

static void ck_finds_none(size_t len)
{
	ck_assert_int_eq(loader_kconfig_from_memory(image, len, &kc), 0);
	ck_assert_ptr_null(kc.text);
}

START_TEST(found_anywhere)
{
	size_t n = embed(64, config, strlen(config));

	ck_finds(KERNEL_SIZE);
	ck_finds(64 + n);
	make_image(image, KERNEL_SIZE, 0, KERNEL_SIZE, 0);
	embed(50001, config, strlen(config));
	ck_finds(KERNEL_SIZE);
}
END_TEST

START_TEST(none_is_no_error)
{
	ck_finds_none(KERNEL_SIZE);
	ck_finds_none(7);
	ck_finds_none(0);
}
END_TEST

START_TEST(a_cut_or_damaged_one_is_none)
{
	size_t n = embed(1000, config, strlen(config));

	/* Without the end marker it is whole; one byte less it is not. */
	for (size_t len = 1000; len < 1000 + n - 8; len++)
		ck_finds_none(len);
	ck_finds(1000 + n - 8);
	image[1000 + n - 10] ^= 1;
	ck_finds_none(KERNEL_SIZE);
}
END_TEST

START_TEST(found_behind_a_mention_of_the_marker)
{
	put(image + 100, "IKCFG_STIKCFG_STIKCFG_ED", 24);
	embed(1000, config, strlen(config));
	ck_finds(KERNEL_SIZE);
}
END_TEST

START_TEST(not_searched_for_ever)
{
	for (size_t i = 100; i < 900; i += 8)
		put(image + i, "IKCFG_ST", 8);
	embed(1000, config, strlen(config));
	ck_finds_none(KERNEL_SIZE);
}
END_TEST

START_TEST(long_ones_are_read_and_bombs_are_not)
{
	const size_t size = MIB(40);
	char *text = malloc(size);

	memset(text, 'x', size);
	embed(100, text, MIB(3));
	ck_assert_int_eq(loader_kconfig_from_memory(image, KERNEL_SIZE, &kc),
			 0);
	ck_assert_uint_eq(kc.len, MIB(3));
	ck_assert_uint_eq(strlen(kc.text), MIB(3));
	loader_kconfig_fini(&kc);

	embed(100, text, size);
	ck_finds_none(KERNEL_SIZE);
	free(text);
}
END_TEST

START_TEST(read_from_every_format)
{
	size_t n;

	embed(1000, config, strlen(config));
	ck_assert_int_eq(
		loader_read_kconfig(
			fixture_file(&f, "Image", image, KERNEL_SIZE), &kc),
		0);
	ck_assert_str_eq(kc.text, config);
	loader_kconfig_fini(&kc);

	put64(image + 8, KIB(512)); /* moved while unpacking */
	n = make_gzip(image, KERNEL_SIZE, packed, sizeof(packed));
	ck_assert_int_eq(loader_read_kconfig(
				 fixture_file(&f, "Image.gz", packed, n), &kc),
			 0);
	ck_assert_str_eq(kc.text, config);
	loader_kconfig_fini(&kc);

	ck_assert_int_eq(
		loader_read_kconfig(fixture_file(&f, "x.flat", "x", 1), &kc),
		0);
	ck_assert_ptr_null(kc.text);
}
END_TEST

/* What a quick look finds in the file. */
static int quick(const void *data, size_t len)
{
	return loader_find_kconfig(fixture_file(&f, "quick", data, len), &kc);
}

START_TEST(found_quickly_in_what_is_not_compressed)
{
	const size_t size = MIB(1), at = KIB(256) - 3;
	uint8_t *large = calloc(1, size);
	size_t n;

	embed(50001, config, strlen(config));
	/* Across what is looked at at a time, and behind a mention. */
	memcpy(large + at, image + 50001, KERNEL_SIZE - 50001);
	put(large + 5000, "IKCFG_STIKCFG_ED", 16);
	ck_assert_int_eq(quick(large, size), 0);
	ck_assert_str_eq(kc.text, config);
	loader_kconfig_fini(&kc);
	for (size_t i = 5000; i < 6000; i += 8)
		put(large + i, "IKCFG_ST", 8);
	ck_assert_int_eq(quick(large, size), -ENODATA);
	free(large);
	n = make_gzip(image, KERNEL_SIZE, packed, sizeof(packed));
	ck_assert_int_eq(quick(packed, n), -ENODATA);
	ck_assert_int_eq(quick(image, 50020), -ENODATA);
	ck_assert_int_eq(quick("IKCFG_ST", 8), -ENODATA);
	ck_assert_int_eq(quick("IKCFG_S", 7), -ENODATA);
	ck_assert_int_eq(loader_find_kconfig("/nonexistent", &kc), -ENODATA);
	ck_assert_int_eq(loader_find_kconfig(f.dir, &kc), -ENODATA);
	ck_assert_int_eq(loader_find_kconfig("/dev/zero", &kc), -ENODATA);
	ck_assert_ptr_null(kc.text);
}
END_TEST

START_TEST(found_quickly_wherever_it_is)
{
	const size_t size = MIB(1), len = 4096;
	uint8_t *large = calloc(1, size);

	embed(0, config, strlen(config));
	for (size_t eighth = 0; eighth <= 8; eighth++)
		for (size_t around = 0; around <= 16; around++) {
			size_t at = size / 8 * eighth + around;

			if (at < 8 || at - 8 + len > size)
				continue;
			memset(large, 0, size);
			memcpy(large + at - 8, image, len);
			ck_assert_int_eq(quick(large, size), 0);
			ck_assert_str_eq(kc.text, config);
			loader_kconfig_fini(&kc);
		}
	free(large);
}
END_TEST

START_TEST(what_is_no_kernel_is_refused)
{
	const char *path = fixture_file(&f, "Image", "junk", 4);

	capture_begin(&f);
	ck_assert_int_eq(loader_read_kconfig(path, &kc), -EINVAL);
	ck_assert_int_eq(loader_read_kconfig("/nonexistent", &kc), -ENOENT);
	capture_end(&f);
	ck_said(&f, path);
	ck_said(&f, "/nonexistent: cannot open");
	ck_assert_ptr_null(kc.text);
}
END_TEST

START_TEST(symbols_are_told_apart)
{
	embed(1000, config, strlen(config));
	ck_assert_int_eq(loader_kconfig_from_memory(image, KERNEL_SIZE, &kc),
			 0);
	ck_assert_int_eq(loader_kconfig_get(&kc, "CONFIG_FIRST"), 'y');
	ck_assert_int_eq(loader_kconfig_get(&kc, "CONFIG_UNSET"), 'n');
	ck_assert_int_eq(loader_kconfig_get(&kc, "CONFIG_ABSENT"), 'n');
	ck_assert_int_eq(loader_kconfig_get(&kc, "CONFIG_MODULE"), 'm');
	ck_assert_int_eq(loader_kconfig_get(&kc, "CONFIG_PREFIX"), 'n');
	ck_assert_int_eq(loader_kconfig_get(&kc, "CONFIG_NUMBER"), 'y');
	ck_assert_int_eq(loader_kconfig_get(&kc, "CONFIG_NO"), 'n');
	ck_assert_int_eq(loader_kconfig_get(&kc, "CONFIG_TEXT"), 'y');
	ck_assert_int_eq(loader_kconfig_get(&kc, "CONFIG_LAST"), 'y');
	loader_kconfig_fini(&kc);
	ck_assert_int_eq(loader_kconfig_get(&kc, "CONFIG_FIRST"), 'n');
}
END_TEST

START_TEST(items_are_described)
{
	unsigned int nr;
	const struct loader_kconfig_item *items = loader_kconfig_items(&nr);
	char text[160];

	ck_assert_uint_gt(nr, 10);
	ck_assert_str_eq(items[0].symbol, "CONFIG_ARM_PKVM_GUEST");
	ck_assert_int_eq(items[0].need, LOADER_NEEDED);
	for (unsigned int i = 0; i < nr; i++) {
		ck_assert_int_eq(strncmp(items[i].symbol, "CONFIG_", 7), 0);
		for (const char *s = "ymn"; *s; s++) {
			int n = loader_kconfig_describe(&items[i], *s, text,
							sizeof(text));

			ck_assert_int_lt(n, (int)sizeof(text));
			ck_assert_int_eq(strncmp(text, items[i].symbol,
						 strlen(items[i].symbol)),
					 0);
		}
	}
	loader_kconfig_describe(&items[0], 'n', text, sizeof(text));
	ck_assert_str_eq(text, "CONFIG_ARM_PKVM_GUEST is not set: the guest "
			       "cannot share memory, so no device works");
}
END_TEST

START_TEST(warns_of_what_is_required_only)
{
	static const char most[] = "CONFIG_DMA_RESTRICTED_POOL=y\n"
				   "CONFIG_PCI_HOST_GENERIC=y\n"
				   "CONFIG_VIRTIO_PCI=m\n"
				   "CONFIG_SERIAL_8250_CONSOLE=y\n"
				   "CONFIG_SERIAL_OF_PLATFORM=y\n"
				   "CONFIG_ARM_GIC_V3_ITS=y\n";

	embed(1000, most, strlen(most));
	ck_assert_int_eq(loader_kconfig_from_memory(image, KERNEL_SIZE, &kc),
			 0);
	capture_begin(&f);
	loader_kconfig_warn("K", &kc, LOADER_NEEDED_ON_PCI);
	loader_kconfig_fini(&kc);
	loader_kconfig_warn("K", &kc, LOADER_NEEDED_ON_PCI);
	capture_end(&f);
	ck_assert_str_eq(f.said,
			 "lkvm-pvm: warning: kernel K: CONFIG_ARM_PKVM_GUEST "
			 "is not set: the guest cannot share memory, so no "
			 "device works\n");
}
END_TEST

START_TEST(warns_of_the_transport_in_use_only)
{
	static const char most[] = "CONFIG_ARM_PKVM_GUEST=y\n"
				   "CONFIG_DMA_RESTRICTED_POOL=y\n"
				   "CONFIG_SERIAL_8250_CONSOLE=y\n"
				   "CONFIG_SERIAL_OF_PLATFORM=y\n";

	embed(1000, most, strlen(most));
	ck_assert_int_eq(loader_kconfig_from_memory(image, KERNEL_SIZE, &kc),
			 0);
	capture_begin(&f);
	loader_kconfig_warn("K", &kc, LOADER_NEEDED_ON_MMIO);
	loader_kconfig_fini(&kc);
	capture_end(&f);
	ck_assert_str_eq(f.said,
			 "lkvm-pvm: warning: kernel K: CONFIG_VIRTIO_MMIO is "
			 "not set: no virtio device works with "
			 "--virtio-transport=mmio\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kconfig");
	TCase *tc = tcase_create("kconfig");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, found_anywhere);
	tcase_add_test(tc, none_is_no_error);
	tcase_add_test(tc, a_cut_or_damaged_one_is_none);
	tcase_add_test(tc, found_behind_a_mention_of_the_marker);
	tcase_add_test(tc, not_searched_for_ever);
	tcase_add_test(tc, long_ones_are_read_and_bombs_are_not);
	tcase_add_test(tc, read_from_every_format);
	tcase_add_test(tc, found_quickly_in_what_is_not_compressed);
	tcase_add_test(tc, found_quickly_wherever_it_is);
	tcase_add_test(tc, what_is_no_kernel_is_refused);
	tcase_add_test(tc, symbols_are_told_apart);
	tcase_add_test(tc, items_are_described);
	tcase_add_test(tc, warns_of_what_is_required_only);
	tcase_add_test(tc, warns_of_the_transport_in_use_only);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
