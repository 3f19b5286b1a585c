/* SPDX-License-Identifier: GPL-2.0-only */
/* event.h: eventfds of queues, which a back end may have been given as well. */
#ifndef LKVM_PVM_VIRTIO_EVENT_H
#define LKVM_PVM_VIRTIO_EVENT_H

#include "virtio.h"

/* One more signal, on the data path: of a file that nobody else was given. */
void event_signal(int fd);
/*
 * As well, of a file that a back end has too, whatever that did to it: @a is a
 * device's own, or of zeros. Any thread.
 */
void event_signal_shared(const struct event_aio *a, int fd);
/* What that needs; of zeros where the kernel has none. close is idempotent. */
struct event_aio event_aio_open(void);
void event_aio_close(struct event_aio *a);
/* How many there were; does not wait either, whoever has the file. */
uint64_t event_drain(int fd);

#endif
