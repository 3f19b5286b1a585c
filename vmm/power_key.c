// SPDX-License-Identifier: GPL-2.0-only
/*
 * power_key.c: presses the guest's power key.
 *
 * How this works: Linux looks at the key a while after the interrupt, and
 * reports nothing when it was let go by then; a slow guest may take its time
 * to look. So the key is held until the guest has read it as pressed, and as
 * long as a finger would; but not so long that it counts as a long press.
 */
#include "vm.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define TICK_MS	 100U
#define PRESS_MS 200U
#define LONG_MS	 4000U /* systemd-logind's long press is 5 s */

static void set_timer(const struct vm *vm, bool on)
{
	const struct timespec tick = { .tv_nsec = on ? TICK_MS * 1000000L : 0 };
	const struct itimerspec every = { tick, tick };

	(void)timerfd_settime(vm->power_key.fd, 0, &every, NULL);
}

static void tick(struct watch *w, uint32_t events)
{
	struct vm *vm = container_of(w, struct vm, power_key);
	uint64_t count;
	bool seen;

	(void)events;
	if (read(w->fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return;
	vm->power_key_ms += (unsigned int)count * TICK_MS;
	seen = pl061_was_seen(&vm->gpio, MACHINE_GPIO_POWER_KEY);
	if (vm->power_key_ms >= LONG_MS ||
	    (seen && vm->power_key_ms >= PRESS_MS)) {
		pl061_set_input(&vm->gpio, MACHINE_GPIO_POWER_KEY, false);
		set_timer(vm, false);
	}
}

int power_key_init(struct vm *vm)
{
	int ret;

	vm->power_key =
		(struct watch){ timerfd_create(CLOCK_MONOTONIC,
					       TFD_CLOEXEC | TFD_NONBLOCK),
				EPOLLIN, tick };
	ret = vm->power_key.fd < 0 ? -errno
				   : loop_add(&vm->loop, &vm->power_key);
	if (ret)
		log_err("cannot make a power key: %s", errno_text(ret));
	return ret;
}

void power_key_fini(struct vm *vm)
{
	if (vm->power_key.fd < 0)
		return;
	loop_remove(&vm->loop, &vm->power_key);
	close(vm->power_key.fd);
	vm->power_key.fd = -1;
}

bool power_key_press(struct vm *vm)
{
	const bool listens =
		pl061_is_listened_to(&vm->gpio, MACHINE_GPIO_POWER_KEY);

	vm->power_key_ms = 0;
	pl061_set_input(&vm->gpio, MACHINE_GPIO_POWER_KEY, true);
	set_timer(vm, true);
	return listens;
}
