// SPDX-License-Identifier: GPL-2.0-only
/*
 * irq.c: eventfds between devices and the guest: irqfd out, ioeventfd in.
 *
 * KVM_SET_GSI_ROUTING replaces the whole table, so we keep it: GSI n is SPI n
 * (KVM's own default), MSI routes come above. KVM_CAP_IOEVENTFD reads 0 on a
 * protected VM although the ioctl works; so we try it.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROUTES 1024U

void pvm_routes_reset(struct pvm *p)
{
	pthread_mutex_lock(&p->routes_lock);
	free(p->routes);
	p->routes = NULL;
	pthread_mutex_unlock(&p->routes_lock);
}

/* The table with one entry per SPI, allocated at first need. */
static struct kvm_irq_routing *routes_get(struct pvm *p)
{
	struct kvm_irq_routing *r = p->routes;

	if (r)
		return r;
	r = calloc(1, sizeof(*r) + MAX_ROUTES * sizeof(r->entries[0]));
	if (!r)
		return NULL;
	for (unsigned int i = 0; i < MACHINE_GIC_SPIS; i++) {
		struct kvm_irq_routing_entry *e = &r->entries[r->nr++];

		e->gsi = i;
		e->type = KVM_IRQ_ROUTING_IRQCHIP;
		e->u.irqchip.pin = i;
	}
	p->routes = r;
	return r;
}

static int set_msi_route(struct pvm *p, const struct kvm_irq_routing_entry *msi)
{
	struct kvm_irq_routing_entry *e = NULL;
	struct kvm_irq_routing *r = routes_get(p);

	if (!r)
		return -ENOMEM;
	for (unsigned int i = MACHINE_GIC_SPIS; i < r->nr && !e; i++)
		if (r->entries[i].gsi == msi->gsi)
			e = &r->entries[i];
	if (!e) {
		if (r->nr == MAX_ROUTES)
			return -ENOSPC;
		e = &r->entries[r->nr++];
	}
	*e = *msi;
	return kvm_ioctl(p->vm_fd, KVM_SET_GSI_ROUTING, r);
}

static int irqfd(struct pvm *p, int eventfd, unsigned int gsi, uint32_t flags)
{
	struct kvm_irqfd irq = {
		.fd = (uint32_t)eventfd,
		.gsi = gsi,
		.flags = flags,
	};

	return kvm_ioctl(p->vm_fd, KVM_IRQFD, &irq);
}

int pvm_irqfd_spi(struct pvm *p, int eventfd, unsigned int spi)
{
	return spi < p->cfg.nr_spis ? irqfd(p, eventfd, spi, 0) : -EINVAL;
}

int pvm_irqfd_msi(struct pvm *p, int eventfd, unsigned int gsi, uint32_t devid,
		  uint64_t address, uint32_t data)
{
	struct kvm_irq_routing_entry msi = {
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_MSI,
		.flags = KVM_MSI_VALID_DEVID,
		.u.msi.address_lo = (uint32_t)address,
		.u.msi.address_hi = (uint32_t)(address >> 32),
		.u.msi.data = data,
		.u.msi.devid = devid,
	};
	int ret;

	if (gsi < MACHINE_GIC_SPIS)
		return -EINVAL;
	pthread_mutex_lock(&p->routes_lock);
	ret = set_msi_route(p, &msi);
	pthread_mutex_unlock(&p->routes_lock);
	return ret ? ret : irqfd(p, eventfd, gsi, 0);
}

int pvm_irqfd_remove(struct pvm *p, int eventfd, unsigned int gsi)
{
	return irqfd(p, eventfd, gsi, KVM_IRQFD_FLAG_DEASSIGN);
}

int pvm_send_msi(struct pvm *p, uint32_t devid, uint64_t address, uint32_t data)
{
	struct kvm_msi msi = {
		.address_lo = (uint32_t)address,
		.address_hi = (uint32_t)(address >> 32),
		.data = data,
		.flags = KVM_MSI_VALID_DEVID,
		.devid = devid,
	};
	int ret = kvm_ioctl(p->vm_fd, KVM_SIGNAL_MSI, &msi);

	return ret > 0 ? 1 : ret;
}

int pvm_ioeventfd(struct pvm *p, int eventfd, gpa_t gpa, unsigned int len)
{
	struct kvm_ioeventfd io = { .addr = gpa, .len = len, .fd = eventfd };

	return kvm_ioctl(p->vm_fd, KVM_IOEVENTFD, &io);
}

int pvm_ioeventfd_remove(struct pvm *p, int eventfd, gpa_t gpa,
			 unsigned int len)
{
	struct kvm_ioeventfd io = {
		.addr = gpa,
		.len = len,
		.fd = eventfd,
		.flags = KVM_IOEVENTFD_FLAG_DEASSIGN,
	};

	return kvm_ioctl(p->vm_fd, KVM_IOEVENTFD, &io);
}

int pvm_ioeventfd_value(struct pvm *p, int eventfd, gpa_t gpa, uint32_t value)
{
	struct kvm_ioeventfd io = {
		.datamatch = value,
		.addr = gpa,
		.len = sizeof(value),
		.fd = eventfd,
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	};

	return kvm_ioctl(p->vm_fd, KVM_IOEVENTFD, &io);
}

int pvm_ioeventfd_value_remove(struct pvm *p, int eventfd, gpa_t gpa,
			       uint32_t value)
{
	struct kvm_ioeventfd io = {
		.datamatch = value,
		.addr = gpa,
		.len = sizeof(value),
		.fd = eventfd,
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH |
			 KVM_IOEVENTFD_FLAG_DEASSIGN,
	};

	return kvm_ioctl(p->vm_fd, KVM_IOEVENTFD, &io);
}
