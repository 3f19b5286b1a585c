/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_file.h: makes the ELF files that tests and seeds of symbols are about. */
#ifndef LKVM_PVM_TESTS_ELF_FILE_H
#define LKVM_PVM_TESTS_ELF_FILE_H

#include <elf.h>
#include <stdint.h>
#include <string.h>

struct elf_symbol {
	const char *name;
	uint64_t addr;
	unsigned char type;
};

/*
 * An arm64 ELF file with a table of @nr symbols, in @buf, which has room for
 * 512 bytes and 64 a symbol. Its length.
 */
static inline size_t make_elf(uint8_t *buf, const struct elf_symbol *symbols,
			      size_t nr)
{
	Elf64_Ehdr h = { .e_type = ET_EXEC,
			 .e_machine = EM_AARCH64,
			 .e_shoff = sizeof(h),
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = 3 };
	Elf64_Shdr s[3] = { { .sh_type = SHT_NULL },
			    { .sh_type = SHT_SYMTAB, .sh_link = 2 },
			    { .sh_type = SHT_STRTAB } };
	size_t at = sizeof(h) + sizeof(s),
	       strings = at + nr * sizeof(Elf64_Sym);
	size_t end = strings + 1;

	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	buf[strings] = '\0';
	for (size_t i = 0; i < nr; i++) {
		Elf64_Sym sym = {
			.st_name = (Elf64_Word)(end - strings),
			.st_info = ELF64_ST_INFO(STB_GLOBAL, symbols[i].type),
			.st_shndx = 1,
			.st_value = symbols[i].addr,
		};

		memcpy(buf + at + i * sizeof(sym), &sym, sizeof(sym));
		strcpy((char *)buf + end, symbols[i].name);
		end += strlen(symbols[i].name) + 1;
	}
	s[1].sh_offset = at;
	s[1].sh_size = nr * sizeof(Elf64_Sym);
	s[2].sh_offset = strings;
	s[2].sh_size = end - strings;
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + sizeof(h), s, sizeof(s));
	return end;
}

#endif
