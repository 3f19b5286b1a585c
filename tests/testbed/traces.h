/* SPDX-License-Identifier: GPL-2.0-only */
/* What a job may leave behind in the emulated host, and its removal. */
#ifndef TESTBED_TRACES_H
#define TESTBED_TRACES_H

#include <stdbool.h>
#include <stddef.h>

/* Directories of VMs in debugfs. */
long traces_vms(void);

/* Pages pinned for good that nobody unpinned; -1 when the kernel hides it. */
long traces_pinned(void);

/*
 * The names of all processes but this one (PID 1) and the kernel's threads,
 * separated by spaces; how many there are.
 */
unsigned int traces_processes(char *names, size_t size);

/* Removes a directory and what is in it. */
void traces_remove(const char *dir);

/* True for the first line of a kernel's complaint about itself. */
bool traces_is_harm(const char *line);

#endif
