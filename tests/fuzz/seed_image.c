// SPDX-License-Identifier: GPL-2.0-only
/* seed_image.c: a kernel of every format, and what is given by mistake. */
#include "seed.h"

#include "../unit/kernel_files.h"

static uint8_t image[KIB(4)], packed[KIB(8)], file[KIB(16)];

/* As the EFI stub has it, .text and .data. */
static void add_efi_header(uint8_t *p)
{
	put(p, "MZ", 2);
	put32(p + 60, 0x40);
	put(p + 0x40, "PE\0\0\x64\xaa\x02\0", 8);
	put32(p + 0x40 + 20, 0xa0);
	put32(p + 0x40 + 24 + 0xa0 + 16, 0x400);
	put32(p + 0x40 + 24 + 0xa0 + 20, 0x400);
	put32(p + 0x40 + 24 + 0xa0 + 40 + 16, 0x400);
	put32(p + 0x40 + 24 + 0xa0 + 40 + 20, 0x800);
}

/* @bytes behind the byte of choices that fuzz_image.c wants. */
static void write_seed(const char *name, uint8_t choice, const void *bytes,
		       size_t len)
{
	static uint8_t seed[KIB(16) + 1];

	seed[0] = choice;
	memcpy(seed + 1, bytes, len);
	seed_write(name, seed, len + 1);
}

static void write_aliens(void)
{
	static const struct {
		size_t off;
		const char *bytes;
	} alien[] = {
		{ 0, "\x7f\x45LF" }, { 0x202, "HdrS" }, { 0, "\xfd\x37zXZ" },
		{ 0, "ANDROID!" },   { 0, "070701" },
	};
	char name[] = "alien0";

	for (size_t i = 0; i < ARRAY_SIZE(alien); i++) {
		memset(file, 0, KIB(1));
		memcpy(file + alien[i].off, alien[i].bytes,
		       strlen(alien[i].bytes));
		name[5] = (char)('0' + i);
		write_seed(name, 0, file, KIB(1));
	}
}

static void seed_write_all(void)
{
	size_t n, len = sizeof(image);

	make_image(image, len, 0, KIB(8), 10);
	write_seed("plain", 0, image, len);
	write_seed("initrds", 0x08, image, len);
	write_seed("firmware", 0x16, image, len);
	write_seed("flat", 0x01, image + 64, 200);
	write_seed("flat_initrd", 0x25, image + 64, 200);
	write_aliens();

	n = make_gzip(image, len, packed, sizeof(packed));
	write_seed("gzip", 0, packed, n);
	n = make_zboot(packed, n, "gzip", file, sizeof(file));
	write_seed("zboot_gzip", 0, file, n);
	n = make_zstd(image, len, packed, sizeof(packed));
	write_seed("zstd", 0, packed, n);
	n = make_zboot(packed, n, "zstd22", file, sizeof(file));
	write_seed("zboot_zstd", 0x10, file, n);
	n = make_zboot(packed, n, "xzkern", file, sizeof(file) - KIB(4));
	write_seed("zboot_xz", 0, file, n);

	add_efi_header(image);
	write_seed("efi", 0, image, len);
	make_image(image, len, KIB(512), KIB(8), 10);
	n = make_gzip(image, len, packed, sizeof(packed));
	write_seed("gzip_old", 0, packed, n);
	make_image(image, len, 0, 0, 0);
	write_seed("oldest", 0, image, len);
}
