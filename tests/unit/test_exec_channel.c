// SPDX-License-Identifier: GPL-2.0-only
/* test_exec_channel.c: --channel of exec, and what is chosen without it. */
#include "loader_fixture.h"

#include "../../vmm/exec_channel.h"

#define KERNEL_SIZE KIB(64)
#define NODE	    "CONFIG_DEVTMPFS=y\nCONFIG_SYSFS=y\n"
#define CONSOLE	    "CONFIG_VIRTIO_CONSOLE=y\n" NODE
#define VSOCK	    "CONFIG_VIRTIO_VSOCKETS=y\nCONFIG_SYSCTL=y\n"

static struct fixture f;
static struct config cfg;
static struct opt_parse parse;
static const char *kernel;

static void setup(void)
{
	fixture_init(&f, MIB(2));
	kernel = "/nonexistent";
}

static void teardown(void)
{
	config_fini(&cfg);
	fixture_fini(&f);
}

/* The kernel says that of its configuration. */
static void kernel_says(const char *text)
{
	static uint8_t image[KERNEL_SIZE];

	make_image(image, KERNEL_SIZE, 0, KERNEL_SIZE, 0);
	put(image + 1000, "IKCFG_ST", 8);
	(void)make_gzip(text, strlen(text), image + 1008, KIB(8));
	kernel = fixture_file(&f, "Image", image, KERNEL_SIZE);
}

/* exec with these options, "" for none. */
static int exec(const char *one, const char *two)
{
	char *argv[8] = { (char *)(uintptr_t) "exec", (char *)(uintptr_t) "-k",
			  (char *)(uintptr_t)kernel };
	int n = 3, ret;

	if (*one)
		argv[n++] = (char *)(uintptr_t)one;
	if (*two)
		argv[n++] = (char *)(uintptr_t)two;
	argv[n++] = (char *)(uintptr_t) "--";
	argv[n++] = (char *)(uintptr_t) "true";
	config_fini(&cfg);
	ret = config_parse_exec(&cfg, &parse, n, argv);
	if (!ret)
		exec_channel_find(&cfg);
	return ret;
}

/* The init is told of @words, and only their devices are there. */
static void offers(const char *one, const char *two, const char *words)
{
	char want[80];

	ck_assert_msg(exec(one, two) == 0, "%s", parse.error);
	snprintf(want, sizeof(want), " rdinit=/lkvm-pvm-init%s%s",
		 *words ? " -- " : "", words);
	ck_assert_str_eq(exec_channel_params(&cfg), want);
	ck_assert_uint_eq(config_nr_ports(&cfg), strstr(words, "port") != NULL);
	if (strstr(words, "vsock"))
		ck_assert_int_eq(cfg.vsock.kind, VSOCK_UNIX);
	else if (!*two)
		ck_assert_int_eq(cfg.vsock.kind, VSOCK_NONE);
}

START_TEST(what_is_not_known_has_the_port)
{
	offers("", "", "port");
	kernel_says("CONFIG_ANYTHING=y\n" CONSOLE VSOCK);
	offers("", "", "port");
}
END_TEST

START_TEST(a_kernel_without_the_port_has_what_it_can)
{
	kernel_says(VSOCK "CONFIG_VIRTIO_CONSOLE=m\n" NODE);
	offers("", "", "vsock");
	ck_assert_ptr_null(cfg.vsock.socket);
	ck_assert_uint_eq(cfg.vsock.cid, CONFIG_VSOCK_CID);
	kernel_says(VSOCK "CONFIG_VIRTIO_CONSOLE=y\n"); /* no node for it */
	offers("", "", "vsock");
	kernel_says("CONFIG_VIRTIO_VSOCKETS=m\nCONFIG_SYSCTL=y\n");
	offers("", "", "");
	kernel_says("CONFIG_VIRTIO_VSOCKETS=y\n"); /* no sysctl(5), no vsock */
	offers("", "", "");
	ck_assert(!config_has_devices(&cfg));
}
END_TEST

START_TEST(the_users_word_counts)
{
	offers("--channel=vsock", "", "vsock");
	offers("--channel=serial", "", "");
	kernel_says(VSOCK);
	offers("--channel=port", "", "port");
	kernel_says(CONSOLE);
	offers("--channel=vsock", "", "vsock");
	offers("--channel=serial", "", "");
	offers("--channel=auto", "", "port");
	ck_assert_int_lt(exec("--channel=tap", ""), 0);
	ck_assert_ptr_nonnull(
		strstr(parse.error, "auto, port, vsock or serial"));
}
END_TEST

START_TEST(the_users_sockets_carry_the_channel_and_the_hosts_do_not)
{
	offers("--vsock=socket=/s,cid=9", "", "port vsock");
	offers("--channel=vsock", "--vsock=socket=/s,cid=9", "vsock");
	ck_assert_str_eq(cfg.vsock.socket, "/s");
	ck_assert_uint_eq(cfg.vsock.cid, 9);
	offers("--channel=port", "--vsock=socket=/s", "port");
	offers("--channel=serial", "--vsock=socket=/s", "");
	offers("--channel=auto", "--vsock=cid=9", "port");
	ck_assert_int_eq(cfg.vsock.kind, VSOCK_VHOST);
	kernel_says(VSOCK);
	offers("--channel=auto", "--vsock=socket=/s", "vsock");
	ck_assert_str_eq(cfg.vsock.socket, "/s");
	offers("--channel=auto", "--vsock=cid=9", "");
	ck_assert_int_lt(exec("--channel=vsock", "--vsock=cid=9"), 0);
	ck_assert_ptr_nonnull(strstr(parse.error, "--vsock socket="));
}
END_TEST

START_TEST(run_has_no_channel)
{
	char *argv[] = { (char *)(uintptr_t) "run", (char *)(uintptr_t) "Image",
			 (char *)(uintptr_t) "--vsock=socket=/s" };

	config_fini(&cfg);
	ck_assert_int_eq(config_parse(&cfg, &parse, 3, argv), 0);
	ck_assert_str_eq(exec_channel_params(&cfg), "");
	ck_assert(!config_has_exec_vsock(&cfg));
	ck_assert_uint_eq(config_nr_ports(&cfg), 0);
}
END_TEST

START_TEST(what_both_verbs_refuse_names_the_one_that_was_given)
{
	ck_assert_int_lt(exec("--gdb=1234", ""), 0);
	ck_assert_ptr_eq(strstr(parse.error, "exec: --gdb:"), parse.error);
	ck_assert_int_lt(exec("--window=off", ""), 0);
	ck_assert_ptr_eq(strstr(parse.error, "exec: --window="), parse.error);
	ck_assert_int_lt(exec("--disk=/dev/null,queues=3", ""), 0);
	ck_assert_ptr_eq(strstr(parse.error, "exec: disk"), parse.error);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("exec_channel");
	TCase *t = tcase_create("exec_channel");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_not_known_has_the_port);
	tcase_add_test(t, a_kernel_without_the_port_has_what_it_can);
	tcase_add_test(t, the_users_word_counts);
	tcase_add_test(
		t, the_users_sockets_carry_the_channel_and_the_hosts_do_not);
	tcase_add_test(t, run_has_no_channel);
	tcase_add_test(t, what_both_verbs_refuse_names_the_one_that_was_given);
	suite_add_tcase(s, t);
	return unit_main(s);
}
