/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * term.h: the user's terminal: raw mode, escape keys, and an output queue
 * that a thread of its own writes out, so that neither a vCPU nor the I/O loop
 * ever sits in write(2). stdin may be a terminal, a pipe, a file or /dev/null.
 *
 * Keys: Ctrl-a x ends lkvm-pvm, Ctrl-a b sends a break, Ctrl-a a sends
 * Ctrl-a, Ctrl-a h (or ?) shows this list. They act only when stdin is a
 * terminal; in a pipe or file every byte goes to the guest.
 */
#ifndef LKVM_PVM_TERM_H
#define LKVM_PVM_TERM_H

#include <pthread.h>
#include <termios.h>

#include "loop.h"

#define TERM_OUT_SIZE 65536U /* bytes of output queued at most */

struct term_host {
	void *ctx;
	/* Bytes typed; returns how many were taken. Loop thread. */
	size_t (*input)(void *ctx, const uint8_t *bytes, size_t len);
	void (*send_break)(void *ctx); /* Ctrl-a b; loop thread */
	void (*quit)(void *ctx);       /* Ctrl-a x; loop thread */
};

struct term {
	struct term_host host;
	struct loop *loop;
	struct watch in;
	int in_fd, out_fd; /* borrowed */
	bool is_tty;	   /* stdin is a terminal */
	bool can_poll;	   /* stdin works with epoll */
	bool escape;	   /* Ctrl-a was typed; the next key is for us */
	bool in_eof;
	uint8_t held[256]; /* typed, not yet taken by the guest */
	size_t held_pos, held_len;

	pthread_t writer;
	bool writer_started;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t more, room;
	uint8_t out[TERM_OUT_SIZE] GUARDED_BY(lock);
	size_t out_head GUARDED_BY(lock), out_len GUARDED_BY(lock);
	bool closing GUARDED_BY(lock), out_dead GUARDED_BY(lock);
};

/*
 * Puts a terminal on @in_fd into raw mode (restored by term_fini(), at exit
 * and by term_emergency_restore()), starts the writer and watches the input.
 */
int __must_check term_init(struct term *t, struct loop *loop, int in_fd,
			   int out_fd, const struct term_host *host);

/* Writes out what is queued (1 s at most), then restores the terminal. */
void term_fini(struct term *t);

/*
 * Queues guest output; never waits. Bytes that find the queue full, or whose
 * reader went away, are dropped. Any thread, any lock held.
 */
void term_write(struct term *t, const uint8_t *bytes, size_t len);

/*
 * Waits while more than half of the queue is in use: what keeps a guest from
 * outrunning a slow reader. vCPU threads call it after an exit, no lock held.
 * Cheap when there is room (one atomic load).
 */
void term_throttle(struct term *t);

/* input() refused bytes before and has room now. Any thread. */
void term_input_room(struct term *t);

/* Lets nobody wait in term_throttle() any more: the VM is being stopped. */
void term_release_writers(struct term *t);

/* Async-signal-safe: the terminal as it was before term_init(). */
void term_emergency_restore(void);

#endif
