// SPDX-License-Identifier: GPL-2.0-only
/* test_reclaim.c: what is told of a reclaimed page, and what is done. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../vmm/vm.h"
#include "fake_pvm.h"
#include "log.h"

#define BASE 0xffff800080000000ULL

static char said[2048];

static void describe(const struct reclaim_facts *f, const struct symbols *s)
{
	reclaim_describe(f, s, "vmlinux", said, sizeof(said));
}

static void check_says(const char *words)
{
	ck_assert_msg(strstr(said, words) != NULL, "not \"%s\" in:\n%s", words,
		      said);
}

static struct symbols *kernel_symbols(void)
{
	static const char map[] = "ffff800080000100 T do_it\n"
				  "ffff800080000400 T after\n"
				  "ffff800080010000 T vectors\n";
	int fd = memfd_create("map", MFD_CLOEXEC);
	struct symbols *s;

	ck_assert_int_eq(write(fd, map, sizeof(map) - 1), sizeof(map) - 1);
	ck_assert_int_eq(symbols_read(&s, fd), 0);
	close(fd);
	return s;
}

/* --- words ------------------------------------------------------------------ */

static const struct reclaim_facts known = {
	.state = { .pc = BASE + 0x110,
		   .pstate = 5,
		   .vbar_el1 = BASE + 0x10000 },
	.va = 0xffff000001234568,
	.has_ipa = true,
	.ipa = 0x81234000,
	.ipa_source = "a source",
	.access = "a write",
	.place = RECLAIM_RAM,
	.page = RECLAIM_PAGE_ZEROS,
	.cause = "somebody",
};

START_TEST(what_is_known_is_told_with_its_source)
{
	struct symbols *s = kernel_symbols();
	struct reclaim_facts f = known;

	describe(&f, NULL);
	check_says("PC 0xffff800080000110, EL1 [KVM_GET_ONE_REG]\n");
	describe(&f, s);
	check_says("PC 0xffff800080000110 (do_it+0x10/0x300 of vmlinux), EL1");
	check_says("address 0xffff000001234568 [FAR_EL1");
	check_says("guest page 0x81234000, in RAM, a write [a source]\n");
	check_says("before: the guest's own");
	check_says("now: the host's, all zeros [read]\n");
	check_says("likely cause: somebody\n");

	f.place = RECLAIM_WINDOW;
	f.page = RECLAIM_PAGE_BYTES;
	describe(&f, s);
	check_says("in the window");
	check_says("not only zeros");
	f.place = RECLAIM_NOWHERE;
	f.page = RECLAIM_PAGE_GUEST;
	describe(&f, s);
	check_says("where there is no memory");
	check_says("now: the guest's own [the host cannot read it]\n");
	symbols_close(s);
}
END_TEST

START_TEST(a_kernel_that_moved_has_its_names)
{
	struct symbols *s = kernel_symbols();
	struct reclaim_facts f = known;

	f.state.pc += MIB(20);
	f.state.vbar_el1 += MIB(20);
	describe(&f, s);
	check_says(
		"(do_it+0x10/0x300 of vmlinux, moved by 0x1400000: VBAR_EL1)");
	f.state.vbar_el1 += 0x10;
	f.state.pc += MIB(20);
	describe(&f, s);
	check_says("(nothing of vmlinux: its vectors are not where");
	f.state.pstate = 0;
	describe(&f, s);
	check_says("(a program's), EL0");
	symbols_close(s);
}
END_TEST

START_TEST(what_is_unknown_has_a_reason)
{
	struct reclaim_facts f = known;

	f.state_err = -EPERM;
	f.va_err = -EINVAL;
	f.has_ipa = false;
	strcpy(f.ipa_source, "only root knows");
	describe(&f, NULL);
	check_says(
		"PC unknown: the kernel hides it: Operation not permitted\n");
	check_says("address unknown: KVM injects no abort: Invalid argument\n");
	check_says("guest page unknown: only root knows\n");
	check_says("page now: unknown, as it is not known which\n");
	f.has_ipa = true;
	f.page = RECLAIM_PAGE_UNKNOWN;
	f.page_err = -ENOENT;
	describe(&f, NULL);
	check_says("page now: unknown: No such file");
}
END_TEST

START_TEST(words_fit_any_buffer)
{
	struct symbols *s = kernel_symbols();

	for (size_t size = 1; size < 600; size++) {
		memset(said, 'x', sizeof(said));
		reclaim_describe(&known, s, "vmlinux", said, size);
		ck_assert_uint_lt(strlen(said), size);
		ck_assert_int_eq(said[size], 'x');
	}
	symbols_close(s);
}
END_TEST

/* --- traces ------------------------------------------------------------------ */

START_TEST(the_first_fault_of_each_page_is_its_donation)
{
	static const char trace[] =
		"# tracer: nop\n#\n"
		"# entries-in-buffer/entries-written: 4/4   #P:2\n"
		"       vcpu0-98      [001] d..1.    12.345678: kvm_guest_fault: ipa 0x80001000, hsr 0x93c08007, hxfar 0x80001120, pc 0x80080010\n"
		"       vcpu1-99      [000] d..1.    12.400000: kvm_guest_fault: ipa 0x3f8, hsr 0x93c08007, hxfar 0x3f8, pc 0x80080020\n"
		"       vcpu0-98      [001] d..1.    13.000001: kvm_guest_fault: ipa 0x80003000, hsr 0x93c08007, hxfar 0x80003000, pc 0x80080030\n"
		"       vcpu0-98      [001] d..1.    14.000000: kvm_guest_fault: ipa 0x80001000, hsr 0x93c08007, hxfar 0x80001000, pc 0x80080040\n";
	const struct gpa_range ram = { .gpa = 0x80000000, .len = 4 * 4096 };
	struct donation all[4] = { { 0 } };
	char lost[sizeof(trace)];

	ck_assert(donations_parse(trace, &ram, 4096, all));
	ck_assert_uint_eq(all[0].us, 0);
	ck_assert_uint_eq(all[1].us, 12345678);
	ck_assert_uint_eq(all[1].pc, 0x80080010);
	ck_assert_uint_eq(all[2].us, 0);
	ck_assert_uint_eq(all[3].us, 13000001);
	/* One that lost some says so; and so does what is no trace */
	memcpy(lost, trace, sizeof(trace));
	*strstr(lost, "4/4") = '3';
	ck_assert(!donations_parse(lost, &ram, 4096, all));
	ck_assert(!donations_parse("", &ram, 4096, all));
}
END_TEST

START_TEST(the_last_fault_at_the_pc_is_found)
{
	static const char trace[] =
		"# tracer: nop\n"
		" vcpu0-57 [001] ..... 2.3: kvm_guest_fault: ipa 0x80400000, hsr 0x82000004, hxfar 0x80400000, pc 0x00000080400000\n"
		" vcpu0-57 [001] ..... 2.4: kvm_guest_fault: ipa 0x81000000, hsr 0x92000047, hxfar 0x81000123, pc 0x00000080400010\n"
		" vcpu1-58 [000] ..... 2.4: kvm_guest_fault: ipa 0x82000000, hsr 0x92000007, hxfar 0x82000123, pc 0x00000080400020\n"
		" vcpu1-58 [000] ..... 2.5: kvm_guest_fault: ipa 0x8300";
	struct fault_record r = { 0 };

	ck_assert(fault_parse(trace, 0x80400010, &r));
	ck_assert_uint_eq(r.ipa, 0x81000000);
	ck_assert_uint_eq(r.va, 0x81000123);
	ck_assert_str_eq(fault_access(r.syndrome), "a write");
	ck_assert(fault_parse(trace, 0x80400020, &r));
	ck_assert_str_eq(fault_access(r.syndrome), "a read");
	ck_assert(fault_parse(trace, 0x80400000, &r));
	ck_assert_str_eq(fault_access(r.syndrome), "an instruction fetch");
	ck_assert(!fault_parse(trace, 0x1234, &r));
	ck_assert(!fault_parse("", 0, &r));
}
END_TEST

START_TEST(without_tracefs_nothing_is_left)
{
	struct fault_record r;
	struct fault_trace t;

	ck_assert_int_eq(fault_trace_begin(&t, "/nonexistent", 0), -ENOENT);
	ck_assert_int_eq(fault_trace_end(&t, 0, &r), -ENODATA);
}
END_TEST

/* --- suspects ---------------------------------------------------------------- */

static char proc[] = "/tmp/proc.XXXXXX";

static void put_file(const char *path, const char *text)
{
	char full[128];
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/%s", proc, path);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void put_dir(const char *path)
{
	char full[128];

	(void)snprintf(full, sizeof(full), "%s/%s", proc, path);
	ck_assert_int_eq(mkdir(full, 0700), 0);
}

static const char *cause(struct reclaim_suspects s, enum reclaim_place place)
{
	s.proc = proc;
	s.pid = 70;
	reclaim_cause(&s, place, said, sizeof(said));
	return said;
}

START_TEST(traces_of_who_did_it_are_found)
{
	struct reclaim_suspects s = { 0 };
	char link[128], rm[128];

	ck_assert_ptr_nonnull(mkdtemp(proc));
	put_dir("70");
	put_file("70/status", "Name:\tlkvm-pvm\nTracerPid:\t0\nUid:\t0\n");
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_RAM), "of root's"));
	s.is_dumpable = true;
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_RAM), "--debug"));
	s.direct = "/dev/ram0";
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_RAM), "--debug"));
	ck_assert_ptr_nonnull(
		strstr(cause(s, RECLAIM_WINDOW), "/dev/ram0 has the option"));
	s.has_helper = true;
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_RAM), "--debug"));
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_WINDOW), "a helper: "));
	ck_assert_ptr_nonnull(strstr(said, "; or the device of a disk"));

	put_dir("71");
	put_dir("71/fd");
	put_file("71/comm", "reader\n");
	(void)snprintf(link, sizeof(link), "%s/71/fd/3", proc);
	ck_assert_int_eq(symlink("/proc/7/mem", link), 0);
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_RAM), "--debug"));
	(void)snprintf(link, sizeof(link), "%s/71/fd/4", proc);
	ck_assert_int_eq(symlink("/proc/70/mem", link), 0);
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_RAM),
				     "reader (process 71) has /proc/70/mem"));

	ck_assert_int_eq(unlink(link), 0);
	s.window = 4711;
	put_dir("73");
	put_dir("73/fd");
	put_dir("73/fdinfo");
	put_file("73/comm", "helper\n");
	put_file("73/fdinfo/5", "pos:\t0\nflags:\t02\nmnt_id:\t1\nino:\t47\n");
	(void)snprintf(link, sizeof(link), "%s/73/fd/5", proc);
	ck_assert_int_eq(symlink("/memfd:lkvm-pvm-window (deleted)", link), 0);
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_WINDOW), "a program"));
	put_file("73/fdinfo/5", "pos:\t0\nflags:\t02\nino:\t4711\n");
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_RAM), "--debug"));
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_WINDOW),
				     "helper (process 73) has the"));

	put_file("70/status", "Name:\tlkvm-pvm\nTracerPid:\t72\nUid:\t0\n");
	ck_assert_ptr_nonnull(strstr(cause(s, RECLAIM_RAM),
				     "? (process 72) traces lkvm-pvm"));
	(void)snprintf(rm, sizeof(rm), "rm -rf %s", proc);
	ck_assert_int_eq(system(rm), 0); /* NOLINT(cert-env33-c) */
}
END_TEST

/* --- what is done ------------------------------------------------------------ */

static struct vm *vm_new(const struct config *cfg)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	ck_assert_ptr_nonnull(vm);
	memset(&fake_pvm, 0, sizeof(fake_pvm));
	log_set_level(LOG_ERROR);
	ck_assert_int_eq(vm_init(vm, cfg, NULL), 0);
	return vm;
}

static void vm_delete(struct vm *vm)
{
	vm_fini(vm);
	free(vm);
}

static bool touch(struct vm *vm, uint64_t va)
{
	struct pvm_exit e = { .kind = PVM_EXIT_POISONED, .err = EFAULT };

	fake_pvm.fault_va = va;
	return vcpu_dispatch(&vm->vcpus[0], &e);
}

START_TEST(the_policy_says_whether_the_guest_goes_on)
{
	for (int i = RECLAIM_REPORT; i <= RECLAIM_KILL; i++) {
		const struct config cfg = {
			.nr_vcpus = 1,
			.mem = MIB(64),
			.protected_vm = true,
			.on_reclaim = (enum reclaim_action)i,
		};
		struct vm *vm = vm_new(&cfg);
		bool goes_on = touch(vm, 0x1000);

		ck_assert_int_eq(goes_on, i == RECLAIM_INJECT);
		ck_assert_uint_eq(fake_pvm.nr_aborts, i == RECLAIM_INJECT);
		ck_assert_int_eq(vm_finished(vm), i != RECLAIM_INJECT);
		if (vm_finished(vm))
			ck_assert_int_eq(vm->verdict.code, EXIT_GUEST_SHARING);
		vm_delete(vm);
	}
}
END_TEST

START_TEST(aborts_are_bounded)
{
	const struct config cfg = { .nr_vcpus = 1,
				    .mem = MIB(64),
				    .protected_vm = true,
				    .on_reclaim = RECLAIM_INJECT };
	struct vm *vm = vm_new(&cfg);

	ck_assert(touch(vm, 0x1000));
	ck_assert(!touch(vm, 0x1000));
	ck_assert_ptr_nonnull(strstr(vm->verdict.reason, "the same again"));
	ck_assert_uint_eq(fake_pvm.nr_aborts, 1);
	vm_delete(vm);

	vm = vm_new(&cfg);
	for (unsigned int i = 0; i < RECLAIM_INJECTIONS; i++)
		ck_assert(touch(vm, i));
	ck_assert(!touch(vm, RECLAIM_INJECTIONS));
	ck_assert_int_eq(vm->verdict.code, EXIT_GUEST_SHARING);
	vm_delete(vm);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reclaim");
	TCase *tc = tcase_create("reclaim");

	tcase_add_test(tc, what_is_known_is_told_with_its_source);
	tcase_add_test(tc, a_kernel_that_moved_has_its_names);
	tcase_add_test(tc, what_is_unknown_has_a_reason);
	tcase_add_test(tc, words_fit_any_buffer);
	tcase_add_test(tc, the_first_fault_of_each_page_is_its_donation);
	tcase_add_test(tc, the_last_fault_at_the_pc_is_found);
	tcase_add_test(tc, without_tracefs_nothing_is_left);
	tcase_add_test(tc, traces_of_who_did_it_are_found);
	tcase_add_test(tc, the_policy_says_whether_the_guest_goes_on);
	tcase_add_test(tc, aborts_are_bounded);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
