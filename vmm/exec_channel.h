/* SPDX-License-Identifier: GPL-2.0-only */
/* exec_channel.h: --channel of exec: which ways to its init the guest is given. */
#ifndef LKVM_PVM_EXEC_CHANNEL_H
#define LKVM_PVM_EXEC_CHANNEL_H

#include "config.h"

/*
 * Unless the user has, chooses by what the kernel says of its configuration, when
 * it can be seen without unpacking it; adds a vsock device if that is needed.
 */
void exec_channel_find(struct config *cfg);

/* What the guest's kernel is told, behind everything else. */
const char *exec_channel_params(const struct config *cfg);

/* "port", "vsock", "serial", "none": what verdicts say. */
const char *exec_channel_name(enum exec_channel channel);

/* Logs which it is, and what would have been better. */
void exec_channel_tell(const struct config *cfg, enum exec_channel channel);

#endif
