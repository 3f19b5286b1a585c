// SPDX-License-Identifier: GPL-2.0-only
/* config_gdb.c: --gdb PORT|PATH, --gdb-wait. */
#include "config_set.h"

#include <string.h>

#define MAX_PORT 65535U

static struct config *config_of(struct opt_parse *p)
{
	return p->target;
}

int config_set_gdb(struct opt_parse *p, const char *value)
{
	struct config *cfg = config_of(p);
	uint64_t port = 0;

	if (!strchr(value, '/') &&
	    (parse_u64(value, &port) || port == 0 || port > MAX_PORT))
		return opt_bad_value(
			p, value,
			"a port of 127.0.0.1, 1 to %u, or the path of a socket, with a slash",
			MAX_PORT);
	cfg->gdb = value;
	cfg->gdb_port = (unsigned int)port;
	return 0;
}

int config_set_gdb_wait(struct opt_parse *p, const char *value)
{
	config_of(p)->gdb_wait = !strcmp(value, "on");
	return 0;
}

int config_finish_gdb(struct opt_parse *p, const struct config *cfg)
{
	if (cfg->gdb && cfg->protected_vm)
		return opt_fail(
			p,
			"%s: --gdb: a protected guest's memory and CPUs are nobody else's; debug it with --protected=off, which has the same layout",
			p->verb);
	if (cfg->gdb_wait && !cfg->gdb)
		return opt_fail(p, "%s: --gdb-wait: for whom? Give --gdb",
				p->verb);
	return 0;
}
