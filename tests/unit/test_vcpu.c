// SPDX-License-Identifier: GPL-2.0-only
/* test_vcpu.c: what is done with each kind of exit. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../vmm/vm.h"
#include "fake_pvm.h"
#include "log.h"

static const struct config cfg = { .nr_vcpus = 2, .mem = MIB(64) };

/* A VM without KVM, devices on its bus as vm.c wires them. */
static struct vm *vm_new(void)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	ck_assert_ptr_nonnull(vm);
	ck_assert_int_eq(vm_init(vm, &cfg, NULL), 0);
	memset(&fake_pvm, 0, sizeof(fake_pvm));
	rtc_init(&vm->rtc);
	ck_assert_int_eq(bus_add(&vm->bus, MACHINE_RTC_BASE, MACHINE_RTC_SIZE,
				 "rtc", &rtc_ops, &vm->rtc),
			 0);
	log_set_level(LOG_ERROR);
	return vm;
}

static void vm_delete(struct vm *vm)
{
	vm_fini(vm);
	free(vm);
}

struct end {
	enum pvm_exit_kind kind;
	int err;
	int code;
	const char *origin;
	bool reset;
};

static const struct end ends[] = {
	{ PVM_EXIT_POWER_OFF, 0, EXIT_GUEST_OFF, "guest", false },
	{ PVM_EXIT_HIBERNATE, 0, EXIT_GUEST_OFF, "guest", false },
	{ PVM_EXIT_RESET, 0, EXIT_GUEST_RESET, "guest", true },
	{ PVM_EXIT_NO_MEMORY, ENOMEM, EXIT_HOST, "host", false },
	{ PVM_EXIT_POISONED, EFAULT, EXIT_GUEST_SHARING, "guest", false },
	{ PVM_EXIT_BACKING, EIO, EXIT_HOST, "host", false },
	{ PVM_EXIT_NOT_OWNED, EPERM, EXIT_HOST, "host", false },
	{ PVM_EXIT_NOT_READY, ENOEXEC, EXIT_HOST, "host", false },
	{ PVM_EXIT_OTHER, ENOSYS, EXIT_GUEST_CRASHED, "guest", false },
	{ PVM_EXIT_OTHER, 0, EXIT_GUEST_CRASHED, "guest", false },
};

START_TEST(each_end_has_its_code_and_origin)
{
	const struct end *end = &ends[_i];
	struct pvm_exit e = { .kind = end->kind, .err = end->err };
	struct vm *vm = vm_new();

	/* Lack of memory is given some tries. */
	for (unsigned int i = 0; i < 9 && e.kind == PVM_EXIT_NO_MEMORY; i++)
		ck_assert(vcpu_dispatch(&vm->vcpus[1], &e));
	ck_assert(!vcpu_dispatch(&vm->vcpus[1], &e));
	ck_assert(vm_finished(vm));
	ck_assert_int_eq(vm->verdict.code, end->code);
	ck_assert_str_eq(vm->verdict.origin, end->origin);
	ck_assert(vm->verdict.reset == end->reset);
	ck_assert_uint_gt(strlen(vm->verdict.reason), 0);
	vm_delete(vm);
}
END_TEST

START_TEST(the_first_verdict_counts)
{
	struct pvm_exit off = { .kind = PVM_EXIT_POWER_OFF };
	struct pvm_exit reset = { .kind = PVM_EXIT_RESET };
	struct vm *vm = vm_new();

	ck_assert(!vcpu_dispatch(&vm->vcpus[0], &off));
	ck_assert(!vcpu_dispatch(&vm->vcpus[1], &reset));
	ck_assert_int_eq(vm->verdict.code, EXIT_GUEST_OFF);
	vm_delete(vm);
}
END_TEST

START_TEST(a_reset_gives_way_to_any_other_end)
{
	struct pvm_exit reset = { .kind = PVM_EXIT_RESET };
	struct vm *vm = vm_new();

	ck_assert(!vcpu_dispatch(&vm->vcpus[0], &reset));
	vm_finish_as(vm, 143, "user", "ended it with SIGTERM");
	ck_assert(!vcpu_dispatch(&vm->vcpus[1], &reset));
	ck_assert_int_eq(vm->verdict.code, 143);
	ck_assert(!vm->verdict.reset);
	vm_delete(vm);
}
END_TEST

START_TEST(mmio_reaches_the_bus_and_goes_on)
{
	uint8_t data[8] = { 0 };
	struct pvm_exit e = { .kind = PVM_EXIT_MMIO,
			      .gpa = MACHINE_RTC_BASE + 0xfe0,
			      .len = 4,
			      .data = data };
	struct vm *vm = vm_new();

	ck_assert(vcpu_dispatch(&vm->vcpus[0], &e));
	ck_assert_uint_eq(data[0], 0x31); /* PL031's peripheral id */
	ck_assert(!vm_finished(vm));
	vm_delete(vm);
}
END_TEST

/* --- stores that KVM keeps ------------------------------------------------ */

struct sink {
	char text[700];
	size_t len;
};

static void sink_byte(void *ctx, uint8_t byte)
{
	struct sink *s = ctx;

	ck_assert_uint_lt(s->len, sizeof(s->text));
	s->text[s->len++] = (char)byte;
}

static void sink_irq(void *ctx, bool high)
{
	(void)ctx;
	(void)high;
}

static void add_uart(struct vm *vm, struct sink *s)
{
	const struct uart_host host = { .ctx = s,
					.transmit = sink_byte,
					.set_irq = sink_irq };

	memset(s, 0, sizeof(*s));
	vm->uart.host = host;
	ck_assert_int_eq(bus_add(&vm->bus, MACHINE_UART_BASE, MACHINE_UART_SIZE,
				 "uart", &uart_ops, &vm->uart),
			 0);
}

static void keep(const char *text)
{
	memset(&fake_pvm, 0, sizeof(fake_pvm));
	for (; *text; text++)
		fake_pvm.stores[fake_pvm.nr_stores++] = (struct pvm_store){
			.gpa = MACHINE_UART_BASE,
			.len = 1,
			.data = { (uint8_t)*text },
		};
}

/* The guest stores a byte to the UART, and exits for it. */
static bool store_byte(struct vm *vm, uint8_t byte)
{
	uint8_t data[8] = { byte };
	struct pvm_exit e = { .kind = PVM_EXIT_MMIO,
			      .gpa = MACHINE_UART_BASE,
			      .len = 1,
			      .is_write = true,
			      .data = data };

	return vcpu_dispatch(&vm->vcpus[0], &e);
}

START_TEST(kept_stores_come_before_the_exit)
{
	struct vm *vm = vm_new();
	struct sink s;

	add_uart(vm, &s);
	keep("abc");
	ck_assert(store_byte(vm, 'd'));
	ck_assert_mem_eq(s.text, "abcd", 4);
	vm_delete(vm);
}
END_TEST

/* KVM keeps a page of them, which has 16 KiB on some hosts. */
START_TEST(all_kept_stores_come_before_the_exit)
{
	char text[683] = { 0 };
	struct vm *vm = vm_new();
	struct sink s;

	add_uart(vm, &s);
	memset(text, 'x', sizeof(text) - 1);
	keep(text);
	ck_assert(store_byte(vm, 'd'));
	ck_assert_uint_eq(vm->uart.n_transmitted, sizeof(text));
	ck_assert_uint_eq(pvm_nr_stores(vm->pvm), 0);
	vm_delete(vm);
}
END_TEST

START_TEST(kept_stores_are_taken_when_the_vm_ends)
{
	struct vm *vm = vm_new();
	struct sink s;

	add_uart(vm, &s);
	stores_start(vm);
	keep("bye");
	stores_stop(vm);
	ck_assert_uint_eq(s.len, 3);
	ck_assert_mem_eq(s.text, "bye", 3);
	stores_stop(vm);
	vm_delete(vm);
}
END_TEST

static void sink_last_byte(void *ctx, uint8_t byte)
{
	struct vm *vm = ctx;

	if (byte == '.')
		loop_stop(&vm->loop);
}

START_TEST(a_timer_takes_stores_nobody_comes_for)
{
	const struct uart_host host = { .transmit = sink_last_byte,
					.set_irq = sink_irq };
	struct vm *vm = vm_new();
	struct sink s;

	add_uart(vm, &s);
	vm->uart.host = host;
	vm->uart.host.ctx = vm;
	stores_start(vm);
	keep("hello.");
	ck_assert_int_eq(loop_run(&vm->loop), 0);
	ck_assert_uint_eq(vm->uart.n_transmitted, 6);
	stores_stop(vm);
	vm_delete(vm);
}
END_TEST

START_TEST(an_interrupted_vcpu_goes_on)
{
	struct pvm_exit e = { .kind = PVM_EXIT_INTERRUPTED, .err = EINTR };
	struct vm *vm = vm_new();

	ck_assert(vcpu_dispatch(&vm->vcpus[0], &e));
	vm_delete(vm);
}
END_TEST

START_TEST(an_interrupted_vcpu_leaves_a_finished_vm)
{
	struct pvm_exit e = { .kind = PVM_EXIT_INTERRUPTED, .err = EINTR };
	struct vm *vm = vm_new();

	vm_finish_as(vm, EXIT_HOST, "host", "over");
	ck_assert(!vcpu_dispatch(&vm->vcpus[0], &e));
	vm_delete(vm);
}
END_TEST

static void *finish_it(void *vm)
{
	vm_finish_as(vm, EXIT_HOST, "host", "over");
	return NULL;
}

START_TEST(no_call_is_lost)
{
	struct vm *vm = vm_new();
	pthread_t other;

	fake_pvm.waits = true;
	for (unsigned int life = 0; life < 50; life++) {
		vm->finished = false;
		ck_assert_int_eq(vcpus_start(vm), 0);
		for (unsigned int i = 0; i < life % 3; i++) {
			vm_pause(vm);
			vm_resume(vm);
		}
		pthread_create(&other, NULL, finish_it, vm);
		while (!vm_finished(vm))
			sched_yield();
		vcpus_join(vm); /* while the other thread still calls */
		pthread_join(other, NULL);
	}
	ck_assert_uint_eq(fake_pvm.nr_overslept, 0);
	vm_delete(vm);
}
END_TEST

/* A vCPU may be asked long before it looks. */
static int asked(struct vcpu *v, enum vcpu_ask what)
{
	struct pvm_vcpu_state s;
	int ret = vcpu_ask(v, what, &s);

	for (unsigned int i = 0; i < 5000 && ret == -EAGAIN; i++) {
		(void)poll(NULL, 0, 1);
		ret = vcpu_ask(v, what, &s);
	}
	return ret;
}

START_TEST(a_held_vcpu_rests_until_it_is_released)
{
	struct vm *vm = vm_new();
	bool at_rest = false;

	fake_pvm.waits = true;
	vcpus_prepare();
	ck_assert_int_eq(vcpus_start(vm), 0);
	ck_assert_int_eq(asked(&vm->vcpus[0], VCPU_ASK_STATE), 0);
	ck_assert_int_eq(asked(&vm->vcpus[1], VCPU_ASK_STEP), -EBUSY);
	for (unsigned int i = 0; i < 5000 && !at_rest; i++) {
		at_rest = vcpu_hold(&vm->vcpus[1]);
		(void)poll(NULL, 0, 1);
	}
	ck_assert(at_rest);
	ck_assert_int_eq(asked(&vm->vcpus[1], VCPU_ASK_STATE), 0);
	ck_assert(vcpu_hold(&vm->vcpus[1]));
	vcpu_release(&vm->vcpus[1]);
	ck_assert_int_eq(asked(&vm->vcpus[1], VCPU_ASK_STATE), 0);
	/* It may be held when the VM ends */
	(void)vcpu_hold(&vm->vcpus[0]);
	vm_finish_as(vm, EXIT_GUEST_OFF, "guest", "ended");
	vcpus_join(vm);
	vm_delete(vm);
}
END_TEST

START_TEST(no_vcpu_runs_unless_all_can)
{
	struct vm *vm = vm_new();
	struct config narrow = cfg;
	cpu_set_t sets[2];

	CPU_ZERO(&sets[0]);
	CPU_ZERO(&sets[1]);
	CPU_SET(CPU_SETSIZE - 1, &sets[1]); /* nobody has that one */
	narrow.affinity = sets;
	vm->cfg = &narrow;
	ck_assert_int_eq(vcpus_start(vm), -EINVAL);
	usleep(20000); /* vCPU 0 would power off at once */
	ck_assert(!vm_finished(vm));
	finish_it(vm);
	vcpus_join(vm);
	vm_delete(vm);
}
END_TEST

START_TEST(a_parent_that_blocked_the_signal_does_no_harm)
{
	struct vm *vm = vm_new();
	sigset_t all, mask;

	fake_pvm.waits = true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	ck_assert_int_eq(vcpus_start(vm), 0);
	usleep(20000); /* they are in the guest */
	finish_it(vm);
	vcpus_join(vm);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	ck_assert_uint_eq(fake_pvm.nr_overslept, 0);
	vm_delete(vm);
}
END_TEST

START_TEST(silence_has_a_cause_in_words)
{
	const struct loader_placement pl16 = { .page_kib = 16 };
	const struct loader_placement pl4 = { .page_kib = 4,
					      .entry = MACHINE_RAM_BASE };
	struct pvm_vcpu_state lost = { .pc = 0x200,
				       .far_el1 = 0x200,
				       .esr_el1 = 0x21ULL << 26 };
	struct pvm_vcpu_state first = { .pc = MACHINE_RAM_BASE };

	ck_assert_ptr_nonnull(strstr(report_silent_cause(&first, &pl16, true),
				     "16 or 64 KiB"));
	ck_assert_ptr_nonnull(
		strstr(report_silent_cause(&lost, &pl4, true), "vectors"));
	ck_assert_ptr_nonnull(strstr(report_silent_cause(&first, &pl4, true),
				     "first instruction"));
	first.pc += 4;
	ck_assert_ptr_nonnull(
		strstr(report_silent_cause(&first, &pl4, true), "quiet"));
	ck_assert_ptr_nonnull(
		strstr(report_silent_cause(&first, &pl4, false), "no console"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vcpu");
	TCase *tc = tcase_create("vcpu");

	tcase_add_loop_test(tc, each_end_has_its_code_and_origin, 0,
			    (int)ARRAY_SIZE(ends));
	tcase_add_test(tc, the_first_verdict_counts);
	tcase_add_test(tc, a_reset_gives_way_to_any_other_end);
	tcase_add_test(tc, mmio_reaches_the_bus_and_goes_on);
	tcase_add_test(tc, kept_stores_come_before_the_exit);
	tcase_add_test(tc, all_kept_stores_come_before_the_exit);
	tcase_add_test(tc, kept_stores_are_taken_when_the_vm_ends);
	tcase_add_test(tc, a_timer_takes_stores_nobody_comes_for);
	tcase_add_test(tc, an_interrupted_vcpu_goes_on);
	tcase_add_test(tc, an_interrupted_vcpu_leaves_a_finished_vm);
	tcase_add_test(tc, no_call_is_lost);
	tcase_add_test(tc, a_held_vcpu_rests_until_it_is_released);
	tcase_add_test(tc, no_vcpu_runs_unless_all_can);
	tcase_add_test(tc, a_parent_that_blocked_the_signal_does_no_harm);
	tcase_add_test(tc, silence_has_a_cause_in_words);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
