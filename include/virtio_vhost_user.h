/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio_vhost_user.h: a device whose queues another process serves, by
 * vhost-user: virtiofsd, passt, qemu-storage-daemon and the like.
 */
#ifndef LKVM_PVM_VIRTIO_VHOST_USER_H
#define LKVM_PVM_VIRTIO_VHOST_USER_H

#include "vhost_peer.h"
#include "virtio.h"

#define VIRTIO_FS_TAG_LEN 36U /* virtio 1.3 §5.11.4: not terminated when full */
/*
 * Entries of each queue, what the window pays for: Linux makes requests of a
 * share as large as its queue is long, a page an entry.
 */
#define VHOST_USER_QUEUE 128U

enum vhost_user_type {
	VHOST_USER_BLK,
	VHOST_USER_FS,
	VHOST_USER_NET,
	VHOST_USER_RNG,
};

#define NR_VHOST_USER_TYPES (VHOST_USER_RNG + 1)

/* "blk", ...: of enum vhost_user_type. */
extern const char *const vhost_user_types[NR_VHOST_USER_TYPES];

/* Queues of a device of that type; of a disk one. */
unsigned int vhost_user_nr_queues(enum vhost_user_type type);

struct virtio_vhost_user_init {
	enum vhost_user_type type;
	struct vhost_peer *peer; /* open; the caller closes it, after destroy */
	const char *tag;	 /* VHOST_USER_FS */
	uint8_t mac[6];		 /* VHOST_USER_NET */
	uint16_t mtu;		 /* the same; 0: nobody knows */
	uint32_t blk_segment;	 /* VHOST_USER_BLK: bytes an entry names */
	unsigned int number;
	const struct window *window;
	struct loop *loop;
};

struct virtio_vhost_user;

/* Connects, so that who serves it is there. 0, or -errno, reason logged. */
int __must_check virtio_vhost_user_create(
	struct virtio_vhost_user **out, const struct virtio_vhost_user_init *i);
void virtio_vhost_user_destroy(struct virtio_vhost_user *v); /* NULL is fine */

/* For the transport; lives as long as @v. */
struct virtio_dev *virtio_vhost_user_dev(struct virtio_vhost_user *v);

#endif
