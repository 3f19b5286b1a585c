// SPDX-License-Identifier: GPL-2.0-only
/*
 * input.c: one file the guest boots from, opened and known to be readable.
 *
 * What is large is read by several threads: most of the time goes into memory
 * that is touched for the first time (HACKING.md "Where a boot's exits go").
 */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
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

/* --- reading ---------------------------------------------------------------- */

#define PIECE	    MIB(2) /* a huge page of RAM: made by one thread alone */
#define MAX_HELPERS 3L

/* What several threads read at once. */
struct pieces {
	int fd;
	uint8_t *buf;
	uint64_t off;
	size_t len;
	size_t taken; /* bytes that some thread has begun with */
	int err;      /* the last failure: 0, -errno, -ENODATA at the end */
};

static int read_piece(int fd, uint64_t off, uint8_t *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = pread(fd, buf, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		buf += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static void *read_pieces(void *arg)
{
	struct pieces *p = arg;
	int err = 0;

	while (!err) {
		size_t at =
			__atomic_fetch_add(&p->taken, PIECE, __ATOMIC_RELAXED);

		if (at >= p->len)
			return NULL;
		err = read_piece(p->fd, p->off + at, p->buf + at,
				 p->len - at < PIECE ? p->len - at : PIECE);
	}
	__atomic_store_n(&p->err, err, __ATOMIC_RELAXED);
	return NULL;
}

/* Threads worth having beside our own; one that cannot be made is not. */
static long helpers_for(size_t len)
{
	long nr = (long)(len / PIECE);
	cpu_set_t cpus;

	if (nr < 2 || sched_getaffinity(0, sizeof(cpus), &cpus))
		return 0;
	if (nr > CPU_COUNT(&cpus))
		nr = CPU_COUNT(&cpus);
	return nr - 1 < MAX_HELPERS ? nr - 1 : MAX_HELPERS;
}

int input_read(const struct input *in, uint64_t off, void *buf, size_t len)
{
	struct pieces p = { .fd = in->fd, .buf = buf, .off = off, .len = len };
	const long wanted = helpers_for(len);
	pthread_t helpers[MAX_HELPERS];
	long nr = 0;

	while (nr < wanted &&
	       pthread_create(&helpers[nr], NULL, read_pieces, &p) == 0)
		nr++;
	read_pieces(&p);
	while (nr > 0)
		pthread_join(helpers[--nr], NULL);

	if (p.err == -ENODATA) {
		log_err("%s %s: became shorter while it was read", in->what,
			in->path);
		return -EINVAL;
	}
	if (p.err)
		log_err("%s %s: cannot read: %s", in->what, in->path,
			errno_text(p.err));
	return p.err;
}
