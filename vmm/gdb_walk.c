// SPDX-License-Identifier: GPL-2.0-only
/*
 * gdb_walk.c: walks a guest's page tables as its CPU would: granules of 4, 16 and
 * 64 KiB, of 48-bit addresses and more (FEAT_LPA, FEAT_LPA2, FEAT_LVA).
 */
#include "gdb_walk.h"

#include <errno.h>

#define SCTLR_M	    1U
#define TCR_DS	    (1ULL << 59)
#define TCR_IPS	    32
#define IPS_52_BITS 6U
#define DESC_VALID  1U
#define DESC_TABLE  2U /* of the last level: a page */
#define PA_MASK(hi) ((1ULL << (hi)) - 1)

/* What TCR_EL1 says of one of the two halves. */
struct half {
	unsigned int va_bits, page_bits;
	uint64_t ttbr;
	bool has_52_bits; /* physical ones */
};

/* 0: no such granule. The two halves spell it differently. */
static unsigned int granule(unsigned int tg, bool high)
{
	static const unsigned int low_bits[4] = { 12, 16, 14, 0 };
	static const unsigned int high_bits[4] = { 0, 14, 12, 16 };

	return high ? high_bits[tg & 3] : low_bits[tg & 3];
}

static int half_of(const struct gdb_mmu *m, uint64_t va, struct half *h)
{
	bool high = va >> 55 & 1;
	unsigned int shift = high ? 16 : 0;
	unsigned int tsz = (unsigned int)(m->tcr >> shift) & 0x3f;

	h->page_bits =
		granule((unsigned int)(m->tcr >> (high ? 30 : 14)), high);
	h->va_bits = 64 - tsz;
	h->ttbr = high ? m->ttbr1 : m->ttbr0;
	h->has_52_bits = (m->tcr >> TCR_IPS & 7) == IPS_52_BITS &&
			 (h->page_bits == 16 || (m->tcr & TCR_DS));
	if (!h->page_bits || tsz < 12 || tsz > 48 ||
	    h->va_bits <= h->page_bits || (m->tcr >> (high ? 23 : 7) & 1))
		return -EFAULT;
	/* Bits 63 to 56 may be a tag; those below say which half it is. */
	if ((va << 8 >> 8) >> h->va_bits !=
	    (high ? PA_MASK(56) >> h->va_bits : 0))
		return -EFAULT;
	return 0;
}

/* The address in a descriptor, or in TTBR: its upper bits are elsewhere. */
static uint64_t address_in(const struct half *h, uint64_t d)
{
	uint64_t low = d & PA_MASK(48) & ~PA_MASK(h->page_bits);

	if (!h->has_52_bits)
		return low;
	if (h->page_bits == 16)
		return low | (d >> 12 & 0xf) << 48;
	return (d & PA_MASK(50) & ~PA_MASK(h->page_bits)) | (d >> 8 & 3) << 50;
}

/* TTBR: the table may be smaller than a page. */
static uint64_t first_table(const struct half *h)
{
	if (!h->has_52_bits)
		return h->ttbr & PA_MASK(48) & ~1ULL;
	return (h->ttbr & PA_MASK(48) & ~0x3fULL) | (h->ttbr >> 2 & 0xf) << 48;
}

int gdb_walk(const struct gdb_mmu *m, uint64_t va, gpa_t *gpa, uint64_t *left)
{
	unsigned int per_level, shift, levels;
	uint64_t table, d, index, size;
	struct half h;
	int ret;

	if (!(m->sctlr & SCTLR_M)) {
		*gpa = va;
		*left = 4096 - va % 4096;
		return 0;
	}
	ret = half_of(m, va, &h);
	if (ret)
		return ret;
	per_level = h.page_bits - 3;
	levels = (h.va_bits - h.page_bits + per_level - 1) / per_level;
	table = first_table(&h);
	for (;;) {
		levels--;
		shift = h.page_bits + levels * per_level;
		index = (va & PA_MASK(h.va_bits)) >> shift;
		/* The first level's has fewer bits, the others' are masked. */
		index &= PA_MASK(per_level);
		ret = m->read(m->ctx, table + 8 * index, &d);
		if (ret)
			return ret;
		if (!(d & DESC_VALID) || (levels == 0 && !(d & DESC_TABLE)))
			return -EFAULT;
		if (levels == 0 || !(d & DESC_TABLE))
			break;
		table = address_in(&h, d);
	}
	size = 1ULL << shift;
	*gpa = (address_in(&h, d) & ~(size - 1)) | (va & (size - 1));
	*left = size - (va & (size - 1));
	return 0;
}
