// SPDX-License-Identifier: GPL-2.0-only
/*
 * gic.c: the in-kernel GICv3 and its ITS (Documentation/virt/kvm/devices/
 * arm-vgic-v3.rst, arm-vgic-its.rst), and the levels of SPIs.
 */
#include "internal.h"

#include <assert.h>
#include <errno.h>

#include "log.h"

static int place(int fd, uint32_t group, uint64_t type, uint64_t gpa)
{
	return kvm_device_attr(fd, group, type, &gpa);
}

static int create_its(struct pvm *p, gpa_t gpa)
{
	int ret = kvm_create_device(p->vm_fd, KVM_DEV_TYPE_ARM_VGIC_ITS, 0);

	if (ret < 0) {
		log_err("this host's KVM has no GIC ITS: %s; use --irqchip=gicv3",
			errno_text(ret));
		return ret;
	}
	p->its_fd = ret;
	ret = place(p->its_fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
		    KVM_VGIC_ITS_ADDR_TYPE, gpa);
	if (!ret)
		ret = kvm_device_attr(p->its_fd, KVM_DEV_ARM_VGIC_GRP_CTRL,
				      KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	if (ret)
		log_err("cannot set up the GIC ITS: %s", errno_text(ret));
	return ret;
}

static_assert(MACHINE_VIRTIO_MMIO_SPI + MACHINE_VIRTIO_MMIO_SLOTS <=
			      MACHINE_GIC_SPIS &&
		      MACHINE_PCI_INTX_SPI + 4 <= MACHINE_GIC_SPIS_PCI,
	      "each interrupt of the machine has an SPI");

int pvm_gic_create(struct pvm *p)
{
	struct machine m = { .nr_vcpus = p->cfg.nr_vcpus };
	uint32_t nr_irqs = MACHINE_SPI_BASE + p->cfg.nr_spis;
	int ret;

	ret = kvm_create_device(p->vm_fd, KVM_DEV_TYPE_ARM_VGIC_V3, 0);
	if (ret < 0) {
		log_err("this host's KVM has no GICv3: %s; see `lkvm-pvm check`",
			errno_text(ret));
		return ret;
	}
	p->gic_fd = ret;

	ret = kvm_device_attr(p->gic_fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0,
			      &nr_irqs);
	if (!ret)
		ret = place(p->gic_fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
			    KVM_VGIC_V3_ADDR_TYPE_DIST, MACHINE_GIC_DIST_BASE);
	if (!ret)
		ret = place(p->gic_fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
			    KVM_VGIC_V3_ADDR_TYPE_REDIST,
			    machine_gic_redist(&m).gpa);
	if (!ret)
		ret = kvm_device_attr(p->gic_fd, KVM_DEV_ARM_VGIC_GRP_CTRL,
				      KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	if (ret) {
		log_err("cannot set up the GICv3: %s", errno_text(ret));
		return ret;
	}
	return p->cfg.its ? create_its(p, machine_gic_its(&m).gpa) : 0;
}

void pvm_set_irqchip(struct pvm *p, bool its, unsigned int nr_spis)
{
	p->cfg.its = its;
	p->cfg.nr_spis = nr_spis;
}

int pvm_set_spi(struct pvm *p, unsigned int spi, bool high)
{
	struct kvm_irq_level l = {
		.irq = (KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT) |
		       (spi + MACHINE_SPI_BASE),
		.level = high,
	};

	if (spi >= p->cfg.nr_spis)
		return -EINVAL;
	return kvm_ioctl(p->vm_fd, KVM_IRQ_LINE, &l);
}
