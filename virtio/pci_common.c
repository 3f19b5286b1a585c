// SPDX-License-Identifier: GPL-2.0-only
/*
 * pci_common.c: the common configuration structure of virtio-pci (virtio 1.3
 * §4.1.4.3).
 *
 * Registers answer accesses of exactly their width, but reads may have any: the
 * structure is put together anew for each and the bytes asked for are taken out
 * of it. A register access is rare: a driver that runs makes none.
 */
#include "virtio_pci.h"

#include <assert.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <string.h>

#include "pci_irq.h"
#include "transport.h"

/* §4.1.4.3; as struct virtio_pci_common_cfg, and what it lacks. */
enum {
	COMMON_OFFERED_WORD = 0,
	COMMON_OFFERED = 4,
	COMMON_DRIVER_WORD = 8,
	COMMON_DRIVER = 12,
	COMMON_CONFIG_VECTOR = 16,
	COMMON_NR_QUEUES = 18,
	COMMON_STATUS = 20,
	COMMON_GENERATION = 21,
	COMMON_QUEUE = 22,
	COMMON_SIZE = 24,
	COMMON_VECTOR = 26,
	COMMON_ENABLE = 28,
	COMMON_NOTIFY_OFF = 30,
	COMMON_DESC = 32,
	COMMON_AVAIL = 40,
	COMMON_USED = 48,
	COMMON_NOTIFY_DATA = 56,
	COMMON_RESET = 58,
};

static void put(uint8_t *regs, unsigned int at, unsigned int len, uint64_t v)
{
	memcpy(regs + at, &v, len);
}

/* The selected queue's registers. The device's lock held. */
static void put_queue(const struct virtio_pci *t, uint8_t *regs)
{
	const struct virtqueue *vq = &t->dev->queues[t->queue].vq;

	put(regs, COMMON_SIZE, 2, vq->size);
	put(regs, COMMON_ENABLE, 2, vq->ready);
	put(regs, COMMON_NOTIFY_OFF, 2, t->queue);
	put(regs, COMMON_DESC, 8, vq->desc_gpa);
	put(regs, COMMON_AVAIL, 8, vq->avail_gpa);
	put(regs, COMMON_USED, 8, vq->used_gpa);
}

uint64_t virtio_pci_common_read(struct virtio_pci *t, uint64_t offset,
				unsigned int len)
{
	struct virtio_dev *d = t->dev;
	uint8_t regs[VIRTIO_PCI_COMMON_LEN] = { 0 };
	uint64_t value = 0;
	bool has_queue = t->queue < d->nr_queues;

	if (offset + len > sizeof(regs))
		return 0;
	put(regs, COMMON_OFFERED_WORD, 4, t->offered_word);
	put(regs, COMMON_OFFERED, 4, virtio_dev_offered(d, t->offered_word));
	put(regs, COMMON_DRIVER_WORD, 4, t->driver_word);
	put(regs, COMMON_NR_QUEUES, 2, d->nr_queues);
	put(regs, COMMON_STATUS, 1, virtio_dev_status(d));
	put(regs, COMMON_QUEUE, 2, t->queue);

	pthread_mutex_lock(&d->lock);
	if (t->driver_word < 2)
		put(regs, COMMON_DRIVER, 4,
		    d->driver_features >> t->driver_word * 32);
	put(regs, COMMON_GENERATION, 1, d->config_generation);
	if (has_queue)
		put_queue(t, regs);
	pthread_mutex_unlock(&d->lock);

	pthread_mutex_lock(&t->lock);
	put(regs, COMMON_CONFIG_VECTOR, 2, t->irqs[d->nr_queues].vector);
	put(regs, COMMON_VECTOR, 2,
	    has_queue ? t->irqs[t->queue].vector : VIRTIO_PCI_NO_VECTOR);
	pthread_mutex_unlock(&t->lock);

	memcpy(&value, regs + offset, len);
	return value;
}

static void set_vector(struct virtio_pci *t, unsigned int irq, uint64_t vector)
{
	/* Read back, it says whether the vector could be had, §4.1.5.1.2. */
	if (t->msi == VIRTIO_PCI_INTX || vector >= t->nr_vectors)
		vector = VIRTIO_PCI_NO_VECTOR;
	pthread_mutex_lock(&t->lock);
	t->irqs[irq].vector = (uint16_t)vector;
	virtio_pci_wire(t);
	pthread_mutex_unlock(&t->lock);
}

static void set_status(struct virtio_pci *t, uint8_t status)
{
	virtio_dev_set_status(t->dev, status);
	if (status == 0)
		virtio_pci_irqs_reset(t);
	else if (virtio_dev_status(t->dev) & VIRTIO_CONFIG_S_DRIVER_OK)
		virtio_pci_check_msi(t);
}

/* Half an address of the selected queue. */
static void address_write(struct virtio_pci *t, uint64_t reg, uint32_t value)
{
	enum queue_part part = QUEUE_USED;

	if (reg < COMMON_AVAIL)
		part = QUEUE_DESC;
	else if (reg < COMMON_USED)
		part = QUEUE_AVAIL;
	transport_set_address(t->dev, t->queue, part, reg & 4, value);
}

static void common_write8(struct virtio_pci *t, uint64_t reg, uint8_t value)
{
	if (reg == COMMON_STATUS)
		set_status(t, value);
}

static void common_write16(struct virtio_pci *t, uint64_t reg, uint16_t value)
{
	if (reg == COMMON_CONFIG_VECTOR)
		set_vector(t, t->dev->nr_queues, value);
	else if (reg == COMMON_QUEUE)
		t->queue = value;
	if (t->queue >= t->dev->nr_queues)
		return;
	if (reg == COMMON_SIZE)
		transport_set_size(t->dev, t->queue, value);
	else if (reg == COMMON_VECTOR)
		set_vector(t, t->queue, value);
	else if (reg == COMMON_ENABLE && value == 1)
		virtio_dev_queue_enable(t->dev, t->queue);
	else if (reg == COMMON_RESET && value == 1)
		virtio_dev_queue_reset(t->dev, t->queue);
}

static void common_write32(struct virtio_pci *t, uint64_t reg, uint32_t value)
{
	if (reg == COMMON_OFFERED_WORD)
		t->offered_word = value;
	else if (reg == COMMON_DRIVER_WORD)
		t->driver_word = value;
	else if (reg == COMMON_DRIVER)
		virtio_dev_accept(t->dev, t->driver_word, value);
	else if (reg >= COMMON_DESC && reg < COMMON_NOTIFY_DATA &&
		 is_aligned(reg, 4) && t->queue < t->dev->nr_queues)
		address_write(t, reg, value);
}

void virtio_pci_common_write(struct virtio_pci *t, uint64_t reg,
			     unsigned int len, uint64_t value)
{
	static_assert(sizeof(struct virtio_pci_common_cfg) ==
			      COMMON_NOTIFY_DATA,
		      "the structure's start");
	switch (len) {
	case 1:
		common_write8(t, reg, (uint8_t)value);
		break;
	case 2:
		common_write16(t, reg, (uint16_t)value);
		break;
	case 8:
		common_write32(t, reg, (uint32_t)value);
		common_write32(t, reg + 4, (uint32_t)(value >> 32));
		break;
	default:
		common_write32(t, reg, (uint32_t)value);
		break;
	}
}
