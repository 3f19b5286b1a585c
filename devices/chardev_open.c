// SPDX-License-Identifier: GPL-2.0-only
/* chardev_open.c: the files and pseudoterminals behind ports. */
#include "chardev_open.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include "log.h"

int chardev_open_file(const struct chardev_init *i, int *fd)
{
	int err;

	*fd = open(i->path,
		   O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY |
			   O_CLOEXEC,
		   0644);
	if (*fd >= 0)
		return 0;
	err = errno;
	log_err("%s: cannot write to %s: %s", i->name, i->path,
		err == ENXIO ? "nobody reads from it; start the reader first"
			     : errno_text(err));
	return -err;
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC))
		return -errno;
	return 0;
}

int chardev_open_pty(const struct chardev_init *i, int *fd, int *slave)
{
	struct termios raw;
	char path[64];
	int err;

	*fd = *slave = -1;
	if (openpty(fd, slave, NULL, NULL, NULL)) {
		err = -errno;
		goto out;
	}
	/* Nothing is echoed to the guest, or changed on its way. */
	if (tcgetattr(*slave, &raw)) {
		err = -errno;
		goto out;
	}
	cfmakeraw(&raw);
	err = tcsetattr(*slave, TCSANOW, &raw) ? -errno : 0;
	if (!err)
		err = set_nonblocking(*fd);
	if (!err)
		err = set_nonblocking(*slave);
	if (!err)
		err = -ttyname_r(*slave, path, sizeof(path));
	if (!err) {
		log_info("%s: %s", i->name, path);
		return 0;
	}
out:
	log_err("%s: cannot make a pseudoterminal: %s", i->name,
		errno_text(err));
	if (*fd >= 0)
		close(*fd);
	if (*slave >= 0)
		close(*slave);
	*fd = *slave = -1;
	return err;
}
