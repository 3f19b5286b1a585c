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
 * stack), so nothing is put near it: the device tree goes to the last 2 MiB of
 * RAM, where kvm-unit-tests want it (behind their stack), the initrd below it.
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

/* @len bytes that end at or below *top; at @floor when there is no room. */
static struct gpa_range put_below(gpa_t *top, gpa_t floor, uint64_t align,
				  uint64_t len)
{
	struct gpa_range r = { align_up(floor, align), len };

	if (len == 0)
		return (struct gpa_range){ 0 };
	if (*top >= len && align_down(*top - len, align) > r.gpa)
		r.gpa = align_down(*top - len, align);
	*top = r.gpa;
	return r;
}

/* The payload, and from the end of RAM down the device tree and the initrd. */
static uint64_t place_flat(const struct place_sizes *sizes,
			   const struct gpa_range *ram,
			   struct loader_placement *out, gpa_t next)
{
	gpa_t end, top = ram->gpa + ram->len;
	uint64_t need;

	out->kernel.gpa = align_up(next, BLOCK) + sizes->text_offset;
	out->kernel.len = sizes->kernel;
	end = out->kernel.gpa + sizes->kernel + FLAT_SLACK;
	need = align_up(end, PAGE_MAX) - ram->gpa +
	       align_up(sizes->initrd, PAGE_MAX);
	need = align_up(need, BLOCK) + align_up(sizes->dtb_room, BLOCK);
	out->dtb = put_below(&top, end, BLOCK, sizes->dtb_room);
	out->initrd = put_below(&top, end, PAGE_MAX, sizes->initrd);
	return need;
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
