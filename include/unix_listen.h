/* SPDX-License-Identifier: GPL-2.0-only */
/* unix_listen.h: sockets that programs of the host connect to. */
#ifndef LKVM_PVM_DEVICES_UNIX_LISTEN_H
#define LKVM_PVM_DEVICES_UNIX_LISTEN_H

#include <sys/stat.h>

#include "base.h"

/*
 * Listens on @path, for the user alone; a socket that nobody listens on any
 * more is replaced. Does not block. 0, or -errno with one line logged, in which
 * @name says for whom.
 */
int __must_check unix_listen(const char *name, const char *path, int backlog,
			     int *fd);
/* Removes the socket, unless @path is no longer what @made says it was. */
void unix_unlisten(const char *path, const struct stat *made);

#endif
