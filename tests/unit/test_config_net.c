// SPDX-License-Identifier: GPL-2.0-only
/* test_config_net.c: properties of -n, and of the addresses cards get. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../vmm/network.h"

static struct config cfg;
static struct opt_parse parse;

static int try(const char *value)
{
	char *argv[] = { (char *)(uintptr_t) "run", (char *)(uintptr_t) "Image",
			 (char *)(uintptr_t) "-n", (char *)(uintptr_t)value };

	config_fini(&cfg);
	return config_parse(&cfg, &parse, ARRAY_SIZE(argv), argv);
}

static const struct config_net *accept(const char *value)
{
	int ret = try(value);

	ck_assert_msg(ret == 0, "%s: %s", value, parse.error);
	ck_assert_uint_eq(cfg.nr_nets, 1);
	return &cfg.nets[0];
}

static void refuse(const char *value, const char *words)
{
	ck_assert_msg(try(value) < 0, "%s is accepted", value);
	ck_assert_msg(strstr(parse.error, words), "%s: %s", value, parse.error);
}

START_TEST(a_tap_has_an_interface_and_options)
{
	const struct config_net *n = accept("tap,if=tap0");

	ck_assert_str_eq(n->ifname, "tap0");
	ck_assert_uint_eq(n->queues, 1);
	ck_assert(!n->has_mac);
	n = accept("tap,if=x,mac=02:aB:0c:00:fF:10,queues=8");
	ck_assert_mem_eq(n->mac, ((uint8_t[]){ 2, 0xab, 12, 0, 255, 16 }), 6);
	ck_assert(n->has_mac);
	ck_assert_uint_eq(n->queues, 8);
	ck_assert_int_eq(dup2(0, 7), 7);
	n = accept("tap,fd=7");
	ck_assert_int_eq(n->fd, 7);
	ck_assert_ptr_null(n->ifname);
}
END_TEST

START_TEST(the_kernel_serves_a_tap_if_it_can_unless_told)
{
	ck_assert_int_eq(accept("tap,if=a")->vhost, VHOST_IF_POSSIBLE);
	ck_assert_int_eq(accept("tap,if=a,vhost=on")->vhost, VHOST_ON);
	ck_assert_int_eq(accept("tap,if=a,vhost=off")->vhost, VHOST_OFF);
	ck_assert_int_eq(accept("mode=tap,tapif=a,vhost=1")->vhost, VHOST_ON);
	ck_assert_int_eq(accept("mode=tap,vhost=0,tapif=a")->vhost, VHOST_OFF);
	ck_assert_int_eq(accept("passt,vhost=off")->vhost, VHOST_OFF);
	refuse("tap,if=a,vhost", "no option");
	refuse("tap,if=a,vhost=", "on or off");
	refuse("tap,if=a,vhost=yes", "on or off");
	ck_assert_int_eq(accept("passt,vhost=on")->vhost, VHOST_ON);
}
END_TEST

START_TEST(spellings_of_kvmtool_mean_the_same)
{
	const struct config_net *n =
		accept("mode=tap,tapif=tap1,guest_mac=02:00:00:00:00:01,"
		       "host_ip=192.168.33.1,script=none,trans=pci,mq=2");

	ck_assert_str_eq(n->ifname, "tap1");
	ck_assert_uint_eq(n->queues, 2);
	ck_assert_uint_eq(n->mac[5], 1);
	n = accept("tapif=tap1,mode=tap");
	ck_assert_str_eq(n->ifname, "tap1");
}
END_TEST

START_TEST(passt_forwards_ports)
{
	const struct config_net *n = accept("passt");

	ck_assert_int_eq(n->kind, NET_PASST);
	ck_assert_ptr_null(n->tcp);
	n = accept(
		"passt,tcp=8022:22,tcp=80,udp=53:5353,mac=02:00:00:00:00:09");
	ck_assert_str_eq(n->tcp, "8022:22,80");
	ck_assert_str_eq(n->udp, "53:5353");
	ck_assert_uint_eq(n->mac[5], 9);
	ck_assert_int_eq(accept("mode=user")->kind, NET_PASST);
	refuse("passt,tcp=", "8022:22");
	refuse("passt,tcp=0:22", "8022:22");
	refuse("passt,tcp=65536", "8022:22");
	refuse("passt,tcp=1:2:3", "8022:22");
	refuse("passt,tcp=1:", "8022:22");
	refuse("passt,tcp=-1", "8022:22");
	refuse("passt,if=tap0", "no interface");
	refuse("passt,queues=2", "one queue");
	refuse("tap,if=a,tcp=1:2", "forwards no ports");
}
END_TEST

START_TEST(none_is_none_and_takes_back_what_was_before)
{
	char *argv[] = { (char *)(uintptr_t) "run", (char *)(uintptr_t) "Image",
			 (char *)(uintptr_t) "-ntap,if=a",
			 (char *)(uintptr_t) "-ntap,if=b",
			 (char *)(uintptr_t) "-nnone" };

	ck_assert_int_eq(try("none"), 0);
	ck_assert_uint_eq(cfg.nr_nets, 0);
	ck_assert_int_eq(try("mode=none"), 0);
	ck_assert(!config_has_devices(&cfg));
	config_fini(&cfg);
	ck_assert_int_eq(config_parse(&cfg, &parse, 4, argv), 0);
	ck_assert_uint_eq(cfg.nr_nets, 2);
	ck_assert(config_has_devices(&cfg));
	config_fini(&cfg);
	ck_assert_int_eq(config_parse(&cfg, &parse, 5, argv), 0);
	ck_assert_uint_eq(cfg.nr_nets, 0);
}
END_TEST

START_TEST(what_makes_no_card_is_refused_with_the_remedy)
{
	static char option[] = "-ntap,fd=5", run[] = "run", image[] = "Image";
	char *twice[] = { run, image, option, option };

	ck_assert_int_eq(dup2(0, 5), 5);
	refuse("tap", "ip tuntap add");
	refuse("tap,if=", "1 to 15");
	refuse("tap,if=abcdefghijklmnop", "1 to 15");
	refuse("tap,if=a/b", "1 to 15");
	refuse("tap,if=tap%d", "1 to 15");
	refuse("tap,if=a,fd=5", "exclude");
	refuse("tap,fd=2", "3 or more");
	refuse("tap,fd=x", "3 or more");
	refuse("tap,fd=1000000", "fd=1000000: not an open tap");
	refuse("tap,fd=5,queues=2", "give if=");
	config_fini(&cfg);
	ck_assert_int_eq(config_parse(&cfg, &parse, ARRAY_SIZE(twice), twice),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(parse.error, "another card has fd=5"));
	refuse("tap,if=a,queues=0", "1 to 8");
	refuse("tap,if=a,queues=9", "1 to 8");
	refuse("tap,if=a,mac=02:00:00:00:00", "02:00:00:00:00:01");
	refuse("tap,if=a,mac=02:00:00:00:00:0g", "02:00:00:00:00:01");
	refuse("tap,if=a,mac=03:00:00:00:00:01", "one card");
	refuse("tap,if=a,mac=00:00:00:00:00:00", "one card");
	refuse("tap,if=a,script=/etc/ifup", "no scripts");
	refuse("tap,if=a,trans=mmio-legacy", "share its buffers");
	refuse("tap,if=a,iff=b", "no option");
	refuse("tap,if=a,tapfi=b", "tapif=?");
	refuse("if=a", "which kind");
	refuse("", "give tap");
	refuse("bridge,if=a", "give tap");
	refuse("tap,if=a,", "no option");
}
END_TEST

START_TEST(addresses_are_stable_local_and_distinct)
{
	uint8_t a[6], b[6];

	network_mac(a, "tap0", 0);
	network_mac(b, "tap0", 0);
	ck_assert_mem_eq(a, b, 6);
	ck_assert_uint_eq(a[0] & 3, 2);
	for (unsigned int i = 1; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "tap%u", i);
		network_mac(b, name, 0);
		ck_assert(memcmp(a, b, 6));
		ck_assert_uint_eq(b[0] & 3, 2);
	}
	network_mac(b, "tap0", 1);
	ck_assert(memcmp(a, b, 6));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_net");
	TCase *t = tcase_create("config_net");
	int ret;

	tcase_add_test(t, a_tap_has_an_interface_and_options);
	tcase_add_test(t, the_kernel_serves_a_tap_if_it_can_unless_told);
	tcase_add_test(t, spellings_of_kvmtool_mean_the_same);
	tcase_add_test(t, passt_forwards_ports);
	tcase_add_test(t, none_is_none_and_takes_back_what_was_before);
	tcase_add_test(t, what_makes_no_card_is_refused_with_the_remedy);
	tcase_add_test(t, addresses_are_stable_local_and_distinct);
	suite_add_tcase(s, t);
	ret = unit_main(s);
	config_fini(&cfg);
	return ret;
}
