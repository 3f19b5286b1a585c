// SPDX-License-Identifier: GPL-2.0-only
/*
 * stores.c: stores to devices without an exit for each.
 *
 * How this works: KVM keeps the guest's stores to the UART's data register, and to
 * those of virtio-mmio where a store alone has no effect (virtio/mmio.c). They are
 * handed to the device before the access of a vCPU that did leave the guest, so the
 * order of a vCPU's own accesses is what it was. Linux looks at a register after
 * each burst of bytes, which brings them out at once. A guest that looks at
 * none (it only ever writes, or waits for an interrupt that follows from the
 * bytes it wrote) is served by a timer, whose period grows while there is
 * nothing to do.
 */
#include "vm.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "log.h"

#define PERIOD_MIN_MS 10U
#define PERIOD_MAX_MS 160U

unsigned int stores_take(struct vm *vm)
{
	/* What other vCPUs add meanwhile, as fast as we take, is not waited for. */
	const unsigned int nr = pvm_nr_stores(vm->pvm);
	struct pvm_store s;

	for (unsigned int i = 0; i < nr && pvm_next_store(vm->pvm, &s); i++)
		bus_access(&vm->bus, s.gpa, s.data, s.len, true);
	return nr;
}

static int arm_timer(struct vm *vm)
{
	const struct itimerspec when = {
		.it_value = { .tv_nsec = vm->stores_period_ms * 1000000L },
	};

	return timerfd_settime(vm->stores.fd, 0, &when, NULL) ? -errno : 0;
}

static void timer_fired(struct watch *w, uint32_t events)
{
	struct vm *vm = container_of(w, struct vm, stores);
	unsigned int nr = 0;
	uint64_t count;

	(void)events;
	if (read(w->fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return;
	/* Without room the bytes stay where they are, until the guest can keep
	 * no more, exits and waits for the terminal's reader.
	 * A vCPU that has the lock took them first; we do not wait for it: it may
	 * have it for as long as a device takes to stop. */
	if ((!vm->has_term || term_has_room(&vm->term)) &&
	    !pthread_mutex_trylock(&vm->io_lock)) {
		nr = stores_take(vm);
		pthread_mutex_unlock(&vm->io_lock);
	}
	if (nr > 0)
		vm->stores_period_ms = PERIOD_MIN_MS;
	else if (vm->stores_period_ms < PERIOD_MAX_MS)
		vm->stores_period_ms *= 2;
	(void)arm_timer(vm);
}

static int start_timer(struct vm *vm)
{
	int ret;

	vm->stores_period_ms = PERIOD_MIN_MS;
	vm->stores.events = EPOLLIN;
	vm->stores.ready = timer_fired;
	vm->stores.fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (vm->stores.fd < 0)
		return -errno;
	ret = arm_timer(vm);
	return ret ? ret : loop_add(&vm->loop, &vm->stores);
}

static void stop_timer(struct vm *vm)
{
	if (vm->stores.fd < 0)
		return;
	loop_remove(&vm->loop, &vm->stores);
	close(vm->stores.fd);
	vm->stores.fd = -1;
}

void stores_start(struct vm *vm)
{
	int ret = start_timer(vm);

	/* One byte: the UART may answer stores to the registers that follow. */
	if (!ret)
		ret = pvm_keep_stores(vm->pvm, MACHINE_UART_BASE, 1);
	if (!ret)
		return;
	stop_timer(vm);
	log_debug("KVM keeps no stores for the UART: %s", errno_text(ret));
}

void stores_stop(struct vm *vm)
{
	stop_timer(vm);
	pthread_mutex_lock(&vm->io_lock);
	(void)stores_take(vm);
	pthread_mutex_unlock(&vm->io_lock);
}
