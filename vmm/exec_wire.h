/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exec_wire.h: what comes from exec's init in the guest, checked: kinds, their
 * order, lengths and credit (exec_proto.h). A guest may send anything.
 */
#ifndef LKVM_PVM_EXEC_WIRE_H
#define LKVM_PVM_EXEC_WIRE_H

#include "exec_proto.h"

/* What a stream of the command left with us. */
struct exec_stream {
	uint8_t bytes[EXEC_CREDIT];
	size_t pos, len; /* of a ring */
	uint32_t credit; /* what the guest may still send */
	uint32_t owed;	 /* taken from here, and the guest not told yet */
};

struct exec_wire {
	struct exec_head head;
	uint8_t body[16]; /* of frames without data */
	size_t head_len, body_len;

	struct exec_stream out, err;
	uint64_t in_credit; /* what we may still send */
	uint64_t in_sent;   /* ... and have sent, and was not taken yet */
	bool hello, started, ended;
	struct exec_end end;
	const char *fault; /* why it is not listened to any more, or NULL */
};

void exec_wire_init(struct exec_wire *w);

/*
 * Takes all of @bytes; -EPROTO when they make no sense, w->fault says why. What
 * comes behind END is not looked at.
 */
int exec_wire_take(struct exec_wire *w, const uint8_t *bytes, size_t len);

/* The next bytes of @s in one piece, which exec_stream_drop() takes away. */
size_t exec_stream_peek(const struct exec_stream *s, const uint8_t **bytes);
void exec_stream_drop(struct exec_stream *s, size_t len);

#endif
