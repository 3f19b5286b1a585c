/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netstream.h: frames through a stream socket, each behind its length (32 bits,
 * big endian) and without header: passt's protocol and QEMU's. n->own is the
 * struct netstream, n->fd[0] the socket; the rest is what struct netdev_class
 * says.
 */
#ifndef LKVM_PVM_NETSTREAM_H
#define LKVM_PVM_NETSTREAM_H

#include "netdev.h"

struct netstream {
	/* Read ahead: frames with their lengths. */
	size_t in_start, in_end;
	/* The rest of a frame that the socket did not take. */
	size_t out_start, out_end;
	bool is_deaf; /* it is dead, whatever comes in still */
	uint8_t in[2 * (4 + NETDEV_MAX_FRAME)];
	uint8_t out[4 + NETDEV_MAX_FRAME];
};

int netstream_send(struct netdev *n, unsigned int pair, struct iovec *iov,
		   unsigned int nr);
int netstream_flush(struct netdev *n, unsigned int pair);
ssize_t netstream_receive(struct netdev *n, unsigned int pair,
			  const struct iovec *iov, unsigned int nr);
int netstream_start(struct netdev *n, uint64_t features);
/* Another socket in place of the one that died. */
void netstream_reopen(struct netdev *n, int fd);

#endif
