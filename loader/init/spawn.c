// SPDX-License-Identifier: GPL-2.0-only
/* spawn.c: starts the command: who it is, where, with what. */
#include "init.h"

#include <asm/ioctls.h>
#include <asm/termios.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/signal.h>

#define FILE_SIZE 16384U

/* Our ends and the command's of its three streams. */
struct streams {
	int ours[3], its[3];
};

struct user {
	uint32_t uid, gid;
	char home[200];
};

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)sys(close, *fd, 0, 0, 0, 0);
	*fd = -1;
}

static void close_streams(int fds[3])
{
	for (int i = 0; i < 3; i++) {
		int fd = fds[i];

		/* A terminal is all three. */
		for (int k = i; fd >= 0 && k < 3; k++)
			if (fds[k] == fd)
				fds[k] = -1;
		close_one(&fd);
	}
}

static void not_blocking(int fd)
{
	long flags = sys(fcntl, fd, F_GETFL, 0, 0, 0);

	(void)sys(fcntl, fd, F_SETFL, flags | O_NONBLOCK, 0, 0);
}

static int make_pipes(struct streams *s)
{
	for (int i = 0; i < 3; i++) {
		int fds[2] = { -1, -1 };
		long ret = sys(pipe2, fds, O_CLOEXEC, 0, 0, 0);

		if (ret < 0) {
			close_streams(s->ours);
			close_streams(s->its);
			return (int)-ret;
		}
		s->ours[i] = fds[i == 0];
		s->its[i] = fds[i != 0];
		not_blocking(s->ours[i]);
	}
	return 0;
}

static int make_terminal(struct streams *s, const struct exec_size *size)
{
	long ours = sys(openat, AT_FDCWD, "/dev/ptmx",
			O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0, 0);
	const struct child child = { .in = (int)ours };
	int unlock = 0;
	long its;

	if (ours < 0)
		return (int)-ours;
	(void)sys(ioctl, ours, TIOCSPTLCK, &unlock, 0, 0);
	resize(&child, size);
	its = sys(ioctl, ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC, 0,
		  0);
	if (its < 0) {
		(void)sys(close, ours, 0, 0, 0, 0);
		return (int)-its;
	}
	for (int i = 0; i < 3; i++) {
		s->ours[i] = i < 2 ? (int)ours : -1;
		s->its[i] = (int)its;
	}
	return 0;
}

void resize(const struct child *child, const struct exec_size *size)
{
	const struct winsize ws = { .ws_col = le16_get(size->cols),
				    .ws_row = le16_get(size->rows) };

	if (ws.ws_col && child->in >= 0)
		(void)sys(ioctl, child->in, TIOCSWINSZ, &ws, 0, 0);
}

/* --- the user ---------------------------------------------------------------- */

/* A decimal number, and what follows it; false: none, or nobody's. */
static bool number(const char **text, uint32_t *n)
{
	const char *t = *text;
	uint64_t sum = 0;

	for (; *t >= '0' && *t <= '9'; t++) {
		sum = sum * 10 + (uint64_t)(*t - '0');
		if (sum >= UINT32_MAX) /* to the kernel that is "as it is" */
			return false;
	}
	if (t == *text)
		return false;
	*text = t;
	*n = (uint32_t)sum;
	return true;
}

/* Cuts the next field off, at @end; false when there is none. */
static char *field(char **line, char end)
{
	char *start = *line, *c = start;

	if (!start)
		return NULL;
	while (*c && *c != end)
		c++;
	*line = *c ? c + 1 : NULL;
	*c = '\0';
	return start;
}

/* "name:x:uid:gid:gecos:home:shell" */
static bool parse_user(char *line, const char *name, struct user *u)
{
	const char *word = field(&line, ':'), *uid, *gid, *home;

	if (!word || strcmp(word, name) != 0)
		return false;
	(void)field(&line, ':');
	uid = field(&line, ':');
	gid = field(&line, ':');
	(void)field(&line, ':');
	home = field(&line, ':');
	return uid && gid && home && number(&uid, &u->uid) &&
	       number(&gid, &u->gid) &&
	       copy_string(u->home, sizeof(u->home), home);
}

/* "1000", "1000:100", or a name of /etc/passwd. errno or 0. */
static int find_user(const char *name, struct user *u)
{
	static char text[FILE_SIZE];
	const char *at = name;
	char *lines = text, *line;
	long fd, n;

	(void)copy_string(u->home, sizeof(u->home), "/");
	if (number(&at, &u->uid)) {
		u->gid = u->uid;
		if (*at == ':') {
			at++;
			if (!number(&at, &u->gid))
				return EINVAL;
		}
		return *at ? EINVAL : 0;
	}
	fd = sys(openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0, 0);
	if (fd < 0)
		return (int)-fd;
	n = sys(read, fd, text, sizeof(text) - 1, 0, 0);
	(void)sys(close, fd, 0, 0, 0, 0);
	if (n < 0)
		return (int)-n;
	text[n] = '\0';
	while ((line = field(&lines, '\n')) != NULL)
		if (parse_user(line, name, u))
			return 0;
	return ENOENT;
}

static int become(const char *name, char *home, size_t size)
{
	struct user u;
	long ret = find_user(name, &u);

	if (ret)
		return (int)ret;
	/* /dev/stdin and its like are opened anew. */
	for (int i = 0; i < 3; i++)
		(void)sys(fchown, i, u.uid, u.gid, 0, 0);
	ret = sys(setgroups, 0, 0, 0, 0, 0);
	if (!ret)
		ret = sys(setresgid, u.gid, u.gid, u.gid, 0, 0);
	if (!ret)
		ret = sys(setresuid, u.uid, u.uid, u.uid, 0, 0);
	(void)copy_string(home, size, "HOME=");
	(void)add_string(home, size, u.home);
	return (int)-ret;
}

/* --- the command --------------------------------------------------------------- */

static const char *get_env(char *const *envs, const char *name)
{
	size_t len = strlen(name);

	for (; *envs; envs++) {
		size_t i = 0;

		while (i < len && (*envs)[i] == name[i])
			i++;
		if (i == len && (*envs)[len] == '=')
			return *envs + len + 1;
	}
	return NULL;
}

/* errno of the attempt that says most. */
static int exec_on_path(const char *path, char **args, char **envs)
{
	const char *end, *dir = path;
	char file[512];
	long ret, worst = -ENOENT;

	for (;; dir = end + 1) {
		size_t len = 0;

		end = dir;
		while (*end && *end != ':')
			end++;
		len = (size_t)(end - dir);
		if (len + 2 < sizeof(file)) {
			memcpy(file, dir, len);
			file[len] = '\0';
			if (len)
				(void)add_string(file, sizeof(file), "/");
			if (add_string(file, sizeof(file), args[0])) {
				ret = sys(execve, file, args, envs, 0, 0);
				if (ret != -ENOENT && ret != -ENOTDIR)
					worst = ret;
			}
		}
		if (!*end)
			return (int)-worst;
	}
}

static int exec_command(const struct command *c)
{
	static char shell[] = "/bin/sh";
	static char *shell_args[] = { shell, NULL };
	char **args = c->args[0] ? c->args : shell_args;
	const char *path = get_env(c->envs, "PATH");

	for (const char *s = args[0]; *s; s++)
		if (*s == '/')
			return (int)-sys(execve, args[0], args, c->envs, 0, 0);
	if (!args[0][0])
		return ENOENT;
	return exec_on_path(path ? path : "/bin", args, c->envs);
}

/* In the child; comes back when it cannot be. */
static struct failure run(const struct command *c, const struct streams *s)
{
	uint64_t no_signals = 0;
	char home[220] = "HOME=/";
	char **end = c->envs;
	long ret = 0;

	(void)sys(setsid, 0, 0, 0, 0, 0);
	if (c->tty)
		(void)sys(ioctl, s->its[0], TIOCSCTTY, 0, 0, 0);
	for (int i = 0; i < 3 && ret >= 0; i++)
		ret = sys(dup3, s->its[i], i, 0, 0, 0);
	if (ret < 0)
		return (struct failure){ EXEC_NOT_STARTED, (int)-ret };
	ret = 0;
	if (*c->cwd)
		ret = sys(chdir, c->cwd, 0, 0, 0, 0);
	if (ret < 0)
		return (struct failure){ EXEC_NO_CWD, (int)-ret };
	if (*c->user)
		ret = become(c->user, home, sizeof(home));
	if (ret)
		return (struct failure){ EXEC_NO_USER, (int)ret };
	while (*end)
		end++;
	if (!get_env(c->envs, "HOME")) {
		*end++ = home; /* there is room for one more */
		*end = NULL;
	}
	(void)sys(rt_sigprocmask, SIG_SETMASK, &no_signals, 0,
		  sizeof(no_signals), 0);
	return (struct failure){ EXEC_NOT_STARTED, exec_command(c) };
}

/* Reads what the child says before it runs the command: nothing, or why not. */
static struct failure wait_for_exec(int fd)
{
	struct failure why = { 0 };
	long n;

	do
		n = sys(read, fd, &why, sizeof(why), 0, 0);
	while (n == -EINTR);
	return why;
}

struct failure spawn(struct child *child, const struct command *c)
{
	struct streams s = { { -1, -1, -1 }, { -1, -1, -1 } };
	struct failure why = { .how = EXEC_NOT_STARTED };
	int word[2] = { -1, -1 };
	long pid;

	why.err = c->tty ? make_terminal(&s, &c->size) : make_pipes(&s);
	if (why.err)
		return why;
	pid = sys(pipe2, word, O_CLOEXEC, 0, 0, 0);
	if (!pid)
		pid = sys(clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		why = run(c, &s);
		(void)sys(write, word[1], &why, sizeof(why), 0, 0);
		(void)sys(exit, 127, 0, 0, 0, 0);
	}
	close_streams(s.its);
	if (pid > 0) {
		(void)sys(close, word[1], 0, 0, 0, 0);
		why = wait_for_exec(word[0]);
		(void)sys(close, word[0], 0, 0, 0, 0);
	} else {
		why.err = (int)-pid;
	}
	if (why.err) {
		if (pid > 0)
			(void)sys(wait4, pid, 0, 0, 0, 0);
		close_streams(s.ours);
		return why;
	}
	*child = (struct child){ .pid = (int)pid,
				 .in = s.ours[0],
				 .out = s.ours[1],
				 .err = s.ours[2],
				 .tty = c->tty };
	return why;
}
