// SPDX-License-Identifier: GPL-2.0-only
/*
 * console_ports.c: the bytes of a console's ports, both ways.
 *
 * How this works: a chain the driver wrote is popped when the other end takes
 * bytes, and returned when it took all of them; one taken in part stays with
 * the port. So a reader that is slow fills the guest's queue, then stops the
 * guest's writers, and costs us no memory. The other way round, input is taken
 * as far as the driver has buffers, and the rest stays where it is.
 *
 * Payload is copied by the accessors, a piece at a time: a page that the guest
 * took back breaks the queue, and nothing else.
 */
#include "console.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <time.h>

#include "clock.h"

/* A piece; twice that would not fit a frame. */
#define PIECE 2048U
/* Of one visit: then other devices have their turn. */
#define VISIT_BYTES  KIB(64)
#define VISIT_CHAINS VIRTIO_CONSOLE_QUEUE
/* Of a reset: for all readers together, and for ones who take nothing. */
#define FLUSH_MS      2000
#define FLUSH_IDLE_MS 500
#define FLUSH_LOOK_NS 10000000L

/* What is left of a visit. */
struct visit {
	unsigned int nr_chains;
	uint64_t bytes;
};

bool console_can_use(const struct virtio_console *c, unsigned int q)
{
	const struct virtio_dev *d = &c->dev;

	return d->running && d->queues[q].vq.ready &&
	       d->queues[q].vq.error.fault == VQ_OK &&
	       !(d->status & VIRTIO_CONFIG_S_NEEDS_RESET);
}

int console_pop(struct virtqueue *vq, struct vq_chain *c)
{
	int ret = vq_pop(vq, c);

	if (ret == 0) {
		ret = vq_kicks_on(vq);
		if (ret > 0)
			ret = vq_pop(vq, c);
	}
	return ret;
}

/* --- from the guest -------------------------------------------------------- */

/*
 * Gives the other end what it takes of the chain in work. 1: all of it; 0: some
 * is left; -EINVAL: the queue is broken.
 */
static int write_out(struct console_port *p, struct virtqueue *vq,
		     struct visit *v)
{
	uint8_t bytes[PIECE];

	while (p->exists && p->done < p->chain.read_len) {
		uint32_t len = p->chain.read_len - p->done;
		size_t taken;

		if (v->bytes == 0)
			return 0;
		if (len > sizeof(bytes))
			len = sizeof(bytes);
		if (vq_chain_read(&p->chain, p->done, bytes, len)) {
			vq_break(vq, VQ_REVOKED, &p->chain);
			return -EINVAL;
		}
		taken = p->host.output(p->host.ctx, bytes, len);
		p->done += (uint32_t)taken;
		v->bytes -= taken < v->bytes ? taken : v->bytes;
		if (taken < len)
			return 0;
	}
	return 1;
}

/* One chain. 1: done; 0: nothing more can be done now; -EINVAL: broken. */
static int serve_one(struct console_port *p, struct virtqueue *vq,
		     struct visit *v)
{
	int ret;

	if (!p->has_chain) {
		ret = console_pop(vq, &p->chain);
		if (ret <= 0)
			return ret;
		p->has_chain = true;
		p->done = 0;
	}
	ret = write_out(p, vq, v);
	if (ret <= 0)
		return ret;
	p->has_chain = false;
	ret = vq_push(vq, p->chain.head, 0);
	return ret ? ret : 1;
}

/* 1: the visit is over; 0: nothing more can be done now; -EINVAL: broken. */
static int serve_output(struct console_port *p, struct virtqueue *vq,
			struct visit *v)
{
	while (v->nr_chains > 0 && v->bytes > 0) {
		int ret = serve_one(p, vq, v);

		if (ret <= 0)
			return ret == 0 && v->bytes == 0 ? 1 : ret;
		v->nr_chains--;
	}
	return 1;
}

static void pump_output(struct virtio_console *c, unsigned int port)
{
	const unsigned int q = console_out_queue(port);
	struct virtqueue *vq = &c->dev.queues[q].vq;
	struct visit v = { VISIT_CHAINS, VISIT_BYTES };
	int ret;

	if (!console_can_use(c, q))
		return;
	ret = serve_output(&c->ports[port], vq, &v);
	if (ret < 0) {
		virtio_dev_broken(&c->dev, q);
		return;
	}
	virtio_publish(&c->dev, q);
	if (ret > 0)
		virtio_kick_again(&c->dev, q);
}

/*
 * Gives a reader what it takes of what the driver offered. True: it has not all
 * of it and may take more. *@moved: it took some.
 */
static bool flush_port(struct virtio_console *c, unsigned int port, bool *moved)
{
	struct virtqueue *vq = &c->dev.queues[console_out_queue(port)].vq;
	struct visit v = { VISIT_CHAINS, VISIT_BYTES };
	struct console_port *p = &c->ports[port];
	int ret;

	if (!p->exists || !vq->ready || vq->error.fault != VQ_OK ||
	    c->dev.status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return false;
	ret = serve_output(p, vq, &v);
	*moved |= v.nr_chains < VISIT_CHAINS || v.bytes < VISIT_BYTES;
	return ret > 0 || (ret == 0 && p->has_chain && p->is_connected);
}

void console_flush(struct virtio_console *c)
{
	const struct timespec pause = { .tv_nsec = FLUSH_LOOK_NS };
	const long end = clock_ms() + FLUSH_MS;
	long now = end - FLUSH_MS, moved_at = now;
	bool is_left = true;

	while (is_left && now < end && now - moved_at < FLUSH_IDLE_MS) {
		bool moved = false;

		is_left = false;
		for (unsigned int i = 0; i < c->nr_ports; i++)
			is_left |= flush_port(c, i, &moved);
		/* The loop may wait for the lock. */
		pthread_mutex_unlock(&c->dev.lock);
		if (is_left && !moved)
			(void)nanosleep(&pause, NULL);
		now = clock_ms();
		if (moved)
			moved_at = now;
		pthread_mutex_lock(&c->dev.lock);
	}
	for (unsigned int i = 0; i < c->nr_ports; i++)
		c->ports[i].has_chain = false;
}

void console_drop_chain(struct virtio_console *c, unsigned int port)
{
	const unsigned int q = console_out_queue(port);
	struct console_port *p = &c->ports[port];

	/* One of which nothing was taken is for the next who comes. */
	if (!p->has_chain || p->done == 0 || !console_can_use(c, q))
		return;
	p->has_chain = false;
	if (vq_push(&c->dev.queues[q].vq, p->chain.head, 0))
		virtio_dev_broken(&c->dev, q);
	else
		virtio_publish(&c->dev, q);
}

void virtio_console_output_room(struct virtio_console *c, unsigned int port)
{
	pthread_mutex_lock(&c->dev.lock);
	pump_output(c, port);
	pthread_mutex_unlock(&c->dev.lock);
}

/* --- to the guest ---------------------------------------------------------- */

/*
 * Fills the driver's next buffer. 1: done, *taken of @bytes are in it; 0: there
 * is none, a kick will tell; -EINVAL: the queue is broken.
 */
static int fill_one(struct virtio_console *c, struct virtqueue *vq,
		    const uint8_t *bytes, size_t len, size_t *taken)
{
	struct vq_chain *chain = &c->scratch;
	int ret = console_pop(vq, chain);
	uint32_t n;

	if (ret <= 0)
		return ret;
	n = len < chain->write_len ? (uint32_t)len : chain->write_len;
	if (n == 0) {
		vq_break(vq, VQ_BAD_CHAIN, chain);
		return -EINVAL;
	}
	if (vq_chain_write(chain, 0, bytes, n)) {
		vq_break(vq, VQ_REVOKED, chain);
		return -EINVAL;
	}
	*taken = n;
	ret = vq_push(vq, chain->head, n);
	return ret ? ret : 1;
}

static size_t take_input(struct virtio_console *c, unsigned int q,
			 const uint8_t *bytes, size_t len)
{
	struct virtqueue *vq = &c->dev.queues[q].vq;
	size_t done = 0, n;
	int ret = 1;

	while (done < len && ret > 0) {
		n = 0;
		ret = fill_one(c, vq, bytes + done, len - done, &n);
		done += n;
	}
	if (ret < 0)
		virtio_dev_broken(&c->dev, q);
	else if (done > 0)
		virtio_publish(&c->dev, q);
	return done;
}

size_t virtio_console_input(struct virtio_console *c, unsigned int port,
			    const uint8_t *bytes, size_t len)
{
	const unsigned int q = console_in_queue(port);
	struct console_port *p = &c->ports[port];
	size_t done = 0;

	pthread_mutex_lock(&c->dev.lock);
	if (p->is_open && console_can_use(c, q))
		done = take_input(c, q, bytes, len);
	/* Several may type: who was refused before is still owed it. */
	if (done < len)
		p->owes_input_room = true;
	pthread_mutex_unlock(&c->dev.lock);
	return done;
}

void console_tell_input_room(struct console_port *p)
{
	if (!p->owes_input_room || !p->is_open)
		return;
	p->owes_input_room = false;
	p->host.input_room(p->host.ctx);
}

/* --- both ------------------------------------------------------------------ */

void console_kick_port(struct virtio_console *c, unsigned int q)
{
	unsigned int port = q < CONTROL_IN ? 0 : q / 2 - 1;

	if (q % 2 == 0)
		console_tell_input_room(&c->ports[port]);
	else
		pump_output(c, port);
}
