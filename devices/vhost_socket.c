// SPDX-License-Identifier: GPL-2.0-only
/* vhost_socket.c: a vhost-user back end that somebody else started. */
#include "vhost_peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "unix_socket.h"

static const char *remedy(int err)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return "; start the back end first, it makes the socket";
	case EAGAIN:
		return "; it serves somebody else";
	case EACCES:
		return "; its owner may give you the right to write to it";
	default:
		return "";
	}
}

static int socket_connect(struct vhost_peer *p)
{
	int fd = unix_connect(p->own);

	if (fd < 0)
		(void)snprintf(p->why, sizeof(p->why), "%s%s", errno_text(fd),
			       remedy(-fd));
	return fd;
}

static void socket_disconnect(struct vhost_peer *p)
{
	(void)p;
}

static void socket_close(struct vhost_peer *p)
{
	free(p->own);
	p->own = NULL;
}

static const struct vhost_peer_class socket_class = {
	.connect = socket_connect,
	.disconnect = socket_disconnect,
	.close = socket_close,
};

int vhost_socket_open(struct vhost_peer *p, const char *path)
{
	const size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	memset(p, 0, sizeof(*p));
	if (strlen(path) > max) {
		log_err("--vhost-user %.64s...: a socket's path has at most "
			"%zu characters",
			path, max);
		return -ENAMETOOLONG;
	}
	p->own = strdup(path);
	if (!p->own) {
		log_err("--vhost-user %s: out of memory", path);
		return -ENOMEM;
	}
	(void)snprintf(p->name, sizeof(p->name), "back end at %.80s", path);
	p->class = &socket_class;
	return 0;
}
