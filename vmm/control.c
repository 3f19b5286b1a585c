// SPDX-License-Identifier: GPL-2.0-only
/*
 * control.c: serves a VM's control socket.
 *
 * How this works: everything happens on the loop's thread and nothing of it
 * waits. A client has a buffer for one request; the next is not read before
 * the answer to the last was taken, so a client costs no more than that. One
 * that says nothing, or takes nothing, is hung up on after a while; one that
 * waits for the VM's end may take its time. A client is freed by its own
 * event alone: whoever else wants to be rid of it shuts its socket down, which
 * makes one.
 */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "control_name.h"
#include "log.h"

#define TICK_MS 1000

struct client {
	struct control *control;
	struct client *next;
	struct watch watch;
	uint64_t deadline_ms; /* of CLOCK_MONOTONIC */
	bool waits;	      /* for the VM's end */
	bool is_deaf;	      /* it sends no more */
	char *out;	      /* owned: an answer, or NULL */
	size_t out_len, out_at;
	size_t in_len;
	char in[CONTROL_LINE_MAX];
};

struct control {
	struct control_name name;
	struct loop *loop;
	struct control_host host;
	struct watch listener, ticks;
	bool is_full; /* of files: the listener sleeps until the next tick */
	struct client *clients;
	unsigned int nr_clients;
};

const char *control_name(const struct control *c)
{
	return c->name.name;
}

int control_open(struct control **out, const char *name)
{
	struct control *c = calloc(1, sizeof(*c));
	int err;

	*out = NULL;
	if (!c) {
		log_err("out of memory");
		return -ENOMEM;
	}
	c->listener.fd = c->ticks.fd = -1;
	err = control_name_take(&c->name, name);
	if (err) {
		free(c);
		return err;
	}
	c->listener.fd = c->name.fd;
	*out = c;
	return 0;
}

/* --- clients --------------------------------------------------------------- */

static void client_free(struct client *k)
{
	if (k->control->loop && k->watch.fd >= 0)
		loop_remove(k->control->loop, &k->watch);
	if (k->watch.fd >= 0)
		close(k->watch.fd);
	free(k->out);
	free(k);
}

static void client_leave(struct client *k)
{
	struct control *c = k->control;
	struct client **at = &c->clients;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	c->nr_clients--;
	client_free(k);
}

/* Sends what is left of the answer; false: the client is of no use. */
static bool client_send(struct client *k)
{
	while (k->out && k->out_at < k->out_len) {
		ssize_t n = send(k->watch.fd, k->out + k->out_at,
				 k->out_len - k->out_at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		k->out_at += (size_t)n;
		k->deadline_ms = (uint64_t)clock_ms() + CONTROL_PATIENCE_MS;
	}
	free(k->out);
	k->out = NULL;
	return true;
}

/* Takes over @reply, which may be NULL: no memory. */
static bool client_reply(struct client *k, json_t *reply)
{
	bool ok = reply && !json_object_get(reply, "error");
	char *text = NULL;
	int n = -1;

	if (reply &&
	    !json_object_set_new(reply, "v", json_integer(CONTROL_VERSION)) &&
	    !json_object_set_new(reply, "ok", json_boolean(ok)))
		text = json_dumps(reply, JSON_COMPACT);
	json_decref(reply);
	if (text)
		n = asprintf(&k->out, "%s\n", text);
	free(text);
	if (n < 0) {
		k->out = NULL;
		return false;
	}
	k->out_len = (size_t)n;
	k->out_at = 0;
	return client_send(k);
}

/*
 * Gives its connection away: false, and it is a client no more. @more: it did
 * not wait for the answer.
 */
static bool client_attach(struct client *k, bool more)
{
	struct control *c = k->control;
	const char *why = "what is behind \"console\" waits for its answer";
	int err;

	if (!more && !k->waits) {
		loop_remove(c->loop, &k->watch);
		err = c->host.attach(c->host.ctx, k->watch.fd);
		if (!err || loop_add(c->loop, &k->watch)) {
			k->watch.fd = err ? k->watch.fd : -1;
			return false;
		}
		why = err == -EBUSY
			      ? "too many have its console at the same time"
			      : errno_text(err);
	}
	return client_reply(k, json_pack("{s:s}", "error", why));
}

static bool client_ask(struct client *k, size_t len)
{
	const struct control_host *host = &k->control->host;
	struct control_request r;
	char why[256];

	k->deadline_ms = (uint64_t)clock_ms() + CONTROL_PATIENCE_MS;
	if (control_request_parse(k->in, len, &r, why))
		return client_reply(k, json_pack("{s:s}", "error", why));
	if (r.verb == CONTROL_WAIT) {
		k->waits = true;
		return true;
	}
	if (r.verb == CONTROL_CONSOLE)
		return client_attach(k, k->in_len > len + 1);
	return client_reply(k, host->answer(host->ctx, &r));
}

/* Every whole line that is there, as long as answers are taken. */
static bool client_lines(struct client *k)
{
	while (!k->out) {
		char *end = memchr(k->in, '\n', k->in_len);
		size_t len;

		if (!end)
			break;
		len = (size_t)(end - k->in);
		if (!client_ask(k, len))
			return false;
		k->in_len -= len + 1;
		memmove(k->in, end + 1, k->in_len);
	}
	if (k->in_len < sizeof(k->in))
		return true;
	/* Room for the answer's sake: what follows is not read. */
	k->in_len = 0;
	k->is_deaf = true;
	return client_reply(
		k, json_pack("{s:s}", "error", "a request is shorter"));
}

static bool client_read(struct client *k)
{
	ssize_t n = recv(k->watch.fd, k->in + k->in_len,
			 sizeof(k->in) - k->in_len, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		k->is_deaf = true;
	k->in_len += (size_t)n;
	return client_lines(k);
}

/* What it is listened to for; false: nothing is left to do. */
static bool client_listen(struct client *k)
{
	uint32_t events = k->out ? EPOLLOUT : k->is_deaf ? 0 : EPOLLIN;

	if (!events && !k->waits)
		return false;
	return events == k->watch.events ||
	       !loop_change(k->control->loop, &k->watch, events);
}

static void client_ready(struct watch *w, uint32_t events)
{
	struct client *k = container_of(w, struct client, watch);
	bool good = true;

	if (k->out && events & EPOLLOUT)
		good = client_send(k) && client_lines(k);
	if (good && !k->out && events & EPOLLIN)
		good = client_read(k);
	if (events & (EPOLLERR | EPOLLHUP) && !(events & EPOLLIN))
		good = false;
	if (!good || !client_listen(k))
		client_leave(k);
}

/* --- those who come -------------------------------------------------------- */

static void set_ticks(struct control *c, bool on)
{
	const struct itimerspec every = {
		.it_value.tv_sec = on ? TICK_MS / 1000 : 0,
		.it_interval.tv_sec = on ? TICK_MS / 1000 : 0,
	};

	(void)timerfd_settime(c->ticks.fd, 0, &every, NULL);
}

/* The socket's directory keeps others out; whoever opened it, we do. */
static const char *refuse_peer(const struct control *c, int fd)
{
	socklen_t len = sizeof(struct ucred);
	struct ucred peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) ||
	    (peer.uid != geteuid() && peer.uid != 0))
		return "{\"v\":1,\"ok\":false,\"error\":\"this VM is another user's\"}\n";
	if (c->nr_clients >= CONTROL_CLIENTS)
		return "{\"v\":1,\"ok\":false,\"error\":\"too many ask at the same time\"}\n";
	return NULL;
}

static void add_client(struct control *c, int fd)
{
	const char *refusal = refuse_peer(c, fd);
	struct client *k = refusal ? NULL : calloc(1, sizeof(*k));

	if (refusal)
		(void)!send(fd, refusal, strlen(refusal), MSG_NOSIGNAL);
	if (!k) {
		close(fd);
		return;
	}
	k->control = c;
	k->watch = (struct watch){ fd, EPOLLIN, client_ready };
	k->deadline_ms = (uint64_t)clock_ms() + CONTROL_PATIENCE_MS;
	k->next = c->clients;
	c->clients = k;
	if (c->nr_clients++ == 0 && c->loop)
		set_ticks(c, true);
	if (c->loop && loop_add(c->loop, &k->watch))
		client_leave(k);
}

static int accept_one(struct control *c)
{
	/* cppcheck-suppress nullPointer */
	int fd = accept4(c->listener.fd, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return -errno;
	add_client(c, fd);
	return 0;
}

static void listener_ready(struct watch *w, uint32_t events)
{
	struct control *c = container_of(w, struct control, listener);
	int err = accept_one(c);

	(void)events;
	if (err != -EMFILE && err != -ENFILE && err != -ENOMEM &&
	    err != -ENOBUFS)
		return;
	/* It stays readable: ask again later. */
	c->is_full = !loop_change(c->loop, w, 0);
	set_ticks(c, true);
}

static void ticks_ready(struct watch *w, uint32_t events)
{
	struct control *c = container_of(w, struct control, ticks);
	uint64_t now = (uint64_t)clock_ms(), count;

	(void)events;
	if (read(w->fd, &count, sizeof(count)) < 0)
		return;
	if (c->is_full)
		c->is_full = loop_change(c->loop, &c->listener, EPOLLIN) != 0;
	for (struct client *k = c->clients; k; k = k->next)
		if (now >= k->deadline_ms && (k->out || !k->waits))
			(void)shutdown(k->watch.fd, SHUT_RDWR);
	if (!c->clients && !c->is_full)
		set_ticks(c, false);
}

/* --- life ------------------------------------------------------------------ */

int control_start(struct control *c, struct loop *loop,
		  const struct control_host *host)
{
	int err;

	c->host = *host;
	c->ticks = (struct watch){
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		EPOLLIN,
		ticks_ready,
	};
	if (c->ticks.fd < 0)
		return -errno;
	c->listener.events = EPOLLIN;
	c->listener.ready = listener_ready;
	err = loop_add(loop, &c->ticks);
	if (!err)
		err = loop_add(loop, &c->listener);
	if (!err)
		c->loop = loop;
	return err;
}

void control_stop(struct control *c)
{
	if (!c || !c->loop)
		return;
	for (struct client *k = c->clients; k; k = k->next)
		loop_remove(c->loop, &k->watch);
	loop_remove(c->loop, &c->listener);
	loop_remove(c->loop, &c->ticks);
	c->loop = NULL;
}

/* Whoever asked and was not heard any more learns how it ended, too. */
static void tell_end(struct client *k, json_t *end)
{
	if (client_send(k) && !k->out)
		(void)client_reply(k, json_incref(end));
}

void control_close(struct control *c, json_t *end)
{
	if (!c) {
		json_decref(end);
		return;
	}
	control_stop(c);
	control_name_drop(&c->name);
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		if (accept_one(c))
			break;
	for (struct client *k = c->clients, *next; k; k = next) {
		next = k->next;
		if (end)
			tell_end(k, end);
		client_free(k);
	}
	if (c->ticks.fd >= 0)
		close(c->ticks.fd);
	close(c->listener.fd);
	free(c);
	json_decref(end);
}
