// SPDX-License-Identifier: GPL-2.0-only
/* test_selftest.c: results as KTAP and JSON, and what a check's process says. */
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "exitcode.h"
#include "pvm.h"
#include "selftest.h"
#include "verbs.h"

static char *text;

static void no_run(struct selftest *t)
{
	(void)t;
}

static const struct selftest_check check = {
	.name = "area.holds",
	.promise = "It holds",
	.source = "pkvm.rst",
	.decides = "file.c:function",
	.seen = "7.3",
	.provocation = "the share",
	.flags = SELFTEST_ROOT | SELFTEST_SLOW,
	.run = no_run,
};

static const struct selftest_host host = {
	.release = "7.3.4",
	.version = "#1 SMP",
	.mode = "nVHE",
	.page_size = 4096,
	.memlock = 8 << 20,
};

static void teardown(void)
{
	free(text);
	text = NULL;
}

/* What is printed of one check with verdict @v. */
static const char *printed(enum selftest_verdict v, bool verbose)
{
	struct selftest_result r = { .verdict = v, .ms = 7 };
	struct selftest_print p = { .verbose = verbose };
	size_t len;

	if (v != SELFTEST_PASS)
		snprintf(r.seen, sizeof(r.seen), "0x2");
	free(text);
	p.out = open_memstream(&text, &len);
	selftest_print_start(&p, &host, 1);
	selftest_print_result(&p, &check, &r);
	selftest_print_totals(&p);
	ck_assert_int_eq(fclose(p.out), 0);
	return text;
}

static void assert_has(const char *what)
{
	ck_assert_msg(strstr(text, what) != NULL, "no '%s' in:\n%s", what,
		      text);
}

START_TEST(ktap_begins_with_version_and_plan)
{
	printed(SELFTEST_PASS, false);
	ck_assert_int_eq(strncmp(text, "KTAP version 1\n1..1\n", 20), 0);
	assert_has("\nok 1 area.holds\n");
	assert_has("RLIMIT_MEMLOCK: 8192 KiB");
	assert_has("# Totals: pass:1 fail:0 xfail:0 skip:0\n");
}
END_TEST

START_TEST(failure_says_promise_seen_and_place)
{
	printed(SELFTEST_FAIL, false);
	assert_has("# promised: It holds (pkvm.rst)\n# seen: 0x2\n"
		   "# decided by: file.c:function; first seen on Linux 7.3\n"
		   "not ok 1 area.holds\n");
	assert_has("fail:1");
}
END_TEST

START_TEST(directives_are_ktaps)
{
	printed(SELFTEST_SKIP, false);
	assert_has("\nok 1 area.holds # SKIP 0x2\n");
	printed(SELFTEST_TIMEOUT, false);
	assert_has("\nnot ok 1 area.holds # TIMEOUT 0x2\n");
	assert_has("fail:1");
	printed(SELFTEST_DIFFERS, false);
	assert_has("\nok 1 area.holds # XFAIL differs from Linux 7.3: 0x2\n");
	assert_has("fail:0 xfail:1");
	assert_has("# promised: It holds");
}
END_TEST

START_TEST(verbose_says_all_of_what_passed)
{
	printed(SELFTEST_PASS, true);
	assert_has("# promised: It holds (pkvm.rst)\n");
	assert_has("\nok 1 area.holds # 7 ms\n");
}
END_TEST

START_TEST(json_has_host_and_results)
{
	const struct selftest_check *checks[] = { &check };
	const struct selftest_result r = { .verdict = SELFTEST_FAIL,
					   .seen = "0x2" };
	json_t *root, *result;
	const char *verdict;
	size_t len;
	FILE *f;

	f = open_memstream(&text, &len);
	ck_assert_int_eq(selftest_print_json(f, &host, checks, &r, 1), 0);
	ck_assert_int_eq(fclose(f), 0);
	root = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(root);
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_object_get(root, "host"), "kernel")),
			 "7.3.4");
	result = json_array_get(json_object_get(root, "results"), 0);
	verdict = json_string_value(json_object_get(result, "verdict"));
	ck_assert_str_eq(verdict, "fail");
	ck_assert(json_is_true(json_object_get(result, "slow")));
	ck_assert(json_is_false(json_object_get(result, "destructive")));
	json_decref(root);
}
END_TEST

START_TEST(list_names_flags_and_promise)
{
	const struct selftest_check *checks[] = { &check };
	size_t len;
	FILE *f = open_memstream(&text, &len);

	selftest_print_list(f, checks, 1);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_str_eq(text, "area.holds (root slow)\n    It holds\n");
}
END_TEST

START_TEST(verdicts_of_a_process_are_read)
{
	struct selftest_result r = { .verdict = SELFTEST_TIMEOUT };

	ck_assert(selftest_parse(&r, "pass\n"));
	ck_assert_int_eq(r.verdict, SELFTEST_PASS);
	ck_assert_str_eq(r.seen, "");
	ck_assert(selftest_parse(&r, "fail x0: #2\tbad\nmore\n"));
	ck_assert_int_eq(r.verdict, SELFTEST_FAIL);
	ck_assert_str_eq(r.seen, "x0: *2 bad");
	ck_assert(selftest_parse(&r, "skip needs it\n"));
	ck_assert_int_eq(r.verdict, SELFTEST_SKIP);
}
END_TEST

START_TEST(no_verdict_is_none)
{
	static const char *const lines[] = {
		"",	"\n",	  "passed\n",	 "fail cut off",
		"pass", "fail\n", "differs x\n", " pass\n"
	};
	struct selftest_result r = { .verdict = SELFTEST_TIMEOUT };

	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++)
		ck_assert_msg(!selftest_parse(&r, lines[i]), "%s", lines[i]);
	ck_assert_int_eq(r.verdict, SELFTEST_TIMEOUT);
}
END_TEST

START_TEST(long_verdicts_are_cut)
{
	struct selftest_result r;
	char line[600];

	memset(line, 'x', sizeof(line));
	memcpy(line, "fail ", 5);
	line[sizeof(line) - 2] = '\n';
	line[sizeof(line) - 1] = '\0';
	ck_assert(selftest_parse(&r, line));
	ck_assert_uint_eq(strlen(r.seen), sizeof(r.seen) - 1);
}
END_TEST

START_TEST(kernels_are_told_by_their_series)
{
	ck_assert(selftest_same_kernel("7.3.4", "7.3"));
	ck_assert(selftest_same_kernel("7.3", "7.3"));
	ck_assert(selftest_same_kernel("7.3-rc1-arm64", "7.3"));
	ck_assert(!selftest_same_kernel("7.30.1", "7.3"));
	ck_assert(!selftest_same_kernel("7.2.9", "7.3"));
	ck_assert(!selftest_same_kernel("17.3", "7.3"));
}
END_TEST

/* This program is no lkvm-pvm: what it is told to do it does not know. */
START_TEST(process_without_verdict_failed)
{
	static const struct selftest_mode mode = { .leave_out = true };
	struct selftest_result r;

	ck_assert_int_eq(setenv("CK_RUN_CASE", "nothing", 1), 0);
	selftest_spawn(&check, &mode, 30, &r);
	ck_assert_int_eq(unsetenv("CK_RUN_CASE"), 0);
	ck_assert_int_eq(r.verdict, SELFTEST_FAIL);
	ck_assert_ptr_nonnull(strstr(r.seen, "no verdict"));
}
END_TEST

static int run_verb(const struct selftest_suite *suite, const char *option)
{
	char verb[] = "selftest", arg[64];
	char *argv[] = { verb, arg, NULL };
	const struct verb v = { .name = "selftest", .table = &selftest_table };

	snprintf(arg, sizeof(arg), "%s", option);
	return cmd_selftest(&v, 2, argv, suite);
}

static void no_probe(struct pvm_host *h, bool create)
{
	(void)create;
	*h = (struct pvm_host){ .kvm_err = 2 };
}

START_TEST(nothing_runs_without_kvm)
{
	static const struct selftest_area area = { &check, 1 };
	static const struct selftest_area *const areas[] = { &area };
	static const struct selftest_suite suite = { .areas = areas,
						     .nr_areas = 1,
						     .probe = no_probe };

	ck_assert_int_eq(run_verb(NULL, "--verbose"), EXIT_HOST);
	ck_assert_int_eq(run_verb(&suite, "--verbose"), EXIT_HOST);
	ck_assert_int_eq(run_verb(&suite, "--tests=nowhere"), EXIT_HOST);
	ck_assert_int_eq(run_verb(&suite, "--one=area"), EXIT_HOST);
	ck_assert_int_eq(run_verb(&suite, "--tests="), EXIT_HOST);
}
END_TEST

static void good_probe(struct pvm_host *h, bool create)
{
	(void)create;
	*h = (struct pvm_host){ .mode = PVM_MODE_NVHE };
}

/* The check's process says nothing, so it fails, on the kernel it was seen on
 * as on others: there that is a difference. */
START_TEST(difference_on_another_kernel_is_no_failure)
{
	struct selftest_check c = check;
	const struct selftest_area area = { &c, 1 };
	const struct selftest_area *const areas[] = { &area };
	const struct selftest_suite suite = { .areas = areas,
					      .nr_areas = 1,
					      .probe = good_probe };
	struct utsname uts;

	c.flags = 0;
	ck_assert_int_eq(setenv("CK_RUN_CASE", "nothing", 1), 0);
	ck_assert_int_eq(uname(&uts), 0);
	c.seen = uts.release;
	ck_assert_int_eq(run_verb(&suite, "--json"), EXIT_SELFTEST_FAILED);
	c.seen = "0.1";
	ck_assert_int_eq(run_verb(&suite, "--json"), 0);
	c.seen = uts.release;
	c.flags = SELFTEST_SLOW;
	ck_assert_int_eq(run_verb(&suite, "--json"), 0);
	ck_assert_int_eq(unsetenv("CK_RUN_CASE"), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("selftest");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_add_test(c, ktap_begins_with_version_and_plan);
	tcase_add_test(c, failure_says_promise_seen_and_place);
	tcase_add_test(c, directives_are_ktaps);
	tcase_add_test(c, verbose_says_all_of_what_passed);
	tcase_add_test(c, json_has_host_and_results);
	tcase_add_test(c, list_names_flags_and_promise);
	tcase_add_test(c, verdicts_of_a_process_are_read);
	tcase_add_test(c, no_verdict_is_none);
	tcase_add_test(c, long_verdicts_are_cut);
	tcase_add_test(c, kernels_are_told_by_their_series);
	tcase_add_test(c, process_without_verdict_failed);
	tcase_add_test(c, nothing_runs_without_kvm);
	tcase_add_test(c, difference_on_another_kernel_is_no_failure);
	suite_add_tcase(s, c);
	return unit_main(s);
}
