// SPDX-License-Identifier: GPL-2.0-only
/*
 * disk.c: opening what a virtual disk's bytes live in: locks, sizes, alignment,
 * and refusing what is no raw image.
 */
#include "disk_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

/* What O_DIRECT surely takes, where the file system does not say. */
#define SAFE_ALIGN 4096U

/* --- what it is ------------------------------------------------------------ */

static int refuse_format(const struct disk *d, const char *format,
			 const char *remedy)
{
	if (!strcmp(remedy, "qemu-img"))
		log_err("disk %s: %s, not a raw one; convert it: qemu-img convert -O raw '%s' '%s.raw'",
			d->path, format, d->path, d->path);
	else
		log_err("disk %s: %s, not a raw image; unpack it: %s -dc '%s' >'%s.raw'",
			d->path, format, remedy, d->path, d->path);
	return -EINVAL;
}

static int check_format(const struct disk *d)
{
	uint8_t head[DISK_SECTOR], tail[DISK_SECTOR];
	const char *format, *remedy;
	uint64_t end = d->size - DISK_SECTOR;
	ssize_t n = pread(d->fd, head, sizeof(head), 0);
	ssize_t m = pread(d->fd, tail, sizeof(tail), (off_t)end);

	if (n < 0 || m < 0) {
		log_err("disk %s: cannot read it: %s", d->path,
			errno_text(errno));
		return -EIO;
	}
	format = disk_format(head, (size_t)n,
			     m == (ssize_t)sizeof(tail) ? tail : NULL, &remedy);
	return format ? refuse_format(d, format, remedy) : 0;
}

static int file_size(int fd, uint64_t *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISBLK(st.st_mode))
		*size = (uint64_t)st.st_size;
	else if (ioctl(fd, BLKGETSIZE64, size))
		return -errno;
	return 0;
}

static int check_kind(struct disk *d)
{
	struct stat st;
	uint64_t bytes = 0;
	int err;

	err = fstat(d->fd, &st) ? -errno : 0;
	if (!err && S_ISDIR(st.st_mode)) {
		log_err("disk %s: a directory; give an image, or pack it into an initrd (-i)",
			d->path);
		return -EISDIR;
	}
	if (!err && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		log_err("disk %s: neither a file nor a block device", d->path);
		return -ENOTBLK;
	}
	if (!err)
		err = file_size(d->fd, &bytes);
	if (err) {
		log_err("disk %s: cannot tell its size: %s", d->path,
			errno_text(err));
		return err;
	}
	if (bytes < DISK_SECTOR) {
		log_err("disk %s: empty; give it a size: truncate -s 1G '%s'",
			d->path, d->path);
		return -EINVAL;
	}
	if (bytes % DISK_SECTOR)
		log_warn(
			"disk %s: the guest does not see the last %u bytes, which are no whole sector",
			d->path, (unsigned int)(bytes % DISK_SECTOR));
	d->size = align_down(bytes, DISK_SECTOR);
	return 0;
}

/* --- opening and locking --------------------------------------------------- */

static bool exclusive(const struct disk_config *c)
{
	struct stat st;

	/* Also fails when a file system on the device is mounted. */
	return !c->ro && !c->snapshot && stat(c->path, &st) == 0 &&
	       S_ISBLK(st.st_mode);
}

static int open_file(struct disk *d, const struct disk_config *c)
{
	bool writes = !c->ro && !c->snapshot;
	int flags = (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY |
		    (exclusive(c) ? O_EXCL : 0);
	int err;

	/* Not to hang at a FIFO; but io_uring would take it at its word. */
	d->fd = open(c->path, flags | O_NONBLOCK);
	if (d->fd >= 0 && fcntl(d->fd, F_SETFL, 0) == 0)
		return 0;
	err = errno;
	if (err == EISDIR)
		log_err("disk %s: a directory; give an image, or pack it into an initrd (-i)",
			c->path);
	else if (err == EBUSY)
		log_err("disk %s: in use on this host (mounted, or another program's); end that, or give ',ro'",
			c->path);
	else if (writes && access(c->path, R_OK) == 0)
		log_err("disk %s: cannot open it for writing: %s; may the guest not write? ',ro' or ',snapshot'",
			c->path, errno_text(err));
	else
		log_err("disk %s: cannot open it: %s", c->path,
			errno_text(err));
	return -err;
}

/*
 * A lock of the open file, not of the process: it lasts until the last copy of
 * the descriptor is closed, and two disks of one process exclude each other.
 */
static int lock_file(const struct disk *d, const struct disk_config *c)
{
	bool writes = !c->ro && !c->snapshot;
	struct flock lock = {
		.l_type = writes ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET,
	};

	if (fcntl(d->fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES) {
		log_warn(
			"disk %s: cannot be locked (%s): see that nobody else writes to it",
			c->path, errno_text(errno));
		return 0;
	}
	if (writes)
		log_err("disk %s: in use by another program, probably a VM; end that one, or give this one a copy",
			c->path);
	else
		log_err("disk %s: another program writes to it, probably a VM; end that one, or give this one a copy",
			c->path);
	return -EBUSY;
}

/* --- geometry -------------------------------------------------------------- */

static uint32_t power_of_two(uint64_t v, uint32_t or_else)
{
	if (v < DISK_SECTOR || v > KIB(64) || (v & (v - 1)))
		return or_else;
	return (uint32_t)v;
}

static void find_geometry(struct disk *d)
{
	struct stat st;
	unsigned int physical = 0;
	int logical = 0;

	d->block_size = DISK_SECTOR;
	d->physical_size = SAFE_ALIGN;
	if (fstat(d->fd, &st))
		return;
	if (S_ISREG(st.st_mode)) {
		d->physical_size =
			power_of_two((uint64_t)st.st_blksize, SAFE_ALIGN);
		return;
	}
	if (!ioctl(d->fd, BLKSSZGET, &logical) && logical > 0)
		d->block_size = power_of_two((uint64_t)logical, DISK_SECTOR);
	d->physical_size = d->block_size;
	if (!ioctl(d->fd, BLKPBSZGET, &physical))
		d->physical_size = power_of_two(physical, d->block_size);
}

/*
 * A second descriptor without the page cache becomes the main one; the first,
 * with it, keeps the lock and takes what O_DIRECT does not.
 */
static int make_direct(struct disk *d)
{
	int flags = (d->read_only ? O_RDONLY : O_RDWR) | O_DIRECT | O_CLOEXEC;
	struct statx sx;
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", d->fd);
	fd = open(path, flags);
	if (fd < 0) {
		int err = errno;

		log_err("disk %s: O_DIRECT is not possible (%s); leave ',direct' out",
			d->path, errno_text(err));
		return -err;
	}
	d->cached_fd = d->fd;
	d->fd = fd;
	d->direct = true;
	d->mem_align = d->off_align = SAFE_ALIGN;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &sx) == 0 &&
	    (sx.stx_mask & STATX_DIOALIGN) && sx.stx_dio_mem_align &&
	    sx.stx_dio_offset_align) {
		d->mem_align = sx.stx_dio_mem_align;
		d->off_align = sx.stx_dio_offset_align;
	}
	return 0;
}

/* Can a read say that it would have to wait? tmpfs, for one, cannot. */
static bool nowait_reads(const struct disk *d)
{
	uint8_t byte[DISK_SECTOR];
	struct iovec iov = { byte, sizeof(byte) };

	return preadv2(d->cached_fd >= 0 ? d->cached_fd : d->fd, &iov, 1, 0,
		       RWF_NOWAIT) >= 0 ||
	       errno == EAGAIN;
}

/* --- snapshots ------------------------------------------------------------- */

/* An unnamed file in the folder of @path, or -errno. */
static int unnamed_beside(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? disk_unnamed_file(dirname(copy)) : -ENOMEM;

	free(copy);
	return fd;
}

/*
 * Where the file system shares blocks between files, the snapshot is a clone
 * and everything else as ever; otherwise blocks that are written go to a file
 * of their own.
 */
static int make_snapshot(struct disk *d)
{
	int fd = unnamed_beside(d->path);

	if (fd >= 0 && ioctl(fd, FICLONE, d->fd) == 0) {
		log_debug("disk %s: a clone takes what the guest writes",
			  d->path);
		close(d->fd);
		d->fd = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return disk_overlay_open(d);
}

/* --- life ------------------------------------------------------------------ */

int disk_open(struct disk *d, const struct disk_config *c)
{
	int err;

	memset(d, 0, sizeof(*d));
	d->path = c->path;
	d->fd = d->cached_fd = -1;
	d->read_only = c->ro;
	err = open_file(d, c);
	if (!err)
		err = check_kind(d);
	if (!err)
		err = lock_file(d, c);
	if (!err)
		err = check_format(d);
	if (!err)
		find_geometry(d);
	if (!err && c->snapshot && !c->ro)
		err = make_snapshot(d);
	if (!err && c->direct && !d->overlay)
		err = make_direct(d);
	if (err) {
		disk_close(d);
		return err;
	}
	d->can_nowait = nowait_reads(d);
	return 0;
}

void disk_close(struct disk *d)
{
	disk_overlay_close(d);
	if (d->fd >= 0)
		close(d->fd);
	if (d->cached_fd >= 0)
		close(d->cached_fd);
	d->fd = d->cached_fd = -1;
}

bool disk_refresh_size(struct disk *d)
{
	uint64_t size = 0;

	/* A snapshot is of the size it was taken with. */
	if (d->overlay || file_size(d->fd, &size))
		return false;
	size = align_down(size, DISK_SECTOR);
	if (size == d->size)
		return false;
	d->size = size;
	return true;
}
