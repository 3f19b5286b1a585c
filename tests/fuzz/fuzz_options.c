// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_options.c: command lines: the input is run's arguments, each ended by
 * a NUL. What is accepted must be within the limits config.h promises.
 *
 * Floor: vmm/options.c 88
 * Floor: vmm/values.c 88
 * Floor: vmm/config.c 76
 * Floor: vmm/config_disk.c 82
 * Floor: vmm/config_net.c 85
 * Floor: vmm/config_outputs.c 68
 * Floor: vmm/config_port.c 83
 * Floor: vmm/config_vhost_user.c 85
 * Floor: vmm/config_vsock.c 83
 */
#include "fuzz.h"

#include <assert.h>

#include "config.h"
#include "machine.h"

#define MAX_ARGS 64

static void check(const struct config *cfg)
{
	assert(!cfg->kernel != !cfg->firmware);
	assert(cfg->mem >= CONFIG_MIN_MEM && cfg->mem <= CONFIG_MAX_MEM);
	assert(is_aligned(cfg->mem, CONFIG_MEM_ALIGN));
	assert(cfg->nr_vcpus >= 1 && cfg->nr_vcpus <= MACHINE_MAX_VCPUS);
	assert(cfg->nr_initrds <= CONFIG_MAX_INITRDS);
	assert(cfg->params);
	assert(!cfg->affinity == !cfg->affinity_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char verb[] = "run";
	char *argv[MAX_ARGS + 1] = { verb };
	struct opt_parse parse;
	struct config cfg;
	int argc = 1, ret, i;
	size_t len;

	/* Each argument in memory of its own: reading past it is seen. */
	while (size && argc < MAX_ARGS) {
		len = strnlen((const char *)data, size);
		argv[argc] = strndup((const char *)data, len);
		if (!argv[argc++])
			abort();
		len += len < size;
		data += len;
		size -= len;
	}
	ret = config_parse(&cfg, &parse, argc, argv);
	if (ret == 0)
		check(&cfg);
	else
		assert(ret == OPT_HELP ||
		       (parse.error[0] && !strchr(parse.error, '\n')));
	config_fini(&cfg);
	for (i = 1; i < argc; i++)
		free(argv[i]);
	return 0;
}
