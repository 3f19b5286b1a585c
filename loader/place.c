// SPDX-License-Identifier: GPL-2.0-only
/*
 * place.c: where in RAM everything goes.
 *
 * How this works: RAM fills from its start, so that mem= in the guest's
 * command line still covers what it needs:
 *
 *   firmware, when there is one
 *   kernel       at text_offset from a 2 MiB boundary
 *   device tree  on a 2 MiB boundary: Linux maps it with one such block
 *   initrd       on a boundary of the largest page a guest may have
 *
 * With firmware the device tree comes before the kernel: firmware looks for
 * it just behind itself when it is not told.
 *
 * A flat payload does not say how much memory it uses behind its end (bss,
 * stack), so nothing is put there: the device tree goes below it, where RAM
 * is free up to the payload's offset, and the initrd to the end of RAM.
 */
#include "place.h"

#define BLOCK	 MIB(2)
#define PAGE_MAX KIB(64)

/* What a flat payload gets for bss and stack, at the least. */
#define FLAT_SLACK MIB(1)

static struct gpa_range put(gpa_t *next, uint64_t align, uint64_t len)
{
	struct gpa_range r = { align_up(*next, align), len };

	if (len == 0)
		return (struct gpa_range){ 0 };
	*next = r.gpa + len;
	return r;
}

/* Device tree, payload, and the initrd at the end of RAM. */
static uint64_t place_flat(const struct place_sizes *sizes,
			   const struct gpa_range *ram,
			   struct loader_placement *out, gpa_t next)
{
	gpa_t base = align_up(next, BLOCK), top, end;

	out->kernel.gpa = base + sizes->text_offset;
	out->kernel.len = sizes->kernel;
	next = base;
	out->dtb = put(&next, BLOCK, sizes->dtb_room);
	end = out->kernel.gpa + sizes->kernel + FLAT_SLACK;
	if (next > out->kernel.gpa) {
		next = end;
		out->dtb = put(&next, BLOCK, sizes->dtb_room);
		end = next;
	}

	out->initrd = (struct gpa_range){ 0 };
	if (sizes->initrd > 0) {
		uint64_t len = align_up(sizes->initrd, PAGE_MAX);

		end = align_up(end, PAGE_MAX);
		top = align_down(ram->gpa + ram->len, PAGE_MAX);
		out->initrd.gpa = top >= end + len ? top - len : end;
		out->initrd.len = sizes->initrd;
		end += len;
	}
	return end - ram->gpa;
}

uint64_t place_all(const struct place_sizes *sizes, const struct gpa_range *ram,
		   struct loader_placement *out)
{
	gpa_t next = ram->gpa;

	out->firmware = put(&next, BLOCK, sizes->firmware);
	if (sizes->flat)
		return place_flat(sizes, ram, out, next);
	if (sizes->firmware > 0)
		out->dtb = put(&next, BLOCK, sizes->dtb_room);

	next = align_up(next, BLOCK) + sizes->text_offset;
	out->kernel = put(&next, 1, sizes->kernel);
	if (sizes->firmware == 0)
		out->dtb = put(&next, BLOCK, sizes->dtb_room);
	out->initrd = put(&next, PAGE_MAX, sizes->initrd);
	return next - ram->gpa;
}
