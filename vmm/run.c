// SPDX-License-Identifier: GPL-2.0-only
/* run.c: the story of `lkvm-pvm run`, top to bottom. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "crash.h"
#include "flight.h"
#include "gdb.h"
#include "log.h"
#include "user.h"
#include "verbs.h"
#include "vm.h"

/* The restarts of a guest that are all told. */
#define TOLD_RESTARTS 32U

/* --- one life of the VM ---------------------------------------------------- */

/* 0, or -errno, the reason logged: there was no life. */
static int serve(struct vm *vm)
{
	int start = 0, ret;

	watchdog_begin(vm);
	stores_start(vm);
	gdb_begin(vm);
	if (vm->guard.vcpu && vm->devices)
		start = orderly_start(&vm->orderly);
	if (!start)
		start = vcpus_start(vm);
	if (start)
		vm_finish_as(vm, EXIT_HOST, "host", "cannot run the vCPUs");
	else
		notify_ready(&vm->outputs->notify, vm->nr_restarts);
	while (!vm_finished(vm)) {
		ret = loop_run(&vm->loop);
		if (ret)
			vm_finish_as(vm, EXIT_HOST, "host",
				     "the I/O loop failed: %s",
				     errno_text(ret));
	}
	vcpus_join(vm);
	orderly_stop(&vm->orderly);
	stores_stop(vm);
	map_scan_remember(vm);
	devices_stop(vm); /* the last words need the terminal */
	/* A guest may reset itself before the loop has run at all: what the
	 * user asked for meanwhile is heard here. */
	if (vm->verdict.reset && loop_poll(&vm->loop))
		log_warn("the I/O loop failed; keys and signals wait");
	return start;
}

/*
 * From here on the user can speak to the VM. Not before it is built the first
 * time: until then there is nothing to put in order, and a signal ends
 * lkvm-pvm at once, however long the images take to load.
 */
static int meet_user(struct vm *vm)
{
	int ret = user_watch_signals(vm);

	if (ret)
		log_err("cannot watch signals: %s", errno_text(ret));
	if (!ret)
		ret = watchdog_init(vm);
	if (!ret)
		ret = control_meet(vm);
	if (!ret)
		ret = gdb_init(vm);
	return ret ? ret : user_open_terminal(vm);
}

/*
 * A guest may reset itself for ever: the first times are told, later each one
 * whose number is twice the one told before. The warnings of a life (loader,
 * bus) are given in the first one only.
 */
static bool is_told(unsigned int nr)
{
	return nr <= TOLD_RESTARTS || (nr & (nr - 1)) == 0;
}

static void tell_end(struct vm *vm, bool again)
{
	/* The state of a guest that resets itself is told once. */
	if (!again || vm->nr_restarts == 0)
		report_vcpus(vm);
	if (again)
		vm->nr_restarts++;
	vm->ends_untold = again && !is_told(vm->nr_restarts);
	if (again && !vm->ends_untold)
		log_info("guest asked for a reset: restarting (time %u)",
			 vm->nr_restarts);
}

/* A guest that ends well, but went without a device it had not shared with. */
static void judge_sharing(struct vm *vm)
{
	const char *name = devices_unshared(vm);
	struct verdict *v = &vm->verdict;
	const char *how = v->ran ? "its command exited with 0" : "powered off";

	if (v->code != EXIT_GUEST_OFF || !name)
		return;
	v->code = EXIT_GUEST_SHARING;
	v->ran = false;
	(void)snprintf(v->reason, sizeof(v->reason),
		       "%s; it gave %s memory that was not shared (see above)",
		       how, name);
}

/* What there is to say, when it was not the command's end, is of interest. */
static void judge_exec(struct vm *vm)
{
	exec_judge(vm->exec, &vm->verdict);
	if (!vm->verdict.ran && vm->cfg->loglevel == LOG_WARNING)
		log_set_level(LOG_INFO);
}

/*
 * The rest of what we do, until the end, is done under guard. RAM is sealed, the
 * devices have what they need, and no vCPU has run.
 */
static int guard_once(struct vm *vm)
{
	struct guard_memory m = {
		.ram = { pvm_ram_address(vm->pvm), vm->machine.ram.len },
		.window_fd = -1,
	};

	if (!vm->cfg->seccomp || vm->is_guarded)
		return 0;
	if (vm->devices && vm->devices->window.fd >= 0) {
		/* The verb debug takes pages out of it. */
		if (!vm->cfg->debug)
			m.window_fd = vm->devices->window.fd;
		m.window = (struct guard_range){
			(uintptr_t)vm->devices->window.hva,
			vm->devices->window.len,
		};
	}
	vm->is_guarded = true;
	return guard_process(&vm->guard, &m);
}

/* Builds, runs and destroys VMs until one ends for good. */
static int live(struct vm *vm)
{
	bool again;
	int ret;

	do {
		ret = vm_build(vm);
		if (!ret)
			ret = guard_once(vm);
		if (ret)
			return ret;
		if (!vm->has_term) {
			ret = meet_user(vm);
		} else {
			/* Another UART behind the same terminal. */
			term_hold_writers(&vm->term);
			term_input_room(&vm->term);
			attach_input_room(vm->attach);
		}
		if (!ret) {
			recorder_begin(vm);
			ret = serve(vm);
		}
		if (ret)
			break;
		watchdog_judge(vm);
		judge_sharing(vm);
		if (vm->exec)
			judge_exec(vm);
		again = vm->verdict.reset && vm->cfg->on_reset == RESET_RESTART;
		tell_end(vm, again);
		recorder_end(vm, !again);
		if (!again) {
			notify_stopping(&vm->outputs->notify,
					vm->verdict.reason);
			user_close_terminal(vm);
		}
		if (!again && vm->outputs->map_path)
			map_scan_keep(vm, vm->outputs->map_path);
		if (vm->exec)
			judge_exec(vm); /* its output may be lost */
		vm_destroy(vm);
	} while (again);
	return ret;
}

/* Whether what is on stdout is before the eyes of who reads stderr. */
static bool is_console_seen(void)
{
	struct stat out, err;

	return !fstat(STDOUT_FILENO, &out) && !fstat(STDERR_FILENO, &err) &&
	       out.st_dev == err.st_dev && out.st_ino == err.st_ino &&
	       out.st_rdev == err.st_rdev;
}

/* The last lines of a guest that failed, where they would not be seen. */
static void show_console(struct vm *vm)
{
	const struct verdict *v = &vm->verdict;

	if (v->ran || v->code == EXIT_GUEST_OFF || v->code > EXIT_HOST)
		return;
	if (vm->exec || !is_console_seen())
		expect_report(&vm->outputs->expect);
}

/*
 * exec shows warnings alone unless told: the end of a command speaks for itself.
 * That tests failed may not.
 */
static void tell_verdict(const struct vm *vm, const struct verdict *v)
{
	const bool failed = v->has_tests && v->code == EXIT_TESTS_FAILED;

	if (v->ran && failed && vm->cfg->loglevel == LOG_WARNING)
		log_set_level(LOG_INFO);
	log_info("%s: %s", v->origin, v->reason);
}

static void run_in(struct vm *vm, struct config *cfg, struct outputs *outputs,
		   struct verdict *v, struct control *control,
		   struct spawner *spawner)
{
	if (memlock_prepare(cfg) || vm_look_at_kernel(cfg) ||
	    vm_init(vm, cfg, spawner)) {
		outputs_failed(v, "host");
		return;
	}
	vm->outputs = outputs;
	vm->control = control;
	vm_tell(vm, "created",
		"\"protected\":%s,\"vcpus\":%u,\"mem\":%llu,\"pid\":%d",
		cfg->protected_vm ? "true" : "false", cfg->nr_vcpus,
		(unsigned long long)cfg->mem, (int)getpid());
	if (!live(vm)) {
		*v = vm->verdict;
		outputs_judge(outputs, v);
		stats_tell(vm);
		show_console(vm);
		tell_verdict(vm, v);
	} else {
		outputs_failed(v, "host");
	}
	user_close_terminal(vm);
	user_unwatch_signals(vm);
	watchdog_fini(vm);
	recorder_fini(vm);
	gdb_fini(vm);
	control_part(vm);
	vm_fini(vm);
}

/* Whether it may start a program when its system calls are filtered already. */
static bool has_children(const struct config *cfg)
{
	bool has = false;

	for (unsigned int i = 0; i < cfg->nr_nets; i++)
		has |= cfg->nets[i].kind == NET_PASST;
	for (unsigned int i = 0; i < cfg->nr_vhost_users; i++)
		has |= cfg->vhost_users[i].dir != NULL;
	return has && cfg->seccomp;
}

/* Everything that is there before the VM and after it. */
static int run_told(struct vm *vm, struct config *cfg)
{
	struct outputs *outputs = calloc(1, sizeof(*outputs));
	struct spawner *spawner = NULL;
	struct control *control = NULL;
	struct verdict v;
	int ret = 0;

	if (!outputs) {
		log_err("out of memory");
		return EXIT_HOST;
	}
	/* It is forked off before outputs have threads. */
	if (has_children(cfg))
		ret = spawner_start(&spawner);
	if (outputs_open(outputs, cfg) || ret ||
	    control_take_name(&control, cfg))
		outputs_failed(&v, "host");
	else
		run_in(vm, cfg, outputs, &v, control, spawner);
	outputs_close(outputs, &v);
	free(outputs);
	/* Who is told of the end finds everything about it written. */
	control_leave(control, vm->attach, &v);
	spawner_end(spawner);
	return cfg->exec.bisect ? verdict_bisect(&v) : v.code;
}

int cmd_run(struct config *cfg)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int code;

	if (!vm) {
		log_err("out of memory");
		return EXIT_HOST;
	}
	log_set_level(cfg->loglevel);
	crash_handlers_install();
	/*
	 * A large buffer is a mapping of its own, whatever was freed before:
	 * what is never used of it, as of the console's ring, takes no memory.
	 */
	(void)mallopt(M_MMAP_THRESHOLD, KIB(128));
	/* A console's reader may leave, its file be full: write(2) says so. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	/* Ignored, a child's number would be another's before we end it. */
	(void)signal(SIGCHLD, SIG_DFL);
	/* A debugger of the same user would destroy guest pages by looking. */
	if (!cfg->debug)
		(void)prctl(PR_SET_DUMPABLE, 0);
	/* Merging of equal pages may be inherited; it would read guest RAM. */
	(void)prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0);
	code = run_told(vm, cfg);
	free(vm);
	return code;
}
