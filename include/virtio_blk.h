/* SPDX-License-Identifier: GPL-2.0-only */
/* virtio_blk.h: a disk (virtio 1.3 §5.2) whose bytes live in a struct disk. */
#ifndef LKVM_PVM_VIRTIO_BLK_H
#define LKVM_PVM_VIRTIO_BLK_H

#include "disk.h"
#include "virtio.h"

#define VIRTIO_BLK_MAX_QUEUES 16U
#define VIRTIO_BLK_QUEUE_SIZE 256U /* entries of each, at most */
#define VIRTIO_BLK_SERIAL_LEN 20U  /* §5.2.6: not terminated when full */

/*
 * Bytes an entry of a queue can name, at most, for a guest whose pages are of
 * @guest_page bytes (0: unknown): one page. Linux makes requests as large as it
 * may, and one that does not fit into the window is tried for ever; so all
 * entries of a queue together fit. It takes a run of swiotlb's slots, too. Linux
 * 6.9 to 6.14 has no disk where it is less than a page.
 */
static inline uint32_t virtio_blk_segment(uint64_t guest_page)
{
	return guest_page > KIB(4) ? (uint32_t)guest_page : (uint32_t)KIB(4);
}

/*
 * Entries of each of @nr_queues queues: the more queues there are, the fewer, and
 * the larger the guest's pages are.
 */
static inline uint16_t virtio_blk_queue_size(unsigned int nr_queues,
					     uint64_t guest_page)
{
	uint16_t size = VIRTIO_BLK_QUEUE_SIZE;

	if (guest_page > KIB(4))
		size /= 2;
	if (guest_page > KIB(16))
		size /= 2;
	return nr_queues <= 2 ? size : size / 2;
}

struct virtio_blk_init {
	struct disk_config file; /* its path outlives the device */
	const char *serial;	 /* what the guest sees; NULL: none */
	const char *id;		 /* name in messages; NULL: "blk" and number */
	unsigned int number;
	unsigned int nr_queues; /* 1 to VIRTIO_BLK_MAX_QUEUES */
	uint64_t guest_page;	/* bytes of the guest's pages; 0: unknown */
	const struct window *window;
	struct loop *loop;
};

struct virtio_blk;

/* Opens the image and makes a device of it. 0, or -errno, reason logged. */
int __must_check virtio_blk_create(struct virtio_blk **out,
				   const struct virtio_blk_init *i);
void virtio_blk_destroy(struct virtio_blk *b); /* NULL is fine */

/* For the transport; lives as long as @b. */
struct virtio_dev *virtio_blk_dev(struct virtio_blk *b);

#endif
