// SPDX-License-Identifier: GPL-2.0-only
/* input.c: one file the guest boots from, opened and known to be readable. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

static const char *file_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "something else";
	}
}

static int input_check(struct input *in)
{
	struct stat st;

	if (fstat(in->fd, &st) < 0) {
		int err = errno;

		log_err("%s %s: cannot stat: %s", in->what, in->path,
			errno_text(err));
		return -err;
	}
	if (!S_ISREG(st.st_mode)) {
		log_err("%s %s: is %s; give a regular file", in->what, in->path,
			file_type(st.st_mode));
		return -EINVAL;
	}
	if (st.st_size == 0) {
		log_err("%s %s: is empty", in->what, in->path);
		return -EINVAL;
	}
	in->size = (uint64_t)st.st_size;
	if (in->size > INPUT_MAX) {
		log_err("%s %s: is larger than any guest's memory", in->what,
			in->path);
		return -EFBIG;
	}
	return 0;
}

int input_open(struct input *in, const char *what, const char *path)
{
	int ret;

	in->what = what;
	in->path = path;
	in->size = 0;
	/* O_NONBLOCK: a pipe without a writer is refused, not waited for. */
	in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (in->fd < 0) {
		ret = -errno;
		log_err("%s %s: cannot open: %s", what, path, errno_text(ret));
		return ret;
	}
	ret = input_check(in);
	if (ret < 0)
		input_close(in);
	return ret;
}

void input_close(struct input *in)
{
	if (in->path && in->fd >= 0)
		close(in->fd);
	in->path = NULL;
	in->fd = -1;
}

int input_read(const struct input *in, uint64_t off, void *buf, size_t len)
{
	uint8_t *at = buf;

	while (len > 0) {
		ssize_t n = pread(in->fd, at, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = errno;

			log_err("%s %s: cannot read: %s", in->what, in->path,
				errno_text(err));
			return -err;
		}
		if (n == 0) {
			log_err("%s %s: became shorter while it was read",
				in->what, in->path);
			return -EINVAL;
		}
		at += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}
