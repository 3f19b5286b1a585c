/* SPDX-License-Identifier: GPL-2.0-only */
/* devicetree_fixture.h: a machine with everything, and what its tree says. */
#ifndef LKVM_PVM_TESTS_DEVICETREE_FIXTURE_H
#define LKVM_PVM_TESTS_DEVICETREE_FIXTURE_H

#include "unit.h"

#include <string.h>

#include <libfdt.h>

#include "devicetree.h"

#define TREE_SIZE 65536

/* One machine and its tree. */
struct world {
	struct machine m;
	_Alignas(8) uint8_t fdt[TREE_SIZE];
	int len;
};

static inline void build(struct world *w)
{
	w->len = devicetree_build(&w->m, w->fdt, sizeof(w->fdt));
	ck_assert_int_gt(w->len, 0);
	ck_assert_int_eq(fdt_check_full(w->fdt, (size_t)w->len), 0);
}

/* A machine with everything; @w is large, so the caller makes it static. */
static inline void start(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->m.nr_vcpus = 2;
	w->m.ram = (struct gpa_range){ MACHINE_RAM_BASE + MIB(4), MIB(252) };
	w->m.window = (struct gpa_range){ MACHINE_RAM_BASE, MIB(4) };
	w->m.has_its = w->m.has_pci = w->m.has_power_key = true;
	w->m.initrd = (struct gpa_range){ 0x84000000, 0x123456 };
	w->m.bootargs = "console=ttyS0 rdinit=/init";
	w->m.kaslr_seed = 0x1122334455667788;
	for (unsigned int i = 0; i < sizeof(w->m.rng_seed); i++)
		w->m.rng_seed[i] = (uint8_t)(i * 7);
}

static inline void build_whole(struct world *w)
{
	start(w);
	build(w);
}

static inline int node(const struct world *w, const char *path)
{
	return fdt_path_offset(w->fdt, path);
}

static inline int must_node(const struct world *w, const char *path)
{
	int offset = node(w, path);

	ck_assert_msg(offset >= 0, "%s: %s", path, fdt_strerror(offset));
	return offset;
}

static inline bool has(const struct world *w, int at, const char *name)
{
	return fdt_getprop(w->fdt, at, name, NULL) != NULL;
}

static inline const char *text(const struct world *w, int at, const char *name)
{
	const char *s = fdt_getprop(w->fdt, at, name, NULL);

	ck_assert_msg(s != NULL, "no %s", name);
	return s;
}

static inline bool is_compatible(const struct world *w, int at,
				 const char *with)
{
	return fdt_stringlist_search(w->fdt, at, "compatible", with) >= 0;
}

/* The @nr cells of a property, or a failure. */
static inline void check_cells(const struct world *w, int at, const char *name,
			       const uint32_t *cells, size_t nr)
{
	const uint8_t *p;
	int len;

	p = fdt_getprop(w->fdt, at, name, &len);
	ck_assert_msg(p != NULL, "no %s", name);
	ck_assert_int_eq(len, (int)(4 * nr));
	for (size_t i = 0; i < nr; i++)
		ck_assert_msg(fdt32_ld((const void *)(p + 4 * i)) == cells[i],
			      "%s cell %zu", name, i);
}

#define CHECK_CELLS(w, at, name, ...)                                          \
	do {                                                                   \
		const uint32_t cells_[] = { __VA_ARGS__ };                     \
		check_cells(w, at, name, cells_, ARRAY_SIZE(cells_));          \
	} while (0)

#endif
