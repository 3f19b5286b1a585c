/* SPDX-License-Identifier: GPL-2.0-only */
/* disk_internal.h: what the files of the disk back end share. */
#ifndef LKVM_PVM_DISK_INTERNAL_H
#define LKVM_PVM_DISK_INTERNAL_H

#include "disk.h"

/* disk_sync.c: the whole of a request, at once, in the caller's thread. */
void disk_perform(struct disk *d, struct disk_req *r);
/*
 * What a transfer of @r returned, bytes or -errno, is accounted. True when that
 * was the end of it: r->error is set.
 */
bool disk_account(struct disk_req *r, long result);
/* Drops the first @n bytes of @r's buffers. */
void disk_consume(struct disk_req *r, uint64_t n);
/* The descriptor that takes @r as it is now. */
int disk_fd_for(const struct disk *d, const struct disk_req *r);

/* disk_overlay.c: blocks written go to a file of their own. */
int __must_check disk_overlay_open(struct disk *d);
void disk_overlay_close(struct disk *d);
int __must_check disk_overlay_perform(struct disk *d, struct disk_req *r);
/* An unnamed file on the file system of @dir, or -errno. */
int disk_unnamed_file(const char *dir);

/* Two ways to carry out requests. */
struct disk_queue_ops {
	const char *kind;
	void (*close)(struct disk_queue *q);
	void (*add)(struct disk_queue *q, struct disk_req *r);
	int (*run)(struct disk_queue *q, bool wait);
	void (*cancel)(struct disk_queue *q);
};

struct disk_queue {
	const struct disk_queue_ops *ops;
	struct disk *disk;
	unsigned int nr_events;
	uint32_t events;	     /* came, not yet asked for */
	bool hurries;		     /* disk_queue_hurry() was called; atomic */
	struct disk_req *done;	     /* in order, the first to be taken */
	struct disk_req **done_tail; /* &done when empty */
};

void disk_queue_finished(struct disk_queue *q, struct disk_req *r);
int __must_check disk_sync_open(struct disk_queue **out, struct disk *d,
				const int *events, unsigned int nr_events);
int __must_check disk_uring_open(struct disk_queue **out, struct disk *d,
				 unsigned int depth, const int *events,
				 unsigned int nr_events);

#define DISK_IDLE_MS 1000 /* how long run() waits at most */

#endif
