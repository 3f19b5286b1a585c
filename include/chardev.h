/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * chardev.h: a stream of bytes at the host's end of a guest's port: appended to
 * a file, on a pseudoterminal, or with one client at a time of a unix socket.
 *
 * Nothing waits and nothing piles up here: output is taken as far as the kernel
 * takes it, input is read only when the last of it was taken.
 */
#ifndef LKVM_PVM_CHARDEV_H
#define LKVM_PVM_CHARDEV_H

#include "loop.h"

enum chardev_kind {
	CHARDEV_FILE, /* output alone; appended */
	CHARDEV_PTY,  /* a new one; its name is logged */
	CHARDEV_UNIX, /* a socket that we listen on */
};

/* Who has it. Called on the loop's thread, no lock held. */
struct chardev_host {
	void *ctx;
	/* Bytes that came; returns how many were taken. */
	size_t (*input)(void *ctx, const uint8_t *bytes, size_t len);
	/* chardev_output() took less than it was offered; now try again. */
	void (*output_room)(void *ctx);
	/* A client came or left. */
	void (*connected)(void *ctx, bool is_connected);
};

struct chardev_init {
	enum chardev_kind kind;
	const char *path; /* of a file or a socket; borrowed */
	const char *name; /* for log lines: "port 'log'"; borrowed */
	struct loop *loop;
	struct chardev_host host;
};

struct chardev;

/*
 * 0, or -errno with the reason logged. close() also removes the socket; it is
 * for the loop's thread, and NULL is fine.
 */
int __must_check chardev_open(struct chardev **out,
			      const struct chardev_init *i);
void chardev_close(struct chardev *c);

/*
 * Returns how many of the bytes were taken. Those that cannot arrive (a full
 * disk, a client that does not listen) count as taken and are warned of once.
 * Any thread, any lock held.
 */
size_t chardev_output(struct chardev *c, const uint8_t *bytes, size_t len);
/* input() took less than it was offered, and would take more. As above. */
void chardev_input_room(struct chardev *c);
/* Somebody is, or may be, at the other end. Loop's thread. */
bool chardev_is_connected(const struct chardev *c);

#endif
