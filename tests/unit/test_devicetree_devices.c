// SPDX-License-Identifier: GPL-2.0-only
/* test_devicetree_devices.c: the devices that the guest is told of. */
#include "devicetree_fixture.h"

#include <stdio.h>

START_TEST(power_key_is_a_line_of_the_gpio)
{
	static struct world w;
	int gpio, key;

	build_whole(&w);
	gpio = must_node(&w, "/gpio@1030000");
	key = must_node(&w, "/gpio-keys/power");
	ck_assert(is_compatible(&w, gpio, "arm,pl061"));
	CHECK_CELLS(&w, gpio, "arm,primecell-periphid", 0x00041061);
	ck_assert(has(&w, gpio, "gpio-controller"));
	CHECK_CELLS(&w, gpio, "interrupts", 0, 1, 4);
	CHECK_CELLS(&w, key, "linux,code", 116);
	CHECK_CELLS(&w, key, "gpios", fdt_get_phandle(w.fdt, gpio), 3, 0);
}
END_TEST

START_TEST(without_a_power_key_nothing_of_it_is_there)
{
	static struct world w;

	start(&w);
	w.m.has_power_key = false;
	build(&w);
	ck_assert_int_lt(node(&w, "/gpio@1030000"), 0);
	ck_assert_int_lt(node(&w, "/gpio-keys"), 0);
}
END_TEST

START_TEST(pci_host_is_coherent_bounces_and_maps_msis)
{
	static struct world w;
	uint32_t its, pool;
	int at;

	build_whole(&w);
	its = fdt_get_phandle(w.fdt,
			      must_node(&w, "/interrupt-controller@3fff0000/"
					    "msi-controller@3ff90000"));
	pool = fdt_get_phandle(w.fdt, must_node(&w, "/reserved-memory/"
						    "restricted-dma-pool"));
	at = must_node(&w, "/pcie@40000000");
	ck_assert(has(&w, at, "dma-coherent"));
	CHECK_CELLS(&w, at, "memory-region", pool);
	CHECK_CELLS(&w, at, "msi-map", 0, its, 0, 0x10000);
	CHECK_CELLS(&w, at, "bus-range", 0, 0);
	CHECK_CELLS(&w, at, "reg", 0, 0x40000000, 0, 0x100000);
	CHECK_CELLS(&w, at, "ranges", 0x02000000, 0, 0x50000000, 0, 0x50000000,
		    0, 0x20000000);
	ck_assert(!has(&w, at, "interrupt-map"));
}
END_TEST

START_TEST(without_pci_there_is_no_host_bridge)
{
	static struct world w;

	start(&w);
	w.m.has_pci = false;
	build(&w);
	ck_assert_int_lt(node(&w, "/pcie@40000000"), 0);
}
END_TEST

START_TEST(virtio_mmio_devices_have_a_page_and_an_edge_each)
{
	static struct world w;
	uint32_t pool;
	char path[40];

	start(&w);
	w.m.has_pci = false;
	w.m.nr_virtio_mmio = MACHINE_VIRTIO_MMIO_SLOTS;
	build(&w);
	pool = fdt_get_phandle(
		w.fdt, must_node(&w, "/reserved-memory/restricted-dma-pool"));
	for (unsigned int i = 0; i < MACHINE_VIRTIO_MMIO_SLOTS; i++) {
		int at;

		(void)snprintf(path, sizeof(path), "/virtio@%x",
			       0x3000000 + i * 0x1000);
		at = must_node(&w, path);
		ck_assert_str_eq(text(&w, at, "compatible"), "virtio,mmio");
		CHECK_CELLS(&w, at, "reg", 0, 0x3000000 + i * 0x1000, 0,
			    0x1000);
		CHECK_CELLS(&w, at, "interrupts", 0, 6 + i, 1);
		CHECK_CELLS(&w, at, "memory-region", pool);
		ck_assert(has(&w, at, "dma-coherent"));
		ck_assert_uint_lt(MACHINE_VIRTIO_MMIO_SPI + i,
				  MACHINE_GIC_SPIS);
	}
	w.m.window.len = 0;
	w.m.nr_virtio_mmio = 1;
	build(&w);
	ck_assert(!has(&w, must_node(&w, "/virtio@3000000"), "memory-region"));
	ck_assert_int_lt(node(&w, "/virtio@3001000"), 0);
}
END_TEST

START_TEST(serial_console_is_found_through_its_alias)
{
	static struct world w;
	int at;

	build_whole(&w);
	ck_assert_str_eq(text(&w, must_node(&w, "/chosen"), "stdout-path"),
			 "serial0:115200n8");
	at = must_node(&w, "serial0");
	ck_assert_str_eq(text(&w, at, "compatible"), "ns16550a");
	CHECK_CELLS(&w, at, "reg", 0, 0x01000000, 0, 8);
	CHECK_CELLS(&w, at, "interrupts", 0, 0, 4);
	CHECK_CELLS(&w, at, "clock-frequency", 1843200);
	CHECK_CELLS(&w, at, "fifo-size", 64);
}
END_TEST

START_TEST(rtc_is_an_amba_device_with_its_clock)
{
	static struct world w;
	int at, clock;

	build_whole(&w);
	at = must_node(&w, "rtc0");
	ck_assert(is_compatible(&w, at, "arm,primecell"));
	ck_assert_str_eq(text(&w, at, "clock-names"), "apb_pclk");
	clock = must_node(&w, "/apb-pclk");
	CHECK_CELLS(&w, at, "clocks", fdt_get_phandle(w.fdt, clock));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("devicetree_devices");
	TCase *tc = tcase_create("devicetree_devices");

	tcase_add_test(tc, power_key_is_a_line_of_the_gpio);
	tcase_add_test(tc, without_a_power_key_nothing_of_it_is_there);
	tcase_add_test(tc, pci_host_is_coherent_bounces_and_maps_msis);
	tcase_add_test(tc, without_pci_there_is_no_host_bridge);
	tcase_add_test(tc, virtio_mmio_devices_have_a_page_and_an_edge_each);
	tcase_add_test(tc, serial_console_is_found_through_its_alias);
	tcase_add_test(tc, rtc_is_an_amba_device_with_its_clock);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
