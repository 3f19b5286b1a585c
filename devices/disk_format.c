// SPDX-License-Identifier: GPL-2.0-only
/* disk_format.c: images that are not raw, told by their magic numbers. */
#include "disk.h"

#include <string.h>

struct magic {
	const char *name;
	const char *remedy; /* who makes a raw image of it */
	const char *bytes;
	uint8_t len;
	uint16_t offset;
	bool at_end; /* of the file's last 512 bytes */
};

#define MAGIC(n, r, b, off, end)                                               \
	{                                                                      \
		.name = (n), .remedy = (r), .bytes = (b),                      \
		.len = sizeof(b) - 1, .offset = (off), .at_end = (end)         \
	}

static const struct magic magics[] = {
	MAGIC("a qcow2 image", "qemu-img", "QFI\xfb", 0, false),
	MAGIC("a QED image", "qemu-img", "QED\0", 0, false),
	MAGIC("a VMDK image", "qemu-img", "KDMV", 0, false),
	MAGIC("a VMDK image", "qemu-img", "COWD", 0, false),
	MAGIC("a VMDK image", "qemu-img", "# Disk DescriptorFile", 0, false),
	MAGIC("a VHDX image", "qemu-img", "vhdxfile", 0, false),
	MAGIC("a VHD image", "qemu-img", "conectix", 0, false),
	MAGIC("a VHD image", "qemu-img", "conectix", 0, true),
	MAGIC("a VDI image", "qemu-img", "\x7f\x10\xda\xbe", 0x40, false),
	MAGIC("a Parallels image", "qemu-img", "WithoutFreeSpace", 0, false),
	MAGIC("a Parallels image", "qemu-img", "WithouFreSpacExt", 0, false),
	MAGIC("a DMG image", "qemu-img", "koly", 0, true),
	MAGIC("a gzip file", "gzip", "\x1f\x8b\x08", 0, false),
	MAGIC("an xz file", "xz",
	      "\xfd"
	      "7zXZ\0",
	      0, false),
	MAGIC("a zstd file", "zstd", "\x28\xb5\x2f\xfd", 0, false),
	MAGIC("a bzip2 file", "bzip2", "BZh91AY", 0, false),
};

const char *disk_format(const uint8_t *head, size_t len, const uint8_t *tail,
			const char **remedy)
{
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		const struct magic *m = &magics[i];
		const uint8_t *where = m->at_end ? tail : head;
		size_t room = m->at_end ? DISK_SECTOR : len;

		if (!where || m->offset + (size_t)m->len > room ||
		    memcmp(where + m->offset, m->bytes, m->len) != 0)
			continue;
		*remedy = m->remedy;
		return m->name;
	}
	return NULL;
}
