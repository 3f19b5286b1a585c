// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_stream.c: a kernel packed in any number of ways arrives in RAM as it
 * was; cut, damaged or in too little RAM it is refused or still whole.
 *
 * Input: eight bytes of choices, then what is behind the Image header.
 *
 * Floor: loader/stream.c 74
 */
#include "fuzz_ram.h"

#include "../unit/kernel_files.h"

#define KERNEL_MAX KIB(64)

/* The order of bytes in the input. */
struct choices {
	uint8_t zstd, members, level, zboot;
	uint8_t damage; /* 0 none, 1 cut, 2 a byte changed, 3 less RAM */
	uint8_t offset; /* of text, in pages */
	uint8_t where[2];
};

static size_t pack_member(const struct choices *c, const uint8_t *in,
			  size_t len, uint8_t *out, size_t room)
{
	z_stream z = { 0 };
	size_t n;

	if (c->zstd & 1) {
		n = ZSTD_compress(out, room, in, len, c->level % 6);
		CHECK(!ZSTD_isError(n));
		return n;
	}
	CHECK(deflateInit2(&z, c->level % 10, Z_DEFLATED, 15 + 16, 1,
			   Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = (Bytef *)(uintptr_t)in;
	z.avail_in = (unsigned int)len;
	z.next_out = out;
	z.avail_out = (unsigned int)room;
	CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

/* In up to four members; returns the packed length. */
static size_t pack(const struct choices *c, const uint8_t *image, size_t len,
		   uint8_t *out, size_t room)
{
	size_t nr = 1 + c->members % 4, done = 0, used = 0;

	for (size_t i = 1; i <= nr; i++) {
		size_t end = len * i / nr;

		used += pack_member(c, image + done, end - done, out + used,
				    room - used);
		done = end;
	}
	return used;
}

/* Returns the length that is left. */
static size_t damage(const struct choices *c, uint8_t *file, size_t len)
{
	size_t where = (c->where[0] | (size_t)c->where[1] << 8) % len;

	if (c->damage % 4 == 1)
		return where;
	if (c->damage % 4 == 2)
		file[where] ^= (uint8_t)(c->damage >> 2 | 1);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t image[KERNEL_MAX], packed[2 * KERNEL_MAX],
		file[3 * KERNEL_MAX];
	struct loader_inputs in = { .dtb_room = 1 };
	struct loader_placement out;
	struct ram_view ram;
	struct choices c;
	size_t len, n;
	int ret;

	if (size < sizeof(c) || size - sizeof(c) > KERNEL_MAX - 64)
		return 0;
	memcpy(&c, data, sizeof(c));
	len = 64 + size - sizeof(c);
	make_image(image, 64, c.offset * KIB(4), len, 0);
	memcpy(image + 64, data + sizeof(c), size - sizeof(c));

	n = pack(&c, image, len, packed, sizeof(packed));
	if (c.zboot & 1)
		n = make_zboot(packed, n, c.zstd & 1 ? "zstd22" : "gzip", file,
			       sizeof(file));
	else
		memcpy(file, packed, n);
	n = damage(&c, file, n);
	fuzz_ram(&ram, c.damage % 4 == 3 ? 1 + (c.where[0] << 8) : MIB(8));
	in.kernel = fuzz_file(file, n);
	ret = loader_load(&in, &ram, &out);
	CHECK(ret == 0 || c.damage % 4 != 0);
	if (ret < 0)
		return 0;
	fuzz_check_placement(&ram, &out);
	/* Zstd data have no check sum here; a cut may be between members. */
	if (c.damage % 4 == 2 || (c.damage % 4 == 1 && c.members % 4 > 0))
		return 0;
	CHECK(out.kernel_loaded == len);
	CHECK(memcmp(ram.hva + c.offset * KIB(4), image, len) == 0);
	return 0;
}
