// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_kconfig.c: any bytes as an unpacked kernel to be searched for its
 * configuration, and any text as that configuration.
 *
 * Floor: loader/kconfig.c 63
 */
#include "fuzz.h"

#include "loader.h"

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
	return 0;
}
