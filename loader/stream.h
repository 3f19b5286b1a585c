/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream.h: bytes of a file, decompressed on the way, into one buffer. The
 * buffer is guest RAM: nothing the size of a kernel is held besides it.
 */
#ifndef LKVM_PVM_LOADER_STREAM_H
#define LKVM_PVM_LOADER_STREAM_H

#include "input.h"

enum stream_codec {
	STREAM_PLAIN,
	STREAM_GZIP,
	STREAM_ZSTD,
};

struct stream;

/*
 * Where a kernel is unpacked to be looked at: SCRATCH_SIZE bytes of address space,
 * not memory. NULL, and errno, when there is none.
 */
#define SCRATCH_SIZE MIB(512)

uint8_t *scratch_map(void);
void scratch_unmap(uint8_t *scratch);

/*
 * The @len bytes at @off of @in, which outlives the stream, to be written to
 * @dst of @room bytes. Logs and returns -errno when memory is short.
 */
int __must_check stream_open(struct stream **out, const struct input *in,
			     enum stream_codec codec, uint64_t off,
			     uint64_t len, uint8_t *dst, size_t room);
void stream_close(struct stream *s);

/*
 * Writes until @want bytes are there in all, or the source has ended; more
 * than @want may be written. Returns -ENOSPC, not logged, when the source
 * holds more than @room bytes; -EINVAL or the errno of reading, logged, when
 * it is damaged, cut short or unreadable.
 */
int __must_check stream_fill(struct stream *s, size_t want);

/* Writes all there is. Returns as stream_fill(). */
int __must_check stream_finish(struct stream *s);

/* Bytes written so far. */
size_t stream_written(const struct stream *s);

#endif
