// SPDX-License-Identifier: GPL-2.0-only
/*
 * passt_peer.c: passt(1) as a vhost-user back end: it moves packets between its
 * sockets and the window itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "log.h"
#include "netdev.h"
#include "unix_socket.h"
#include "vhost_peer.h"

#define CHILD_FD 3
/* Its socket is closed by then. */
#define CHILD_PATIENCE_MS 1000U

struct passt_peer {
	pid_t child;
	struct spawner *spawner;
	char *tcp, *udp;
};

static int peer_connect(struct vhost_peer *p)
{
	struct passt_peer *own = p->own;
	const char *const argv[] = {
		"passt",       "--vhost-user", "--foreground",
		"--quiet",     "--fd",	       "3",
		"--tcp-ports", own->tcp,       "--udp-ports",
		own->udp,      NULL,
	};
	struct child_fd theirs = { .theirs = CHILD_FD };
	int sv[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv)) {
		err = -errno;
		(void)snprintf(p->why, sizeof(p->why), "no socket for it: %s",
			       errno_text(err));
		return err;
	}
	(void)fcntl(sv[0], F_SETFL, O_NONBLOCK); /* not passt's end */
	unix_refuse_fds(sv[0]);
	theirs.ours = sv[1];
	err = child_start(own->spawner, &own->child, argv, &theirs, 1);
	close(sv[1]);
	if (!err)
		return sv[0];
	close(sv[0]);
	(void)snprintf(p->why, sizeof(p->why), "cannot start it: %s",
		       errno_text(err));
	return err;
}

static void peer_disconnect(struct vhost_peer *p)
{
	struct passt_peer *own = p->own;

	p->why[0] = '\0';
	(void)child_end(&own->child, CHILD_PATIENCE_MS);
}

static void peer_close(struct vhost_peer *p)
{
	struct passt_peer *own = p->own;

	(void)child_end(&own->child, CHILD_PATIENCE_MS);
	free(own->tcp);
	free(own->udp);
	free(own);
	p->own = NULL;
}

static const struct vhost_peer_class peer_class = {
	.connect = peer_connect,
	.disconnect = peer_disconnect,
	.close = peer_close,
	.is_ours = true,
};

static bool has_vhost_user(void)
{
	char *help = calloc(1, CHILD_HELP_MAX);
	bool has = help && child_help("passt", help) == 0 &&
		   strstr(help, "--vhost-user") != NULL;

	free(help);
	return has;
}

int passt_peer_open(struct vhost_peer *p, const struct passt_config *c)
{
	struct passt_peer *own;

	if (!has_vhost_user())
		return -ENOTSUP;
	memset(p, 0, sizeof(*p));
	own = calloc(1, sizeof(*own));
	if (own) {
		own->spawner = c->spawner;
		own->tcp = strdup(c->tcp ? c->tcp : "none");
		own->udp = strdup(c->udp ? c->udp : "none");
	}
	p->own = own;
	if (!own || !own->tcp || !own->udp) {
		log_err("network passt: out of memory");
		if (own)
			peer_close(p);
		return -ENOMEM;
	}
	memcpy(p->name, "passt", sizeof("passt"));
	p->class = &peer_class;
	return 0;
}
