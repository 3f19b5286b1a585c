/* SPDX-License-Identifier: GPL-2.0-only */
/* control_name.h: what control.c has of control_name.c: a name and its socket. */
#ifndef LKVM_PVM_CONTROL_NAME_H
#define LKVM_PVM_CONTROL_NAME_H

#include <sys/stat.h>

#include "control.h"

struct control_name {
	char name[CONTROL_NAME_MAX + 1];
	char path[CONTROL_PATH_MAX + CONTROL_NAME_MAX + 8];
	struct stat made; /* what was made at path */
	int fd;		  /* it listens; the caller's */
};

/* @name, or one of our own making for NULL. 0 or -errno, logged. */
int __must_check control_name_take(struct control_name *n, const char *name);
/* Removes the socket, if it is still ours. */
void control_name_drop(const struct control_name *n);

#endif
