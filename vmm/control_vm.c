// SPDX-License-Identifier: GPL-2.0-only
/* control_vm.c: what the control socket's requests do to a VM. */
#include "vm.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "host.h"
#include "log.h"

static const char *state_of(struct vm *vm)
{
	if (vm_finished(vm))
		return "ending";
	if (vm->held)
		return "paused";
	if (__atomic_load_n(&vm->nr_limited, __ATOMIC_SEQ_CST) > 0)
		return "memlock";
	return "running";
}

static json_t *bytes(uint64_t n)
{
	return n > INT64_MAX ? json_null() : json_integer((json_int_t)n);
}

/* --- list, stat ------------------------------------------------------------- */

static json_t *answer_list(struct vm *vm)
{
	const struct config *cfg = vm->cfg;

	return json_pack("{s:s, s:i, s:s, s:s, s:b, s:I, s:i, s:I, s:i}",
			 "name", control_name(vm->control), "pid",
			 (int)getpid(), "version", VERSION, "state",
			 state_of(vm), "protected", (int)cfg->protected_vm,
			 "mem", (json_int_t)cfg->mem, "vcpus",
			 (int)cfg->nr_vcpus, "uptime_ms",
			 (json_int_t)((uint64_t)clock_ms() - vm->started_ms),
			 "restarts", (int)vm->nr_restarts);
}

/* The kernel looks at each page for it: not without being asked. */
static json_t *pss_json(void)
{
	static const char key[] = "\nPss:";
	char text[1536];
	const char *at;

	if (host_read("", "/proc/self/smaps_rollup", text, sizeof(text)) < 0)
		return json_null();
	at = strstr(text, key);
	return at ? bytes(strtoull(at + sizeof(key) - 1, NULL, 10) << 10)
		  : json_null();
}

/* What the host gave for the guest: this process's memory. */
static json_t *memory_json(bool pss)
{
	struct host_memlock m;
	json_t *o = json_pack("{s:o}", "pss", pss ? pss_json() : json_null());

	if (!o || host_memlock(&m))
		return o;
	if (json_object_set_new(o, "rss",
				m.resident ? bytes(m.resident) : json_null()) ||
	    json_object_set_new(o, "locked", bytes(m.locked)) ||
	    json_object_set_new(o, "memlock_soft", bytes(m.soft)) ||
	    json_object_set_new(o, "memlock_hard", bytes(m.hard)) ||
	    json_object_set_new(o, "memlock_exempt", json_boolean(m.exempt))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *vcpu_json(struct vm *vm, unsigned int i)
{
	uint64_t s[PVM_NR_STATS];

	if (pvm_vcpu_stats(vm->pvm, i, s))
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "exits",
			 bytes(s[PVM_STAT_EXITS]), "mmio_user",
			 bytes(s[PVM_STAT_MMIO_USER]), "mmio_kernel",
			 bytes(s[PVM_STAT_MMIO_KERNEL]), "signals",
			 bytes(s[PVM_STAT_SIGNALS]));
}

static json_t *vcpus_json(struct vm *vm)
{
	json_t *all = json_array();

	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++)
		if (json_array_append_new(all, vcpu_json(vm, i)))
			break;
	return all;
}

/* null: the kernel or another process moves this device's data. */
static json_t *device_json(const struct virtio_dev *d)
{
	struct virtio_stats s;
	bool known;

	virtio_dev_stats(d, &s);
	known = s.requests || !s.partial;
#define COUNT(n) (known ? json_integer((json_int_t)(n)) : json_null())
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
			 "name", d->name, "requests", COUNT(s.requests),
			 "bytes", COUNT(s.bytes), "kicks", COUNT(s.kicks),
			 "interrupts", COUNT(s.interrupts), "outside",
			 COUNT(s.outside), "dropped", COUNT(s.dropped),
			 "max_segment", COUNT(s.max_segment), "max_in_flight",
			 COUNT(s.max_in_flight), "partial", (int)s.partial);
#undef COUNT
}

static json_t *devices_json(const struct vm *vm)
{
	const struct devices *ds = vm->devices;
	json_t *all = json_array();

	for (unsigned int i = 0; ds && i < ds->nr; i++)
		if (json_array_append_new(all, device_json(ds->all[i])))
			break;
	return all;
}

static json_t *answer_stat(struct vm *vm, bool pss)
{
	json_t *o = answer_list(vm);

	if (!o || json_object_set_new(o, "memory", memory_json(pss)) ||
	    json_object_set_new(o, "vcpu_stats", vcpus_json(vm)) ||
	    json_object_set_new(o, "devices", devices_json(vm))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* --- what changes it ------------------------------------------------------- */

static json_t *answer_kill(struct vm *vm, const struct control_request *r)
{
	vm_hurry(vm);
	if (r->seconds)
		vm_finish_as(vm, 128 + SIGTERM, "user",
			     "killed it: the guest did not react in %u s",
			     r->seconds);
	else
		vm_finish_as(vm, 128 + SIGTERM, "user",
			     "ended it with lkvm-pvm stop --force");
	return json_object();
}

/* vCPUs that may still run guest code, or do something for it. */
static unsigned int nr_moving(struct vm *vm)
{
	unsigned int at_rest;

	pthread_mutex_lock(&vm->state_lock);
	at_rest = vm->nr_parked +
		  __atomic_load_n(&vm->nr_limited, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&vm->state_lock);
	return at_rest < vm->cfg->nr_vcpus ? vm->cfg->nr_vcpus - at_rest : 0;
}

/* Asked again until nothing moves: nobody waits here. */
static json_t *answer_pause(struct vm *vm)
{
	if (!vm->held)
		vm_pause(vm);
	vm->held = true;
	return json_pack("{s:i}", "moving", (int)nr_moving(vm));
}

static json_t *answer_resume(struct vm *vm)
{
	if (vm->held)
		vm_resume(vm);
	vm->held = false;
	return json_object();
}

/*
 * A guest that does not run feels no key. Of exec its init is who listens: it is
 * told, whatever drivers the guest has.
 */
static json_t *answer_stop(struct vm *vm)
{
	bool listens;

	json_decref(answer_resume(vm));
	listens = vm->exec ? exec_stop(vm->exec) : power_key_press(vm);
	return json_pack("{s:b, s:b}", "listens", (int)listens, "boots_exec",
			 vm->exec && !listens);
}

static json_t *answer_sysrq(struct vm *vm, char key)
{
	uint8_t byte = (uint8_t)key;
	size_t n;

	consoles_break(vm);
	n = consoles_type(vm, &byte, 1);
	if (!n)
		return json_pack("{s:s}", "error",
				 "the guest does not listen on its console");
	return json_object();
}

/* --- the console ----------------------------------------------------------- */

static size_t console_typed(void *ctx, const uint8_t *bytes, size_t len)
{
	return consoles_type(ctx, bytes, len);
}

static void console_break(void *ctx)
{
	consoles_break(ctx);
}

/* exec has the serial port for itself when there is no other way. */
static int open_attach(struct vm *vm)
{
	const struct attach_host host = {
		.ctx = vm,
		.input = vm->exec ? NULL : console_typed,
		.send_break = vm->exec ? NULL : console_break,
	};
	int ret = attach_open(&vm->attach, &vm->loop, &host);

	if (ret)
		log_err("cannot keep what the console prints: %s",
			errno_text(ret));
	return ret;
}

static int attach_client(void *ctx, int fd)
{
	struct vm *vm = ctx;

	return attach_add(vm->attach, fd);
}

static json_t *answer(void *ctx, const struct control_request *r)
{
	struct vm *vm = ctx;

	switch (r->verb) {
	case CONTROL_LIST:
		return answer_list(vm);
	case CONTROL_STAT:
		return answer_stat(vm, r->pss);
	case CONTROL_STOP:
		return answer_stop(vm);
	case CONTROL_KILL:
		return answer_kill(vm, r);
	case CONTROL_PAUSE:
		return answer_pause(vm);
	case CONTROL_RESUME:
		return answer_resume(vm);
	case CONTROL_SYSRQ:
		return answer_sysrq(vm, r->key);
	case CONTROL_MAP:
		return map_scan_answer(vm);
	case CONTROL_RECLAIM:
	case CONTROL_UNPLUG:
	case CONTROL_MEMLOCK:
	case CONTROL_STOP_VCPU:
	case CONTROL_START_VCPU:
	case CONTROL_REGS:
	case CONTROL_STEP:
	case CONTROL_BACKTRACE:
		return control_debug_answer(vm, r);
	case CONTROL_WAIT:
	case CONTROL_CONSOLE:
	case CONTROL_NR_VERBS:
		break; /* the server's own, or none */
	}
	return NULL;
}

/* --- life ------------------------------------------------------------------ */

int control_take_name(struct control **c, const struct config *cfg)
{
	int ret = control_open(c, cfg->name);

	/* Asked for by name, somebody counts on it; nor does a VM start where
	 * files or memory run out already. */
	if (!ret || cfg->name || ret == -ENOMEM || ret == -EMFILE ||
	    ret == -ENFILE)
		return ret;
	log_warn(
		"going on without it: list, stat and stop will not find this VM");
	return 0;
}

int control_meet(struct vm *vm)
{
	const struct control_host host = {
		.ctx = vm,
		.answer = answer,
		.attach = attach_client,
	};
	int ret;

	vm->started_ms = (uint64_t)clock_ms();
	if (!vm->control)
		return 0;
	ret = open_attach(vm);
	if (!ret)
		ret = power_key_init(vm);
	if (ret)
		return ret;
	ret = control_start(vm->control, &vm->loop, &host);
	if (ret)
		log_err("cannot serve the control socket: %s", errno_text(ret));
	return ret;
}

void control_part(struct vm *vm)
{
	control_stop(vm->control);
	attach_stop(vm->attach);
	map_scan_end(vm);
	power_key_fini(vm);
}

void control_leave(struct control *c, struct attach *a, const struct verdict *v)
{
	char reason[sizeof(v->reason)];
	json_t *end;

	/* A path in it may be of any bytes, JSON's strings are not. */
	memcpy(reason, v->reason, sizeof(reason));
	for (char *p = reason; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	end = json_pack("{s:i, s:s, s:s}", "code", v->code, "origin", v->origin,
			"reason", reason);
	/* First who waits: those who look may take their time. */
	control_close(c, end ? json_deep_copy(end) : NULL);
	attach_close(a, end);
	json_decref(end);
}
