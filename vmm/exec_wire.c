// SPDX-License-Identifier: GPL-2.0-only
/* exec_wire.c: reads the frames of exec's init. */
#include "exec_wire.h"

#include <errno.h>
#include <string.h>

#define MAX_ERRNO 4095U /* of Linux's own, to the guest's programs */

void exec_wire_init(struct exec_wire *w)
{
	memset(w, 0, sizeof(*w));
	w->out.credit = w->err.credit = EXEC_CREDIT;
	w->in_credit = EXEC_CREDIT;
}

static int fault(struct exec_wire *w, const char *why)
{
	w->fault = why;
	return -EPROTO;
}

/* --- the command's streams ---------------------------------------------------- */

size_t exec_stream_peek(const struct exec_stream *s, const uint8_t **bytes)
{
	size_t to_end = sizeof(s->bytes) - s->pos;

	*bytes = s->bytes + s->pos;
	return s->len < to_end ? s->len : to_end;
}

void exec_stream_drop(struct exec_stream *s, size_t len)
{
	s->pos = (s->pos + len) % sizeof(s->bytes);
	s->len -= len;
	s->owed += (uint32_t)len;
}

static struct exec_stream *stream_of(struct exec_wire *w, unsigned int kind)
{
	if (kind == EXEC_OUT)
		return &w->out;
	return kind == EXEC_ERR ? &w->err : NULL;
}

/* There is room: the frame's length was within the credit. */
static void keep(struct exec_stream *s, const uint8_t *bytes, size_t len)
{
	size_t tail = (s->pos + s->len) % sizeof(s->bytes);
	size_t first = sizeof(s->bytes) - tail;

	if (first > len)
		first = len;
	memcpy(s->bytes + tail, bytes, first);
	memcpy(s->bytes, bytes + first, len - first);
	s->len += len;
}

/* --- frames ------------------------------------------------------------------- */

/* Bytes that a frame of @kind has; -1: it is of no kind, or carries data. */
static int fixed_len(unsigned int kind)
{
	switch (kind) {
	case EXEC_HELLO:
	case EXEC_TAKEN:
		return (int)sizeof(le32);
	case EXEC_STARTED:
		return 0;
	case EXEC_END:
		return (int)sizeof(struct exec_end);
	default:
		return -1;
	}
}

/* Whether a frame with this head may come now. */
static int check_head(struct exec_wire *w)
{
	unsigned int kind = le16_get(w->head.kind);
	uint32_t len = le32_get(w->head.len);
	struct exec_stream *s = stream_of(w, kind);

	if (w->head.zero.raw || (!s && fixed_len(kind) < 0))
		return fault(w, "a frame of no known kind");
	if (w->hello == (kind == EXEC_HELLO))
		return fault(w, w->hello ? "a second HELLO" : "no HELLO");
	if (!s && len != (uint32_t)fixed_len(kind))
		return fault(w, "a frame of a wrong length");
	if (kind == EXEC_STARTED && w->started)
		return fault(w, "a second STARTED");
	if (!s)
		return 0;
	if (!w->started)
		return fault(w, "output of a command that does not run");
	if (len > EXEC_DATA_MAX || len > s->credit)
		return fault(w, "more output than it had credit for");
	s->credit -= len;
	return 0;
}

static int take_end(struct exec_wire *w)
{
	uint32_t how, value;

	memcpy(&w->end, w->body, sizeof(w->end));
	how = le32_get(w->end.how);
	value = le32_get(w->end.value);
	if (how >= EXEC_NR_HOW || w->started == (how >= EXEC_NOT_STARTED))
		return fault(w, "an END out of place");
	if ((how == EXEC_EXITED && value > 255) ||
	    (how == EXEC_SIGNALLED && (value == 0 || value > 127)) ||
	    (how >= EXEC_NOT_STARTED && (value == 0 || value > MAX_ERRNO)))
		return fault(w, "an END of no known kind");
	w->ended = true;
	return 0;
}

/* A whole frame without data. */
static int take_frame(struct exec_wire *w)
{
	le32 n;

	memcpy(&n, w->body, sizeof(n));
	switch (le16_get(w->head.kind)) {
	case EXEC_HELLO:
		w->hello = true;
		return le32_get(n) == EXEC_VERSION
			       ? 0
			       : fault(w, "a HELLO of another version");
	case EXEC_STARTED:
		w->started = true;
		return 0;
	case EXEC_TAKEN:
		if (le32_get(n) > w->in_sent)
			return fault(w, "credit for what was never sent");
		w->in_sent -= le32_get(n);
		w->in_credit += le32_get(n);
		return 0;
	case EXEC_END:
		return take_end(w);
	default:
		return 0;
	}
}

/* One piece of what comes: how much of it was taken, or -EPROTO. */
static long take_some(struct exec_wire *w, const uint8_t *bytes, size_t len)
{
	struct exec_stream *s;
	size_t want;

	if (w->head_len < sizeof(w->head)) {
		want = sizeof(w->head) - w->head_len;
		if (want > len)
			want = len;
		memcpy((uint8_t *)&w->head + w->head_len, bytes, want);
		w->head_len += want;
		w->body_len = 0;
		if (w->head_len == sizeof(w->head) && check_head(w))
			return -EPROTO;
		return (long)want;
	}
	want = le32_get(w->head.len) - w->body_len;
	if (want > len)
		want = len;
	s = stream_of(w, le16_get(w->head.kind));
	if (s)
		keep(s, bytes, want);
	else
		memcpy(w->body + w->body_len, bytes, want);
	w->body_len += want;
	return (long)want;
}

int exec_wire_take(struct exec_wire *w, const uint8_t *bytes, size_t len)
{
	/* Behind END there is nothing that anybody waits for. */
	while (len > 0 && !w->fault && !w->ended) {
		long n = take_some(w, bytes, len);

		if (n < 0)
			break;
		bytes += n;
		len -= (size_t)n;
		if (w->head_len < sizeof(w->head) ||
		    w->body_len < le32_get(w->head.len))
			continue;
		w->head_len = 0;
		if (!stream_of(w, le16_get(w->head.kind)) && take_frame(w))
			break;
	}
	return w->fault ? -EPROTO : 0;
}
