/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * notify.h: telling a service manager how we are (sd_notify(3), which describes
 * the protocol): datagrams to the socket that NOTIFY_SOCKET names.
 */
#ifndef LKVM_PVM_NOTIFY_H
#define LKVM_PVM_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base.h"

struct notify {
	int fd; /* -1: nobody asked */
	struct sockaddr_un to;
	socklen_t to_len;
};

/*
 * Who asked is in the environment, from which it is removed: our children are
 * not the service. Never fails: what is wrong with it is logged.
 */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/*
 * Sends @state ("READY=1", or NULL) and, for people, STATUS= what @fmt makes.
 * @state waits for a manager that is busy, for 5 s; a status alone is dropped
 * then. Not for vCPUs' threads, whose filter has no such call.
 */
void notify_tell(const struct notify *n, const char *state, const char *fmt,
		 ...) __printf(3, 4);

/*
 * Ready is a VM that runs: it has a name, is listed and can be stopped. What the
 * guest makes of it nobody knows for sure, so that is a status. Of a guest that
 * reset itself @nr_restarts times the manager has heard it.
 */
void notify_ready(const struct notify *n, unsigned int nr_restarts);
void notify_stopping(const struct notify *n, const char *reason);

#endif
