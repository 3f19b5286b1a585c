// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_size.c: a kernel's page size, of its header alone: the window and the
 * devices are made before the kernel is loaded.
 */
#include "loader.h"

#include <errno.h>

#include "image.h"
#include "input.h"
#include "stream.h"

/* Unpacks no more of the kernel than a piece with its header. */
static int unpack_header(const struct input *in, const struct image_file *file,
			 struct image_header *h)
{
	struct stream *s;
	uint8_t *dst = scratch_map();
	int ret;

	if (!dst)
		return 0; /* the loader needs none: as if it did not say */
	ret = stream_open(&s, in, file->codec, file->off, file->len, dst,
			  SCRATCH_SIZE);
	if (ret == 0) {
		ret = stream_fill(s, IMAGE_HEADER_SIZE);
		if (ret == -ENOSPC)
			ret = 0;
		else if (ret == 0)
			ret = image_parse(in, dst, stream_written(s), h);
		stream_close(s);
	}
	scratch_unmap(dst);
	return ret;
}

static int read_header(const struct input *in, struct image_header *h)
{
	uint8_t head[IMAGE_HEADER_SIZE];
	struct image_file file;
	int ret = image_identify(in, &file);

	if (ret < 0 || file.kind == LOADER_FLAT)
		return ret;
	if (file.codec != STREAM_PLAIN)
		return unpack_header(in, &file, h);
	ret = input_read(in, 0, head, sizeof(head));
	return ret ? ret : image_parse(in, head, sizeof(head), h);
}

int loader_page_size(const char *path, uint64_t *bytes)
{
	struct image_header h = { 0 };
	struct input in = { 0 };
	int ret = input_open(&in, "kernel", path);

	if (ret < 0)
		return ret;
	ret = read_header(&in, &h);
	input_close(&in);
	*bytes = KIB(h.page_kib);
	return ret;
}
