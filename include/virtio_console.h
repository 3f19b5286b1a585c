/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio_console.h: a console device (virtio 1.3 §5.3): port 0 may be a terminal,
 * the guest's hvc0; all others are its /dev/vportNpM. What is behind a port is
 * its owner's: bytes go out by a function that may take fewer than it is offered,
 * and come in by one that does the same.
 *
 * Nothing is dropped for want of room: what the guest writes stays in its queue
 * until it was taken, what is for the guest stays with the owner.
 */
#ifndef LKVM_PVM_VIRTIO_CONSOLE_H
#define LKVM_PVM_VIRTIO_CONSOLE_H

#include "loop.h"
#include "window.h"

/* Two queues a port and two for control messages: VIRTIO_MAX_QUEUES. */
#define VIRTIO_CONSOLE_PORTS 8U
/*
 * Entries of a queue. Linux fills a receive queue with pages, and a program
 * may fill a transmit queue with writes of 32 KiB.
 */
#define VIRTIO_CONSOLE_QUEUE 16U
#define VIRTIO_CONSOLE_FEW   4U	 /* enough for exec's frames */
#define VIRTIO_CONSOLE_NAME  64U /* bytes of a port's name, its NUL included */

struct virtio_console;
struct virtio_dev;

/* What is behind a port. Called with the device's lock held, any thread. */
struct virtio_console_host {
	void *ctx;
	/*
	 * Bytes the guest wrote; returns how many were taken. After fewer than
	 * all, virtio_console_output_room() says that it is worth another try.
	 * NULL: there is no such port.
	 */
	size_t (*output)(void *ctx, const uint8_t *bytes, size_t len);
	/*
	 * The guest has room, after virtio_console_input() took less than it
	 * was offered. Wakes whoever feeds it; does not call it from here.
	 */
	void (*input_room)(void *ctx);
};

struct virtio_console_port {
	const char *name; /* for the guest; NULL: none; borrowed */
	struct virtio_console_host host;
	bool is_connected; /* somebody is at the other end */
};

struct virtio_console_init {
	unsigned int number;
	const struct window *window;
	struct loop *loop;
	const struct virtio_console_port *ports;
	unsigned int nr_ports; /* 1 more than the highest there is */
	uint16_t queue_size;   /* 0: VIRTIO_CONSOLE_QUEUE */
	bool has_hvc;	       /* port 0 is a terminal ... */
	bool has_size;	       /* ... and so is what is behind it ... */
	uint16_t cols, rows;   /* ... this big */
};

/* 0 or -errno, nothing logged. */
int __must_check virtio_console_create(struct virtio_console **out,
				       const struct virtio_console_init *i);
void virtio_console_destroy(struct virtio_console *c);
struct virtio_dev *virtio_console_dev(struct virtio_console *c);

/* The following take the device's lock. Loop's thread. */

/*
 * Offers bytes to the guest; returns how many it took: none while it does not
 * have port @port open.
 */
size_t virtio_console_input(struct virtio_console *c, unsigned int port,
			    const uint8_t *bytes, size_t len);
/* output() of @port would take bytes again. */
void virtio_console_output_room(struct virtio_console *c, unsigned int port);
/*
 * Somebody came to the other end of @port, or left: then the rest of a write
 * that was taken in part is dropped.
 */
void virtio_console_connected(struct virtio_console *c, unsigned int port,
			      bool is_connected);
void virtio_console_resize(struct virtio_console *c, uint16_t cols,
			   uint16_t rows);

#endif
