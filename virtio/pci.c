// SPDX-License-Identifier: GPL-2.0-only
/*
 * pci.c: the modern virtio-pci transport (virtio 1.3 §4.1): capabilities, the
 * BAR's map, configuration space. Its registers are in pci_common.c, interrupts
 * and doorbells in pci_irq.c.
 */
#include "virtio_pci.h"

#include <assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <string.h>

#include "pci_irq.h"

#define VENDOR_RED_HAT	 0x1af4 /* of all virtio devices, §4.1.2 */
#define DEVICE_MODERN	 0x1040 /* plus the device's type */
#define SUBSYSTEM_MODERN 0x0040
#define REVISION_MODERN	 1

static void put(uint8_t *regs, unsigned int at, unsigned int len, uint64_t v)
{
	memcpy(regs + at, &v, len);
}

/* --- the BAR --------------------------------------------------------------- */

/* A notification that came as an exit. */
static void notify(struct virtio_pci *t, uint64_t offset)
{
	uint64_t q = offset / NOTIFY_MULTIPLIER;

	if (q < t->dev->nr_queues && is_aligned(offset, NOTIFY_MULTIPLIER))
		virtio_kicked(t->dev, (unsigned int)q);
}

static uint64_t bar_read(void *ctx, uint64_t offset, unsigned int len)
{
	struct virtio_pci *t = ctx;
	uint64_t at = offset % BAR_PART, value = 0;

	switch (offset - at) {
	case BAR_COMMON:
		return virtio_pci_common_read(t, at, len);
	case BAR_ISR:
		return at == 0 ? virtio_pci_isr_read(t) : 0;
	case BAR_DEVICE:
		virtio_dev_config_read(t->dev, (unsigned int)at, &value, len);
		return value;
	case BAR_MSIX_TABLE:
		return virtio_pci_table_read(t, at, len);
	case BAR_MSIX_PBA:
		return virtio_pci_pba_read(t, at, len);
	default:
		return 0;
	}
}

static void bar_write(void *ctx, uint64_t offset, unsigned int len,
		      uint64_t value)
{
	struct virtio_pci *t = ctx;
	uint64_t at = offset % BAR_PART;

	switch (offset - at) {
	case BAR_COMMON:
		virtio_pci_common_write(t, at, len, value);
		break;
	case BAR_DEVICE:
		virtio_dev_config_write(t->dev, (unsigned int)at, &value, len);
		break;
	case BAR_NOTIFY:
		notify(t, at);
		break;
	case BAR_MSIX_TABLE:
		virtio_pci_table_write(t, at, len, value);
		break;
	default:
		break;
	}
}

static void bar_moved(void *ctx, gpa_t gpa)
{
	struct virtio_pci *t = ctx;

	pthread_mutex_lock(&t->lock);
	t->bar_gpa = gpa;
	virtio_pci_wire(t);
	pthread_mutex_unlock(&t->lock);
}

/* --- configuration space --------------------------------------------------- */

static bool overlaps(unsigned int a, unsigned int a_len, unsigned int b,
		     unsigned int b_len)
{
	return a < b + b_len && b < a + a_len;
}

/*
 * The access a driver described in the PCI configuration access capability
 * (§4.1.4.9), which makes it by touching the data field. False when it is none.
 */
static bool described_access(const struct virtio_pci *t, uint32_t *offset,
			     uint32_t *len)
{
	struct virtio_pci_cap cap;

	memcpy(&cap, t->pci.config + t->access_cap, sizeof(cap));
	*offset = cap.offset;
	*len = cap.length;
	return cap.bar == 0 && (*len == 1 || *len == 2 || *len == 4) &&
	       is_aligned(*offset, *len) && *offset < BAR_LEN;
}

static unsigned int access_data(const struct virtio_pci *t)
{
	return t->access_cap + sizeof(struct virtio_pci_cap);
}

static void config_reading(void *ctx, unsigned int offset, unsigned int len)
{
	struct virtio_pci *t = ctx;
	uint32_t at, width;
	uint64_t value;

	if (!overlaps(offset, len, access_data(t), 4) ||
	    !described_access(t, &at, &width))
		return;
	value = bar_read(t, at, width);
	memcpy(t->pci.config + access_data(t), &value, width);
}

static void write_by_config(struct virtio_pci *t)
{
	uint32_t at, width, value = 0;

	if (!described_access(t, &at, &width))
		return;
	memcpy(&value, t->pci.config + access_data(t), width);
	bar_write(t, at, width, value);
}

static void msix_control_written(struct virtio_pci *t)
{
	uint16_t control;

	memcpy(&control, t->pci.config + t->msix_cap + PCI_MSIX_FLAGS,
	       sizeof(control));
	pthread_mutex_lock(&t->lock);
	t->msix_enabled = control & PCI_MSIX_FLAGS_ENABLE;
	t->msix_masked = control & PCI_MSIX_FLAGS_MASKALL;
	virtio_pci_wire(t);
	pthread_mutex_unlock(&t->lock);
}

static void config_written(void *ctx, unsigned int offset, unsigned int len)
{
	struct virtio_pci *t = ctx;

	if (t->msi != VIRTIO_PCI_INTX &&
	    overlaps(offset, len, t->msix_cap + PCI_MSIX_FLAGS, 2))
		msix_control_written(t);
	if (overlaps(offset, len, access_data(t), 4))
		write_by_config(t);
}

static const struct pci_ops virtio_pci_ops = {
	.config_reading = config_reading,
	.config_written = config_written,
	.bar_moved = bar_moved,
	.bar_read = bar_read,
	.bar_write = bar_write,
};

/* --- building -------------------------------------------------------------- */

static void add_msix(struct virtio_pci *t)
{
	static const uint8_t writable[] = {
		0, (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL) >> 8
	};
	uint8_t body[PCI_CAP_MSIX_SIZEOF - 2], mask[sizeof(body)] = { 0 };

	memcpy(mask, writable, sizeof(writable));
	put(body, 0, 2, t->nr_vectors - 1);
	put(body, 2, 4, BAR_MSIX_TABLE); /* in BAR 0 */
	put(body, 6, 4, BAR_MSIX_PBA);
	t->msix_cap = pci_dev_add_cap(&t->pci, PCI_CAP_ID_MSIX, body, mask,
				      sizeof(body));
}

/* One structure's capability (§4.1.4), @more bytes longer than the common. */
static unsigned int add_structure(struct virtio_pci *t, uint8_t type,
				  uint32_t offset, uint32_t length,
				  unsigned int more)
{
	struct {
		struct virtio_pci_cap cap;
		uint32_t more;
	} c = { .cap = { .cfg_type = type,
			 .offset = offset,
			 .length = length } },
	  mask = { .cap = { 0 } };

	c.cap.cap_len = (uint8_t)(sizeof(c.cap) + more);
	if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		c.more = NOTIFY_MULTIPLIER;
	if (type == VIRTIO_PCI_CAP_PCI_CFG) {
		mask.cap.bar = 0xff;
		mask.cap.offset = mask.cap.length = mask.more = UINT32_MAX;
	}
	return pci_dev_add_cap(&t->pci, PCI_CAP_ID_VNDR, (uint8_t *)&c + 2,
			       (uint8_t *)&mask + 2, c.cap.cap_len - 2U);
}

static void add_structures(struct virtio_pci *t)
{
	const struct virtio_dev *d = t->dev;

	(void)add_structure(t, VIRTIO_PCI_CAP_COMMON_CFG, BAR_COMMON,
			    VIRTIO_PCI_COMMON_LEN, 0);
	(void)add_structure(t, VIRTIO_PCI_CAP_NOTIFY_CFG, BAR_NOTIFY,
			    d->nr_queues * NOTIFY_MULTIPLIER, 4);
	(void)add_structure(t, VIRTIO_PCI_CAP_ISR_CFG, BAR_ISR, 1, 0);
	if (d->config_len)
		(void)add_structure(t, VIRTIO_PCI_CAP_DEVICE_CFG, BAR_DEVICE,
				    d->config_len, 0);
	t->access_cap = add_structure(t, VIRTIO_PCI_CAP_PCI_CFG, 0, 0, 4);
}

int virtio_pci_init(struct virtio_pci *t, struct virtio_dev *dev,
		    struct pci_host *h, enum virtio_pci_msi msi)
{
	const struct pci_id id = {
		.vendor = VENDOR_RED_HAT,
		.device = (uint16_t)(DEVICE_MODERN + dev->class->id),
		.subsystem_vendor = VENDOR_RED_HAT,
		.subsystem = (uint16_t)(SUBSYSTEM_MODERN + dev->class->id),
		.revision = REVISION_MODERN,
		.class_code = dev->class->pci_class >> 8,
	};
	int ret;

	assert(dev->nr_queues <= VIRTIO_MAX_QUEUES &&
	       dev->config_len <= BAR_PART);
	memset(t, 0, sizeof(*t));
	t->dev = dev;
	t->msi = msi;
	t->nr_vectors = dev->nr_queues + 1;
	pthread_mutex_init(&t->lock, NULL);
	ret = virtio_pci_irqs_init(t);
	if (ret)
		goto fail;

	pci_dev_init(&t->pci, &id, BAR_LEN, msi == VIRTIO_PCI_INTX,
		     &virtio_pci_ops, t);
	if (msi != VIRTIO_PCI_INTX)
		add_msix(t);
	add_structures(t);
	ret = pci_host_add(h, &t->pci);
	if (ret)
		goto fail;
	dev->transport = &virtio_pci_transport;
	dev->transport_ctx = t;
	return 0;
fail:
	virtio_pci_irqs_fini(t);
	pthread_mutex_destroy(&t->lock);
	memset(t, 0, sizeof(*t));
	return ret;
}

void virtio_pci_fini(struct virtio_pci *t)
{
	if (!t->dev)
		return;
	virtio_pci_stop(t);
	t->dev->transport = NULL;
	virtio_pci_irqs_fini(t);
	pthread_mutex_destroy(&t->lock);
	memset(t, 0, sizeof(*t));
}

void virtio_pci_start(struct virtio_pci *t, struct pvm *pvm)
{
	t->offered_word = t->driver_word = t->queue = 0;
	t->checked_msi = false;
	pthread_mutex_lock(&t->lock);
	t->pvm = pvm;
	virtio_pci_wire(t);
	pthread_mutex_unlock(&t->lock);
}

void virtio_pci_stop(struct virtio_pci *t)
{
	virtio_dev_power_on(t->dev);
	virtio_pci_irqs_reset(t);
	pthread_mutex_lock(&t->lock);
	for (unsigned int i = 0; i < t->nr_vectors; i++)
		t->table[i] = (struct virtio_pci_vector){ .control = 1 };
	t->pvm = NULL;
	virtio_pci_wire(t);
	pthread_mutex_unlock(&t->lock);
}
