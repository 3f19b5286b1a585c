/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio_vsock.h: a socket device (virtio 1.3 §5.10) whose other end are unix
 * sockets of the host (vsock_unix.h).
 */
#ifndef LKVM_PVM_VIRTIO_VSOCK_H
#define LKVM_PVM_VIRTIO_VSOCK_H

#include "virtio.h"

/*
 * Entries of a queue: what the window has to hold. Linux receives into buffers
 * of 4 KiB; a packet it sends has 64 KiB at most and takes two entries or more.
 */
#define VIRTIO_VSOCK_RX_SIZE 128U
#define VIRTIO_VSOCK_TX_SIZE 32U
#define VIRTIO_VSOCK_EV_SIZE 16U

#define VIRTIO_VSOCK_MAX_CONNS 4096U

/*
 * CIDs of a guest (§5.10.4), whoever serves its device. Below are those of
 * nobody, this host and the loopback; behind the last is anybody's.
 */
#define VIRTIO_VSOCK_FIRST_CID 3U
#define VIRTIO_VSOCK_LAST_CID  0xfffffffeU

struct virtio_vsock_init {
	const char *path; /* of the socket; borrowed; NULL: there is none */
	uint64_t cid;	  /* the guest's */
	unsigned int number;
	const struct window *window;
	struct loop *loop;
};

struct virtio_vsock;

/* 0, or -errno, reason logged. */
int __must_check virtio_vsock_create(struct virtio_vsock **out,
				     const struct virtio_vsock_init *i);
/* For the loop's thread; NULL is fine. Removes the socket. */
void virtio_vsock_destroy(struct virtio_vsock *v);

/* For the transport; lives as long as @v. */
struct virtio_dev *virtio_vsock_dev(struct virtio_vsock *v);

/* vsock_unix_hand_over() of its sockets. Before the guest runs. */
void virtio_vsock_hand_over(struct virtio_vsock *v, uint32_t port, int fd);

/* For tests and `stat`. */
struct virtio_vsock_stats {
	unsigned int nr_conns;	 /* that exist, in whatever state */
	unsigned int limit;	 /* ... and there may be */
	uint64_t promised, held; /* bytes: of credit, of it held by us */
};
void virtio_vsock_stats(struct virtio_vsock *v, struct virtio_vsock_stats *s);

#endif
