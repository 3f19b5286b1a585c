// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_irq.c: checks of doorbells and interrupts: eventfds in and out, the
 * GIC, and the ITS, whose tables are in the guest's memory (Arm IHI 0069).
 */
#include "selftest_vm.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SPI	   40ULL
#define GICD_CTLR  (ST_DIST + 0x0)
#define GICD_ISPEN (ST_DIST + 0x200 + SPI / 32 * 4)
#define GICD_ICFGR (ST_DIST + 0xc00 + SPI / 16 * 4)
#define TRIES	   20000U /* the host injects from a worker thread */

/* Tables of 64 KiB in RAM, behind the guest's code. */
#define K64	    65536ULL
#define TABLES	    (ST_RAM + K64)
#define COMMANDS    (TABLES + 0 * K64)
#define DEVICES	    (TABLES + 1 * K64)
#define ITT	    (TABLES + 2 * K64)
#define CONFIG	    (TABLES + 3 * K64)
#define PENDING	    (TABLES + 4 * K64)
#define COLLECTIONS (TABLES + 5 * K64)
#define TABLES_END  (TABLES + 6 * K64)
#define LPI	    8192ULL
#define DEVICE	    8ULL

static int event(void)
{
	return st_must("eventfd", eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

static bool rung(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

static void doorbell(struct selftest *t)
{
	struct kvm_ioeventfd bell = {
		.fd = event(),
		.addr = ST_UNBACKED,
		.len = 4,
		.datamatch = 7,
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	};
	struct st_reply r;

	st_boot(t);
	if (st_provoked(t))
		st_must("KVM_IOEVENTFD",
			kvm_ioctl(t->vm, KVM_IOEVENTFD, &bell));
	r = st_op(t, G_STORE32, ST_UNBACKED, 7, 0, 0);
	st_equal("exits of the store", r.nr_mmio, 0);
	st_equal("is the eventfd signalled", rung(bell.fd), true);
	r = st_op(t, G_STORE32, ST_UNBACKED, 8, 0, 0);
	st_equal("exits of a store of another value", r.nr_mmio, 1);
	st_equal("is the eventfd signalled", rung(bell.fd), false);
}

static void coalesced(struct selftest *t)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = ST_UNBACKED,
						.size = 8 };
	struct kvm_coalesced_mmio_ring *ring;
	int page;

	st_boot(t);
	page = st_must("KVM_CAP_COALESCED_MMIO",
		       kvm_ioctl_val(t->kvm, KVM_CHECK_EXTENSION,
				     KVM_CAP_COALESCED_MMIO));
	if (st_provoked(t))
		st_must("KVM_REGISTER_COALESCED_MMIO",
			kvm_ioctl(t->vm, KVM_REGISTER_COALESCED_MMIO, &zone));
	st_equal("exits of the store",
		 st_op(t, G_STORE32, ST_UNBACKED, ST_SECRET, 0, 0).nr_mmio, 0);
	ring = (void *)((uint8_t *)t->vcpu[0].run + (size_t)page * ST_PAGE);
	st_equal("stores kept", ring->last, 1);
	st_equal("the address of the first", ring->coalesced_mmio[0].phys_addr,
		 ST_UNBACKED);
}

static void with_gic(struct selftest *t, bool its)
{
	st_boot(t);
	st_gic(t, its);
	st_op(t, G_STORE32, GICD_CTLR, 0x12, 0, 0); /* ARE, group 1 */
}

static bool spi_pending(struct selftest *t)
{
	uint64_t bits = st_op(t, G_LOAD32, GICD_ISPEN, 0, 0, 0).x[0];

	return bits >> SPI % 32 & 1;
}

static void irqfd(struct selftest *t)
{
	struct kvm_irqfd irq = { .gsi = (uint32_t)SPI - 32 };
	unsigned int tries = st_provoked(t) ? TRIES : TRIES / 100, i = 0;
	const uint64_t one = 1;

	irq.fd = (uint32_t)event();
	with_gic(t, false);
	st_must("KVM_IRQFD", kvm_ioctl(t->vm, KVM_IRQFD, &irq));
	st_equal("is the SPI pending before", spi_pending(t), false);
	if (st_provoked(t))
		st_must("write to the eventfd",
			write((int)irq.fd, &one, sizeof(one)));
	while (i < tries && !spi_pending(t))
		i++;
	if (i == tries)
		st_fail("the SPI does not become pending");
}

static void irq_line(struct selftest *t)
{
	struct kvm_irq_level level = {
		.irq = (KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT) |
		       (uint32_t)SPI,
		.level = st_provoked(t) ? 1 : 0,
	};

	with_gic(t, false);
	st_op(t, G_STORE32, GICD_ICFGR, 0, 0, 0); /* level-triggered */
	st_must("KVM_IRQ_LINE", kvm_ioctl(t->vm, KVM_IRQ_LINE, &level));
	st_equal("is the SPI pending", spi_pending(t), true);
	level.level = 0;
	st_must("KVM_IRQ_LINE", kvm_ioctl(t->vm, KVM_IRQ_LINE, &level));
	st_equal("is it pending with the line low", spi_pending(t), false);
}

static void without_gic(struct selftest *t)
{
	struct st_reply r;

	st_boot(t);
	if (!st_provoked(t))
		st_gic(t, false);
	r = st_op(t, G_LOAD32, GICD_CTLR, 0, 0, 0);
	st_equal("exits of a load of GICD_CTLR", r.nr_mmio, 1);
	st_equal("its address", r.mmio_gpa, GICD_CTLR);
}

static void command(struct selftest *t, uint64_t i, uint64_t dw0, uint64_t dw1,
		    uint64_t dw2)
{
	uint64_t at = COMMANDS + i * 32;

	st_store(t, at, dw0);
	st_store(t, at + 8, dw1);
	st_store(t, at + 16, dw2);
	st_store(t, at + 24, 0);
}

/* Event 0 of device 8 is LPI 8192; tables of the guest's, shared or not. */
static void set_up_lpi(struct selftest *t, bool share)
{
	const uint64_t valid = 1ULL << 63;

	t->pages = (TABLES_END - ST_RAM) / ST_PAGE;
	with_gic(t, true);
	for (uint64_t a = TABLES; share && a < TABLES_END; a += ST_PAGE)
		st_share(t, a);
	st_op(t, G_STORE8, CONFIG, 0xa0 | 1, 0, 0);	/* priority, enabled */
	st_op(t, G_STORE32, ST_REDIST + 0x14, 0, 0, 0); /* GICR_WAKER */
	st_store(t, ST_REDIST + 0x70, CONFIG | 13);	/* PROPBASER */
	st_store(t, ST_REDIST + 0x78, PENDING);		/* PENDBASER */
	st_op(t, G_STORE32, ST_REDIST, 1, 0, 0);	/* EnableLPIs */
	st_store(t, ST_ITS + 0x100, valid | DEVICES | 2ULL << 8 | 15);
	st_store(t, ST_ITS + 0x108, valid | COLLECTIONS | 2ULL << 8 | 15);
	st_store(t, ST_ITS + 0x80, valid | COMMANDS | 15);  /* CBASER */
	st_op(t, G_STORE32, ST_ITS, 1, 0, 0);		    /* Enabled */
	command(t, 0, 0x08 | DEVICE << 32, 4, valid | ITT); /* MAPD */
	command(t, 1, 0x09, 0, valid);			    /* MAPC */
	command(t, 2, 0x0a | DEVICE << 32, LPI << 32, 0);   /* MAPTI */
	command(t, 3, 0x05, 0, 0);			    /* SYNC */
	st_store(t, ST_ITS + 0x88, 4ULL * 32);		    /* CWRITER */
	st_equal("GITS_CREADR", st_load(t, ST_ITS + 0x90), 4ULL * 32);
}

/* What KVM_SIGNAL_MSI returns: 1, the LPI was delivered; 0, it was not. */
static int signal_msi(struct selftest *t)
{
	struct kvm_msi msi = {
		.address_lo = (uint32_t)(ST_ITS + 0x10040),
		.flags = KVM_MSI_VALID_DEVID,
		.devid = DEVICE,
	};

	return kvm_ioctl(t->vm, KVM_SIGNAL_MSI, &msi);
}

static void its_shared(struct selftest *t)
{
	set_up_lpi(t, st_provoked(t));
	st_equal("KVM_SIGNAL_MSI", (uint64_t)signal_msi(t), 1);
	st_equal("the highest pending interrupt",
		 st_op(t, G_PENDING, 0, 0, 0, 0).x[0] & 0xffffff, LPI);
}

static void its_private(struct selftest *t)
{
	set_up_lpi(t, !st_provoked(t));
	st_equal("KVM_SIGNAL_MSI", (uint64_t)signal_msi(t), 0);
	st_equal("the tables are the guest's still", st_load(t, COMMANDS),
		 0x08 | DEVICE << 32);
}

static void its_off(struct selftest *t)
{
	if (st_provoked(t))
		with_gic(t, true);
	else
		set_up_lpi(t, true);
	st_errno("KVM_SIGNAL_MSI before the ITS is enabled", signal_msi(t),
		 -EBUSY);
}

/* clang-format off */
static const struct selftest_check checks[] = {
	{ .name = "irq.ioeventfd_rings", .run = doorbell,
	  .promise = "a store to an ioeventfd's address signals it, without an "
		     "exit, when the value matches",
	  .source = D_SEEN, .decides = "virt/kvm/eventfd.c:ioeventfd_write",
	  .seen = "7.3", .provocation = "the ioeventfd" },
	{ .name = "irq.coalesced_stores_do_not_exit", .run = coalesced,
	  .promise = "stores to a coalesced zone are kept, without an exit",
	  .source = D_SEEN, .decides = "virt/kvm/coalesced_mmio.c:"
				       "coalesced_mmio_write",
	  .seen = "7.3", .provocation = "the zone" },
	{ .name = "irq.irqfd_raises_an_spi", .run = irqfd,
	  .promise = "an irqfd makes its SPI pending in the guest",
	  .source = D_SEEN, .decides = "virt/kvm/eventfd.c:irqfd_inject",
	  .seen = "7.3", .provocation = "the signal" },
	{ .name = "irq.line_raises_an_spi", .run = irq_line,
	  .promise = "KVM_IRQ_LINE sets the level of an SPI",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/arm.c:"
				       "kvm_vm_ioctl_irq_line",
	  .seen = "7.3", .provocation = "the level" },
	{ .name = "irq.no_gic_means_exits", .run = without_gic,
	  .promise = "a pVM without a GIC in the kernel runs, and its accesses "
		     "there are exits",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/mmio.c:io_mem_abort",
	  .seen = "7.3", .provocation = "the GIC's absence" },
	{ .name = "its.shared_tables_deliver", .run = its_shared,
	  .promise = "with its tables shared by the guest the ITS delivers "
		     "LPIs",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/vgic/vgic-its.c:"
				       "vgic_its_process_commands",
	  .seen = "7.3", .provocation = "the shares" },
	{ .name = "its.private_tables_do_not", .run = its_private,
	  .promise = "with private tables the ITS takes commands and delivers "
		     "nothing; the tables are unharmed",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/vgic/vgic-its.c:"
				       "vgic_its_process_commands",
	  .seen = "7.3", .provocation = "the tables' being private" },
	{ .name = "its.has_to_be_enabled", .run = its_off,
	  .promise = "KVM_SIGNAL_MSI before the guest enables the ITS is "
		     "-EBUSY",
	  .source = D_SEEN, .decides = "arch/arm64/kvm/vgic/vgic-its.c:"
				       "vgic_its_resolve_lpi",
	  .seen = "7.3", .provocation = "the ITS' being off" },
};
/* clang-format on */

const struct selftest_area st_irq_area = { checks, ARRAY_SIZE(checks) };
