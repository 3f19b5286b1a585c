/* SPDX-License-Identifier: GPL-2.0-only */
/* vhost_ioctl.h: what the kernel's vhost devices have in common. */
#ifndef LKVM_PVM_DEVICES_VHOST_IOCTL_H
#define LKVM_PVM_DEVICES_VHOST_IOCTL_H

#include "ring_backend.h"

/*
 * Opens @path and makes us its owner; @features: it can do. The fd, or -errno,
 * nothing logged.
 */
int __must_check vhost_open(const char *path, uint64_t *features);

/* ioctl(2), again when a signal came in between. 0 or -errno. */
int __must_check vhost_call(int fd, unsigned long request, void *arg);

/* As struct ring_backend_class has them; @index: of the device's ring. */
int __must_check vhost_set_features(int fd, uint64_t features);
int __must_check vhost_set_window(int fd, const struct window *w);
int __must_check vhost_set_ring(int fd, unsigned int index,
				const struct ring_queue *r);
/* Of a ring that is stopped: the eventfds are let go, also on failure. */
int __must_check vhost_end_ring(int fd, unsigned int index, uint16_t *base);

#endif
