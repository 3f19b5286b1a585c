// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_symbols.c: any bytes as a vmlinux or a System.map, and asked for names.
 *
 * Floor: vmm/symbols.c 80
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "../../vmm/symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("symbols", MFD_CLOEXEC);
	uint64_t offset, len, slide, addr = 0xffff800080000000ULL;
	struct symbols *s;
	const char *name;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (symbols_read(&s, fd) < 0) {
		if (s)
			abort();
		close(fd);
		return 0;
	}
	if (size >= sizeof(addr))
		memcpy(&addr, data + size - sizeof(addr), sizeof(addr));
	for (unsigned int i = 0; i < 64; i++, addr += addr / 16 + 1) {
		name = symbols_find(s, addr, &offset, &len);
		if (name && (strlen(name) == 0 || offset > addr))
			abort();
		if (symbols_slide(s, addr, &slide) && slide % KIB(64))
			abort();
	}
	symbols_close(s);
	close(fd);
	return 0;
}
