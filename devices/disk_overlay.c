// SPDX-License-Identifier: GPL-2.0-only
/*
 * disk_overlay.c: a snapshot where the file system cannot clone files. Blocks
 * the guest writes go to an unnamed file, at the offset they have on the disk;
 * a bit for each says that they are there. The image itself is never written.
 * When lkvm-pvm ends the file is gone.
 */
#include "disk_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"

#define BLOCK 4096U

struct disk_overlay {
	int fd;
	uint64_t *written; /* a bit a block */
};

int disk_unnamed_file(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = -errno;
	return fd;
}

int disk_overlay_open(struct disk *d)
{
	const char *dirs[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
	uint64_t nr_blocks = align_up(d->size, BLOCK) / BLOCK;
	struct disk_overlay *o = calloc(1, sizeof(*o));
	int fd = -ENOENT;

	for (size_t i = 0; fd < 0 && i < ARRAY_SIZE(dirs); i++)
		if (dirs[i] && *dirs[i])
			fd = disk_unnamed_file(dirs[i]);
	if (fd >= 0 && ftruncate(fd, (off_t)d->size)) {
		int err = -errno;

		close(fd);
		fd = err;
	}
	if (o)
		o->written = calloc((nr_blocks + 63) / 64, sizeof(uint64_t));
	if (fd < 0 || !o || !o->written) {
		log_err("disk %s: no place for what the guest writes (%s); set TMPDIR to a folder with room",
			d->path, errno_text(fd < 0 ? fd : ENOMEM));
		if (fd >= 0)
			close(fd);
		if (o)
			free(o->written);
		free(o);
		return fd < 0 ? fd : -ENOMEM;
	}
	o->fd = fd;
	d->overlay = o;
	return 0;
}

void disk_overlay_close(struct disk *d)
{
	if (!d->overlay)
		return;
	close(d->overlay->fd);
	free(d->overlay->written);
	free(d->overlay);
	d->overlay = NULL;
}

static bool is_written(const struct disk_overlay *o, uint64_t block)
{
	return (o->written[block / 64] >> (block % 64)) & 1;
}

static void set_written(struct disk_overlay *o, uint64_t block)
{
	o->written[block / 64] |= 1ULL << (block % 64);
}

/* All of [offset, offset + len); @buf NULL writes zeros. */
static int put(int fd, const uint8_t *buf, uint64_t len, uint64_t offset)
{
	static const uint8_t zeros[BLOCK];

	while (len) {
		size_t part = buf || len < BLOCK ? (size_t)len : BLOCK;
		ssize_t n = pwrite(fd, buf ? buf : zeros, part, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		buf = buf ? buf + n : NULL;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int get(int fd, uint8_t *buf, uint64_t len, uint64_t offset)
{
	while (len) {
		ssize_t n = pread(fd, buf, (size_t)len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		buf += n;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int read_part(const struct disk *d, uint8_t *buf, uint64_t len,
		     uint64_t offset)
{
	const struct disk_overlay *o = d->overlay;

	while (len) {
		bool here = is_written(o, offset / BLOCK);
		uint64_t end = offset, stop = offset + len;
		int err;

		while (end < stop && is_written(o, end / BLOCK) == here)
			end = align_down(end, BLOCK) + BLOCK;
		if (end > stop)
			end = stop;
		err = get(here ? o->fd : d->fd, buf, end - offset, offset);
		if (err)
			return err;
		buf += end - offset;
		len -= end - offset;
		offset = end;
	}
	return 0;
}

/* The block at @offset is in our file from now on, whole. */
static int fetch_block(const struct disk *d, uint64_t offset)
{
	struct disk_overlay *o = d->overlay;
	uint64_t begin = align_down(offset, BLOCK), len = BLOCK;
	uint8_t block[BLOCK / 4];
	int err = 0;

	if (is_written(o, begin / BLOCK))
		return 0;
	if (len > d->size - begin)
		len = d->size - begin;
	for (uint64_t at = 0; !err && at < len; at += sizeof(block)) {
		uint64_t part =
			len - at < sizeof(block) ? len - at : sizeof(block);

		err = get(d->fd, block, part, begin + at);
		if (!err)
			err = put(o->fd, block, part, begin + at);
	}
	if (!err)
		set_written(o, begin / BLOCK);
	return err;
}

/* The blocks that [offset, end) covers in part. */
static int fetch_edges(const struct disk *d, uint64_t offset, uint64_t end)
{
	int err = 0;

	if (!is_aligned(offset, BLOCK))
		err = fetch_block(d, offset);
	if (!err && !is_aligned(end, BLOCK) && end < d->size)
		err = fetch_block(d, end);
	return err;
}

static void set_range(struct disk_overlay *o, uint64_t offset, uint64_t end)
{
	for (; offset < end; offset = align_down(offset, BLOCK) + BLOCK)
		set_written(o, offset / BLOCK);
}

static int write_request(const struct disk *d, struct disk_req *r)
{
	uint64_t begin = r->offset, end = r->offset + r->len;
	int err = fetch_edges(d, begin, end);

	while (!err && r->nr_iov) {
		err = put(d->overlay->fd, r->iov->iov_base, r->iov->iov_len,
			  r->offset);
		if (!err)
			disk_consume(r, r->iov->iov_len);
	}
	if (!err)
		set_range(d->overlay, begin, end);
	return err;
}

static int read_request(const struct disk *d, struct disk_req *r)
{
	int err = 0;

	while (!err && r->nr_iov) {
		err = read_part(d, r->iov->iov_base, r->iov->iov_len,
				r->offset);
		if (!err)
			disk_consume(r, r->iov->iov_len);
	}
	return err;
}

static int zero_range(const struct disk *d, uint64_t offset, uint64_t end)
{
	int err = fetch_edges(d, offset, end), fd = d->overlay->fd;

	if (err)
		return err;
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)offset, (off_t)(end - offset)))
		err = put(fd, NULL, end - offset, offset);
	if (!err)
		set_range(d->overlay, offset, end);
	return err;
}

int disk_overlay_perform(struct disk *d, struct disk_req *r)
{
	uint64_t end = r->offset + r->len;

	switch (r->op) {
	case DISK_READ:
		return read_request(d, r);
	case DISK_WRITE:
		return write_request(d, r);
	case DISK_ZERO:
		return zero_range(d, r->offset, end);
	case DISK_DISCARD:
		r->offset = align_up(r->offset, BLOCK);
		end = align_down(end, BLOCK);
		return r->offset < end ? zero_range(d, r->offset, end) : 0;
	case DISK_FLUSH:
		return 0; /* nothing of it is kept */
	}
	return -EINVAL;
}
