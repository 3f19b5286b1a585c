// SPDX-License-Identifier: GPL-2.0-only
/* test_devicetree.c: what the guest is told of its machine. */
#include "devicetree_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const unsigned int cpu_counts[] = { 1, 4, 16, 17, 512 };

START_TEST(says_which_machine_it_is)
{
	static struct world w;
	int root;

	build_whole(&w);
	root = must_node(&w, "/");
	ck_assert_str_eq(text(&w, root, "compatible"), "linux,dummy-virt");
	ck_assert_str_eq(text(&w, root, "model"), "lkvm-pvm");
	ck_assert_int_eq((int)fdt_totalsize(w.fdt), w.len);
	ck_assert_int_eq(fdt_num_mem_rsv(w.fdt), 0);
}
END_TEST

START_TEST(memory_is_ram_and_nothing_but_the_window)
{
	static struct world w;
	int pool;

	build_whole(&w);
	CHECK_CELLS(&w, must_node(&w, "/memory@80400000"), "reg", 0, 0x80400000,
		    0, 0xfc00000);
	CHECK_CELLS(&w, must_node(&w, "/memory@80000000"), "reg", 0, 0x80000000,
		    0, 0x400000);
	pool = must_node(&w, "/reserved-memory/restricted-dma-pool@80000000");
	ck_assert_str_eq(text(&w, pool, "compatible"), "restricted-dma-pool");
	CHECK_CELLS(&w, pool, "reg", 0, 0x80000000, 0, 0x400000);
	ck_assert(!has(&w, pool, "no-map"));
	ck_assert(!has(&w, pool, "reusable"));
}
END_TEST

START_TEST(memory_beyond_4_gib_keeps_its_upper_cells)
{
	static struct world w;

	start(&w);
	w.m.ram.len = GIB(6) + MIB(2);
	build(&w);
	CHECK_CELLS(&w, must_node(&w, "/memory@80400000"), "reg", 0, 0x80400000,
		    1, 0x80200000);
}
END_TEST

START_TEST(without_window_nothing_is_reserved)
{
	static struct world w;

	start(&w);
	w.m.window.len = 0;
	build(&w);
	ck_assert_int_lt(node(&w, "/reserved-memory"), 0);
	ck_assert(!has(&w, must_node(&w, "/pcie@40000000"), "memory-region"));
	must_node(&w, "/memory@80400000");
}
END_TEST

START_TEST(every_cpu_has_its_own_mpidr_and_psci)
{
	static struct world w;
	int cpus, at, nr;

	for (unsigned int i = 0; i < ARRAY_SIZE(cpu_counts); i++) {
		start(&w);
		w.m.nr_vcpus = cpu_counts[i];
		build(&w);
		cpus = must_node(&w, "/cpus");
		nr = 0;
		fdt_for_each_subnode(at, w.fdt, cpus)
		{
			CHECK_CELLS(&w, at, "reg",
				    (uint32_t)machine_mpidr((unsigned int)nr));
			ck_assert_str_eq(text(&w, at, "enable-method"), "psci");
			ck_assert_str_eq(text(&w, at, "device_type"), "cpu");
			nr++;
		}
		ck_assert_uint_eq((unsigned int)nr, cpu_counts[i]);
	}
}
END_TEST

START_TEST(psci_is_called_by_hvc)
{
	static struct world w;
	int at;

	build_whole(&w);
	at = must_node(&w, "/psci");
	ck_assert_str_eq(text(&w, at, "method"), "hvc");
	ck_assert(is_compatible(&w, at, "arm,psci-1.0"));
	ck_assert(is_compatible(&w, at, "arm,psci-0.2"));
}
END_TEST

START_TEST(gic_frames_lie_apart_whatever_the_number_of_cpus)
{
	static struct world w;

	for (unsigned int i = 0; i < ARRAY_SIZE(cpu_counts); i++) {
		uint32_t redist = 0x20000 * cpu_counts[i];
		uint32_t its = 0x3fff0000 - redist - 0x20000;
		char path[80];
		int gic;

		start(&w);
		w.m.nr_vcpus = cpu_counts[i];
		build(&w);
		gic = must_node(&w, "/interrupt-controller@3fff0000");
		CHECK_CELLS(&w, gic, "reg", 0, 0x3fff0000, 0, 0x10000, 0,
			    0x3fff0000 - redist, 0, redist);
		snprintf(path, sizeof(path),
			 "/interrupt-controller@3fff0000/msi-controller@%x",
			 its);
		CHECK_CELLS(&w, must_node(&w, path), "reg", 0, its, 0, 0x20000);
	}
}
END_TEST

START_TEST(without_its_pci_interrupts_are_spis)
{
	static struct world w;
	const uint8_t *map;
	int at, len;

	start(&w);
	w.m.has_its = false;
	build(&w);
	at = must_node(&w, "/interrupt-controller@3fff0000");
	ck_assert_int_lt(fdt_first_subnode(w.fdt, at), 0);
	at = must_node(&w, "/pcie@40000000");
	ck_assert(!has(&w, at, "msi-map"));
	CHECK_CELLS(&w, at, "interrupt-map-mask", 0x1800, 0, 0, 7);
	map = fdt_getprop(w.fdt, at, "interrupt-map", &len);
	ck_assert_int_eq(len, 640); /* 16 entries of 10 cells */
	for (uint32_t i = 0; i < 16; i++, map += 40) {
		const fdt32_t *cell = (const void *)map;
		uint32_t slot = i / 4, pin = i % 4;

		ck_assert_uint_eq(fdt32_ld(cell), slot << 11);
		ck_assert_uint_eq(fdt32_ld(cell + 3), pin + 1);
		ck_assert_uint_eq(fdt32_ld(cell + 7), 0); /* SPI */
		ck_assert_uint_eq(fdt32_ld(cell + 8), 2 + (slot + pin) % 4);
		ck_assert_uint_eq(fdt32_ld(cell + 9), 4); /* level, high */
	}
}
END_TEST

START_TEST(messages_can_be_spis)
{
	static struct world w;
	uint32_t frame;
	int at;

	start(&w);
	w.m.has_its = false;
	w.m.nr_msi_spis = 26;
	build(&w);
	at = must_node(&w,
		       "/interrupt-controller@3fff0000/msi-controller@1040000");
	ck_assert_str_eq(text(&w, at, "compatible"), "arm,gic-v2m-frame");
	ck_assert(has(&w, at, "msi-controller"));
	CHECK_CELLS(&w, at, "reg", 0, 0x1040000, 0, 0x1000);
	CHECK_CELLS(&w, at, "arm,msi-base-spi", 38);
	CHECK_CELLS(&w, at, "arm,msi-num-spis", 26);
	frame = fdt_get_phandle(w.fdt, at);
	at = must_node(&w, "/pcie@40000000");
	CHECK_CELLS(&w, at, "msi-map", 0, frame, 0, 0x10000);
	ck_assert(!has(&w, at, "interrupt-map"));
}
END_TEST

START_TEST(timer_has_the_architectures_ppis)
{
	static struct world w;

	build_whole(&w);
	CHECK_CELLS(&w, must_node(&w, "/timer"), "interrupts", 1, 13, 8, 1, 14,
		    8, 1, 11, 8, 1, 10, 8);
}
END_TEST

START_TEST(chosen_carries_what_the_loader_placed)
{
	static struct world w;
	const void *seed;
	int at, len;

	build_whole(&w);
	at = must_node(&w, "/chosen");
	ck_assert_str_eq(text(&w, at, "bootargs"), w.m.bootargs);
	CHECK_CELLS(&w, at, "linux,initrd-start", 0, 0x84000000);
	CHECK_CELLS(&w, at, "linux,initrd-end", 0, 0x84123456);
	CHECK_CELLS(&w, at, "kaslr-seed", 0x11223344, 0x55667788);
	seed = fdt_getprop(w.fdt, at, "rng-seed", &len);
	ck_assert_int_eq(len, (int)sizeof(w.m.rng_seed));
	ck_assert_mem_eq(seed, w.m.rng_seed, sizeof(w.m.rng_seed));
}
END_TEST

START_TEST(without_initrd_and_bootargs_chosen_is_still_whole)
{
	static struct world w;
	int at;

	start(&w);
	w.m.initrd.len = 0;
	w.m.bootargs = NULL;
	build(&w);
	at = must_node(&w, "/chosen");
	ck_assert(!has(&w, at, "linux,initrd-start"));
	ck_assert(!has(&w, at, "linux,initrd-end"));
	ck_assert_str_eq(text(&w, at, "bootargs"), "");
}
END_TEST

START_TEST(too_small_a_buffer_is_refused_at_every_size)
{
	static struct world w;
	static char args[4096];
	int need;

	build_whole(&w);
	need = w.len;
	for (int size = 0; size < need; size += 4)
		ck_assert_int_eq(devicetree_build(&w.m, w.fdt, (size_t)size),
				 -ENOSPC);
	ck_assert_int_lt(devicetree_build(&w.m, w.fdt, TREE_SIZE), TREE_SIZE);

	memset(args, 'a', sizeof(args) - 1);
	w.m.bootargs = args;
	w.m.nr_vcpus = MACHINE_MAX_VCPUS;
	build(&w); /* the largest guest fits 64 KiB */
}
END_TEST

/* dtc's complaints about @w's tree go to stderr; returns how many lines. */
static int dtc_complaints(const struct world *w)
{
	char path[] = "/tmp/lkvm-pvm-dtb-XXXXXX", cmd[128], line[512];
	int fd = mkstemp(path), nr = 0;
	FILE *f;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, w->fdt, (size_t)w->len), w->len);
	close(fd);
	snprintf(cmd, sizeof(cmd), "dtc -I dtb -O dts -o /dev/null %s 2>&1",
		 path);
	f = popen(cmd, "r"); /* NOLINT(cert-env33-c): our own command */
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		fputs(line, stderr);
		nr++;
	}
	ck_assert_int_eq(pclose(f), 0);
	unlink(path);
	return nr;
}

START_TEST(dtc_has_nothing_to_say)
{
	static struct world w;

	/* NOLINTNEXTLINE(cert-env33-c) */
	if (system("command -v dtc >/dev/null") != 0) {
		fputs("skip: dtc_has_nothing_to_say: no dtc\n", stderr);
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(cpu_counts); i++) {
		for (unsigned int bits = 0; bits < 16; bits++) {
			start(&w);
			w.m.nr_vcpus = cpu_counts[i];
			w.m.has_its = bits & 1;
			w.m.nr_msi_spis = bits & 1 ? 0 : 26;
			w.m.has_pci = bits & 2;
			w.m.nr_virtio_mmio = bits & 2 ? 0 : 3;
			if (bits & 4)
				w.m.window.len = 0;
			if (bits & 8)
				w.m.initrd.len = 0;
			build(&w);
			ck_assert_int_eq(dtc_complaints(&w), 0);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("devicetree");
	TCase *tc = tcase_create("devicetree");

	tcase_add_test(tc, says_which_machine_it_is);
	tcase_add_test(tc, memory_is_ram_and_nothing_but_the_window);
	tcase_add_test(tc, memory_beyond_4_gib_keeps_its_upper_cells);
	tcase_add_test(tc, without_window_nothing_is_reserved);
	tcase_add_test(tc, every_cpu_has_its_own_mpidr_and_psci);
	tcase_add_test(tc, psci_is_called_by_hvc);
	tcase_add_test(tc, gic_frames_lie_apart_whatever_the_number_of_cpus);
	tcase_add_test(tc, without_its_pci_interrupts_are_spis);
	tcase_add_test(tc, messages_can_be_spis);
	tcase_add_test(tc, timer_has_the_architectures_ppis);
	tcase_add_test(tc, chosen_carries_what_the_loader_placed);
	tcase_add_test(tc, without_initrd_and_bootargs_chosen_is_still_whole);
	tcase_add_test(tc, too_small_a_buffer_is_refused_at_every_size);
	tcase_add_test(tc, dtc_has_nothing_to_say);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
