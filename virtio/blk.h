/* SPDX-License-Identifier: GPL-2.0-only */
/* blk.h: the inside of a virtio disk, for blk.c and its worker's file. */
#ifndef LKVM_PVM_VIRTIO_BLK_INTERNAL_H
#define LKVM_PVM_VIRTIO_BLK_INTERNAL_H

#include <linux/virtio_blk.h>
#include <pthread.h>

#include "virtio_blk.h"

/* A request in flight, at its chain's head in its queue's array. */
struct blk_slot {
	struct disk_req req;
	uint8_t *status;  /* where the outcome goes; window */
	uint32_t bytes;	  /* from the disk or to it */
	uint32_t written; /* bytes of the chain, when all goes well */
	uint16_t head;
	uint8_t queue;
	struct iovec iov[VQ_MAX_IOV];
};

/* Watching the queues instead of sleeping: blk_poll.c. */
struct blk_poll {
	uint64_t limit_ns;	/* as long at most; 0: never */
	uint64_t idle_since_ns; /* nothing in flight since; 0: not so */
	uint64_t not_before_ns; /* somebody else wanted the CPU */
	bool worth_it;		/* the driver was back in time */
};

/* Lines about one disk's storage: a guest can provoke them. */
#define BLK_MAX_TOLD 16U

struct virtio_blk {
	struct virtio_dev dev;
	struct disk disk;
	char serial[VIRTIO_BLK_SERIAL_LEN];

	/* dev.lock guards all of the following. */
	struct virtio_blk_config config; /* as the guest reads it */
	int told_error;			 /* the last, told once */
	unsigned int nr_told;		 /* BLK_MAX_TOLD at most */

	/* From start() to stop(). */
	struct disk_queue *queue;
	pthread_t worker;
	int wake; /* eventfd: look at stop */
	bool stop;
	bool is_dead; /* the thread is gone, or about to */
	bool write_through;
	uint32_t pending; /* queues that may have chains */
	uint32_t quiet;	  /* queues whose driver was told not to kick */
	uint32_t held;	  /* queues about to be reset: nothing is popped */
	uint32_t pushed;  /* queues with something to publish */
	unsigned int in_flight[VIRTIO_BLK_MAX_QUEUES];
	pthread_cond_t drained; /* an in_flight has become 0 */
	uint64_t bytes_in_flight;
	uint64_t size_checked_ms;
	struct blk_poll poll;
	struct vq_chain chain;	/* the one in work */
	struct blk_slot *slots; /* VIRTIO_BLK_QUEUE_SIZE for each queue */
};

/* blk_request.c: one request, lock held */

/*
 * Starts what b->chain of queue @q asks for, or answers it at once. 0, or
 * -EINVAL: the queue is broken.
 */
int __must_check blk_request_start(struct virtio_blk *b, unsigned int q);
/* Answers a request the disk is done with. */
void blk_request_done(struct virtio_blk *b, struct disk_req *r);

/* blk_poll.c: lock held */

void blk_poll_init(struct blk_poll *p);
/*
 * The last request in hand is done, its answer not published yet: from now on
 * the driver does not kick, if it is worth watching for it.
 */
void blk_poll_idle(struct virtio_blk *b);
/* There is a request again. */
void blk_poll_busy(struct virtio_blk *b);
/*
 * Watches for a while, letting go of the lock between looks. True: b->pending
 * has queues to serve. False: sleep.
 */
bool blk_poll(struct virtio_blk *b);

/* blk_worker.c: the thread between start() and stop() */
int blk_worker_start(struct virtio_dev *d);
void blk_worker_stop(struct virtio_dev *d);
void blk_worker_queue_stop(struct virtio_dev *d, unsigned int q);
/* The guest broke queue @q; lock held. */
void blk_queue_broken(struct virtio_blk *b, unsigned int q);
/* What of the configuration follows the image's size. */
void blk_set_capacity(struct virtio_blk *b);

#endif
