/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * image.h: what a kernel file is: which container around it, and what the
 * header of the arm64 Image in it says.
 */
#ifndef LKVM_PVM_LOADER_IMAGE_H
#define LKVM_PVM_LOADER_IMAGE_H

#include "input.h"
#include "loader.h"
#include "stream.h"

#define IMAGE_HEADER_SIZE 64U

/* Where a flat payload, or an Image too old to say so, wants to be. */
#define IMAGE_OLD_TEXT_OFFSET KIB(512)

/* What is known from the first bytes of the file. */
struct image_file {
	enum loader_kind kind; /* LOADER_IMAGE or LOADER_FLAT */
	enum stream_codec codec;
	uint64_t off, len; /* the part of the file that holds the kernel */
};

/* What the Image's header says. */
struct image_header {
	uint64_t text_offset;  /* from a 2 MiB aligned base */
	uint64_t image_size;   /* with bss; 0: too old to say */
	unsigned int page_kib; /* 4, 16, 64, or 0 when it does not say */
};

/* Logs and returns -EINVAL when @in is nothing we can start. */
int __must_check image_identify(const struct input *in, struct image_file *out);

/*
 * Reads the header in the first @len bytes of the unpacked kernel. Logs and
 * returns -EINVAL when they are not an arm64 Image that can run here.
 */
int __must_check image_parse(const struct input *in, const uint8_t *head,
			     size_t len, struct image_header *out);

/*
 * Bytes the EFI header in the first @len bytes says the unpacked Image has; 0
 * when it has no such header. Whatever is shorter has been cut off.
 */
uint64_t image_efi_size(const uint8_t *head, size_t len);

#endif
