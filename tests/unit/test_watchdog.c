// SPDX-License-Identifier: GPL-2.0-only
/* test_watchdog.c: when a VM is looked at, and what its end is judged to be. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../../vmm/vm.h"
#include "fake_pvm.h"
#include "log.h"

#define HOUR_MS 3600000U

/* A VM without KVM, watched as run.c does it. */
static struct vm *begin(const struct config *cfg)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	ck_assert_ptr_nonnull(vm);
	log_set_level(LOG_ERROR);
	ck_assert_int_eq(vm_init(vm, cfg, NULL), 0);
	vm->outputs = calloc(1, sizeof(*vm->outputs));
	ck_assert_ptr_nonnull(vm->outputs);
	ck_assert_int_eq(expect_init(&vm->outputs->expect, cfg), 0);
	ck_assert_int_eq(watchdog_init(vm), 0);
	watchdog_begin(vm);
	return vm;
}

static void end(struct vm *vm)
{
	watchdog_fini(vm);
	expect_fini(&vm->outputs->expect);
	free(vm->outputs);
	vm_fini(vm);
	free(vm);
}

static void hear(struct vm *vm, const char *text)
{
	(void)expect_hear(&vm->outputs->expect, EXPECT_UART,
			  (const uint8_t *)text, strlen(text));
}

static int64_t timer_ms(const struct vm *vm)
{
	struct itimerspec its;

	ck_assert_int_eq(timerfd_gettime(vm->watchdog.timer.fd, &its), 0);
	return (int64_t)its.it_value.tv_sec * 1000 +
	       its.it_value.tv_nsec / 1000000;
}

START_TEST(a_panic_leaves_the_timer_alone_and_hurries_once)
{
	const struct config cfg = { .nr_vcpus = 1,
				    .mem = MIB(64),
				    .timeout_ms = 3 * HOUR_MS };
	struct vm *vm = begin(&cfg);

	for (int i = 0; i < 1000; i++)
		watchdog_panicked(vm);
	ck_assert_int_gt(timer_ms(vm), HOUR_MS);
	ck_assert_int_eq(loop_poll(&vm->loop), 0);
	ck_assert_int_ne(vm->watchdog.panic_ms, 0); /* it was looked at */
	vm->watchdog.panic_ms = 0;
	watchdog_panicked(vm);
	/* The tick may be due by now; nothing else is. */
	loop_remove(&vm->loop, &vm->watchdog.timer);
	ck_assert_int_eq(loop_poll(&vm->loop), 0);
	ck_assert_int_eq(vm->watchdog.panic_ms, 0);
	end(vm);
}
END_TEST

START_TEST(a_guest_that_panics_for_ever_runs_out_of_time)
{
	const struct config cfg = { .nr_vcpus = 1,
				    .mem = MIB(64),
				    .on_reset = RESET_RESTART,
				    .timeout_ms = 50 };
	struct vm *vm = begin(&cfg);
	int64_t began = clock_ms();

	while (!vm_finished(vm) && clock_ms() - began < 20000) {
		watchdog_panicked(vm);
		ck_assert_int_eq(loop_poll(&vm->loop), 0);
	}
	ck_assert(vm_finished(vm));
	ck_assert_int_eq(vm->verdict.code, EXIT_TIMEOUT);
	end(vm);
}
END_TEST

START_TEST(a_hurry_outlives_a_timer_that_is_set)
{
	const struct config cfg = { .nr_vcpus = 1,
				    .mem = MIB(64),
				    .timeout_ms = 2 * HOUR_MS };
	struct vm *vm = begin(&cfg);

	watchdog_hurry(vm);
	watchdog_begin(vm); /* a look, which sets it */
	hear(vm, "Run /init as init process\n");
	usleep(20000); /* one of 1 ms would have come */
	ck_assert_int_eq(loop_poll(&vm->loop), 0);
	ck_assert(vm->watchdog.is_booted);
	end(vm);
}
END_TEST

/* What watchdog_judge() makes of @code; the VM is to be ended. */
static struct vm *judge(const struct config *cfg, int code, bool ran)
{
	struct vm *vm = begin(cfg);

	vm->verdict = (struct verdict){
		.code = code, .ran = ran, .origin = "guest", .reason = "x"
	};
	hear(vm, "BUG: this\n");
	watchdog_judge(vm);
	return vm;
}

START_TEST(a_code_that_is_not_the_commands_is_not_said_to_be)
{
	const struct config cfgs[] = {
		{ .nr_vcpus = 1,
		  .mem = MIB(64),
		  .expects = { "never" },
		  .nr_expects = 1 },
		{ .nr_vcpus = 1,
		  .mem = MIB(64),
		  .fail_ons = { "^BUG" },
		  .nr_fail_ons = 1 },
	};
	struct vm *vm = judge(&cfgs[_i], 0, true);

	ck_assert_int_eq(vm->verdict.code, EXIT_GUEST_CONSOLE);
	ck_assert(!vm->verdict.ran);
	end(vm);
}
END_TEST

START_TEST(a_commands_own_failure_is_left_as_it_is)
{
	static const int codes[] = { 1, EXIT_GUEST_RESET, EXIT_GUEST_HUNG };
	const struct config cfg = { .nr_vcpus = 1,
				    .mem = MIB(64),
				    .fail_ons = { "^BUG" },
				    .nr_fail_ons = 1 };
	struct vm *vm = judge(&cfg, codes[_i], true);

	ck_assert_int_eq(vm->verdict.code, codes[_i]);
	ck_assert(vm->verdict.ran);
	ck_assert_str_eq(vm->verdict.reason, "x");
	end(vm);
}
END_TEST

START_TEST(a_command_may_be_waited_for_until_it_says_a_word)
{
	const struct config cfg = {
		.nr_vcpus = 1,
		.mem = MIB(64),
		.exec = { .on = true },
		.expects = { _i ? "^BUG" : "never" },
		.nr_expects = 1,
	};
	struct vm *vm = begin(&cfg);

	vm->verdict = (struct verdict){ .code = EXIT_GUEST_OFF };
	hear(vm, "BUG: this\n");
	exec_judge(vm->exec, &vm->verdict);
	ck_assert_int_eq(vm->verdict.code, _i ? EXIT_GUEST_OFF : EXIT_HOST);
	end(vm);
}
END_TEST

/* A device that stands still for memory that was not shared. */
static struct vm *begin_waiting(const struct config *cfg)
{
	static struct virtio_dev dev;
	struct vm *vm = begin(cfg);

	dev = (struct virtio_dev){ .name = "blk0",
				   .nr_sharing = 1,
				   .waits_for_sharing = true };
	pthread_mutex_init(&dev.lock, NULL);
	vm->devices = calloc(1, sizeof(*vm->devices));
	ck_assert_ptr_nonnull(vm->devices);
	vm->devices->all[0] = &dev;
	vm->devices->nr = 1;
	watchdog_hurry(vm);
	ck_assert_int_eq(loop_poll(&vm->loop), 0);
	ck_assert_int_gt(timer_ms(vm), 0);
	return vm;
}

static void end_waiting(struct vm *vm)
{
	free(vm->devices);
	vm->devices = NULL;
	end(vm);
}

static void look_again(struct vm *vm, int64_t stuck_ms)
{
	vm->watchdog.stuck_ms = stuck_ms;
	usleep(20000);
	watchdog_hurry(vm);
	ck_assert_int_eq(loop_poll(&vm->loop), 0);
}

START_TEST(a_guest_that_waits_for_a_device_it_lost_is_ended)
{
	const struct config cfg = { .nr_vcpus = 1, .mem = MIB(64) };
	struct vm *vm = begin_waiting(&cfg);

	/* However long nobody looked. */
	vm->watchdog.looked_ms -= HOUR_MS;
	look_again(vm, 0);
	ck_assert(!vm_finished(vm));
	look_again(vm, 19990);
	ck_assert(vm_finished(vm));
	ck_assert_int_eq(vm->verdict.code, EXIT_GUEST_SHARING);
	ck_assert_ptr_nonnull(strstr(vm->verdict.reason, "blk0"));
	end_waiting(vm);
}
END_TEST

START_TEST(a_device_the_host_has_no_means_for_ends_it)
{
	const struct config cfg = { .nr_vcpus = 1, .mem = MIB(64) };
	struct vm *vm = begin_waiting(&cfg);

	vm->devices->all[0]->lacks_means = true;
	look_again(vm, 0);
	ck_assert(vm_finished(vm));
	ck_assert_int_eq(vm->verdict.code, EXIT_HOST);
	ck_assert_ptr_nonnull(strstr(vm->verdict.reason, "blk0"));
	end_waiting(vm);
}
END_TEST

START_TEST(a_guest_that_does_something_meanwhile_goes_on)
{
	const struct config cfg = { .nr_vcpus = 1, .mem = MIB(64) };
	struct vm *vm = begin_waiting(&cfg);

	vm->nr_heard++;
	look_again(vm, 19990);
	vm->vcpus[0].watched.nr_exits++;
	look_again(vm, 19990);
	vm->pauses = 1;
	look_again(vm, 19990);
	vm->pauses = 0;
	vm->vcpus[0].held = true;
	look_again(vm, 19990);
	vm->vcpus[0].held = false;
	ck_assert(!vm_finished(vm));
	ck_assert_int_eq(vm->watchdog.stuck_ms, 0);
	/* It resets the device: nobody waits any more. */
	vm->devices->all[0]->waits_for_sharing = false;
	look_again(vm, 19990);
	usleep(150000); /* the look that was set before */
	ck_assert_int_eq(loop_poll(&vm->loop), 0);
	ck_assert(!vm_finished(vm));
	ck_assert_int_eq(timer_ms(vm), 0);
	end_waiting(vm);
}
END_TEST

/* What report_vcpus() says into @text. */
static void report(struct vm *vm, char *text, size_t size)
{
	int saved = dup(STDERR_FILENO);
	int fd = memfd_create("stderr", MFD_CLOEXEC);
	ssize_t n;

	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	log_set_level(LOG_INFO);
	report_vcpus(vm);
	ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	n = pread(fd, text, size - 1, 0);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(saved);
	close(fd);
}

START_TEST(silence_on_all_consoles_is_explained)
{
	static const uint8_t byte = 'x';
	const struct config cfg = { .nr_vcpus = 1,
				    .mem = MIB(64),
				    .console = CONSOLE_VIRTIO };
	struct vm *vm = begin(&cfg);
	char text[1024];

	vm->verdict.code = EXIT_GUEST_RESET;
	report(vm, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "the guest printed nothing"));
	vm_heard(vm, _i ? EXPECT_HVC : EXPECT_UART, &byte, 1);
	report(vm, text, sizeof(text));
	ck_assert_str_eq(text, "");
	vm->verdict.report = true;
	report(vm, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "vCPU 0: PC 0x"));
	ck_assert_ptr_null(strstr(text, "printed nothing"));
	end(vm);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("watchdog");
	TCase *tc = tcase_create("watchdog");

	tcase_add_test(tc, a_panic_leaves_the_timer_alone_and_hurries_once);
	tcase_add_test(tc, a_guest_that_panics_for_ever_runs_out_of_time);
	tcase_add_test(tc, a_hurry_outlives_a_timer_that_is_set);
	tcase_add_loop_test(
		tc, a_code_that_is_not_the_commands_is_not_said_to_be, 0, 2);
	tcase_add_loop_test(tc, a_commands_own_failure_is_left_as_it_is, 0, 3);
	tcase_add_loop_test(
		tc, a_command_may_be_waited_for_until_it_says_a_word, 0, 2);
	tcase_add_test(tc, a_guest_that_waits_for_a_device_it_lost_is_ended);
	tcase_add_test(tc, a_device_the_host_has_no_means_for_ends_it);
	tcase_add_test(tc, a_guest_that_does_something_meanwhile_goes_on);
	tcase_add_loop_test(tc, silence_on_all_consoles_is_explained, 0, 2);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
