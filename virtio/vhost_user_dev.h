/* SPDX-License-Identifier: GPL-2.0-only */
/* vhost_user_dev.h: what the files of a device served by vhost-user share. */
#ifndef LKVM_PVM_VIRTIO_VHOST_USER_DEV_H
#define LKVM_PVM_VIRTIO_VHOST_USER_DEV_H

#include "rings.h"
#include "vhost_user.h"
#include "virtio_vhost_user.h"

struct vhost_user_kind;

struct virtio_vhost_user {
	struct virtio_dev dev;
	struct virtio_rings rings;
	struct ring_backend backend;
	struct vhost_peer *peer;
	const struct vhost_user_kind *kind;
	const struct window *window;
	uint32_t blk_segment; /* bytes an entry may name, of VHOST_USER_BLK */

	/* dev.lock guards all of the following. */
	struct vhost_user conn;
	struct watch hangup; /* while conn is open */
	struct watch said;   /* the same, and until the end of it */
	bool lost;	     /* it was, and was not connected to again */
	bool is_barred;	     /* it did not answer; may have the window still */
	unsigned int nr_losses;
	uint8_t config[VHOST_USER_CONFIG_MAX];

	/* vhost_user_fs.c: queues of a share whose server is gone. */
	struct vhost_user_orphan {
		struct virtio_vhost_user *owner;
		struct watch kick; /* fd -1: not an orphan */
	} orphans[2];
	struct vq_chain chain;
};

/* vhost_user_kind.c: what the types of devices differ in. */
struct vhost_user_kind {
	struct virtio_class class;
	unsigned int nr_queues, config_len;
	/* Feature bits of the device that go to the driver as they are. */
	uint64_t passed;
	/* Those that we can do for any back end. */
	uint64_t ours;
	/*
	 * The configuration, config_len bytes: what the back end says it is
	 * becomes what the driver reads ...
	 */
	void (*adapt)(const struct virtio_vhost_user *v, uint8_t *config);
	/* ... or all of @v->config is ours. */
	void (*configure)(struct virtio_vhost_user *v,
			  const struct virtio_vhost_user_init *i);
};

extern const struct vhost_user_kind vhost_user_kinds[NR_VHOST_USER_TYPES];

/* vhost_user_dev.c: the functions of all kinds' classes */
int vhost_user_dev_start(struct virtio_dev *d);
void vhost_user_dev_stop(struct virtio_dev *d);
int vhost_user_dev_queue_start(struct virtio_dev *d, unsigned int q);
void vhost_user_dev_config_read(struct virtio_dev *d, unsigned int offset,
				void *buf, unsigned int len);

/* vhost_user_conn.c; @v->dev.lock held, once there is a device */
void vhost_user_conn_init(struct virtio_vhost_user *v,
			  void (*on_hangup)(struct watch *w, uint32_t events));
/*
 * Connects; who is there has to be of the right kind, and tells its part of
 * @v->config. 0, or -errno with the reason in @why.
 */
int __must_check vhost_user_conn_meet(struct virtio_vhost_user *v, char *why,
				      size_t size);
/* From now on the loop hears of its end. Once is enough. 0 or -errno. */
int __must_check vhost_user_conn_watch(struct virtio_vhost_user *v);
void vhost_user_conn_hang_up(struct virtio_vhost_user *v); /* idempotent */

/*
 * vhost_user_fs.c: answers a share's requests with an error from now on: those
 * that its server took and did not answer, and all that come; until forget.
 * Linux waits for an answer for ever, and knows no reset of a running share.
 */
void vhost_user_fs_mourn(struct virtio_vhost_user *v);
void vhost_user_fs_forget(struct virtio_vhost_user *v);

#endif
