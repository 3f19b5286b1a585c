// SPDX-License-Identifier: GPL-2.0-only
/* output_file.c: opening and writing a file of the user's. */
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "options.h"

#define READER_LOOKS	500 /* for a FIFO's reader */
#define READER_PAUSE_US 10000

/* -1 when @path is no name of a descriptor. */
static int named_fd(const char *path)
{
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/" };
	uint64_t fd;

	if (!strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		size_t len = strlen(dirs[i]);

		if (!strncmp(path, dirs[i], len) &&
		    !parse_u64(path + len, &fd) && fd <= INT32_MAX)
			return (int)fd;
	}
	return -1;
}

/* Without O_NONBLOCK nothing, not even --timeout, ended the wait for a reader. */
static int open_now(const char *path)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NONBLOCK |
			      O_NOCTTY | O_CLOEXEC,
		      0644);

	if (fd >= 0)
		return fd;
	return -errno;
}

static bool is_fifo(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

static int set_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

int output_open(const char *option, const char *path)
{
	int named = named_fd(path), fd;
	bool unread = false;

	if (named >= 0) {
		fd = fcntl(named, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		fd = fd < 0 ? -errno : fd;
	} else {
		fd = open_now(path);
		unread = fd == -ENXIO && is_fifo(path);
		for (int i = 0; unread && i < READER_LOOKS; i++) {
			(void)usleep(READER_PAUSE_US);
			fd = open_now(path);
			unread = fd == -ENXIO;
		}
		if (fd >= 0)
			fd = set_blocking(fd);
	}
	if (fd < 0)
		log_err("%s %s: %s", option, path,
			unread ? "nobody reads this FIFO" : errno_text(fd));
	return fd;
}

int output_write(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EAGAIN)
			(void)poll(&p, 1, -1);
		else if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	return 0;
}
