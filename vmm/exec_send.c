// SPDX-License-Identifier: GPL-2.0-only
/* exec_send.c: what exec sends to its init in the guest, a frame at a time. */
#include <assert.h>
#include <signal.h>
#include <string.h>

#include "exec_pack.h"
#include "exec_state.h"
#include "log.h"

/* Credit is given when that much was taken, or all there was. */
#define CREDIT_STEP (EXEC_CREDIT / 4)

bool exec_is_sending(const struct exec *e)
{
	return e->frame_pos < e->frame_len;
}

static void make_frame(struct exec *e, enum exec_kind kind, const void *body,
		       size_t len)
{
	const struct exec_head h = { .kind = { (uint16_t)kind },
				     .len = { (uint32_t)len } };

	memcpy(e->frame, &h, sizeof(h));
	if (len)
		memcpy(e->frame + sizeof(h), body, len);
	e->frame_pos = 0;
	e->frame_len = sizeof(h) + len;
}

static struct exec_size own_size(void)
{
	uint16_t cols = 0, rows = 0;

	if (!term_size(STDOUT_FILENO, &cols, &rows))
		(void)term_size(STDIN_FILENO, &cols, &rows);
	return (struct exec_size){ { cols }, { rows } };
}

void exec_send_start(struct exec *e)
{
	e->frame_pos = 0;
	e->frame_len = exec_pack_start(e->frame, sizeof(e->frame),
				       &e->vm->cfg->exec, e->tty, own_size());
	assert(e->frame_len <= sizeof(e->frame)); /* exec_check_start() */
}

/* Credit for what was taken from @s; false when there is none to give now. */
static bool make_credit(struct exec *e, struct exec_stream *s,
			enum exec_kind kind)
{
	le32 owed = { s->owed };

	if (!s->owed || (s->owed < CREDIT_STEP && s->len > 0))
		return false;
	s->owed = 0;
	s->credit += le32_get(owed);
	make_frame(e, kind, &owed, sizeof(owed));
	return true;
}

void exec_next_frame(struct exec *e)
{
	const le32 sig = { (uint32_t)e->signal };
	const struct exec_size size = own_size();
	struct exec_wire *w = &e->wire;

	if (!w->started || w->ended)
		return;
	if (e->signal) {
		e->signal = 0;
		make_frame(e, EXEC_SIGNAL, &sig, sizeof(sig));
	} else if (e->size_changed) {
		e->size_changed = false;
		make_frame(e, EXEC_SIZE, &size, sizeof(size));
	} else if (make_credit(e, &w->out, EXEC_OUT_CREDIT) ||
		   make_credit(e, &w->err, EXEC_ERR_CREDIT)) {
		return;
	} else if (e->in_ended) {
		e->in_ended = false;
		make_frame(e, EXEC_IN_END, NULL, 0);
	}
}

static size_t send_bytes(struct exec *e, const uint8_t *bytes, size_t len)
{
	struct vm *vm = e->vm;

	if (e->greeted_by == EXEC_CHANNEL_VSOCK)
		return exec_vsock_send(e, bytes, len);
	if (e->greeted_by == EXEC_CHANNEL_PORT)
		return virtio_console_input(vm->devices->consoles.device,
					    e->port, bytes, len);
	return uart_receive(&vm->uart, bytes, len);
}

void exec_flush(struct exec *e)
{
	while (exec_is_sending(e)) {
		e->frame_pos += send_bytes(e, e->frame + e->frame_pos,
					   e->frame_len - e->frame_pos);
		if (exec_is_sending(e))
			return; /* until guest_has_room() */
		pthread_mutex_lock(&e->lock);
		exec_next_frame(e);
		pthread_mutex_unlock(&e->lock);
	}
}

size_t exec_typed(struct exec *e, const uint8_t *bytes, size_t len)
{
	if (exec_is_sending(e))
		return 0;
	pthread_mutex_lock(&e->lock);
	if (len > e->wire.in_credit)
		len = (size_t)e->wire.in_credit;
	if (len > EXEC_DATA_MAX)
		len = EXEC_DATA_MAX;
	if (!e->wire.started || e->wire.ended)
		len = 0;
	e->wire.in_credit -= len;
	e->wire.in_sent += len;
	pthread_mutex_unlock(&e->lock);
	if (!len)
		return 0;
	make_frame(e, EXEC_IN, bytes, len);
	exec_flush(e);
	return len;
}

void exec_typed_end(struct exec *e)
{
	e->in_ended = true;
	exec_wake(e);
}

void exec_resize(struct exec *e)
{
	e->size_changed = e->tty;
	exec_wake(e);
}

bool exec_is_reached(struct exec *e)
{
	bool is_reached;

	pthread_mutex_lock(&e->lock);
	is_reached = e->wire.hello;
	pthread_mutex_unlock(&e->lock);
	return is_reached;
}

bool exec_runs(struct exec *e)
{
	bool runs;

	pthread_mutex_lock(&e->lock);
	runs = e->wire.started && !e->wire.ended;
	pthread_mutex_unlock(&e->lock);
	return runs;
}

bool exec_interrupt(struct exec *e)
{
	if (!exec_runs(e) || e->interrupted)
		return false;
	e->interrupted = true;
	e->signal = SIGINT;
	exec_wake(e);
	return true;
}

bool exec_stop(struct exec *e)
{
	if (!exec_runs(e))
		return false;
	/* What a shell on a terminal ends by: it ignores SIGTERM. */
	e->signal = e->tty ? SIGHUP : SIGTERM;
	exec_wake(e);
	return true;
}
