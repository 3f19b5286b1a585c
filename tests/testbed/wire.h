/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames between the runner and the agent in the emulated pKVM host. */
#ifndef TESTBED_WIRE_H
#define TESTBED_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How this works: one byte stream (a virtio-serial port) carries frames both
 * ways. A frame is "lk:", one byte of type, a little-endian length and that
 * many bytes. Whoever reads something else has lost the stream: there is no
 * resynchronising, the host is restarted.
 *
 * runner → agent                     agent → runner
 *   RUN    fields of a job             HELLO  the kernel's release
 *   INPUT  bytes for its stdin         OUT    bytes of its stdout (or tty)
 *   EOF    its stdin ends              ERR    bytes of its stderr
 *   WINCH  "ROWS COLS"                 KMSG   kernel messages of that time,
 *                                             ends of a failed test's files
 *                                      EXIT   fields: how the job ended
 *
 * Fields are NUL-terminated "key=value" strings; a key may come repeatedly.
 */
enum wire_type {
	WIRE_HELLO = 'H',
	WIRE_RUN = 'R',
	WIRE_INPUT = 'I',
	WIRE_EOF = 'Z',
	WIRE_WINCH = 'W',
	WIRE_OUT = 'O',
	WIRE_ERR = 'E',
	WIRE_KMSG = 'K',
	WIRE_EXIT = 'X',
};

#define WIRE_HEAD 8
#define WIRE_MAX  16384

struct wire_frame {
	uint8_t type;
	size_t len;
	const char *data; /* valid until the next wire_fill() */
};

struct wire_in {
	size_t start, end;
	char buf[2 * (WIRE_HEAD + WIRE_MAX)];
};

struct wire_fields {
	size_t len;
	char buf[WIRE_MAX];
};

/*
 * Reads once from fd. Returns 1 when there is something new, 0 at the end of
 * the stream, -EAGAIN when a non-blocking fd has nothing, -errno otherwise.
 */
int wire_fill(struct wire_in *in, int fd);

/* Appends bytes that came another way; -ENOSPC when they do not fit. */
int wire_feed(struct wire_in *in, const void *data, size_t len);

/* 1 and *frame, 0 when it is not complete yet, -EPROTO when it is no frame. */
int wire_next(struct wire_in *in, struct wire_frame *frame);

/* Writes len bytes as one or more frames; 0 or -errno. Waits on EAGAIN. */
int wire_send(int fd, enum wire_type type, const void *data, size_t len);

/* Appends "key=value"; -ENOSPC when the fields are full. */
int wire_put(struct wire_fields *f, const char *key, const char *value);
int wire_put_num(struct wire_fields *f, const char *key, long value);

/*
 * Walks the fields of a frame: returns the value of the next field with this
 * key after *pos (start with 0) or NULL. Unterminated fields are not seen.
 */
const char *wire_get(const struct wire_frame *frame, const char *key,
		     size_t *pos);
const char *wire_first(const struct wire_frame *frame, const char *key);
long wire_num(const struct wire_frame *frame, const char *key, long absent);

#endif
