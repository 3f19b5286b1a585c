/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exec.h: `lkvm-pvm exec`: one command in a guest, its three streams and its
 * end, carried by our own init there (loader/init/) over a port of the virtio
 * console, a vsock connection, or the serial port.
 */
#ifndef LKVM_PVM_EXEC_H
#define LKVM_PVM_EXEC_H

#include "exec_proto.h"

struct exec;
struct vm;
struct verdict;
struct virtio_console_port;
struct virtio_vsock;

/* For vm->cfg->exec. 0, or -errno with the reason logged; NULL is fine. */
int __must_check exec_create(struct exec **out, struct vm *vm);
void exec_destroy(struct exec *e);

/* The initrd with the init; as long as @e lives. */
const void *exec_initrd(const struct exec *e, size_t *len);
/* Its end of port number @at. */
void exec_port(struct exec *e, unsigned int at,
	       struct virtio_console_port *port);
/*
 * The guest's first connection to EXEC_VSOCK_PORT of @v is ours (exec_vsock.c).
 * 0, or -errno with the reason logged; @v goes before @e.
 */
int __must_check exec_vsock(struct exec *e, struct virtio_vsock *v);

/*
 * A byte of the serial port, vm->io_lock held. True: it is the init's own, and
 * not the console's.
 */
bool exec_hear_serial(struct exec *e, uint8_t byte);

/*
 * Streams of our own: the terminal is vm->term. 0, or -errno, reason logged.
 * Loop's thread, as all below.
 */
int __must_check exec_open(struct exec *e);
/* @out_lost: what term_fini() said about vm->term. */
void exec_close(struct exec *e, int out_lost);
/* Waits less long for who reads standard error. */
void exec_hurry(struct exec *e);
bool exec_has_tty(const struct exec *e);
size_t exec_typed(struct exec *e, const uint8_t *bytes, size_t len);
void exec_typed_end(struct exec *e);
/* There is room for output again. */
void exec_output_room(struct exec *e);
void exec_resize(struct exec *e);
/* SIGINT: the first is the command's. True: it was passed on. */
bool exec_interrupt(struct exec *e);
/* The command is asked to end. False: there is none. */
bool exec_stop(struct exec *e);
/* Whether its init was heard of, ever. Any thread. */
bool exec_is_reached(struct exec *e);
/* Whether its command has started and not ended. Any thread. */
bool exec_runs(struct exec *e);

/*
 * The VM has ended: what that means to who asked for a command. After
 * exec_close() once more: its output may have been lost.
 */
void exec_judge(struct exec *e, struct verdict *v);

#endif
