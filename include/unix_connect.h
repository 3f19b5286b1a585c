/* SPDX-License-Identifier: GPL-2.0-only */
/* unix_connect.h: a stream to whoever listens on a unix socket of this host. */
#ifndef LKVM_PVM_UNIX_CONNECT_H
#define LKVM_PVM_UNIX_CONNECT_H

#include "base.h"

/*
 * Connects to the socket at @path, without blocking: of a unix socket nothing is
 * left to wait for. The descriptor (O_NONBLOCK, O_CLOEXEC), the caller's, or
 * -errno: -ENAMETOOLONG, -ECONNREFUSED when nobody listens there any more.
 */
int __must_check unix_connect(const char *path);

#endif
