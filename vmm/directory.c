// SPDX-License-Identifier: GPL-2.0-only
/* directory.c: directories that we make. */
#include "directory.h"

#include <errno.h>
#include <sys/stat.h>

int directory_make(const char *path, mode_t mode)
{
	const mode_t mask = umask(0777);
	int err;

	(void)umask(mask & 0077);
	err = mkdir(path, mode) && errno != EEXIST ? -errno : 0;
	(void)umask(mask);
	return err;
}
