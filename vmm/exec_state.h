/* SPDX-License-Identifier: GPL-2.0-only */
/* exec_state.h: what the files of exec know of a command in the guest. */
#ifndef LKVM_PVM_EXEC_STATE_H
#define LKVM_PVM_EXEC_STATE_H

#include "exec.h"
#include "exec_line.h"
#include "exec_wire.h"
#include "vm.h"

struct exec {
	struct vm *vm;
	bool tty; /* the command has a terminal of its own */
	void *initrd;
	size_t initrd_len;
	unsigned int port;
	struct exec_line line; /* of the serial port; vm->io_lock */

	pthread_mutex_t lock;
	struct exec_wire wire GUARDED_BY(lock);
	/* As the init chose, by its first word. */
	enum exec_channel channel GUARDED_BY(lock);

	/* The rest is the loop's. */
	struct watch work;  /* eventfd; -1: none */
	struct watch vsock; /* our end of a connection; -1: none */
	struct term err;    /* standard error */
	bool has_err;
	int null;		      /* what err reads */
	enum exec_channel greeted_by; /* the channel, once greeted */
	bool in_ended, size_changed, interrupted;
	int signal;  /* to be passed on, or 0 */
	int lost;    /* -errno: not all of the output could be written */
	bool is_cut; /* nor all of the input be read, which was told */
	uint8_t frame[sizeof(struct exec_head) + EXEC_START_MAX];
	size_t frame_pos, frame_len;
};

/* The loop looks at @e; any thread. */
void exec_wake(struct exec *e);

/*
 * The guest sent @bytes by @channel; @fault: why that cannot go on, or NULL. Any
 * thread.
 */
void exec_take(struct exec *e, enum exec_channel channel, const uint8_t *bytes,
	       size_t len, const char *fault);

/* exec_vsock.c; loop's thread. How many of @bytes there was room for. */
size_t exec_vsock_send(struct exec *e, const uint8_t *bytes, size_t len);
void exec_vsock_close(struct exec *e);

/* The rest is exec_send.c; loop's thread. */
bool exec_is_sending(const struct exec *e);
void exec_send_start(struct exec *e);
/* The next frame, if there is one to be sent. e->lock held. */
void exec_next_frame(struct exec *e);
/* As much as the guest takes now. */
void exec_flush(struct exec *e);

#endif
