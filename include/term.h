/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * term.h: the user's terminal: raw mode, escape keys, and an output queue
 * that a thread of its own writes out, so that neither a vCPU nor the I/O loop
 * ever sits in write(2). stdin may be a terminal, a pipe, a file or /dev/null.
 *
 * Keys: Ctrl-a x ends lkvm-pvm, Ctrl-a b sends a break, Ctrl-a a (or Ctrl-a
 * Ctrl-a) sends Ctrl-a, Ctrl-a h (or ?) shows this list; Ctrl-a d and x detach
 * from what goes on without us, when that is what we are; before any other key
 * Ctrl-a goes to the guest like the key. They act only when stdin is a
 * terminal; in a pipe or file every byte goes to the guest.
 *
 * In the background of a shell the terminal is left alone, also when it was
 * ours before (kill -STOP, then bg); the first key typed after lkvm-pvm came to
 * the foreground makes it ours.
 */
#ifndef LKVM_PVM_TERM_H
#define LKVM_PVM_TERM_H

#include "loop.h"

#define TERM_OUT_SIZE  65536U /* bytes of output queued at most */
#define TERM_HELD_SIZE 16384U /* bytes typed ahead of the guest at most */

struct term_host {
	void *ctx;
	/* Bytes typed; returns how many were taken. Loop thread. */
	size_t (*input)(void *ctx, const uint8_t *bytes, size_t len);
	void (*send_break)(void *ctx); /* Ctrl-a b; loop thread */
	void (*quit)(void *ctx);       /* Ctrl-a x; loop thread */
	/* term_offer() took nothing before and would now; loop thread */
	void (*output_room)(void *ctx);
	/* input() took all there will ever be; loop thread; may be NULL */
	void (*input_end)(void *ctx);
	/* Ctrl-a x ends us, and so does d; the VM is another's. */
	bool can_detach;
	/* A terminal stays as it is: no raw mode, no keys. */
	bool leave_alone;
	/* It says itself what term_error() is. */
	bool tells_error;
};

struct term_out; /* the output queue and its writer */

struct term {
	struct term_host host;
	struct loop *loop;
	struct watch in;
	struct watch kick; /* eventfd: the guest has room for input */
	struct watch room; /* eventfd: there is room for output again */
	int in_fd;	   /* borrowed */
	bool is_tty;	   /* it is a terminal */
	bool is_raw;	   /* ... and in raw mode */
	bool can_poll;	   /* it works with epoll */
	bool is_watched;
	bool escape; /* Ctrl-a was typed; the next key is for us */
	bool in_eof, in_end_told;
	int in_error; /* -errno of what ended it too early, or 0 */
	uint8_t held[TERM_HELD_SIZE]; /* typed, not yet taken by the guest */
	size_t held_pos, held_len;
	struct term_out *out; /* NULL when not initialised */
};

/*
 * Puts a terminal on @in_fd into raw mode (restored by term_fini(), at exit
 * and by term_emergency_restore()), starts the writer and watches the input.
 * 0 or -errno; nothing is to be undone then.
 */
int __must_check term_init(struct term *t, struct loop *loop, int in_fd,
			   int out_fd, const struct term_host *host);

/*
 * Writes out what is queued, then restores the terminal. Gives up, and says so,
 * when the output's reader takes nothing for 1 s (a terminal) or 30 s (a pipe:
 * somebody may be reading in less; 1 s there too after term_hurry() or when an
 * ending signal is pending). The loop does not run any more. Idempotent, also
 * on a zeroed struct. 0, or -errno, logged, when output was lost: -ETIMEDOUT
 * when it gave up, otherwise as term_error().
 */
int term_fini(struct term *t);

/* The user wants it to end: term_fini() will not wait long. Any thread. */
void term_hurry(struct term *t);

/*
 * Queues guest output; never waits. Bytes that find the queue full, or whose
 * reader went away, are dropped. Any thread, any lock held.
 */
void term_write(struct term *t, const uint8_t *bytes, size_t len);

/*
 * The same for a device that can wait: takes nothing while more than half of
 * the queue is in use, and calls output_room() once it is less. Returns how
 * many bytes were taken.
 */
size_t __must_check term_offer(struct term *t, const uint8_t *bytes,
			       size_t len);

/*
 * Waits while more than half of the queue is in use: what keeps a guest from
 * outrunning a slow reader. vCPU threads call it after an exit, no lock held.
 * Cheap when there is room (one atomic load).
 */
void term_throttle(struct term *t);
/*
 * 0; or the -errno of the write that failed: what comes now is dropped. Any
 * thread.
 */
int term_error(const struct term *t);
/*
 * 0; or the -errno of the read(2) that ended the input before its end. Not of
 * one that was closed, nor of a terminal that hung up. Loop thread.
 */
int term_input_error(const struct term *t);
/* Whether it would not wait now. */
bool term_has_room(const struct term *t);

/*
 * input() refused bytes before and has room now, or is another device after a
 * guest's reset. Any thread, any lock held.
 */
void term_input_room(struct term *t);

/* Lets nobody wait in term_throttle() any more: the VM is being stopped. */
void term_release_writers(struct term *t);
/* ... and again, for the next VM on the same terminal. */
void term_hold_writers(struct term *t);

/*
 * After SIGCONT: the shell may have changed the modes, or kept the terminal.
 * Loop thread.
 */
void term_resume(struct term *t);

/* The size of the terminal that @fd is; false when it is none, or tells none. */
bool term_size(int fd, uint16_t *cols, uint16_t *rows);

/* Async-signal-safe: the terminal as it was before term_init(). */
void term_emergency_restore(void);

#endif
