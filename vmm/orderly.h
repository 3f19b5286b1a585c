/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * orderly.h: a thread that does for the vCPUs' what these may not (guard.h):
 * starting a device makes threads, rings and children.
 */
#ifndef LKVM_PVM_ORDERLY_H
#define LKVM_PVM_ORDERLY_H

#include <pthread.h>

#include "base.h"

struct orderly {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	void (*work)(void *arg); /* NULL: nothing to do */
	void *arg;
	bool started; /* between start and stop; main thread writes it */
	bool stop;
};

/* While no vCPU runs. 0, or -errno, logged. */
int __must_check orderly_start(struct orderly *o);
void orderly_stop(struct orderly *o);

/*
 * Has work(arg) done by the thread, and waits for that; by the caller when there
 * is none. For struct virtio_dev. Any thread.
 */
void orderly_do(void *orderly, void (*work)(void *arg), void *arg);

#endif
