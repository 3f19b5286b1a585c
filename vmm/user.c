// SPDX-License-Identifier: GPL-2.0-only
/* user.c: the user's keys and signals, and the terminal they come from. */
#include "user.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "log.h"
#include "vm.h"

/* --- keys ----------------------------------------------------------------- */

static size_t typed(void *ctx, const uint8_t *bytes, size_t len)
{
	struct vm *vm = ctx;

	if (vm->exec)
		return exec_typed(vm->exec, bytes, len);
	return consoles_type(vm, bytes, len);
}

static void typed_end(void *ctx)
{
	struct vm *vm = ctx;
	int err = term_input_error(&vm->term);

	if (vm->exec)
		exec_typed_end(vm->exec);
	else if (err)
		log_warn("standard input: %s; the guest gets no more of it",
			 errno_text(err));
}

static void typed_break(void *ctx)
{
	consoles_break(ctx);
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

/* --- signals -------------------------------------------------------------- */

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
 * (crash.c), SIGUSR1 (vcpu.c), and those that writing causes (run.c).
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

int user_watch_signals(struct vm *vm)
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

void user_unwatch_signals(struct vm *vm)
{
	if (vm->signals.fd < 0)
		return;
	loop_remove(&vm->loop, &vm->signals);
	close(vm->signals.fd);
	vm->signals.fd = -1;
}

/* --- the terminal ---------------------------------------------------------- */

int user_open_terminal(struct vm *vm)
{
	const struct term_host host = {
		.ctx = vm,
		.input = typed,
		.send_break = typed_break,
		.quit = typed_quit,
		.output_room = output_room,
		.input_end = typed_end,
		.leave_alone = vm->exec && !exec_has_tty(vm->exec),
		.tells_error = vm->exec != NULL,
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

void user_close_terminal(struct vm *vm)
{
	int lost = vm->has_term ? term_fini(&vm->term) : 0;

	if (vm->exec)
		exec_close(vm->exec, lost);
	vm->has_term = false;
}
