// SPDX-License-Identifier: GPL-2.0-only
/*
 * image.c: what a kernel file is. The Image header is described in the
 * kernel's Documentation/arch/arm64/booting.rst, the EFI zboot header in
 * drivers/firmware/efi/libstub/zboot-header.S.
 */
#include "image.h"

#include <errno.h>
#include <string.h>

#include "log.h"

/* Enough for every magic number below and for the EFI section table. */
#define PEEK_SIZE 1024U

#define FLAG_BIG_ENDIAN 1U
#define PAGE_SIZE_SHIFT 1
#define PAGE_SIZE_MASK	3U

/* Far beyond any kernel: a header that says more is damaged. */
#define SIZE_LIMIT GIB(64)

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static bool has_bytes(const uint8_t *head, size_t len, size_t off,
		      const char *bytes, size_t n)
{
	return off + n <= len && memcmp(head + off, bytes, n) == 0;
}

#define HAS(off, str) has_bytes(head, len, (off), (str), sizeof(str) - 1)

static bool is_image(const uint8_t *head, size_t len)
{
	return len >= IMAGE_HEADER_SIZE && HAS(56, "ARM\x64");
}

/* Formats people hand over by mistake, and what to give instead. */
/* clang-format off */
static const struct alien {
	size_t off;
	const char *bytes;
	size_t len;
	const char *what;
} aliens[] = {
#define ALIEN(off, str, what)                                                  \
	{                                                                      \
		off, str, sizeof(str) - 1, what                                \
	}
	ALIEN(0, "\x7f" "ELF",
	      "an ELF file (vmlinux?); give arch/arm64/boot/Image"),
	ALIEN(0x202, "HdrS",
	      "an x86 bzImage; give an arm64 kernel (arch/arm64/boot/Image)"),
	ALIEN(0x24, "\x18\x28\x6f\x01",
	      "a 32-bit ARM zImage; give an arm64 kernel"),
	ALIEN(0x38, "RSC\x05", "a RISC-V kernel; give an arm64 kernel"),
	ALIEN(0, "\xfd" "7zXZ", "compressed with xz; unpack it with 'xz -d'"),
	ALIEN(0, "\x5d\x00\x00",
	      "compressed with lzma; unpack it with 'xz -d --format=lzma'"),
	ALIEN(0, "BZh", "compressed with bzip2; unpack it with 'bzip2 -d'"),
	ALIEN(0, "\x02\x21\x4c\x18",
	      "compressed with lz4; unpack it with 'lz4 -d'"),
	ALIEN(0, "\x04\x22\x4d\x18",
	      "compressed with lz4; unpack it with 'lz4 -d'"),
	ALIEN(0, "\x89LZO", "compressed with lzo; unpack it with 'lzop -d'"),
	ALIEN(0, "\x27\x05\x19\x56",
	      "a U-Boot uImage; give the Image it was made of"),
	ALIEN(0, "\xd0\x0d\xfe\xed",
	      "a device tree or a FIT image; give the Image in it"),
	ALIEN(0, "ANDROID!",
	      "an Android boot image; unpack it with unpack_bootimg"),
	ALIEN(0, "07070", "a cpio archive; initrds are given with -i"),
	ALIEN(0, "MZ",
	      "an EFI program but no kernel we know (a UKI?); give the Image or "
	      "vmlinuz.efi in it"),
};
/* clang-format on */

/* Says what was found instead of an Image; always -EINVAL. */
static int refuse(const struct input *in, const uint8_t *head, size_t len,
		  const char *where)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliens); i++) {
		const struct alien *a = &aliens[i];

		if (has_bytes(head, len, a->off, a->bytes, a->len)) {
			log_err("%s %s: %sis %s", in->what, in->path, where,
				a->what);
			return -EINVAL;
		}
	}
	log_err("%s %s: %sis not a kernel; give an arm64 Image, Image.gz, "
		"Image.zst or vmlinuz.efi, or a flat payload named *.flat or "
		"*.bin",
		in->what, in->path, where);
	return -EINVAL;
}

static bool codec_of(const uint8_t *head, size_t len, enum stream_codec *out)
{
	if (HAS(0, "\x1f\x8b")) {
		*out = STREAM_GZIP;
		return true;
	}
	if (HAS(0, "\x28\xb5\x2f\xfd") ||
	    (HAS(1, "\x2a\x4d\x18") && (head[0] & 0xf0) == 0x50)) {
		*out = STREAM_ZSTD;
		return true;
	}
	return false;
}

static int identify_zboot(const struct input *in, const uint8_t *head,
			  struct image_file *out)
{
	char type[33];
	uint64_t end;

	out->off = get32(head + 8);
	out->len = get32(head + 12);
	end = out->off + out->len;
	memcpy(type, head + 24, 32);
	type[32] = '\0';

	if (out->off < IMAGE_HEADER_SIZE || out->len == 0) {
		log_err("%s %s: its EFI zboot header is damaged", in->what,
			in->path);
		return -EINVAL;
	}
	if (end > in->size) {
		log_err("%s %s: is cut short: it has %llu bytes, its EFI zboot "
			"header says at least %llu",
			in->what, in->path, (unsigned long long)in->size,
			(unsigned long long)end);
		return -EINVAL;
	}
	if (strcmp(type, "gzip") == 0) {
		out->codec = STREAM_GZIP;
	} else if (strncmp(type, "zstd", 4) == 0) {
		out->codec = STREAM_ZSTD;
	} else {
		for (char *c = type; *c; c++) {
			if (*c < ' ' || *c > '~')
				*c = '?';
		}
		log_err("%s %s: is an EFI zboot kernel compressed with '%s'; "
			"only gzip and zstd can be unpacked here: give the "
			"Image",
			in->what, in->path, type);
		return -EINVAL;
	}
	return 0;
}

static bool is_flat_name(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (strcmp(dot, ".flat") == 0 || strcmp(dot, ".bin") == 0);
}

int image_identify(const struct input *in, struct image_file *out)
{
	size_t len = in->size < PEEK_SIZE ? (size_t)in->size : PEEK_SIZE;
	uint8_t head[PEEK_SIZE];
	int ret;

	ret = input_read(in, 0, head, len);
	if (ret < 0)
		return ret;

	*out = (struct image_file){ .kind = LOADER_IMAGE, .len = in->size };
	/* In this order: packed bytes may look like a header, not so code. */
	if (codec_of(head, len, &out->codec) || is_image(head, len))
		return 0;
	if (HAS(0, "MZ") && HAS(4, "zimg") && len >= IMAGE_HEADER_SIZE)
		return identify_zboot(in, head, out);
	if (is_flat_name(in->path)) {
		out->kind = LOADER_FLAT;
		return 0;
	}
	if (len < IMAGE_HEADER_SIZE) {
		log_err("%s %s: has only %zu bytes: cut short, or not a kernel",
			in->what, in->path, len);
		return -EINVAL;
	}
	return refuse(in, head, len, "");
}

int image_parse(const struct input *in, const uint8_t *head, size_t len,
		struct image_header *out)
{
	static const unsigned int page_kib[] = { 0, 4, 16, 64 };
	uint64_t flags;

	if (len < IMAGE_HEADER_SIZE) {
		log_err("%s %s: unpacks to only %zu bytes: not a kernel",
			in->what, in->path, len);
		return -EINVAL;
	}
	if (!is_image(head, len))
		return refuse(in, head, len, "unpacked, it ");

	out->text_offset = get64(head + 8);
	out->image_size = get64(head + 16);
	flags = get64(head + 24);
	if (out->image_size == 0) {
		/* Before 3.17: no flags, text_offset of either endianness. */
		out->text_offset = IMAGE_OLD_TEXT_OFFSET;
		out->page_kib = 0;
		return 0;
	}
	out->page_kib = page_kib[flags >> PAGE_SIZE_SHIFT & PAGE_SIZE_MASK];
	if (flags & FLAG_BIG_ENDIAN) {
		log_err("%s %s: is a big-endian kernel; build it with "
			"CONFIG_CPU_LITTLE_ENDIAN=y",
			in->what, in->path);
		return -EINVAL;
	}
	if (out->text_offset >= SIZE_LIMIT || out->image_size >= SIZE_LIMIT ||
	    !is_aligned(out->text_offset, KIB(4))) {
		log_err("%s %s: its Image header is damaged (text_offset 0x%llx, "
			"image_size 0x%llx)",
			in->what, in->path,
			(unsigned long long)out->text_offset,
			(unsigned long long)out->image_size);
		return -EINVAL;
	}
	return 0;
}

uint64_t image_efi_size(const uint8_t *head, size_t len)
{
	size_t pe, table, nr;
	uint64_t size = 0;

	if (len < IMAGE_HEADER_SIZE || !HAS(0, "MZ"))
		return 0;
	pe = get32(head + 60);
	if (pe > len || len - pe < 24 || memcmp(head + pe, "PE\0\0", 4) != 0)
		return 0;
	nr = get16(head + pe + 6);
	table = pe + 24 + get16(head + pe + 20);
	for (; nr > 0 && table + 40 <= len; nr--, table += 40) {
		uint64_t end = (uint64_t)get32(head + table + 16) +
			       get32(head + table + 20);

		if (end > size)
			size = end;
	}
	return size;
}
