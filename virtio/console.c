// SPDX-License-Identifier: GPL-2.0-only
/*
 * console.c: a console device: features, configuration space, control messages,
 * life. The bytes of its ports are console_ports.c's.
 *
 * How control messages work (virtio 1.3 §5.3.6): the driver says that it is
 * ready, we add each port; it says that it has the port, we tell what the port
 * is. What is to be said is a set of bits per port, not a list: a guest that
 * asks again and again makes it no longer, and a size that changes twice before
 * the driver has a buffer is told once.
 */
#include "console.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEATURE(f) (1ULL << VIRTIO_CONSOLE_F_##f)

/* Control messages to the driver, in the order they are sent of one port. */
enum message {
	OWES_ADD,
	OWES_CONSOLE,
	OWES_NAME,
	OWES_SIZE,
	OWES_OPEN,
};

struct control {
	le32 id;
	le16 event, value;
};

_Static_assert(sizeof(struct control) == sizeof(struct virtio_console_control),
	       "virtio 1.3 §5.3.6");
_Static_assert(2 * VIRTIO_CONSOLE_PORTS + 2 <= VIRTIO_MAX_QUEUES,
	       "two queues a port, two of control messages");

static struct virtio_console *console_of(struct virtio_dev *d)
{
	return container_of(d, struct virtio_console, dev);
}

static bool is_multiport(const struct virtio_console *c)
{
	return virtio_has(&c->dev, VIRTIO_CONSOLE_F_MULTIPORT);
}

/* --- control messages to the driver ---------------------------------------- */

/* What follows the header; its length. */
static size_t make_message(const struct virtio_console *c, unsigned int port,
			   enum message what, struct control *m, char *more)
{
	const struct console_port *p = &c->ports[port];
	uint16_t event = VIRTIO_CONSOLE_PORT_ADD, value = 1;
	size_t len = 0;

	switch (what) {
	case OWES_ADD:
		break;
	case OWES_CONSOLE:
		event = VIRTIO_CONSOLE_CONSOLE_PORT;
		break;
	case OWES_NAME:
		event = VIRTIO_CONSOLE_PORT_NAME;
		len = strlen(p->name);
		memcpy(more, p->name, len);
		break;
	case OWES_SIZE: {
		const le16 size[2] = { { c->cols }, { c->rows } };

		event = VIRTIO_CONSOLE_RESIZE;
		len = sizeof(size);
		memcpy(more, size, len);
		break;
	}
	case OWES_OPEN:
		event = VIRTIO_CONSOLE_PORT_OPEN;
		value = p->is_connected;
		break;
	}
	*m = (struct control){ { port }, { event }, { value } };
	return len;
}

/* 1: sent; 0: the driver has no buffer now; -EINVAL: the queue is broken. */
static int send_message(struct virtio_console *c, unsigned int port,
			enum message what)
{
	struct virtqueue *vq = &c->dev.queues[CONTROL_IN].vq;
	struct {
		struct control head;
		char more[VIRTIO_CONSOLE_NAME];
	} m;
	size_t len = sizeof(m.head);
	int ret = vq_pop(vq, &c->scratch);

	if (ret <= 0)
		return ret;
	len += make_message(c, port, what, &m.head, m.more);
	if (c->scratch.write_len < len) {
		vq_break(vq, VQ_BAD_CHAIN, &c->scratch);
		return -EINVAL;
	}
	if (vq_chain_write(&c->scratch, 0, &m, len)) {
		vq_break(vq, VQ_REVOKED, &c->scratch);
		return -EINVAL;
	}
	ret = vq_push(vq, c->scratch.head, (uint32_t)len);
	return ret ? ret : 1;
}

/* 1: nothing is owed any more; otherwise as send_message(). */
static int send_owed(struct virtio_console *c)
{
	for (unsigned int i = 0; i < c->nr_ports; i++) {
		struct console_port *p = &c->ports[i];

		while (p->owed) {
			unsigned int bit = (unsigned int)__builtin_ctz(p->owed);
			int ret = send_message(c, i, (enum message)bit);

			if (ret <= 0)
				return ret;
			p->owed &= (uint8_t) ~(1U << bit);
		}
	}
	return 1;
}

static void tell_driver(struct virtio_console *c)
{
	struct virtqueue *vq = &c->dev.queues[CONTROL_IN].vq;
	int ret;

	if (!is_multiport(c) || !console_can_use(c, CONTROL_IN))
		return;
	ret = send_owed(c);
	if (ret == 0)
		ret = vq_kicks_on(vq);
	else if (ret > 0)
		ret = 0;
	if (ret < 0) {
		virtio_dev_broken(&c->dev, CONTROL_IN);
		return;
	}
	virtio_publish(&c->dev, CONTROL_IN);
	if (ret > 0) /* a buffer came meanwhile */
		virtio_kick_again(&c->dev, CONTROL_IN);
}

static void owe(struct console_port *p, enum message what)
{
	p->owed |= (uint8_t)(1U << what);
}

/* --- control messages from the driver -------------------------------------- */

static void device_ready(struct virtio_console *c)
{
	for (unsigned int i = 0; i < c->nr_ports; i++) {
		if (c->ports[i].exists)
			owe(&c->ports[i], OWES_ADD);
	}
}

static void port_ready(struct virtio_console *c, unsigned int port)
{
	struct console_port *p = &c->ports[port];

	p->is_ready = true;
	if (port == 0 && c->has_hvc)
		owe(p, OWES_CONSOLE);
	if (*p->name)
		owe(p, OWES_NAME);
	if (port == 0 && virtio_has(&c->dev, VIRTIO_CONSOLE_F_SIZE))
		owe(p, OWES_SIZE);
	if (p->is_connected)
		owe(p, OWES_OPEN);
}

/* What it does not know a device ignores, §5.3.6. */
static void take_message(struct virtio_console *c, const struct control *m)
{
	const uint32_t id = le32_get(m->id);
	const bool yes = le16_get(m->value) != 0;
	const uint16_t event = le16_get(m->event);
	struct console_port *p;

	if (event == VIRTIO_CONSOLE_DEVICE_READY) {
		if (yes)
			device_ready(c);
		return;
	}
	if (id >= c->nr_ports || !c->ports[id].exists)
		return;
	p = &c->ports[id];
	if (event == VIRTIO_CONSOLE_PORT_READY) {
		if (yes)
			port_ready(c, id);
		else
			p->is_ready = p->is_open = false;
	} else if (event == VIRTIO_CONSOLE_PORT_OPEN) {
		p->is_open = yes;
		console_tell_input_room(p);
	}
}

/* 1: one was taken; 0: there is none; -EINVAL: the queue is broken. */
static int receive_message(struct virtio_console *c, struct virtqueue *vq)
{
	struct control m;
	int ret = console_pop(vq, &c->scratch);

	if (ret <= 0)
		return ret;
	ret = vq_chain_read(&c->scratch, 0, &m, sizeof(m));
	if (ret) {
		vq_break(vq, ret == -EFAULT ? VQ_REVOKED : VQ_BAD_CHAIN,
			 &c->scratch);
		return -EINVAL;
	}
	take_message(c, &m);
	ret = vq_push(vq, c->scratch.head, 0);
	return ret ? ret : 1;
}

static void receive_messages(struct virtio_console *c)
{
	struct virtqueue *vq = &c->dev.queues[CONTROL_OUT].vq;
	unsigned int nr = 0;
	int ret;

	do
		ret = receive_message(c, vq);
	while (ret > 0 && ++nr < VIRTIO_CONSOLE_QUEUE);
	if (ret < 0) {
		virtio_dev_broken(&c->dev, CONTROL_OUT);
		return;
	}
	virtio_publish(&c->dev, CONTROL_OUT);
	if (ret > 0)
		virtio_kick_again(&c->dev, CONTROL_OUT);
	tell_driver(c);
}

/* --- the class ------------------------------------------------------------- */

static int start(struct virtio_dev *d)
{
	struct virtio_console *c = console_of(d);
	struct console_port *p = &c->ports[0];

	p->exists = p->host.output && (c->has_hvc || is_multiport(c));
	/* Without control messages there is one port, always open, of which the
	 * driver makes its terminal. */
	if (!is_multiport(c))
		p->is_ready = p->is_open = p->exists;
	return 0;
}

static void stop(struct virtio_dev *d)
{
	struct virtio_console *c = console_of(d);

	console_flush(c);
	for (unsigned int i = 0; i < c->nr_ports; i++) {
		struct console_port *p = &c->ports[i];

		p->is_ready = p->is_open = false;
		p->owed = 0;
	}
}

static void kick(struct virtio_dev *d, unsigned int q)
{
	struct virtio_console *c = console_of(d);
	bool is_control = q == CONTROL_IN || q == CONTROL_OUT;

	if (!console_can_use(c, q) || (q > 1 && !is_multiport(c)))
		return;
	if (!is_control)
		console_kick_port(c, q);
	else if (q == CONTROL_IN)
		tell_driver(c);
	else
		receive_messages(c);
}

static void queue_stop(struct virtio_dev *d, unsigned int q)
{
	if (q % 2 == 1 && q != CONTROL_OUT)
		console_of(d)->ports[q < CONTROL_IN ? 0 : q / 2 - 1].has_chain =
			false;
}

static void config_read(struct virtio_dev *d, unsigned int offset, void *buf,
			unsigned int len)
{
	const struct virtio_console *c = console_of(d);
	const struct virtio_console_config config = {
		.cols = c->cols,
		.rows = c->rows,
		.max_nr_ports = c->nr_ports,
	};

	memcpy(buf, (const uint8_t *)&config + offset, len);
}

/* A byte without a queue, before features are agreed on (§5.3.4). */
static void config_write(struct virtio_dev *d, unsigned int offset,
			 const void *buf, unsigned int len)
{
	const struct virtio_console *c = console_of(d);
	const struct virtio_console_host *h = &c->ports[0].host;

	if (offset == offsetof(struct virtio_console_config, emerg_wr) &&
	    len > 0 && c->has_hvc)
		(void)h->output(h->ctx, buf, 1);
}

static const struct virtio_class console_class = {
	.name = "console",
	.id = VIRTIO_ID_CONSOLE,
	.max_size = VIRTIO_CONSOLE_QUEUE,
	.pci_class = 0x078000U << 8, /* communication of another kind */
	.start = start,
	.stop = stop,
	.kick = kick,
	.config_read = config_read,
	.config_write = config_write,
	.queue_stop = queue_stop,
};

/* --- for its owner --------------------------------------------------------- */

void virtio_console_connected(struct virtio_console *c, unsigned int port,
			      bool is_connected)
{
	struct console_port *p = &c->ports[port];

	pthread_mutex_lock(&c->dev.lock);
	if (p->is_connected != is_connected) {
		p->is_connected = is_connected;
		if (!is_connected)
			console_drop_chain(c, port);
		if (p->is_ready)
			owe(p, OWES_OPEN);
		tell_driver(c);
	}
	pthread_mutex_unlock(&c->dev.lock);
}

void virtio_console_resize(struct virtio_console *c, uint16_t cols,
			   uint16_t rows)
{
	pthread_mutex_lock(&c->dev.lock);
	if ((c->cols != cols || c->rows != rows) &&
	    (c->dev.offered & FEATURE(SIZE))) {
		c->cols = cols;
		c->rows = rows;
		virtio_config_changed(&c->dev);
		if (c->ports[0].is_ready && is_multiport(c) &&
		    virtio_has(&c->dev, VIRTIO_CONSOLE_F_SIZE))
			owe(&c->ports[0], OWES_SIZE);
		tell_driver(c);
	}
	pthread_mutex_unlock(&c->dev.lock);
}

static void init_port(struct console_port *p,
		      const struct virtio_console_port *i)
{
	p->exists = i->host.output != NULL;
	p->host = i->host;
	p->is_connected = i->is_connected;
	if (i->name)
		(void)snprintf(p->name, sizeof(p->name), "%s", i->name);
}

int virtio_console_create(struct virtio_console **out,
			  const struct virtio_console_init *i)
{
	struct virtio_console *c = calloc(1, sizeof(*c));
	const bool is_many = i->nr_ports > 1 || !i->has_hvc;
	const struct virtio_dev_init init = {
		.class = &console_class,
		.number = i->number,
		.window = i->window,
		.loop = i->loop,
		.features = (i->has_hvc ? FEATURE(EMERG_WRITE) : 0) |
			    (i->has_size ? FEATURE(SIZE) : 0) |
			    (is_many ? FEATURE(MULTIPORT) : 0),
		.config_len = sizeof(struct virtio_console_config),
		.nr_queues = is_many ? 2 + 2 * i->nr_ports : 2,
		.queue_size = i->queue_size,
		/* Linux' hvc spins, its interrupts off. */
		.at_once = i->has_hvc ? 1U << console_out_queue(0) : 0,
	};
	int err;

	assert(i->nr_ports > 0 && i->nr_ports <= VIRTIO_CONSOLE_PORTS);
	assert(i->has_hvc ? i->ports[0].host.output != NULL : !i->has_size);
	if (!c)
		return -ENOMEM;
	c->nr_ports = i->nr_ports;
	c->has_hvc = i->has_hvc;
	c->cols = i->cols;
	c->rows = i->rows;
	for (unsigned int p = 0; p < i->nr_ports; p++)
		init_port(&c->ports[p], &i->ports[p]);
	err = virtio_dev_init(&c->dev, &init);
	if (err)
		free(c);
	else
		*out = c;
	return err;
}

void virtio_console_destroy(struct virtio_console *c)
{
	if (!c)
		return;
	virtio_dev_fini(&c->dev);
	free(c);
}

struct virtio_dev *virtio_console_dev(struct virtio_console *c)
{
	return &c->dev;
}
