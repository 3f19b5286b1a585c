// SPDX-License-Identifier: GPL-2.0-only
/* chardev_open.c: the files, pseudoterminals and sockets behind ports. */
#include "chardev_open.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

/* A socket that nobody listens on any more, of one who was killed. */
static bool is_stale(const struct sockaddr_un *a)
{
	struct stat st;
	bool refused;
	int fd;

	if (lstat(a->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	refused = connect(fd, (const struct sockaddr *)a, sizeof(*a)) &&
		  errno == ECONNREFUSED;
	close(fd);
	return refused;
}

/* For the user alone, from the beginning. */
static int bind_private(int fd, const struct sockaddr_un *a)
{
	mode_t mask = umask(0077);
	int err = bind(fd, (const struct sockaddr *)a, sizeof(*a)) ? -errno : 0;

	umask(mask);
	return err;
}

int chardev_listen(const struct chardev_init *i, int *fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int err;

	*fd = -1;
	if (strlen(i->path) >= sizeof(a.sun_path)) {
		log_err("%s: %s: the path of a socket has %zu characters at "
			"most",
			i->name, i->path, sizeof(a.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	memcpy(a.sun_path, i->path, strlen(i->path) + 1);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	err = *fd < 0 ? -errno : bind_private(*fd, &a);
	if (err == -EADDRINUSE && is_stale(&a)) {
		(void)unlink(a.sun_path);
		err = bind_private(*fd, &a);
	}
	if (!err && listen(*fd, 1)) {
		err = -errno;
		(void)unlink(a.sun_path);
	}
	if (!err)
		return 0;
	log_err("%s: cannot listen on %s: %s", i->name, i->path,
		err == -EADDRINUSE ? "it is in use; remove it, or give another"
				   : errno_text(err));
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return err;
}
