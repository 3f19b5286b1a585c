// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c: eventfds of queues.
 *
 * A back end in another process has the same open file, and O_NONBLOCK is of
 * the file: crosvm's back ends clear it. One that also fills the counter would
 * have a write(2) wait for ever, whatever is done about the flag before. There is
 * no RWF_NOWAIT for writing an eventfd; but what the kernel itself signals, the
 * end of an asynchronous request, waits for nobody. The request is to know
 * whether that eventfd can be read or written, which is always so.
 */
#include "event.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_AT_ONCE 16

void event_signal(int fd)
{
	const uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one)); /* full: signalled it is */
}

struct event_aio event_aio_open(void)
{
	aio_context_t context = 0;

	/* Not in every kernel, and limited. */
	if (syscall(SYS_io_setup, MAX_AT_ONCE, &context))
		context = 0;
	return (struct event_aio){ context };
}

void event_aio_close(struct event_aio *a)
{
	if (a->context)
		(void)syscall(SYS_io_destroy, a->context);
	a->context = 0;
}

static bool signal_by_aio(const struct event_aio *a, int fd)
{
	struct iocb request = {
		.aio_lio_opcode = IOCB_CMD_POLL,
		.aio_fildes = (uint32_t)fd,
		.aio_buf = POLLIN | POLLOUT,
		.aio_flags = IOCB_FLAG_RESFD,
		.aio_resfd = (uint32_t)fd,
	};
	struct iocb *requests = &request;
	struct timespec at_once = { 0 };
	struct io_event done;

	if (!a->context ||
	    syscall(SYS_io_submit, a->context, 1, &requests) != 1)
		return false;
	(void)syscall(SYS_io_getevents, a->context, 0, 1, &done, &at_once);
	return true;
}

void event_signal_shared(const struct event_aio *a, int fd)
{
	if (signal_by_aio(a, fd))
		return;
	/* It is left to the back end not to clear it between the two. */
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	event_signal(fd);
}

uint64_t event_drain(int fd)
{
	uint64_t n;
	const struct iovec iov = { &n, sizeof(n) };

	return preadv2(fd, &iov, 1, -1, RWF_NOWAIT) == sizeof(n) ? n : 0;
}
