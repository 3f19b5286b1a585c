/* SPDX-License-Identifier: GPL-2.0-only */
/* exec_state.h: what exec.c and exec_send.c know of a command in the guest. */
#ifndef LKVM_PVM_EXEC_STATE_H
#define LKVM_PVM_EXEC_STATE_H

#include "exec.h"
#include "exec_line.h"
#include "exec_wire.h"
#include "vm.h"

/* How the guest's init is reached: as it chose, by its first word. */
enum exec_channel {
	EXEC_CHANNEL_NONE,
	EXEC_CHANNEL_PORT,
	EXEC_CHANNEL_SERIAL,
};

struct exec {
	struct vm *vm;
	bool tty; /* the command has a terminal of its own */
	void *initrd;
	size_t initrd_len;
	unsigned int port;
	struct exec_line line; /* of the serial port; vm->io_lock */

	pthread_mutex_t lock;
	struct exec_wire wire GUARDED_BY(lock);
	enum exec_channel channel GUARDED_BY(lock);

	/* The rest is the loop's. */
	struct watch work; /* eventfd; -1: none */
	struct term err;   /* standard error */
	bool has_err;
	int null;	/* what err reads */
	bool is_serial; /* the channel is, once greeted */
	bool greeted, in_ended, size_changed, interrupted;
	int signal; /* to be passed on, or 0 */
	int lost;   /* -errno: not all of the output could be written */
	uint8_t frame[sizeof(struct exec_head) + EXEC_START_MAX];
	size_t frame_pos, frame_len;
};

/* The loop looks at @e; any thread. */
void exec_wake(struct exec *e);

/* The rest is exec_send.c; loop's thread. */
bool exec_is_sending(const struct exec *e);
void exec_send_start(struct exec *e);
/* The next frame, if there is one to be sent. e->lock held. */
void exec_next_frame(struct exec *e);
/* As much as the guest takes now. */
void exec_flush(struct exec *e);

#endif
