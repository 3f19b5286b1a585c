// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmio.c: the registers of virtio-mmio, version 2 (virtio 1.3 §4.2.2).
 * Interrupts and doorbells are in mmio_irq.c.
 *
 * Registers have 32 bits and answer accesses of that width alone; the device's
 * configuration behind them has any.
 */
#include "virtio_mmio.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "log.h"
#include "mmio_irq.h"
#include "transport.h"

#define MAGIC	      0x74726976U /* "virt" */
#define VERSION_2     2U
#define VENDOR	      0x4b564d4cU /* "LMVK" */
#define NO_SHM_REGION UINT32_MAX  /* of length and address, each half */

/* §4.2.2; MMIO_QUEUE_NOTIFY and MMIO_INTERRUPT_ACK are in mmio_irq.h. */
enum {
	MMIO_MAGIC = 0x000,
	MMIO_VERSION = 0x004,
	MMIO_DEVICE_ID = 0x008,
	MMIO_VENDOR_ID = 0x00c,
	MMIO_OFFERED = 0x010,
	MMIO_OFFERED_WORD = 0x014,
	MMIO_DRIVER = 0x020,
	MMIO_DRIVER_WORD = 0x024,
	MMIO_QUEUE = 0x030,
	MMIO_SIZE_MAX = 0x034,
	MMIO_SIZE = 0x038,
	MMIO_READY = 0x044,
	MMIO_INTERRUPT_STATUS = 0x060,
	MMIO_STATUS = 0x070,
	MMIO_DESC = 0x080,
	MMIO_DESC_HIGH = 0x084,
	MMIO_AVAIL = 0x090,
	MMIO_AVAIL_HIGH = 0x094,
	MMIO_USED = 0x0a0,
	MMIO_USED_HIGH = 0x0a4,
	MMIO_SHM_LEN = 0x0b0,
	MMIO_SHM_LEN_HIGH = 0x0b4,
	MMIO_SHM_BASE = 0x0b8,
	MMIO_SHM_BASE_HIGH = 0x0bc,
	MMIO_QUEUE_RESET = 0x0c0,
	MMIO_GENERATION = 0x0fc,
	MMIO_CONFIG = 0x100,
};

/* --- reading --------------------------------------------------------------- */

static uint32_t queue_read(struct virtio_mmio *t, uint32_t reg)
{
	const struct virtqueue *vq;
	uint32_t value = 0;

	if (t->queue >= t->dev->nr_queues)
		return 0;
	vq = &t->dev->queues[t->queue].vq;
	pthread_mutex_lock(&t->dev->lock);
	if (reg == MMIO_SIZE_MAX)
		value = vq->max_size;
	else if (reg == MMIO_READY)
		value = vq->ready;
	pthread_mutex_unlock(&t->dev->lock);
	return value;
}

static uint32_t register_read(struct virtio_mmio *t, uint32_t reg)
{
	switch (reg) {
	case MMIO_MAGIC:
		return MAGIC;
	case MMIO_VERSION:
		return VERSION_2;
	case MMIO_DEVICE_ID:
		return t->dev->class->id;
	case MMIO_VENDOR_ID:
		return VENDOR;
	case MMIO_OFFERED:
		return virtio_dev_offered(t->dev, t->offered_word);
	case MMIO_SIZE_MAX:
	case MMIO_READY:
		return queue_read(t, reg);
	case MMIO_INTERRUPT_STATUS:
		return virtio_mmio_interrupt_status(t);
	case MMIO_STATUS:
		return virtio_dev_status(t->dev);
	case MMIO_SHM_LEN:
	case MMIO_SHM_LEN_HIGH:
	case MMIO_SHM_BASE:
	case MMIO_SHM_BASE_HIGH:
		return NO_SHM_REGION;
	case MMIO_GENERATION:
		return virtio_dev_generation(t->dev);
	default: /* QueueReset too: it is done when the write is */
		return 0;
	}
}

static uint64_t mmio_read(void *dev, uint64_t offset, unsigned int len)
{
	struct virtio_mmio *t = dev;
	uint64_t value = 0;

	if (offset >= MMIO_CONFIG)
		virtio_dev_config_read(t->dev,
				       (unsigned int)(offset - MMIO_CONFIG),
				       &value, len);
	else if (len == 4)
		value = register_read(t, (uint32_t)offset);
	return value;
}

/* --- writing --------------------------------------------------------------- */

static void set_status(struct virtio_mmio *t, uint32_t value)
{
	virtio_dev_set_status(t->dev, (uint8_t)value);
	if ((uint8_t)value == 0)
		virtio_mmio_irq_reset(t);
}

/* Registers of the selected queue, which exists. */
static void queue_write(struct virtio_mmio *t, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case MMIO_SIZE:
		transport_set_size(t->dev, t->queue, value);
		break;
	case MMIO_READY:
		if (value == 1)
			virtio_dev_queue_enable(t->dev, t->queue);
		else if (value == 0)
			virtio_dev_queue_disable(t->dev, t->queue);
		break;
	case MMIO_DESC:
	case MMIO_DESC_HIGH:
		transport_set_address(t->dev, t->queue, QUEUE_DESC, reg & 4,
				      value);
		break;
	case MMIO_AVAIL:
	case MMIO_AVAIL_HIGH:
		transport_set_address(t->dev, t->queue, QUEUE_AVAIL, reg & 4,
				      value);
		break;
	case MMIO_USED:
	case MMIO_USED_HIGH:
		transport_set_address(t->dev, t->queue, QUEUE_USED, reg & 4,
				      value);
		break;
	case MMIO_QUEUE_RESET:
		if (value == 1)
			virtio_dev_queue_reset(t->dev, t->queue);
		break;
	default:
		break;
	}
}

static void register_write(struct virtio_mmio *t, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case MMIO_OFFERED_WORD:
		t->offered_word = value;
		break;
	case MMIO_DRIVER:
		virtio_dev_accept(t->dev, t->driver_word, value);
		break;
	case MMIO_DRIVER_WORD:
		t->driver_word = value;
		break;
	case MMIO_QUEUE:
		t->queue = value;
		break;
	case MMIO_QUEUE_NOTIFY: /* it has no doorbell */
		if (value < t->dev->nr_queues)
			virtio_kicked(t->dev, value);
		break;
	case MMIO_INTERRUPT_ACK:
		virtio_mmio_interrupt_ack(t, value);
		break;
	case MMIO_STATUS:
		set_status(t, value);
		break;
	default:
		if (t->queue < t->dev->nr_queues)
			queue_write(t, reg, value);
		break;
	}
}

static void mmio_write(void *dev, uint64_t offset, unsigned int len,
		       uint64_t value)
{
	struct virtio_mmio *t = dev;

	if (offset >= MMIO_CONFIG)
		virtio_dev_config_write(t->dev,
					(unsigned int)(offset - MMIO_CONFIG),
					&value, len);
	else if (len == 4)
		register_write(t, (uint32_t)offset, (uint32_t)value);
}

static const struct bus_ops mmio_ops = {
	.read = mmio_read,
	.write = mmio_write,
};

/* --- building -------------------------------------------------------------- */

int virtio_mmio_init(struct virtio_mmio *t, struct virtio_dev *dev,
		     unsigned int slot)
{
	int ret;

	assert(slot < MACHINE_VIRTIO_MMIO_SLOTS &&
	       dev->config_len <= MACHINE_VIRTIO_MMIO_SIZE - MMIO_CONFIG);
	*t = (struct virtio_mmio){
		.dev = dev,
		.gpa = MACHINE_VIRTIO_MMIO_BASE +
		       slot * MACHINE_VIRTIO_MMIO_SIZE,
		.spi = MACHINE_VIRTIO_MMIO_SPI + slot,
	};
	ret = virtio_mmio_irq_init(t);
	if (ret) {
		virtio_mmio_irq_fini(t);
		*t = (struct virtio_mmio){ .dev = NULL };
		return ret;
	}
	pthread_mutex_init(&t->lock, NULL);
	dev->transport = &virtio_mmio_transport;
	dev->transport_ctx = t;
	return 0;
}

void virtio_mmio_fini(struct virtio_mmio *t)
{
	if (!t->dev)
		return;
	virtio_mmio_stop(t);
	t->dev->transport = NULL;
	virtio_mmio_irq_fini(t);
	pthread_mutex_destroy(&t->lock);
	*t = (struct virtio_mmio){ .dev = NULL };
}

int virtio_mmio_map(struct virtio_mmio *t, struct bus *bus)
{
	return bus_add(bus, t->gpa, MACHINE_VIRTIO_MMIO_SIZE, "virtio-mmio",
		       &mmio_ops, t);
}

/*
 * Selectors, what the driver accepts, sizes and addresses have no effect before
 * another register is accessed: eight exits less for each queue it sets up.
 */
static void keep_stores(struct virtio_mmio *t, struct pvm *pvm)
{
	static const struct {
		uint32_t from, end;
	} kept[] = {
		{ MMIO_OFFERED_WORD, MMIO_SIZE + 4 },
		{ MMIO_DESC, MMIO_USED_HIGH + 4 },
	};
	int ret = 0;

	for (unsigned int i = 0; !ret && i < ARRAY_SIZE(kept); i++)
		ret = pvm_keep_stores(pvm, t->gpa + kept[i].from,
				      kept[i].end - kept[i].from);
	if (ret)
		log_debug("KVM keeps no stores for virtio-mmio: %s",
			  errno_text(ret));
}

void virtio_mmio_start(struct virtio_mmio *t, struct pvm *pvm)
{
	keep_stores(t, pvm);
	t->offered_word = t->driver_word = t->queue = 0;
	virtio_mmio_irq_reset(t);
	virtio_mmio_wire(t, pvm);
}

void virtio_mmio_stop(struct virtio_mmio *t)
{
	virtio_dev_power_on(t->dev);
	virtio_mmio_wire(t, NULL);
}
