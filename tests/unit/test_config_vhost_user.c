// SPDX-License-Identifier: GPL-2.0-only
/* test_config_vhost_user.c: properties of --share and --vhost-user. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "config.h"

static struct config cfg;
static struct opt_parse parse;

static int try(const char *option, const char *value, const char *more)
{
	const char *argv[] = { "run", "Image", option, value, more };

	config_fini(&cfg);
	return config_parse(&cfg, &parse, more ? 5 : 4,
			    (char **)(uintptr_t)argv);
}

static const struct config_vhost_user *accept(const char *option,
					      const char *value)
{
	int ret = try(option, value, NULL);

	ck_assert_msg(ret == 0, "%s: %s", value, parse.error);
	ck_assert_uint_eq(cfg.nr_vhost_users, 1);
	return &cfg.vhost_users[0];
}

static void refuse(const char *option, const char *value, const char *words)
{
	ck_assert_msg(try(option, value, NULL) < 0, "%s is accepted", value);
	ck_assert_msg(strstr(parse.error, words), "%s: %s", value, parse.error);
}

START_TEST(a_share_is_a_directory_with_a_tag)
{
	const struct config_vhost_user *c = accept("--share", "/srv/data");

	ck_assert_str_eq(c->dir, "/srv/data");
	ck_assert_str_eq(c->tag, "share");
	ck_assert(!c->ro && c->type == VHOST_USER_FS && !c->socket);
	c = accept("--share", "here,ro,tag=work-1");
	ck_assert_str_eq(c->dir, "here");
	ck_assert_str_eq(c->tag, "work-1");
	ck_assert(c->ro);
	c = accept("--share", "x,tag=123456789012345678901234567890123456");
	ck_assert_uint_eq(strlen(c->tag), 36);
}
END_TEST

START_TEST(bad_shares_are_refused)
{
	refuse("--share", "", "which directory");
	refuse("--share", ",ro", "which directory");
	refuse("--share", "x,rw", "'rw' is no option");
	refuse("--share", "x,tag=", "tag= takes");
	refuse("--share", "x,tag=a b", "tag= takes");
	refuse("--share", "x,tag=1234567890123456789012345678901234567",
	       "36 characters");
}
END_TEST

START_TEST(tags_differ)
{
	ck_assert_int_eq(try("--share", "one", "--share=two"), 0);
	ck_assert_uint_eq(cfg.nr_vhost_users, 2);
	ck_assert_str_eq(cfg.vhost_users[0].tag, "share");
	ck_assert_str_eq(cfg.vhost_users[1].tag, "share1");
	ck_assert_int_lt(try("--share", "one,tag=a", "--share=two,tag=a"), 0);
	ck_assert_ptr_nonnull(strstr(parse.error, "another share"));
	ck_assert_int_lt(try("--share", "one",
			     "--vhost-user=socket=s,type=fs,tag=share"),
			 0);
}
END_TEST

START_TEST(a_back_end_has_a_socket_and_a_type)
{
	const struct config_vhost_user *c =
		accept("--vhost-user", "socket=/run/s,type=blk");

	ck_assert_str_eq(c->socket, "/run/s");
	ck_assert(c->type == VHOST_USER_BLK && !c->dir);
	c = accept("--vhost-user", "type=fs,tag=t,socket=s");
	ck_assert(c->type == VHOST_USER_FS);
	ck_assert_str_eq(c->tag, "t");
	c = accept("--vhost-user", "type=net,socket=s,mac=02:00:00:00:00:07");
	ck_assert(c->type == VHOST_USER_NET && c->has_mac && c->mac[5] == 7);
	c = accept("--vhost-user", "type=rng,socket=s");
	ck_assert(c->type == VHOST_USER_RNG);
}
END_TEST

START_TEST(bad_back_ends_are_refused)
{
	refuse("--vhost-user", "/run/s", "no option of a back end");
	refuse("--vhost-user", "socket=s", "give socket=PATH,type=TYPE");
	refuse("--vhost-user", "type=blk", "give socket=PATH,type=TYPE");
	refuse("--vhost-user", "socket=,type=blk", "give socket=PATH");
	refuse("--vhost-user", "socket=s,type=gpu", "blk, fs, net or rng");
	refuse("--vhost-user", "socket=s,type=fs", "needs tag=");
	refuse("--vhost-user", "socket=s,type=blk,tag=x", "only fs has a tag");
	refuse("--vhost-user", "socket=s,type=blk,mac=02:00:00:00:00:01",
	       "only net has a mac");
	refuse("--vhost-user", "socket=s,type=net,mac=01:00:00:00:00:01",
	       "mac= takes");
}
END_TEST

START_TEST(without_a_window_there_is_no_back_end)
{
	const char *argv[] = { "run", "Image",	      "--share",
			       "x",   "--window=off", "--protected=off" };

	config_fini(&cfg);
	ck_assert_int_lt(
		config_parse(&cfg, &parse, 6, (char **)(uintptr_t)argv), 0);
	ck_assert_ptr_nonnull(strstr(parse.error, "the window as a file"));
}
END_TEST

static void teardown(void)
{
	config_fini(&cfg);
}

int main(void)
{
	Suite *s = suite_create("config_vhost_user");
	TCase *t = tcase_create("config_vhost_user");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, a_share_is_a_directory_with_a_tag);
	tcase_add_test(t, bad_shares_are_refused);
	tcase_add_test(t, tags_differ);
	tcase_add_test(t, a_back_end_has_a_socket_and_a_type);
	tcase_add_test(t, bad_back_ends_are_refused);
	tcase_add_test(t, without_a_window_there_is_no_back_end);
	suite_add_tcase(s, t);
	return unit_main(s);
}
