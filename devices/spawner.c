// SPDX-License-Identifier: GPL-2.0-only
/*
 * spawner.c: the process that starts programs for us (spawner.h).
 *
 * A request is one datagram: how many arguments there are, which numbers the
 * descriptors that come with it get, then the arguments. The program is started
 * as a child of ours (CLONE_PARENT), not of the spawner's. The spawner keeps
 * nothing of ours open but the standard descriptors, and ends when the other end
 * of its socket is closed, so also when we are killed.
 */
#include "spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "log.h"

#define MAX_FDS	 8U
#define MAX_ARGS 24U
/* A path, and some words. */
#define MAX_TEXT KIB(8)
/* Above all numbers that a child is given. */
#define FD_ASIDE 64

struct spawner {
	pid_t pid;
	int fd;
};

struct request {
	unsigned int nr_args, nr_fds;
	int theirs[MAX_FDS];
	char text[MAX_TEXT]; /* the arguments, each with its NUL */
};

struct reply {
	int err;
	pid_t pid;
};

union fd_room {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
};

/* --- in the child of ours that it makes --------------------------------------- */

static void reset_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig <= SIGRTMAX; sig++)
		(void)sigaction(sig, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* 0 or errno. */
static int give_fds(const struct request *rq, int *fds)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int last = STDERR_FILENO;

	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return errno;
	/* None is in the way of another's new number. */
	for (unsigned int i = 0; i < rq->nr_fds; i++) {
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FD_ASIDE);
		if (fds[i] < 0)
			return errno;
	}
	for (unsigned int i = 0; i < rq->nr_fds; i++) {
		if (dup2(fds[i], rq->theirs[i]) < 0)
			return errno;
		last = rq->theirs[i] > last ? rq->theirs[i] : last;
	}
	return close_range((unsigned int)last + 1, ~0U, CLOSE_RANGE_CLOEXEC)
		       ? errno
		       : 0;
}

/* Does not return; @said is told why, and closed by what is executed. */
static void become(const struct request *rq, int *fds, int said)
{
	char *argv[MAX_ARGS + 1] = { NULL };
	const char *at = rq->text;
	int err, aside;

	for (unsigned int i = 0; i < rq->nr_args; i++) {
		argv[i] = (char *)(uintptr_t)at;
		at += strlen(at) + 1;
	}
	(void)setpgid(0, 0);
	/* Nor are we, in the eyes of a service manager, what it starts. */
	(void)unsetenv("NOTIFY_SOCKET"); /* NOLINT: one thread */
	reset_signals();
	aside = fcntl(said, F_DUPFD_CLOEXEC, FD_ASIDE);
	err = aside < 0 ? errno : argv[0] ? give_fds(rq, fds) : EINVAL;
	said = aside < 0 ? said : aside;
	if (!err && argv[0]) {
		(void)execvp(argv[0], argv);
		err = errno;
	}
	(void)!write(said, &err, sizeof(err));
	_exit(127);
}

/* --- in the spawner ----------------------------------------------------------- */

static struct reply start(const struct request *rq, int *fds)
{
	struct reply r = { 0 };
	int said[2], status;

	if (pipe2(said, O_CLOEXEC)) {
		r.err = errno;
		return r;
	}
	/* Nobody else is in this process: a copy of it may do anything. */
	r.pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (r.pid == 0)
		become(rq, fds, said[1]);
	if (r.pid < 0)
		r.err = errno;
	close(said[1]);
	if (r.pid > 0 &&
	    read(said[0], &status, sizeof(status)) == (ssize_t)sizeof(status))
		r.err = status;
	close(said[0]);
	return r;
}

/* The number of descriptors received, or -1: the end. */
static int receive(int fd, struct request *rq, int *fds)
{
	struct iovec iov = { .iov_base = rq, .iov_len = sizeof(*rq) };
	union fd_room room;
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = room.bytes,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c;
	size_t len;

	if (recvmsg(fd, &m, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return 0;
	len = c->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(c), len);
	return (int)(len / sizeof(int));
}

static void serve(int fd)
{
	struct request *rq = calloc(1, sizeof(*rq));
	int fds[MAX_FDS], n;

	while (rq && (n = receive(fd, rq, fds)) >= 0) {
		struct reply r = { .err = EPROTO };

		if ((unsigned int)n == rq->nr_fds)
			r = start(rq, fds);
		for (int i = 0; i < n; i++)
			close(fds[i]);
		/* Who asked waits: for an answer, or our end. */
		if (send(fd, &r, sizeof(r), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

static void become_spawner(int fd)
{
	sigset_t all;

	/* Ours are signals and keys; it ends when we do. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_NAME, "lkvm-spawner", 0, 0, 0);
	if (fd != STDERR_FILENO + 1) {
		(void)dup2(fd, STDERR_FILENO + 1);
		fd = STDERR_FILENO + 1;
	}
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)close_range((unsigned int)fd + 1, ~0U, 0);
	serve(fd);
}

/* --- in our process ----------------------------------------------------------- */

int spawner_start(struct spawner **out)
{
	struct spawner *s = calloc(1, sizeof(*s));
	int sv[2] = { -1, -1 }, err = 0;

	if (!s || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv)) {
		err = s ? -errno : -ENOMEM;
	} else {
		s->fd = sv[0];
		s->pid = fork();
		if (s->pid == 0)
			become_spawner(sv[1]);
		if (s->pid < 0)
			err = -errno;
		close(sv[1]);
	}
	if (err) {
		log_err("cannot start the process that starts virtiofsd and passt: %s",
			errno_text(err));
		if (sv[0] >= 0)
			close(sv[0]);
		free(s);
		s = NULL;
	}
	*out = s;
	return err;
}

void spawner_end(struct spawner *s)
{
	if (!s)
		return;
	close(s->fd);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	free(s);
}

static int put_args(struct request *rq, const char *const argv[])
{
	size_t at = 0, len;

	for (; argv[rq->nr_args]; rq->nr_args++) {
		len = strlen(argv[rq->nr_args]) + 1;
		if (rq->nr_args == MAX_ARGS || len > sizeof(rq->text) - at)
			return -E2BIG;
		memcpy(rq->text + at, argv[rq->nr_args], len);
		at += len;
	}
	return 0;
}

static int ask(const struct spawner *s, struct request *rq, const int *fds,
	       struct reply *reply)
{
	struct iovec iov = { .iov_base = rq, .iov_len = sizeof(*rq) };
	const size_t len = rq->nr_fds * sizeof(int);
	union fd_room room = { .bytes = { 0 } };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	if (len > 0) {
		m.msg_control = room.bytes;
		m.msg_controllen = CMSG_SPACE(len);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(len);
		memcpy(CMSG_DATA(c), fds, len);
	}
	if (sendmsg(s->fd, &m, MSG_NOSIGNAL) < 0)
		return -errno;
	do {
		n = recv(s->fd, reply, sizeof(*reply), 0);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(*reply))
		return 0;
	return n < 0 ? -errno : -EPIPE;
}

int spawner_spawn(struct spawner *s, pid_t *pid, const char *const argv[],
		  const struct child_fd *fds, unsigned int nr)
{
	struct request *rq = calloc(1, sizeof(*rq));
	int ours[MAX_FDS], err = rq ? 0 : -ENOMEM;
	struct reply reply = { 0 };

	*pid = 0;
	if (!err && nr > MAX_FDS)
		err = -E2BIG;
	if (!err)
		err = put_args(rq, argv);
	for (unsigned int i = 0; !err && i < nr; i++) {
		ours[i] = fds[i].ours;
		rq->theirs[i] = fds[i].theirs;
		rq->nr_fds++;
	}
	if (!err)
		err = ask(s, rq, ours, &reply);
	free(rq);
	if (err)
		return err;
	/* There was a child, which could not be the program. */
	if (reply.err && reply.pid > 0)
		(void)child_end(&reply.pid, 0);
	*pid = reply.err ? 0 : reply.pid;
	return -reply.err;
}
