// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec.c: the host's side of a command in a guest.
 *
 * How this works: bytes of any channel arrive in exec_take(), on any thread and
 * with a device's lock held: there they are checked and kept, no more than the
 * guest had credit for, and the eventfd "work" is signalled. All else is done in
 * pump(), on the loop's thread: what was kept goes to standard output and error
 * as far as these take it, then the guest gets credit for it; what is for the
 * guest goes out a frame at a time, the next when the last was taken.
 */
#include "exec_state.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "exec_channel.h"
#include "exec_pack.h"
#include "exec_verdict.h"
#include "log.h"

extern const uint8_t exec_init[];
extern const uint64_t exec_init_len;

void exec_wake(struct exec *e)
{
	const uint64_t one = 1;

	/* Fails only when it is set already. */
	if (write(e->work.fd, &one, sizeof(one)) < 0)
		return;
}

void exec_take(struct exec *e, enum exec_channel channel, const uint8_t *bytes,
	       size_t len, const char *fault)
{
	pthread_mutex_lock(&e->lock);
	if (e->channel == EXEC_CHANNEL_NONE) {
		e->channel = channel;
		if (channel == EXEC_CHANNEL_SERIAL)
			e->wire.in_credit = EXEC_LINE_CREDIT;
	}
	if (e->channel == channel) {
		(void)exec_wire_take(&e->wire, bytes, len);
		if (fault && !e->wire.fault && !e->wire.ended)
			e->wire.fault = fault;
	}
	pthread_mutex_unlock(&e->lock);
	exec_wake(e);
}

/* --- the port ----------------------------------------------------------------- */

static size_t from_guest(void *ctx, const uint8_t *bytes, size_t len)
{
	exec_take(ctx, EXEC_CHANNEL_PORT, bytes, len, NULL);
	return len;
}

static void guest_has_room(void *ctx)
{
	exec_wake(ctx);
}

void exec_port(struct exec *e, unsigned int at,
	       struct virtio_console_port *port)
{
	e->port = at;
	*port = (struct virtio_console_port){
		.name = EXEC_PORT,
		.host = {
			.ctx = e,
			.output = from_guest,
			.input_room = guest_has_room,
		},
		.is_connected = true,
	};
}

/* --- the serial port ------------------------------------------------------------ */

bool exec_hear_serial(struct exec *e, uint8_t byte)
{
	struct exec_line *l = &e->line;

	switch (exec_line_take(l, byte)) {
	case EXEC_LINE_OTHER:
		return false;
	case EXEC_LINE_PART:
		if (l->fault)
			exec_take(e, EXEC_CHANNEL_SERIAL, NULL, 0, l->fault);
		return true;
	case EXEC_LINE_WHOLE:
		exec_take(e, EXEC_CHANNEL_SERIAL, l->data, l->len, NULL);
		return true;
	case EXEC_LINE_BROKEN:
	default:
		vm_heard(e->vm, EXPECT_UART, (const uint8_t *)l->text, l->nr);
		return false;
	}
}

/* --- from the guest ----------------------------------------------------------- */

/* As much as @t takes; it is heard by @o, too, unless NULL. */
static void deliver(struct exec_stream *s, struct term *t, struct outputs *o)
{
	const uint8_t *bytes;
	size_t len, n;

	do {
		len = exec_stream_peek(s, &bytes);
		n = len ? term_offer(t, bytes, len) : 0;
		if (o)
			outputs_hear(o, bytes, n);
		exec_stream_drop(s, n);
	} while (n > 0);
}

/* What there is to do by now, seen at one moment. */
struct news {
	bool hello, over;
	struct exec_end end;
	const char *fault;
	int lost;
	enum exec_channel channel;
};

static void take_news(struct exec *e, struct news *n)
{
	struct exec_wire *w = &e->wire;

	pthread_mutex_lock(&e->lock);
	deliver(&w->out, &e->vm->term, e->vm->outputs);
	deliver(&w->err, &e->err, NULL);
	if (!exec_is_sending(e))
		exec_next_frame(e);
	n->hello = w->hello;
	n->channel = e->channel;
	n->over = w->ended && !w->out.len && !w->err.len;
	n->end = w->end;
	n->fault = w->fault;
	pthread_mutex_unlock(&e->lock);
	n->lost = term_error(&e->vm->term);
	if (!n->lost)
		n->lost = term_error(&e->err);
}

static void greet(struct exec *e, enum exec_channel channel)
{
	e->greeted_by = channel;
	watchdog_booted(e->vm, "exec");
	exec_channel_tell(e->vm->cfg, channel);
}

static void pump(struct exec *e)
{
	struct vm *vm = e->vm;
	struct verdict v;
	struct news n;

	if (!vm->has_term || !e->has_err)
		return;
	take_news(e, &n);
	if (n.hello && !e->greeted_by) {
		greet(e, n.channel);
		exec_send_start(e);
	}
	if (n.lost) {
		exec_verdict_loss(&v, n.lost);
		vm_finish(vm, &v);
	} else if (n.fault) {
		vm_finish_as(vm, EXIT_GUEST_CRASHED, "guest",
			     "exec's init in the guest makes no sense: %s",
			     n.fault);
	} else if (n.over) {
		exec_verdict_end(&v, &vm->cfg->exec, &n.end);
		vm_finish(vm, &v);
	}
	exec_flush(e);
	if (!exec_is_sending(e))
		term_input_room(&vm->term);
}

static void work_ready(struct watch *w, uint32_t events)
{
	struct exec *e = container_of(w, struct exec, work);
	uint64_t count;

	(void)events;
	if (read(w->fd, &count, sizeof(count)) == sizeof(count) &&
	    !vm_finished(e->vm))
		pump(e);
}

void exec_output_room(struct exec *e)
{
	exec_wake(e);
}

/* It powered off, and that was not the command's end. */
static void judge_off(struct exec *e, struct verdict *v, bool hello)
{
	struct expect_found f;

	expect_found(&e->vm->outputs->expect, &f);
	if (f.all_met)
		return; /* which is what was waited for */
	if (hello) {
		v->code = EXIT_GUEST_CRASHED;
		(void)snprintf(v->reason, sizeof(v->reason),
			       "powered off before the command's end");
		return;
	}
	v->code = EXIT_HOST;
	v->origin = "vmm";
	(void)snprintf(
		v->reason, sizeof(v->reason),
		"exec: the guest powered off before its init could be reached: %s",
		*f.init_line
			? f.init_line
			: "has its kernel CONFIG_VIRTIO_CONSOLE, CONFIG_VIRTIO_VSOCKETS or CONFIG_SERIAL_8250?");
}

/* What the verdict of a command that failed says is not shown by itself. */
static void judge_input(struct exec *e, struct verdict *v)
{
	const int err = term_input_error(&e->vm->term);

	if (!err || e->is_cut)
		return;
	e->is_cut = true;
	exec_verdict_cut(v, err);
	if (v->ran)
		log_warn(
			"exec: the command's input could not be read to its end: %s",
			errno_text(err));
}

void exec_judge(struct exec *e, struct verdict *v)
{
	const bool was_off = v->code == EXIT_GUEST_OFF && !v->ran;
	size_t len = strlen(v->reason);
	enum exec_channel channel;
	bool hello;

	pthread_mutex_lock(&e->lock);
	hello = e->wire.hello;
	channel = hello ? e->channel : EXEC_CHANNEL_NONE;
	pthread_mutex_unlock(&e->lock);
	if (v->ran && e->lost)
		exec_verdict_loss(v, e->lost);
	else if (v->ran)
		judge_input(e, v);
	else if (was_off)
		judge_off(e, v, hello);
	else if ((v->code == EXIT_TIMEOUT || v->code == EXIT_GUEST_HUNG) &&
		 !hello && !v->channel)
		(void)snprintf(v->reason + len, sizeof(v->reason) - len,
			       "; exec's init was not reached");
	v->channel = exec_channel_name(channel);
}

/* --- life ---------------------------------------------------------------------- */

static size_t no_input(void *ctx, const uint8_t *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	return len;
}

static void err_room(void *ctx)
{
	exec_output_room(ctx);
}

static void no_key(void *ctx)
{
	(void)ctx;
}

int exec_open(struct exec *e)
{
	const struct term_host host = {
		.ctx = e,
		.input = no_input,
		.send_break = no_key,
		.quit = no_key,
		.output_room = err_room,
		.tells_error = true,
	};
	int ret =
		term_init(&e->err, &e->vm->loop, e->null, STDERR_FILENO, &host);

	if (ret)
		log_err("exec: cannot use standard error: %s", errno_text(ret));
	e->has_err = ret == 0;
	exec_wake(e);
	return ret;
}

void exec_close(struct exec *e, int out_lost)
{
	int lost = e->has_err ? term_fini(&e->err) : 0;

	e->has_err = false;
	if (!e->lost)
		e->lost = out_lost ? out_lost : lost;
}

void exec_hurry(struct exec *e)
{
	if (e->has_err)
		term_hurry(&e->err);
}

bool exec_has_tty(const struct exec *e)
{
	return e->tty;
}

const void *exec_initrd(const struct exec *e, size_t *len)
{
	*len = e->initrd_len;
	return e->initrd;
}

static int watch_work(struct exec *e)
{
	e->work = (struct watch){ .events = EPOLLIN, .ready = work_ready };
	e->work.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return e->work.fd < 0 ? -errno : loop_add(&e->vm->loop, &e->work);
}

int exec_create(struct exec **out, struct vm *vm)
{
	const struct config_exec *c = &vm->cfg->exec;
	struct exec *e = calloc(1, sizeof(*e));
	int ret = -ENOMEM;

	if (e) {
		e->vm = vm;
		e->work.fd = e->vsock.fd = -1;
		e->tty = exec_wants_tty(c);
		pthread_mutex_init(&e->lock, NULL);
		exec_wire_init(&e->wire);
		e->initrd = exec_pack_file(EXEC_INIT, exec_init, exec_init_len,
					   &e->initrd_len);
		e->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		ret = e->null < 0 ? -errno : 0;
		if (!e->initrd)
			ret = -ENOMEM;
	}
	if (!ret)
		ret = watch_work(e);
	if (ret) {
		log_err("exec: %s", errno_text(ret));
		exec_destroy(e);
		return ret;
	}
	*out = e;
	return 0;
}

void exec_destroy(struct exec *e)
{
	if (!e)
		return;
	exec_close(e, 0);
	exec_vsock_close(e);
	if (e->work.fd >= 0) {
		loop_remove(&e->vm->loop, &e->work);
		close(e->work.fd);
	}
	if (e->null >= 0)
		close(e->null);
	free(e->initrd);
	pthread_mutex_destroy(&e->lock);
	free(e);
}
