// SPDX-License-Identifier: GPL-2.0-only
/* test_gdb_walk.c: addresses of a guest, found in its page tables. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "../../vmm/gdb_walk.h"

/* Tables lie at 0x100000 and up, one each 64 KiB, as many words as it takes. */
static uint64_t tables[4][8192];

static int read_table(void *ctx, gpa_t gpa, uint64_t *d)
{
	(void)ctx;
	if (gpa < 0x100000 || gpa >= 0x140000 || gpa % 8)
		return -EFAULT;
	*d = tables[(gpa - 0x100000) >> 16][(gpa & 0xffff) / 8];
	return 0;
}

struct granule {
	unsigned int bits, tg0, tg1, va_bits;
};

static const struct granule granules[] = {
	{ 12, 0, 2, 39 }, { 12, 0, 2, 48 }, { 14, 2, 1, 47 },
	{ 14, 2, 1, 36 }, { 16, 1, 3, 42 }, { 16, 1, 3, 48 },
};

START_TEST(addresses_are_found_in_each_granule)
{
	const struct granule *g = &granules[_i];
	uint64_t tsz = 64 - g->va_bits, va, base, left;
	unsigned int per = g->bits - 3;
	unsigned int n = (g->va_bits - g->bits + per - 1) / per, l;
	struct gdb_mmu m = {
		.sctlr = 1,
		.tcr = tsz | tsz << 16 | (uint64_t)g->tg0 << 14 |
		       (uint64_t)g->tg1 << 30,
		.ttbr0 = 0x100000,
		.ttbr1 = 0x100000 | 5ULL << 48, /* an ASID */
		.read = read_table,
	};
	gpa_t gpa;

	/* The page at 1 in each table; a block at 2 in the one above the last */
	memset(tables, 0, sizeof(tables));
	for (l = 0; l + 1 < n; l++)
		tables[l][1] = (0x100000 + ((l + 1ULL) << 16)) | 3;
	tables[n - 1][1] = 0x80000000 | 3;
	if (n > 1)
		tables[n - 2][2] = (1ULL << 40) | 1;
	for (va = 0, l = 0; l < n; l++)
		va |= 1ULL << (g->bits + l * per);
	va |= 0x10;
	ck_assert_int_eq(gdb_walk(&m, va, &gpa, &left), 0);
	ck_assert_uint_eq(gpa, 0x80000010);
	ck_assert_uint_eq(left, (1ULL << g->bits) - 0x10);
	/* The same above, and with a tag below */
	base = ~0ULL << g->va_bits;
	ck_assert_int_eq(gdb_walk(&m, va | base, &gpa, &left), 0);
	ck_assert_uint_eq(gpa, 0x80000010);
	ck_assert_int_eq(gdb_walk(&m, va | 0xab00000000000000, &gpa, &left), 0);
	if (n > 1) {
		va += 1ULL << (g->bits + per);
		va &= ~((1ULL << (g->bits + per)) - 1);
		ck_assert_int_eq(gdb_walk(&m, va | 0x12345, &gpa, &left), 0);
		ck_assert_uint_eq(gpa, (1ULL << 40) | 0x12345);
		ck_assert_uint_eq(left, (1ULL << (g->bits + per)) - 0x12345);
	}
	/* What is not mapped, and what no address is */
	ck_assert_int_eq(gdb_walk(&m, 0, &gpa, &left), -EFAULT);
	ck_assert_int_eq(gdb_walk(&m, 1ULL << 52, &gpa, &left), -EFAULT);
	m.ttbr0 = 0x900000;
	ck_assert_int_eq(gdb_walk(&m, 0, &gpa, &left), -EFAULT);
}
END_TEST

START_TEST(long_addresses_have_their_upper_bits_elsewhere)
{
	struct gdb_mmu m = {
		.sctlr = 1,
		/* 64 KiB, 42 bits, 52 physical ones */
		.tcr = 22 | 1 << 14 | 6ULL << 32,
		.ttbr0 = 0x100000,
		.read = read_table,
	};
	uint64_t left;
	gpa_t gpa;

	memset(tables, 0, sizeof(tables));
	tables[0][0] = 0x110000 | 3;
	tables[1][1] = 0x20000 | 0xf000 | 3;
	ck_assert_int_eq(gdb_walk(&m, 0x10008, &gpa, &left), 0);
	ck_assert_uint_eq(gpa, (15ULL << 48) | 0x20008);
	/* 4 KiB with FEAT_LPA2: five levels */
	m.tcr = 12 | 6ULL << 32 | 1ULL << 59;
	tables[0][0] = 0x110000 | 3;
	tables[1][0] = 0x120000 | 3;
	tables[2][0] = (1ULL << 30) | 0x300 | 1;
	ck_assert_int_eq(gdb_walk(&m, 0x1008, &gpa, &left), 0);
	ck_assert_uint_eq(gpa, (3ULL << 50) | 1ULL << 30 | 0x1008);
}
END_TEST

START_TEST(without_an_mmu_addresses_are_what_they_are)
{
	struct gdb_mmu m = { .read = read_table };
	uint64_t left;
	gpa_t gpa;

	ck_assert_int_eq(gdb_walk(&m, 0x80000ff0, &gpa, &left), 0);
	ck_assert_uint_eq(gpa, 0x80000ff0);
	ck_assert_uint_eq(left, 16);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gdb_walk");
	TCase *tc = tcase_create("gdb_walk");

	tcase_add_loop_test(tc, addresses_are_found_in_each_granule, 0,
			    ARRAY_SIZE(granules));
	tcase_add_test(tc, long_addresses_have_their_upper_bits_elsewhere);
	tcase_add_test(tc, without_an_mmu_addresses_are_what_they_are);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
