/* SPDX-License-Identifier: GPL-2.0-only */
/* console.h: what console.c and console_ports.c share of a console device. */
#ifndef LKVM_PVM_VIRTIO_CONSOLE_PORTS_H
#define LKVM_PVM_VIRTIO_CONSOLE_PORTS_H

#include "virtio.h"
#include "virtio_console.h"

/* virtio 1.3 §5.3.2: port 0's queues come before those of control messages. */
#define CONTROL_IN  2U /* to the driver */
#define CONTROL_OUT 3U

struct console_port {
	char name[VIRTIO_CONSOLE_NAME];
	struct virtio_console_host host;
	bool exists;
	bool is_connected; /* at the host's end */

	/* The driver's side, from start() on. */
	bool is_ready; /* PORT_READY: it knows of the port */
	bool is_open;  /* PORT_OPEN: somebody reads it there */
	uint8_t owed;  /* control messages to send: bit of enum message */

	/* Lives on over resets: what the owner of the other end waits for. */
	bool owes_input_room;

	/* A write that was taken in part: the chain, and how much of it. */
	bool has_chain;
	uint32_t done;
	struct vq_chain chain;
};

struct virtio_console {
	struct virtio_dev dev;
	uint16_t cols, rows;
	unsigned int nr_ports;
	bool has_hvc;		 /* port 0 is a terminal */
	struct vq_chain scratch; /* the chain in work, of any other queue */
	struct console_port ports[VIRTIO_CONSOLE_PORTS];
};

static inline unsigned int console_in_queue(unsigned int port)
{
	return port == 0 ? 0 : 2 + 2 * port;
}

static inline unsigned int console_out_queue(unsigned int port)
{
	return console_in_queue(port) + 1;
}

/* False when the device is stopped, or broken, or the queue is not there. */
bool console_can_use(const struct virtio_console *c, unsigned int q);
/* As vq_pop(); when there is nothing the next kick will tell. */
int __must_check console_pop(struct virtqueue *vq, struct vq_chain *c);

/* A kick of a port's queue. Lock held, as for the next ones. */
void console_kick_port(struct virtio_console *c, unsigned int q);
/* The driver has the port open now: who waits to feed it is told. */
void console_tell_input_room(struct console_port *p);
/*
 * The last words: what the driver offered is given to the other ends as far as
 * they take it, 2 s at most, 0.2 s for those who take nothing. Lets go of the
 * lock meanwhile: the device does not run any more. A queue breaks silently, if
 * it does.
 */
void console_flush(struct virtio_console *c);
/* Gives back, dropped, what was taken in part. */
void console_drop_chain(struct virtio_console *c, unsigned int port);

#endif
