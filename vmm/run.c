// SPDX-License-Identifier: GPL-2.0-only
/* run.c: the story of `lkvm-pvm run`, top to bottom. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"
#include "gdb.h"
#include "flight.h"
#include "log.h"
#include "verbs.h"
#include "vm.h"

/* The restarts of a guest that are all told. */
#define TOLD_RESTARTS 32U

/* --- the user: keys and signals ------------------------------------------- */

static size_t typed(void *ctx, const uint8_t *bytes, size_t len)
{
	struct vm *vm = ctx;
	size_t n;

	if (vm->exec)
		return exec_typed(vm->exec, bytes, len);
	if (consoles_have_terminal(vm))
		return consoles_typed(vm, bytes, len);
	pthread_mutex_lock(&vm->io_lock);
	n = uart_receive(&vm->uart, bytes, len);
	pthread_mutex_unlock(&vm->io_lock);
	return n;
}

static void typed_end(void *ctx)
{
	struct vm *vm = ctx;

	if (vm->exec)
		exec_typed_end(vm->exec);
}

static void typed_break(void *ctx)
{
	struct vm *vm = ctx;

	if (consoles_have_terminal(vm)) {
		consoles_typed_break(vm);
		return;
	}
	pthread_mutex_lock(&vm->io_lock);
	uart_receive_break(&vm->uart);
	pthread_mutex_unlock(&vm->io_lock);
}

static void output_room(void *ctx)
{
	struct vm *vm = ctx;

	if (vm->exec)
		exec_output_room(vm->exec);
	else
		consoles_output_room(vm);
}

static void typed_quit(void *ctx)
{
	struct vm *vm = ctx;

	vm_hurry(vm);
	vm_finish_as(vm, 128 + SIGINT, "user", "ended it with Ctrl-a x");
}

static void end_by_signal(struct vm *vm, int sig)
{
	const char *name = sigabbrev_np(sig);

	if (name)
		vm_finish_as(vm, 128 + sig, "user", "ended it with SIG%s",
			     name);
	else
		vm_finish_as(vm, 128 + sig, "user", "ended it with signal %d",
			     sig);
}

static void signal_arrived(struct watch *w, uint32_t events)
{
	struct vm *vm = container_of(w, struct vm, signals);
	struct signalfd_siginfo si;

	(void)events;
	if (read(w->fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (si.ssi_signo == SIGCONT)
		term_resume(&vm->term);
	if (si.ssi_signo == SIGCONT || si.ssi_signo == SIGWINCH) {
		consoles_resize(vm);
		if (vm->exec)
			exec_resize(vm->exec);
		return;
	}
	if (si.ssi_signo == SIGINT && vm->exec && exec_interrupt(vm->exec))
		return;
	vm_hurry(vm);
	end_by_signal(vm, (int)si.ssi_signo);
}

/* nohup, or a shell that starts a job in the background of a script. */
static bool parent_ignores(int sig)
{
	struct sigaction sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

static void add_ending(sigset_t *set, int sig)
{
	if (!parent_ignores(sig))
		sigaddset(set, sig);
}

/*
 * Signals that would end us, the terminal still raw. Not here: those of a fault
 * (crash.c), SIGUSR1 (vcpu.c), and those that writing causes (cmd_run()).
 */
static void ending_signals(sigset_t *set)
{
	static const int ending[] = { SIGINT,  SIGTERM, SIGHUP,	 SIGQUIT,
				      SIGALRM, SIGUSR2, SIGXCPU, SIGVTALRM,
				      SIGPROF, SIGIO,	SIGPWR,	 SIGSTKFLT };

	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		add_ending(set, ending[i]);
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		add_ending(set, sig);
}

/*
 * Ending signals become readable on a file descriptor of the loop; threads
 * inherit the mask. What our parent ignores stays ignored. SIGCONT comes after
 * a shell has had the terminal, SIGWINCH when it has another size.
 */
static int watch_signals(struct vm *vm)
{
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigaddset(&set, SIGWINCH);
	ending_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);

	vm->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (vm->signals.fd < 0)
		return -errno;
	vm->signals.events = EPOLLIN;
	vm->signals.ready = signal_arrived;
	ret = loop_add(&vm->loop, &vm->signals);
	if (ret) {
		close(vm->signals.fd);
		vm->signals.fd = -1;
	}
	return ret;
}

static void unwatch_signals(struct vm *vm)
{
	if (vm->signals.fd < 0)
		return;
	loop_remove(&vm->loop, &vm->signals);
	close(vm->signals.fd);
	vm->signals.fd = -1;
}

static int open_terminal(struct vm *vm)
{
	const struct term_host host = {
		.ctx = vm,
		.input = typed,
		.send_break = typed_break,
		.quit = typed_quit,
		.output_room = output_room,
		.input_end = typed_end,
		.leave_alone = vm->exec && !exec_has_tty(vm->exec),
	};
	int ret = term_init(&vm->term, &vm->loop, STDIN_FILENO, STDOUT_FILENO,
			    &host);

	if (ret)
		log_err("cannot use the terminal: %s%s", errno_text(ret),
			ret == -EAGAIN
				? "; raise ulimit -u or the cgroup's pids.max"
				: "");
	vm->has_term = ret == 0;
	if (!ret && vm->exec)
		ret = exec_open(vm->exec);
	consoles_resize(vm); /* it may have changed before it was watched */
	return ret;
}

static void close_terminal(struct vm *vm)
{
	int lost = vm->has_term ? term_fini(&vm->term) : 0;

	if (vm->exec)
		exec_close(vm->exec, lost);
	vm->has_term = false;
}

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
	int ret = watch_signals(vm);

	if (ret)
		log_err("cannot watch signals: %s", errno_text(ret));
	if (!ret)
		ret = watchdog_init(vm);
	if (!ret)
		ret = control_meet(vm);
	if (!ret)
		ret = gdb_init(vm);
	return ret ? ret : open_terminal(vm);
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
		if (!again)
			close_terminal(vm);
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

/* The end of a command speaks for itself; that tests failed may not. */
static void tell_verdict(const struct vm *vm, const struct verdict *v)
{
	const bool failed = v->has_tests && v->code == EXIT_TESTS_FAILED;

	if (v->ran && failed && vm->cfg->loglevel == LOG_WARNING)
		log_set_level(LOG_INFO);
	log_msg(v->ran && !failed ? LOG_DEBUG : LOG_INFO, "%s: %s", v->origin,
		v->reason);
}

static void run_in(struct vm *vm, const struct config *cfg,
		   struct outputs *outputs, struct verdict *v,
		   struct control *control, struct spawner *spawner)
{
	if (memlock_prepare(cfg) || vm_init(vm, cfg, spawner)) {
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
	close_terminal(vm);
	unwatch_signals(vm);
	watchdog_fini(vm);
	recorder_fini(vm);
	gdb_fini(vm);
	control_part(vm);
	vm_fini(vm);
}

/* Everything that is there before the VM and after it. */
static int run_told(struct vm *vm, const struct config *cfg,
		    struct spawner *spawner)
{
	struct outputs *outputs = calloc(1, sizeof(*outputs));
	struct control *control = NULL;
	struct verdict v;

	if (!outputs) {
		log_err("out of memory");
		return EXIT_HOST;
	}
	if (outputs_open(outputs, cfg) || control_take_name(&control, cfg))
		outputs_failed(&v, "host");
	else
		run_in(vm, cfg, outputs, &v, control, spawner);
	outputs_close(outputs, &v);
	free(outputs);
	/* Who is told of the end finds everything about it written. */
	control_leave(control, vm->attach, &v);
	return cfg->exec.bisect ? verdict_bisect(&v) : v.code;
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

int cmd_run(const struct config *cfg)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	struct spawner *spawner = NULL;
	int code = EXIT_HOST;

	if (!vm) {
		log_err("out of memory");
		return EXIT_HOST;
	}
	log_set_level(cfg->loglevel);
	crash_handlers_install();
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
	if (!has_children(cfg) || !spawner_start(&spawner))
		code = run_told(vm, cfg, spawner);
	spawner_end(spawner);
	free(vm);
	return code;
}
