// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbols.c: reads an ELF symbol table, or the text of a System.map, into one
 * sorted table of functions.
 *
 * Only headers, the symbol table and its strings are read of an ELF file: a
 * vmlinux with debugging information has hundreds of MiB.
 */
#include "symbols.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define MAX_SECTIONS 65536U
#define MAX_TABLE    MIB(256)
/* A symbol that far away is not what an address belongs to. */
#define MAX_FUNCTION MIB(1)

/* The kernel moves itself by whole 64 KiB, and mostly by 2 MiB. */
#define SLIDE_ALIGN KIB(64)
/* Copies of the vectors, one for each remedy against Spectre-BHB. */
#define VECTORS_LEN  KIB(2)
#define VECTORS_MOST 8U

struct symbol {
	uint64_t addr;
	const char *name;
};

struct symbols {
	char *text; /* owned: where the names are */
	struct symbol *all;
	size_t nr, room;
};

static int read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	ssize_t n;

	if (offset > INT64_MAX - len)
		return -ENOEXEC;
	n = pread(fd, buf, len, (off_t)offset);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -ENOEXEC;
}

/* @len bytes at @offset of @fd and a final NUL, to be freed; or NULL. */
static char *read_all(int fd, uint64_t offset, uint64_t len, int *err)
{
	char *text;

	*err = len > MAX_TABLE ? -EFBIG : 0;
	if (*err)
		return NULL;
	text = malloc((size_t)len + 1);
	*err = text ? read_at(fd, text, (size_t)len, offset) : -ENOMEM;
	if (*err) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

static int add(struct symbols *s, uint64_t addr, const char *name)
{
	/* "$x" and ".L1" mark places, they do not name them. */
	if (!*name || *name == '$' || *name == '.')
		return 0;
	if (s->nr == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		struct symbol *all = reallocarray(s->all, room, sizeof(*all));

		if (!all)
			return -ENOMEM;
		s->all = all;
		s->room = room;
	}
	s->all[s->nr++] = (struct symbol){ addr, name };
	return 0;
}

/* --- ELF ------------------------------------------------------------------- */

static int add_elf_symbols(struct symbols *s, const char *table, size_t nr,
			   size_t strings_len)
{
	Elf64_Sym sym;
	int ret = 0;

	for (size_t i = 0; !ret && i < nr; i++) {
		memcpy(&sym, table + i * sizeof(sym), sizeof(sym));
		if (sym.st_shndx == SHN_UNDEF || sym.st_name >= strings_len ||
		    (ELF64_ST_TYPE(sym.st_info) != STT_FUNC &&
		     ELF64_ST_TYPE(sym.st_info) != STT_NOTYPE))
			continue;
		ret = add(s, sym.st_value, s->text + sym.st_name);
	}
	return ret;
}

static int read_section(int fd, const Elf64_Ehdr *h, uint32_t i, Elf64_Shdr *to)
{
	return read_at(fd, to, sizeof(*to),
		       h->e_shoff + (uint64_t)i * sizeof(*to));
}

static int find_symbol_table(int fd, const Elf64_Ehdr *h, Elf64_Shdr *table)
{
	int ret = 0;

	for (uint32_t i = 0; !ret && i < h->e_shnum; i++) {
		ret = read_section(fd, h, i, table);
		if (!ret && table->sh_type == SHT_SYMTAB)
			return 0;
	}
	return ret ? ret : -ENODATA;
}

static int read_elf(struct symbols *s, int fd)
{
	Elf64_Shdr table, strings;
	Elf64_Ehdr h;
	char *symbols;
	int ret = read_at(fd, &h, sizeof(h), 0);

	if (!ret &&
	    (h.e_ident[EI_CLASS] != ELFCLASS64 ||
	     h.e_ident[EI_DATA] != ELFDATA2LSB || h.e_machine != EM_AARCH64 ||
	     (h.e_shnum && h.e_shentsize != sizeof(Elf64_Shdr)) ||
	     h.e_shoff > INT64_MAX / 2))
		ret = -ENOEXEC;
	if (!ret)
		ret = find_symbol_table(fd, &h, &table);
	if (!ret)
		ret = table.sh_link < h.e_shnum
			      ? read_section(fd, &h, table.sh_link, &strings)
			      : -ENOEXEC;
	if (ret)
		return ret;
	s->text = read_all(fd, strings.sh_offset, strings.sh_size, &ret);
	if (ret)
		return ret;
	symbols = read_all(fd, table.sh_offset, table.sh_size, &ret);
	if (ret)
		return ret;
	ret = add_elf_symbols(s, symbols, table.sh_size / sizeof(Elf64_Sym),
			      strings.sh_size);
	free(symbols);
	return ret;
}

/* --- System.map ------------------------------------------------------------ */

/* "ffff800080010000 T vectors": of functions t, T, w, W. */
static int add_line(struct symbols *s, char *line)
{
	char *end, *name;
	uint64_t addr;

	errno = 0;
	addr = strtoull(line, &end, 16);
	if (errno || end - line < 8 || end[0] != ' ' || !end[1] ||
	    end[2] != ' ')
		return -ENOEXEC;
	if (!strchr("tTwW", end[1]))
		return 0;
	name = end + 3;
	name[strcspn(name, " \t")] = '\0'; /* a module's, in /proc/kallsyms */
	return add(s, addr, name);
}

static int read_map(struct symbols *s, int fd)
{
	struct stat st;
	int ret = fstat(fd, &st) ? -errno : 0;
	char *line, *rest;

	if (!ret)
		s->text = read_all(fd, 0, (uint64_t)st.st_size, &ret);
	if (ret)
		return ret;
	rest = s->text;
	while (!ret && (line = strsep(&rest, "\n")))
		ret = *line ? add_line(s, line) : 0;
	return ret;
}

/* --- both ------------------------------------------------------------------ */

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

int symbols_read(struct symbols **out, int fd)
{
	struct symbols *s = calloc(1, sizeof(*s));
	char magic[SELFMAG];
	int ret;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	ret = read_at(fd, magic, sizeof(magic), 0);
	if (!ret)
		ret = memcmp(magic, ELFMAG, SELFMAG) ? read_map(s, fd)
						     : read_elf(s, fd);
	if (!ret && !s->nr)
		ret = -ENODATA;
	if (ret) {
		symbols_close(s);
		return ret;
	}
	qsort(s->all, s->nr, sizeof(*s->all), by_address);
	*out = s;
	return 0;
}

int symbols_open(struct symbols **out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int ret = fd < 0 ? -errno : symbols_read(out, fd);

	if (fd >= 0)
		close(fd);
	if (ret == -ENOEXEC)
		log_err("--vmlinux %s: neither an arm64 ELF file nor a System.map",
			path);
	else if (ret == -ENODATA)
		log_err("--vmlinux %s: it has no symbols; give the vmlinux that was not stripped, or System.map",
			path);
	else if (ret)
		log_err("--vmlinux %s: %s", path, errno_text(ret));
	return ret;
}

void symbols_close(struct symbols *s)
{
	if (!s)
		return;
	free(s->all);
	free(s->text);
	free(s);
}

/* How many symbols are at @addr or below it. */
static size_t nr_below(const struct symbols *s, uint64_t addr)
{
	size_t low = 0, high = s->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->all[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const char *symbols_find(const struct symbols *s, uint64_t addr,
			 uint64_t *offset, uint64_t *len)
{
	size_t n = s ? nr_below(s, addr) : 0;
	const struct symbol *sym;

	if (!n)
		return NULL;
	sym = &s->all[n - 1];
	*offset = addr - sym->addr;
	if (*offset >= MAX_FUNCTION)
		return NULL;
	*len = n < s->nr ? s->all[n].addr - sym->addr : *offset + 1;
	return sym->name;
}

bool symbols_address(const struct symbols *s, const char *name, uint64_t *addr)
{
	for (size_t i = 0; s && i < s->nr; i++) {
		if (strcmp(s->all[i].name, name) != 0)
			continue;
		*addr = s->all[i].addr;
		return true;
	}
	return false;
}

static bool is_slide(const struct symbol *vectors, uint64_t vbar,
		     unsigned int n, uint64_t *slide)
{
	*slide = vbar - n * VECTORS_LEN - vectors->addr;
	return is_aligned(*slide, SLIDE_ALIGN);
}

bool symbols_slide(const struct symbols *s, uint64_t vbar, uint64_t *slide)
{
	for (size_t i = 0; s && i < s->nr; i++) {
		const struct symbol *sym = &s->all[i];
		unsigned int n = 0;

		if (!strcmp(sym->name, "vectors"))
			n = 1;
		else if (!strcmp(sym->name, "__bp_harden_el1_vectors"))
			n = VECTORS_MOST;
		while (n-- > 0)
			if (is_slide(sym, vbar, n, slide))
				return true;
	}
	return false;
}
