// SPDX-License-Identifier: GPL-2.0-only
/* unix_socket.c: streams of unix sockets, from both ends. */
#include "unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "compat.h"
#include "log.h"

void unix_refuse_fds(int fd)
{
	const int no = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof(no));
}

int unix_connect(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unix_refuse_fds(fd);
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* A socket that nobody listens on any more, of one who was killed. */
static bool is_stale(const char *path)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) || !S_ISSOCK(st.st_mode))
		return false;
	fd = unix_connect(path);
	if (fd >= 0)
		close(fd);
	return fd == -ECONNREFUSED;
}

int unix_bind(int fd, const struct sockaddr_un *a)
{
	mode_t mask = umask(0077);
	int err = bind(fd, (const struct sockaddr *)a, sizeof(*a)) ? -errno : 0;

	umask(mask);
	return err;
}

int unix_listen(const char *name, const char *path, int backlog, int *fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int err;

	*fd = -1;
	if (strlen(path) >= sizeof(a.sun_path)) {
		log_err("%s: %s: the path of a socket has %zu characters at "
			"most",
			name, path, sizeof(a.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	err = *fd < 0 ? -errno : unix_bind(*fd, &a);
	if (err == -EADDRINUSE && is_stale(path)) {
		(void)unlink(a.sun_path);
		err = unix_bind(*fd, &a);
	}
	if (!err)
		unix_refuse_fds(*fd); /* nor do those take any that come */
	if (!err && listen(*fd, backlog)) {
		err = -errno;
		(void)unlink(a.sun_path);
	}
	if (!err)
		return 0;
	log_err("%s: cannot listen on %s: %s", name, path,
		err == -EADDRINUSE ? "it is in use; remove it, or give another"
				   : errno_text(err));
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return err;
}

void unix_unlisten(const char *path, const struct stat *made)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_dev == made->st_dev &&
	    st.st_ino == made->st_ino)
		(void)unlink(path);
}
