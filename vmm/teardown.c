// SPDX-License-Identifier: GPL-2.0-only
/*
 * teardown.c: how long it takes to give a guest's memory back.
 *
 * The hypervisor wipes and returns one page at a time, and nothing tells before how
 * long it needs for one. It was measured in empty system calls, with our filters
 * on: those are counted here, a little more of them (HACKING, Teardown).
 */
#include "teardown.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "host.h"
#include "vm.h"

#define CALLS	128U
#define BATCHES 4U /* the quickest is one that nobody interrupted */

/* What a page costs, in empty calls: to return it, and to look at it before. */
#define RETURN_CALLS 64U
#define LOOK_CALLS   12U

int64_t teardown_measure_call(void)
{
	int64_t least = INT64_MAX, from, ns;

	for (unsigned int batch = 0; batch < BATCHES; batch++) {
		from = clock_ns();
		for (unsigned int i = 0; i < CALLS; i++)
			(void)syscall(SYS_getppid);
		ns = clock_ns() - from;
		least = ns < least ? ns : least;
	}
	return least / CALLS;
}

int64_t teardown_ms(const struct vm *vm, int64_t call_ns)
{
	int64_t calls = RETURN_CALLS;
	struct host_memlock m;

	if (!vm->cfg->protected_vm || host_memlock(&m))
		return 0;
	if (events_has_record(&vm->outputs->events))
		calls += LOOK_CALLS;
	if (vm->outputs->map_path)
		calls += LOOK_CALLS;
	return (int64_t)(m.locked / (uint64_t)sysconf(_SC_PAGESIZE)) * calls *
	       call_ns / 1000000;
}
