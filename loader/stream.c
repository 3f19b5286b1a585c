// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream.c: bytes of a file, decompressed on the way, into one buffer.
 *
 * How this works: the compressed side comes through a small buffer, the other
 * side is written where it is to stay. zlib may stop anywhere, so it is given
 * exactly as much room as the caller wants. zstd gets the whole destination
 * at once (ZSTD_d_stableOutBuffer): then it refers back to its own output
 * instead of keeping a window, which for a kernel compressed with -22 would be
 * a second kernel. Both formats may be several members in a row; what follows
 * the last one is padding, or the size that kernel builds append.
 */
#include "stream.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "log.h"

/*
 * The library's name for this parameter hides behind a macro that opens all
 * of its unstable interface; its number is in the public header.
 */
#define ZSTD_STABLE_OUT ZSTD_d_experimentalParam2

#define STREAM_BUF KIB(64)

struct stream {
	const struct input *in;
	enum stream_codec codec;
	uint64_t pos, left; /* of the source, not yet in buf */

	uint8_t *dst;
	size_t room, written;
	bool ended;

	z_stream z;
	ZSTD_DCtx *zstd;

	size_t buf_pos, buf_len; /* what the codec has not taken: [pos, len) */
	uint8_t buf[STREAM_BUF];
};

uint8_t *scratch_map(void)
{
	/* -1 is how portable programs say "no file". */
	/* cppcheck-suppress invalidFunctionArg */
	void *map = mmap(NULL, SCRATCH_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	return map;
}

void scratch_unmap(uint8_t *scratch)
{
	munmap(scratch, SCRATCH_SIZE);
}

static int zstd_init(struct stream *s)
{
	int max = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound;

	s->zstd = ZSTD_createDCtx();
	if (!s->zstd)
		return -ENOMEM;
	/* No window is kept, so none is too large. */
	if (ZSTD_isError(ZSTD_DCtx_setParameter(s->zstd, ZSTD_STABLE_OUT, 1)) ||
	    ZSTD_isError(
		    ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, max)))
		return -ENOTSUP;
	return 0;
}

static int codec_init(struct stream *s)
{
	switch (s->codec) {
	case STREAM_PLAIN:
		return 0;
	case STREAM_GZIP:
		/* 15: any window; 16: with gzip's header and check sum. */
		return inflateInit2(&s->z, 15 + 16) == Z_OK ? 0 : -ENOMEM;
	case STREAM_ZSTD:
		return zstd_init(s);
	}
	return -EINVAL;
}

int stream_open(struct stream **out, const struct input *in,
		enum stream_codec codec, uint64_t off, uint64_t len,
		uint8_t *dst, size_t room)
{
	struct stream *s = calloc(1, sizeof(*s));
	int ret = -ENOMEM;

	if (s) {
		s->in = in;
		s->codec = codec;
		s->pos = off;
		s->left = len;
		s->dst = dst;
		s->room = room;
		ret = codec_init(s);
	}
	if (ret < 0) {
		log_err("%s %s: cannot set up its reading: %s", in->what,
			in->path, errno_text(ret));
		stream_close(s);
		s = NULL;
	}
	*out = s;
	return ret;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	if (s->codec == STREAM_GZIP)
		inflateEnd(&s->z);
	ZSTD_freeDCtx(s->zstd);
	free(s);
}

/* Reads on until @want bytes are in buf, or the source has ended. */
static int refill(struct stream *s, size_t want)
{
	size_t have = s->buf_len - s->buf_pos, n;
	int ret;

	if (have >= want)
		return 0;
	memmove(s->buf, s->buf + s->buf_pos, have);
	n = STREAM_BUF - have;
	if (n > s->left)
		n = (size_t)s->left;
	ret = input_read(s->in, s->pos, s->buf + have, n);
	if (ret < 0)
		return ret;
	s->pos += n;
	s->left -= n;
	s->buf_pos = 0;
	s->buf_len = have + n;
	return 0;
}

static int corrupt(const struct stream *s, const char *how)
{
	log_err("%s %s: its %s data %s; get or build the file again",
		s->in->what, s->in->path,
		s->codec == STREAM_GZIP ? "gzip" : "zstd", how);
	return -EINVAL;
}

/* True when another member of the same format follows in buf. */
static bool at_member(const struct stream *s)
{
	const uint8_t *p = s->buf + s->buf_pos;
	size_t n = s->buf_len - s->buf_pos;

	if (s->codec == STREAM_GZIP)
		return n >= 2 && p[0] == 0x1f && p[1] == 0x8b;
	/* A frame, or one to be skipped (as pzstd writes). */
	return n >= 4 && ((p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f &&
			   p[3] == 0xfd) ||
			  ((p[0] & 0xf0) == 0x50 && p[1] == 0x2a &&
			   p[2] == 0x4d && p[3] == 0x18));
}

/* One call of the codec. 0 = go on, 1 = a member has ended, or -errno. */
static int inflate_step(struct stream *s, size_t want)
{
	size_t out = want > s->written ? want - s->written : 0;
	int zret;

	if (out > UINT_MAX)
		out = UINT_MAX;
	s->z.next_in = s->buf + s->buf_pos;
	s->z.avail_in = (unsigned int)(s->buf_len - s->buf_pos);
	s->z.next_out = s->dst + s->written;
	s->z.avail_out = (unsigned int)out;
	zret = inflate(&s->z, Z_NO_FLUSH);
	s->buf_pos = s->buf_len - s->z.avail_in;
	s->written += out - s->z.avail_out;

	if (zret == Z_STREAM_END)
		return inflateReset(&s->z) == Z_OK ? 1 : -EINVAL;
	if (zret == Z_MEM_ERROR)
		return -ENOMEM;
	if (zret == Z_BUF_ERROR && s->buf_pos < s->buf_len)
		return -ENOSPC;
	if (zret != Z_OK && zret != Z_BUF_ERROR)
		return corrupt(s, "are damaged");
	return 0;
}

static int zstd_step(struct stream *s)
{
	ZSTD_inBuffer src = { s->buf, s->buf_len, s->buf_pos };
	ZSTD_outBuffer dst = { s->dst, s->room, s->written };
	size_t ret = ZSTD_decompressStream(s->zstd, &dst, &src);

	s->buf_pos = src.pos;
	s->written = dst.pos;
	if (!ZSTD_isError(ret))
		return ret == 0 ? 1 : 0;

	switch ((int)ZSTD_getErrorCode(ret)) {
	case ZSTD_error_dstSize_tooSmall:
		return -ENOSPC;
	case ZSTD_error_memory_allocation:
		return -ENOMEM;
	default:
		return corrupt(s, "are damaged");
	}
}

static int unpack(struct stream *s, size_t want)
{
	int ret;

	while (!s->ended && (s->written < want || want == s->room)) {
		ret = refill(s, 1);
		if (ret < 0)
			return ret;
		if (s->buf_pos == s->buf_len)
			return corrupt(s, "end early");
		ret = s->codec == STREAM_GZIP ? inflate_step(s, want)
					      : zstd_step(s);
		if (ret == 1) {
			ret = refill(s, 4);
			s->ended = !at_member(s);
		}
		if (ret == -ENOMEM)
			log_err("%s %s: no memory to unpack it", s->in->what,
				s->in->path);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int copy_plain(struct stream *s, size_t want)
{
	size_t n = want - s->written;
	int ret;

	if (n > s->left)
		n = (size_t)s->left;
	ret = input_read(s->in, s->pos, s->dst + s->written, n);
	if (ret < 0)
		return ret;
	s->pos += n;
	s->left -= n;
	s->written += n;
	s->ended = s->left == 0;
	return !s->ended && s->written == s->room ? -ENOSPC : 0;
}

int stream_fill(struct stream *s, size_t want)
{
	if (want > s->room)
		want = s->room;
	if (s->ended || (want <= s->written && want < s->room))
		return 0;
	return s->codec == STREAM_PLAIN ? copy_plain(s, want) : unpack(s, want);
}

int stream_finish(struct stream *s)
{
	return stream_fill(s, s->room);
}

size_t stream_written(const struct stream *s)
{
	return s->written;
}
