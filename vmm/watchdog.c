// SPDX-License-Identifier: GPL-2.0-only
/*
 * watchdog.c: a timer of the loop that looks after a VM.
 *
 * How a panic is seen: by the pvpanic register, or where the guest has no driver
 * for that, by Linux' own lines on the console. A guest says so before it has
 * printed everything about it, so the VM ends when its console has been silent
 * for a while, or by the reset that the guest makes.
 *
 * How a hang is seen: for so long nothing was printed, no vCPU left the guest
 * for us, no driver kicked a device, and each vCPU was found within the same few
 * instructions whenever it was called out to look. A guest that waits for ever
 * does all that too; that is what somebody who gives --hang-timeout is told.
 *
 * A guest whose kernel does not share has lost the device, its run is no success
 * any more, and its driver may wait for that device for ever, spinning. So when
 * it has been silent for a while, it is ended. That is counted in looks: a time
 * in which we were stopped, or the machine was busy, is not the guest's.
 *
 * The timer is the loop's thread's alone, and is set anew by each look. Others
 * signal an eventfd: what they found is never put off by a timer that is set at
 * the same time, nor a timer by them, however often the guest makes them.
 */
#include "watchdog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "exec.h"
#include "log.h"
#include "vm.h"

/* Without --hang-timeout: for exec's init, and how often that is looked at. */
#define REACH_MS      60000
#define REACH_TICK_MS 10000

#define TICK_MS		 100
#define SAMPLE_MS	 500
#define PANIC_QUIET_MS	 1000
#define PANIC_LONGEST_MS 10000
#define PC_NEAR		 64U /* bytes: a loop that waits */
#define STUCK_MS	 20000

/* A look in @ms, once. Loop's thread. */
static void arm(struct watchdog *w, int64_t ms)
{
	struct itimerspec its = { 0 };

	if (ms < 1)
		ms = 1;
	its.it_value.tv_sec = ms / 1000;
	its.it_value.tv_nsec = ms % 1000 * 1000000;
	if (w->timer.fd >= 0)
		(void)timerfd_settime(w->timer.fd, 0, &its, NULL);
}

/* Whether the guest has a driver for it. */
static bool has_pvpanic(struct vm *vm)
{
	return __atomic_load_n(&vm->pvpanic.is_known, __ATOMIC_RELAXED);
}

static bool has_panicked(struct vm *vm, const struct expect_found *f)
{
	if (__atomic_load_n(&vm->watchdog.is_panicked, __ATOMIC_ACQUIRE))
		return true;
	return f->panic && !has_pvpanic(vm);
}

static void finish_panic(struct vm *vm, const struct expect_found *f,
			 const char *how)
{
	vm_finish_as(vm, EXIT_GUEST_PANIC, "guest", "panicked%s%s%s",
		     f->panic ? ": " : "", f->panic ? f->panic_line : "", how);
}

static void tell_panic(struct vm *vm, const struct expect_found *f)
{
	char what[600];

	if (vm->watchdog.panic_told)
		return;
	vm->watchdog.panic_told = true;
	vm_tell(vm, "panic", "\"by\":\"%s\",\"what\":%s",
		has_pvpanic(vm) ? "pvpanic" : "console",
		json_quote(what, sizeof(what), f->panic ? f->panic_line : ""));
}

/* Ends the VM once the guest has nothing more to say. */
static void look_at_panic(struct vm *vm, const struct expect_found *f,
			  int64_t now)
{
	struct watchdog *w = &vm->watchdog;
	uint64_t heard = __atomic_load_n(&vm->nr_heard, __ATOMIC_RELAXED);

	if (!w->panic_ms) {
		w->panic_ms = w->quiet_ms = now;
		w->heard = heard;
	}
	if (heard != w->heard) {
		w->heard = heard;
		w->quiet_ms = now;
	}
	if (now - w->quiet_ms < PANIC_QUIET_MS &&
	    now - w->panic_ms < PANIC_LONGEST_MS)
		return;
	tell_panic(vm, f);
	/* It is to be restarted: what it does about a panic is its own. */
	if (vm->cfg->on_reset != RESET_RESTART)
		finish_panic(vm, f, "");
}

/* What is seen of it from outside. */
static uint64_t sum_acts(struct vm *vm)
{
	uint64_t sum = __atomic_load_n(&vm->nr_heard, __ATOMIC_RELAXED);

	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++)
		sum += __atomic_load_n(&vm->vcpus[i].watched.nr_exits,
				       __ATOMIC_RELAXED);
	return sum + devices_activity(vm);
}

static uint64_t sum_progress(struct vm *vm)
{
	uint64_t sum = sum_acts(vm);

	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++)
		sum += __atomic_load_n(&vm->vcpus[i].watched.nr_moves,
				       __ATOMIC_RELAXED);
	return sum;
}

/* Or a vCPU is held, by a debugger. */
static bool is_paused(struct vm *vm)
{
	bool paused;

	pthread_mutex_lock(&vm->state_lock);
	paused = vm->pauses > 0;
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++)
		paused |= vm->vcpus[i].held;
	pthread_mutex_unlock(&vm->state_lock);
	return paused;
}

/*
 * Nobody who waits for a command has asked for a guest that stands still before
 * its init was reached. 0: no limit.
 */
static unsigned int hang_limit_ms(struct vm *vm)
{
	if (vm->cfg->hang_timeout_ms)
		return vm->cfg->hang_timeout_ms;
	return vm->exec && !exec_is_reached(vm->exec) ? REACH_MS : 0;
}

static void look_at_progress(struct vm *vm, int64_t now, unsigned int limit_ms)
{
	struct watchdog *w = &vm->watchdog;
	uint64_t progress = sum_progress(vm);
	struct verdict v = { .code = EXIT_GUEST_HUNG,
			     .report = true,
			     .origin = "guest" };

	if (progress != w->progress || is_paused(vm)) {
		w->progress = progress;
		w->progress_ms = now;
	}
	if (now - w->progress_ms >= (int64_t)limit_ms) {
		(void)snprintf(v.reason, sizeof(v.reason),
			       "hung: nothing happened in it for %.1f s",
			       (double)(now - w->progress_ms) / 1000);
		vm_finish(vm, &v);
	} else if (now - w->sampled_ms >= SAMPLE_MS) {
		w->sampled_ms = now;
		(void)__atomic_add_fetch(&w->sample, 1, __ATOMIC_RELEASE);
		vcpus_kick(vm);
	}
}

/*
 * As before the guest ran: who asked for a device does not get a guest without it.
 * Linux would wait for a disk for ever.
 */
static void look_at_devices(struct vm *vm)
{
	const char *name = devices_lacking(vm);

	if (name)
		vm_finish_as(vm, EXIT_HOST, "host",
			     "%s cannot be started (see above)", name);
}

/* Whether there is a device to look after. */
static bool look_at_sharing(struct vm *vm, int64_t now)
{
	struct watchdog *w = &vm->watchdog;
	/* What exec's command does is its own business. */
	const char *name =
		vm->exec && exec_runs(vm->exec) ? NULL : devices_waiting(vm);
	uint64_t acts = name ? sum_acts(vm) : 0;
	int64_t since = now - w->looked_ms;

	w->looked_ms = now;
	if (!name || acts != w->stuck_at || is_paused(vm)) {
		w->stuck_at = acts;
		w->stuck_ms = 0;
		return name != NULL;
	}
	w->stuck_ms += since < 2L * TICK_MS ? since : TICK_MS;
	if (w->stuck_ms >= STUCK_MS)
		vm_finish_as(
			vm, EXIT_GUEST_SHARING, "guest",
			"printed nothing and used no device for %d s; it gave %s memory that was not shared (see above)",
			STUCK_MS / 1000, name);
	return true;
}

void watchdog_sample(struct vcpu *v)
{
	struct watchdog_vcpu *w = &v->watched;
	unsigned int sample =
		__atomic_load_n(&v->vm->watchdog.sample, __ATOMIC_ACQUIRE);
	struct pvm_vcpu_state s;
	uint64_t from;

	if (sample == w->sample)
		return;
	w->sample = sample;
	if (pvm_vcpu_get_state(v->vm->pvm, v->index, &s))
		return;
	from = s.pc < w->pc ? s.pc : w->pc;
	if (s.pc + w->pc - 2 * from <= PC_NEAR)
		return;
	__atomic_store_n(&w->pc, s.pc, __ATOMIC_RELAXED);
	(void)__atomic_add_fetch(&w->nr_moves, 1, __ATOMIC_RELAXED);
}

/* What was printed: the user's expressions, and Linux' own words. */
static void look_at_output(struct vm *vm, const struct expect_found *f)
{
	if (f->init)
		watchdog_booted(vm, "console");
	if (f->bad)
		vm_finish_as(vm, EXIT_GUEST_CONSOLE, "guest",
			     "printed what --fail-on forbids: %s", f->bad_line);
	else if (f->all_met)
		vm_finish_as(vm, EXIT_GUEST_OFF, "guest",
			     "printed what --expect waits for");
}

/* When to look again; 0: when told to. */
static int64_t next_look(struct vm *vm, const struct expect_found *f,
			 bool is_waiting, int64_t now)
{
	const struct config *cfg = vm->cfg;
	int64_t next, end;

	if (cfg->hang_timeout_ms || cfg->nr_expects || cfg->nr_fail_ons ||
	    cfg->console_log || cfg->artifacts || is_waiting ||
	    (has_panicked(vm, f) && !vm->watchdog.panic_told))
		return TICK_MS;
	next = hang_limit_ms(vm) ? REACH_TICK_MS : 0;
	end = deadline_next(vm, now);
	if (end && (!next || end < next))
		next = end;
	return next;
}

static void look(struct vm *vm)
{
	struct expect_found f;
	int64_t now = clock_ms(), next;
	unsigned int limit_ms = hang_limit_ms(vm);
	bool is_waiting;

	(void)expect_look(&vm->outputs->expect);
	expect_found(&vm->outputs->expect, &f);
	look_at_output(vm, &f);
	look_at_devices(vm);
	if (has_panicked(vm, &f))
		look_at_panic(vm, &f, now);
	if (limit_ms)
		look_at_progress(vm, now, limit_ms);
	is_waiting = look_at_sharing(vm, now);
	deadline_look(vm, now);
	next = next_look(vm, &f, is_waiting, now);
	if (next)
		arm(&vm->watchdog, next);
}

static void drain_and_look(struct vm *vm, struct watch *w)
{
	uint64_t count;

	if (read(w->fd, &count, sizeof(count)) == sizeof(count) &&
	    !vm_finished(vm))
		look(vm);
}

static void timer_ready(struct watch *w, uint32_t events)
{
	(void)events;
	drain_and_look(container_of(w, struct vm, watchdog.timer), w);
}

static void hurry_ready(struct watch *w, uint32_t events)
{
	(void)events;
	drain_and_look(container_of(w, struct vm, watchdog.hurry), w);
}

void watchdog_hurry(struct vm *vm)
{
	const uint64_t one = 1;

	/* Fails only when it is set already. */
	if (write(vm->watchdog.hurry.fd, &one, sizeof(one)) < 0)
		return;
}

/* The guest may say so in a loop. */
void watchdog_panicked(struct vm *vm)
{
	if (!__atomic_exchange_n(&vm->watchdog.is_panicked, true,
				 __ATOMIC_ACQ_REL))
		watchdog_hurry(vm);
}

void watchdog_booted(struct vm *vm, const char *by)
{
	if (vm->watchdog.is_booted)
		return;
	vm->watchdog.is_booted = true;
	vm_tell(vm, "init-reached", "\"by\":\"%s\"", by);
	notify_tell(&vm->outputs->notify, NULL, "the guest's init runs");
}

/* --- life ------------------------------------------------------------------- */

static int start_watch(struct vm *vm, struct watch *w, int fd,
		       void (*ready)(struct watch *, uint32_t))
{
	*w = (struct watch){ .fd = fd, .events = EPOLLIN, .ready = ready };
	return fd < 0 ? -errno : loop_add(&vm->loop, w);
}

static void stop_watch(struct vm *vm, struct watch *w)
{
	if (w->fd < 0)
		return;
	loop_remove(&vm->loop, w);
	close(w->fd);
	w->fd = -1;
}

int watchdog_init(struct vm *vm)
{
	struct watchdog *w = &vm->watchdog;
	int ret = start_watch(
		vm, &w->timer,
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		timer_ready);

	if (!ret)
		ret = start_watch(vm, &w->hurry,
				  eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
				  hurry_ready);
	if (ret) {
		log_err("cannot make a timer: %s", errno_text(ret));
		watchdog_fini(vm);
	}
	return ret;
}

void watchdog_fini(struct vm *vm)
{
	stop_watch(vm, &vm->watchdog.timer);
	stop_watch(vm, &vm->watchdog.hurry);
}

void watchdog_begin(struct vm *vm)
{
	struct watchdog *w = &vm->watchdog;
	int64_t now = clock_ms();

	expect_restart(&vm->outputs->expect);
	w->is_panicked = w->panic_told = w->is_booted = false;
	w->panic_ms = 0;
	w->progress_ms = w->sampled_ms = now;
	deadline_begin(vm, now);
	look(vm);
}

/* Where the vCPUs of a hung guest are, behind the reason. */
static void add_places(struct vm *vm, struct verdict *v)
{
	struct pvm_vcpu_state s;
	size_t len;

	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++) {
		if (pvm_vcpu_get_state(vm->pvm, i, &s) || (i && s.stopped))
			continue;
		len = strlen(v->reason);
		(void)snprintf(v->reason + len, sizeof(v->reason) - len,
			       "; vCPU %u at PC 0x%llx", i,
			       (unsigned long long)s.pc);
	}
}

void watchdog_judge(struct vm *vm)
{
	struct verdict *v = &vm->verdict;
	struct expect_found f;
	/* A command's code is its own, whatever it is for a guest. */
	bool is_quiet_end = v->code == EXIT_GUEST_OFF ||
			    (v->code == EXIT_GUEST_RESET && !v->ran);

	(void)expect_look(&vm->outputs->expect);
	expect_found(&vm->outputs->expect, &f);
	if (f.init)
		watchdog_booted(vm, "console");
	if (has_panicked(vm, &f))
		tell_panic(vm, &f);
	if (v->code == EXIT_GUEST_HUNG && !v->ran)
		add_places(vm, v);
	if (!is_quiet_end || (v->reset && vm->cfg->on_reset == RESET_RESTART))
		return;
	if (v->reset && has_panicked(vm, &f)) {
		*v = (struct verdict){ .code = EXIT_GUEST_PANIC,
				       .origin = "guest" };
		(void)snprintf(v->reason, sizeof(v->reason),
			       "panicked%s%s, and reset", f.panic ? ": " : "",
			       f.panic ? f.panic_line : "");
	} else if (f.bad) {
		v->code = EXIT_GUEST_CONSOLE;
		v->ran = false;
		(void)snprintf(v->reason, sizeof(v->reason),
			       "printed what --fail-on forbids: %s",
			       f.bad_line);
	} else if (f.unmet && v->code == EXIT_GUEST_OFF) {
		v->code = EXIT_GUEST_CONSOLE;
		v->ran = false;
		(void)snprintf(
			v->reason, sizeof(v->reason),
			"ended without printing what --expect waits for: %.160s",
			f.unmet);
	}
}
