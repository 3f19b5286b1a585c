// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec.c: the host's side of a command in a guest.
 *
 * How this works: bytes of the port arrive in from_guest(), on any thread and
 * with the device's lock held: there they are checked and kept, no more than the
 * guest had credit for, and the eventfd "work" is signalled. All else is done in
 * pump(), on the loop's thread: what was kept goes to standard output and error
 * as far as these take it, then the guest gets credit for it; what is for the
 * guest goes out a frame at a time, the next when the last was taken.
 */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "exec_pack.h"
#include "exec_verdict.h"
#include "exec_wire.h"
#include "log.h"
#include "vm.h"

extern const uint8_t exec_init[];
extern const uint64_t exec_init_len;

/* Credit is given when that much was taken, or all there was. */
#define CREDIT_STEP (EXEC_CREDIT / 4)

struct exec {
	struct vm *vm;
	bool tty; /* the command has a terminal of its own */
	void *initrd;
	size_t initrd_len;
	unsigned int port;

	pthread_mutex_t lock;
	struct exec_wire wire GUARDED_BY(lock);

	/* The rest is the loop's. */
	struct watch work; /* eventfd; -1: none */
	struct term err;   /* standard error */
	bool has_err;
	int null; /* what err reads */
	bool greeted, in_ended, size_changed, interrupted;
	int signal; /* to be passed on, or 0 */
	int lost;   /* -errno: not all of the output could be written */
	uint8_t frame[sizeof(struct exec_head) + EXEC_START_MAX];
	size_t frame_pos, frame_len;
};

static void wake(struct exec *e)
{
	const uint64_t one = 1;

	/* Fails only when it is set already. */
	if (write(e->work.fd, &one, sizeof(one)) < 0)
		return;
}

/* --- the port ----------------------------------------------------------------- */

static size_t from_guest(void *ctx, const uint8_t *bytes, size_t len)
{
	struct exec *e = ctx;

	pthread_mutex_lock(&e->lock);
	(void)exec_wire_take(&e->wire, bytes, len);
	pthread_mutex_unlock(&e->lock);
	wake(e);
	return len;
}

static void guest_has_room(void *ctx)
{
	wake(ctx);
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

/* --- to the guest ------------------------------------------------------------- */

static bool is_sending(const struct exec *e)
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

static void make_start(struct exec *e)
{
	int len = exec_pack_start(e->frame, sizeof(e->frame), &e->vm->cfg->exec,
				  e->tty, own_size());

	if (len < 0) {
		vm_finish_as(
			e->vm, EXIT_HOST, "user",
			"exec: the command and its environment are longer than %u bytes",
			EXEC_START_MAX);
		return;
	}
	e->frame_pos = 0;
	e->frame_len = (size_t)len;
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

/* The next frame, if there is one to be sent. Lock held. */
static void next_frame(struct exec *e)
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

static void flush(struct exec *e)
{
	struct virtio_console *c = e->vm->devices->consoles.device;

	while (is_sending(e)) {
		size_t n = virtio_console_input(c, e->port,
						e->frame + e->frame_pos,
						e->frame_len - e->frame_pos);

		e->frame_pos += n;
		if (is_sending(e))
			return; /* until guest_has_room() */
		pthread_mutex_lock(&e->lock);
		next_frame(e);
		pthread_mutex_unlock(&e->lock);
	}
}

size_t exec_typed(struct exec *e, const uint8_t *bytes, size_t len)
{
	if (is_sending(e))
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
	flush(e);
	return len;
}

void exec_typed_end(struct exec *e)
{
	e->in_ended = true;
	wake(e);
}

void exec_resize(struct exec *e)
{
	e->size_changed = e->tty;
	wake(e);
}

bool exec_interrupt(struct exec *e)
{
	bool runs;

	pthread_mutex_lock(&e->lock);
	runs = e->wire.started && !e->wire.ended;
	pthread_mutex_unlock(&e->lock);
	if (!runs || e->interrupted)
		return false;
	e->interrupted = true;
	e->signal = SIGINT;
	wake(e);
	return true;
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
};

static void take_news(struct exec *e, struct news *n)
{
	struct exec_wire *w = &e->wire;

	pthread_mutex_lock(&e->lock);
	deliver(&w->out, &e->vm->term, e->vm->outputs);
	deliver(&w->err, &e->err, NULL);
	if (!is_sending(e))
		next_frame(e);
	n->hello = w->hello;
	n->over = w->ended && !w->out.len && !w->err.len;
	n->end = w->end;
	n->fault = w->fault;
	pthread_mutex_unlock(&e->lock);
	n->lost = term_error(&e->vm->term);
	if (!n->lost)
		n->lost = term_error(&e->err);
}

static void pump(struct exec *e)
{
	struct vm *vm = e->vm;
	struct verdict v;
	struct news n;

	if (!vm->has_term || !e->has_err)
		return;
	take_news(e, &n);
	if (n.hello && !e->greeted) {
		e->greeted = true;
		watchdog_booted(vm, "exec");
		make_start(e);
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
	flush(e);
	if (!is_sending(e))
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
	wake(e);
}

void exec_judge(struct exec *e, struct verdict *v)
{
	struct expect_found f;
	bool hello;

	if (v->ran && e->lost)
		exec_verdict_loss(v, e->lost);
	if (v->code != EXIT_GUEST_OFF || v->ran)
		return;
	expect_found(&e->vm->outputs->expect, &f);
	if (f.all_met)
		return; /* which is what was waited for */
	pthread_mutex_lock(&e->lock);
	hello = e->wire.hello;
	pthread_mutex_unlock(&e->lock);
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
		"exec: the guest powered off before its init could be reached%s%s",
		*f.init_line ? ": " : "", f.init_line);
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
	};
	int ret =
		term_init(&e->err, &e->vm->loop, e->null, STDERR_FILENO, &host);

	if (ret)
		log_err("exec: cannot use standard error: %s", errno_text(ret));
	e->has_err = ret == 0;
	wake(e);
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
		e->work.fd = -1;
		e->tty = c->tty || (!c->nr_args && isatty(STDIN_FILENO));
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
