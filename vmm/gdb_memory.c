// SPDX-License-Identifier: GPL-2.0-only
/*
 * gdb_memory.c: memory of an ordinary guest as its debugger sees it, by virtual
 * addresses, and the breakpoints in it and of the CPU.
 */
#include "gdb_memory.h"

#include <errno.h>

#include "gdb_walk.h"

#define BRK 0xd4200000U

static int read_descriptor(void *ctx, gpa_t gpa, uint64_t *d)
{
	const struct gdb_memory *m = ctx;

	return pvm_copy(m->pvm, gpa, d, sizeof(*d), false);
}

static int translate(struct gdb_memory *m, unsigned int vcpu, uint64_t va,
		     gpa_t *gpa, uint64_t *left)
{
	struct gdb_mmu mmu = { .read = read_descriptor, .ctx = m };
	struct pvm_vcpu_mmu regs;
	int ret = pvm_vcpu_get_mmu(m->pvm, vcpu, &regs);

	mmu.sctlr = regs.sctlr_el1;
	mmu.tcr = regs.tcr_el1;
	mmu.ttbr0 = regs.ttbr0_el1;
	mmu.ttbr1 = regs.ttbr1_el1;
	return ret ? ret : gdb_walk(&mmu, va, gpa, left);
}

int gdb_memory_copy(struct gdb_memory *m, unsigned int vcpu, uint64_t va,
		    uint8_t *bytes, size_t len, bool write)
{
	int ret = 0;

	while (!ret && len) {
		uint64_t left = 0;
		size_t n = len;
		gpa_t gpa;

		ret = translate(m, vcpu, va, &gpa, &left);
		if (ret)
			break;
		if (n > left)
			n = (size_t)left;
		ret = pvm_copy(m->pvm, gpa, bytes, n, write);
		bytes += n;
		va += n;
		len -= n;
	}
	return ret;
}

/* --- breakpoints ------------------------------------------------------------ */

static int put_soft(struct gdb_memory *m, unsigned int vcpu, uint64_t va)
{
	uint32_t old, brk = BRK;
	uint64_t left;
	gpa_t gpa;
	int ret = translate(m, vcpu, va, &gpa, &left);

	if (ret || left < sizeof(brk) || va % 4)
		return ret ? ret : -EINVAL;
	if (m->nr_soft == GDB_MAX_SOFT)
		return -ENOSPC;
	ret = pvm_copy(m->pvm, gpa, &old, sizeof(old), false);
	if (!ret)
		ret = pvm_copy(m->pvm, gpa, &brk, sizeof(brk), true);
	if (ret)
		return ret;
	m->soft[m->nr_soft].gpa = gpa;
	m->soft[m->nr_soft].va = va;
	m->soft[m->nr_soft++].old = old;
	return 0;
}

/* The guest may have put something else there; then that stays. */
static void drop_soft(struct gdb_memory *m, unsigned int i)
{
	uint32_t now;

	if (!pvm_copy(m->pvm, m->soft[i].gpa, &now, sizeof(now), false) &&
	    now == BRK)
		(void)!pvm_copy(m->pvm, m->soft[i].gpa, &m->soft[i].old,
				sizeof(now), true);
	m->soft[i] = m->soft[--m->nr_soft];
}

static int set_soft(struct gdb_memory *m, unsigned int vcpu, uint64_t va,
		    bool on)
{
	for (unsigned int i = 0; i < m->nr_soft; i++) {
		if (m->soft[i].va != va)
			continue;
		if (!on)
			drop_soft(m, i);
		return 0;
	}
	return on ? put_soft(m, vcpu, va) : 0;
}

static int set_hard(struct gdb_memory *m, uint64_t va, bool on)
{
	struct pvm_debug *d = &m->hard;

	for (unsigned int i = 0; i < d->nr; i++) {
		if (d->at[i] != va)
			continue;
		if (!on)
			d->at[i] = d->at[--d->nr];
		return 0;
	}
	if (!on)
		return 0;
	if (d->nr >= pvm_nr_breakpoints(m->pvm))
		return -ENOSPC;
	d->at[d->nr++] = va;
	return 0;
}

int gdb_memory_break(struct gdb_memory *m, unsigned int vcpu, bool hardware,
		     uint64_t va, bool on)
{
	return hardware ? set_hard(m, va, on) : set_soft(m, vcpu, va, on);
}

/* --- watchpoints ------------------------------------------------------------ */

static bool is_same(const struct gdb_watch *a, const struct gdb_watch *b)
{
	return a->va == b->va && a->len == b->len && a->loads == b->loads &&
	       a->stores == b->stores;
}

/* All parts of @w; how many there were. */
static unsigned int drop_watch(struct gdb_memory *m, const struct gdb_watch *w)
{
	struct pvm_debug *d = &m->hard;
	unsigned int left = 0, nr = d->nr_watch;

	for (unsigned int i = 0; i < nr; i++) {
		if (is_same(&m->watch[i], w))
			continue;
		m->watch[left] = m->watch[i];
		d->watch[left++] = d->watch[i];
	}
	d->nr_watch = left;
	return nr - left;
}

/* One of the CPU's for each doubleword of it. */
int gdb_memory_watch(struct gdb_memory *m, const struct gdb_watch *w, bool on)
{
	unsigned int max = pvm_nr_watchpoints(m->pvm), parts;
	struct pvm_debug *d = &m->hard;
	uint64_t va = w->va, left = w->len;

	(void)drop_watch(m, w);
	if (!on)
		return 0;
	if (left == 0 || left > UINT64_MAX - va)
		return -EINVAL;
	if (left > 8ULL * PVM_MAX_WATCHPOINTS)
		return -ENOSPC;
	parts = (unsigned int)(((va % 8) + left + 7) / 8);
	if (parts > max || d->nr_watch > max - parts)
		return -ENOSPC;
	while (left) {
		uint8_t n = (uint8_t)(8 - va % 8);

		n = n > left ? (uint8_t)left : n;
		m->watch[d->nr_watch] = *w;
		d->watch[d->nr_watch++] = (struct pvm_watchpoint){
			.at = va,
			.len = n,
			.loads = w->loads,
			.stores = w->stores,
		};
		va += n;
		left -= n;
	}
	return 0;
}

/*
 * A wide access may begin below what is watched, and gdb wants an address in it:
 * that of the nearest.
 */
uint64_t gdb_memory_watched(const struct gdb_memory *m, uint64_t far)
{
	uint64_t best = far, distance = UINT64_MAX;

	for (unsigned int i = 0; i < m->hard.nr_watch; i++) {
		const struct pvm_watchpoint *w = &m->hard.watch[i];

		if (far - w->at < w->len)
			return far;
		if (w->at >= far && w->at - far < distance) {
			distance = w->at - far;
			best = w->at;
		}
	}
	return best;
}

void gdb_memory_forget(struct gdb_memory *m)
{
	while (m->nr_soft)
		drop_soft(m, m->nr_soft - 1);
	m->hard.nr = m->hard.nr_watch = 0;
}

void gdb_memory_begin(struct gdb_memory *m, struct pvm *pvm)
{
	m->pvm = pvm;
	m->nr_soft = 0;
}
