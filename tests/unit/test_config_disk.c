// SPDX-License-Identifier: GPL-2.0-only
/* test_config_disk.c: what -d is taken for. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"

static struct config cfg;
static struct opt_parse parse;

/* run -k Image -c 2 and a -d for each word of @disks. */
static int parse_disks(const char *disks)
{
	static char copy[1024];
	static char run[] = "run", kernel[] = "-kImage", cpus[] = "-c2",
		    d[] = "-d";
	char *argv[64] = { run, kernel, cpus }, *save = NULL, *word;
	int argc = 3;

	config_fini(&cfg);
	strcpy(copy, disks);
	for (word = strtok_r(copy, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		argv[argc++] = d;
		argv[argc++] = word;
	}
	return config_parse(&cfg, &parse, argc, argv);
}

static void teardown(void)
{
	config_fini(&cfg);
}

START_TEST(kvmtools_spellings_work)
{
	ck_assert_int_eq(parse_disks("root.img data.img,ro /dev/vdb,direct"),
			 0);
	ck_assert_uint_eq(cfg.nr_disks, 3);
	ck_assert_str_eq(cfg.disks[0].file.path, "root.img");
	ck_assert(!cfg.disks[0].file.ro && !cfg.disks[0].file.direct);
	ck_assert_str_eq(cfg.disks[1].file.path, "data.img");
	ck_assert(cfg.disks[1].file.ro);
	ck_assert_str_eq(cfg.disks[2].file.path, "/dev/vdb");
	ck_assert(cfg.disks[2].file.direct);
}
END_TEST

START_TEST(every_option_is_taken)
{
	ck_assert_int_eq(parse_disks("a,snapshot,serial=S-1.2,queues=1,id=os"),
			 0);
	ck_assert(cfg.disks[0].file.snapshot);
	ck_assert_str_eq(cfg.disks[0].serial, "S-1.2");
	ck_assert_uint_eq(cfg.disks[0].queues, 1);
	ck_assert_str_eq(cfg.disks[0].id, "os");
}
END_TEST

START_TEST(as_many_queues_as_vcpus_by_default)
{
	ck_assert_int_eq(parse_disks("a"), 0);
	ck_assert_uint_eq(cfg.disks[0].queues, 2);
}
END_TEST

START_TEST(thirty_disks_are_parsed)
{
	char line[512] = "";

	for (unsigned int i = 0; i < 30; i++)
		strcat(line, "disk.img,ro ");
	ck_assert_int_eq(parse_disks(line), 0);
	ck_assert_uint_eq(cfg.nr_disks, 30);
	ck_assert_str_eq(cfg.disks[29].file.path, "disk.img");
}
END_TEST

struct bad {
	const char *disks, *part;
};

static const struct bad bad[] = {
	{ ",ro", "file name is empty" },
	{ "a,r0", "(ro?)" },
	{ "a,", "no option" },
	{ "a,snapshots", "(snapshot?)" },
	{ "a,readonly", "there are ro, snapshot" },
	{ "a,serial=", "serial=" },
	{ "a,serial=123456789012345678901", "1 to 20" },
	{ "a,serial=x/y", "letters" },
	{ "a,queues=0", "1 to 16" },
	{ "a,queues=17", "1 to 16" },
	{ "a,queues=x", "1 to 16" },
	{ "a,queues=3", "more than vCPUs" },
	{ "a,id=1234567890123456", "1 to 15" },
	{ "a,id=x b,id=x", "another disk" },
	{ "a,id=blk1 b", "without one" },
	{ "a,id=net0", "without one" },
	{ "a,ro,snapshot", "exclude" },
	{ "a,snapshot,direct", "exclude" },
	{ "scsi:naa.5001405", "no SCSI" },
};

START_TEST(what_is_wrong_is_said)
{
	ck_assert_int_eq(parse_disks(bad[_i].disks), -EINVAL);
	ck_assert_msg(strstr(parse.error, bad[_i].part) != NULL, "%s: %s",
		      bad[_i].disks, parse.error);
	ck_assert_msg(!strncmp(parse.error, "run: ", 5), "%s", parse.error);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_disk");
	TCase *tc = tcase_create("disk");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, kvmtools_spellings_work);
	tcase_add_test(tc, every_option_is_taken);
	tcase_add_test(tc, as_many_queues_as_vcpus_by_default);
	tcase_add_test(tc, thirty_disks_are_parsed);
	tcase_add_loop_test(tc, what_is_wrong_is_said, 0, ARRAY_SIZE(bad));
	suite_add_tcase(s, tc);
	return unit_main(s);
}
