/* SPDX-License-Identifier: GPL-2.0-only */
/* unix_connect.h: a stream to whoever listens on a unix socket of this host. */
#ifndef LKVM_PVM_UNIX_CONNECT_H
#define LKVM_PVM_UNIX_CONNECT_H

#include <sys/socket.h>

#include "base.h"

/*
 * Connects to the socket at @path, without blocking: of a unix socket nothing is
 * left to wait for. The descriptor (O_NONBLOCK, O_CLOEXEC), the caller's, or
 * -errno: -ENAMETOOLONG, -ECONNREFUSED when nobody listens there any more.
 */
int __must_check unix_connect(const char *path);

/* Since Linux 6.16; not yet in Debian's headers. */
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

/*
 * Whoever is at the other end of the unix socket @fd, or connects to it, cannot
 * pass descriptors: sendmsg(2) fails there. We take none, and to close the last
 * copy of one is our thread's work, which waits as long as its sender likes
 * (SO_LINGER). Where the kernel cannot do that, nothing changes.
 */
void unix_refuse_fds(int fd);

#endif
