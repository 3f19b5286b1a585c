// SPDX-License-Identifier: GPL-2.0-only
/* verdict.c: the file of --verdict. */
#include "verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "events.h"
#include "log.h"

int verdict_open(const char *option, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd >= 0)
		return fd;
	fd = -errno;
	log_err("%s %s: %s", option, path, errno_text(fd));
	return fd;
}

int verdict_write(int fd, const char *path, const struct verdict *v)
{
	char text[1024], reason[768];
	int ret = 0, len;

	len = snprintf(
		text, sizeof(text),
		"{\"v\":%d,\"code\":%d,\"origin\":\"%s\",\"reason\":%s}\n",
		VERDICT_VERSION, v->code, v->origin,
		json_quote(reason, sizeof(reason), v->reason));
	errno = ENOSPC; /* what a short write means */
	if (write(fd, text, (size_t)len) != len)
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (ret)
		log_err("the verdict cannot be written to %s: %s", path,
			errno_text(ret));
	return ret;
}
