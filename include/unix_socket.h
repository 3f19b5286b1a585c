/* SPDX-License-Identifier: GPL-2.0-only */
/* unix_socket.h: streams of unix sockets, from both ends. */
#ifndef LKVM_PVM_UNIX_SOCKET_H
#define LKVM_PVM_UNIX_SOCKET_H

#include <sys/stat.h>
#include <sys/un.h>

#include "base.h"

/*
 * Connects to the socket at @path, without blocking: of a unix socket nothing is
 * left to wait for. The descriptor (O_NONBLOCK, O_CLOEXEC), the caller's, or
 * -errno: -ENAMETOOLONG, -ECONNREFUSED when nobody listens there any more.
 */
int __must_check unix_connect(const char *path);

/*
 * bind(2): from the beginning for the user, and nobody else, whatever the umask
 * is. 0 or -errno.
 */
int __must_check unix_bind(int fd, const struct sockaddr_un *a);

/*
 * Listens on @path, for the user alone; a socket that nobody listens on any
 * more is replaced. Does not block. 0, or -errno with one line logged, in which
 * @name says for whom.
 */
int __must_check unix_listen(const char *name, const char *path, int backlog,
			     int *fd);
/* Removes the socket, unless @path is no longer what @made says it was. */
void unix_unlisten(const char *path, const struct stat *made);

/*
 * Whoever is at the other end of the unix socket @fd, or connects to it, cannot
 * pass descriptors: sendmsg(2) fails there. We take none, and to close the last
 * copy of one is our thread's work, which waits as long as its sender likes
 * (SO_LINGER). Where the kernel cannot do that, nothing changes.
 */
void unix_refuse_fds(int fd);

#endif
