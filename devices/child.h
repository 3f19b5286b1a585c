/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child.h: programs that we start: never by fork(), with nothing of ours but
 * the descriptors they are given.
 */
#ifndef LKVM_PVM_CHILD_H
#define LKVM_PVM_CHILD_H

#include <sys/types.h>

#include "base.h"

struct spawner;

/* Descriptors of ours, and their numbers in the child; stdin is /dev/null. */
struct child_fd {
	int ours, theirs; /* theirs: 1 or more */
};

/*
 * Starts @argv[0], looked for on PATH unless it has a slash, in a process group
 * of its own: keys of our terminal are not for it. By @s, which may be NULL as
 * long as our system calls are not filtered. 0 or -errno.
 */
int __must_check child_start(struct spawner *s, pid_t *pid,
			     const char *const argv[],
			     const struct child_fd *fds, unsigned int nr);
/* spawner.c: that, by @s. */
int __must_check spawner_spawn(struct spawner *s, pid_t *pid,
			       const char *const argv[],
			       const struct child_fd *fds, unsigned int nr);

/*
 * Ends the child and what it started. It has had its reason to end already (a
 * socket is closed): @patience_ms later it is killed. *@pid becomes 0; 0 and
 * before: there is none. Its wait status, or -1. One that the kernel does not
 * let go is left to itself, with one line: we never wait for ever.
 */
int child_end(pid_t *pid, unsigned int patience_ms);

#define CHILD_HELP_MAX KIB(32)

/*
 * What @program, a name as above, prints when it is asked for --help: the first
 * CHILD_HELP_MAX - 1 bytes of it, or what comes within seconds. 0 or -errno.
 */
int __must_check child_help(const char *program, char text[CHILD_HELP_MAX]);

#endif
