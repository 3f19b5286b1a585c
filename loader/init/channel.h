/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * channel.h: the way to the host: a port of the virtio console, a vsock connection,
 * or the serial port, where bytes for the host go in lines (exec_proto.h).
 */
#ifndef LKVM_PVM_INIT_CHANNEL_H
#define LKVM_PVM_INIT_CHANNEL_H

#include "exec_proto.h"

struct channel {
	int in;	 /* not blocking */
	int out; /* the same, or blocking: the serial port */
	bool is_serial, is_vsock;
	uint8_t next; /* line's number */
};

/* Finds one, those that @args name first, or gives up. */
void channel_open(struct channel *c, char *const *args);

/*
 * At most @len bytes; 0: none now. One that is gone is given up: without it the
 * command is nobody's.
 */
size_t channel_read(struct channel *c, void *bytes, size_t len);

/* How many of @bytes were taken; 0: not now. */
size_t channel_write(struct channel *c, const uint8_t *bytes, size_t len);

#endif
