// SPDX-License-Identifier: GPL-2.0-only
/* test_symbols.c: names for addresses, of a vmlinux and of a System.map. */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../vmm/symbols.h"
#include "elf_file.h"
#include "log.h"

#define BASE 0xffff800080000000ULL

static const struct elf_symbol kernel[] = {
	{ "vectors", BASE + 0x10000, STT_NOTYPE },
	{ "$x", BASE + 0x10000, STT_NOTYPE },
	{ "second", BASE + 0x400, STT_FUNC },
	{ "first", BASE + 0x100, STT_FUNC },
	{ "some_data", BASE + 0x200, STT_OBJECT },
	{ "__bp_harden_el1_vectors", BASE + 0x20000, STT_NOTYPE },
};

static int file_of(const void *bytes, size_t len)
{
	int fd = memfd_create("symbols", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	return fd;
}

static int read_bytes(struct symbols **s, const void *bytes, size_t len)
{
	int fd = file_of(bytes, len);
	int ret = symbols_read(s, fd);

	close(fd);
	return ret;
}

static void check_find(const struct symbols *s, uint64_t addr, const char *name,
		       uint64_t offset, uint64_t len)
{
	uint64_t o, l;
	const char *n = symbols_find(s, addr, &o, &l);

	ck_assert_ptr_nonnull(n);
	ck_assert_str_eq(n, name);
	ck_assert_uint_eq(o, offset);
	ck_assert_uint_eq(l, len);
}

static void check_kernel(const struct symbols *s)
{
	uint64_t o, l, slide;

	check_find(s, BASE + 0x100, "first", 0, 0x300);
	check_find(s, BASE + 0x3ff, "first", 0x2ff, 0x300);
	check_find(s, BASE + 0x400, "second", 0, 0xfc00);
	ck_assert_ptr_null(symbols_find(s, BASE + 0xff, &o, &l));
	ck_assert_ptr_null(symbols_find(s, BASE + GIB(1), &o, &l));

	ck_assert(symbols_slide(s, BASE + 0x10000, &slide));
	ck_assert_uint_eq(slide, 0);
	ck_assert(symbols_slide(s, BASE + 0x10000 + MIB(34), &slide));
	ck_assert_uint_eq(slide, MIB(34));
	/* A copy of the vectors, for a CPU that needs one */
	ck_assert(symbols_slide(s, BASE + 0x21800 + MIB(6), &slide));
	ck_assert_uint_eq(slide, MIB(6));
	ck_assert(!symbols_slide(s, BASE + 0x400, &slide));
}

START_TEST(functions_of_an_elf_file_have_names)
{
	uint8_t elf[1024];
	size_t len = make_elf(elf, kernel, ARRAY_SIZE(kernel));
	struct symbols *s;

	ck_assert_int_eq(read_bytes(&s, elf, len), 0);
	check_kernel(s);
	symbols_close(s);
}
END_TEST

START_TEST(functions_of_a_system_map_have_names)
{
	static const char map[] =
		"ffff800080000100 T first\n"
		"ffff800080000200 D some_data\n"
		"ffff800080000400 t second\t[module]\n"
		"ffff800080010000 t $x\n"
		"ffff800080010000 T vectors\n"
		"ffff800080020000 t __bp_harden_el1_vectors\n";
	struct symbols *s;

	ck_assert_int_eq(read_bytes(&s, map, sizeof(map) - 1), 0);
	check_kernel(s);
	symbols_close(s);
}
END_TEST

START_TEST(an_elf_file_cut_anywhere_is_no_crash)
{
	uint8_t elf[1024];
	size_t len = make_elf(elf, kernel, ARRAY_SIZE(kernel));
	struct symbols *s;

	for (size_t cut = 0; cut < len; cut++) {
		ck_assert_int_lt(read_bytes(&s, elf, cut), 0);
		ck_assert_ptr_null(s);
	}
}
END_TEST

START_TEST(what_is_neither_is_refused)
{
	static const char *const texts[] = {
		"",
		"root:x:0:0:root:/root:/bin/sh\n",
		"ffff800080000100 first\n",
		"ffff800080000100\n",
		"100 T first\n",
		"fffffffffffffffff T first\n",
	};
	uint8_t elf[1024];
	struct symbols *s;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		ck_assert_int_eq(read_bytes(&s, texts[i], strlen(texts[i])),
				 -ENOEXEC);
	ck_assert_int_eq(read_bytes(&s, "ffff800080000100 D data\n", 24),
			 -ENODATA);
	len = make_elf(elf, kernel, 0);
	ck_assert_int_eq(read_bytes(&s, elf, len), -ENODATA);
	elf[EI_CLASS] = ELFCLASS32;
	ck_assert_int_eq(read_bytes(&s, elf, len), -ENOEXEC);
	log_set_level(LOG_ERROR);
	ck_assert_int_eq(symbols_open(&s, "/nonexistent"), -ENOENT);
	ck_assert_int_eq(symbols_open(&s, "/"), -EISDIR);
}
END_TEST

START_TEST(without_symbols_there_are_no_names)
{
	uint64_t o, l, slide;

	ck_assert_ptr_null(symbols_find(NULL, BASE, &o, &l));
	ck_assert(!symbols_slide(NULL, BASE, &slide));
	symbols_close(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("symbols");
	TCase *tc = tcase_create("symbols");

	tcase_add_test(tc, functions_of_an_elf_file_have_names);
	tcase_add_test(tc, functions_of_a_system_map_have_names);
	tcase_add_test(tc, an_elf_file_cut_anywhere_is_no_crash);
	tcase_add_test(tc, what_is_neither_is_refused);
	tcase_add_test(tc, without_symbols_there_are_no_names);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
