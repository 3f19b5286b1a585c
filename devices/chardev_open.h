/* SPDX-License-Identifier: GPL-2.0-only */
/* chardev_open.h: how the descriptors of chardev.c are made. */
#ifndef LKVM_PVM_DEVICES_CHARDEV_OPEN_H
#define LKVM_PVM_DEVICES_CHARDEV_OPEN_H

#include "chardev.h"

/* Each makes non-blocking descriptors: 0, or -errno with the reason logged. */
int __must_check chardev_open_file(const struct chardev_init *i, int *fd);
/* @slave is kept open: so the other end is there whoever comes and goes. */
int __must_check chardev_open_pty(const struct chardev_init *i, int *fd,
				  int *slave);

#endif
