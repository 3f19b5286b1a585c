/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h: those who are attached to a VM's console by its control socket: what
 * they are shown, what they type, and the frames both ends speak.
 *
 * A client that asked for "console" gets the line that answers it, and from
 * there on both sides send frames: a struct attach_head and so many bytes.
 */
#ifndef LKVM_PVM_ATTACH_H
#define LKVM_PVM_ATTACH_H

#include <jansson.h>

#include "loop.h"

#define ATTACH_KEPT    KIB(128) /* bytes of output that are shown again */
#define ATTACH_TYPED   KIB(64)	/* bytes of input that wait for the guest */
#define ATTACH_CLIENTS 16U	/* at the same time */
#define ATTACH_PAYLOAD 4096U	/* bytes of a frame at most */

struct attach_head {
	uint8_t type, zero;
	le16 len; /* of what follows, bytes */
};

_Static_assert(sizeof(struct attach_head) == 4, "what goes over the socket");

#define ATTACH_FRAME (sizeof(struct attach_head) + ATTACH_PAYLOAD)

/* from the VM */
#define ATTACH_OUTPUT  'o' /* the console's bytes */
#define ATTACH_DROPPED 'd' /* le64: so many that this client was too slow for */
#define ATTACH_END     'e' /* the VM's: JSON, what `wait` is answered */
/* to the VM */
#define ATTACH_INPUT 'i' /* typed */
#define ATTACH_BREAK 'b'

struct attach_host {
	void *ctx;
	/*
	 * Bytes typed; returns how many were taken. Loop's thread. NULL: nobody
	 * listens, and what is typed is lost.
	 */
	size_t (*input)(void *ctx, const uint8_t *bytes, size_t len);
	void (*send_break)(void *ctx); /* the same */
};

struct attach;

/* 0 or -errno. */
int __must_check attach_open(struct attach **out, struct loop *loop,
			     const struct attach_host *host);

/* The console printed this. Any thread, any lock; never waits. NULL is fine. */
void attach_hear(struct attach *a, const uint8_t *bytes, size_t len);
/* input() took less than it was offered, and has room now. The same. */
void attach_input_room(struct attach *a);

/*
 * Takes @fd over, a stream socket that does not block: it is answered, shown
 * what was kept and then what comes. 0, or -errno, @fd untouched: -EBUSY: there
 * are too many. Loop's thread.
 */
int __must_check attach_add(struct attach *a, int fd);

/* The loop ends; what is printed is still heard. NULL is fine. */
void attach_stop(struct attach *a);
/*
 * Shows everybody the rest, for 2 s at most when they do not read, tells them
 * @end, which is borrowed, and frees @a. NULL is fine for both.
 */
void attach_close(struct attach *a, const json_t *end);

#endif
