/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netdev.h: where a virtual network card's packets go on the host: a tap
 * interface, or a stream socket to passt.
 *
 * A frame is a struct virtio_net_hdr_mrg_rxbuf (12 bytes) and what is on the
 * wire. Buffers lie in the window; a page that the guest took back makes send
 * fail and receive do anything, also succeed with nothing copied (tap).
 *
 * Nothing here is locked: the device's lock does.
 */
#ifndef LKVM_PVM_NETDEV_H
#define LKVM_PVM_NETDEV_H

#include <sys/types.h>
#include <sys/uio.h>

#include "base.h"

#define NETDEV_MAX_PAIRS 8U
/* Bytes before what is on the wire. */
#define NETDEV_HEADER 12U
/* The longest packet of an offload, with Ethernet header and VLAN tag. */
#define NETDEV_MAX_FRAME (65535U + 14U + 4U)

/* Not yet in Debian 12's linux/virtio_net.h. */
#define NETDEV_F_GUEST_USO4 54U
#define NETDEV_F_GUEST_USO6 55U
#define NETDEV_F_HOST_USO   56U

struct netdev;

struct netdev_class {
	/*
	 * Sends one frame; iov[0] is the header, in our own memory, and is
	 * consumed. 0; 1: taken, but flush() at EPOLLOUT; -EAGAIN: not now,
	 * wait for EPOLLOUT; -ENOTCONN: it is dead; any other -errno: this
	 * frame is lost.
	 */
	int (*send)(struct netdev *n, unsigned int pair, struct iovec *iov,
		    unsigned int nr);
	/* The rest of what was taken: 0, -EAGAIN, -ENOTCONN. NULL: no rests. */
	int (*flush)(struct netdev *n, unsigned int pair);
	/*
	 * Takes one frame, whose header goes to iov[0] in our own memory; what
	 * does not fit is cut off. Bytes in all; -EAGAIN: none is there;
	 * -EFAULT: a page was taken back; -ENOTCONN: it is dead.
	 */
	ssize_t (*receive)(struct netdev *n, unsigned int pair,
			   const struct iovec *iov, unsigned int nr);
	/*
	 * The guest's driver agreed on @features; what is still there of before
	 * is forgotten. 0; -ENOTCONN: it is dead; other -errno.
	 */
	int (*start)(struct netdev *n, uint64_t features);
	/* Frames come to the first @nr pairs alone; NULL with one pair. */
	int (*set_pairs)(struct netdev *n, unsigned int nr);
	/*
	 * link_fd was readable; whether the interface is gone. Who does not
	 * poll fd[] learns it there alone. NULL: there is no link_fd.
	 */
	bool (*is_gone)(struct netdev *n);
	void (*close)(struct netdev *n);
	/* Frames may be there though EPOLLIN is not: ask until -EAGAIN. */
	bool reads_ahead;
};

struct netdev {
	const struct netdev_class *class; /* NULL: closed */
	char name[32];			  /* "tap0": for messages */
	uint64_t features;		  /* VIRTIO_NET_F_* it can do */
	uint16_t mtu;			  /* 0: the guest's choice */
	unsigned int nr_pairs;
	int fd[NETDEV_MAX_PAIRS]; /* to be polled for frames; -1: dead */
	int link_fd;		  /* of is_gone(); -1: none */
	void *own;		  /* the back end's */
};

static inline void netdev_close(struct netdev *n)
{
	if (n->class)
		n->class->close(n);
	n->class = NULL;
}

/* --- tap.c ------------------------------------------------------------------ */

struct tap_config {
	const char *ifname; /* NULL: @fd is an open one */
	int fd;
	unsigned int nr_pairs;
};

/*
 * Attaches to the interface, made unless it is there. 0, or -errno with one
 * line logged that names the interface and the remedy.
 */
int __must_check tap_open(struct netdev *n, const struct tap_config *c);

/* --- passt.c ---------------------------------------------------------------- */

struct spawner;

/* What passt tells guests by DHCP, too: it has no offloads, but long frames. */
#define PASST_MTU 65520U

struct passt_config {
	/* "HOST:GUEST,..." as passt's -t and -u take it; NULL: none. */
	const char *tcp, *udp;
	struct spawner *spawner; /* borrowed; NULL: we start it ourselves */
};

/*
 * Starts passt, of PATH, with a socket to it; again when the guest starts anew
 * after it died. @c is copied. 0, or -errno with one line logged.
 */
int __must_check passt_open(struct netdev *n, const struct passt_config *c);

#endif
