// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c: eventfds of queues.
 *
 * A back end in another process has the same open file, and O_NONBLOCK is of
 * the file: crosvm's back ends clear it.
 */
#include "event.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

void event_signal(int fd)
{
	const uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one)); /* full: signalled it is */
}

void event_signal_shared(int fd)
{
	/*
	 * There is no RWF_NOWAIT for writing one. What remains is a back end
	 * that fills the counter and clears the flag between these two calls:
	 * none does that but on purpose.
	 */
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	event_signal(fd);
}

uint64_t event_drain(int fd)
{
	uint64_t n;
	const struct iovec iov = { &n, sizeof(n) };

	return preadv2(fd, &iov, 1, -1, RWF_NOWAIT) == sizeof(n) ? n : 0;
}
