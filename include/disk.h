/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk.h: raw images and block devices, what a virtual disk's bytes live in.
 *
 * A struct disk is the opened file; a struct disk_queue carries out requests on
 * it for one thread, which also waits there for the events it was given (the
 * kicks). Nothing here is locked: one thread at a time per disk.
 *
 * Buffers lie in the window and are handed to system calls only, never
 * registered with io_uring: a page the guest takes back is -EFAULT then, while
 * a registered or otherwise pinned one would be destroyed.
 */
#ifndef LKVM_PVM_DISK_H
#define LKVM_PVM_DISK_H

#include <sys/uio.h>

#include "base.h"

#define DISK_SECTOR 512U

struct disk_config {
	const char *path;
	bool ro;       /* the guest may only read */
	bool snapshot; /* what it writes is thrown away in the end */
	bool direct;   /* O_DIRECT: past the host's page cache */
};

struct disk_overlay;

struct disk {
	const char *path; /* borrowed from the configuration */
	int fd;		  /* locked against a second writer */
	int cached_fd;	  /* direct only: for what O_DIRECT does not take */
	bool read_only, direct;
	bool can_nowait;	/* reads can be tried without waiting */
	uint64_t size;		/* bytes, multiple of DISK_SECTOR */
	uint32_t block_size;	/* logical, of the guest's requests */
	uint32_t physical_size; /* what is written without reading first */
	uint32_t mem_align, off_align; /* of O_DIRECT */
	struct disk_overlay *overlay;  /* snapshot that could not be a clone */
};

/*
 * Opens and locks what @c names. 0, or -errno with one line logged that names
 * the file and the remedy. @d needs disk_close() only after success.
 */
int __must_check disk_open(struct disk *d, const struct disk_config *c);
void disk_close(struct disk *d);
/* Looks at the file's size again; true when d->size changed. */
bool disk_refresh_size(struct disk *d);
/* "a qcow2 image" and the like when @head, the first @len bytes, or @tail, the
 * last 512 bytes or NULL, say it is no raw image; NULL otherwise. @remedy is
 * the program that makes one: "qemu-img", "xz", ... */
const char *disk_format(const uint8_t *head, size_t len, const uint8_t *tail,
			const char **remedy);

enum disk_op {
	DISK_READ,
	DISK_WRITE,
	DISK_FLUSH,
	DISK_DISCARD, /* contents may be lost */
	DISK_ZERO,
};

/* Owned by the caller, untouched by it from disk_queue_add() to ..._done(). */
struct disk_req {
	enum disk_op op;
	bool stable;	      /* DISK_WRITE: on stable storage when done */
	bool unmap;	      /* DISK_ZERO: may give the space back */
	uint64_t offset, len; /* bytes; inside disk->size */
	struct iovec *iov;    /* sum of lengths is len; consumed */
	unsigned int nr_iov;
	/*
	 * When done: 0 or -errno. -EFAULT: iov[0] begins with a page that the
	 * guest took back. -EIO also when the file ends before the disk does.
	 */
	int error;
	struct disk_req *next; /* the queue's */
};

struct disk_queue;

/* At most this many events of a queue's owner. */
#define DISK_MAX_EVENTS 32U

/*
 * A queue for up to @depth requests at a time, which also watches @nr_events
 * eventfds; they are never read. io_uring where it may be used and pays, else
 * plain system calls. 0 or -errno.
 */
int __must_check disk_queue_open(struct disk_queue **out, struct disk *d,
				 unsigned int depth, const int *events,
				 unsigned int nr_events);
void disk_queue_close(struct disk_queue *q); /* nothing in flight */
/* "io_uring" or "plain system calls", and why */
const char *disk_queue_kind(const struct disk_queue *q);

/* The following on one thread, which is always the same. */

/* Takes @r; nothing happens before disk_queue_run(). */
void disk_queue_add(struct disk_queue *q, struct disk_req *r);
/*
 * Starts what was added. With @wait comes back when a request is done, an
 * event has come, or a second has passed; otherwise at once. 0 or -errno:
 * the queue is of no use any more.
 */
int __must_check disk_queue_run(struct disk_queue *q, bool wait);
/* A request that is done, or NULL. */
struct disk_req *disk_queue_done(struct disk_queue *q);
/* The events that came since the last call, bit n for events[n]. */
uint32_t disk_queue_events(struct disk_queue *q);
/* Nothing more is begun, so that run() is back soon. Any thread. */
void disk_queue_hurry(struct disk_queue *q);
/* Ends early what has not begun; everything still gets done, somehow. */
void disk_queue_cancel(struct disk_queue *q);

#endif
