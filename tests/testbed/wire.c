// SPDX-License-Identifier: GPL-2.0-only
// Frames between the runner and the agent: packing, parsing, fields.
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char magic[3] = { 'l', 'k', ':' };

static void make_room(struct wire_in *in)
{
	if (!in->start)
		return;
	memmove(in->buf, in->buf + in->start, in->end - in->start);
	in->end -= in->start;
	in->start = 0;
}

int wire_fill(struct wire_in *in, int fd)
{
	ssize_t n;

	make_room(in);
	if (in->end == sizeof(in->buf))
		return -ENOSPC;
	do {
		n = read(fd, in->buf + in->end, sizeof(in->buf) - in->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	in->end += (size_t)n;
	return n > 0;
}

int wire_feed(struct wire_in *in, const void *data, size_t len)
{
	make_room(in);
	if (len > sizeof(in->buf) - in->end)
		return -ENOSPC;
	memcpy(in->buf + in->end, data, len);
	in->end += len;
	return 0;
}

int wire_next(struct wire_in *in, struct wire_frame *frame)
{
	const unsigned char *head;
	size_t have, len;

	head = (const unsigned char *)in->buf + in->start;
	have = in->end - in->start;
	if (memcmp(head, magic, have < 3 ? have : 3) != 0)
		return -EPROTO;
	if (have < WIRE_HEAD)
		return 0;
	len = head[4] | (size_t)head[5] << 8 | (size_t)head[6] << 16 |
	      (size_t)head[7] << 24;
	if (len > WIRE_MAX)
		return -EPROTO;
	if (have - WIRE_HEAD < len)
		return 0;
	frame->type = head[3];
	frame->len = len;
	frame->data = in->buf + in->start + WIRE_HEAD;
	in->start += WIRE_HEAD + len;
	return 1;
}

static int write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n >= 0) {
			at += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			if (poll(&p, 1, -1) < 0 && errno != EINTR)
				return -errno;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

static int send_one(int fd, enum wire_type type, const char *data, size_t len)
{
	unsigned char head[WIRE_HEAD];
	unsigned int i;
	int err;

	memcpy(head, magic, sizeof(magic));
	head[3] = (unsigned char)type;
	for (i = 0; i < 4; i++)
		head[4 + i] = (unsigned char)(len >> (8 * i));
	err = write_all(fd, head, sizeof(head));
	return err ? err : write_all(fd, data, len);
}

int wire_send(int fd, enum wire_type type, const void *data, size_t len)
{
	const char *at = data;
	int err;

	do {
		size_t part = len < WIRE_MAX ? len : WIRE_MAX;

		err = send_one(fd, type, at, part);
		if (err)
			return err;
		at = part ? at + part : at;
		len -= part;
	} while (len);
	return 0;
}

int wire_put(struct wire_fields *f, const char *key, const char *value)
{
	size_t need = strlen(key) + 1 + strlen(value) + 1;

	if (need > sizeof(f->buf) - f->len)
		return -ENOSPC;
	snprintf(f->buf + f->len, need, "%s=%s", key, value);
	f->len += need;
	return 0;
}

int wire_put_num(struct wire_fields *f, const char *key, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	return wire_put(f, key, text);
}

const char *wire_get(const struct wire_frame *frame, const char *key,
		     size_t *pos)
{
	size_t keylen = strlen(key);

	while (*pos < frame->len) {
		const char *field = frame->data + *pos;
		const char *end = memchr(field, 0, frame->len - *pos);

		if (!end)
			return NULL;
		*pos += (size_t)(end - field) + 1;
		if (!strncmp(field, key, keylen) && field[keylen] == '=')
			return field + keylen + 1;
	}
	return NULL;
}

const char *wire_first(const struct wire_frame *frame, const char *key)
{
	size_t pos = 0;

	return wire_get(frame, key, &pos);
}

long wire_num(const struct wire_frame *frame, const char *key, long absent)
{
	const char *text = wire_first(frame, key);

	return text ? strtol(text, NULL, 10) : absent;
}
