// SPDX-License-Identifier: GPL-2.0-only
/* test_config.c: what run's options are taken for, kvmtool's among them. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"

static struct config cfg;
static struct opt_parse parse;

/* Parses "run" and the space-separated words of @line. */
static int parse_line(const char *line)
{
	static char copy[4096];
	static char verb[] = "run";
	char *argv[64] = { verb }, *save = NULL, *word;
	int argc = 1;

	config_fini(&cfg);
	ck_assert_uint_lt(strlen(line), sizeof(copy));
	strcpy(copy, line);
	for (word = strtok_r(copy, " ", &save); word && argc < 63;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	return config_parse(&cfg, &parse, argc, argv);
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

/* Refused, with @part in the one line that says so. */
static void refuse(const char *line, const char *part)
{
	int ret = parse_line(line);

	ck_assert_msg(ret == -EINVAL, "%s: %d", line, ret);
	ck_assert_msg(!strncmp(parse.error, "run: ", 5), "%s", parse.error);
	ck_assert_msg(strstr(parse.error, part) != NULL, "%s: %s", line,
		      parse.error);
	ck_assert_ptr_null(strchr(parse.error, '\n'));
}

START_TEST(the_example_of_the_manual)
{
	accept("-k Image -i initrd.gz -m 512 -c 2");
	ck_assert_str_eq(cfg.kernel, "Image");
	ck_assert_uint_eq(cfg.nr_initrds, 1);
	ck_assert_str_eq(cfg.initrds[0], "initrd.gz");
	ck_assert_uint_eq(cfg.mem, MIB(512));
	ck_assert_uint_eq(cfg.nr_vcpus, 2);
	ck_assert(cfg.protected_vm);
	ck_assert_str_eq(cfg.params, "");
}
END_TEST

START_TEST(defaults)
{
	accept("Image");
	ck_assert_str_eq(cfg.kernel, "Image");
	ck_assert_uint_eq(cfg.mem, MIB(256));
	ck_assert_uint_eq(cfg.nr_vcpus, 1);
	ck_assert(cfg.protected_vm && !cfg.nodefaults && !cfg.debug);
	ck_assert_int_eq(cfg.memlock, MEMLOCK_CHECK);
	ck_assert_int_eq(cfg.on_reset, RESET_EXIT);
	ck_assert_int_eq(cfg.irqchip, IRQCHIP_GICV3_ITS);
	ck_assert_int_eq(cfg.loglevel, LOG_INFO);
	ck_assert_ptr_null(cfg.affinity);
	accept("Image -c 4");
	ck_assert_uint_eq(cfg.mem, MIB(448));
}
END_TEST

START_TEST(kvmtools_spellings_are_accepted)
{
	static const char *const lines[] = {
		"-k Image --protected --nodefaults --network mode=none",
		"--kernel Image --initrd i --mem 512M --cpus 1 --params quiet",
		"--kernel=Image --initrd=i --mem=512M --cpus=1 --params=quiet",
		"-kImage -ii -m512 -c1 -pquiet -nmode=none",
		"Image --console serial --irqchip gicv3-its --loglevel=debug",
		"Image --irqchip=gicv3 -n none --debug --name guest-1",
		"Image --dev /dev/kvm --virtio-transport pci --force-pci",
		"Image --virtio-transport=mmio --no-dhcp --no-pvtime",
		"Image --disable-mte --kaslr-seed 0x1234 --dump-dtb x.dtb",
		"Image --vcpu-affinity 0-3,5 --no-balloon --no-pmu --no-vnc",
		"--firmware fw.bin --firmware-address 0x80000000",
		"-f fw.bin --firmware-address=2147483648",
		"Image --no-protected",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		accept(lines[i]);
	ck_assert(!cfg.protected_vm);
}
END_TEST

START_TEST(what_a_pvm_cannot_have_is_refused_with_why)
{
	static const char *const options[] = {
		"--balloon",
		"--vnc",
		"--gtk",
		"--sdl",
		"--9p a,b",
		"--tty 1",
		"--sandbox x",
		"--hugetlbfs x",
		"--virtio-legacy",
		"--flash x",
		"-F x",
		"--vfio-pci x",
		"--pmem x",
		"--shmem x",
		"--debug-single-step",
		"--debug-ioport",
		"--debug-mmio",
		"--debug-iodelay 1",
		"--aarch32",
		"--pmu",
		"--sve-max-vl 128",
		"--psci",
		"--counter-offset 1",
		"--nested",
		"--e2h0",
		"--override-bad-firmware-cntfrq 1",
	};
	char line[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		snprintf(line, sizeof(line), "Image %s", options[i]);
		refuse(line, ": ");
		ck_assert_ptr_null(strstr(parse.error, "no option"));
	}
	refuse("Image --irqchip gicv2", "pKVM has no GICv2");
	refuse("Image --irqchip gicv2m", "pKVM has no GICv2");
	refuse("Image -n trans=mmio", "which kind");
	refuse("Image --virtio-transport pci-legacy", "share its buffers");
	refuse("Image --dev /dev/kvm2", "only /dev/kvm");
	refuse("Image --firmware-address 0x80200000", "start of RAM");
	refuse("Image -m 512M@2G", "memory always begins at 0x80000000");
}
END_TEST

START_TEST(window_has_a_size_or_none)
{
	accept("Image --rng");
	ck_assert(cfg.rng && config_has_devices(&cfg));
	ck_assert_int_eq(cfg.window_kind, WINDOW_AUTO);
	accept("Image --no-rng");
	ck_assert(!config_has_devices(&cfg));
	accept("Image --window 3");
	ck_assert_int_eq(cfg.window_kind, WINDOW_SIZE);
	ck_assert_uint_eq(cfg.window, MIB(3));
	accept("Image --window 600K");
	ck_assert_uint_eq(cfg.window, KIB(768));
	accept("Image --window=256M");
	accept("Image --window=4M --window=auto");
	ck_assert_int_eq(cfg.window_kind, WINDOW_AUTO);
	accept("Image --window=off --protected=off --rng");
	ck_assert_int_eq(cfg.window_kind, WINDOW_OFF);
	refuse("Image --window=off", "--protected=off");
	refuse("Image --window=0", "256K");
	refuse("Image --window=257M", "256 MiB");
	refuse("Image --window=big", "not a size");
	accept("Image --rng --virtio-transport=mmio");
	ck_assert(cfg.virtio_mmio);
	accept("Image --rng --virtio-transport=mmio --virtio-transport=pci");
	ck_assert(!cfg.virtio_mmio);
	ck_assert(!cfg.stats);
	accept("Image --stats");
	ck_assert(cfg.stats);
}
END_TEST

START_TEST(memory_sizes_are_checked)
{
	accept("Image -m 0x100");
	ck_assert_uint_eq(cfg.mem, MIB(256));
	accept("Image -m 257");
	ck_assert_uint_eq(cfg.mem, MIB(258));
	accept("Image -m 1022G");
	refuse("Image -m 0", "too small");
	refuse("Image -m 3", "too small");
	refuse("Image -m 512K", "too small");
	refuse("Image -m many", "not a size");
	refuse("Image -m 1.5G", "not a size");
	refuse("Image --mem=-5", "not a size");
	refuse("Image -m 1023G", "more than a guest can address");
	refuse("Image -m 99999999999999999999", "more than a guest");
	refuse("Image -m 17592186044417", "more than a guest");
	refuse("Image -m", "needs a value");
}
END_TEST

START_TEST(vcpu_counts_are_checked)
{
	accept("Image -c 512");
	refuse("Image -c 0", "from 1 to 512");
	refuse("Image -c 1000", "from 1 to 512");
	refuse("Image -c two", "from 1 to 512");
	refuse("Image -c 4294967297", "from 1 to 512");
	refuse("Image --cpus=-1", "from 1 to 512");
}
END_TEST

START_TEST(the_last_of_two_values_counts)
{
	accept("Image -m 128 -m 512 -c 1 -c 2 --protected --protected=off");
	ck_assert_uint_eq(cfg.mem, MIB(512));
	ck_assert_uint_eq(cfg.nr_vcpus, 2);
	ck_assert(!cfg.protected_vm);
}
END_TEST

START_TEST(there_is_one_kernel)
{
	accept("-k a -k b");
	ck_assert_str_eq(cfg.kernel, "b");
	refuse("-k a b", "the kernel is 'a' already");
	refuse("a b", "the kernel is 'a' already");
	refuse("a -k b", "-k 'b' not understood: the kernel is 'a' already");
	refuse("a -f b", "exclude each other");
	refuse("--kernel=", "empty");
	refuse("a --initrd=", "empty");
	refuse("-m 512", "no kernel");
}
END_TEST

START_TEST(initrds_and_params_add_up)
{
	accept("Image -i a -i b -p one -p two=2 -p three");
	ck_assert_uint_eq(cfg.nr_initrds, 2);
	ck_assert_str_eq(cfg.initrds[1], "b");
	ck_assert_str_eq(cfg.params, "one two=2 three");
	refuse("x -ia -ia -ia -ia -ia -ia -ia -ia -ia -ia -ia -ia -ia -ia -ia "
	       "-ia -ia",
	       "more than 16 initrds");
}
END_TEST

START_TEST(modes_are_named_in_full)
{
	accept("Image --memlock=lazy --on-reset=restart --protected=on");
	ck_assert_int_eq(cfg.memlock, MEMLOCK_LAZY);
	ck_assert_int_eq(cfg.on_reset, RESET_RESTART);
	accept("Image --memlock check --on-reset exit");
	refuse("Image --memlock=late", "give check or lazy");
	refuse("Image --on-reset=halt", "give exit or restart");
	refuse("Image --protected=maybe", "give off or on");
	refuse("Image --irqchip=gicv4", "give gicv3-its, gicv3-v2m or gicv3");
	refuse("Image --loglevel=loud", "give error, warning, info or debug");
	refuse("Image --protected=", "give off or on");
}
END_TEST

START_TEST(affinity_is_for_all_or_for_each)
{
	accept("Image -c 2 --vcpu-affinity 0-3,8");
	ck_assert_int_eq(CPU_COUNT(&cfg.affinity[0]), 5);
	ck_assert(CPU_EQUAL(&cfg.affinity[0], &cfg.affinity[1]));
	/* -c may come later. */
	accept("Image --vcpu-affinity 0:2,2:4-5,7 -c 3");
	ck_assert(CPU_ISSET(2, &cfg.affinity[0]));
	ck_assert_int_eq(CPU_COUNT(&cfg.affinity[0]), 1);
	ck_assert_int_eq(CPU_COUNT(&cfg.affinity[1]), 0);
	ck_assert_int_eq(CPU_COUNT(&cfg.affinity[2]), 3);
	ck_assert(CPU_ISSET(7, &cfg.affinity[2]));
	refuse("Image --vcpu-affinity 1:2", "vCPUs from 0 to 0");
	refuse("Image --vcpu-affinity 0:1024", "host CPUs go from 0 to 1023");
	refuse("Image --vcpu-affinity 0:1,0:2", "0:2,1:4-5,7");
	refuse("Image --vcpu-affinity 0:1:2", "0:2,1:4-5,7");
	refuse("Image --vcpu-affinity 3,0:1", "0:2,1:4-5,7");
	refuse("Image --vcpu-affinity 0:", "0:2,1:4-5,7");
	refuse("Image --vcpu-affinity 0:1,", "0:2,1:4-5,7");
	refuse("Image --vcpu-affinity :1", "0:2,1:4-5,7");
	refuse("Image --vcpu-affinity x", "0:2,1:4-5,7");
	refuse("Image --vcpu-affinity=", "0:2,1:4-5,7");
	refuse("Image --vcpu-affinity 0 --vcpu-affinity 1", "given twice");
}
END_TEST

START_TEST(descriptors_are_those_we_were_given)
{
	accept("Image --events fd:2 --record -");
	ck_assert_str_eq(cfg.events, "fd:2");
	refuse("Image --events fd:1023", "open descriptor");
	refuse("Image --record fd:1023", "open descriptor");
	refuse("Image --record fd:4294967298", "open descriptor");
	refuse("Image --console-log fd:1023", "open descriptor");
	refuse("Image -n tap,fd=1023", "not an open tap");
	accept("Image --verdict /dev/fd/7 --junit /dev/stdout");
	refuse("Image --verdict fd:7", "a descriptor is /dev/fd/7");
	refuse("Image --junit -", "standard output is /dev/stdout");
	refuse("Image --dump-dtb -", "standard output is /dev/stdout");
	refuse("Image --artifacts -", "one of that name is ./-");
	refuse("Image --artifacts fd:2", "one of that name is ./fd:2");
}
END_TEST

START_TEST(every_row_of_the_table_is_well_formed)
{
	const struct opt_spec *s, *t;
	unsigned int i, j;

	for (i = 0; i < config_table.nr; i++) {
		s = &config_table.specs[i];
		if (!s->name) {
			ck_assert_ptr_nonnull(s->help);
			continue;
		}
		ck_assert_msg((s->set != NULL) + (s->ignored != NULL) +
					      (s->refused != NULL) ==
				      1,
			      "%s", s->name);
		if (s->set && s->arg != OPT_SWITCH)
			ck_assert_msg(s->arg_name != NULL, "%s", s->name);
		for (j = i + 1; j < config_table.nr; j++) {
			t = &config_table.specs[j];
			ck_assert(!t->name || strcmp(s->name, t->name) != 0);
			ck_assert(!s->letter || s->letter != t->letter);
		}
	}
}
END_TEST

START_TEST(consoles_and_ports)
{
	accept("Image");
	ck_assert_int_eq(cfg.console, CONSOLE_SERIAL);
	ck_assert(!config_has_devices(&cfg));
	accept("Image --console virtio");
	ck_assert_int_eq(cfg.console, CONSOLE_VIRTIO);
	ck_assert(config_has_devices(&cfg));
	accept("Image --console hv --console serial");
	ck_assert_int_eq(cfg.console, CONSOLE_SERIAL);
	refuse("Image --console vga", "give serial or virtio");

	accept("Image --port name=log,file=a.log --port pty,name=tty "
	       "--port unix=/run/s,name=s");
	ck_assert_uint_eq(cfg.nr_ports, 3);
	ck_assert(config_has_devices(&cfg));
	ck_assert_int_eq(cfg.ports[0].kind, CHARDEV_FILE);
	ck_assert_str_eq(cfg.ports[0].name, "log");
	ck_assert_str_eq(cfg.ports[0].path, "a.log");
	ck_assert_int_eq(cfg.ports[1].kind, CHARDEV_PTY);
	ck_assert_ptr_null(cfg.ports[1].path);
	ck_assert_int_eq(cfg.ports[2].kind, CHARDEV_UNIX);
	ck_assert_str_eq(cfg.ports[2].path, "/run/s");
}
END_TEST

START_TEST(ports_that_make_no_sense_are_refused)
{
	refuse("Image --port log", "'log' is nothing of a port");
	refuse("Image --port pty", "give a name and one place");
	refuse("Image --port name=a", "give a name and one place");
	refuse("Image --port name=a,pty,file=b", "give a name and one place");
	refuse("Image --port name=a,file=", "the file name is empty");
	refuse("Image --port name=,pty", "name= takes");
	refuse("Image --port name=a/b,pty", "name= takes");
	refuse("Image --port name=..,pty", "name= takes");
	refuse("Image --port name=0123456789012345678901234567890123456789"
	       "012345678901234567890123,pty",
	       "name= takes");
	refuse("Image --port name=lkvm-pvm.exec,pty", "is exec's own port");
	refuse("Image --port name=a,pty --port name=a,pty",
	       "another port has this name");
	refuse("Image --port name=1,pty --port name=2,pty --port name=3,pty "
	       "--port name=4,pty --port name=5,pty --port name=6,pty "
	       "--port name=7,pty --port name=8,pty",
	       "there is room for 7 ports");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *tc = tcase_create("config");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, the_example_of_the_manual);
	tcase_add_test(tc, defaults);
	tcase_add_test(tc, kvmtools_spellings_are_accepted);
	tcase_add_test(tc, what_a_pvm_cannot_have_is_refused_with_why);
	tcase_add_test(tc, window_has_a_size_or_none);
	tcase_add_test(tc, memory_sizes_are_checked);
	tcase_add_test(tc, vcpu_counts_are_checked);
	tcase_add_test(tc, the_last_of_two_values_counts);
	tcase_add_test(tc, there_is_one_kernel);
	tcase_add_test(tc, initrds_and_params_add_up);
	tcase_add_test(tc, modes_are_named_in_full);
	tcase_add_test(tc, affinity_is_for_all_or_for_each);
	tcase_add_test(tc, descriptors_are_those_we_were_given);
	tcase_add_test(tc, every_row_of_the_table_is_well_formed);
	tcase_add_test(tc, consoles_and_ports);
	tcase_add_test(tc, ports_that_make_no_sense_are_refused);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
