// SPDX-License-Identifier: GPL-2.0-only
/* config_outputs.c: run's options for what it tells of itself. */
#include "config_set.h"

#include <string.h>

static struct config *config_of(struct opt_parse *p)
{
	return p->target;
}

int config_set_verdict(struct opt_parse *p, const char *value)
{
	if (!*value)
		return opt_bad_value(p, value, "the file name is empty");
	config_of(p)->verdict = value;
	return 0;
}

int config_set_events(struct opt_parse *p, const char *value)
{
	uint64_t fd;

	if (!*value)
		return opt_bad_value(p, value, "the file name is empty");
	if (!strncmp(value, "fd:", 3) &&
	    (parse_u64(value + 3, &fd) || fd > INT32_MAX))
		return opt_bad_value(p, value,
				     "give a file, - or fd:N, N the number of "
				     "an open descriptor");
	config_of(p)->events = value;
	return 0;
}
