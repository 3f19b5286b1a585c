// SPDX-License-Identifier: GPL-2.0-only
/* seed_symbols.c: an ELF file and a System.map. */
#include "seed.h"

#include "../unit/elf_file.h"

static const struct elf_symbol kernel[] = {
	{ "vectors", 0xffff800080010000, STT_NOTYPE },
	{ "second", 0xffff800080000400, STT_FUNC },
	{ "first", 0xffff800080000100, STT_FUNC },
	{ "__bp_harden_el1_vectors", 0xffff800080020000, STT_NOTYPE },
};

static const char map[] = "ffff800080000100 T first\n"
			  "ffff800080000200 D data\n"
			  "ffff800080000400 t second\t[module]\n"
			  "ffff800080010000 T vectors\n";

static void seed_write_all(void)
{
	uint8_t elf[1024];
	size_t len = make_elf(elf, kernel, sizeof(kernel) / sizeof(kernel[0]));

	seed_write("elf", elf, len);
	seed_write("map", map, sizeof(map) - 1);
}
