/* SPDX-License-Identifier: GPL-2.0-only */
/* event.h: eventfds of queues, which a back end may have been given as well. */
#ifndef LKVM_PVM_VIRTIO_EVENT_H
#define LKVM_PVM_VIRTIO_EVENT_H

#include "base.h"

/*
 * One more signal; how many there were. Neither waits, whatever the back end
 * did to the file's flags.
 */
void event_signal(int fd);
uint64_t event_drain(int fd);

#endif
