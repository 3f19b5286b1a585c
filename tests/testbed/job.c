// SPDX-License-Identifier: GPL-2.0-only
// One program run by the agent: its start, its input and output.
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "traces.h"

/* What the child turns into its stdin, stdout and stderr. */
struct child_fds {
	int in, out, err;
};

static void put_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void nonblock(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
}

static int open_tty(struct job *job, struct child_fds *c,
		    const struct wire_frame *request)
{
	struct winsize ws = {
		.ws_row = (unsigned short)wire_num(request, "rows", 24),
		.ws_col = (unsigned short)wire_num(request, "cols", 80),
	};

	if (openpty(&job->out, &c->in, NULL, NULL, &ws))
		return -errno;
	fcntl(job->out, F_SETFD, FD_CLOEXEC);
	job->in = fcntl(job->out, F_DUPFD_CLOEXEC, 0);
	c->out = fcntl(c->in, F_DUPFD_CLOEXEC, 0);
	c->err = fcntl(c->in, F_DUPFD_CLOEXEC, 0);
	return 0;
}

static int open_pipe(int *reader, int *writer)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	*reader = fds[0];
	*writer = fds[1];
	return 0;
}

static int open_streams(struct job *job, struct child_fds *c,
			const struct wire_frame *request, const char *mode)
{
	int err;

	if (!strcmp(mode, "tty"))
		return open_tty(job, c, request);
	err = open_pipe(&job->out, &c->out);
	if (err)
		return err;
	if (job->is_test) {
		c->in = open("/dev/null", O_RDONLY | O_CLOEXEC);
		c->err = fcntl(c->out, F_DUPFD_CLOEXEC, 0);
		return 0;
	}
	err = open_pipe(&c->in, &job->in);
	return err ? err : open_pipe(&job->err, &c->err);
}

static void become(const struct child_fds *c, const struct job *job,
		   const struct wire_frame *request)
{
	char *argv[JOB_MAX_ARGS + 1];
	const char *value;
	sigset_t none;
	size_t pos = 0;
	int i, fds[3] = { c->in, c->out, c->err };

	setsid();
	for (i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			_exit(126);
	if (isatty(0))
		ioctl(0, TIOCSCTTY, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (i = 0; i < JOB_MAX_ARGS; i++) {
		value = wire_get(request, "arg", &pos);
		argv[i] = value ? strdup(value) : NULL;
		if (!value)
			break;
	}
	argv[JOB_MAX_ARGS] = NULL;
	pos = 0;
	if (!argv[0])
		_exit(126); /* job_start() saw one */
	while ((value = wire_get(request, "env", &pos)))
		putenv(strdup(value));
	setenv("TMPDIR", job->dir, 1);
	if (chdir(job->is_test ? job->dir : "/root"))
		(void)!chdir("/");
	execvp(argv[0], argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

int job_start(struct job *job, const struct wire_frame *request)
{
	struct child_fds c = { -1, -1, -1 };
	const char *mode = wire_first(request, "mode");
	long timeout = wire_num(request, "timeout", 0);
	int err;

	*job = (struct job){ .in = -1, .out = -1, .err = -1, .kmsg = -1 };
	if (!mode || !wire_first(request, "arg"))
		return -EINVAL;
	job->is_test = !strcmp(mode, "test");
	job->start_ms = clock_ms();
	job->deadline_ms = timeout ? job->start_ms + timeout : 0;
	job->before.vms = traces_vms();
	job->before.pinned = traces_pinned();
	job->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (job->kmsg >= 0)
		lseek(job->kmsg, 0, SEEK_END);
	snprintf(job->dir, sizeof(job->dir), "/tmp/job.%lld",
		 (long long)job->start_ms);
	mkdir(job->dir, 0777);
	chmod(job->dir, 01777);
	err = open_streams(job, &c, request, mode);
	if (!err) {
		job->pid = fork();
		if (!job->pid)
			become(&c, job, request);
		if (job->pid < 0)
			err = -errno;
	}
	put_fd(&c.in);
	put_fd(&c.out);
	put_fd(&c.err);
	nonblock(job->in);
	nonblock(job->out);
	nonblock(job->err);
	if (err)
		job->pid = 0;
	return err;
}

void job_flush_input(struct job *job)
{
	while (job->in >= 0 && job->held_pos < job->held_len) {
		ssize_t n = write(job->in, job->held + job->held_pos,
				  job->held_len - job->held_pos);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno != EINTR)
			put_fd(&job->in);
		else if (n > 0)
			job->held_pos += (size_t)n;
	}
	job->held_pos = 0;
	job->held_len = 0;
	if (job->in_ends)
		put_fd(&job->in);
}

void job_input(struct job *job, const char *data, size_t len)
{
	if (len > sizeof(job->held) - job->held_len)
		return; /* cannot be: nothing is read while bytes are held */
	memcpy(job->held + job->held_len, data, len);
	job->held_len += len;
	job_flush_input(job);
}

void job_input_end(struct job *job)
{
	if (job->in >= 0 && isatty(job->in))
		job_input(job, "\004", 1);
	job->in_ends = true;
	job_flush_input(job);
}

void job_winch(struct job *job, const struct wire_frame *frame)
{
	struct winsize ws = {
		.ws_row = (unsigned short)wire_num(frame, "rows", 24),
		.ws_col = (unsigned short)wire_num(frame, "cols", 80),
	};

	if (job->in >= 0)
		ioctl(job->in, TIOCSWINSZ, &ws);
}

bool job_output(int *fd, int port, enum wire_type type)
{
	char buf[2048];
	ssize_t n;

	while (*fd >= 0) {
		n = read(*fd, buf, sizeof(buf));
		if (n > 0)
			(void)wire_send(port, type, buf, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			return true;
		else if (n == 0 || errno != EINTR)
			put_fd(fd); /* a terminal nobody has open gives EIO */
	}
	return false;
}
