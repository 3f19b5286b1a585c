/* SPDX-License-Identifier: GPL-2.0-only */
/* exec_verdict.h: what the end of exec's command means to who asked for it. */
#ifndef LKVM_PVM_EXEC_VERDICT_H
#define LKVM_PVM_EXEC_VERDICT_H

#include "config.h"
#include "exec_proto.h"
#include "verdict.h"

/* The init's last word @end, which exec_wire.c has checked, about @c. */
void exec_verdict_end(struct verdict *v, const struct config_exec *c,
		      const struct exec_end *end);

/*
 * Output of the command was lost, -errno @err says how: -EPIPE and -ETIMEDOUT
 * mean that nobody reads it.
 */
void exec_verdict_loss(struct verdict *v, int err);

/*
 * The input of a command that came to its end was cut short, -errno @err says
 * why: no success, but a failure of the command's own stays one.
 */
void exec_verdict_cut(struct verdict *v, int err);

#endif
