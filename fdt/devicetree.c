// SPDX-License-Identifier: GPL-2.0-only
/* devicetree.c: struct machine → flattened device tree, node by node. */
#include "devicetree.h"

#include <assert.h>
#include <linux/input-event-codes.h>

#include "uart.h"
#include "writer.h"

enum {
	PHANDLE_GIC = 1,
	PHANDLE_MSI, /* the ITS, or the GICv2m frame */
	PHANDLE_CLOCK,
	PHANDLE_WINDOW,
	PHANDLE_GPIO,
};

/* Interrupt specifiers of the GIC: type, number, trigger. */
#define GIC_SPI	       0
#define GIC_PPI	       1
#define GIC_EDGE       1 /* rising */
#define GIC_LEVEL_HIGH 4
#define GIC_LEVEL_LOW  8

/* PPIs the architecture's timers have by convention. */
#define TIMER_SECURE_PPI    13
#define TIMER_NONSECURE_PPI 14
#define TIMER_VIRTUAL_PPI   11
#define TIMER_HYP_PPI	    10

#define APB_CLOCK_HZ 24000000

#define GPIO_ACTIVE_HIGH 0

#define PCI_SPACE_MMIO32 0x02000000
#define PCI_PINS	 4U
#define PCI_BUS_SIZE	 MIB(1) /* of configuration space in ECAM */
#define PCI_REQUESTERS	 0x10000

static void add_chosen(struct dt_writer *w, const struct machine *m)
{
	dt_begin(w, "chosen");
	dt_string(w, "bootargs", m->bootargs ? m->bootargs : "");
	dt_string(w, "stdout-path", "serial0:115200n8");
	if (m->initrd.len) {
		dt_u64(w, "linux,initrd-start", m->initrd.gpa);
		dt_u64(w, "linux,initrd-end", m->initrd.gpa + m->initrd.len);
	}
	dt_u64(w, "kaslr-seed", m->kaslr_seed);
	dt_bytes(w, "rng-seed", m->rng_seed, sizeof(m->rng_seed));
	dt_end(w);
}

static void add_aliases(struct dt_writer *w)
{
	dt_begin(w, "aliases");
	dt_string(w, "serial0", "/serial@1000000");
	dt_string(w, "rtc0", "/rtc@1010000");
	dt_end(w);
	static_assert(MACHINE_UART_BASE == 0x1000000, "named in the alias");
	static_assert(MACHINE_RTC_BASE == 0x1010000, "named in the alias");
}

static void add_memory_bank(struct dt_writer *w, const struct gpa_range *bank)
{
	dt_begin_at(w, "memory", bank->gpa);
	dt_string(w, "device_type", "memory");
	dt_ranges(w, "reg", bank, 1);
	dt_end(w);
}

/*
 * The window is a bank of its own, so that its pages have a struct page in
 * the guest, all of it given to the pool that bounces DMA. "reg" rather than
 * "size": we have to know where it is.
 */
static void add_memory(struct dt_writer *w, const struct machine *m)
{
	add_memory_bank(w, &m->ram);
	if (!m->window.len)
		return;
	add_memory_bank(w, &m->window);

	dt_begin(w, "reserved-memory");
	dt_u32(w, "#address-cells", 2);
	dt_u32(w, "#size-cells", 2);
	dt_flag(w, "ranges");
	dt_begin_at(w, "restricted-dma-pool", m->window.gpa);
	dt_string(w, "compatible", "restricted-dma-pool");
	dt_ranges(w, "reg", &m->window, 1);
	dt_u32(w, "phandle", PHANDLE_WINDOW);
	dt_end(w);
	dt_end(w);
}

static void add_cpus(struct dt_writer *w, const struct machine *m)
{
	dt_begin(w, "cpus");
	dt_u32(w, "#address-cells", 1); /* enough while Aff3 is zero */
	dt_u32(w, "#size-cells", 0);
	for (unsigned int i = 0; i < m->nr_vcpus; i++) {
		uint32_t mpidr = (uint32_t)machine_mpidr(i);

		dt_begin_at(w, "cpu", mpidr);
		dt_string(w, "device_type", "cpu");
		dt_string(w, "compatible", "arm,armv8");
		dt_u32(w, "reg", mpidr);
		dt_string(w, "enable-method", "psci");
		dt_end(w);
	}
	dt_end(w);
}

/* hvc: a pVM's hypercalls reach the hypervisor by no other way. */
static void add_psci(struct dt_writer *w)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	dt_begin(w, "psci");
	dt_bytes(w, "compatible", compatible, sizeof(compatible));
	dt_string(w, "method", "hvc");
	dt_end(w);
}

/* Which SPIs it has is said here, too: each of its registers is an exit. */
static void add_gicv2m(struct dt_writer *w, const struct machine *m)
{
	const struct gpa_range frame = { MACHINE_GICV2M_BASE,
					 MACHINE_GICV2M_SIZE };

	dt_begin_at(w, "msi-controller", frame.gpa);
	dt_string(w, "compatible", "arm,gic-v2m-frame");
	dt_flag(w, "msi-controller");
	dt_ranges(w, "reg", &frame, 1);
	dt_u32(w, "arm,msi-base-spi", MACHINE_SPI_BASE + MACHINE_GICV2M_SPI);
	dt_u32(w, "arm,msi-num-spis", m->nr_msi_spis);
	dt_u32(w, "phandle", PHANDLE_MSI);
	dt_end(w);
}

static void add_gic(struct dt_writer *w, const struct machine *m)
{
	const struct gpa_range its = machine_gic_its(m);
	const struct gpa_range frames[] = {
		{ MACHINE_GIC_DIST_BASE, MACHINE_GIC_DIST_SIZE },
		machine_gic_redist(m),
	};

	dt_begin_at(w, "interrupt-controller", MACHINE_GIC_DIST_BASE);
	dt_string(w, "compatible", "arm,gic-v3");
	dt_flag(w, "interrupt-controller");
	dt_u32(w, "#interrupt-cells", 3);
	dt_u32(w, "#address-cells", 2);
	dt_u32(w, "#size-cells", 2);
	dt_flag(w, "ranges");
	dt_ranges(w, "reg", frames, ARRAY_SIZE(frames));
	dt_u32(w, "phandle", PHANDLE_GIC);
	if (m->has_its) {
		dt_begin_at(w, "msi-controller", its.gpa);
		dt_string(w, "compatible", "arm,gic-v3-its");
		dt_flag(w, "msi-controller");
		dt_u32(w, "#msi-cells", 1);
		dt_ranges(w, "reg", &its, 1);
		dt_u32(w, "phandle", PHANDLE_MSI);
		dt_end(w);
	}
	if (m->nr_msi_spis)
		add_gicv2m(w, m);
	dt_end(w);
}

static void add_timer(struct dt_writer *w)
{
	static const uint32_t interrupts[] = {
		GIC_PPI, TIMER_SECURE_PPI,    GIC_LEVEL_LOW,
		GIC_PPI, TIMER_NONSECURE_PPI, GIC_LEVEL_LOW,
		GIC_PPI, TIMER_VIRTUAL_PPI,   GIC_LEVEL_LOW,
		GIC_PPI, TIMER_HYP_PPI,	      GIC_LEVEL_LOW,
	};

	dt_begin(w, "timer");
	dt_string(w, "compatible", "arm,armv8-timer");
	dt_cells(w, "interrupts", interrupts, ARRAY_SIZE(interrupts));
	dt_flag(w, "always-on");
	dt_end(w);
}

static void add_uart(struct dt_writer *w)
{
	static const uint32_t interrupt[] = { GIC_SPI, MACHINE_UART_SPI,
					      GIC_LEVEL_HIGH };
	const struct gpa_range reg = { MACHINE_UART_BASE, MACHINE_UART_SIZE };

	dt_begin_at(w, "serial", MACHINE_UART_BASE);
	dt_string(w, "compatible", "ns16550a");
	dt_ranges(w, "reg", &reg, 1);
	dt_cells(w, "interrupts", interrupt, ARRAY_SIZE(interrupt));
	dt_u32(w, "clock-frequency", MACHINE_UART_CLOCK_HZ);
	/* Linux then writes as many bytes for each interrupt and each look at
	 * the line status, which are exits too. */
	dt_u32(w, "fifo-size", UART_FIFO_SIZE);
	dt_end(w);
}

/* No interrupt: rtc.h wires no alarm, and Linux then offers none. */
static void add_rtc(struct dt_writer *w)
{
	static const char compatible[] = "arm,pl031\0arm,primecell";
	const struct gpa_range reg = { MACHINE_RTC_BASE, MACHINE_RTC_SIZE };

	dt_begin_at(w, "rtc", MACHINE_RTC_BASE);
	dt_bytes(w, "compatible", compatible, sizeof(compatible));
	dt_ranges(w, "reg", &reg, 1);
	/* What its eight identification registers say; each is an exit. */
	dt_u32(w, "arm,primecell-periphid", 0x00041031);
	dt_u32(w, "clocks", PHANDLE_CLOCK);
	dt_string(w, "clock-names", "apb_pclk");
	dt_end(w);

	dt_begin(w, "apb-pclk");
	dt_string(w, "compatible", "fixed-clock");
	dt_u32(w, "#clock-cells", 0);
	dt_u32(w, "clock-frequency", APB_CLOCK_HZ);
	dt_string(w, "clock-output-names", "apb_pclk");
	dt_u32(w, "phandle", PHANDLE_CLOCK);
	dt_end(w);
}

static void add_pvpanic(struct dt_writer *w)
{
	const struct gpa_range reg = { MACHINE_PVPANIC_BASE,
				       MACHINE_PVPANIC_SIZE };

	dt_begin_at(w, "pvpanic", MACHINE_PVPANIC_BASE);
	dt_string(w, "compatible", "qemu,pvpanic-mmio");
	dt_ranges(w, "reg", &reg, 1);
	dt_end(w);
}

/* The power key, which `lkvm-pvm stop` presses, on one line of it. */
static void add_gpio(struct dt_writer *w)
{
	static const char compatible[] = "arm,pl061\0arm,primecell";
	static const uint32_t interrupt[] = { GIC_SPI, MACHINE_GPIO_SPI,
					      GIC_LEVEL_HIGH };
	static const uint32_t key[] = { PHANDLE_GPIO, MACHINE_GPIO_POWER_KEY,
					GPIO_ACTIVE_HIGH };
	const struct gpa_range reg = { MACHINE_GPIO_BASE, MACHINE_GPIO_SIZE };

	dt_begin_at(w, "gpio", MACHINE_GPIO_BASE);
	dt_bytes(w, "compatible", compatible, sizeof(compatible));
	dt_ranges(w, "reg", &reg, 1);
	dt_u32(w, "arm,primecell-periphid", 0x00041061);
	dt_cells(w, "interrupts", interrupt, ARRAY_SIZE(interrupt));
	dt_flag(w, "gpio-controller");
	dt_u32(w, "#gpio-cells", 2);
	dt_u32(w, "clocks", PHANDLE_CLOCK);
	dt_string(w, "clock-names", "apb_pclk");
	dt_u32(w, "phandle", PHANDLE_GPIO);
	dt_end(w);

	dt_begin(w, "gpio-keys");
	dt_string(w, "compatible", "gpio-keys");
	dt_begin(w, "power");
	dt_string(w, "label", "power");
	dt_u32(w, "linux,code", KEY_POWER);
	dt_cells(w, "gpios", key, ARRAY_SIZE(key));
	dt_end(w);
	dt_end(w);
}

/*
 * Pins to SPIs, turned by one from a slot to the next, so that neighbours do
 * not share: four slots' worth, the mask takes the slot modulo four.
 */
static void add_pci_intx(struct dt_writer *w)
{
	static const uint32_t mask[] = { (PCI_PINS - 1) << 11, 0, 0, 7 };
	uint32_t map[PCI_PINS * PCI_PINS * 10], *cell = map;

	for (uint32_t slot = 0; slot < PCI_PINS; slot++) {
		for (uint32_t pin = 0; pin < PCI_PINS; pin++) {
			*cell++ = slot << 11;
			*cell++ = 0;
			*cell++ = 0;
			*cell++ = pin + 1;
			*cell++ = PHANDLE_GIC;
			*cell++ = 0; /* the GIC's two address cells */
			*cell++ = 0;
			*cell++ = GIC_SPI;
			*cell++ =
				MACHINE_PCI_INTX_SPI + (slot + pin) % PCI_PINS;
			*cell++ = GIC_LEVEL_HIGH;
		}
	}
	dt_u32(w, "#interrupt-cells", 1);
	dt_cells(w, "interrupt-map-mask", mask, ARRAY_SIZE(mask));
	dt_cells(w, "interrupt-map", map, ARRAY_SIZE(map));
}

static void add_pci(struct dt_writer *w, const struct machine *m)
{
	static const uint32_t buses[] = { 0, MACHINE_PCI_BUSES - 1 };
	static const uint32_t mmio[] = { PCI_SPACE_MMIO32,
					 DT_CELLS64(MACHINE_PCI_MMIO_BASE),
					 DT_CELLS64(MACHINE_PCI_MMIO_BASE),
					 DT_CELLS64(MACHINE_PCI_MMIO_SIZE) };
	static const uint32_t msi_map[] = { 0, PHANDLE_MSI, 0, PCI_REQUESTERS };
	const struct gpa_range ecam = { MACHINE_PCI_ECAM_BASE,
					MACHINE_PCI_BUSES * PCI_BUS_SIZE };

	dt_begin_at(w, "pcie", MACHINE_PCI_ECAM_BASE);
	dt_string(w, "compatible", "pci-host-ecam-generic");
	dt_string(w, "device_type", "pci");
	dt_u32(w, "#address-cells", 3);
	dt_u32(w, "#size-cells", 2);
	dt_ranges(w, "reg", &ecam, 1);
	dt_cells(w, "bus-range", buses, ARRAY_SIZE(buses));
	dt_cells(w, "ranges", mmio, ARRAY_SIZE(mmio));
	dt_flag(w, "dma-coherent");
	if (m->window.len)
		dt_u32(w, "memory-region", PHANDLE_WINDOW);
	if (m->has_its || m->nr_msi_spis)
		dt_cells(w, "msi-map", msi_map, ARRAY_SIZE(msi_map));
	else
		add_pci_intx(w);
	dt_end(w);
}

static void add_virtio_mmio(struct dt_writer *w, const struct machine *m,
			    unsigned int slot)
{
	const uint32_t interrupt[] = { GIC_SPI, MACHINE_VIRTIO_MMIO_SPI + slot,
				       GIC_EDGE };
	const struct gpa_range reg = {
		MACHINE_VIRTIO_MMIO_BASE + slot * MACHINE_VIRTIO_MMIO_SIZE,
		MACHINE_VIRTIO_MMIO_SIZE,
	};

	dt_begin_at(w, "virtio", reg.gpa);
	dt_string(w, "compatible", "virtio,mmio");
	dt_ranges(w, "reg", &reg, 1);
	dt_cells(w, "interrupts", interrupt, ARRAY_SIZE(interrupt));
	dt_flag(w, "dma-coherent");
	if (m->window.len)
		dt_u32(w, "memory-region", PHANDLE_WINDOW);
	dt_end(w);
}

int devicetree_build(const struct machine *m, void *buf, size_t size)
{
	struct dt_writer w;

	dt_start(&w, buf, size);
	dt_begin(&w, "");
	dt_string(&w, "compatible", "linux,dummy-virt");
	dt_string(&w, "model", "lkvm-pvm");
	dt_u32(&w, "#address-cells", 2);
	dt_u32(&w, "#size-cells", 2);
	dt_u32(&w, "interrupt-parent", PHANDLE_GIC);
	add_chosen(&w, m);
	add_aliases(&w);
	add_memory(&w, m);
	add_cpus(&w, m);
	add_psci(&w);
	add_gic(&w, m);
	add_timer(&w);
	add_uart(&w);
	add_rtc(&w);
	add_pvpanic(&w);
	if (m->has_power_key)
		add_gpio(&w);
	if (m->has_pci)
		add_pci(&w, m);
	for (unsigned int i = 0; i < m->nr_virtio_mmio; i++)
		add_virtio_mmio(&w, m, i);
	dt_end(&w);
	return dt_finish(&w);
}
