/* SPDX-License-Identifier: GPL-2.0-only */
/* event.h: eventfds of queues, which a back end may have been given as well. */
#ifndef LKVM_PVM_VIRTIO_EVENT_H
#define LKVM_PVM_VIRTIO_EVENT_H

#include "base.h"

/* One more signal, on the data path: of a file that nobody else was given. */
void event_signal(int fd);
/* As well, whatever a back end that has it did to the file's flags. */
void event_signal_shared(int fd);
/* How many there were; does not wait either, whoever has the file. */
uint64_t event_drain(int fd);

#endif
