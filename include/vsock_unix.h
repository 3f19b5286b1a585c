/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vsock_unix.h: the host's ends of a guest's sockets: unix stream sockets. A
 * program of the host connects to PATH, says "CONNECT <port>\n" and is answered
 * "OK <its own port>\n" when the guest listens there; the guest's connections to
 * port N of the host arrive at whoever listens on PATH_N. One port may be ours:
 * its first connection, and no other, goes to an end of our own.
 *
 * No descriptor here blocks, and none raises SIGPIPE. Nothing is locked.
 */
#ifndef LKVM_PVM_VSOCK_UNIX_H
#define LKVM_PVM_VSOCK_UNIX_H

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base.h"

struct vsock_unix {
	const char *path; /* borrowed; NULL: nobody but ourselves is here */
	int listener;	  /* -1: not open */
	struct stat made; /* what the path was when it was made */
	bool has_own;	  /* a port is ours */
	uint32_t own_port;
	int own_end; /* its first connection's; -1: that was there */
};

/*
 * Listens on @path, for the user alone; a socket that nobody listens on any
 * more is replaced. NULL: nowhere. 0, or -errno with one line logged that names
 * @path. close() removes it, is idempotent and takes a zeroed struct with
 * listener -1.
 */
int __must_check vsock_unix_open(struct vsock_unix *u, const char *path);
void vsock_unix_close(struct vsock_unix *u);

/*
 * @port is ours from here on: the guest's first connection there is @fd, a stream
 * that does not block and that @u then owns.
 */
void vsock_unix_hand_over(struct vsock_unix *u, uint32_t port, int fd);

/*
 * How many connections of at most @most there are descriptors for, some kept
 * for the rest of the program. Raises the soft limit as far as that takes.
 */
unsigned int vsock_unix_limit(unsigned int most);

/* A program that connected: its descriptor; -EAGAIN: none; other -errno. */
int __must_check vsock_unix_accept(const struct vsock_unix *u);
/* The guest's way to @port: a descriptor; -errno: nobody takes it. */
int __must_check vsock_unix_connect(struct vsock_unix *u, uint32_t port);

/*
 * The line a program begins with; not a byte behind it is taken. 0: @port is
 * set; -EAGAIN: it is not there yet; -EPROTO: it is another one, or the end.
 */
int __must_check vsock_unix_hello(int fd, uint32_t *port);
/* The answer to it. */
void vsock_unix_welcome(int fd, uint32_t port);

/*
 * As writev(2) and readv(2), of memory that may be taken back at any time: the
 * number of bytes or -errno. -EAGAIN: not now; -EFAULT: a page is gone, and no
 * byte went over; -EPIPE: nobody reads any more.
 */
ssize_t vsock_unix_send(int fd, struct iovec *iov, unsigned int nr);
ssize_t vsock_unix_receive(int fd, struct iovec *iov, unsigned int nr);

/* Both directions are over. */
bool vsock_unix_hung_up(int fd);

#endif
