// SPDX-License-Identifier: GPL-2.0-only
/* test_place.c: where things go in RAM, and what does not fit. */
#include "loader_fixture.h"

#include <errno.h>

static struct fixture f;
static uint8_t image[KIB(8)];
static const char *initrds[4];

static void setup(void)
{
	fixture_init(&f, MIB(64));
	make_image(image, sizeof(image), 0, KIB(12), 0);
	f.in.initrds = initrds;
}

static void teardown(void)
{
	fixture_fini(&f);
}

static void give_image(uint64_t text_offset, uint64_t image_size)
{
	make_image(image, sizeof(image), text_offset, image_size, 0);
	f.in.kernel =
		fixture_sparse(&f, "Image", image, sizeof(image), image_size);
}

static void give_initrd(uint64_t size)
{
	char name[] = "initrd0";

	name[6] = (char)('0' + f.in.nr_initrds);
	initrds[f.in.nr_initrds++] = fixture_sparse(&f, name, "07070", 5, size);
}

static bool overlap(struct gpa_range a, struct gpa_range b)
{
	return a.len && b.len && a.gpa < b.gpa + b.len && b.gpa < a.gpa + a.len;
}

/* What every placement has to be like. */
static void check_placement(void)
{
	const struct gpa_range r[] = { f.out.firmware, f.out.kernel, f.out.dtb,
				       f.out.initrd };

	for (size_t i = 0; i < ARRAY_SIZE(r); i++) {
		if (r[i].len == 0)
			continue;
		ck_assert_uint_ge(r[i].gpa, f.ram.range.gpa);
		ck_assert_uint_le(r[i].gpa + r[i].len,
				  f.ram.range.gpa + f.ram.range.len);
		for (size_t j = 0; j < i; j++)
			ck_assert(!overlap(r[i], r[j]));
	}
	ck_assert(is_aligned(f.out.dtb.gpa, MIB(2)));
	ck_assert_uint_eq(f.out.dtb.len, f.in.dtb_room);
	ck_assert(is_aligned(f.out.initrd.gpa, KIB(64)));
}

START_TEST(goes_low_in_order)
{
	give_image(0, MIB(5));
	give_initrd(10000);
	ck_loads(&f);
	check_placement();
	ck_assert_uint_eq(f.out.dtb.gpa, RAM_BASE + MIB(6));
	ck_assert_uint_eq(f.out.initrd.gpa, RAM_BASE + MIB(6) + KIB(64));
	ck_assert_uint_eq(f.out.initrd.len, 10000);
}
END_TEST

START_TEST(fits_for_every_text_offset)
{
	for (uint64_t off = 0; off < MIB(4); off += KIB(252)) {
		give_image(off, MIB(2) - KIB(20));
		ck_loads(&f);
		check_placement();
		ck_assert_uint_eq(f.out.entry, RAM_BASE + off);
	}
}
END_TEST

START_TEST(exactly_fitting_is_accepted_one_less_is_not)
{
	give_image(0, MIB(2));
	give_initrd(MIB(2) - KIB(64));
	f.ram.range.len = MIB(4);
	ck_assert_int_eq(fixture_load(&f), 0);
	check_placement();

	f.ram.range.len -= KIB(4);
	ck_refused(&f, -ENOSPC, "raise -m to 8 or more");
	f.ram.range.len = MIB(64);
}
END_TEST

/* An initrd is unpacked while it is there; the kernel wants some, too. */
START_TEST(warns_of_ram_in_which_linux_does_not_start)
{
	give_image(0, MIB(12));
	give_initrd(MIB(2));
	f.ram.range.len = MIB(24) - 1;
	ck_assert_int_eq(fixture_load(&f), 0);
	ck_said(&f, "may not start with less than 30");
	f.in.no_warnings = true;
	ck_loads(&f);
	f.in.no_warnings = false;
	f.ram.range.len = MIB(30);
	ck_loads(&f);
	f.ram.range.len = MIB(64);
}
END_TEST

/* RAM then begins between two of the boundaries that kernels stand on. */
START_TEST(window_counts_to_the_memory_asked_for)
{
	give_image(0, MIB(12));
	give_initrd(MIB(2));
	f.in.window = MIB(3) + KIB(256);
	f.ram.range.gpa = RAM_BASE + f.in.window;
	f.ram.range.len = MIB(24) - f.in.window;
	ck_assert_int_eq(fixture_load(&f), 0);
	check_placement();
	ck_assert_uint_eq(f.out.kernel.gpa, RAM_BASE + MIB(4));
	ck_said(&f, "-m 24 is little");
	ck_said(&f, "may not start with less than 34");
	f.ram.range.len = MIB(34) - f.in.window;
	ck_loads(&f);
	f.ram.range.len = MIB(14) - f.in.window;
	ck_refused(&f, -ENOSPC, "raise -m to 34 or more");
	f.in.window = 0;
	f.ram.range = (struct gpa_range){ RAM_BASE, MIB(64) };
}
END_TEST

START_TEST(names_what_is_larger_than_ram)
{
	give_image(0, MIB(72));
	ck_refused(&f, -ENOSPC,
		   "Image with its bss is 72 MiB but -m leaves 64 MiB for it; "
		   "raise -m to 86 or more");
	ck_said(&f, f.in.kernel);

	give_image(0, MIB(10));
	give_initrd(MIB(300));
	ck_refused(&f, -ENOSPC,
		   "initrd0 is 300 MiB but -m leaves 53 MiB for it; raise -m "
		   "to 622 or more");
	give_initrd(MIB(300));
	ck_refused(&f, -ENOSPC, "initrd0 and the initrds after it are 600 MiB");
}
END_TEST

START_TEST(names_a_missing_room_for_the_device_tree)
{
	give_image(0, MIB(63));
	ck_refused(&f, -ENOSPC, "no room for the device tree; raise -m to 78");
}
END_TEST

START_TEST(refuses_sizes_no_sum_could_hold)
{
	static const uint64_t sizes[] = { MIB(1) << 29, INT64_MAX - 4096 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		int fd = memfd_create("huge", MFD_CLOEXEC);
		char path[32];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (ftruncate(fd, (off_t)sizes[i]) == 0) {
			f.in.kernel = path;
			f.in.kernel =
				fixture_file(&f, "Image", image, sizeof(image));
			initrds[0] = path;
			f.in.nr_initrds = 1;
			ck_assert_int_lt(fixture_load(&f), 0);
			f.in.nr_initrds = 0;
			f.in.kernel = NULL;
			f.in.firmware = path;
			ck_assert_int_lt(fixture_load(&f), 0);
			f.in.firmware = NULL;
		}
		close(fd);
	}
}
END_TEST

START_TEST(pads_initrds_to_four_bytes)
{
	f.in.kernel = fixture_file(&f, "Image", image, sizeof(image));
	initrds[0] = fixture_file(&f, "a", "aaaaa", 5);
	initrds[1] = fixture_file(&f, "b", "bbbb", 4);
	initrds[2] = fixture_file(&f, "c", "c", 1);
	f.in.nr_initrds = 3;
	ck_loads(&f);
	ck_assert_uint_eq(f.out.initrd.len, 16);
	ck_assert_mem_eq(f.ram.hva + (f.out.initrd.gpa - RAM_BASE),
			 "aaaaa\0\0\0bbbbc\0\0\0", 16);
}
END_TEST

START_TEST(refuses_an_empty_initrd)
{
	f.in.kernel = fixture_file(&f, "Image", image, sizeof(image));
	initrds[0] = fixture_file(&f, "a", "", 0);
	f.in.nr_initrds = 1;
	ck_refused(&f, -EINVAL, "/a: is empty");
}
END_TEST

START_TEST(flat_keeps_clear_of_what_is_behind_it)
{
	f.in.kernel = fixture_sparse(&f, "x.flat", "x", 1, MIB(3));
	give_initrd(KIB(65));
	ck_loads(&f);
	check_placement();
	ck_assert_uint_eq(f.out.dtb.gpa, RAM_BASE + MIB(62));
	ck_assert_uint_eq(f.out.initrd.gpa, RAM_BASE + MIB(62) - KIB(128));

	/* The device tree takes whole blocks of 2 MiB. */
	f.in.dtb_room = MIB(3);
	ck_loads(&f);
	check_placement();
	ck_assert_uint_eq(f.out.dtb.gpa, RAM_BASE + MIB(60));
}
END_TEST

START_TEST(flat_with_too_large_an_initrd_is_refused)
{
	f.in.kernel = fixture_sparse(&f, "x.flat", "x", 1, MIB(3));
	give_initrd(MIB(60));
	ck_refused(&f, -ENOSPC, "initrd0 is 60 MiB but -m leaves 59 MiB");
	/* It would fit, were it not for the device tree. */
	f.in.nr_initrds = 0;
	give_initrd(MIB(58));
	ck_refused(&f, -ENOSPC, "no room for the device tree");
}
END_TEST

START_TEST(firmware_starts_ram_and_is_entered)
{
	f.in.firmware = fixture_file(&f, "fw", "firmware", 8);
	ck_loads(&f);
	check_placement();
	ck_assert_int_eq(f.out.kind, LOADER_FIRMWARE);
	ck_assert_uint_eq(f.out.entry, RAM_BASE);
	ck_assert_uint_eq(f.out.firmware.len, 8);
	ck_assert_uint_eq(f.out.dtb.gpa, RAM_BASE + MIB(2));
	ck_assert_uint_eq(f.out.kernel.len, 0);
	ck_assert_mem_eq(f.ram.hva, "firmware", 8);
}
END_TEST

START_TEST(firmware_finds_a_kernel_behind_it)
{
	f.in.firmware = fixture_file(&f, "fw", "firmware", 8);
	give_image(KIB(512), KIB(12));
	give_initrd(1000);
	ck_loads(&f);
	check_placement();
	ck_assert_int_eq(f.out.kind, LOADER_IMAGE);
	ck_assert_uint_eq(f.out.entry, RAM_BASE);
	ck_assert_uint_eq(f.out.kernel.gpa, RAM_BASE + MIB(4) + KIB(512));
	ck_assert_mem_eq(f.ram.hva + MIB(4) + KIB(512), image, sizeof(image));
}
END_TEST

START_TEST(firmware_larger_than_ram_is_refused)
{
	f.in.firmware = fixture_sparse(&f, "fw", "firmware", 8, MIB(65));
	ck_refused(&f, -ENOSPC, "fw is 65 MiB but -m leaves 64 MiB");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("place");
	TCase *tc = tcase_create("place");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, goes_low_in_order);
	tcase_add_test(tc, fits_for_every_text_offset);
	tcase_add_test(tc, exactly_fitting_is_accepted_one_less_is_not);
	tcase_add_test(tc, warns_of_ram_in_which_linux_does_not_start);
	tcase_add_test(tc, window_counts_to_the_memory_asked_for);
	tcase_add_test(tc, names_what_is_larger_than_ram);
	tcase_add_test(tc, names_a_missing_room_for_the_device_tree);
	tcase_add_test(tc, refuses_sizes_no_sum_could_hold);
	tcase_add_test(tc, pads_initrds_to_four_bytes);
	tcase_add_test(tc, refuses_an_empty_initrd);
	tcase_add_test(tc, flat_keeps_clear_of_what_is_behind_it);
	tcase_add_test(tc, flat_with_too_large_an_initrd_is_refused);
	tcase_add_test(tc, firmware_starts_ram_and_is_entered);
	tcase_add_test(tc, firmware_finds_a_kernel_behind_it);
	tcase_add_test(tc, firmware_larger_than_ram_is_refused);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
