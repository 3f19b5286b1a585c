// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_kconfig.c: any bytes as an unpacked kernel, in memory or a file, to be
 * searched for its configuration, and any text as that configuration.
 *
 * Floor: loader/kconfig.c 63
 */
#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader.h"

static void find(const uint8_t *data, size_t size, struct loader_kconfig *kc)
{
	static int fd = -1;
	char path[32];

	if (fd < 0)
		fd = memfd_create("kernel", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)size) ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!loader_find_kconfig(path, kc) != (kc->text != NULL))
		abort();
}

static void ask(const struct loader_kconfig *kc)
{
	unsigned int nr;
	const struct loader_kconfig_item *items = loader_kconfig_items(&nr);
	char text[160];

	for (unsigned int i = 0; i < nr; i++) {
		char state = loader_kconfig_get(kc, items[i].symbol);

		if ((state != 'y' && state != 'm' && state != 'n') ||
		    loader_kconfig_describe(&items[i], state, text,
					    sizeof(text)) >= (int)sizeof(text))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loader_kconfig kc = { .text = malloc(size + 1), .len = size };

	memcpy(kc.text, data, size);
	kc.text[size] = '\0';
	ask(&kc);
	loader_kconfig_fini(&kc);

	if (loader_kconfig_from_memory(data, size, &kc) < 0)
		abort();
	if (kc.text && kc.text[kc.len] != '\0')
		abort();
	ask(&kc);
	loader_kconfig_fini(&kc);

	/* That takes a while. */
	if (size && data[0] % 16 == 0) {
		find(data, size, &kc);
		ask(&kc);
		loader_kconfig_fini(&kc);
	}
	return 0;
}
