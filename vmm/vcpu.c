// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpu.c: vCPU threads, and what is done with each kind of exit.
 *
 * How a vCPU is called out of the guest: the caller changes the state (finished,
 * pauses), sets immediate_exit and sends VCPU_SIGNAL. A vCPU that has not
 * entered yet returns at once because of the flag; one in the guest leaves
 * because of the signal; the flag is cleared only by the vCPU itself, before it
 * looks at the state, so no call is lost. Nor does one reach a thread that was
 * joined: before that no vCPU is callable any more.
 */
#include "vm.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdb.h"
#include "log.h"

#define VCPU_SIGNAL SIGUSR1

/* ENOMEM in a row, below the limit, until the host counts as out of memory. */
#define NO_MEMORY_RETRIES 10U

/* Waits while the VM is paused; false when the VM is finished. */
static bool vcpu_park(struct vcpu *v)
{
	struct vm *vm = v->vm;
	bool go_on;

	pvm_vcpu_set_immediate_exit(vm->pvm, v->index, false);
	watchdog_sample(v);
	pthread_mutex_lock(&vm->state_lock);
	vm->nr_parked++;
	v->is_parked = true;
	if (v->held)
		gdb_rests(vm);
	while (!vm->finished && (vm->pauses || v->held || v->ask)) {
		if (v->ask)
			vcpu_answer(v);
		else
			pthread_cond_wait(&vm->state_changed, &vm->state_lock);
	}
	v->is_parked = false;
	vm->nr_parked--;
	go_on = !vm->finished;
	pthread_mutex_unlock(&vm->state_lock);
	return go_on;
}

static void finish_reset(struct vm *vm)
{
	struct verdict v = {
		.code = EXIT_GUEST_RESET,
		.reset = true,
		.origin = "guest",
		.reason = "asked for a reset",
	};

	vm_finish(vm, &v);
}

static void finish_crashed(struct vcpu *v, int code, const char *why)
{
	struct verdict verdict = {
		.code = code,
		.report = true,
		.origin = code == EXIT_HOST ? "host" : "guest",
	};

	(void)snprintf(verdict.reason, sizeof(verdict.reason), "vCPU %u: %s",
		       v->index, why);
	vm_finish(v->vm, &verdict);
}

static void finish_other(struct vcpu *v, const struct pvm_exit *e)
{
	char why[160];

	if (e->err == ENOSYS)
		(void)snprintf(
			why, sizeof(why),
			"accessed a device with an instruction KVM cannot decode");
	else if (e->err)
		(void)snprintf(why, sizeof(why), "KVM_RUN failed: %s",
			       errno_text(e->err));
	else
		(void)snprintf(
			why, sizeof(why),
			"left the guest for a reason lkvm-pvm does not know (exit %u, detail 0x%llx)",
			e->code, (unsigned long long)e->detail);
	/* ENOSYS is KVM's word for what the guest did. */
	finish_crashed(
		v, e->err && e->err != ENOSYS ? EXIT_HOST : EXIT_GUEST_CRASHED,
		why);
}

static void handle_mmio(struct vm *vm, struct pvm_exit *e)
{
	pthread_mutex_lock(&vm->io_lock);
	(void)stores_take(vm);
	bus_access(&vm->bus, e->gpa, e->data, e->len, e->is_write);
	pthread_mutex_unlock(&vm->io_lock);
	/* A virtio console waits for its reader by its queue, and holds nobody. */
	if (vm->has_term && !vm->exec &&
	    e->gpa - MACHINE_UART_BASE < MACHINE_UART_SIZE)
		term_throttle(&vm->term);
}

bool vcpu_dispatch(struct vcpu *v, struct pvm_exit *e)
{
	struct vm *vm = v->vm;

	if (e->kind != PVM_EXIT_NO_MEMORY)
		v->nr_no_memory = 0;
	if (e->kind != PVM_EXIT_INTERRUPTED)
		(void)__atomic_add_fetch(&v->watched.nr_exits, 1,
					 __ATOMIC_RELAXED);
	switch (e->kind) {
	case PVM_EXIT_MMIO:
		handle_mmio(vm, e);
		return true;
	case PVM_EXIT_INTERRUPTED:
		return vcpu_park(v);
	case PVM_EXIT_POWER_OFF:
		vm_finish_as(vm, EXIT_GUEST_OFF, "guest", "powered off");
		break;
	case PVM_EXIT_HIBERNATE:
		vm_finish_as(vm, EXIT_GUEST_OFF, "guest",
			     "powered off to hibernate");
		break;
	case PVM_EXIT_RESET:
		finish_reset(vm);
		break;
	case PVM_EXIT_NO_MEMORY:
		/* The limit may have been raised before we looked at it. */
		if (memlock_wait(v) || ++v->nr_no_memory < NO_MEMORY_RETRIES)
			return vcpu_park(v);
		finish_crashed(
			v, EXIT_HOST,
			"the host is out of memory for the guest; lower -m or end other programs");
		break;
	case PVM_EXIT_POISONED:
		return reclaim_handle(v) && vcpu_park(v);
	case PVM_EXIT_BACKING:
		finish_crashed(
			v, EXIT_HOST,
			"KVM refused the memory behind guest RAM: only anonymous, swap-backed pages can be donated");
		break;
	case PVM_EXIT_NOT_OWNED:
		finish_crashed(
			v, EXIT_HOST,
			"touched a page that belongs to another VM or to the hypervisor");
		break;
	case PVM_EXIT_DEBUG:
		if (vm->gdb) {
			gdb_hit(v, e);
			return vcpu_park(v);
		}
		__attribute__((fallthrough));
	case PVM_EXIT_NOT_READY:
	case PVM_EXIT_OTHER:
		finish_other(v, e);
		break;
	}
	return false;
}

/* Our parent may have blocked it: signal masks survive exec. */
static void accept_kicks(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, VCPU_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;
	struct pvm_exit e;

	accept_kicks();
	/* What --seccomp asks for is had, or the VM does not run. */
	if (guard_vcpu(&v->vm->guard))
		vm_finish_as(v->vm, EXIT_HOST, "host",
			     "cannot filter the system calls of vCPU %u",
			     v->index);
	/* The VM may have ended before this thread was there to be called. */
	if (!vcpu_park(v))
		return NULL;
	vm_tell(v->vm, "vcpu-start", "\"vcpu\":%u", v->index);
	do {
		pvm_vcpu_run(v->vm->pvm, v->index, &e);
	} while (vcpu_dispatch(v, &e));
	return NULL;
}

static void on_kick(int sig)
{
	(void)sig; /* its arrival is the message */
}

static int set_affinity(struct vcpu *v, pthread_attr_t *attr)
{
	const struct config *cfg = v->vm->cfg;
	const cpu_set_t *cpus;
	int ret;

	if (!cfg->affinity || !CPU_COUNT(&cfg->affinity[v->index]))
		return 0;
	cpus = &cfg->affinity[v->index];
	ret = -pthread_attr_setaffinity_np(attr, sizeof(*cpus), cpus);
	if (ret)
		log_err("--vcpu-affinity: cannot bind vCPU %u: %s", v->index,
			errno_text(ret));
	return ret;
}

static int start_one(struct vcpu *v)
{
	pthread_attr_t attr;
	char name[16];
	int ret;

	pthread_attr_init(&attr);
	/* The default of 8 MiB is only address space, but 512 add up. */
	pthread_attr_setstacksize(&attr, KIB(256));
	ret = set_affinity(v, &attr);
	if (!ret) {
		ret = -pthread_create(&v->thread, &attr, vcpu_thread, v);
		if (ret)
			log_err("cannot start the thread of vCPU %u: %s; %s",
				v->index, errno_text(ret),
				ret == -EAGAIN
					? "lower -c, or raise ulimit -u or the cgroup's pids.max"
					: "is a CPU of --vcpu-affinity offline?");
	}
	pthread_attr_destroy(&attr);
	if (ret)
		return ret;
	v->started = v->callable = true;
	v->held = gdb_waits(v->vm);
	v->is_asked = v->is_answered = false;
	v->ask = VCPU_ASK_NOTHING;
	(void)snprintf(name, sizeof(name), "vcpu%u", v->index);
	(void)pthread_setname_np(v->thread, name);
	return 0;
}

void vcpus_prepare(void)
{
	struct sigaction sa = { .sa_handler = on_kick };

	sigemptyset(&sa.sa_mask);
	sigaction(VCPU_SIGNAL, &sa, NULL);
}

int vcpus_start(struct vm *vm)
{
	int ret = 0;

	/* The guest does nothing unless it can have all of them. */
	vm_pause(vm);
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus && !ret; i++) {
		pthread_mutex_lock(&vm->state_lock);
		ret = start_one(&vm->vcpus[i]);
		pthread_mutex_unlock(&vm->state_lock);
	}
	if (!ret)
		vm_resume(vm);
	return ret;
}

void vcpus_kick(struct vm *vm)
{
	pthread_mutex_lock(&vm->state_lock);
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++) {
		struct vcpu *v = &vm->vcpus[i];

		/* The caller's own thread is out of the guest already. */
		if (!v->callable || pthread_equal(v->thread, pthread_self()))
			continue;
		pvm_vcpu_set_immediate_exit(vm->pvm, i, true);
		pthread_kill(v->thread, VCPU_SIGNAL);
	}
	pthread_mutex_unlock(&vm->state_lock);
}

static void uncall_all(struct vm *vm)
{
	pthread_mutex_lock(&vm->state_lock);
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++)
		vm->vcpus[i].callable = false;
	pthread_mutex_unlock(&vm->state_lock);
}

void vcpus_join(struct vm *vm)
{
	/* Who finished the VM may not have come to it yet. */
	vcpus_kick(vm);
	uncall_all(vm);
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++) {
		struct vcpu *v = &vm->vcpus[i];

		if (v->started)
			pthread_join(v->thread, NULL);
		v->started = false;
	}
}
