// SPDX-License-Identifier: GPL-2.0-only
/*
 * vsock_conn.c: connections: the table, their states, what ends them.
 *
 * A connection is named by its two ports. Its memory is bounded: this struct,
 * and of what the guest sent at most what it was promised (vsock.h).
 */
#include "vsock.h"

#include <errno.h>
#include <linux/virtio_vsock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

#define BOTH (VIRTIO_VSOCK_SHUTDOWN_RCV | VIRTIO_VSOCK_SHUTDOWN_SEND)

/* Ports of the host's programs; below are those that somebody may listen on. */
#define FIRST_PORT 0x40000000U
#define LAST_PORT  0x7fffffffU

/* --- the table -------------------------------------------------------------- */

static unsigned int bucket(const struct virtio_vsock *v, uint32_t host_port,
			   uint32_t guest_port)
{
	uint64_t key = (uint64_t)host_port << 32 | guest_port;

	key = (key ^ key >> 32) * v->hash_by;
	return (unsigned int)(key >> 40) & (VSOCK_BUCKETS - 1);
}

struct conn *conn_find(struct virtio_vsock *v, uint32_t host_port,
		       uint32_t guest_port)
{
	struct conn *c =
		LIST_FIRST(&v->buckets[bucket(v, host_port, guest_port)]);

	while (c && (c->host_port != host_port || c->guest_port != guest_port))
		c = LIST_NEXT(c, hash);
	return c;
}

void conn_enter(struct conn *c, uint32_t host_port, uint32_t guest_port)
{
	struct virtio_vsock *v = c->v;

	c->host_port = host_port;
	c->guest_port = guest_port;
	LIST_INSERT_HEAD(&v->buckets[bucket(v, host_port, guest_port)], c,
			 hash);
}

uint32_t conn_new_port(struct virtio_vsock *v, uint32_t guest_port)
{
	/* Ends: there are more ports than connections. */
	do {
		v->next_port =
			v->next_port < FIRST_PORT || v->next_port >= LAST_PORT
				? FIRST_PORT
				: v->next_port + 1;
	} while (conn_find(v, v->next_port, guest_port));
	return v->next_port;
}

static bool is_entered(const struct conn *c)
{
	return c->state == CONN_ASKED || c->state == CONN_OPEN ||
	       c->state == CONN_CLOSING || c->state == CONN_RESET;
}

static struct conn *take_spare(struct virtio_vsock *v)
{
	struct conn *c = LIST_FIRST(&v->spare);

	if (c) {
		LIST_REMOVE(c, spare);
		return c;
	}
	if (v->nr_made == VIRTIO_VSOCK_MAX_CONNS)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c)
		v->conns[v->nr_made++] = c;
	return c;
}

static void on_io(struct watch *w, uint32_t events);

bool conn_room(struct virtio_vsock *v)
{
	if (v->nr_conns < v->limit)
		return true;
	if (!v->said_full)
		log_warn("%s: there are %u connections; more are refused until "
			 "some end%s",
			 v->dev.name, v->limit,
			 v->limit < VIRTIO_VSOCK_MAX_CONNS
				 ? "; a higher hard limit of open files "
				   "(ulimit -Hn) allows more"
				 : "");
	v->said_full = true;
	return false;
}

struct conn *conn_make(struct virtio_vsock *v, int fd, enum conn_state state)
{
	struct conn *c = conn_room(v) ? take_spare(v) : NULL;

	if (!c) {
		close(fd);
		return NULL;
	}
	*c = (struct conn){
		.v = v,
		.state = state,
		.alloc = VSOCK_CREDIT_FIRST,
		.io = { .fd = fd, .ready = on_io },
	};
	v->nr_conns++;
	v->promised += c->alloc;
	return c;
}

/* --- turns, events ---------------------------------------------------------- */

void conn_wait(struct conn *c)
{
	if (!c->is_waiting)
		TAILQ_INSERT_TAIL(&c->v->turns, c, turn);
	c->is_waiting = true;
}

void conn_owe(struct conn *c, unsigned int owed)
{
	c->owed |= (uint8_t)owed;
	conn_wait(c);
}

/*
 * What to wait for; false: for nothing, not even for the other's end, which
 * would come again and again while there is something left to read.
 */
static bool events_of(const struct conn *c, uint32_t *events)
{
	*events = c->held ? EPOLLOUT : 0U;
	if (c->state == CONN_HELLO)
		*events =
			EPOLLIN | EPOLLRDHUP | EPOLLET; /* half a line stays */
	else if (c->state == CONN_ASKED)
		*events = EPOLLET; /* a program that left may have spoken */
	else if (c->state == CONN_OPEN && !c->no_input && !c->readable)
		*events |= EPOLLIN;
	return *events || c->no_input;
}

void conn_watch(struct conn *c)
{
	struct loop *loop = c->v->dev.loop;
	uint32_t events;
	bool wanted = events_of(c, &events) && c->io.fd >= 0;
	int err = 0;

	if (!wanted && c->is_watched) {
		loop_remove(loop, &c->io);
	} else if (wanted && !c->is_watched) {
		c->io.events = events;
		err = loop_add(loop, &c->io);
	} else if (wanted && events != c->io.events) {
		err = loop_change(loop, &c->io, events);
	}
	c->is_watched = wanted && !err;
	if (err && c->state == CONN_HELLO)
		conn_free(c);
	else if (err)
		conn_reset(c);
}

/* A program of the host says which port it wants. */
static void take_hello(struct conn *c)
{
	uint32_t port;
	int err = vsock_unix_hello(c->io.fd, &port);

	if (err == -EAGAIN)
		return;
	if (err) {
		conn_free(c);
		return;
	}
	c->state = CONN_ASKED;
	conn_enter(c, conn_new_port(c->v, port), port);
	conn_owe(c, OWE_REQUEST);
	conn_watch(c);
}

static void serve_io(struct conn *c, uint32_t events)
{
	const uint32_t over = EPOLLHUP | EPOLLERR;

	if (c->state == CONN_HELLO) {
		take_hello(c);
		return;
	}
	if (c->state == CONN_ASKED)
		return;
	if (c->held && events & (EPOLLOUT | over))
		conn_drain(c);
	if (c->io.fd < 0)
		return;
	if (c->state == CONN_OPEN && !c->no_input) {
		if (c->readable)
			conn_watch(c); /* it is known: not to be told again */
		c->readable = true;
		conn_wait(c);
	} else if (events & over && vsock_unix_hung_up(c->io.fd)) {
		conn_left(c);
	}
}

static void on_io(struct watch *w, uint32_t events)
{
	struct conn *c = container_of(w, struct conn, io);
	struct virtio_vsock *v = c->v;

	pthread_mutex_lock(&v->dev.lock);
	if (!vsock_runs(v)) {
		/* A vCPU's thread broke it: nobody else does. */
		vsock_end_all(v);
	} else if (c->io.fd >= 0) {
		serve_io(c, events);
		vsock_rx_run(v);
	}
	pthread_mutex_unlock(&v->dev.lock);
}

/* --- ends ------------------------------------------------------------------- */

void conn_hang_up(struct conn *c)
{
	if (c->io.fd >= 0) {
		if (c->is_watched)
			loop_remove(c->v->dev.loop, &c->io);
		close(c->io.fd);
	}
	c->io.fd = -1;
	c->is_watched = c->readable = false;
	c->no_input = true;
	c->v->held -= c->held_len;
	free(c->held);
	c->held = NULL;
	c->held_len = 0;
}

void conn_free(struct conn *c)
{
	struct virtio_vsock *v = c->v;

	conn_hang_up(c);
	if (is_entered(c))
		LIST_REMOVE(c, hash);
	if (c->is_waiting)
		TAILQ_REMOVE(&v->turns, c, turn);
	c->is_waiting = false;
	c->state = CONN_FREE;
	v->promised -= c->alloc;
	v->nr_conns--;
	LIST_INSERT_HEAD(&v->spare, c, spare);
}

void conn_reset(struct conn *c)
{
	if (c->state == CONN_DRAINING ||
	    (c->state == CONN_ASKED && c->owed & OWE_REQUEST)) {
		conn_free(c); /* the guest does not know it */
		return;
	}
	conn_hang_up(c);
	c->state = CONN_RESET;
	c->owed = 0;
	conn_owe(c, OWE_RST);
}

void conn_end(struct conn *c)
{
	if (!c->held || c->guest_ended != BOTH) {
		conn_free(c);
		return;
	}
	LIST_REMOVE(c, hash);
	c->state = CONN_DRAINING;
	c->owed = 0;
	c->no_input = true;
	conn_watch(c);
}

void conn_left(struct conn *c)
{
	if (c->state != CONN_OPEN || c->guest_ended == BOTH) {
		if (c->state == CONN_OPEN)
			conn_hang_up(c); /* RST is on its way */
		else
			conn_reset(c);
		return;
	}
	conn_hang_up(c);
	c->host_ended = BOTH;
	conn_owe(c, OWE_SHUTDOWN);
}
