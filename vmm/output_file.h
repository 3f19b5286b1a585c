/* SPDX-License-Identifier: GPL-2.0-only */
/* output_file.h: a file of the user's that is opened to be written. */
#ifndef LKVM_PVM_OUTPUT_FILE_H
#define LKVM_PVM_OUTPUT_FILE_H

#include <stddef.h>

#include "base.h"

/*
 * Opens and empties @path, so that nobody finds there what an earlier run left;
 * several that open the same file do not overwrite each other's text. Names of a
 * descriptor of ours (/dev/stdout, /dev/fd/7) give another one of the same open
 * file: what is in it stays. A FIFO's reader is waited for, 5 s at most. The
 * descriptor, or -errno with the reason logged; @option is for that line.
 */
int __must_check output_open(const char *option, const char *path);

/* All of it; 0 or -errno. Waits where somebody has made @fd non-blocking. */
int __must_check output_write(int fd, const void *bytes, size_t len);

#endif
