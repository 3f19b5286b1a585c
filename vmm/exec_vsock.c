// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_vsock.c: exec's end of a vsock connection: a socket pair, whose other end
 * the device has for the guest's first connection to our port.
 *
 * Both ends are served on the loop's thread, so what is there to be read does not
 * grow meanwhile. A connection that is over is no end: the init that notices
 * switches its guest off.
 */
#include "exec_state.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

static void end_ready(struct watch *w, uint32_t events)
{
	struct exec *e = container_of(w, struct exec, vsock);
	uint8_t bytes[2048];
	ssize_t n;

	(void)events;
	while ((n = recv(w->fd, bytes, sizeof(bytes), 0)) > 0)
		exec_take(e, EXEC_CHANNEL_VSOCK, bytes, (size_t)n, NULL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		exec_wake(e); /* there may be room */
	else
		exec_vsock_close(e);
}

int exec_vsock(struct exec *e, struct virtio_vsock *v)
{
	int ends[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       ends)) {
		ret = -errno;
		log_err("exec: no sockets: %s", errno_text(ret));
		return ret;
	}
	e->vsock = (struct watch){
		.fd = ends[0],
		.events = EPOLLIN | EPOLLOUT | EPOLLET,
		.ready = end_ready,
	};
	virtio_vsock_hand_over(v, EXEC_VSOCK_PORT, ends[1]);
	ret = loop_add(&e->vm->loop, &e->vsock);
	if (ret)
		log_err("exec: %s", errno_text(ret));
	return ret;
}

size_t exec_vsock_send(struct exec *e, const uint8_t *bytes, size_t len)
{
	ssize_t n = send(e->vsock.fd, bytes, len, MSG_NOSIGNAL);

	return n > 0 ? (size_t)n : 0;
}

void exec_vsock_close(struct exec *e)
{
	if (e->vsock.fd < 0)
		return;
	loop_remove(&e->vm->loop, &e->vsock);
	close(e->vsock.fd);
	e->vsock.fd = -1;
}
