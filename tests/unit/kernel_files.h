/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel_files.h: kernels in every format, made for tests and fuzzers. */
#ifndef LKVM_PVM_TESTS_KERNEL_FILES_H
#define LKVM_PVM_TESTS_KERNEL_FILES_H

#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#include "base.h"

static inline void must(bool ok)
{
	if (!ok)
		abort();
}

/* Bytes without a NUL behind them. */
static inline void put(void *at, const char *bytes, size_t len)
{
	memcpy(at, bytes, len);
}

static inline void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static inline void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

/* An arm64 Image of @len bytes, noise behind its header. */
static inline void make_image(uint8_t *image, size_t len, uint64_t text_offset,
			      uint64_t image_size, uint64_t flags)
{
	uint32_t noise = 1;

	for (size_t i = 64; i < len; i++) {
		noise = noise * 1664525 + 1013904223;
		image[i] = noise >> 24 & 0x1f;
	}
	memset(image, 0, 64);
	put32(image, 0x14000010); /* b . + 64 */
	put64(image + 8, text_offset);
	put64(image + 16, image_size);
	put64(image + 24, flags);
	put(image + 56, "ARM\x64", 4);
}

/* Compresses into @out of @room bytes; returns the length. */
static inline size_t make_gzip(const void *in, size_t len, void *out,
			       size_t room)
{
	z_stream z = { 0 };

	must(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) ==
	     Z_OK);
	z.next_in = (Bytef *)(uintptr_t)in;
	z.avail_in = (unsigned int)len;
	z.next_out = out;
	z.avail_out = (unsigned int)room;
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static inline size_t make_zstd(const void *in, size_t len, void *out,
			       size_t room)
{
	size_t n = ZSTD_compress(out, room, in, len, 3);

	must(!ZSTD_isError(n));
	return n;
}

/* An EFI zboot kernel around @payload; returns its length. */
static inline size_t make_zboot(const void *payload, size_t len,
				const char *type, uint8_t *out, size_t room)
{
	const uint32_t off = 0x400, tail = 600;

	must(off + len + tail <= room);
	memset(out, 0, off + len + tail);
	put(out, "MZ\0\0zimg", 8);
	put32(out + 8, off);
	put32(out + 12, (uint32_t)len);
	strncpy((char *)out + 24, type, 32);
	put32(out + 0x38, 0x818223cd);
	put32(out + 0x3c, 0x40);
	put(out + 0x40, "PE\0\0\x64\xaa", 6);
	memcpy(out + off, payload, len);
	return off + len + tail;
}

#endif
