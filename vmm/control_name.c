// SPDX-License-Identifier: GPL-2.0-only
/* control_name.c: a VM's name, which is that of its socket; no two have the same. */
#include "control_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "unix_socket.h"

#define BACKLOG	   16
#define MAX_SUFFIX 100U
#define WHY_SIZE   512U

/* Of one who was killed; the directory is locked. */
static bool is_stale(const char *path)
{
	int fd = unix_connect(path);

	if (fd >= 0)
		close(fd);
	return fd == -ECONNREFUSED;
}

/* The directory is locked, and for the user alone. */
static int take_path(struct control_name *n)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	unix_refuse_fds(fd);
	memcpy(a.sun_path, n->path, strlen(n->path) + 1);
	err = unix_bind(fd, &a);
	if (err == -EADDRINUSE && is_stale(n->path)) {
		(void)unlink(n->path);
		err = unix_bind(fd, &a);
	}
	if (!err && (listen(fd, BACKLOG) || lstat(n->path, &n->made))) {
		err = -errno;
		(void)unlink(n->path);
	}
	if (err)
		close(fd);
	else
		n->fd = fd;
	return err;
}

static int take_name(struct control_name *n, const char *dir, const char *name)
{
	int err = control_socket_path(dir, name, n->path, sizeof(n->path));

	(void)snprintf(n->name, sizeof(n->name), "%s", name);
	if (!err)
		err = take_path(n);
	return err == -EADDRINUSE ? -EEXIST : err;
}

/* guest-PID; another number behind when a container has the same. */
static int make_name(struct control_name *n, const char *dir)
{
	char name[CONTROL_NAME_MAX + 1];
	int err;

	(void)snprintf(name, sizeof(name), "guest-%d", (int)getpid());
	err = take_name(n, dir, name);
	for (unsigned int i = 2; err == -EEXIST && i < MAX_SUFFIX; i++) {
		(void)snprintf(name, sizeof(name), "guest-%d-%u", (int)getpid(),
			       i);
		err = take_name(n, dir, name);
	}
	return err;
}

static int fail_name(const char *name, const char *dir, int err)
{
	if (err == -EEXIST)
		log_err("--name %s: a VM of this name is running; give another, or end that one: lkvm-pvm stop %s",
			name, name);
	else if (err == -EBUSY)
		log_err("%s is locked by another lkvm-pvm for seconds; is one stopped?",
			dir);
	else if (err == -ENAMETOOLONG)
		log_err("%s: too long for a socket; set XDG_RUNTIME_DIR to a shorter one",
			dir);
	else
		log_err("cannot make a control socket in %s: %s", dir,
			errno_text(err));
	return err;
}

int control_name_take(struct control_name *n, const char *name)
{
	char dir[CONTROL_PATH_MAX], why[WHY_SIZE];
	int fd = control_dir_open(true, dir, why), err;

	if (fd < 0) {
		log_err("no control socket: %s", why);
		return fd;
	}
	err = control_dir_lock(fd);
	if (!err)
		err = name ? take_name(n, dir, name) : make_name(n, dir);
	close(fd); /* unlocks */
	return err ? fail_name(name ? name : "", dir, err) : 0;
}

void control_name_drop(const struct control_name *n)
{
	struct stat now;

	if (lstat(n->path, &now) == 0 && now.st_dev == n->made.st_dev &&
	    now.st_ino == n->made.st_ino)
		(void)unlink(n->path);
}
