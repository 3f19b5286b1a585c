// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_exec.c: any bytes on the port of exec's init, in any pieces, with any
 * part of its streams taken away meanwhile: what is kept never exceeds what it
 * had credit for, and the pieces make no difference.
 *
 * Input: per piece a byte, its length and how much is taken, then its bytes.
 *
 * Floor: vmm/exec_wire.c 90
 */
#include "fuzz.h"

#include "../../vmm/exec_wire.h"

static void drop(struct exec_stream *s, bool give)
{
	const uint8_t *bytes;
	size_t len = exec_stream_peek(s, &bytes);

	CHECK(s->len <= EXEC_CREDIT && len <= s->len);
	exec_stream_drop(s, len / 2 + len % 2);
	if (!give)
		return;
	s->credit += s->owed;
	s->owed = 0;
}

static void check(const struct exec_wire *w)
{
	CHECK(w->in_credit + w->in_sent == EXEC_CREDIT);
	CHECK(!w->started || w->hello);
	CHECK(w->out.len + w->out.credit + w->out.owed <= EXEC_CREDIT);
	CHECK(w->err.len + w->err.credit + w->err.owed <= EXEC_CREDIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct exec_wire w, whole;
	const uint8_t *bytes = data;
	size_t total = 0;

	exec_wire_init(&w);
	exec_wire_init(&whole);
	while (size > 1) {
		size_t len = (size_t)(*data >> 2) + 1;
		uint8_t how = *data & 3;

		data++;
		size--;
		if (len > size)
			len = size;
		w.in_credit -= w.in_credit / 8;
		w.in_sent = EXEC_CREDIT - w.in_credit;
		(void)exec_wire_take(&w, data, len);
		if (how & 1)
			drop(&w.out, how & 2);
		else if (how)
			drop(&w.err, true);
		check(&w);
		data += len;
		size -= len;
		total += len;
	}
	/* All at once: sanitizers watch. */
	(void)exec_wire_take(&whole, bytes, total);
	return 0;
}
