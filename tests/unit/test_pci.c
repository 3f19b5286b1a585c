// SPDX-License-Identifier: GPL-2.0-only
/* test_pci.c: properties of the PCI host bridge and of its functions. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "machine.h"
#include "pci.h"

enum {
	COMMAND = 0x04,
	STATUS = 0x06,
	BAR0 = 0x10,
	CAPABILITIES = 0x34,
	LINE = 0x3c,
	PIN = 0x3d
};

#define BAR_LEN 0x8000U

/* A function that remembers what it was asked. */
struct function {
	struct pci_dev pci;
	gpa_t gpa;
	unsigned int nr_moves;
	uint64_t offset, value;
	unsigned int len, nr_reads, nr_writes;
};

struct world {
	struct bus bus;
	struct pci_host host;
	struct function f[PCI_SLOTS + 1];
	bool line[PCI_LINES];
	unsigned int nr_edges;
};

static void moved(void *ctx, gpa_t gpa)
{
	struct function *f = ctx;

	f->gpa = gpa;
	f->nr_moves++;
}

static uint64_t bar_read(void *ctx, uint64_t offset, unsigned int len)
{
	struct function *f = ctx;

	f->offset = offset;
	f->len = len;
	f->nr_reads++;
	return 0x1122334455667788;
}

static void bar_write(void *ctx, uint64_t offset, unsigned int len,
		      uint64_t value)
{
	struct function *f = ctx;

	f->offset = offset;
	f->len = len;
	f->value = value;
	f->nr_writes++;
}

static const struct pci_ops ops = {
	.bar_moved = moved,
	.bar_read = bar_read,
	.bar_write = bar_write,
};

static void set_line(void *ctx, unsigned int line, bool high)
{
	struct world *w = ctx;

	w->line[line] = high;
	w->nr_edges++;
}

static const struct pci_id id = {
	.vendor = 0x1af4,
	.device = 0x1042,
	.subsystem_vendor = 0x1af4,
	.subsystem = 0x42,
	.revision = 1,
	.class_code = 0x010000,
};

static void start(struct world *w, unsigned int nr)
{
	memset(w, 0, sizeof(*w));
	pci_host_init(&w->host, set_line, w);
	for (unsigned int i = 0; i < nr; i++) {
		pci_dev_init(&w->f[i].pci, &id, BAR_LEN, true, &ops, &w->f[i]);
		ck_assert_int_eq(pci_host_add(&w->host, &w->f[i].pci), 0);
	}
	ck_assert_int_eq(pci_host_map(&w->host, &w->bus), 0);
	pci_host_power_on(&w->host);
}

static uint64_t load(struct world *w, gpa_t gpa, unsigned int len)
{
	uint64_t v = 0;

	bus_access(&w->bus, gpa, (uint8_t *)&v, len, false);
	return v;
}

static void store(struct world *w, gpa_t gpa, unsigned int len, uint64_t v)
{
	bus_access(&w->bus, gpa, (uint8_t *)&v, len, true);
}

static gpa_t cfg(unsigned int slot, unsigned int reg)
{
	return MACHINE_PCI_ECAM_BASE + slot * 0x8000 + reg;
}

START_TEST(function_is_found_by_its_ids)
{
	static struct world w;

	start(&w, 2);
	ck_assert_uint_eq(load(&w, cfg(1, 0), 4), 0x10421af4);
	ck_assert_uint_eq(load(&w, cfg(1, 8), 4), 0x01000001);
	ck_assert_uint_eq(load(&w, cfg(1, 0xe), 1), 0);
	ck_assert_uint_eq(load(&w, cfg(1, 0x2c), 4), 0x00421af4);
	ck_assert_uint_eq(load(&w, cfg(1, PIN), 1), 1);
	ck_assert_uint_eq(pci_requester_id(&w.f[1].pci), 8);
}
END_TEST

START_TEST(empty_slots_and_other_functions_read_all_ones)
{
	static struct world w;

	start(&w, 1);
	ck_assert_uint_eq(load(&w, cfg(1, 0), 4), 0xffffffff);
	ck_assert_uint_eq(load(&w, cfg(31, 0), 2), 0xffff);
	for (unsigned int fn = 1; fn < 8; fn++)
		ck_assert_uint_eq(load(&w, cfg(0, fn << 12), 4), 0xffffffff);
	store(&w, cfg(1, COMMAND), 2, 2);
	/* An access over the end of a function's registers is in none. */
	ck_assert_uint_eq(load(&w, cfg(0, 0xffe), 4), 0xffffffff);
}
END_TEST

START_TEST(there_are_no_extended_capabilities)
{
	static struct world w;

	start(&w, 1);
	ck_assert_uint_eq(load(&w, cfg(0, 0x100), 4), 0);
	ck_assert_uint_eq(load(&w, cfg(0, 0xffc), 4), 0);
	ck_assert_uint_eq(load(&w, cfg(0, 0xfc), 8), 0);
	store(&w, cfg(0, 0x100), 4, 0xffffffff);
	ck_assert_uint_eq(load(&w, cfg(0, 0x100), 4), 0);
}
END_TEST

START_TEST(any_width_reads_the_same_bytes)
{
	static struct world w;
	uint8_t bytes[64];

	start(&w, 1);
	for (unsigned int i = 0; i < 64; i++)
		bytes[i] = (uint8_t)load(&w, cfg(0, i), 1);
	for (unsigned int len = 2; len <= 8; len *= 2) {
		for (unsigned int i = 0; i + len <= 64; i++) {
			uint64_t v = load(&w, cfg(0, i), len);

			ck_assert_mem_eq(&v, &bytes[i], len);
		}
	}
}
END_TEST

START_TEST(bar_tells_its_size_and_keeps_its_address)
{
	static struct world w;

	start(&w, 1);
	store(&w, cfg(0, BAR0), 4, 0xffffffff);
	ck_assert_uint_eq(load(&w, cfg(0, BAR0), 4), ~(BAR_LEN - 1));
	store(&w, cfg(0, BAR0), 4, 0x50123456);
	ck_assert_uint_eq(load(&w, cfg(0, BAR0), 4), 0x50120000);
	for (unsigned int bar = 1; bar < 6; bar++) {
		store(&w, cfg(0, BAR0 + bar * 4), 4, 0xffffffff);
		ck_assert_uint_eq(load(&w, cfg(0, BAR0 + bar * 4), 4), 0);
	}
	store(&w, cfg(0, 0x30), 4, 0xffffffff); /* no ROM */
	ck_assert_uint_eq(load(&w, cfg(0, 0x30), 4), 0);
}
END_TEST

START_TEST(bar_answers_only_with_memory_enabled)
{
	static struct world w;
	gpa_t at = 0x50200000;

	start(&w, 1);
	store(&w, cfg(0, BAR0), 4, at);
	ck_assert_uint_eq(load(&w, at, 4), 0xffffffff);
	store(&w, cfg(0, COMMAND), 2, 2);
	ck_assert_uint_eq(w.f[0].gpa, at);
	ck_assert_uint_eq(load(&w, at + 0x104, 4), 0x55667788);
	ck_assert_uint_eq(w.f[0].offset, 0x104);
	store(&w, at + BAR_LEN - 8, 8, 42);
	ck_assert_uint_eq(w.f[0].value, 42);
	store(&w, cfg(0, COMMAND), 2, 0);
	ck_assert_uint_eq(w.f[0].gpa, 0);
	store(&w, at, 4, 43);
	ck_assert_uint_eq(w.f[0].nr_writes, 1);
}
END_TEST

START_TEST(bar_outside_the_window_answers_nowhere)
{
	static const uint32_t places[] = { 0,	       0x40000000, 0x4fff8000,
					   0x70000000, 0xffff8000, 0x01000000 };
	static struct world w;

	start(&w, 1);
	store(&w, cfg(0, COMMAND), 2, 2);
	ck_assert_uint_eq(w.f[0].gpa, MACHINE_PCI_MMIO_BASE);
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		store(&w, cfg(0, BAR0), 4, places[i]);
		ck_assert_uint_eq(w.f[0].gpa, 0);
	}
	store(&w, cfg(0, BAR0), 4, 0x6fff8000);
	ck_assert_uint_eq(w.f[0].gpa, 0x6fff8000);
}
END_TEST

START_TEST(bar_move_is_told_once)
{
	static struct world w;
	unsigned int before;

	start(&w, 1);
	store(&w, cfg(0, COMMAND), 2, 2);
	before = w.f[0].nr_moves;
	store(&w, cfg(0, COMMAND), 2, 6);
	store(&w, cfg(0, LINE), 1, 9);
	store(&w, cfg(0, BAR0), 4, MACHINE_PCI_MMIO_BASE);
	ck_assert_uint_eq(w.f[0].nr_moves, before);
	store(&w, cfg(0, BAR0), 4, 0x50300000);
	ck_assert_uint_eq(w.f[0].nr_moves, before + 1);
}
END_TEST

START_TEST(access_across_the_end_of_a_bar_reaches_nobody)
{
	static struct world w;

	start(&w, 1);
	store(&w, cfg(0, COMMAND), 2, 2);
	ck_assert_uint_eq(load(&w, MACHINE_PCI_MMIO_BASE + BAR_LEN - 4, 8),
			  UINT64_MAX);
	store(&w, MACHINE_PCI_MMIO_BASE + BAR_LEN - 1, 2, 0);
	ck_assert_uint_eq(w.f[0].nr_reads + w.f[0].nr_writes, 0);
}
END_TEST

START_TEST(of_overlapping_bars_the_first_slot_answers)
{
	static struct world w;

	start(&w, 2);
	for (unsigned int i = 0; i < 2; i++) {
		store(&w, cfg(i, BAR0), 4, 0x50200000);
		store(&w, cfg(i, COMMAND), 2, 2);
	}
	store(&w, 0x50200000, 4, 1);
	ck_assert_uint_eq(w.f[0].nr_writes, 1);
	ck_assert_uint_eq(w.f[1].nr_writes, 0);
}
END_TEST

START_TEST(guest_changes_only_what_it_may)
{
	static struct world w;
	static const uint8_t may[0x40] = {
		[COMMAND] = 0x06,     [COMMAND + 1] = 0x04, [0x0c] = 0xff,
		[BAR0 + 1] = 0x80,    [BAR0 + 2] = 0xff,    [BAR0 + 3] = 0xff,
		[CAPABILITIES] = 0x0, [LINE] = 0xff,
	};
	uint8_t was, is;

	start(&w, 1);
	for (unsigned int i = 0; i < 256; i++) {
		was = (uint8_t)load(&w, cfg(0, i), 1);
		store(&w, cfg(0, i), 1, (uint8_t)~was);
		is = (uint8_t)load(&w, cfg(0, i), 1);
		ck_assert_uint_eq((was ^ is), i < 0x40 ? may[i] : 0);
	}
}
END_TEST

START_TEST(capabilities_form_a_chain)
{
	static const uint8_t body[] = { 1, 2, 3, 4, 5 };
	static const uint8_t mask[] = { 0, 0xf0, 0, 0, 0xff };
	static struct world w;
	unsigned int first, second;
	struct function *f = &w.f[0];

	start(&w, 0);
	pci_dev_init(&f->pci, &id, BAR_LEN, false, &ops, f);
	first = pci_dev_add_cap(&f->pci, 0x11, body, mask, sizeof(body));
	second = pci_dev_add_cap(&f->pci, 0x09, body, NULL, 4);
	ck_assert_int_eq(pci_host_add(&w.host, &f->pci), 0);

	ck_assert_uint_eq(load(&w, cfg(0, PIN), 1), 0);
	ck_assert_uint_eq(load(&w, cfg(0, STATUS), 2) & 0x10, 0x10);
	ck_assert_uint_eq(load(&w, cfg(0, CAPABILITIES), 1), first);
	ck_assert_uint_eq(load(&w, cfg(0, first), 4), 0x02010011 | second << 8);
	ck_assert_uint_eq(second % 4, 0);
	ck_assert_uint_eq(load(&w, cfg(0, second), 4), 0x02010009);
	store(&w, cfg(0, first + 2), 8, UINT64_MAX);
	ck_assert_uint_eq(load(&w, cfg(0, first + 2), 4), 0x0403f201);
	ck_assert_uint_eq(load(&w, cfg(0, first + 6), 1), 0xff);
}
END_TEST

START_TEST(line_is_high_while_any_of_its_functions_is)
{
	static struct world w;

	start(&w, 5); /* slots 0 and 4 share a line */
	pci_set_intx(&w.f[0].pci, true);
	pci_set_intx(&w.f[4].pci, true);
	pci_set_intx(&w.f[4].pci, true);
	ck_assert(w.line[0] && !w.line[1]);
	pci_set_intx(&w.f[0].pci, false);
	ck_assert(w.line[0]);
	pci_set_intx(&w.f[4].pci, false);
	ck_assert(!w.line[0]);
	ck_assert_uint_eq(w.nr_edges, 2);
	pci_set_intx(&w.f[1].pci, true);
	ck_assert(w.line[1]);
}
END_TEST

START_TEST(interrupt_can_be_disabled_and_is_not_lost)
{
	static struct world w;

	start(&w, 1);
	store(&w, cfg(0, COMMAND), 2, 0x400);
	pci_set_intx(&w.f[0].pci, true);
	ck_assert(!w.line[0]);
	ck_assert_uint_eq(load(&w, cfg(0, STATUS), 2) & 8, 8);
	store(&w, cfg(0, COMMAND), 2, 0);
	ck_assert(w.line[0]);
	pci_set_intx(&w.f[0].pci, false);
	ck_assert(!w.line[0]);
	ck_assert_uint_eq(load(&w, cfg(0, STATUS), 2) & 8, 0);
}
END_TEST

START_TEST(power_on_forgets_what_the_guest_did)
{
	static struct world w;

	start(&w, 1);
	store(&w, cfg(0, BAR0), 4, 0x50200000);
	store(&w, cfg(0, COMMAND), 2, 2);
	pci_set_intx(&w.f[0].pci, true);
	pci_host_power_on(&w.host);
	ck_assert_uint_eq(load(&w, cfg(0, COMMAND), 2), 0);
	ck_assert_uint_eq(load(&w, cfg(0, BAR0), 4), MACHINE_PCI_MMIO_BASE);
	ck_assert(!w.line[0]);
	ck_assert_uint_eq(w.f[0].gpa, 0);
}
END_TEST

START_TEST(there_is_room_for_32_functions)
{
	static struct world w;
	struct pci_dev *d = &w.f[PCI_SLOTS].pci;

	start(&w, PCI_SLOTS);
	pci_dev_init(d, &id, BAR_LEN, true, &ops, d);
	ck_assert_int_eq(pci_host_add(&w.host, d), -ENOSPC);
	for (unsigned int i = 0; i < PCI_SLOTS; i++) {
		gpa_t bar = load(&w, cfg(i, BAR0), 4);

		store(&w, cfg(i, COMMAND), 2, 2);
		store(&w, bar, 4, i + 1);
		ck_assert_uint_eq(w.f[i].value, i + 1);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pci");
	TCase *tc = tcase_create("pci");

	tcase_add_test(tc, function_is_found_by_its_ids);
	tcase_add_test(tc, empty_slots_and_other_functions_read_all_ones);
	tcase_add_test(tc, there_are_no_extended_capabilities);
	tcase_add_test(tc, any_width_reads_the_same_bytes);
	tcase_add_test(tc, bar_tells_its_size_and_keeps_its_address);
	tcase_add_test(tc, bar_answers_only_with_memory_enabled);
	tcase_add_test(tc, bar_outside_the_window_answers_nowhere);
	tcase_add_test(tc, bar_move_is_told_once);
	tcase_add_test(tc, access_across_the_end_of_a_bar_reaches_nobody);
	tcase_add_test(tc, of_overlapping_bars_the_first_slot_answers);
	tcase_add_test(tc, guest_changes_only_what_it_may);
	tcase_add_test(tc, capabilities_form_a_chain);
	tcase_add_test(tc, line_is_high_while_any_of_its_functions_is);
	tcase_add_test(tc, interrupt_can_be_disabled_and_is_not_lost);
	tcase_add_test(tc, power_on_forgets_what_the_guest_did);
	tcase_add_test(tc, there_is_room_for_32_functions);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
