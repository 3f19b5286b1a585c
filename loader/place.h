/* SPDX-License-Identifier: GPL-2.0-only */
/* place.h: where in RAM everything goes. Arithmetic only. */
#ifndef LKVM_PVM_LOADER_PLACE_H
#define LKVM_PVM_LOADER_PLACE_H

#include "loader.h"

/* Bytes, each far below 2^60 so that sums do not wrap; 0 = there is none. */
struct place_sizes {
	uint64_t firmware;
	uint64_t kernel;      /* with bss */
	uint64_t text_offset; /* of the kernel, from a 2 MiB boundary */
	uint64_t dtb_room;
	uint64_t initrd;
	bool flat; /* the kernel is a flat payload */
};

/*
 * Places everything from the start of @ram, whether RAM is long enough or
 * not, and returns the bytes of RAM it takes. Kind, entry and page size are
 * not touched.
 */
uint64_t place_all(const struct place_sizes *sizes, const struct gpa_range *ram,
		   struct loader_placement *out);

#endif
