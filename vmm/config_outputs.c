// SPDX-License-Identifier: GPL-2.0-only
/* config_outputs.c: run's options for what it tells of itself. */
#include "config_set.h"

#include <errno.h>
#include <string.h>

#include "ere.h"

static struct config *config_of(struct opt_parse *p)
{
	return p->target;
}

int config_set_verdict(struct opt_parse *p, const char *value)
{
	return opt_set_file(p, value, &config_of(p)->verdict);
}

int config_set_dump_dtb(struct opt_parse *p, const char *value)
{
	return opt_set_file(p, value, &config_of(p)->dump_dtb);
}

/* What sink_open() takes. */
static int set_target(struct opt_parse *p, const char *value,
		      const char **target)
{
	uint64_t fd;

	if (!*value)
		return opt_bad_value(p, value, "the file name is empty");
	if (!strncmp(value, "fd:", 3) &&
	    (parse_u64(value + 3, &fd) || !config_is_open(fd)))
		return opt_bad_value(p, value,
				     "give a file, - or fd:N, N the number of "
				     "an open descriptor");
	*target = value;
	return 0;
}

int config_set_events(struct opt_parse *p, const char *value)
{
	return set_target(p, value, &config_of(p)->events);
}

int config_set_record(struct opt_parse *p, const char *value)
{
	return set_target(p, value, &config_of(p)->record);
}

int config_set_junit(struct opt_parse *p, const char *value)
{
	return opt_set_file(p, value, &config_of(p)->junit);
}

int config_set_ktap(struct opt_parse *p, const char *value)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return opt_bad_value(p, value, "give on or off");
	config_of(p)->ktap = !strcmp(value, "on") ? KTAP_ON : KTAP_OFF;
	return 0;
}

int config_set_console_log(struct opt_parse *p, const char *value)
{
	return set_target(p, value, &config_of(p)->console_log);
}

int config_set_artifacts(struct opt_parse *p, const char *value)
{
	if (!*value)
		return opt_bad_value(p, value, "the directory's name is empty");
	if (!strcmp(value, "-") || !strncmp(value, "fd:", 3))
		return opt_bad_value(p, value,
				     "give a directory; one of that name is "
				     "./%s",
				     value);
	config_of(p)->artifacts = value;
	return 0;
}

static int set_seconds(struct opt_parse *p, const char *value, uint64_t *ms)
{
	if (parse_seconds(value, ms))
		return opt_bad_value(p, value,
				     "give seconds, 90 or 0.5 for example");
	if (!*ms)
		return opt_bad_value(p, value,
				     "no time at all; leave it out for none");
	return 0;
}

int config_set_timeout(struct opt_parse *p, const char *value)
{
	return set_seconds(p, value, &config_of(p)->timeout_ms);
}

int config_set_boot_timeout(struct opt_parse *p, const char *value)
{
	return set_seconds(p, value, &config_of(p)->boot_timeout_ms);
}

int config_set_hang_timeout(struct opt_parse *p, const char *value)
{
	return set_seconds(p, value, &config_of(p)->hang_timeout_ms);
}

static int add_regex(struct opt_parse *p, const char *value, const char **list,
		     unsigned int *nr)
{
	const char *why;
	struct ere *e;

	if (*nr == CONFIG_MAX_REGEXES)
		return opt_bad_value(p, value, "more than %u; join some with |",
				     CONFIG_MAX_REGEXES);
	if (!*value)
		return opt_bad_value(p, value, "it would match any line");
	if (strlen(value) > CONFIG_REGEX_LEN)
		return opt_bad_value(p, value, "longer than %u characters",
				     CONFIG_REGEX_LEN);
	e = ere_compile(value, &why);
	if (!e)
		return opt_bad_value(p, value, "no regular expression: %s",
				     why);
	ere_free(e);
	list[(*nr)++] = value;
	return 0;
}

int config_add_expect(struct opt_parse *p, const char *value)
{
	struct config *cfg = config_of(p);

	return add_regex(p, value, cfg->expects, &cfg->nr_expects);
}

int config_add_fail_on(struct opt_parse *p, const char *value)
{
	struct config *cfg = config_of(p);

	return add_regex(p, value, cfg->fail_ons, &cfg->nr_fail_ons);
}
