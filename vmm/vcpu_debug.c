// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpu_debug.c: a vCPU that is held, asked for its registers, or made to do one
 * instruction, for those who debug a guest.
 *
 * How this works: only a vCPU's own thread touches it, and only out of the
 * guest: whoever wants something writes it down, calls the vCPUs out, and looks
 * later whether it was answered. Nobody waits.
 */
#include "vm.h"

#include <errno.h>

#include "clock.h"

/* An answer nobody fetched for so long is another question's. */
#define STALE_MS 1000U

/* --- its own thread --------------------------------------------------------- */

/* 0: one instruction was done; -EINTR: none; -ENODEV: the VM has ended. */
static int step(struct vcpu *v)
{
	const struct pvm_debug on = { .step = true }, off = { .step = false };
	struct pvm *p = v->vm->pvm;
	struct pvm_exit e;
	int ret = pvm_vcpu_set_debug(p, v->index, &on), err;
	bool held = true;

	if (ret)
		return ret;
	do {
		pvm_vcpu_set_immediate_exit(p, v->index, false);
		pthread_mutex_lock(&v->vm->state_lock);
		held = v->held && !v->vm->finished;
		pthread_mutex_unlock(&v->vm->state_lock);
		if (!held)
			break;
		pvm_vcpu_run(p, v->index, &e);
		if (e.kind == PVM_EXIT_DEBUG)
			break;
		if (e.kind != PVM_EXIT_INTERRUPTED && !vcpu_dispatch(v, &e))
			ret = -ENODEV;
	} while (!ret);
	if (!ret && !held)
		ret = -EINTR;
	err = pvm_vcpu_set_debug(p, v->index, &off);
	return ret ? ret : err;
}

void vcpu_answer(struct vcpu *v)
{
	struct vm *vm = v->vm;
	bool steps = v->ask == VCPU_ASK_STEP;
	struct pvm_vcpu_state state = { 0 };
	int ret = 0;

	v->ask = VCPU_ASK_NOTHING;
	v->is_parked = v->is_parked && !steps;
	pthread_mutex_unlock(&vm->state_lock);
	if (steps)
		ret = step(v);
	if (!ret)
		ret = pvm_vcpu_get_state(vm->pvm, v->index, &state);
	pthread_mutex_lock(&vm->state_lock);
	v->is_parked = true;
	v->answer_err = ret;
	if (!ret)
		v->answer = state;
	v->is_answered = true;
	v->answered_ms = (uint64_t)clock_ms();
}

/* --- those who ask ---------------------------------------------------------- */

bool vcpu_hold(struct vcpu *v)
{
	struct vm *vm = v->vm;
	bool first, at_rest;

	pthread_mutex_lock(&vm->state_lock);
	first = !v->held;
	v->held = true;
	at_rest = v->is_parked;
	pthread_mutex_unlock(&vm->state_lock);
	if (first && !at_rest)
		vcpus_kick(vm);
	return at_rest;
}

void vcpu_release(struct vcpu *v)
{
	struct vm *vm = v->vm;

	pthread_mutex_lock(&vm->state_lock);
	v->held = false;
	pthread_cond_broadcast(&vm->state_changed);
	pthread_mutex_unlock(&vm->state_lock);
	/* One that steps looks again. */
	vcpus_kick(vm);
}

static bool is_fresh(const struct vcpu *v, enum vcpu_ask what)
{
	return v->is_answered && v->answered_to == what &&
	       (uint64_t)clock_ms() - v->answered_ms < STALE_MS;
}

bool vcpu_has_answer(struct vcpu *v, enum vcpu_ask what)
{
	bool has;

	pthread_mutex_lock(&v->vm->state_lock);
	has = is_fresh(v, what);
	pthread_mutex_unlock(&v->vm->state_lock);
	return has;
}

int vcpu_ask(struct vcpu *v, enum vcpu_ask what, struct pvm_vcpu_state *s)
{
	struct vm *vm = v->vm;
	bool is_new = false;
	int ret = -EAGAIN;

	pthread_mutex_lock(&vm->state_lock);
	if (what == VCPU_ASK_STEP && !v->held) {
		ret = -EBUSY;
	} else if (is_fresh(v, what)) {
		v->is_answered = false;
		*s = v->answer;
		ret = v->answer_err;
		v->is_asked = false;
	} else if (!v->is_asked || v->is_answered) {
		v->ask = v->answered_to = what;
		v->is_answered = false;
		v->is_asked = is_new = true;
		pthread_cond_broadcast(&vm->state_changed);
	}
	pthread_mutex_unlock(&vm->state_lock);
	if (is_new)
		vcpus_kick(vm);
	return ret;
}
