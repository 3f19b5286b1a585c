// SPDX-License-Identifier: GPL-2.0-only
/* window.c: makes, clears and frees the memory that guest and devices share. */
#include "window.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compat.h"
#include "log.h"

/* On each side; a multiple of every page size. */
#define GUARD	KIB(64)
#define GRANULE KIB(64)

/* fallocate(2) that a signal's handler does not end. */
static int allocate(int fd, int mode, uint64_t len)
{
	int err;

	do {
		err = fallocate(fd, mode, 0, (off_t)len) ? -errno : 0;
	} while (err == -EINTR);
	return err;
}

static int make_memfd(uint64_t len)
{
	static const char name[] = "lkvm-pvm-window";
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	int err;

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create(name, flags);
	if (fd < 0)
		return -errno;
	/*
	 * Allocated now: later a full memory would be a SIGBUS. Sealed: a
	 * helper that holds the fd cannot cut pages off under us.
	 */
	err = allocate(fd, 0, len);
	if (!err &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/* Reserves @len bytes and the guards, then puts @fd between them. */
static uint8_t *map_between_guards(int fd, uint64_t len)
{
	uint8_t *base =
		mmap(NULL, len + 2 * GUARD, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint8_t *hva;

	if (base == MAP_FAILED)
		return NULL;
	hva = mmap(base + GUARD, len, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED, fd, 0);
	if (hva == MAP_FAILED || madvise(hva, len, MADV_DONTFORK) ||
	    madvise(hva, len, MADV_DONTDUMP)) {
		int saved_errno = errno;

		munmap(base, len + 2 * GUARD);
		errno = saved_errno;
		return NULL;
	}
	/* cppcheck-suppress memleak ; window_fini() unmaps it */
	return hva;
}

int window_init(struct window *w, gpa_t gpa, uint64_t len)
{
	int err;

	assert(len > 0 && is_aligned(len, GRANULE) && is_aligned(gpa, GRANULE));
	*w = (struct window){ .gpa = gpa, .fd = make_memfd(len) };
	if (w->fd < 0) {
		err = w->fd;
		w->fd = -1;
	} else {
		w->hva = map_between_guards(w->fd, len);
		err = w->hva ? 0 : -errno;
	}
	if (err) {
		log_err("cannot make the virtio window of %llu KiB: %s%s",
			(unsigned long long)(len >> 10), errno_text(err),
			err == -ENOMEM || err == -ENOSPC
				? "; free some memory, or raise the limit of "
				  "this control group"
			: err == -EFBIG ? "; raise ulimit -f"
					: "");
		window_fini(w);
		return err;
	}
	w->len = len;
	return 0;
}

void window_fini(struct window *w)
{
	if (w->hva)
		munmap(w->hva - GUARD, w->len + 2 * GUARD);
	if (w->fd >= 0)
		close(w->fd);
	*w = (struct window){ .gpa = w->gpa, .fd = -1 };
}

int window_unplug(struct window *w, gpa_t gpa, uint64_t len)
{
	const int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	if (!window_at(w, gpa, len))
		return -EINVAL;
	return fallocate(w->fd, punch, (off_t)(gpa - w->gpa), (off_t)len)
		       ? -errno
		       : 0;
}

int window_clear(struct window *w)
{
	const int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	int err;

	if (w->len == 0)
		return 0;
	/*
	 * New pages, not zeroed ones: storing to a page that the hypervisor
	 * has not given back yet would be a fault.
	 */
	err = allocate(w->fd, punch, w->len);
	if (!err)
		err = allocate(w->fd, 0, w->len);
	return err;
}
