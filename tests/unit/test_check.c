// SPDX-License-Identifier: GPL-2.0-only
/* test_check.c: hosts of all kinds, judged and printed. */
#include "unit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostcheck.h"

static struct check_report report;

/* A host where all is well. */
static struct check_facts good_host(void)
{
	return (struct check_facts){
		.machine = "aarch64",
		.release = "7.3.4-arm64",
		.is_arm64 = true,
		.cmdline_protected = true,
		.host = { .mode = PVM_MODE_NVHE,
			  .mode_source = "kernel log",
			  .ipa_bits = 44,
			  .max_vcpus = 512,
			  .recommended_vcpus = 4,
			  .gicv3 = true,
			  .its = true },
		.page_size = 4096,
		.memlock = { .soft = MIB(8), .hard = UINT64_MAX },
		.available = GIB(4),
		.available_what = "MemAvailable",
		.io_uring_disabled = -1,
		.has_passt = true,
		.has_virtiofsd = true,
		.virtiofsd_can_ro = true,
	};
}

/* The first item about @thing. */
static const struct check_item *item(const char *thing)
{
	unsigned int i;

	for (i = 0; i < report.nr; i++)
		if (!strcmp(report.items[i].thing, thing))
			return &report.items[i];
	ck_abort_msg("nothing about %s", thing);
	return NULL;
}

static const struct check_item *judged(const struct check_facts *f,
				       const char *thing)
{
	check_judge(f, &report);
	return item(thing);
}

static void assert_remedy(const struct check_item *i, enum check_state state,
			  const char *part)
{
	ck_assert_msg(i->state == state, "%s: %s", i->thing, i->finding);
	ck_assert_msg(strstr(i->remedy, part) != NULL, "%s", i->remedy);
}

START_TEST(a_good_host_can_run_and_needs_nothing)
{
	struct check_facts f = good_host();
	unsigned int i;

	check_judge(&f, &report);
	ck_assert_int_eq(report.verdict, CHECK_CAN_RUN);
	for (i = 0; i < report.nr; i++) {
		ck_assert_msg(report.items[i].state == CHECK_OK, "%s: %s",
			      report.items[i].thing, report.items[i].finding);
		ck_assert_str_eq(report.items[i].remedy, "");
	}
	ck_assert_ptr_nonnull(strstr(item("trial pVM")->finding, "taints"));
}
END_TEST

START_TEST(whatever_fails_has_a_remedy_and_decides)
{
	struct check_facts f = good_host();

	f.host.kvm_err = EACCES;
	f.host.create_err = -1;
	assert_remedy(judged(&f, "/dev/kvm"), CHECK_FAIL, "usermod");
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_RUN);
	f.host.kvm_err = ENOENT;
	assert_remedy(judged(&f, "/dev/kvm"), CHECK_FAIL, "GICv3");
	f.cmdline_protected = false;
	assert_remedy(judged(&f, "/dev/kvm"), CHECK_FAIL, "CONFIG_KVM");

	f = good_host();
	f.host.gicv3 = false;
	assert_remedy(judged(&f, "GICv3"), CHECK_FAIL, "GICv3 or newer");
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_RUN);
}
END_TEST

START_TEST(an_unprotected_host_is_told_how_to_boot)
{
	struct check_facts f = good_host();

	f.cmdline_protected = false;
	f.host.mode = PVM_MODE_NONE;
	f.host.create_err = EINVAL;
	assert_remedy(judged(&f, "protected mode"), CHECK_FAIL,
		      "boot with kvm-arm.mode=protected");
	assert_remedy(item("trial pVM"), CHECK_FAIL,
		      "boot with kvm-arm.mode=protected");
	f.cmdline_protected = true;
	assert_remedy(judged(&f, "protected mode"), CHECK_FAIL,
		      "given already");
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_RUN);
}
END_TEST

START_TEST(without_a_trial_the_mode_decides)
{
	struct check_facts f = good_host();

	f.host.create_err = -1;
	ck_assert_int_eq(judged(&f, "trial pVM")->state, CHECK_UNKNOWN);
	ck_assert_int_eq(report.verdict, CHECK_CAN_RUN);
	f.host.mode = PVM_MODE_UNKNOWN;
	f.host.mode_source = "the kernel log may not be read";
	ck_assert_int_eq(judged(&f, "protected mode")->state, CHECK_UNKNOWN);
	ck_assert_str_eq(item("protected mode")->finding, f.host.mode_source);
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_TELL);
}
END_TEST

START_TEST(kernels_from_7_1_on_have_protected_vms)
{
	static const struct {
		const char *release;
		enum check_state state;
	} cases[] = {
		{ "7.1.0", CHECK_OK },	   { "7.10-rc1", CHECK_OK },
		{ "8.0", CHECK_OK },	   { "7.0.9", CHECK_WARN },
		{ "6.12.48", CHECK_WARN }, { "odd", CHECK_WARN },
	};
	struct check_facts f = good_host();
	unsigned int i;

	f.host.create_err = EINVAL;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(f.release, cases[i].release);
		ck_assert_msg(judged(&f, "host kernel")->state ==
				      cases[i].state,
			      "%s", cases[i].release);
	}
	/* A vendor's kernel may have them earlier: the trial knows. */
	f.host.create_err = 0;
	ck_assert_int_eq(judged(&f, "host kernel")->state, CHECK_OK);
}
END_TEST

START_TEST(the_memlock_limit_says_what_m_it_allows)
{
	struct check_facts f = good_host();

	f.memlock.hard = MIB(8);
	assert_remedy(judged(&f, "memlock"), CHECK_FAIL, "ulimit -l 262208");
	ck_assert_ptr_nonnull(strstr(item("memlock")->remedy, "limits.d"));
	ck_assert_ptr_nonnull(strstr(item("memlock")->remedy, "LimitMEMLOCK"));
	ck_assert_uint_eq(report.max_mem, MIB(6));
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_RUN);

	f.memlock.hard = MIB(128);
	ck_assert_int_eq(judged(&f, "memlock")->state, CHECK_WARN);
	ck_assert_ptr_nonnull(strstr(item("memlock")->finding, "-m 126"));
	ck_assert_int_eq(report.verdict, CHECK_CAN_RUN);
	f.want = MIB(126);
	ck_assert_int_eq(judged(&f, "memlock")->state, CHECK_OK);
	f.want = MIB(128);
	ck_assert_int_eq(judged(&f, "memlock")->state, CHECK_FAIL);

	f.memlock.hard = 0;
	ck_assert_int_eq(judged(&f, "memlock")->state, CHECK_FAIL);
	f.memlock.exempt = true;
	ck_assert_int_eq(judged(&f, "memlock")->state, CHECK_OK);
}
END_TEST

START_TEST(memory_has_to_suffice_for_m)
{
	struct check_facts f = good_host();

	f.want = GIB(4);
	assert_remedy(judged(&f, "memory"), CHECK_FAIL, "smaller -m");
	ck_assert_uint_lt(report.max_mem, GIB(4));
	f.want = report.max_mem;
	ck_assert_int_eq(judged(&f, "memory")->state, CHECK_OK);
	ck_assert_int_eq(report.verdict, CHECK_CAN_RUN);
	ck_assert_ptr_nonnull(strstr(report.summary, "-m 40"));
}
END_TEST

START_TEST(what_a_pvm_can_do_without_only_warns)
{
	struct check_facts f = good_host();

	f.io_uring_err = EPERM;
	f.io_uring_disabled = 2;
	f.mseal_err = ENOSYS;
	f.vhost_net_err = ENOENT;
	f.vhost_vsock_err = EACCES;
	f.tun_err = ENOENT;
	f.virtiofsd_can_ro = false;
	assert_remedy(judged(&f, "virtiofsd"), CHECK_WARN, "1.11");
	f.has_passt = f.has_virtiofsd = false;
	f.host.its = false;
	f.page_size = 16384;
	assert_remedy(judged(&f, "io_uring"), CHECK_WARN,
		      "kernel.io_uring_disabled=0");
	assert_remedy(item("/dev/vhost-net"), CHECK_WARN, "modprobe vhost_net");
	assert_remedy(item("/dev/vhost-vsock"), CHECK_WARN, "access");
	ck_assert_ptr_nonnull(
		strstr(item("/dev/vhost-vsock")->finding, "--vsock cid="));
	assert_remedy(item("passt"), CHECK_WARN, "apt install passt");
	assert_remedy(item("virtiofsd"), CHECK_WARN, "apt install virtiofsd");
	assert_remedy(item("ITS"), CHECK_WARN, "--irqchip gicv3-v2m");
	ck_assert_int_eq(item("mseal")->state, CHECK_WARN);
	ck_assert_int_eq(item("host page size")->state, CHECK_WARN);
	ck_assert_int_eq(report.verdict, CHECK_CAN_RUN);
}
END_TEST

START_TEST(too_many_vms_is_told_apart)
{
	struct check_facts f = good_host();

	f.host.create_err = ENOMEM;
	assert_remedy(judged(&f, "trial pVM"), CHECK_FAIL, "255");
}
END_TEST

START_TEST(another_machine_sends_to_the_emulated_host)
{
	struct check_facts f = good_host();

	f.is_arm64 = false;
	strcpy(f.machine, "x86_64");
	memset(&f.host, 0, sizeof(f.host));
	assert_remedy(judged(&f, "machine"), CHECK_FAIL, "make run");
	ck_assert_int_eq(item("KVM")->state, CHECK_UNKNOWN);
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_RUN);
}
END_TEST

/* A configuration with all that is asked for, but for @missing. */
static struct loader_kconfig kconfig_without(const char *missing)
{
	const struct loader_kconfig_item *items;
	struct loader_kconfig kc = { 0 };
	unsigned int nr, i;
	FILE *f = open_memstream(&kc.text, &kc.len);

	items = loader_kconfig_items(&nr);
	for (i = 0; i < nr; i++)
		if (strcmp(items[i].symbol, missing) != 0)
			fprintf(f, "%s=y\n", items[i].symbol);
	ck_assert_int_eq(fclose(f), 0);
	return kc;
}

START_TEST(a_kernel_is_judged_with_the_host)
{
	struct check_facts f = good_host();
	const struct check_item *found;

	f.kernel = "Image";
	f.kconfig = kconfig_without("");
	check_judge(&f, &report);
	ck_assert_int_eq(report.verdict, CHECK_CAN_RUN);
	ck_assert_uint_lt(report.nr, CHECK_MAX_ITEMS);
	free(f.kconfig.text);

	f.kconfig = kconfig_without("CONFIG_ARM_PKVM_GUEST");
	check_judge(&f, &report);
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_RUN);
	found = item("guest kernel") + 1;
	ck_assert_int_eq(found->state, CHECK_FAIL);
	ck_assert_ptr_nonnull(strstr(found->finding, "ARM_PKVM_GUEST is not"));
	free(f.kconfig.text);

	/* A kernel that does not tell is no reason not to run it. */
	f.kconfig = (struct loader_kconfig){ 0 };
	ck_assert_int_eq(judged(&f, "guest kernel")->state, CHECK_UNKNOWN);
	ck_assert_int_eq(report.verdict, CHECK_CAN_RUN);

	f.kernel_err = EINVAL;
	ck_assert_int_eq(judged(&f, "guest kernel")->state, CHECK_FAIL);
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_RUN);

	f.kernel_err = ENOENT; /* a typing error says nothing of either */
	ck_assert_int_eq(judged(&f, "guest kernel")->state, CHECK_UNKNOWN);
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_TELL);
}
END_TEST

START_TEST(elsewhere_a_kernel_is_judged_alone)
{
	struct check_facts f = { .machine = "x86_64", .kernel = "Image" };

	f.kconfig = kconfig_without("");
	check_judge(&f, &report);
	ck_assert_int_eq(report.verdict, CHECK_CAN_RUN);
	ck_assert_str_eq(report.items[0].thing, "guest kernel");
	free(f.kconfig.text);
	f.kconfig = kconfig_without("CONFIG_DMA_RESTRICTED_POOL");
	check_judge(&f, &report);
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_RUN);
	free(f.kconfig.text);
	f.kconfig = (struct loader_kconfig){ 0 };
	check_judge(&f, &report);
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_TELL);
	f.kernel_err = EACCES;
	check_judge(&f, &report);
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_TELL);
	f.kernel_err = EINVAL;
	check_judge(&f, &report);
	ck_assert_int_eq(report.verdict, CHECK_CANNOT_RUN);
}
END_TEST

/* What @colour makes of one ok and one warning. Freed by the caller. */
static char *printed(bool colour)
{
	static const struct check_report two = {
		.items = { { CHECK_OK, "a", "fine", "" },
			   { CHECK_WARN, "longer", "not so fine", "help" } },
		.nr = 2,
		.summary = "that was it",
	};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	check_print(f, &two, colour);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

START_TEST(text_is_one_aligned_line_an_item)
{
	char *text = printed(false);

	ck_assert_str_eq(text, "ok       a       fine\n"
			       "warn     longer  not so fine -> help\n"
			       "that was it\n");
	free(text);
}
END_TEST

START_TEST(colour_only_when_asked_for)
{
	char *text = printed(true);

	ck_assert_ptr_nonnull(strstr(text, "\033[33mwarn   \033[m"));
	free(text);
}
END_TEST

static json_t *as_json(const struct check_facts *f)
{
	char *text = NULL;
	json_t *json;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	check_judge(f, &report);
	ck_assert_int_eq(check_print_json(out, f, &report), 0);
	ck_assert_int_eq(fclose(out), 0);
	json = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(json);
	free(text);
	return json;
}

START_TEST(json_says_the_same)
{
	struct check_facts f = good_host();
	json_t *json = as_json(&f), *first;

	ck_assert(json_is_true(json_object_get(json, "can_run")));
	ck_assert_int_eq(
		json_integer_value(json_object_get(json, "max_mem_mib")),
		(json_int_t)(report.max_mem >> 20));
	ck_assert_uint_eq(json_array_size(json_object_get(json, "items")),
			  report.nr);
	first = json_array_get(json_object_get(json, "items"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(first, "state")),
			 "ok");
	ck_assert_str_eq(json_string_value(json_object_get(first, "thing")),
			 "machine");
	ck_assert_ptr_null(json_object_get(first, "remedy"));
	json_decref(json);

	f.host.create_err = -1;
	f.host.mode = PVM_MODE_UNKNOWN;
	f.available_err = ENOENT;
	json = as_json(&f);
	ck_assert(json_is_null(json_object_get(json, "can_run")));
	ck_assert(json_is_null(json_object_get(json, "max_mem_mib")));
	json_decref(json);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("check");
	TCase *tc = tcase_create("check");

	tcase_add_test(tc, a_good_host_can_run_and_needs_nothing);
	tcase_add_test(tc, whatever_fails_has_a_remedy_and_decides);
	tcase_add_test(tc, an_unprotected_host_is_told_how_to_boot);
	tcase_add_test(tc, without_a_trial_the_mode_decides);
	tcase_add_test(tc, kernels_from_7_1_on_have_protected_vms);
	tcase_add_test(tc, the_memlock_limit_says_what_m_it_allows);
	tcase_add_test(tc, memory_has_to_suffice_for_m);
	tcase_add_test(tc, what_a_pvm_can_do_without_only_warns);
	tcase_add_test(tc, too_many_vms_is_told_apart);
	tcase_add_test(tc, another_machine_sends_to_the_emulated_host);
	tcase_add_test(tc, a_kernel_is_judged_with_the_host);
	tcase_add_test(tc, elsewhere_a_kernel_is_judged_alone);
	tcase_add_test(tc, text_is_one_aligned_line_an_item);
	tcase_add_test(tc, colour_only_when_asked_for);
	tcase_add_test(tc, json_says_the_same);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
