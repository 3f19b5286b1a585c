/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control.h: the control socket of a running VM: where it is, what is said on
 * it, and who serves it. HACKING.md, "The control socket", has the protocol.
 *
 * Portable: the server asks a struct control_host what it cannot know itself.
 */
#ifndef LKVM_PVM_CONTROL_H
#define LKVM_PVM_CONTROL_H

#include <jansson.h>

#include "base.h"
#include "loop.h"

#define CONTROL_VERSION	 1
#define CONTROL_NAME_MAX 63U
#define CONTROL_LINE_MAX 4096U /* bytes of a request, its end included */
#define CONTROL_CLIENTS	 32U   /* at the same time */
#define CONTROL_PATH_MAX 256U
/* A client that says or takes nothing for so long is hung up on. */
#define CONTROL_PATIENCE_MS 10000U

/* --- where: control_dir.c -------------------------------------------------- */

/* Letters, digits, "-", "." and "_", the first a letter or digit. */
bool control_name_ok(const char *name);

/*
 * The directory of this user's sockets: $XDG_RUNTIME_DIR/lkvm-pvm, without one
 * /run/lkvm-pvm of root, /tmp/lkvm-pvm-UID of others. -ENAMETOOLONG.
 */
int __must_check control_dir_path(char *path, size_t size);

/*
 * Opens that directory, which must be this user's own and nobody else's to
 * enter; with @create it is made when it is not there. Its path goes to @path
 * (CONTROL_PATH_MAX bytes). fd, or -errno with the reason and the remedy in
 * @why (512 bytes); -ENOENT: there is none, and so no VM.
 */
int __must_check control_dir_open(bool create, char *path, char *why);

/*
 * The same of root's VMs that have no XDG_RUNTIME_DIR, as services, for a root
 * who has one; -ENOENT for everybody else, too.
 */
int __must_check control_dir_open_system(char *path, char *why);

/*
 * One process at a time changes what is in there. 0, or -errno: somebody has
 * kept the lock for seconds. Ends with the fd, too.
 */
int __must_check control_dir_lock(int dir);
void control_dir_unlock(int dir);

/* The socket of @name: 0, -EINVAL or -ENAMETOOLONG. */
int __must_check control_socket_path(const char *dir, const char *name,
				     char *path, size_t size);

/* Calls @each with the name of every socket, in order; 0 or -errno. */
int __must_check control_dir_each(int dir,
				  int (*each)(void *ctx, const char *name),
				  void *ctx);

/* --- what is said: control_request.c --------------------------------------- */

enum control_verb {
	CONTROL_LIST, /* who it is, and its state */
	CONTROL_STAT,
	CONTROL_WAIT,
	CONTROL_STOP, /* press the power key */
	CONTROL_KILL,
	CONTROL_PAUSE,
	CONTROL_RESUME,
	CONTROL_SYSRQ,
	CONTROL_MAP,
	CONTROL_CONSOLE, /* from here on the connection is the console's */
	/* from here on only of a VM that was started with --debug */
	CONTROL_RECLAIM,
	CONTROL_UNPLUG,
	CONTROL_MEMLOCK,
	CONTROL_STOP_VCPU,
	CONTROL_START_VCPU,
	CONTROL_REGS,
	CONTROL_STEP,
	CONTROL_BACKTRACE,
	CONTROL_NR_VERBS
};

struct control_request {
	enum control_verb verb;
	unsigned int seconds; /* KILL: how long the guest was waited for */
	char key;	      /* SYSRQ: a letter or digit */
	bool has_page, has_bytes, has_vcpu;
	uint64_t page;	/* RECLAIM, UNPLUG: an address; none: a random one */
	uint64_t bytes; /* MEMLOCK: the soft limit; none: as much as it may */
	unsigned int vcpu; /* REGS: none: all of them */
	bool pss; /* STAT: its Pss, too, for which it looks at each page */
};

/* A key of sysrq: one small letter or digit. */
static inline bool control_is_sysrq(const char *key)
{
	bool is_one = (key[0] >= 'a' && key[0] <= 'z') ||
		      (key[0] >= '0' && key[0] <= '9');

	return is_one && !key[1];
}

/*
 * One line without its end. 0, or -EINVAL with one line for the client in
 * @why (256 bytes).
 */
int __must_check control_request_parse(const char *line, size_t len,
				       struct control_request *r, char *why);
/* The line that says it, with its end; owned by the caller, NULL: no memory. */
char *control_request_format(const struct control_request *r);

/* --- who serves it: control.c ---------------------------------------------- */

struct control_host {
	void *ctx;
	/*
	 * Answers a request: an object, to which the server adds "v" and "ok";
	 * NULL for no memory. With an "error" in it, it was not done. Not
	 * called for WAIT, which is answered at the end, and CONSOLE. Loop's
	 * thread.
	 */
	json_t *(*answer)(void *ctx, const struct control_request *r);
	/*
	 * CONSOLE: takes over @fd, and answers; or -errno and nothing done:
	 * -EBUSY: too many have it.
	 */
	int (*attach)(void *ctx, int fd);
};

struct control; /* one VM's */

/*
 * Takes the name @name, or one made of the process id when NULL: from here on
 * clients may connect, though nobody is served yet. 0, or -errno, which was
 * logged: -EEXIST when a VM has the name already.
 */
int __must_check control_open(struct control **out, const char *name);
const char *control_name(const struct control *c);

/* Clients are served by @loop from here on. 0 or -errno. */
int __must_check control_start(struct control *c, struct loop *loop,
			       const struct control_host *host);
/* ... and no longer; before loop_fini(). */
void control_stop(struct control *c);

/*
 * Gives the name back, tells everybody who waits (and who asked meanwhile)
 * @end, which it takes over, and frees @c. NULL is fine for both.
 */
void control_close(struct control *c, json_t *end);

#endif
