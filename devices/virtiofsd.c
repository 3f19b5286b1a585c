// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtiofsd.c: virtiofsd(1), started by us for one directory.
 *
 * It wants a listening socket and serves the first who connects to it. That is
 * us: the socket is bound in a directory that is ours alone, connected to and
 * unlinked again before virtiofsd runs. It ends when we close the connection,
 * so also when we are killed.
 *
 * There are two: the one in Rust, and the older one in C of QEMU 7.2 (Debian
 * 12) with options of its own. Both confine themselves as the place allows:
 * with a root file system that cannot be pivoted, or without user namespaces,
 * less than they would like to.
 *
 * Both may fork, and it is the child that serves then: the window is its own
 * until it has ended, too. That is when nobody has the pipe any more that all of
 * them print to (the kernel takes memory before files); before, there is no next
 * one.
 */
#include "vhost_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "log.h"
#include "unix_socket.h"

#define CHILD_FD	  3
#define CHILD_PATIENCE_MS 2000U
/* For those that it started, all of them killed. */
#define LAST_PATIENCE_MS 2000U

enum sandbox {
	SANDBOX_NAMESPACE,
	SANDBOX_CHROOT,
	SANDBOX_NONE,
};

static const char *const sandboxes[] = { "namespace", "chroot", "none" };

struct virtiofsd {
	pid_t child;
	struct spawner *spawner;
	const char *option; /* that asked for it */
	bool ro, is_rust;
	enum sandbox sandbox, weakest;
	bool told_sandbox;
	int left; /* the pipe of one that left a process behind; or -1 */
	bool told_left;
	char *dir;
	char program[128];
	char words[1024]; /* the last nr_words bytes that it printed */
	size_t nr_words;
};

/* --- which one --------------------------------------------------------------- */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(path, X_OK) == 0;
}

bool virtiofsd_find(char *path, size_t size)
{
	/* Debian keeps it out of PATH. */
	static const char *const places[] = { "/usr/libexec", "/usr/lib/qemu" };
	const char *at = getenv("PATH");
	size_t len;

	for (; at && *at; at += len + (at[len] == ':')) {
		len = strcspn(at, ":");
		if (len > 0 &&
		    snprintf(path, size, "%.*s/virtiofsd", (int)len, at) <
			    (int)size &&
		    is_program(path))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		(void)snprintf(path, size, "%s/virtiofsd", places[i]);
		if (is_program(path))
			return true;
	}
	return false;
}

static bool shares_read_only(const char *help)
{
	return strstr(help, "--readonly") != NULL;
}

bool virtiofsd_can_ro(const char *program)
{
	char *help = calloc(1, CHILD_HELP_MAX);
	bool can = help && !child_help(program, help) && shares_read_only(help);

	free(help);
	return can;
}

static int get_to_know(struct virtiofsd *v, bool is_root)
{
	char *help = calloc(1, CHILD_HELP_MAX);
	int err = -ENOMEM;

	if (help)
		err = child_help(v->program, help);
	if (err) {
		log_err("%s %s: cannot start %s: %s", v->option, v->dir,
			v->program, errno_text(err));
	} else {
		v->is_rust = strstr(help, "--shared-dir") != NULL;
		v->weakest = v->is_rust ? SANDBOX_NONE : SANDBOX_CHROOT;
		if (v->ro && !shares_read_only(help)) {
			log_err("%s %s%s: %s cannot share read-only; install "
				"virtiofsd 1.11 or later (Debian 13), or %s",
				v->option, v->dir, is_root ? "" : ",ro",
				v->program,
				is_root ? "give an image (mksquashfs)"
					: "leave ro out");
			err = -ENOTSUP;
		}
	}
	free(help);
	return err;
}

/* --- the socket -------------------------------------------------------------- */

/* A directory that nobody else can look into. */
static bool make_private_dir(char *path, size_t size)
{
	const char *const places[] = { getenv("XDG_RUNTIME_DIR"),
				       getenv("TMPDIR"), "/tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!places[i] || strlen(places[i]) > 60)
			continue;
		(void)snprintf(path, size, "%s/lkvm-pvm-XXXXXX", places[i]);
		if (mkdtemp(path))
			return true;
	}
	return false;
}

/* fds[0]: ours, connected; fds[1]: listens. 0 or -errno. */
static int listen_and_connect(int fds[2], const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const struct sockaddr *sa = (const struct sockaddr *)&a;
	int err = 0;

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	fds[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fds[0] >= 0)
		unix_refuse_fds(fds[0]);
	if (fds[0] < 0 || fds[1] < 0 || bind(fds[1], sa, sizeof(a)) ||
	    listen(fds[1], 1) || connect(fds[0], sa, sizeof(a)))
		err = -errno;
	if (!err)
		return 0;
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return err;
}

static int make_sockets(int fds[2])
{
	char dir[96], path[108];
	int err;

	if (!make_private_dir(dir, sizeof(dir)))
		return -errno;
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	err = listen_and_connect(fds, path);
	(void)unlink(path);
	(void)rmdir(dir);
	return err;
}

/* --- the child --------------------------------------------------------------- */

struct arguments {
	const char *argv[12];
	char dir[4096 + 32], sandbox[32];
};

static void set_arguments(struct arguments *a, const struct virtiofsd *v)
{
	const char *confined = sandboxes[v->sandbox];
	unsigned int n = 0;

	a->argv[n++] = v->program;
	a->argv[n++] = "--fd=3";
	if (v->is_rust) {
		(void)snprintf(a->dir, sizeof(a->dir), "--shared-dir=%s",
			       v->dir);
		(void)snprintf(a->sandbox, sizeof(a->sandbox), "--sandbox=%s",
			       confined);
		a->argv[n++] = a->dir;
		a->argv[n++] = a->sandbox;
		a->argv[n++] = "--log-level=error";
		if (v->ro)
			a->argv[n++] = "--readonly";
	} else {
		(void)snprintf(a->dir, sizeof(a->dir), "-osource=%s", v->dir);
		(void)snprintf(a->sandbox, sizeof(a->sandbox), "-osandbox=%s",
			       confined);
		a->argv[n++] = "-f";
		a->argv[n++] = a->dir;
		a->argv[n++] = a->sandbox;
		a->argv[n++] = "-olog_level=err";
	}
	a->argv[n] = NULL;
}

static int start_child(struct vhost_peer *p, int listener)
{
	struct virtiofsd *v = p->own;
	struct child_fd fds[] = { { listener, CHILD_FD },
				  { .theirs = STDOUT_FILENO },
				  { .theirs = STDERR_FILENO } };
	struct arguments *a = calloc(1, sizeof(*a));
	int said[2] = { -1, -1 }, err = 0;

	if (!a || pipe2(said, O_CLOEXEC))
		err = a ? -errno : -ENOMEM;
	if (!err) {
		(void)fcntl(said[0], F_SETFL, O_NONBLOCK);
		v->nr_words = 0;
		set_arguments(a, v);
		fds[1].ours = fds[2].ours = said[1];
		err = child_start(v->spawner, &v->child, a->argv, fds,
				  ARRAY_SIZE(fds));
		close(said[1]);
		if (err)
			close(said[0]);
		else
			p->said = said[0];
	}
	free(a);
	return err;
}

/* Of all that it says, the end is kept. */
static void add_words(struct virtiofsd *v, const char *text, size_t len)
{
	const size_t max = sizeof(v->words);
	size_t keep;

	if (len > max) {
		text += len - max;
		len = max;
	}
	keep = v->nr_words < max - len ? v->nr_words : max - len;
	memmove(v->words, v->words + v->nr_words - keep, keep);
	memcpy(v->words + keep, text, len);
	v->nr_words = keep + len;
}

/* Reads what is there; whether more may come. */
static bool hear(struct virtiofsd *v, int fd)
{
	char text[2048];
	ssize_t n = 1;

	/* As much as a pipe holds, however fast it goes on. */
	for (unsigned int i = 0; n > 0 && i < KIB(64) / sizeof(text); i++) {
		n = read(fd, text, sizeof(text));
		if (n > 0)
			add_words(v, text, (size_t)n);
	}
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool virtiofsd_hear(struct vhost_peer *p)
{
	return hear(p->own, p->said);
}

/* Whether the end came, of all that could print. */
static bool hear_the_end(struct virtiofsd *v, int fd)
{
	const struct timespec pause = { .tv_nsec = 5000000 };

	for (unsigned int ms = 0; ms < LAST_PATIENCE_MS; ms += 5) {
		if (!hear(v, fd))
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return !hear(v, fd);
}

/* The last line of what it said, made harmless. */
static void keep_last_words(struct vhost_peer *p, const struct virtiofsd *v)
{
	char text[sizeof(v->words) + 1];
	char *line, *end = text + v->nr_words;

	memcpy(text, v->words, v->nr_words);
	*end = '\0';
	for (char *c = text; c < end; c++) {
		if (*c == '\0')
			*c = '?';
	}
	while (end > text && end[-1] == '\n')
		*--end = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	for (char *c = line; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	(void)snprintf(p->why, sizeof(p->why), "%.200s", line);
}

/* --- the peer ---------------------------------------------------------------- */

/* Of what one before had started. */
static bool nobody_is_left(struct virtiofsd *v)
{
	if (v->left < 0)
		return true;
	if (hear(v, v->left))
		return false;
	close(v->left);
	v->left = -1;
	return true;
}

static int virtiofsd_connect(struct vhost_peer *p)
{
	struct virtiofsd *v = p->own;
	int fds[2] = { -1, -1 };
	int err;

	if (!nobody_is_left(v)) {
		(void)snprintf(p->why, sizeof(p->why),
			       "one before left a process behind that is there "
			       "still, and has the guest's memory");
		return -EBUSY;
	}
	err = make_sockets(fds);
	if (err) {
		(void)snprintf(p->why, sizeof(p->why),
			       "no socket for it, below $XDG_RUNTIME_DIR, "
			       "$TMPDIR or /tmp: %s",
			       errno_text(err));
		return err;
	}
	err = start_child(p, fds[1]);
	close(fds[1]);
	if (err) {
		close(fds[0]);
		(void)snprintf(p->why, sizeof(p->why), "cannot start %s: %s",
			       v->program, errno_text(err));
		return err;
	}
	if (v->sandbox == SANDBOX_NONE && !v->told_sandbox) {
		log_warn("%s %s: virtiofsd ended when it was to confine "
			 "itself, and is tried without; a guest that finds a "
			 "fault in it has your rights then",
			 v->option, v->dir);
		v->told_sandbox = true;
	}
	return fds[0];
}

static void virtiofsd_disconnect(struct vhost_peer *p)
{
	struct virtiofsd *v = p->own;

	p->why[0] = '\0';
	(void)child_end(&v->child, CHILD_PATIENCE_MS);
	if (p->said < 0)
		return;
	if (hear_the_end(v, p->said)) {
		close(p->said);
	} else {
		if (!v->told_left)
			log_warn("%s %s: virtiofsd was killed, but not "
				 "what it started: the guest does not get its "
				 "share again until that has ended, too",
				 v->option, v->dir);
		v->told_left = true;
		v->left = p->said;
	}
	p->said = -1;
	keep_last_words(p, v);
}

/* It ended before it said a word: less confinement is what is left to try. */
static bool virtiofsd_retry(struct vhost_peer *p)
{
	struct virtiofsd *v = p->own;
	enum sandbox next = v->sandbox + 1;

	/* What once worked is possible here: this has another cause. */
	if (p->has_spoken)
		return false;
	/* Only root can change its root directory. */
	if (next == SANDBOX_CHROOT && geteuid() != 0)
		next++;
	if (next > v->weakest) {
		v->sandbox = SANDBOX_NAMESPACE; /* the next time, anew */
		return false;
	}
	v->sandbox = next;
	log_debug("%s %s: virtiofsd: %s; trying --sandbox=%s", v->option,
		  v->dir, p->why, sandboxes[v->sandbox]);
	return true;
}

static void virtiofsd_close(struct vhost_peer *p)
{
	struct virtiofsd *v = p->own;

	virtiofsd_disconnect(p);
	if (v->left >= 0)
		close(v->left);
	free(v->dir);
	free(v);
	p->own = NULL;
}

static const struct vhost_peer_class virtiofsd_class = {
	.connect = virtiofsd_connect,
	.disconnect = virtiofsd_disconnect,
	.retry = virtiofsd_retry,
	.hear = virtiofsd_hear,
	.close = virtiofsd_close,
	.is_ours = true,
};

static int look_at_dir(const char *option, const char *dir)
{
	struct stat st;

	if (stat(dir, &st) || (S_ISDIR(st.st_mode) && access(dir, R_OK | X_OK)))
		log_err("%s %s: %s", option, dir, errno_text(errno));
	else if (!S_ISDIR(st.st_mode))
		log_err("%s %s: not a directory; share the one it is in",
			option, dir);
	else
		return 0;
	return -ENOTDIR;
}

int virtiofsd_open(struct vhost_peer *p, const struct virtiofsd_config *c)
{
	const char *option = c->is_root ? "--root" : "--share";
	int err = look_at_dir(option, c->dir);
	struct virtiofsd *v;

	memset(p, 0, sizeof(*p));
	if (err)
		return err;
	v = calloc(1, sizeof(*v));
	if (v)
		v->dir = strdup(c->dir);
	if (!v || !v->dir) {
		free(v);
		log_err("%s %s: out of memory", option, c->dir);
		return -ENOMEM;
	}
	p->said = v->left = -1;
	v->option = option;
	v->ro = c->ro;
	v->spawner = c->spawner;
	if (!virtiofsd_find(v->program, sizeof(v->program))) {
		log_err("%s %s: there is no virtiofsd, on PATH or in "
			"/usr/libexec; install it (apt install virtiofsd)",
			option, c->dir);
		err = -ENOENT;
	} else {
		err = get_to_know(v, c->is_root);
	}
	p->own = v;
	if (err) {
		virtiofsd_close(p);
		return err;
	}
	(void)snprintf(p->name, sizeof(p->name), "virtiofsd for %.70s", c->dir);
	p->class = &virtiofsd_class;
	return 0;
}
