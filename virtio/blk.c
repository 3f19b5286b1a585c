// SPDX-License-Identifier: GPL-2.0-only
/*
 * blk.c: a virtio disk: features, configuration space, life.
 *
 * How this works: between DRIVER_OK and reset the disk has a thread
 * (blk_worker.c) that waits in one system call for kicks and completions, pops
 * what the driver offers (blk_request.c), hands it to the disk's queue
 * (disk.h), and answers. The device's lock is held for everything but the
 * waiting.
 */
#include "blk.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"

/* What the longer way of zeroing may take of everybody's time. */
#define ZERO_MAX    MIB(8)
#define DISCARD_MAX GIB(1)

#define FEATURE(f) (1ULL << VIRTIO_BLK_F_##f)

static struct virtio_blk *blk_of(struct virtio_dev *d)
{
	return container_of(d, struct virtio_blk, dev);
}

static void config_read(struct virtio_dev *d, unsigned int offset, void *buf,
			unsigned int len)
{
	memcpy(buf, (const uint8_t *)&blk_of(d)->config + offset, len);
}

/* The cache mode is all there is to write, §5.2.4. */
static void config_write(struct virtio_dev *d, unsigned int offset,
			 const void *buf, unsigned int len)
{
	unsigned int wce = offsetof(struct virtio_blk_config, wce);
	struct virtio_blk *b = blk_of(d);
	uint8_t byte;

	if (!virtio_has(d, VIRTIO_BLK_F_CONFIG_WCE) || offset > wce ||
	    offset + len <= wce)
		return;
	byte = ((const uint8_t *)buf)[wce - offset];
	if (byte > 1)
		return;
	b->config.wce = byte;
	b->write_through = !byte;
}

static const struct virtio_class blk_class = {
	.name = "blk",
	.id = VIRTIO_ID_BLOCK,
	.max_size = VIRTIO_BLK_QUEUE_SIZE,
	.pci_class = 0x018000U << 8, /* storage of another kind */
	.start = blk_worker_start,
	.stop = blk_worker_stop,
	.config_read = config_read,
	.config_write = config_write,
	.queue_stop = blk_worker_queue_stop,
};

void blk_set_capacity(struct virtio_blk *b)
{
	b->config.capacity = b->disk.size / DISK_SECTOR;
}

static uint8_t log2_of(uint32_t power)
{
	return (uint8_t)__builtin_ctz(power);
}

static void set_config(struct virtio_blk *b, const struct virtio_blk_init *i)
{
	struct virtio_blk_config *c = &b->config;
	const struct disk *d = &b->disk;

	memset(c, 0, sizeof(*c));
	blk_set_capacity(b);
	c->size_max = virtio_blk_segment(i->guest_page);
	/* Two requests at once, and a small one, each with header and status. */
	c->seg_max =
		virtio_blk_queue_size(i->nr_queues, i->guest_page) / 2U - 4;
	c->blk_size = d->block_size;
	if (d->physical_size > d->block_size)
		c->physical_block_exp =
			log2_of(d->physical_size / d->block_size);
	c->min_io_size = (uint16_t)(1U << c->physical_block_exp);
	c->wce = 1;
	c->num_queues = (uint16_t)i->nr_queues;
	if (d->read_only)
		return;
	c->max_discard_sectors = DISCARD_MAX / DISK_SECTOR;
	c->max_discard_seg = 1;
	c->discard_sector_alignment = d->physical_size / DISK_SECTOR;
	c->max_write_zeroes_sectors = ZERO_MAX / DISK_SECTOR;
	c->max_write_zeroes_seg = 1;
	c->write_zeroes_may_unmap = 1;
}

static uint64_t features_of(const struct virtio_blk *b, unsigned int nr_queues)
{
	uint64_t f = FEATURE(SIZE_MAX) | FEATURE(SEG_MAX) | FEATURE(BLK_SIZE) |
		     FEATURE(TOPOLOGY);

	if (nr_queues > 1)
		f |= FEATURE(MQ);
	if (b->disk.read_only)
		return f | FEATURE(RO);
	return f | FEATURE(FLUSH) | FEATURE(CONFIG_WCE) | FEATURE(DISCARD) |
	       FEATURE(WRITE_ZEROES);
}

static int init_device(struct virtio_blk *b, const struct virtio_blk_init *i)
{
	const struct virtio_dev_init init = {
		.class = &blk_class,
		.number = i->number,
		.window = i->window,
		.loop = i->loop,
		.features = features_of(b, i->nr_queues),
		.config_len = sizeof(b->config),
		.nr_queues = i->nr_queues,
		.queue_size =
			virtio_blk_queue_size(i->nr_queues, i->guest_page),
	};
	int err = virtio_dev_init(&b->dev, &init);

	if (err)
		return err;
	/* Linux allocates, shares and copies an indirect table a request. */
	b->dev.offered &= ~(1ULL << VIRTIO_RING_F_INDIRECT_DESC);
	if (i->id)
		(void)snprintf(b->dev.name, sizeof(b->dev.name), "%s", i->id);
	return 0;
}

int virtio_blk_create(struct virtio_blk **out, const struct virtio_blk_init *i)
{
	struct virtio_blk *b = calloc(1, sizeof(*b));
	int err = b ? disk_open(&b->disk, &i->file) : -ENOMEM;

	if (err) {
		if (!b)
			log_err("disk %s: out of memory", i->file.path);
		free(b);
		return err;
	}
	set_config(b, i);
	if (i->serial)
		memcpy(b->serial, i->serial,
		       strnlen(i->serial, sizeof(b->serial)));
	pthread_cond_init(&b->drained, NULL);
	/* Large and mostly never touched: the kernel gives what is. */
	b->slots = calloc((size_t)i->nr_queues * VIRTIO_BLK_QUEUE_SIZE,
			  sizeof(*b->slots));
	b->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = b->wake < 0 ? -errno : b->slots ? 0 : -ENOMEM;
	if (!err)
		err = init_device(b, i);
	if (err) {
		log_err("disk %s: cannot make a device of it: %s", i->file.path,
			errno_text(err));
		virtio_blk_destroy(b);
		return err;
	}
	*out = b;
	return 0;
}

void virtio_blk_destroy(struct virtio_blk *b)
{
	if (!b)
		return;
	if (b->dev.class)
		virtio_dev_fini(&b->dev);
	if (b->wake >= 0)
		close(b->wake);
	free(b->slots);
	pthread_cond_destroy(&b->drained);
	disk_close(&b->disk);
	free(b);
}

struct virtio_dev *virtio_blk_dev(struct virtio_blk *b)
{
	return &b->dev;
}
