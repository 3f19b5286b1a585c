/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * consoles.h: the virtio console of a VM, with what is behind its ports: the
 * terminal behind port 0, files, pseudoterminals and sockets behind the others, and
 * exec behind the last; that is port 0 where it is the only one.
 */
#ifndef LKVM_PVM_CONSOLES_H
#define LKVM_PVM_CONSOLES_H

#include "chardev.h"
#include "virtio_console.h"

struct vm;
struct consoles;

/* The host's end of one port. */
struct console_end {
	struct vm *vm;
	unsigned int port;
	char name[sizeof("port ''") + VIRTIO_CONSOLE_NAME]; /* in log lines */
	struct chardev *chardev; /* NULL: the terminal */
};

struct consoles {
	struct virtio_console *device; /* NULL: none */
	struct console_end ends[VIRTIO_CONSOLE_PORTS];
};

/* 0, or -errno with the reason logged; fini of what was made. */
int __must_check consoles_init(struct vm *vm);
void consoles_fini(struct vm *vm);

/* Whether the guest has its console on hvc0. Loop's thread, as all below. */
bool consoles_have_terminal(const struct vm *vm);
/* On the console, wherever it is; how many bytes the guest had room for. */
size_t consoles_type(struct vm *vm, const uint8_t *bytes, size_t len);
void consoles_break(struct vm *vm);
void consoles_output_room(struct vm *vm);
/* The terminal may have another size now. */
void consoles_resize(struct vm *vm);

#endif
