// SPDX-License-Identifier: GPL-2.0-only
/*
 * control_dir.c: where the control sockets of this user's VMs are.
 *
 * How this works: the directory is the user's own and has mode 0700, so that
 * nobody else gets as far as a socket. In /tmp anybody may have made one of
 * that name, so what is there is looked at by file descriptor, never by name.
 * A lock on the directory makes one thing of looking whether a socket is stale
 * (its owner was killed) and taking its name.
 */
#include "control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "directory.h"
#include "log.h"

#define SYSTEM_DIR	"/run/lkvm-pvm"
#define SUFFIX		".sock"
#define WHY_SIZE	512U
#define LOCK_TRIES	500U
#define LOCK_RETRY_NSEC 10000000L
#define MAX_NAMES	65536U

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

bool control_name_ok(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > CONTROL_NAME_MAX || !is_alnum(name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(name[i]) && !strchr("-._", name[i]))
			return false;
	return true;
}

int control_dir_path(char *path, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"); /* NOLINT */
	int n;

	/* A relative one is to be ignored, says its specification. */
	if (runtime && runtime[0] == '/')
		n = snprintf(path, size, "%s/lkvm-pvm", runtime);
	else if (geteuid() == 0)
		n = snprintf(path, size, SYSTEM_DIR);
	else
		n = snprintf(path, size, "/tmp/lkvm-pvm-%u", geteuid());
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int check_dir(int fd, const char *path, char *why)
{
	struct stat st;

	if (fstat(fd, &st)) {
		int err = errno;

		(void)snprintf(why, WHY_SIZE, "%s: %s", path, errno_text(err));
		return -err;
	}
	if (st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return 0;
	if (st.st_uid != geteuid())
		(void)snprintf(
			why, WHY_SIZE,
			"%s belongs to user %u, not to you (%u): set XDG_RUNTIME_DIR to a directory of your own",
			path, st.st_uid, geteuid());
	else
		(void)snprintf(
			why, WHY_SIZE,
			"%s can be entered by others (mode %03o): chmod 700 %s",
			path, st.st_mode & 0777, path);
	return -EPERM;
}

static int open_dir(bool create, const char *path, char *why)
{
	int err = create ? directory_make(path, 0700) : 0, fd;

	fd = err ? err
		 : open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		err = err ? err : -errno;
		(void)snprintf(
			why, WHY_SIZE, "%s: %s%s", path, errno_text(err),
			err == -EMFILE
				? ""
				: "; set XDG_RUNTIME_DIR to a directory of your own");
		return err;
	}
	err = check_dir(fd, path, why);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int control_dir_open(bool create, char *path, char *why)
{
	int err = control_dir_path(path, CONTROL_PATH_MAX);

	if (!err)
		return open_dir(create, path, why);
	(void)snprintf(why, WHY_SIZE,
		       "XDG_RUNTIME_DIR is too long for a socket");
	return err;
}

int control_dir_open_system(char *path, char *why)
{
	if (geteuid() != 0 || control_dir_path(path, CONTROL_PATH_MAX) ||
	    strcmp(path, SYSTEM_DIR) == 0)
		return -ENOENT;
	(void)snprintf(path, CONTROL_PATH_MAX, SYSTEM_DIR);
	return open_dir(false, path, why);
}

int control_dir_lock(int dir)
{
	const struct timespec pause = { .tv_nsec = LOCK_RETRY_NSEC };

	for (unsigned int i = 0; i < LOCK_TRIES; i++) {
		if (flock(dir, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		(void)nanosleep(&pause, NULL);
	}
	return -EBUSY;
}

void control_dir_unlock(int dir)
{
	(void)flock(dir, LOCK_UN);
}

int control_socket_path(const char *dir, const char *name, char *path,
			size_t size)
{
	size_t limit = sizeof(((struct sockaddr_un *)NULL)->sun_path);
	int n;

	if (!control_name_ok(name))
		return -EINVAL;
	n = snprintf(path, size, "%s/%s" SUFFIX, dir, name);
	return n < 0 || (size_t)n >= size || (size_t)n >= limit ? -ENAMETOOLONG
								: 0;
}

/* --- what is there --------------------------------------------------------- */

struct names {
	char **all;
	unsigned int nr;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct names *n, const char *file)
{
	size_t len = strlen(file), suffix = strlen(SUFFIX);
	char **more, *name;

	if (len <= suffix || strcmp(file + len - suffix, SUFFIX) != 0)
		return 0;
	name = strndup(file, len - suffix);
	if (!name)
		return -ENOMEM;
	if (!control_name_ok(name) || n->nr == MAX_NAMES) {
		free(name);
		return 0;
	}
	more = reallocarray(n->all, n->nr + 1, sizeof(*more));
	if (!more) {
		free(name);
		return -ENOMEM;
	}
	n->all = more;
	n->all[n->nr++] = name;
	return 0;
}

static int read_names(int dir, struct names *n)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	int err = 0;

	if (!d) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	/* cppcheck-suppress readdirCalled */
	while (!err && (entry = readdir(d)))
		err = add_name(n, entry->d_name);
	closedir(d);
	return err;
}

int control_dir_each(int dir, int (*each)(void *ctx, const char *name),
		     void *ctx)
{
	struct names n = { NULL, 0 };
	int err = read_names(dir, &n);

	if (n.nr > 1)
		qsort(n.all, n.nr, sizeof(*n.all), by_name);
	for (unsigned int i = 0; i < n.nr; i++) {
		if (!err)
			err = each(ctx, n.all[i]);
		free(n.all[i]);
	}
	free(n.all);
	return err;
}
