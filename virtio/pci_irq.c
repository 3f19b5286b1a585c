// SPDX-License-Identifier: GPL-2.0-only
/*
 * pci_irq.c: interrupts and doorbells of a virtio-pci function.
 *
 * How this works: whatever changes (a vector, a mask, the BAR's address, a
 * queue that starts) changes the state, and virtio_pci_wire() compares what
 * should be with what KVM and the loop were told last. A queue's call eventfd
 * is an irqfd while its vector is valid and not masked. Without an irqfd what
 * the device signals stays in the eventfd: that is the vector's pending bit,
 * and KVM looks at the eventfd when the irqfd is made, so nothing is lost. Nor
 * when it is removed: KVM sends what was signalled before.
 *
 * Without MSI-X the loop waits for the same eventfds and raises INTA.
 */
#include "pci_irq.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "event.h"
#include "gicv2m.h"
#include "log.h"
#include "transport.h"

#define ENTRY_SIZE   16ULL
#define ENTRY_MASKED 1U

#define ISR_QUEUE  0x1U
#define ISR_CONFIG 0x2U

static struct virtio_pci_irq *config_irq(struct virtio_pci *t)
{
	return &t->irqs[t->dev->nr_queues];
}

static unsigned int nr_irqs(const struct virtio_pci *t)
{
	return t->dev->nr_queues + 1;
}

/* Route number in KVM's table: one for each vector of each slot. */
static unsigned int gsi(const struct virtio_pci *t, uint16_t vector)
{
	return MACHINE_GIC_SPIS + t->pci.slot * VIRTIO_PCI_VECTORS + vector;
}

/* --- wiring ---------------------------------------------------------------- */

static bool is_deliverable(const struct virtio_pci *t, uint16_t vector)
{
	return t->pvm && t->msix_enabled && !t->msix_masked &&
	       vector < t->nr_vectors &&
	       !(t->table[vector].control & ENTRY_MASKED);
}

static uint64_t address_of(const struct virtio_pci_vector *v)
{
	return (uint64_t)v->address_high << 32 | v->address_low;
}

static bool is_route_right(const struct virtio_pci *t,
			   const struct virtio_pci_irq *irq)
{
	const struct virtio_pci_vector *v = &t->table[irq->routed_vector];

	return is_deliverable(t, irq->vector) &&
	       irq->vector == irq->routed_vector &&
	       irq->address == address_of(v) && irq->data == v->data;
}

static void unroute(struct virtio_pci *t, struct virtio_pci_irq *irq)
{
	if (t->pvm)
		(void)pvm_irqfd_remove(t->pvm, irq->watch.fd, irq->gsi);
	irq->routed = false;
}

/* What works without is not worth more than one line. */
static void say_slow(struct virtio_pci *t, const char *what, int err)
{
	if (!t->said_slow)
		log_warn("%s: %s: %s", t->dev->name, what, errno_text(err));
	t->said_slow = true;
}

/* An MSI to the GICv2m frame is an SPI, and its eventfd an SPI's irqfd. */
static int route_spi(struct virtio_pci *t, struct virtio_pci_irq *irq)
{
	int spi = gicv2m_spi(MACHINE_GICV2M_BASE, MACHINE_GICV2M_SPI,
			     irq->address, irq->data);

	if (spi < 0)
		return spi;
	irq->gsi = (unsigned int)spi;
	return pvm_irqfd_spi(t->pvm, irq->watch.fd, irq->gsi);
}

static int route_msi(struct virtio_pci *t, struct virtio_pci_irq *irq)
{
	irq->gsi = gsi(t, irq->vector);
	return pvm_irqfd_msi(t->pvm, irq->watch.fd, irq->gsi,
			     pci_requester_id(&t->pci), irq->address,
			     irq->data);
}

static void route(struct virtio_pci *t, struct virtio_pci_irq *irq)
{
	const struct virtio_pci_vector *v = &t->table[irq->vector];
	int ret;

	irq->routed_vector = irq->vector;
	irq->address = address_of(v);
	irq->data = v->data;
	ret = t->msi == VIRTIO_PCI_ITS ? route_msi(t, irq) : route_spi(t, irq);
	irq->routed = ret == 0;
	if (ret)
		say_slow(t, "an interrupt of the guest's leads nowhere", ret);
}

static void watch_irq(struct virtio_pci *t, struct virtio_pci_irq *irq)
{
	bool wanted = t->pvm && t->msi == VIRTIO_PCI_INTX;
	int ret;

	if (wanted == irq->watched)
		return;
	if (!wanted) {
		loop_remove(t->dev->loop, &irq->watch);
		irq->watched = false;
		return;
	}
	ret = loop_add(t->dev->loop, &irq->watch);
	irq->watched = ret == 0;
	if (ret)
		say_slow(t, "cannot wait for its interrupts", ret);
}

static void wire_doorbell(struct virtio_pci *t, unsigned int q)
{
	int fd = t->dev->queues[q].kick.fd, ret;
	gpa_t gpa = 0;

	if (t->pvm && t->running[q] && t->bar_gpa &&
	    !(t->dev->at_once >> q & 1))
		gpa = t->bar_gpa + BAR_NOTIFY + (gpa_t)q * NOTIFY_MULTIPLIER;
	if (gpa == t->doorbell[q])
		return;
	if (t->doorbell[q] && t->pvm)
		(void)pvm_ioeventfd_remove(t->pvm, fd, t->doorbell[q], 0);
	t->doorbell[q] = 0;
	if (!gpa)
		return;
	ret = pvm_ioeventfd(t->pvm, fd, gpa, 0);
	if (!ret)
		t->doorbell[q] = gpa;
	else /* its notifications come as exits, which are served too */
		say_slow(t, "KVM refused a doorbell, each is an exit now", ret);
}

void virtio_pci_wire(struct virtio_pci *t)
{
	for (unsigned int i = 0; i < nr_irqs(t); i++) {
		struct virtio_pci_irq *irq = &t->irqs[i];

		watch_irq(t, irq);
		if (irq->routed && !is_route_right(t, irq))
			unroute(t, irq);
		if (!irq->routed && is_deliverable(t, irq->vector))
			route(t, irq);
	}
	for (unsigned int q = 0; q < t->dev->nr_queues; q++)
		wire_doorbell(t, q);
}

/* --- INTA ------------------------------------------------------------------ */

static void call_ready(struct watch *w, uint32_t events)
{
	struct virtio_pci_irq *irq =
		container_of(w, struct virtio_pci_irq, watch);
	struct virtio_pci *t = irq->owner;

	(void)events;
	pthread_mutex_lock(&t->lock);
	if (irq->watched) {
		(void)event_drain(w->fd);
		t->isr |= irq == config_irq(t) ? ISR_CONFIG : ISR_QUEUE;
		pci_set_intx(&t->pci, true);
	}
	pthread_mutex_unlock(&t->lock);
}

uint8_t virtio_pci_isr_read(struct virtio_pci *t)
{
	uint8_t isr;

	pthread_mutex_lock(&t->lock);
	isr = t->isr;
	t->isr = 0;
	pci_set_intx(&t->pci, false);
	pthread_mutex_unlock(&t->lock);
	return isr;
}

/* --- MSI-X ----------------------------------------------------------------- */

uint64_t virtio_pci_table_read(struct virtio_pci *t, uint64_t offset,
			       unsigned int len)
{
	const uint8_t *bytes = (const uint8_t *)t->table;
	uint64_t value = 0;

	pthread_mutex_lock(&t->lock);
	if (offset + len <= t->nr_vectors * ENTRY_SIZE)
		memcpy(&value, bytes + offset, len);
	pthread_mutex_unlock(&t->lock);
	static_assert(sizeof(t->table[0]) == ENTRY_SIZE, "as PCI has it");
	return value;
}

static void table_write32(struct virtio_pci *t, uint64_t offset, uint32_t value)
{
	struct virtio_pci_vector *v = &t->table[offset / ENTRY_SIZE];

	switch (offset % ENTRY_SIZE) {
	case 0:
		v->address_low = value & ~3U;
		break;
	case 4:
		v->address_high = value;
		break;
	case 8:
		v->data = value;
		break;
	default:
		v->control = value & ENTRY_MASKED;
		break;
	}
}

void virtio_pci_table_write(struct virtio_pci *t, uint64_t offset,
			    unsigned int len, uint64_t value)
{
	/* PCI 3.0, 6.8.2: aligned, of four or eight bytes. */
	if (len < 4 || !is_aligned(offset, len) ||
	    offset + len > t->nr_vectors * ENTRY_SIZE)
		return;
	pthread_mutex_lock(&t->lock);
	table_write32(t, offset, (uint32_t)value);
	if (len == 8)
		table_write32(t, offset + 4, (uint32_t)(value >> 32));
	virtio_pci_wire(t);
	pthread_mutex_unlock(&t->lock);
}

/* Vectors with a signalled eventfd that no irqfd takes. t->lock held. */
static uint64_t pending(struct virtio_pci *t)
{
	struct pollfd fds[VIRTIO_PCI_VECTORS];
	uint64_t bits = 0;

	for (unsigned int i = 0; i < nr_irqs(t); i++)
		fds[i] = (struct pollfd){
			.fd = t->irqs[i].routed ? -1 : t->irqs[i].watch.fd,
			.events = POLLIN,
		};
	if (poll(fds, nr_irqs(t), 0) <= 0)
		return 0;
	for (unsigned int i = 0; i < nr_irqs(t); i++)
		if ((fds[i].revents & POLLIN) &&
		    t->irqs[i].vector < t->nr_vectors)
			bits |= 1ULL << t->irqs[i].vector;
	return bits;
}

uint64_t virtio_pci_pba_read(struct virtio_pci *t, uint64_t offset,
			     unsigned int len)
{
	uint64_t bits = 0;

	if (offset + len > sizeof(bits))
		return 0;
	pthread_mutex_lock(&t->lock);
	bits = pending(t);
	pthread_mutex_unlock(&t->lock);
	return bits >> offset * 8;
}

void virtio_pci_check_msi(struct virtio_pci *t)
{
	struct virtio_pci_irq *irq = NULL;
	int ret;

	if (t->checked_msi || t->msi != VIRTIO_PCI_ITS)
		return;
	pthread_mutex_lock(&t->lock);
	for (unsigned int i = 0; i < t->dev->nr_queues && !irq; i++)
		if (t->irqs[i].routed)
			irq = &t->irqs[i];
	if (irq) {
		t->checked_msi = true;
		/* One interrupt too many; the driver finds nothing to do. */
		ret = pvm_send_msi(t->pvm, pci_requester_id(&t->pci),
				   irq->address, irq->data);
		if (ret == 0 && !t->told_msi)
			log_err("%s: the guest's ITS does not know the interrupt its driver set up, so none will arrive: Linux before 6.13, or without CONFIG_ARM_PKVM_GUEST, does not share the ITS' tables in a protected VM; give --irqchip=gicv3-v2m",
				t->dev->name);
		t->told_msi |= ret == 0;
	}
	pthread_mutex_unlock(&t->lock);
}

/* --- what the device says -------------------------------------------------- */

static void config_changed(void *ctx)
{
	struct virtio_pci *t = ctx;

	event_signal(t->config_call);
}

static void queue_changed(void *ctx, unsigned int q, bool running)
{
	struct virtio_pci *t = ctx;

	pthread_mutex_lock(&t->lock);
	t->running[q] = running;
	if (!running && !t->irqs[q].routed)
		(void)event_drain(t->irqs[q].watch.fd);
	virtio_pci_wire(t);
	pthread_mutex_unlock(&t->lock);
}

const struct virtio_transport virtio_pci_transport = {
	.config_changed = config_changed,
	.queue_changed = queue_changed,
};

void virtio_pci_irqs_reset(struct virtio_pci *t)
{
	pthread_mutex_lock(&t->lock);
	for (unsigned int i = 0; i < nr_irqs(t); i++)
		t->irqs[i].vector = VIRTIO_PCI_NO_VECTOR;
	virtio_pci_wire(t);
	for (unsigned int i = 0; i < nr_irqs(t); i++)
		(void)event_drain(t->irqs[i].watch.fd);
	t->isr = 0;
	pci_set_intx(&t->pci, false);
	pthread_mutex_unlock(&t->lock);
}

int virtio_pci_irqs_init(struct virtio_pci *t)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	t->config_call = fd;
	for (unsigned int i = 0; i < nr_irqs(t); i++) {
		struct virtio_pci_irq *irq = &t->irqs[i];

		irq->owner = t;
		irq->vector = VIRTIO_PCI_NO_VECTOR;
		irq->watch.fd =
			i < t->dev->nr_queues ? t->dev->queues[i].call : fd;
		irq->watch.events = EPOLLIN;
		irq->watch.ready = call_ready;
	}
	for (unsigned int i = 0; i < t->nr_vectors; i++)
		t->table[i].control = ENTRY_MASKED;
	return 0;
}

void virtio_pci_irqs_fini(struct virtio_pci *t)
{
	if (t->config_call >= 0)
		close(t->config_call);
	t->config_call = -1;
}
