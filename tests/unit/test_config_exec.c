// SPDX-License-Identifier: GPL-2.0-only
/* test_config_exec.c: what exec's own options are taken for. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"

static struct config cfg;
static struct opt_parse parse;

/* Parses "exec -k Image" and the space-separated words of @line. */
static int parse_line(const char *line)
{
	static char copy[4096];
	static char verb[] = "exec", option[] = "-k", image[] = "Image";
	char *argv[128] = { verb, option, image }, *save = NULL, *word;
	int argc = 3;

	config_fini(&cfg);
	ck_assert_uint_lt(strlen(line), sizeof(copy));
	strcpy(copy, line);
	for (word = strtok_r(copy, " ", &save); word && argc < 127;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	return config_parse_exec(&cfg, &parse, argc, argv);
}

static void teardown(void)
{
	config_fini(&cfg);
}

static void accept(const char *line)
{
	int ret = parse_line(line);

	ck_assert_msg(ret == 0, "%s: %s", line, parse.error);
}

START_TEST(of_a_variable_the_last_value_counts)
{
	accept("--env A=1 --env AB=2 --env A=3 --env B --env B=4 --env AB");
	ck_assert_uint_eq(cfg.exec.nr_envs, 3);
	ck_assert_str_eq(cfg.exec.envs[0], "A=3");
	ck_assert_str_eq(cfg.exec.envs[1], "AB");
	ck_assert_str_eq(cfg.exec.envs[2], "B=4");
}
END_TEST

START_TEST(there_are_so_many_variables)
{
	char line[1024] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < CONFIG_MAX_ENVS; i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len,
					"--env=V%u=1 ", i);
	accept(line);
	(void)snprintf(line + len, sizeof(line) - len, "--env=V0=2");
	accept(line);
	ck_assert_str_eq(cfg.exec.envs[0], "V0=2");
	(void)snprintf(line + len, sizeof(line) - len, "--env=W=1");
	ck_assert_int_eq(parse_line(line), -EINVAL);
	ck_assert_ptr_nonnull(strstr(parse.error, "env(1)"));
}
END_TEST

START_TEST(without_debug_is_as_without_the_option)
{
	accept("--no-debug");
	ck_assert_int_eq(cfg.loglevel, LOG_WARNING);
	accept("--debug --no-debug");
	ck_assert_int_eq(cfg.loglevel, LOG_WARNING);
	accept("--loglevel=error --no-debug");
	ck_assert_int_eq(cfg.loglevel, LOG_ERROR);
	accept("--debug");
	ck_assert(cfg.debug && cfg.loglevel == LOG_DEBUG);
}
END_TEST

START_TEST(a_command_has_its_own_options)
{
	accept("-c 2 ./repro --timeout 60 -c 4");
	ck_assert_uint_eq(cfg.nr_vcpus, 2);
	ck_assert_uint_eq(cfg.timeout_ms, 0);
	ck_assert_uint_eq(cfg.exec.nr_args, 5);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_exec");
	TCase *tc = tcase_create("config_exec");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, of_a_variable_the_last_value_counts);
	tcase_add_test(tc, there_are_so_many_variables);
	tcase_add_test(tc, without_debug_is_as_without_the_option);
	tcase_add_test(tc, a_command_has_its_own_options);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
