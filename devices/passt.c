// SPDX-License-Identifier: GPL-2.0-only
/*
 * passt.c: network without privileges: passt(1), started by us, turns the
 * frames of a stream socket into sockets of its own.
 *
 * It ends when its end of the socket pair closes, so also when we are killed.
 * When it dies the card's link goes down, and the guest's next start of the
 * card starts another one; not for ever, since the guest may be what kills it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "log.h"
#include "netstream.h"
#include "unix_socket.h"

/* The socket's number in the child. */
#define CHILD_FD 3
/* Its socket is closed by then, or it is dead: that takes no time. */
#define CHILD_PATIENCE_MS 1000U
/* How often it is started again. */
#define MAX_RESTARTS 16U

struct passt {
	pid_t child; /* 0: none */
	struct spawner *spawner;
	char *tcp, *udp;
	unsigned int nr_restarts; /* the ones that failed too */
	struct netstream stream;
};

static struct passt *passt_of(const struct netdev *n)
{
	return container_of((struct netstream *)n->own, struct passt, stream);
}

/* --- the child -------------------------------------------------------------- */

static int start_child(struct passt *p, int *fd)
{
	const char *const argv[] = {
		"passt",       "--foreground", "--quiet",     "--fd", "3",
		"--tcp-ports", p->tcp,	       "--udp-ports", p->udp, NULL,
	};
	struct child_fd theirs = { .theirs = CHILD_FD };
	int sv[2];
	int err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv)) {
		err = -errno;
		log_err("network passt: no socket for it: %s", errno_text(err));
		return err;
	}
	unix_refuse_fds(sv[0]);
	theirs.ours = sv[1];
	err = child_start(p->spawner, &p->child, argv, &theirs, 1);
	close(sv[1]);
	if (!err) {
		*fd = sv[0];
		return 0;
	}
	close(sv[0]);
	if (err == -ENOENT)
		log_err("network passt: there is no passt on PATH; install it "
			"(apt install passt), or give -n tap,if=NAME");
	else
		log_err("network passt: cannot start passt: %s",
			errno_text(err));
	return err;
}

/* --- the netdev ------------------------------------------------------------- */

static int passt_start(struct netdev *n, uint64_t features)
{
	struct passt *p = passt_of(n);
	int fd = -1;

	if (netstream_start(n, features) == 0)
		return 0;
	(void)child_end(&p->child, CHILD_PATIENCE_MS);
	if (p->nr_restarts == MAX_RESTARTS)
		return -ENOTCONN;
	p->nr_restarts++;
	if (start_child(p, &fd))
		return -ENOTCONN;
	netstream_reopen(n, fd);
	log_info("network passt: started again%s",
		 p->nr_restarts == MAX_RESTARTS ? " for the last time" : "");
	return 0;
}

static void passt_free(struct passt *p)
{
	free(p->tcp);
	free(p->udp);
	free(p);
}

static void passt_close(struct netdev *n)
{
	struct passt *p = passt_of(n);

	close(n->fd[0]);
	n->fd[0] = -1;
	(void)child_end(&p->child, CHILD_PATIENCE_MS);
	passt_free(p);
	n->own = NULL;
}

static const struct netdev_class passt_class = {
	.send = netstream_send,
	.flush = netstream_flush,
	.receive = netstream_receive,
	.start = passt_start,
	.close = passt_close,
	.reads_ahead = true,
};

int passt_open(struct netdev *n, const struct passt_config *c)
{
	struct passt *p = calloc(1, sizeof(*p));
	int fd = -1, err;

	if (!p) {
		log_err("network passt: out of memory");
		return -ENOMEM;
	}
	p->spawner = c->spawner;
	p->tcp = strdup(c->tcp ? c->tcp : "none");
	p->udp = strdup(c->udp ? c->udp : "none");
	if (!p->tcp || !p->udp) {
		log_err("network passt: out of memory");
		err = -ENOMEM;
	} else {
		err = start_child(p, &fd);
	}
	if (err) {
		passt_free(p);
		return err;
	}
	memset(n, 0, sizeof(*n));
	memset(n->fd, 0xff, sizeof(n->fd));
	memcpy(n->name, "passt", sizeof("passt"));
	n->class = &passt_class;
	n->own = &p->stream;
	n->mtu = PASST_MTU;
	n->nr_pairs = 1;
	n->fd[0] = fd;
	return 0;
}
