// SPDX-License-Identifier: GPL-2.0-only
/*
 * recorder.c: the flight recorder: takes the samples of a record (--record).
 *
 * How this works: a thread of its own reads counters that are there anyhow, this
 * process's in /proc, KVM's of each vCPU, each device's, and tells of them as
 * events are told. It lives as long as one life of the VM, since KVM's counters
 * do; what they were at its end is added to those of the next. Where tracefs can
 * be used, which takes root, the guest's page faults are counted, too. To see what the
 * guest shares it has to look at each page of the window: it does so as seldom as
 * keeps that below three per cent of a CPU.
 */
#include "vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "flight.h"
#include "flight_trace.h"
#include "host.h"
#include "log.h"
#include "thread.h"

#define TRACEFS "/sys/kernel/tracing"

#define NS_PER_MS     1000000L
#define WINDOW_FACTOR 32		/* at most three per cent of a CPU */
#define WINDOW_LEAST  (200 * NS_PER_MS) /* between two looks */

struct recorder {
	struct vm *vm;
	pthread_t thread;
	bool runs; /* the thread; main thread only */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool ending; /* written under the lock; atomic */

	struct flight_pace pace;
	uint64_t (
		*before)[PVM_NR_STATS]; /* owned: each vCPU's, earlier lives */
	struct virtio_stats told[DEVICES_MAX];
	struct flight_pages window;
	struct flight_trace trace;
	int64_t window_due_ns;
	bool is_described; /* machine, and each device once */
};

/* --- samples ----------------------------------------------------------------- */

/* Of all lives; what this kernel does not count stays 0. */
static void vcpu_counts(const struct recorder *r, unsigned int i,
			uint64_t n[PVM_NR_STATS])
{
	uint64_t now[PVM_NR_STATS];
	int ret = pvm_vcpu_stats(r->vm->pvm, i, now);

	for (unsigned int s = 0; s < PVM_NR_STATS; s++)
		n[s] = r->before[i][s] +
		       (ret || now[s] == UINT64_MAX ? 0 : now[s]);
}

#define COUNTS                                                                 \
	"\"exits\":%llu,\"mmio_user\":%llu,\"mmio_kernel\":%llu,\"signals\":%llu,\"wfi\":%llu,\"wfe\":%llu,\"hvc\":%llu"
#define COUNTS_OF(n)                                                           \
	(unsigned long long)(n)[PVM_STAT_EXITS],                               \
		(unsigned long long)(n)[PVM_STAT_MMIO_USER],                   \
		(unsigned long long)(n)[PVM_STAT_MMIO_KERNEL],                 \
		(unsigned long long)(n)[PVM_STAT_SIGNALS],                     \
		(unsigned long long)(n)[PVM_STAT_WFI],                         \
		(unsigned long long)(n)[PVM_STAT_WFE],                         \
		(unsigned long long)(n)[PVM_STAT_HVC]

static void take_vcpus(struct recorder *r)
{
	uint64_t n[PVM_NR_STATS];

	for (unsigned int i = 0; i < r->vm->cfg->nr_vcpus; i++) {
		vcpu_counts(r, i, n);
		events_record(&r->vm->outputs->events, "vcpu",
			      "\"vcpu\":%u," COUNTS, i, COUNTS_OF(n));
	}
}

static void take_vm(struct recorder *r)
{
	uint64_t n[PVM_NR_STATS], sum[PVM_NR_STATS] = { 0 };
	struct host_memlock m = { 0 };
	struct vm *vm = r->vm;
	char limit[48] = "", faults[96] = "";

	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++) {
		vcpu_counts(r, i, n);
		for (unsigned int s = 0; s < PVM_NR_STATS; s++)
			sum[s] += n[s];
	}
	if (!host_memlock(&m) && !m.exempt && m.soft <= INT64_MAX)
		(void)snprintf(limit, sizeof(limit), ",\"limit\":%llu",
			       (unsigned long long)m.soft);
	if (r->trace.pipe >= 0) {
		flight_trace_take(&r->trace, &vm->machine);
		(void)snprintf(
			faults, sizeof(faults),
			",\"ram_faults\":%llu,\"window_faults\":%llu,\"lost_faults\":%llu",
			(unsigned long long)r->trace.ram,
			(unsigned long long)r->trace.window,
			(unsigned long long)r->trace.lost);
	}
	events_record(&vm->outputs->events, "sample",
		      "\"locked\":%llu,\"console\":%llu,\"limited\":%u," COUNTS
		      "%s%s",
		      (unsigned long long)m.locked,
		      (unsigned long long)__atomic_load_n(&vm->nr_heard,
							  __ATOMIC_RELAXED),
		      __atomic_load_n(&vm->nr_limited, __ATOMIC_SEQ_CST),
		      COUNTS_OF(sum), limit, faults);
}

static bool has_moved(const struct virtio_stats *a,
		      const struct virtio_stats *b)
{
	return a->requests != b->requests || a->bytes != b->bytes ||
	       a->kicks != b->kicks || a->interrupts != b->interrupts ||
	       a->outside != b->outside || a->dropped != b->dropped ||
	       a->partial != b->partial;
}

/* What has changed since it was told. */
static void take_devices(struct recorder *r)
{
	const struct devices *ds = r->vm->devices;
	struct virtio_stats s;

	for (unsigned int i = 0; ds && i < ds->nr; i++) {
		virtio_dev_stats(ds->all[i], &s);
		if (r->is_described && !has_moved(&s, &r->told[i]))
			continue;
		r->told[i] = s;
		events_record(
			&r->vm->outputs->events, "device",
			"\"device\":\"%s\",\"requests\":%llu,\"bytes\":%llu,\"kicks\":%llu,\"interrupts\":%llu,\"outside\":%llu,\"dropped\":%llu,\"max_segment\":%u,\"max_in_flight\":%u,\"partial\":%s",
			ds->all[i]->name, (unsigned long long)s.requests,
			(unsigned long long)s.bytes,
			(unsigned long long)s.kicks,
			(unsigned long long)s.interrupts,
			(unsigned long long)s.outside,
			(unsigned long long)s.dropped, s.max_segment,
			s.max_in_flight, s.partial ? "true" : "false");
	}
}

static void take_window(struct recorder *r)
{
	struct vm *vm = r->vm;
	struct flight_pages p;
	int64_t from = clock_ns(), spent;

	if (!vm->machine.window.len || from < r->window_due_ns)
		return;
	if (flight_window(vm, &p, &r->ending))
		return;
	spent = clock_ns() - from;
	r->window_due_ns = from + WINDOW_LEAST + spent * WINDOW_FACTOR;
	if (p.own == r->window.own && p.readable == r->window.readable)
		return;
	r->window = p;
	events_record(&vm->outputs->events, "window",
		      "\"private\":%llu,\"readable\":%llu,\"us\":%lld",
		      (unsigned long long)p.own, (unsigned long long)p.readable,
		      (long long)spent / 1000);
}

static void take(struct recorder *r)
{
	take_vm(r);
	take_devices(r);
	take_window(r);
}

/* --- the thread -------------------------------------------------------------- */

/* False: it is to end. */
static bool wait_ms(struct recorder *r, uint64_t ms)
{
	const struct timespec t = clock_after_ms((long)ms);
	bool ending;

	pthread_mutex_lock(&r->lock);
	while (!r->ending &&
	       pthread_cond_clockwait(&r->changed, &r->lock, CLOCK_MONOTONIC,
				      &t) != ETIMEDOUT)
		;
	ending = r->ending;
	pthread_mutex_unlock(&r->lock);
	return !ending;
}

static void *record(void *arg)
{
	struct recorder *r = arg;
	uint64_t interval = 0, ms;

	do {
		take(r);
		ms = flight_pace_next(&r->pace);
		if (interval && ms != interval)
			take_vcpus(r); /* or a killed one had none of them */
		interval = ms;
	} while (wait_ms(r, ms));
	return NULL;
}

/* Once: where things are, and which devices there are. */
static void describe(struct recorder *r)
{
	const struct machine *m = &r->vm->machine;

	if (r->is_described)
		return;
	events_record(
		&r->vm->outputs->events, "machine",
		"\"ram_gpa\":%llu,\"ram\":%llu,\"window_gpa\":%llu,\"window\":%llu,\"page\":%ld,\"name\":\"%s\"",
		(unsigned long long)m->ram.gpa, (unsigned long long)m->ram.len,
		(unsigned long long)m->window.gpa,
		(unsigned long long)m->window.len, sysconf(_SC_PAGESIZE),
		r->vm->control ? control_name(r->vm->control) : "");
	take_devices(r);
	r->is_described = true;
}

static struct recorder *recorder_make(struct vm *vm)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return NULL;
	r->before = calloc(vm->cfg->nr_vcpus, sizeof(*r->before));
	if (!r->before) {
		free(r);
		return NULL;
	}
	r->vm = vm;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	flight_pace_init(&r->pace, vm->cfg->nr_vcpus);
	/* Without it, which is the rule, faults are not told from other exits. */
	ret = flight_trace_begin(&r->trace, TRACEFS, &vm->machine);
	if (ret)
		log_debug("the record tells of no page faults: " TRACEFS ": %s",
			  errno_text(ret));
	return r;
}

/* It is not what the VM is run for: without it there are events alone. */
static void tell_missing(const char *why)
{
	log_warn("the record has no samples: %s", why);
}

void recorder_begin(struct vm *vm)
{
	struct recorder *r = vm->recorder;
	int ret;

	if (!vm->outputs || !events_has_record(&vm->outputs->events))
		return;
	if (!r)
		r = vm->recorder = recorder_make(vm);
	if (!r) {
		tell_missing(errno_text(-ENOMEM));
		return;
	}
	describe(r);
	r->ending = false;
	ret = thread_start(&r->thread, "recorder", record, r);
	if (ret)
		tell_missing(errno_text(ret));
	r->runs = ret == 0;
}

static void stop(struct recorder *r)
{
	if (!r->runs)
		return;
	pthread_mutex_lock(&r->lock);
	__atomic_store_n(&r->ending, true, __ATOMIC_RELAXED);
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	r->runs = false;
}

void recorder_end(struct vm *vm, bool last)
{
	struct recorder *r = vm->recorder;
	uint64_t n[PVM_NR_STATS];

	if (!r)
		return;
	stop(r);
	if (last) {
		__atomic_store_n(&vm->outputs->events.is_ending, true,
				 __ATOMIC_RELAXED);
		take_vm(r);
		take_devices(r);
		take_vcpus(r);
		flight_map(vm);
		return;
	}
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++) {
		vcpu_counts(r, i, n);
		memcpy(r->before[i], n, sizeof(n));
	}
}

void recorder_fini(struct vm *vm)
{
	struct recorder *r = vm->recorder;

	if (!r)
		return;
	stop(r);
	flight_trace_end(&r->trace, &vm->machine);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r->before);
	free(r);
	vm->recorder = NULL;
}
