// SPDX-License-Identifier: GPL-2.0-only
/* test_config_vsock.c: properties of --vsock. */
#include "unit.h"

#include <string.h>

#include "config.h"

static struct config cfg;
static struct opt_parse parse;

static int try(const char *value, const char *again)
{
	char *argv[] = {
		(char *)(uintptr_t) "run",     (char *)(uintptr_t) "Image",
		(char *)(uintptr_t) "--vsock", (char *)(uintptr_t)value,
		(char *)(uintptr_t) "--vsock", (char *)(uintptr_t)again
	};

	config_fini(&cfg);
	return config_parse(&cfg, &parse, again ? 6 : 4, argv);
}

static void accept(const char *value, const char *path, uint64_t cid)
{
	ck_assert_msg(try(value, NULL) == 0, "%s: %s", value, parse.error);
	ck_assert_int_eq(cfg.vsock.kind, path ? VSOCK_UNIX : VSOCK_VHOST);
	if (path)
		ck_assert_str_eq(cfg.vsock.socket, path);
	ck_assert_uint_eq(cfg.vsock.cid, cid);
	ck_assert(config_has_devices(&cfg));
}

static void refuse(const char *value, const char *words)
{
	ck_assert_msg(try(value, NULL) < 0, "%s is accepted", value);
	ck_assert_msg(strstr(parse.error, words), "%s: %s", value, parse.error);
	ck_assert_ptr_null(cfg.vsock.socket);
}

START_TEST(a_socket_and_a_cid)
{
	accept("socket=/tmp/v", "/tmp/v", 3);
	accept("socket=v,cid=42", "v", 42);
	accept("cid=4294967294,socket=v", "v", 0xfffffffe);
	accept("socket=v,cid=auto", "v", 3);
}
END_TEST

START_TEST(a_cid_alone_is_for_the_hosts_kernel)
{
	accept("cid=3", NULL, 3);
	accept("cid=0xfffffffe", NULL, 0xfffffffe);
	accept("cid=auto", NULL, 0);
	/* kvmtool's */
	accept("42", NULL, 42);
	accept("auto", NULL, 0);
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
	refuse("2", "from 3 to 4294967294");
	refuse("cid=0", "from 3 to 4294967294");
	refuse("cid=18446744073709551619", "from 3 to 4294967294");
	refuse("cid=-1", "from 3 to 4294967294");
	refuse("", "cid= and socket=");
	refuse("cdi=3", "'cdi=3' is no option");
	refuse("socket=", "empty");
	refuse("socket=v,cid=2", "from 3 to 4294967294");
	refuse("socket=v,cid=4294967295", "from 3 to 4294967294");
	refuse("socket=v,cid=x", "from 3 to 4294967294");
	refuse("socket=v,cid=", "from 3 to 4294967294");
	refuse("socket=v,port=2", "'port=2' is no option");
	ck_assert_int_lt(try("socket=a", "socket=b"), 0);
	ck_assert_ptr_nonnull(strstr(parse.error, "give it once"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_vsock");
	TCase *t = tcase_create("config_vsock");
	int ret;

	tcase_add_test(t, a_socket_and_a_cid);
	tcase_add_test(t, a_cid_alone_is_for_the_hosts_kernel);
	tcase_add_test(t, what_is_wrong_is_named);
	suite_add_tcase(s, t);
	ret = unit_main(s);
	config_fini(&cfg);
	return ret;
}
