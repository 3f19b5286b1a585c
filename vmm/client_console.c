// SPDX-License-Identifier: GPL-2.0-only
/*
 * client_console.c: `console`: this terminal becomes one of those that have a
 * running VM's console.
 *
 * How this works: all of it is on one loop. What the VM sends is read only when
 * the terminal took what came before; that it then drops bytes for us it says
 * itself. What is typed is sent only when the VM took what was typed before.
 */
#include "client.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attach.h"
#include "exitcode.h"
#include "log.h"
#include "term.h"
#include "verbs.h"

/* A frame, and what may have come with the answer before the first. */
#define IN_SIZE (ATTACH_FRAME + KIB(8))

struct console {
	struct client client;
	struct loop loop;
	struct term term;
	struct watch socket, signals;
	bool has_input;	      /* somebody listens at the other end */
	bool is_waiting;      /* for the terminal to take more */
	size_t in_len, shown; /* of the first frame's bytes */
	size_t out_at, out_len;
	/* How it ended; all unset: by a key. */
	json_t *end;	 /* owned: the VM did, and says so */
	int err;	 /* -EPIPE: it did not */
	int sig;	 /* a signal did */
	bool out_failed; /* and so did the terminal, or what is in its place */
	bool is_watched; /* the socket */
	bool has_break;	 /* to be sent behind what is in out */
	uint8_t in[IN_SIZE], out[ATTACH_FRAME];
};

static void fail(struct console *c, int err)
{
	c->err = err;
	loop_stop(&c->loop);
}

static void listen_for(struct console *c)
{
	uint32_t events = (c->is_waiting ? 0 : EPOLLIN) |
			  (c->out_at < c->out_len ? EPOLLOUT : 0);

	/* Listened to for nothing, one who is gone would be heard for ever. */
	if (!events && c->is_watched) {
		loop_remove(&c->loop, &c->socket);
		c->is_watched = false;
	} else if (events && !c->is_watched) {
		c->socket.events = events;
		c->is_watched = !loop_add(&c->loop, &c->socket);
	} else if (events && events != c->socket.events) {
		c->is_watched = !loop_change(&c->loop, &c->socket, events);
	}
	if (events && !c->is_watched)
		fail(c, -EIO);
}

/* --- from the VM ----------------------------------------------------------- */

static void take_end(struct console *c, const uint8_t *bytes, size_t len)
{
	c->end = json_loadb((const char *)bytes, len, 0, NULL);
	if (!json_is_object(c->end))
		c->err = -EPROTO;
	loop_stop(&c->loop);
}

/* A whole frame: whether that is all of it. */
static bool take_frame(struct console *c, uint8_t type, const uint8_t *bytes,
		       size_t len)
{
	le64 nr;

	if (type == ATTACH_OUTPUT) {
		c->shown +=
			term_offer(&c->term, bytes + c->shown, len - c->shown);
		if (term_error(&c->term)) {
			c->out_failed = true;
			loop_stop(&c->loop);
		}
		return c->shown == len;
	}
	if (type == ATTACH_DROPPED && len == sizeof(nr)) {
		memcpy(&nr, bytes, sizeof(nr));
		log_warn(
			"%s: %llu bytes of its console are missing here: they came faster than they were read",
			c->client.name, (unsigned long long)le64_get(nr));
	} else if (type == ATTACH_END) {
		take_end(c, bytes, len);
	} else {
		fail(c, -EPROTO);
	}
	return true;
}

/* Every whole frame, as far as the terminal takes them. */
static void take_frames(struct console *c)
{
	struct attach_head head;
	size_t whole;

	c->is_waiting = false;
	while (!c->end && !c->err && c->in_len >= sizeof(head)) {
		memcpy(&head, c->in, sizeof(head));
		whole = sizeof(head) + le16_get(head.len);
		if (le16_get(head.len) > ATTACH_PAYLOAD) {
			fail(c, -EPROTO);
			return;
		}
		if (c->in_len < whole)
			return;
		if (!take_frame(c, head.type, c->in + sizeof(head),
				le16_get(head.len))) {
			c->is_waiting = true;
			return;
		}
		c->shown = 0;
		c->in_len -= whole;
		memmove(c->in, c->in + whole, c->in_len);
	}
}

static void output_room(void *ctx)
{
	struct console *c = ctx;

	take_frames(c);
	listen_for(c);
}

static void hear(struct console *c)
{
	ssize_t n = recv(c->socket.fd, c->in + c->in_len,
			 sizeof(c->in) - c->in_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail(c, -EPIPE);
		return;
	}
	c->in_len += (size_t)n;
	take_frames(c);
}

/* --- to the VM ------------------------------------------------------------- */

static void send_rest(struct console *c)
{
	ssize_t n = send(c->socket.fd, c->out + c->out_at,
			 c->out_len - c->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);

	/* What the VM has said last is still to be read: the end comes there. */
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		n = (ssize_t)(c->out_len - c->out_at);
	if (n > 0)
		c->out_at += (size_t)n;
	if (c->out_at == c->out_len)
		term_input_room(&c->term);
}

static void send_frame(struct console *c, uint8_t type, const uint8_t *bytes,
		       size_t len)
{
	const struct attach_head head = { .type = type,
					  .len = { (uint16_t)len } };

	memcpy(c->out, &head, sizeof(head));
	if (len)
		memcpy(c->out + sizeof(head), bytes, len);
	c->out_at = 0;
	c->out_len = sizeof(head) + len;
	send_rest(c);
	listen_for(c);
}

static void send_break(struct console *c)
{
	if (!c->has_break || c->out_at < c->out_len)
		return;
	c->has_break = false;
	send_frame(c, ATTACH_BREAK, NULL, 0);
}

static size_t typed(void *ctx, const uint8_t *bytes, size_t len)
{
	struct console *c = ctx;

	if (!c->has_input)
		return len;
	send_break(c);
	if (c->out_at < c->out_len)
		return 0;
	if (len > ATTACH_PAYLOAD)
		len = ATTACH_PAYLOAD;
	send_frame(c, ATTACH_INPUT, bytes, len);
	return len;
}

static void typed_break(void *ctx)
{
	struct console *c = ctx;

	c->has_break = c->has_input;
	send_break(c);
}

static void typed_quit(void *ctx)
{
	struct console *c = ctx;

	loop_stop(&c->loop);
}

/* --- events ---------------------------------------------------------------- */

static void socket_ready(struct watch *w, uint32_t events)
{
	struct console *c = container_of(w, struct console, socket);

	if (events & EPOLLOUT && c->out_at < c->out_len) {
		send_rest(c);
		send_break(c);
	}
	if (events & EPOLLIN && !c->is_waiting)
		hear(c);
	else if (events & (EPOLLERR | EPOLLHUP) && !c->is_waiting)
		fail(c, -EPIPE);
	listen_for(c);
}

static void signal_arrived(struct watch *w, uint32_t events)
{
	struct console *c = container_of(w, struct console, signals);
	struct signalfd_siginfo si;

	(void)events;
	if (read(w->fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (si.ssi_signo == SIGCONT) {
		term_resume(&c->term);
		return;
	}
	c->sig = (int)si.ssi_signo;
	term_hurry(&c->term);
	loop_stop(&c->loop);
}

/* Those that would leave the terminal raw; what our parent ignores stays so. */
static int watch_signals(struct console *c)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction sa;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		if (!sigaction(ending[i], NULL, &sa) &&
		    sa.sa_handler != SIG_IGN)
			sigaddset(&set, ending[i]);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	c->signals = (struct watch){
		signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
		EPOLLIN,
		signal_arrived,
	};
	return c->signals.fd < 0 ? -errno : loop_add(&c->loop, &c->signals);
}

/* --- life ------------------------------------------------------------------ */

/* What came behind the answer is the first of the frames. */
static int begin(struct console *c, json_t *answer)
{
	const struct term_host host = {
		.ctx = c,
		.input = typed,
		.send_break = typed_break,
		.quit = typed_quit,
		.output_room = output_room,
		.can_detach = true,
	};
	int64_t missed = client_integer(answer, "missed");
	int ret = loop_init(&c->loop);

	if (ret)
		return ret;
	c->has_input = json_is_true(json_object_get(answer, "input"));
	if (!c->has_input)
		log_info(
			"%s: exec's command has its input; what you type here goes nowhere",
			c->client.name);
	if (missed > 0)
		log_info("%s: the first %lld bytes of its console are not kept",
			 c->client.name, (long long)missed);
	if (c->client.in_len > sizeof(c->in))
		return -EPROTO;
	if (c->client.in_len)
		memcpy(c->in, c->client.in, c->client.in_len);
	c->in_len = c->client.in_len;
	c->socket = (struct watch){ c->client.fd, EPOLLIN, socket_ready };
	ret = watch_signals(c);
	if (!ret)
		ret = loop_add(&c->loop, &c->socket);
	c->is_watched = !ret;
	if (!ret)
		ret = term_init(&c->term, &c->loop, STDIN_FILENO, STDOUT_FILENO,
				&host);
	return ret;
}

static int tell(struct console *c)
{
	int code = EXIT_HOST;

	if (c->end && !c->err && !c->out_failed &&
	    client_ended(&c->client, c->end, &code))
		return code;
	if (c->sig)
		return 128 + c->sig;
	if (c->err == -EPIPE)
		log_err("%s: it has ended, without a word (killed?)",
			c->client.name);
	else if (c->err == -EPROTO || (c->end && !c->out_failed))
		log_err("%s: said what this lkvm-pvm does not understand; is it of another version?",
			c->client.name);
	else if (c->err)
		log_err("console: %s", errno_text(c->err));
	else if (!c->out_failed)
		log_info("%s: detached; it goes on", c->client.name);
	return c->err || c->end || c->out_failed ? EXIT_HOST : 0;
}

static int attend(struct console *c, json_t *answer)
{
	int ret = begin(c, answer);

	if (ret) {
		log_err("console: cannot use this terminal: %s",
			errno_text(ret));
	} else {
		take_frames(c);
		listen_for(c);
		ret = loop_run(&c->loop);
		if (ret)
			c->err = ret;
	}
	if (term_fini(&c->term))
		c->out_failed = true;
	if (c->signals.fd >= 0)
		close(c->signals.fd);
	loop_fini(&c->loop);
	return ret ? EXIT_HOST : tell(c);
}

int cmd_console(const struct verb *v, int argc, char **argv)
{
	const struct control_request r = { .verb = CONTROL_CONSOLE };
	struct console *c = calloc(1, sizeof(*c));
	struct client_options o;
	json_t *answer = NULL;
	int code = EXIT_HOST, ret;

	if (!c) {
		log_err("out of memory");
		return EXIT_HOST;
	}
	c->signals.fd = c->loop.epoll_fd = c->loop.wake_fd = -1;
	ret = client_parse(v, argc, argv, &o);
	if (!ret && !client_find(&c->client, v->name, o.name)) {
		(void)signal(SIGPIPE, SIG_IGN);
		if (!client_ask(&c->client, &r, &answer) &&
		    !client_ended(&c->client, answer, &code))
			code = attend(c, answer);
		client_close(&c->client);
	} else if (ret > 0) {
		code = 0;
	}
	json_decref(answer);
	json_decref(c->end);
	free(c);
	return code;
}
