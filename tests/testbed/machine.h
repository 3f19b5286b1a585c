/* SPDX-License-Identifier: GPL-2.0-only */
/* The emulated pKVM host as a machine: one QEMU and the agent in it. */
#ifndef TESTBED_MACHINE_H
#define TESTBED_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire.h"

#define MACHINE_BOOT_MS 180000 /* a slow CI machine, Debian's big kernel */

/* What a host is made of; strings are borrowed. */
struct machine_config {
	const char *qemu;   /* program and maybe options, split at spaces */
	const char *cpu;    /* -cpu */
	const char *gic;    /* gic-version */
	const char *params; /* added to the kernel's command line */
	const char *kernel, *initrd;
	const char *share; /* directory seen as /mnt in the host, or NULL */
	unsigned int smp, mem_mib;
	char log[256];	    /* console (the host kernel's own messages) */
	char qemu_log[256]; /* what QEMU itself says */
};

struct machine {
	pid_t pid; /* QEMU; 0 when it does not run */
	int fd;	   /* the agent's stream, non-blocking; -1 */
	struct wire_in in;
};

/*
 * Starts QEMU and waits for the agent; 0 or -errno (-ETIMEDOUT, -EPIPE when
 * QEMU or the host died, -EINTR when stop_fd became readable). The host ends
 * with this process, however that ends.
 */
int machine_start(struct machine *m, const struct machine_config *cfg,
		  int stop_fd);

/*
 * Waits up to timeout_ms (-1: for ever) for a frame; 1 and *frame, or -errno
 * as above.
 */
int machine_receive(struct machine *m, struct wire_frame *frame,
		    int64_t timeout_ms, int stop_fd);

/* Ends QEMU; harmless when there is none. */
void machine_stop(struct machine *m);

/* Prints the end of a log file on stderr, under a title. */
void machine_show_log(const char *title, const char *path);

#endif
