/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vhost_peer.h: who serves a device's queues by vhost-user: somebody behind a
 * socket, or a program that we start (virtiofsd).
 *
 * Nothing here is locked: the device's lock does.
 */
#ifndef LKVM_PVM_VHOST_PEER_H
#define LKVM_PVM_VHOST_PEER_H

#include "base.h"

struct vhost_peer;

struct vhost_peer_class {
	/*
	 * A connection, which the caller owns: its fd, non-blocking; -errno
	 * with the reason and the remedy in @p->why; -EBUSY: not yet, which
	 * took no time and may be asked again and again.
	 */
	int (*connect)(struct vhost_peer *p);
	/*
	 * The connection is closed, by us; a program of ours ends, and why says
	 * what it said last.
	 */
	void (*disconnect)(struct vhost_peer *p);
	/*
	 * After a disconnect() of a peer that never spoke: whether connect()
	 * will try something else. NULL: it will not.
	 */
	bool (*retry)(struct vhost_peer *p);
	/*
	 * Reads what a program of ours says, from @p->said when that is
	 * readable, or it would wait for us. false: that was the end of it.
	 * NULL: we do not listen to it.
	 */
	bool (*hear)(struct vhost_peer *p);
	void (*close)(struct vhost_peer *p);
	/* Started by us: each run of the device gets a new one. */
	bool is_ours;
};

struct vhost_peer {
	const struct vhost_peer_class *class; /* NULL: closed */
	char name[96]; /* "virtiofsd for /srv": for messages */
	char why[256];
	int said;	 /* for hear(), while connected */
	bool has_spoken; /* once, over any connection; the device sets it */
	void *own;
};

static inline void vhost_peer_close(struct vhost_peer *p)
{
	if (p->class)
		p->class->close(p);
	p->class = NULL;
}

/* --- vhost_socket.c ---------------------------------------------------------- */

/* A back end that listens on @path. 0, or -errno with one line logged. */
int __must_check vhost_socket_open(struct vhost_peer *p, const char *path);

/* --- virtiofsd.c -------------------------------------------------------------- */

struct spawner;

struct virtiofsd_config {
	const char *dir;
	bool ro;
	bool is_root;		 /* of exec's --root, not --share */
	struct spawner *spawner; /* borrowed; NULL: we start it ourselves */
};

/*
 * Finds virtiofsd and looks at the directory; connect() starts it. 0, or
 * -errno with one line logged.
 */
int __must_check virtiofsd_open(struct vhost_peer *p,
				const struct virtiofsd_config *c);

/* virtiofsd's file name: of PATH, or where Debian has it; false: there is none. */
bool virtiofsd_find(char *path, size_t size);
/* Whether that one can share what the guest may only read. */
bool virtiofsd_can_ro(const char *program);

/* --- passt_peer.c ------------------------------------------------------------- */

struct passt_config;

/*
 * passt(1), when the one on PATH serves vhost-user: connect() starts it. @c is
 * copied. 0; -ENOTSUP, nothing logged: it is an older one, or there is none; or
 * another -errno with one line logged.
 */
int __must_check passt_peer_open(struct vhost_peer *p,
				 const struct passt_config *c);

#endif
