// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach.c: shows a VM's console to who is attached to it.
 *
 * How this works: the console's last bytes are in one ring, with a number that
 * counts all there ever were. A client is a place in that count and one frame
 * that is being sent. Whoever falls behind the ring is told how many bytes it
 * missed and goes on at the oldest: nothing of ours grows for who does not read,
 * and the guest knows nothing of it.
 *
 * What is printed wakes the loop when somebody has seen all there was, and then
 * by a timer, so that a guest that prints byte by byte costs one frame a burst.
 *
 * What is typed goes into another ring, from which the guest takes it, by the same
 * timer when it had no room. It is the VM's: what somebody typed is not lost when
 * he leaves. Who finds it full is not heard until there is room.
 */
#include "attach.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"

#define GATHER_NS   3000000L
#define AT_ONCE_NS  1L
#define LINE_MAX    1024U /* a replay begins with a line, if one begins here */
#define TURNS	    64U	  /* frames at once, before others have their turn */
#define PATIENCE_MS 2000

struct attached {
	struct attach *attach;
	struct attached *next;
	struct watch watch;
	uint64_t at; /* the next byte to be sent, of all there were */
	size_t out_at, out_len;
	size_t in_len, in_taken; /* taken: of the first frame's bytes */
	bool is_deaf;		 /* it sends no more */
	bool is_blind;		 /* it is gone; what it sent is still heard */
	bool is_held;		 /* there is no room for its first frame */
	bool is_told;		 /* the end */
	bool is_over;		 /* its own event, which comes, frees it */
	uint8_t out[ATTACH_FRAME], in[ATTACH_FRAME];
};

struct attach {
	struct loop *loop; /* NULL: it is over */
	struct attach_host host;
	struct watch timer;
	struct attached *all;
	unsigned int nr;
	bool room_wanted; /* atomic */

	/* What was typed, and the guest has not taken: a ring. Loop's. */
	size_t typed_at, typed_len;
	uint8_t typed[ATTACH_TYPED];

	pthread_mutex_t lock;
	bool wanted GUARDED_BY(lock); /* wake the loop for what comes */
	uint64_t end GUARDED_BY(lock);
	uint8_t kept[ATTACH_KEPT] GUARDED_BY(lock);
};

static void arm(struct attach *a, long ns)
{
	const struct itimerspec when = { .it_value.tv_nsec = ns };

	(void)timerfd_settime(a->timer.fd, 0, &when, NULL);
}

/* --- what is printed ------------------------------------------------------- */

void attach_hear(struct attach *a, const uint8_t *bytes, size_t len)
{
	size_t at, first;
	bool wake;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	if (len > ATTACH_KEPT) {
		a->end += len - ATTACH_KEPT;
		bytes += len - ATTACH_KEPT;
		len = ATTACH_KEPT;
	}
	at = a->end % ATTACH_KEPT;
	first = len < ATTACH_KEPT - at ? len : ATTACH_KEPT - at;
	memcpy(a->kept + at, bytes, first);
	memcpy(a->kept, bytes + first, len - first);
	a->end += len;
	wake = a->wanted;
	a->wanted = false;
	pthread_mutex_unlock(&a->lock);
	if (wake)
		arm(a, GATHER_NS);
}

/* The number of the oldest byte that is kept; the lock is held. */
static uint64_t oldest(const struct attach *a)
{
	return a->end > ATTACH_KEPT ? a->end - ATTACH_KEPT : 0;
}

/* Where a replay begins: with a line, when something is missing before it. */
static uint64_t beginning(struct attach *a)
{
	uint64_t at;

	pthread_mutex_lock(&a->lock);
	at = oldest(a);
	for (unsigned int i = 0; at > 0 && i < LINE_MAX; i++)
		if (a->kept[(at + i) % ATTACH_KEPT] == '\n') {
			at += i + 1;
			break;
		}
	pthread_mutex_unlock(&a->lock);
	return at;
}

/* Behind its head a frame's bytes are there already, or come from @bytes. */
static void put_frame(struct attached *k, uint8_t type, const void *bytes,
		      size_t len)
{
	const struct attach_head head = { .type = type,
					  .len = { (uint16_t)len } };

	memcpy(k->out, &head, sizeof(head));
	if (bytes)
		memcpy(k->out + sizeof(head), bytes, len);
	k->out_at = 0;
	k->out_len = sizeof(head) + len;
}

/* The next thing to send: false: there is none yet. */
static bool next_frame(struct attached *k)
{
	struct attach *a = k->attach;
	le64 missed = { 0 };
	size_t len = 0;

	pthread_mutex_lock(&a->lock);
	if (k->at < oldest(a)) {
		missed.raw = oldest(a) - k->at;
		k->at = oldest(a);
	} else if (k->at < a->end) {
		size_t at = k->at % ATTACH_KEPT;

		len = a->end - k->at < ATTACH_PAYLOAD ? a->end - k->at
						      : ATTACH_PAYLOAD;
		len = len < ATTACH_KEPT - at ? len : ATTACH_KEPT - at;
		memcpy(k->out + sizeof(struct attach_head), a->kept + at, len);
		k->at += len;
	} else {
		a->wanted = true;
	}
	pthread_mutex_unlock(&a->lock);
	if (missed.raw)
		put_frame(k, ATTACH_DROPPED, &missed, sizeof(missed));
	else if (len)
		put_frame(k, ATTACH_OUTPUT, NULL, len);
	return missed.raw || len;
}

/* Sends what there is: 0: all, -EAGAIN: not now, or -errno. */
static int show(struct attached *k)
{
	unsigned int turns = 0;

	while (k->out_at < k->out_len || next_frame(k)) {
		ssize_t n;

		/* A guest that floods it has no claim on the loop. */
		if (turns++ == TURNS)
			return -EAGAIN;
		n = send(k->watch.fd, k->out + k->out_at,
			 k->out_len - k->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0)
			k->out_at += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* --- what is typed --------------------------------------------------------- */

/* To the guest, as far as it has room. */
static void feed(struct attach *a)
{
	size_t n = 1, len;

	while (a->typed_len && n) {
		len = sizeof(a->typed) - a->typed_at;
		len = a->typed_len < len ? a->typed_len : len;
		/* Said before it is asked for, lest room be told of in between. */
		__atomic_store_n(&a->room_wanted, true, __ATOMIC_SEQ_CST);
		n = a->host.input(a->host.ctx, a->typed + a->typed_at, len);
		a->typed_at = (a->typed_at + n) % sizeof(a->typed);
		a->typed_len -= n;
	}
}

/* How many of @bytes there is room for. */
static size_t keep_typed(struct attach *a, const uint8_t *bytes, size_t len)
{
	size_t room = sizeof(a->typed) - a->typed_len;

	len = len < room ? len : room;
	for (size_t i = 0; i < len; i++)
		a->typed[(a->typed_at + a->typed_len++) % sizeof(a->typed)] =
			bytes[i];
	return len;
}

/* The first frame, which is whole: false: it makes no sense. */
static bool take_frame(struct attached *k, uint8_t type, size_t len)
{
	struct attach *a = k->attach;
	const struct attach_host *h = &a->host;

	if (type == ATTACH_BREAK && !len) {
		/* Behind what was typed before, in front of what comes. */
		k->is_held = a->typed_len > 0;
		if (h->send_break && !k->is_held)
			h->send_break(h->ctx);
		return true;
	}
	if (type != ATTACH_INPUT)
		return false;
	if (!h->input)
		return true;
	do {
		k->in_taken += keep_typed(
			a, k->in + sizeof(struct attach_head) + k->in_taken,
			len - k->in_taken);
		feed(a);
	} while (k->in_taken < len && a->typed_len < sizeof(a->typed));
	k->is_held = k->in_taken < len;
	return true;
}

/* Every whole frame, as far as the guest has room: false: one is nonsense. */
static bool take_frames(struct attached *k)
{
	struct attach_head head;
	size_t whole;

	k->is_held = false;
	while (k->in_len >= sizeof(head)) {
		memcpy(&head, k->in, sizeof(head));
		whole = sizeof(head) + le16_get(head.len);
		if (le16_get(head.len) > ATTACH_PAYLOAD || head.zero)
			return false;
		if (k->in_len < whole)
			break;
		if (!take_frame(k, head.type, le16_get(head.len)))
			return false;
		if (k->is_held)
			break;
		k->in_len -= whole;
		k->in_taken = 0;
		memmove(k->in, k->in + whole, k->in_len);
	}
	return true;
}

static bool hear(struct attached *k)
{
	ssize_t n = recv(k->watch.fd, k->in + k->in_len,
			 sizeof(k->in) - k->in_len, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		k->is_deaf = true;
	k->in_len += (size_t)n;
	return take_frames(k);
}

void attach_input_room(struct attach *a)
{
	if (a && __atomic_exchange_n(&a->room_wanted, false, __ATOMIC_SEQ_CST))
		arm(a, AT_ONCE_NS);
}

/* --- clients --------------------------------------------------------------- */

static void attached_free(struct attached *k)
{
	close(k->watch.fd);
	free(k);
}

static void leave(struct attached *k)
{
	struct attach *a = k->attach;
	struct attached **at = &a->all;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	a->nr--;
	loop_remove(a->loop, &k->watch);
	attached_free(k);
}

/*
 * Both ways. Who cannot be served any more is hung up on: an event of its own may
 * be among those that the loop has in hand, so that event alone frees it.
 */
static void serve(struct attached *k)
{
	uint32_t events = 0;
	int ret = 0;

	if (k->is_over)
		return;
	if (k->is_held && !take_frames(k))
		ret = -EPROTO;
	if (!ret && !k->is_blind)
		ret = show(k);
	k->is_blind |= ret == -EPIPE || ret == -ECONNRESET;
	if (ret == -EAGAIN)
		events |= EPOLLOUT;
	else if (ret && !k->is_blind)
		goto out;
	if (!k->is_held && !k->is_deaf)
		events |= EPOLLIN;
	ret = events == k->watch.events
		      ? 0
		      : loop_change(k->attach->loop, &k->watch, events);
out:
	if (ret) {
		k->is_over = true;
		(void)shutdown(k->watch.fd, SHUT_RDWR);
	}
}

static void client_ready(struct watch *w, uint32_t events)
{
	struct attached *k = container_of(w, struct attached, watch);
	bool good = !k->is_over;

	if (good && events & EPOLLIN && !k->is_held && !k->is_deaf)
		good = hear(k);
	/* Gone, and with it what there was no room for. */
	if (events & (EPOLLERR | EPOLLHUP) && (k->is_deaf || k->is_held))
		good = false;
	if (good)
		serve(k);
	if (!good || k->is_over)
		leave(k);
}

static void timer_fired(struct watch *w, uint32_t events)
{
	struct attach *a = container_of(w, struct attach, timer);
	uint64_t count;

	(void)events;
	if (read(w->fd, &count, sizeof(count)) < 0)
		return;
	feed(a);
	for (struct attached *k = a->all; k; k = k->next)
		serve(k);
}

int attach_add(struct attach *a, int fd)
{
	const int queued = 2 * ATTACH_FRAME; /* the kernel's own not counted */
	struct attached *k;
	int n, ret;

	if (!a || a->nr >= ATTACH_CLIENTS)
		return -EBUSY;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &queued, sizeof(queued));
	k->attach = a;
	k->watch = (struct watch){ fd, EPOLLIN, client_ready };
	k->at = beginning(a);
	n = snprintf((char *)k->out, sizeof(k->out),
		     "{\"v\":1,\"ok\":true,\"input\":%s,\"missed\":%llu}\n",
		     a->host.input ? "true" : "false",
		     (unsigned long long)k->at);
	k->out_len = n > 0 ? (size_t)n : 0;
	ret = loop_add(a->loop, &k->watch);
	if (ret) {
		free(k);
		return ret;
	}
	k->next = a->all;
	a->all = k;
	a->nr++;
	serve(k);
	return 0;
}

/* --- life ------------------------------------------------------------------ */

int attach_open(struct attach **out, struct loop *loop,
		const struct attach_host *host)
{
	struct attach *a = calloc(1, sizeof(*a));
	int ret;

	*out = NULL;
	if (!a)
		return -ENOMEM;
	a->host = *host;
	a->loop = loop;
	pthread_mutex_init(&a->lock, NULL);
	a->timer = (struct watch){
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		EPOLLIN,
		timer_fired,
	};
	ret = a->timer.fd < 0 ? -errno : loop_add(loop, &a->timer);
	if (ret) {
		if (a->timer.fd >= 0)
			close(a->timer.fd);
		pthread_mutex_destroy(&a->lock);
		free(a);
		return ret;
	}
	*out = a;
	return 0;
}

void attach_stop(struct attach *a)
{
	if (!a || !a->loop)
		return;
	for (struct attached *k = a->all; k; k = k->next)
		loop_remove(a->loop, &k->watch);
	loop_remove(a->loop, &a->timer);
	a->loop = NULL;
}

/* The rest and, behind it, the end: as show(). */
static int show_end(struct attached *k, const char *end, size_t len)
{
	int ret = show(k);

	if (ret || k->is_told)
		return ret;
	k->is_told = true;
	if (len > 0 && len <= ATTACH_PAYLOAD)
		put_frame(k, ATTACH_END, end, len);
	return show(k);
}

/* Until all have it, or the time is over: those of @a who wait are fewer. */
static void show_ends(struct attach *a, const char *end, size_t len)
{
	int64_t until = clock_ms() + PATIENCE_MS, left;

	do {
		struct pollfd p[ATTACH_CLIENTS];
		unsigned int nr = 0;

		for (struct attached *k = a->all; k; k = k->next)
			if (show_end(k, end, len) == -EAGAIN)
				p[nr++] = (struct pollfd){ k->watch.fd, POLLOUT,
							   0 };
		left = until - clock_ms();
		if (!nr || left <= 0)
			break;
		(void)poll(p, nr, (int)left);
	} while (left > 0);
}

void attach_close(struct attach *a, const json_t *end)
{
	char *text;

	if (!a)
		return;
	attach_stop(a);
	text = end ? json_dumps(end, JSON_COMPACT) : NULL;
	show_ends(a, text, text ? strlen(text) : 0);
	free(text);
	for (struct attached *k = a->all, *next; k; k = next) {
		next = k->next;
		attached_free(k);
	}
	close(a->timer.fd);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
