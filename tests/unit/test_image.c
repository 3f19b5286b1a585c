// SPDX-License-Identifier: GPL-2.0-only
/* test_image.c: which files are kernels, and what their headers may say. */
#include "loader_fixture.h"

#include <errno.h>
#include <sys/stat.h>

#define FLAG_PAGES(kib) ((kib) == 4 ? 2U : (kib) == 16 ? 4U : 6U)
#define FLAG_ANYWHERE	8U

static struct fixture f;
static uint8_t image[KIB(32)];

static void setup(void)
{
	fixture_init(&f, MIB(64));
	make_image(image, sizeof(image), 0, MIB(1),
		   FLAG_PAGES(4) | FLAG_ANYWHERE);
}

static void teardown(void)
{
	fixture_fini(&f);
}

static void give(const char *name, const void *bytes, size_t len)
{
	f.in.kernel = fixture_file(&f, name, bytes, len);
}

START_TEST(loads_an_image_at_the_start_of_ram)
{
	give("Image", image, sizeof(image));
	ck_loads(&f);
	ck_assert_int_eq(f.out.kind, LOADER_IMAGE);
	ck_assert_uint_eq(f.out.entry, RAM_BASE);
	ck_assert_uint_eq(f.out.kernel.gpa, RAM_BASE);
	ck_assert_uint_eq(f.out.kernel.len, MIB(1));
	ck_assert_uint_eq(f.out.page_kib, 4);
	ck_assert_mem_eq(f.ram.hva, image, sizeof(image));
	ck_assert_uint_eq(f.ram.hva[sizeof(image)], 0);
}
END_TEST

START_TEST(honours_text_offset)
{
	make_image(image, sizeof(image), KIB(512), MIB(1), 0);
	give("Image", image, sizeof(image));
	ck_loads(&f);
	ck_assert_uint_eq(f.out.entry, RAM_BASE + KIB(512));
	ck_assert_uint_eq(f.out.kernel.gpa, RAM_BASE + KIB(512));
	ck_assert_uint_eq(f.out.page_kib, 0);
	ck_assert_mem_eq(f.ram.hva + KIB(512), image, sizeof(image));
}
END_TEST

START_TEST(assumes_the_old_offset_without_an_image_size)
{
	make_image(image, sizeof(image), 0x1234567, 0, ~0ULL);
	give("Image", image, sizeof(image));
	ck_loads(&f);
	ck_assert_uint_eq(f.out.entry, RAM_BASE + KIB(512));
	ck_assert_uint_eq(f.out.kernel.len, 2 * sizeof(image));
}
END_TEST

START_TEST(keeps_an_image_longer_than_it_says)
{
	make_image(image, sizeof(image), 0, KIB(8), 0);
	give("Image", image, sizeof(image));
	ck_loads(&f);
	ck_assert_uint_eq(f.out.kernel.len, sizeof(image));
}
END_TEST

START_TEST(refuses_big_endian)
{
	make_image(image, sizeof(image), 0, MIB(1), 1);
	give("Image", image, sizeof(image));
	ck_refused(&f, -EINVAL, "CONFIG_CPU_LITTLE_ENDIAN=y");
}
END_TEST

START_TEST(refuses_a_damaged_header)
{
	make_image(image, sizeof(image), 0, ~0ULL, 0);
	give("Image", image, sizeof(image));
	ck_refused(&f, -EINVAL, "header is damaged");

	make_image(image, sizeof(image), ~0xfffULL, MIB(1), 0);
	give("Image2", image, sizeof(image));
	ck_refused(&f, -EINVAL, "header is damaged");

	make_image(image, sizeof(image), 12, MIB(1), 0);
	give("Image3", image, sizeof(image));
	ck_refused(&f, -EINVAL, "header is damaged");
}
END_TEST

START_TEST(warns_of_other_page_sizes)
{
	make_image(image, sizeof(image), 0, KIB(40), FLAG_PAGES(16));
	give("Image", image, sizeof(image));
	ck_assert_int_eq(fixture_load(&f), 0);
	ck_assert_uint_eq(f.out.page_kib, 16);
	ck_said(&f, "on a CPU without 16 KiB pages");

	f.in.host_page_size = KIB(64);
	ck_assert_int_eq(fixture_load(&f), 0);
	ck_said(&f, "cannot share pages smaller than the host's");

	f.in.no_warnings = true;
	ck_loads(&f);
	f.in.no_warnings = false;

	f.in.host_page_size = KIB(16);
	ck_loads(&f);
}
END_TEST

/* As the EFI stub of an arm64 kernel has it: .text and .data. */
static void add_efi_header(uint8_t *p, uint32_t data_end)
{
	put(p, "MZ", 2);
	put32(p + 60, 0x40);
	put(p + 0x40, "PE\0\0\x64\xaa\x02\0", 8);
	put32(p + 0x40 + 20, 0xa0);
	put32(p + 0x40 + 24 + 0xa0 + 16, 0x1000);
	put32(p + 0x40 + 24 + 0xa0 + 20, 0x1000);
	put32(p + 0x40 + 24 + 0xa0 + 40 + 16, data_end - 0x2000);
	put32(p + 0x40 + 24 + 0xa0 + 40 + 20, 0x2000);
}

START_TEST(efi_header_tells_a_cut_image)
{
	add_efi_header(image, sizeof(image));
	give("Image", image, sizeof(image));
	ck_loads(&f);

	give("cut", image, sizeof(image) - 512);
	ck_refused(&f, -EINVAL,
		   "is cut short: it has 32256 bytes, its EFI header says "
		   "32768");
}
END_TEST

START_TEST(warns_when_most_of_an_image_is_missing)
{
	make_image(image, sizeof(image), 0, MIB(16), 0);
	give("Image", image, sizeof(image));
	ck_assert_int_eq(fixture_load(&f), 0);
	ck_said(&f, "may be cut short");
	f.in.no_warnings = true;
	ck_loads(&f);

	give("head", image, 4000);
	ck_refused(&f, -EINVAL,
		   "is cut short: it has 4000 bytes of the 16 MiB");
}
END_TEST

START_TEST(loads_a_flat_payload_by_its_name)
{
	memset(image, 0x5d, sizeof(image));
	give("selftest.flat", image, sizeof(image));
	ck_loads(&f);
	ck_assert_int_eq(f.out.kind, LOADER_FLAT);
	ck_assert_uint_eq(f.out.entry, RAM_BASE + 0x80000);
	ck_assert_mem_eq(f.ram.hva + 0x80000, image, sizeof(image));

	give("x.bin", "\0\0\0\x14", 4);
	ck_loads(&f);
	ck_assert_int_eq(f.out.kind, LOADER_FLAT);
}
END_TEST

START_TEST(names_formats_given_by_mistake)
{
	static const struct {
		size_t off;
		const char *bytes, *said;
	} alien[] = {
		{ 0, "\x7f\x45LF", "give arch/arm64/boot/Image" },
		{ 0x202, "HdrS", "x86 bzImage" },
		{ 0x24, "\x18\x28\x6f\x01", "32-bit ARM zImage" },
		{ 0,
		  "\xfd"
		  "7zXZ",
		  "compressed with xz" },
		{ 0, "BZh9", "compressed with bzip2" },
		{ 0, "\x02\x21\x4c\x18", "compressed with lz4" },
		{ 0, "ANDROID!", "Android boot image" },
		{ 0, "070701", "initrds are given with -i" },
		{ 0, "MZ", "a UKI?" },
		{ 0, "garbage", "is not a kernel; give an arm64 Image" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(alien); i++) {
		memset(image, 0xaa, sizeof(image));
		memcpy(image + alien[i].off, alien[i].bytes,
		       strlen(alien[i].bytes));
		give("kernel", image, sizeof(image));
		ck_refused(&f, -EINVAL, alien[i].said);
		ck_said(&f, f.in.kernel);
	}
}
END_TEST

START_TEST(refuses_what_is_shorter_than_a_header)
{
	for (size_t len = 1; len < 64; len++) {
		give("Image", image, len);
		ck_refused(&f, -EINVAL, "cut short, or not a kernel");
	}
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
	f.in.kernel = f.dir;
	ck_refused(&f, -EINVAL, "is a directory");

	give("fifo", "", 0);
	ck_refused(&f, -EINVAL, "is empty");

	unlink(f.in.kernel);
	ck_assert_int_eq(mkfifo(f.in.kernel, 0600), 0);
	ck_refused(&f, -EINVAL, "is a pipe");

	f.in.kernel = "/dev/null";
	ck_refused(&f, -EINVAL, "is a device");

	f.in.kernel = "/nonexistent/Image";
	ck_refused(&f, -ENOENT, "kernel /nonexistent/Image: cannot open");

	f.in.kernel = NULL;
	ck_refused(&f, -EINVAL, "no kernel: give one with -k");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("image");
	TCase *tc = tcase_create("image");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, loads_an_image_at_the_start_of_ram);
	tcase_add_test(tc, honours_text_offset);
	tcase_add_test(tc, assumes_the_old_offset_without_an_image_size);
	tcase_add_test(tc, keeps_an_image_longer_than_it_says);
	tcase_add_test(tc, refuses_big_endian);
	tcase_add_test(tc, refuses_a_damaged_header);
	tcase_add_test(tc, warns_of_other_page_sizes);
	tcase_add_test(tc, efi_header_tells_a_cut_image);
	tcase_add_test(tc, warns_when_most_of_an_image_is_missing);
	tcase_add_test(tc, loads_a_flat_payload_by_its_name);
	tcase_add_test(tc, names_formats_given_by_mistake);
	tcase_add_test(tc, refuses_what_is_shorter_than_a_header);
	tcase_add_test(tc, refuses_what_is_no_file);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
