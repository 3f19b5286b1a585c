// SPDX-License-Identifier: GPL-2.0-only
/* test_boot_arguments.c: what the guest's kernel is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "../../vmm/boot_arguments.h"

#define OURS "console=ttyS0,115200 earlycon"
#define INIT "rdinit=/lkvm-pvm-init"

static struct config cfg;
static struct opt_parse parse;

static void set(bool exec, const char *params)
{
	memset(&cfg, 0, sizeof(cfg));
	cfg.exec.on = exec;
	cfg.params = (char *)(uintptr_t)params;
}

static void become(const char *want)
{
	char *args = boot_arguments(&cfg);

	ck_assert_ptr_nonnull(args);
	ck_assert_str_eq(args, want);
	free(args);
}

START_TEST(a_console_is_added_unless_one_is_named)
{
	set(false, "");
	become(OURS);
	set(false, "a=b");
	become("a=b " OURS);
	set(false, "console=hvc0");
	become("console=hvc0 earlycon");
	set(false, "earlycon=pl011,1 x");
	become("earlycon=pl011,1 x console=ttyS0,115200");
	set(false, "");
	cfg.console = CONSOLE_VIRTIO;
	become("console=hvc0 earlycon");
}
END_TEST

START_TEST(a_protected_guest_has_no_pools_beside_the_window)
{
	set(false, "a");
	cfg.protected_vm = true;
	become("a " OURS " swiotlb=noforce coherent_pool=4K");
	cfg.params = (char *)(uintptr_t) "a -- swiotlb=1 coherent_pool=1M";
	become("a " OURS " swiotlb=noforce coherent_pool=4K"
	       " -- swiotlb=1 coherent_pool=1M");
	cfg.params = (char *)(uintptr_t) "swiotlb=65536,force";
	become("swiotlb=65536,force " OURS " coherent_pool=4K");
	cfg.params = (char *)(uintptr_t) "coherent-pool=1M";
	become("coherent-pool=1M " OURS " swiotlb=noforce");
	cfg.params = (char *)(uintptr_t) "coherent_pool=1M";
	become("coherent_pool=1M " OURS " swiotlb=noforce");
	cfg.nodefaults = true;
	become("coherent_pool=1M");
}
END_TEST

START_TEST(only_whole_words_name_a_console)
{
	set(false, "netconsole=@/,@10.0.0.1/ noearlycon earlycons");
	become("netconsole=@/,@10.0.0.1/ noearlycon earlycons " OURS);
	set(false, "a=\"b console=c earlycon\"");
	become("a=\"b console=c earlycon\" " OURS);
}
END_TEST

START_TEST(the_inits_words_stay_behind_the_kernels)
{
	set(false, "a -- b  c");
	become("a " OURS " -- b  c");
	set(false, "-- console=x earlycon");
	become(OURS " -- console=x earlycon");
	set(false, "a --\tb");
	become("a " OURS " --\tb");
	set(false, "a=\"b -- c\" --d --");
	become("a=\"b -- c\" --d " OURS " --");
}
END_TEST

START_TEST(execs_init_is_in_front_of_them)
{
	set(true, "a -- b c");
	cfg.exec.channel = EXEC_CHANNEL_SERIAL;
	become("a quiet " OURS " " INIT " -- b c");
	cfg.exec.channel = EXEC_CHANNEL_PORT;
	become("a quiet " OURS " " INIT " -- port b c");
	cfg.exec.channel = EXEC_CHANNEL_PORT;
	cfg.params = (char *)(uintptr_t) "loglevel=7 --";
	become("loglevel=7 " OURS " " INIT " -- port");
}
END_TEST

START_TEST(exec_is_quiet_unless_told_how_loud)
{
	static const char *const told[] = { "quiet", "debug", "loglevel=7",
					    "ignore_loglevel" };
	char want[100];

	for (unsigned int i = 0; i < ARRAY_SIZE(told); i++) {
		set(true, told[i]);
		cfg.exec.channel = EXEC_CHANNEL_SERIAL;
		(void)snprintf(want, sizeof(want), "%s " OURS " " INIT,
			       told[i]);
		become(want);
	}
	set(true, "nodebug a=quiet debugfs=on \"loglevel=7 b\" -- debug");
	cfg.exec.channel = EXEC_CHANNEL_SERIAL;
	become("nodebug a=quiet debugfs=on \"loglevel=7 b\" quiet " OURS
	       " " INIT " -- debug");
}
END_TEST

START_TEST(nodefaults_adds_no_console)
{
	set(false, " a -- b");
	cfg.nodefaults = true;
	become("a -- b");
	set(true, "a -- b");
	cfg.nodefaults = true;
	cfg.exec.channel = EXEC_CHANNEL_PORT;
	become("a " INIT " -- port b");
}
END_TEST

/* Linux reads 2047 characters of it all, what is added too. */
START_TEST(exec_refuses_what_linux_would_cut)
{
	char params[2048];

	memset(params, 'x', sizeof(params));
	params[2047 - strlen(" quiet " OURS " " INIT)] = '\0';
	set(true, params);
	cfg.exec.channel = EXEC_CHANNEL_SERIAL;
	ck_assert_int_eq(boot_arguments_check(&cfg, &parse), 0);
	strcat(params, "x");
	ck_assert_int_lt(boot_arguments_check(&cfg, &parse), 0);
	ck_assert_ptr_nonnull(strstr(parse.error, "2048 characters"));
	set(false, params);
	ck_assert_int_eq(boot_arguments_check(&cfg, &parse), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot_arguments");
	TCase *t = tcase_create("boot_arguments");

	tcase_add_test(t, a_console_is_added_unless_one_is_named);
	tcase_add_test(t, a_protected_guest_has_no_pools_beside_the_window);
	tcase_add_test(t, only_whole_words_name_a_console);
	tcase_add_test(t, the_inits_words_stay_behind_the_kernels);
	tcase_add_test(t, execs_init_is_in_front_of_them);
	tcase_add_test(t, exec_is_quiet_unless_told_how_loud);
	tcase_add_test(t, nodefaults_adds_no_console);
	tcase_add_test(t, exec_refuses_what_linux_would_cut);
	suite_add_tcase(s, t);
	return unit_main(s);
}
