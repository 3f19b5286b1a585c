// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c: kernel, initrds and firmware into guest RAM.
 *
 * How this works: all files are opened and measured first, so that a refusal
 * can name every size. An uncompressed kernel's header is read, everything is
 * placed, and the bytes are read where they are to stay. A compressed one is
 * unpacked to where a kernel of today (text_offset 0) belongs; its header is
 * looked at as soon as it is there, and an older kernel is moved up once.
 */
#include "loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "input.h"
#include "log.h"
#include "place.h"
#include "stream.h"

#define INITRD_ALIGN 4U

/*
 * What Linux takes beside its image until init runs, at the least: tried with
 * small kernels and a busybox. A kernel that is smaller still takes less.
 */
#define LINUX_NEEDS MIB(12)

/* More bss than this, and more than all else, makes a kernel suspect. */
#define LARGE_BSS MIB(4)
/* No kernel with that much bss has less code than this. */
#define LEAST_CODE KIB(4)

struct load {
	const struct loader_inputs *in;
	const struct ram_view *ram;
	struct loader_placement *out;
	struct place_sizes sizes;
	struct input kernel, firmware;
	struct input *initrds; /* in->nr_initrds of them */
	uint64_t least;	       /* -m that may do, in bytes */
};

static uint8_t *at(const struct load *ld, gpa_t gpa)
{
	return ld->ram->hva + (gpa - ld->ram->range.gpa);
}

/* Bytes from @gpa to the end of RAM. */
static uint64_t room_at(const struct load *ld, gpa_t gpa)
{
	uint64_t used = gpa - ld->ram->range.gpa;

	return used < ld->ram->range.len ? ld->ram->range.len - used : 0;
}

/* -m, in MiB. */
static unsigned long long mem_mib(const struct load *ld)
{
	return (unsigned long long)((ld->ram->range.len + ld->in->window) >>
				    20);
}

static unsigned long long in_mib(uint64_t bytes)
{
	return (unsigned long long)(align_up(bytes, MIB(1)) >> 20);
}

/*
 * -m to ask for when @placed bytes of it are taken by what is loaded. Linux
 * unpacks an initrd before it frees it.
 */
static uint64_t least_ram(const struct load *ld, uint64_t placed)
{
	uint64_t more = 0;

	if (!ld->sizes.flat)
		more = ld->sizes.initrd + (ld->sizes.kernel < LINUX_NEEDS
						   ? ld->sizes.kernel
						   : LINUX_NEEDS);
	return align_up(placed + more + ld->in->window, MIB(2));
}

/* True, and said, when @r does not end within RAM. */
static bool too_large(const struct load *ld, const struct gpa_range *r,
		      const struct input *in)
{
	uint64_t room = room_at(ld, r->gpa);
	const char *more = "";

	if (r->len <= room)
		return false;
	if (in == ld->initrds && ld->in->nr_initrds > 1)
		more = " and the initrds after it are";
	else
		more = in == &ld->kernel && !ld->sizes.flat ? " with its bss is"
							    : " is";
	log_err("%s %s%s %llu MiB but -m leaves %llu MiB for it; raise -m to "
		"%llu or more",
		in->what, in->path, more, in_mib(r->len),
		(unsigned long long)(room >> 20), in_mib(ld->least));
	return true;
}

/* Places everything by what is known of the sizes. */
static int place(struct load *ld)
{
	const struct loader_placement *p = ld->out;
	uint64_t need = place_all(&ld->sizes, &ld->ram->range, ld->out);

	ld->least = least_ram(ld, need);
	if (too_large(ld, &p->firmware, &ld->firmware) ||
	    too_large(ld, &p->kernel, &ld->kernel) ||
	    too_large(ld, &p->initrd, ld->initrds))
		return -ENOSPC;
	if (need > ld->ram->range.len) {
		log_err("-m %llu leaves no room for the device tree; raise -m "
			"to %llu or more",
			mem_mib(ld), in_mib(ld->least));
		return -ENOSPC;
	}
	return 0;
}

static void warn_page_size(const struct load *ld, unsigned int page_kib)
{
	uint64_t host_kib = ld->in->host_page_size >> 10;

	if (ld->in->no_warnings || page_kib == 0 || host_kib == 0 ||
	    page_kib == host_kib)
		return;
	if (page_kib < host_kib)
		log_warn("kernel %s: has %u KiB pages, the host %llu KiB: a "
			 "protected guest cannot share pages smaller than the "
			 "host's",
			 ld->kernel.path, page_kib,
			 (unsigned long long)host_kib);
	else
		log_warn("kernel %s: has %u KiB pages, the host %llu KiB: on a "
			 "CPU without %u KiB pages it stops before it prints "
			 "anything",
			 ld->kernel.path, page_kib,
			 (unsigned long long)host_kib, page_kib);
}

/* It fits, but a kernel that says nothing any more, or panics, is no answer. */
static void warn_small_ram(const struct load *ld)
{
	if (ld->in->no_warnings || ld->out->kind != LOADER_IMAGE ||
	    ld->ram->range.len + ld->in->window >= ld->least)
		return;
	log_warn("-m %llu is little for kernel %s%s: Linux may not start with "
		 "less than %llu",
		 mem_mib(ld), ld->kernel.path,
		 ld->in->nr_initrds ? " and the initrd" : "",
		 in_mib(ld->least));
}

/* The header is known: @loaded bytes, or 0 when it is not known how many. */
static int place_image(struct load *ld, const struct image_header *h,
		       uint64_t loaded)
{
	ld->sizes.text_offset = h->text_offset;
	/* Before 3.17 it does not say how much bss follows: assume plenty. */
	ld->sizes.kernel = h->image_size ? h->image_size : 2 * loaded;
	if (ld->sizes.kernel < loaded)
		ld->sizes.kernel = loaded;
	ld->out->page_kib = h->page_kib;
	return place(ld);
}

/*
 * Has the whole Image arrived? Only an EFI header can tell for sure: image_size
 * includes the bss, which is not in the file, and nothing says how much it is.
 */
static int check_complete(const struct load *ld, const struct image_header *h,
			  const uint8_t *image, uint64_t len)
{
	uint64_t efi = image_efi_size(image, (size_t)len);

	if (len < efi) {
		log_err("kernel %s: is cut short: it has %llu bytes, its EFI "
			"header says %llu",
			ld->kernel.path, (unsigned long long)len,
			(unsigned long long)efi);
		return -EINVAL;
	}
	if (efi || len >= h->image_size / 2 || h->image_size - len <= LARGE_BSS)
		return 0;
	if (len < LEAST_CODE) {
		log_err("kernel %s: is cut short: it has %llu bytes of the "
			"%llu MiB its header says",
			ld->kernel.path, (unsigned long long)len,
			in_mib(h->image_size));
		return -EINVAL;
	}
	if (!ld->in->no_warnings)
		log_warn("kernel %s: has %llu MiB of the %llu MiB its header "
			 "says: it may be cut short",
			 ld->kernel.path, in_mib(len), in_mib(h->image_size));
	return 0;
}

static int load_plain(struct load *ld, const struct image_file *file)
{
	uint8_t head[IMAGE_HEADER_SIZE];
	struct image_header h = { 0 };
	uint8_t *dst;
	int ret;

	ret = input_read(&ld->kernel, 0, head, sizeof(head));
	if (ret == 0)
		ret = image_parse(&ld->kernel, head, sizeof(head), &h);
	if (ret == 0)
		ret = place_image(ld, &h, file->len);
	if (ret < 0)
		return ret;
	dst = at(ld, ld->out->kernel.gpa);
	ld->out->kernel_loaded = file->len;
	ret = input_read(&ld->kernel, 0, dst, (size_t)file->len);
	if (ret < 0)
		return ret;
	return check_complete(ld, &h, dst, file->len);
}

static int load_flat(struct load *ld, const struct image_file *file)
{
	int ret;

	ld->sizes.flat = true;
	ld->sizes.text_offset = IMAGE_OLD_TEXT_OFFSET;
	ld->sizes.kernel = file->len;
	ret = place(ld);
	if (ret < 0)
		return ret;
	ld->out->kernel_loaded = file->len;
	return input_read(&ld->kernel, 0, at(ld, ld->out->kernel.gpa),
			  (size_t)file->len);
}

/* Says what the stream left to its caller to say. */
static int unpacked(const struct load *ld, int ret, size_t room)
{
	if (ret == -ENOSPC)
		log_err("kernel %s: unpacks to more than the %llu MiB that -m "
			"leaves for it; raise -m",
			ld->kernel.path, (unsigned long long)(room >> 20));
	return ret;
}

/* Unpacks to @dst of @room bytes; the header is placed by as it arrives. */
static int unpack(struct load *ld, struct stream *s, const uint8_t *dst,
		  size_t room, struct image_header *h)
{
	int ret = unpacked(ld, stream_fill(s, IMAGE_HEADER_SIZE), room);

	if (ret == 0)
		ret = image_parse(&ld->kernel, dst, stream_written(s), h);
	if (ret == 0)
		ret = place_image(ld, h, IMAGE_HEADER_SIZE);
	if (ret == 0)
		ret = unpacked(ld, stream_finish(s), room);
	if (ret == 0)
		ret = check_complete(ld, h, dst, stream_written(s));
	/* Again, now that its length is known. */
	if (ret == 0)
		ret = place_image(ld, h, stream_written(s));
	return ret;
}

static int load_packed(struct load *ld, const struct image_file *file)
{
	struct image_header h = { 0 };
	struct stream *s;
	size_t room, len;
	uint8_t *dst;
	gpa_t base;
	int ret;

	ld->sizes.kernel = IMAGE_HEADER_SIZE;
	place_all(&ld->sizes, &ld->ram->range, ld->out);
	base = ld->out->kernel.gpa;
	room = (size_t)room_at(ld, base);
	if (room < IMAGE_HEADER_SIZE)
		return place(ld);
	dst = at(ld, base);
	ret = stream_open(&s, &ld->kernel, file->codec, file->off, file->len,
			  dst, room);
	if (ret < 0)
		return ret;
	ret = unpack(ld, s, dst, room, &h);
	len = stream_written(s);
	ld->out->kernel_loaded = len;
	stream_close(s);
	if (ret == 0 && h.text_offset > 0) {
		memmove(dst + h.text_offset, dst, len);
		memset(dst, 0, len < h.text_offset ? len : h.text_offset);
	}
	return ret;
}

static int load_kernel(struct load *ld)
{
	struct image_file file;
	int ret = image_identify(&ld->kernel, &file);

	if (ret < 0)
		return ret;
	ld->out->kind = file.kind;
	if (file.kind == LOADER_FLAT)
		ret = load_flat(ld, &file);
	else if (file.codec == STREAM_PLAIN)
		ret = load_plain(ld, &file);
	else
		ret = load_packed(ld, &file);
	if (ret == 0) {
		warn_page_size(ld, ld->out->page_kib);
		warn_small_ram(ld);
		ld->out->entry = ld->out->kernel.gpa;
	}
	return ret;
}

static int load_firmware(struct load *ld)
{
	if (!ld->in->firmware)
		return 0;
	ld->out->entry = ld->out->firmware.gpa;
	if (!ld->in->kernel)
		ld->out->kind = LOADER_FIRMWARE;
	return input_read(&ld->firmware, 0, at(ld, ld->out->firmware.gpa),
			  (size_t)ld->firmware.size);
}

static int load_initrds(struct load *ld)
{
	uint8_t *dst;

	if (ld->in->nr_initrds == 0 && !ld->in->last_initrd)
		return 0; /* and no address: nothing may be made of it */
	dst = at(ld, ld->out->initrd.gpa);
	for (unsigned int i = 0; i < ld->in->nr_initrds; i++) {
		const struct input *in = &ld->initrds[i];
		int ret = input_read(in, 0, dst, (size_t)in->size);

		if (ret < 0)
			return ret;
		dst += align_up(in->size, INITRD_ALIGN);
	}
	if (ld->in->last_initrd)
		memcpy(dst, ld->in->last_initrd, ld->in->last_initrd_len);
	return 0;
}

static int open_all(struct load *ld)
{
	const struct loader_inputs *in = ld->in;
	int ret = 0;

	if (!in->kernel && !in->firmware) {
		log_err("no kernel: give one with -k, or firmware with "
			"--firmware");
		return -EINVAL;
	}
	if (in->kernel)
		ret = input_open(&ld->kernel, "kernel", in->kernel);
	if (ret == 0 && in->firmware)
		ret = input_open(&ld->firmware, "firmware", in->firmware);
	ld->sizes.firmware = ld->firmware.size;
	ld->sizes.dtb_room = in->dtb_room;
	for (unsigned int i = 0; ret == 0 && i < in->nr_initrds; i++) {
		struct input *rd = &ld->initrds[i];

		ret = input_open(rd, "initrd", in->initrds[i]);
		ld->sizes.initrd += align_up(rd->size, INITRD_ALIGN);
	}
	if (in->last_initrd)
		ld->sizes.initrd += align_up(in->last_initrd_len, INITRD_ALIGN);
	return ret;
}

static int load_all(struct load *ld)
{
	int ret = open_all(ld);

	if (ret < 0)
		return ret;
	ret = ld->in->kernel ? load_kernel(ld) : place(ld);
	if (ret == 0)
		ret = load_firmware(ld);
	if (ret == 0)
		ret = load_initrds(ld);
	return ret;
}

int loader_load(const struct loader_inputs *in, const struct ram_view *ram,
		struct loader_placement *out)
{
	struct load ld = { .in = in, .ram = ram, .out = out };
	int ret;

	*out = (struct loader_placement){ 0 };
	/* One more than needed: calloc(0) may return NULL. */
	ld.initrds = calloc(in->nr_initrds + 1U, sizeof(*ld.initrds));
	if (!ld.initrds) {
		log_err("no memory to load the kernel");
		return -ENOMEM;
	}
	ret = load_all(&ld);
	for (unsigned int i = 0; i < in->nr_initrds; i++)
		input_close(&ld.initrds[i]);
	free(ld.initrds);
	input_close(&ld.firmware);
	input_close(&ld.kernel);
	return ret;
}
