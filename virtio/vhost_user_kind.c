// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhost_user_kind.c: the types of devices that a back end may serve: queues,
 * features, configuration space.
 */
#include "vhost_user_dev.h"

#include <assert.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_fs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "virtio_blk.h"

#define BIT(n) (1ULL << (n))

const char *const vhost_user_types[NR_VHOST_USER_TYPES] = {
	[VHOST_USER_BLK] = "blk",
	[VHOST_USER_FS] = "fs",
	[VHOST_USER_NET] = "net",
	[VHOST_USER_RNG] = "rng",
};

/* --- blk --------------------------------------------------------------------- */

/* Up to write_zeroes_may_unmap and its padding. */
#define BLK_CONFIG_LEN 60U
/* All but two: a request that the queue, and so the window, can hold. */
#define BLK_SEGMENTS (VHOST_USER_QUEUE - 2U)

static uint32_t least(uint32_t a, bool has_a, uint32_t b)
{
	return has_a && a > 0 && a < b ? a : b;
}

static void adapt_blk(const struct virtio_vhost_user *v, uint8_t *config)
{
	const uint64_t theirs = v->conn.offered;
	struct virtio_blk_config c;

	static_assert(offsetof(struct virtio_blk_config, unused1) == 57,
		      "virtio 1.3 §5.2.4");
	memcpy(&c, config, BLK_CONFIG_LEN);
	c.size_max = least(c.size_max, theirs & BIT(VIRTIO_BLK_F_SIZE_MAX),
			   v->blk_segment);
	c.seg_max = least(c.seg_max, theirs & BIT(VIRTIO_BLK_F_SEG_MAX),
			  BLK_SEGMENTS);
	memcpy(config, &c, BLK_CONFIG_LEN);
}

/* --- fs ---------------------------------------------------------------------- */

static void configure_fs(struct virtio_vhost_user *v,
			 const struct virtio_vhost_user_init *i)
{
	struct virtio_fs_config c = { .num_request_queues = 1 };

	static_assert(sizeof(c.tag) == VIRTIO_FS_TAG_LEN, "virtio 1.3 §5.11.4");
	memcpy(c.tag, i->tag, strnlen(i->tag, sizeof(c.tag)));
	memcpy(v->config, &c, sizeof(c));
}

/* --- net --------------------------------------------------------------------- */

/* Up to mtu. */
#define NET_CONFIG_LEN 12U

static void configure_net(struct virtio_vhost_user *v,
			  const struct virtio_vhost_user_init *i)
{
	struct virtio_net_config c = { .status = VIRTIO_NET_S_LINK_UP,
				       .max_virtqueue_pairs = 1,
				       .mtu = i->mtu };

	static_assert(offsetof(struct virtio_net_config, mtu) + 2 ==
			      NET_CONFIG_LEN,
		      "virtio 1.3 §5.1.4");
	memcpy(c.mac, i->mac, sizeof(c.mac));
	memcpy(v->config, &c, NET_CONFIG_LEN);
}

/* --- the table --------------------------------------------------------------- */

#define CLASS(name_, id_, pci_class_)                                          \
	{                                                                      \
		.name = (name_), .id = (id_), .max_size = VHOST_USER_QUEUE,    \
		.pci_class = (pci_class_) << 8, .start = vhost_user_dev_start, \
		.stop = vhost_user_dev_stop,                                   \
		.config_read = vhost_user_dev_config_read,                     \
		.queue_start = vhost_user_dev_queue_start,                     \
	}

const struct vhost_user_kind vhost_user_kinds[NR_VHOST_USER_TYPES] = {
	[VHOST_USER_BLK] = {
		/* Not blk: that is a disk of ours. */
		.class = CLASS("vublk", VIRTIO_ID_BLOCK, 0x018000U),
		.nr_queues = 1,
		.config_len = BLK_CONFIG_LEN,
		.passed = BIT(VIRTIO_BLK_F_GEOMETRY) | BIT(VIRTIO_BLK_F_RO) |
			  BIT(VIRTIO_BLK_F_BLK_SIZE) |
			  BIT(VIRTIO_BLK_F_FLUSH) |
			  BIT(VIRTIO_BLK_F_TOPOLOGY) |
			  BIT(VIRTIO_BLK_F_DISCARD) |
			  BIT(VIRTIO_BLK_F_WRITE_ZEROES),
		.ours = BIT(VIRTIO_BLK_F_SIZE_MAX) | BIT(VIRTIO_BLK_F_SEG_MAX),
		.adapt = adapt_blk,
	},
	[VHOST_USER_FS] = {
		.class = CLASS("fs", VIRTIO_ID_FS, 0x018000U),
		.nr_queues = 2, /* for what is urgent, and for requests */
		.config_len = sizeof(struct virtio_fs_config),
		.configure = configure_fs,
	},
	[VHOST_USER_NET] = {
		.class = CLASS("vunet", VIRTIO_ID_NET, 0x020000U),
		.nr_queues = 2,
		.config_len = NET_CONFIG_LEN,
		.passed = BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_GUEST_CSUM) |
			  BIT(VIRTIO_NET_F_GUEST_TSO4) |
			  BIT(VIRTIO_NET_F_GUEST_TSO6) |
			  BIT(VIRTIO_NET_F_GUEST_ECN) |
			  BIT(VIRTIO_NET_F_GUEST_UFO) |
			  BIT(VIRTIO_NET_F_HOST_TSO4) |
			  BIT(VIRTIO_NET_F_HOST_TSO6) |
			  BIT(VIRTIO_NET_F_HOST_ECN) |
			  BIT(VIRTIO_NET_F_HOST_UFO) |
			  BIT(VIRTIO_NET_F_MRG_RXBUF),
		.ours = BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_STATUS),
		.configure = configure_net,
	},
	[VHOST_USER_RNG] = {
		.class = CLASS("vurng", VIRTIO_ID_RNG, 0xff0000U),
		.nr_queues = 1,
	},
};

unsigned int vhost_user_nr_queues(enum vhost_user_type type)
{
	return vhost_user_kinds[type].nr_queues;
}
