// SPDX-License-Identifier: GPL-2.0-only
/*
 * deadline.c: --timeout, whose end is that of the teardown, and --boot-timeout.
 *
 * The guest may come to have more memory that is to be given back, so what time
 * it has left is asked again: when half of it is over, and by whoever looks more
 * often once a second, for the answer is read from /proc.
 */
#include "deadline.h"

#include <stdio.h>

#include "teardown.h"
#include "vm.h"

#define ASK_MS	     1000
#define SHORT_MS     500 /* is not halved any more */
#define TOLD_BACK_MS 100

/* What --timeout leaves the guest. */
static int64_t time_left(struct vm *vm, int64_t now_ms)
{
	struct deadline *d = &vm->watchdog.deadline;
	int64_t left = d->end_ms - now_ms - d->back_ms;

	if (!d->asked_ms || now_ms - d->asked_ms >= ASK_MS ||
	    left < 2L * ASK_MS) {
		d->asked_ms = now_ms;
		d->back_ms = teardown_ms(vm, d->call_ns);
	}
	return d->end_ms - now_ms - d->back_ms;
}

static void say_timeout(const struct vm *vm, struct verdict *v)
{
	const int64_t back_ms = vm->watchdog.deadline.back_ms;
	int len = snprintf(v->reason, sizeof(v->reason),
			   "--timeout: %.1f s are over",
			   (double)vm->cfg->timeout_ms / 1000);

	if (back_ms >= TOLD_BACK_MS && len > 0)
		(void)snprintf(
			v->reason + len, sizeof(v->reason) - (size_t)len,
			", but for some %.1f s in which its memory is given back",
			(double)back_ms / 1000);
}

/* Until when the guest's init is to be seen; 0: it was, or may take its time. */
static int64_t boot_end_ms(const struct vm *vm)
{
	return vm->watchdog.is_booted ? 0 : vm->watchdog.deadline.boot_end_ms;
}

void deadline_look(struct vm *vm, int64_t now_ms)
{
	struct verdict v = { .code = EXIT_TIMEOUT,
			     .report = true,
			     .origin = "user" };

	if (vm->watchdog.deadline.end_ms && time_left(vm, now_ms) <= 0)
		say_timeout(vm, &v);
	else if (boot_end_ms(vm) && now_ms >= boot_end_ms(vm))
		(void)snprintf(
			v.reason, sizeof(v.reason),
			"--boot-timeout: the guest's init was not seen to start within %.1f s",
			(double)vm->cfg->boot_timeout_ms / 1000);
	else
		return;
	vm_hurry(vm);
	vm_finish(vm, &v);
}

int64_t deadline_next(struct vm *vm, int64_t now_ms)
{
	int64_t next = 0, left;

	if (vm->watchdog.deadline.end_ms) {
		left = time_left(vm, now_ms);
		left = left > SHORT_MS ? left / 2 : left;
		next = left > 0 ? left : 1;
	}
	if (boot_end_ms(vm)) {
		left = boot_end_ms(vm) - now_ms;
		left = left > 0 ? left : 1;
		next = !next || left < next ? left : next;
	}
	return next;
}

void deadline_begin(struct vm *vm, int64_t now_ms)
{
	struct deadline *d = &vm->watchdog.deadline;
	const struct config *cfg = vm->cfg;

	if (cfg->timeout_ms) {
		d->end_ms = vm->outputs->expect.began_ns / 1000000 +
			    (int64_t)cfg->timeout_ms;
		d->call_ns = teardown_measure_call();
		d->asked_ms = 0;
	}
	if (cfg->boot_timeout_ms)
		d->boot_end_ms = now_ms + (int64_t)cfg->boot_timeout_ms;
}
